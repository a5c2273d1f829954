//! From a picture to its affective regions, the whole way.
//!
//! - **Computes** edges, proposals and their screening on a copy of the picture whose longest side
//!   is 500 pixels, the emotions of what is left, and the AR score of each.
//! - **Input** an upright picture of any size, a [`Predictor`] and a [`Detector`] of edges.
//! - **Output** at most as many regions as the screening has clusters, best score first, in pixels
//!   of the picture as given. A picture without edges, or smaller than every window, has none.
//! - **Source** Yang et al. 2018; `docs/facts.md`, "Affective regions: screening" and
//!   "Affective regions: scores".
//! - **Deviation** emotions come from `feel`'s network, by default pooled from one pass
//!   ([`RegionWay`]); areas are those of the copy.
//!
//! ```no_run
//! use affetti_feel::{Predictor, Scratch};
//! use affetti_nets::device::Device;
//! use affetti_regions::{edges::{Detector, Kind}, find::{Options, find}};
//! # fn demo(picture: &affetti_picture::Picture) -> Result<(), Box<dyn std::error::Error>> {
//! let predictor = Predictor::embedded(&Device::Cpu)?;
//! let detector = Detector::load(Kind::usual(), 2)?;
//! let options = Options::default();
//! let found = find(picture, &predictor, &detector, &options, &mut Scratch::default(), 2)?;
//! for region in found.regions.iter().take(3) {
//!     println!("{:?}: {}", region.region, region.emotions.dominant());
//! }
//! # Ok(()) }
//! ```

use affetti_emotion::{Distribution, Emotion, Sentiment};
use affetti_feel::{Predictor, RegionWay, Scratch};
use affetti_picture::{Filter, Picture};
use serde::{Deserialize, Serialize};

use crate::{
    affective::{self, Normalization},
    boxes::{Proposal, Region},
    edges::Detector,
    error::RegionsError,
    fusion, proposals, screening,
};

/// Longest side of the picture that proposals are made on, in pixels; see
/// `docs/facts.md`, "Affective regions: screening".
pub const WORKING_SIDE: u32 = 500;

/// Weight of sentiment against objectness where nothing else is said; see `docs/regions.md`.
pub const ALPHA: f32 = affective::ALPHA;

/// The classes whose certainty makes a region affective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classes {
    /// Positive and negative, as the article; "something else" is left out.
    #[default]
    Two,
    /// The nine emotions.
    Nine,
}

/// Settings of [`find`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Of the proposals.
    pub proposals: proposals::Params,
    /// Of the screening.
    pub screening: screening::Params,
    /// How raw objectness becomes 0..=1.
    pub normalization: Normalization,
    /// Whose certainty counts.
    pub classes: Classes,
    /// Weight of sentiment against objectness, 0..=1.
    pub alpha: f32,
    /// How regions are described.
    pub way: RegionWay,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            proposals: proposals::Params::for_screening(),
            screening: screening::Params::default(),
            normalization: Normalization::default(),
            classes: Classes::default(),
            alpha: ALPHA,
            way: RegionWay::default(),
        }
    }
}

/// A region with what it evokes.
#[derive(Debug, Clone, PartialEq)]
pub struct AffectiveRegion {
    /// `[x, y, w, h]` in pixels of the picture.
    pub region: Region,
    /// 0..=1 unless raw, relative to the picture's best region.
    pub objectness: f32,
    /// 0 (undecided) to 1 (certain).
    pub sentiment: f32,
    /// AR score of the two.
    pub score: f32,
    /// What this part evokes by itself.
    pub emotions: Distribution<Emotion>,
}

/// What [`find`] found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Proposals before the screening.
    pub proposals: usize,
    /// Best score first.
    pub regions: Vec<AffectiveRegion>,
}

/// The affective regions of a picture. `threads` above 1 splits the networks' work.
///
/// # Errors
/// [`RegionsError::Parameter`] for a setting out of range, [`RegionsError::Feel`] for damaged
/// weights.
pub fn find(
    picture: &Picture,
    predictor: &Predictor,
    detector: &Detector,
    options: &Options,
    scratch: &mut Scratch,
    threads: usize,
) -> Result<Found, RegionsError> {
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let extractor = predictor.extractor();
    let (count, screened, rows) = match options.way {
        RegionWay::Crop => {
            let (count, screened) = candidates(&small, detector, options)?;
            let places: Vec<Region> = screened
                .iter()
                .map(|p| enlarged(p.region, &small, picture))
                .collect();
            let rows =
                extractor.region_features(picture, &places, options.way, scratch, threads)?;
            (count, screened, rows)
        }
        RegionWay::Roi(side) => {
            // What a region evokes and where one is do not wait for each other.
            let mut observe = || extractor.observe(&small, side, scratch, threads);
            let (found, observed) = if threads > 1 {
                rayon::join(|| candidates(&small, detector, options), observe)
            } else {
                (candidates(&small, detector, options), observe())
            };
            let (count, screened) = found?;
            let places: Vec<Region> = screened.iter().map(|p| p.region).collect();
            let rows = extractor.pooled(&small, &observed, &places, threads)?;
            (count, screened, rows)
        }
    };
    let emotions = rows
        .iter()
        .map(|row| predictor.emotions(row))
        .collect::<Result<Vec<_>, _>>()?;
    let mut screened = screened;
    for proposal in &mut screened {
        proposal.region = enlarged(proposal.region, &small, picture);
    }
    Ok(Found {
        proposals: count,
        regions: rank(&screened, emotions, options)?,
    })
}

/// The number of proposals of a picture of working size, and those left by the screening.
///
/// # Errors
/// [`RegionsError::Parameter`] for a setting out of range.
pub fn candidates(
    small: &Picture,
    detector: &Detector,
    options: &Options,
) -> Result<(usize, Vec<Proposal>), RegionsError> {
    let edges = detector.edges_for_proposals(small);
    let proposals = proposals::propose(&edges, &options.proposals.check()?)?;
    let screened = screening::screen(&proposals, &options.screening.check()?)?;
    Ok((proposals.len(), screened))
}

/// Scores and order of screened proposals and their emotions, side by side.
///
/// # Errors
/// [`RegionsError::Count`] where there are not as many of both, [`RegionsError::Parameter`] for α
/// out of range.
pub fn rank(
    screened: &[Proposal],
    emotions: Vec<Distribution<Emotion>>,
    options: &Options,
) -> Result<Vec<AffectiveRegion>, RegionsError> {
    if screened.len() != emotions.len() {
        return Err(RegionsError::Count {
            what: "distributions",
            found: emotions.len(),
            expected: screened.len(),
            hint: "there is one for each region",
        });
    }
    let raw: Vec<f32> = screened.iter().map(|p| p.objectness).collect();
    let objectness = affective::normalize_objectness(&raw, options.normalization)?;
    let mut regions = Vec::with_capacity(screened.len());
    for ((proposal, objectness), emotions) in screened.iter().zip(objectness).zip(emotions) {
        let sentiment = affective::sentiment_score(&shares(&emotions, options.classes))?;
        regions.push(AffectiveRegion {
            region: proposal.region,
            objectness,
            sentiment,
            score: affective::ar_score(objectness, sentiment, options.alpha)?,
            emotions,
        });
    }
    // Stable: the better objectness stays first.
    regions.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(regions)
}

/// The distribution over `classes`.
#[must_use]
pub fn shares(emotions: &Distribution<Emotion>, classes: Classes) -> Vec<f32> {
    match classes {
        Classes::Nine => emotions.as_slice().iter().map(|&p| p as f32).collect(),
        Classes::Two => {
            let polarity = emotions.polarity();
            let positive = polarity.get(Sentiment::Positive);
            let total = positive + polarity.get(Sentiment::Negative);
            // Nobody decides: both are as likely.
            let positive = if total > 0.0 { positive / total } else { 0.5 };
            vec![positive as f32, 1.0 - positive as f32]
        }
    }
}

/// The picture's emotions and those of its best `k` regions as one distribution, by
/// [`fusion::sum`].
///
/// # Errors
/// [`RegionsError::Parameter`] for β out of range.
pub fn fuse(
    global: &Distribution<Emotion>,
    regions: &[AffectiveRegion],
    k: usize,
    beta: f32,
) -> Result<Distribution<Emotion>, RegionsError> {
    let best: Vec<Vec<f32>> = regions
        .iter()
        .take(k)
        .map(|r| shares(&r.emotions, Classes::Nine))
        .collect();
    let fused = fusion::sum(&shares(global, Classes::Nine), &best, beta)?;
    let fused: Vec<f64> = fused.into_iter().map(f64::from).collect();
    Ok(Distribution::from_counts(&fused)?)
}

/// For each emotion, the place of the region with the largest share of it; none without regions.
#[must_use]
pub fn most_of_each(regions: &[AffectiveRegion]) -> Vec<(Emotion, usize)> {
    use affetti_emotion::Label;
    Emotion::ALL
        .iter()
        .filter_map(|&emotion| {
            let share = |i: &usize| regions[*i].emotions.get(emotion);
            // The earlier of equals: `max_by` would take the later.
            (0..regions.len())
                .rev()
                .max_by(|a, b| share(a).total_cmp(&share(b)))
                .map(|i| (emotion, i))
        })
        .collect()
}

/// A region that works against a wanted feeling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pull {
    /// Its place in the list given.
    pub index: usize,
    /// The emotion by which it exceeds the target most.
    pub towards: Emotion,
    /// How much farther from the target it is than the regions are on average, in shares, above 0:
    /// half the summed differences of its distribution and the target, less their mean.
    pub distance: f64,
}

/// The regions that pull away from `target`: those farther from it than the average region, the
/// farthest first.
///
/// Distances are total variation, 0..=1, which counts every emotion once and needs no floor.
#[must_use]
pub fn pulling_away(regions: &[AffectiveRegion], target: &Distribution<Emotion>) -> Vec<Pull> {
    let apart = |r: &AffectiveRegion| {
        let pairs = r.emotions.as_slice().iter().zip(target.as_slice());
        pairs.map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    };
    let distances: Vec<f64> = regions.iter().map(apart).collect();
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    let mut pulls: Vec<Pull> = regions
        .iter()
        .zip(distances)
        .enumerate()
        // Rounding is no distance.
        .filter(|(_, (_, distance))| distance - mean > 1e-9)
        .filter_map(|(index, (region, distance))| {
            let excess = |e: &Emotion| region.emotions.get(*e) - target.get(*e);
            let all = region.emotions.iter().map(|(emotion, _)| emotion);
            let towards = all.max_by(|a, b| excess(a).total_cmp(&excess(b)))?;
            Some(Pull {
                index,
                towards,
                distance: distance - mean,
            })
        })
        .collect();
    pulls.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    pulls
}

/// A box of the small picture in pixels of the large one: rounded to the nearest, never empty.
fn enlarged([x, y, w, h]: Region, small: &Picture, large: &Picture) -> Region {
    let range = |from: u32, length: u32, small: u32, large: u32| {
        let scale = |v: u32| {
            let (v, small, large) = (u64::from(v), u64::from(small), u64::from(large));
            u32::try_from((v * large + small / 2) / small).unwrap_or(u32::MAX)
        };
        let start = scale(from).min(large - 1);
        let end = scale(from + length).clamp(start + 1, large);
        (start, end - start)
    };
    let (x, w) = range(x, w, small.width(), large.width());
    let (y, h) = range(y, h, small.height(), large.height());
    [x, y, w, h]
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_emotion::Label;

    fn leaning(emotion: Emotion, share: f64) -> Distribution<Emotion> {
        let rest = (1.0 - share) / 8.0;
        let shares: Vec<f64> = Emotion::ALL
            .iter()
            .map(|&e| if e == emotion { share } else { rest })
            .collect();
        Distribution::from_counts(&shares).expect("a distribution")
    }

    fn ranked(shares: &[(Emotion, f64)]) -> Vec<AffectiveRegion> {
        let proposals: Vec<Proposal> = (0..shares.len() as u32)
            .map(|i| Proposal {
                region: [10 * i, 0, 40, 30],
                objectness: 0.2,
            })
            .collect();
        let emotions = shares.iter().map(|&(e, s)| leaning(e, s)).collect();
        rank(&proposals, emotions, &Options::default()).expect("regions")
    }

    #[test]
    fn the_more_certain_of_equal_boxes_comes_first() {
        let regions = ranked(&[(Emotion::Awe, 0.3), (Emotion::Fear, 0.9)]);
        assert_eq!(regions[0].emotions.dominant(), Emotion::Fear);
        assert!(regions[0].score > regions[1].score);
        assert_eq!(regions[0].objectness, 1.0);
        // .9 + 3·.0125 negative, 4·.0125 positive; 1 − H₂(.05/.9875) = 1 − .2892.
        assert!((regions[0].sentiment - 0.711).abs() < 1e-3, "{regions:?}");
    }

    #[test]
    fn numbers_have_to_agree() {
        let error = rank(&[], vec![leaning(Emotion::Awe, 0.5)], &Options::default());
        assert!(error.is_err());
        assert!(
            rank(&[], Vec::new(), &Options::default())
                .expect("none")
                .is_empty()
        );
    }

    #[test]
    fn what_pulls_away_is_named_with_its_direction() {
        let regions = ranked(&[
            (Emotion::Awe, 0.8),
            (Emotion::Fear, 0.8),
            (Emotion::Awe, 0.7),
            (Emotion::Sadness, 0.5),
        ]);
        let pulls = pulling_away(&regions, &leaning(Emotion::Awe, 0.8));
        let towards: Vec<Emotion> = pulls.iter().map(|p| p.towards).collect();
        assert_eq!(towards, [Emotion::Fear, Emotion::Sadness]);
        // Distances .775, .475, .1 and 0, mean .3375 by hand: fear differs by .775 in fear and in
        // awe, sadness by .475 in sadness, .7375 in awe and .0375 in seven others, half of which
        // is .7375; .1 in awe and .0125 in eight.
        assert!(pulls[0].distance > pulls[1].distance);
        assert_eq!(regions[pulls[0].index].emotions.dominant(), Emotion::Fear);
        assert!(pulling_away(&[], &leaning(Emotion::Awe, 0.8)).is_empty());
        // All alike: none is farther than the others.
        let alike = ranked(&[(Emotion::Fear, 0.8); 3]);
        assert!(pulling_away(&alike, &leaning(Emotion::Awe, 0.8)).is_empty());
    }

    #[test]
    fn each_emotion_has_its_region() {
        let regions = ranked(&[(Emotion::Awe, 0.8), (Emotion::Fear, 0.6)]);
        let best = most_of_each(&regions);
        assert_eq!(best.len(), 9);
        let of = |e| best.iter().find(|b| b.0 == e).expect("named").1;
        assert_eq!(regions[of(Emotion::Awe)].emotions.dominant(), Emotion::Awe);
        assert_eq!(
            regions[of(Emotion::Fear)].emotions.dominant(),
            Emotion::Fear
        );
        assert!(most_of_each(&[]).is_empty());
    }

    #[test]
    fn fusion_moves_towards_the_regions() {
        let regions = ranked(&[(Emotion::Fear, 0.8), (Emotion::Fear, 0.8)]);
        let global = leaning(Emotion::Awe, 0.8);
        let fused = |beta| fuse(&global, &regions, 8, beta).expect("fused");
        assert!((fused(0.0).get(Emotion::Awe) - 0.8).abs() < 1e-6);
        // .7·.8 + .3·.025.
        assert!((fused(0.3).get(Emotion::Awe) - 0.5675).abs() < 1e-6);
        assert!(fuse(&global, &regions, 8, 1.5).is_err());
    }

    #[test]
    fn boxes_grow_with_the_picture() {
        let picture =
            |w: u32, h: u32| Picture::new(w, h, vec![0; (w * h * 3) as usize]).expect("a picture");
        let (small, large) = (picture(50, 40), picture(100, 80));
        assert_eq!(enlarged([10, 5, 20, 30], &small, &large), [20, 10, 40, 60]);
        assert_eq!(enlarged([0, 0, 50, 40], &small, &large), [0, 0, 100, 80]);
        assert_eq!(enlarged([49, 39, 1, 1], &small, &small), [49, 39, 1, 1]);
    }
}
