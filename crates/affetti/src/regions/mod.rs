//! Regions of a collection: a stream of inputs becomes a stream of affective regions.
//!
//! | step | where |
//! |---|---|
//! | one picture, its JSON line | here |
//! | lines for a terminal | [`card`] |
//! | their part in the prediction of a whole picture | [`Fusion`] |
//! | boxes on the picture, the figure of five panels | `draw`, `glyphs` |
//! | the same boxes as vectors | `svg` |

mod card;
mod draw;
mod fusion;
mod glyphs;
mod svg;

pub use card::card;
pub use fusion::{Fusion, Parts};

use std::ops::ControlFlow;

use affetti_emotion::{Distribution, Emotion};
use affetti_feel::{Predictor, Scratch};
use affetti_picture::{DecodeOptions, Filter, Picture};
use affetti_regions::{
    RegionsError,
    find::{self, AffectiveRegion, Found as FoundRegions, WORKING_SIDE},
    occlusion::{self, Heat},
};
use serde::Serialize;

use crate::{
    budget::Budget,
    failure::Failure,
    feel::{FeelOptions, Outcome, open, stream},
    inputs::{Found, Job},
    reading::{Shares, round4},
};

/// How regions of a collection are found and shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionsOptions {
    /// Threads in all; 0, the default, is one per core.
    pub threads: usize,
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// Of the search.
    pub find: find::Options,
    /// Whether readings carry drawings. Default false: the occlusion map in them takes a hundred
    /// predictions.
    pub drawings: bool,
    /// Regions drawn on the picture.
    pub shown: usize,
}

impl Default for RegionsOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            decode: DecodeOptions::default(),
            find: find::Options::default(),
            drawings: false,
            shown: affetti_regions::affective::REGIONS,
        }
    }
}

/// The regions of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionsReading {
    /// The input, as given or found.
    pub path: String,
    /// Width of the upright original, in pixels.
    pub width: u32,
    /// Height of the upright original, in pixels.
    pub height: u32,
    /// Proposals and regions.
    pub found: FoundRegions,
    /// Files about them, if asked for.
    pub drawings: Option<Drawings>,
}

/// Whole files, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawings {
    /// PNG: the picture at working size with its best regions.
    pub annotated: Vec<u8>,
    /// PNG: picture, occlusion, objectness, sentiment and AR score side by side.
    pub figure: Vec<u8>,
    /// SVG: the picture with its best regions, each with what it evokes.
    pub svg: String,
}

/// Finds the regions of every picture of `inputs` and hands the outcomes to `sink`, on this thread
/// and in the order of the inputs, until the sink breaks.
pub fn regions(
    predictor: &Predictor,
    inputs: impl Iterator<Item = Found> + Send,
    options: &RegionsOptions,
    sink: impl FnMut(Outcome<RegionsReading>) -> ControlFlow<()>,
) {
    let budget = Budget::new(FeelOptions::default().pixel_bytes);
    let one = |job: &Job, scratch: &mut Scratch, threads: usize| {
        let path = job.source.name();
        let (picture, permit) = open(job, &options.decode, &budget)?;
        let read = read(&picture, predictor, options, scratch, threads);
        let (found, drawings) =
            read.map_err(|error| Failure::from_regions(path.clone(), &error))?;
        let reading = RegionsReading {
            width: picture.width(),
            height: picture.height(),
            found,
            drawings,
            path,
        };
        drop((picture, permit));
        Ok(reading)
    };
    stream(inputs, options.threads, one, sink);
}

fn read(
    picture: &Picture,
    predictor: &Predictor,
    options: &RegionsOptions,
    scratch: &mut Scratch,
    threads: usize,
) -> Result<(FoundRegions, Option<Drawings>), RegionsError> {
    let found = find::find(picture, predictor, &options.find, scratch, threads)?;
    let drawings = if options.drawings {
        let heat = occlusion::occlusion(
            picture,
            predictor,
            &occlusion::Options {
                threads,
                ..occlusion::Options::default()
            },
        )?;
        Some(drawings(picture, &found, &heat, options.shown))
    } else {
        None
    };
    Ok((found, drawings))
}

fn drawings(picture: &Picture, found: &FoundRegions, heat: &Heat, shown: usize) -> Drawings {
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let scale = f64::from(small.width()) / f64::from(picture.width());
    let best = &found.regions[..found.regions.len().min(shown)];
    Drawings {
        annotated: draw::annotated(&small, best, scale).encode_png(),
        figure: draw::figure(&small, found, heat, scale).encode_png(),
        svg: svg::annotated(&small, (picture.width(), picture.height()), best),
    }
}

impl RegionsReading {
    /// The JSON line of `docs/json.md`, "Regions", without a line feed.
    ///
    /// # Errors
    /// Those of the JSON writer; with finite figures there are none.
    pub fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Line<'a> {
            path: &'a str,
            proposals: usize,
            regions: Vec<RegionLine<'a>>,
        }
        serde_json::to_string(&Line {
            path: &self.path,
            proposals: self.found.proposals,
            regions: lines(&self.found.regions),
        })
    }
}

/// One region of a JSON line.
#[derive(Debug, Serialize)]
pub(crate) struct RegionLine<'a> {
    #[serde(rename = "box")]
    region: [u32; 4],
    objectness: f64,
    sentiment: f64,
    score: f64,
    emotions: Shares<'a, Emotion>,
}

/// Regions as JSON has them.
pub(crate) fn lines(regions: &[AffectiveRegion]) -> Vec<RegionLine<'_>> {
    let short = |v: f32| round4(f64::from(v));
    regions
        .iter()
        .map(|r| RegionLine {
            region: r.region,
            objectness: short(r.objectness),
            sentiment: short(r.sentiment),
            score: short(r.score),
            emotions: Shares(&r.emotions),
        })
        .collect()
}

/// The two largest shares in words: `fear 41 %, awe 20 %`.
fn leading(emotions: &Distribution<Emotion>) -> String {
    let named: Vec<String> = emotions
        .top(2)
        .into_iter()
        .map(|(emotion, share)| format!("{emotion} {:.0} %", share * 100.0))
        .collect();
    named.join(", ")
}

#[cfg(test)]
mod tests;
