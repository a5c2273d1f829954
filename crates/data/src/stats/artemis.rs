//! The statistics of ArtEmis's paper and notebooks.

use std::collections::{BTreeMap, HashSet};

use affetti_emotion::{Emotion, Label, Sentiment, Votes, majority_share, mixed_shares};
use serde::Serialize;

use super::{
    Figure, share,
    tokens::{lower_has_metaphor, split_lower},
};
use crate::artemis::Utterance;

/// How often one emotion was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmotionShare {
    /// Its name.
    pub emotion: &'static str,
    /// Annotations that chose it.
    pub annotations: usize,
    /// Their share of all annotations.
    pub share: f64,
}

/// How much viewers disagree about the works of one style.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StyleEntropy {
    /// Works of the style.
    pub artworks: usize,
    /// Mean over the works of the entropy of each work's votes, in nats.
    pub entropy: Figure<f64>,
}

/// ArtEmis in figures. Shares are 0 to 1; of nothing, 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtemisStats {
    /// Utterances.
    pub annotations: Figure<usize>,
    /// Distinct `art_style/painting` keys.
    pub artworks: Figure<usize>,
    /// Distinct styles.
    pub styles: Figure<usize>,
    /// Distinct tokens.
    pub unique_tokens: Figure<usize>,
    /// Mean length of an utterance in tokens.
    pub mean_length: Figure<f64>,
    /// Median length in tokens.
    pub median_length: Figure<f64>,
    /// Length of the longest utterance in tokens.
    pub max_length: Figure<usize>,
    /// Mean number of annotations of a work.
    pub annotations_per_artwork: Figure<f64>,
    /// Works with 41 annotations or more.
    pub artworks_with_41: Figure<usize>,
    /// The nine emotions in their order.
    pub emotions: Vec<EmotionShare>,
    /// Share of annotations with a positive emotion.
    pub positive: Figure<f64>,
    /// Share of annotations with a negative emotion.
    pub negative: Figure<f64>,
    /// Share of annotations with "something else".
    pub other: Figure<f64>,
    /// Share of works that have positive and negative votes.
    pub positive_and_negative: Figure<f64>,
    /// Share of works with votes in at least two of positive, negative, other.
    pub mixed: Figure<f64>,
    /// Share of works where an emotion has half of the votes or more.
    pub half: Figure<f64>,
    /// The same, without works where two emotions have half each.
    pub majority: Figure<f64>,
    /// Share of works where an emotion has more than half of the votes.
    pub strict_majority: Figure<f64>,
    /// Share of utterances with one of the [`METAPHORS`](super::METAPHORS).
    pub metaphors: Figure<f64>,
    /// Disagreement by style.
    pub entropy_by_style: BTreeMap<String, StyleEntropy>,
}

/// Computes the statistics of a set of utterances.
///
/// Published values: the ArtEmis authors' notebooks for the release of
/// 454 684 annotations.
#[must_use]
pub fn artemis(utterances: &[Utterance]) -> ArtemisStats {
    let text = TextStats::of(utterances);
    let mut works: BTreeMap<(&str, &str), Votes<Emotion>> = BTreeMap::new();
    let mut all = [0_usize; 9];
    for utterance in utterances {
        works
            .entry((&utterance.art_style, &utterance.painting))
            .or_default()
            .add(utterance.emotion);
        if let Some(count) = all.get_mut(utterance.emotion.index()) {
            *count += 1;
        }
    }
    let emotions: Vec<EmotionShare> = Emotion::ALL
        .iter()
        .zip(all)
        .map(|(emotion, annotations)| EmotionShare {
            emotion: emotion.name(),
            annotations,
            share: share(annotations, utterances.len()),
        })
        .collect();
    let sentiment = |wanted: Sentiment| {
        let chosen = utterances.iter().map(|u| u.emotion.sentiment());
        share(chosen.filter(|&s| s == wanted).count(), utterances.len())
    };
    let entropy_by_style = entropies(&works);
    let votes: Vec<Votes<Emotion>> = works.into_values().collect();
    // The only error of these two is a set without votes: 0, as promised.
    let mixed = mixed_shares(&votes);
    let (opposite, any_two) = mixed.map_or((0.0, 0.0), |m| (m.positive_and_negative, m.any_two));
    let agree =
        |rule: fn(&Votes<Emotion>) -> Option<Emotion>| majority_share(&votes, rule).unwrap_or(0.0);
    ArtemisStats {
        annotations: Figure::new(utterances.len(), 454_684),
        artworks: Figure::new(votes.len(), 80_031),
        styles: Figure::new(entropy_by_style.len(), 27),
        unique_tokens: Figure::new(text.unique, 37_250).note("published as an upper bound"),
        mean_length: Figure::new(text.mean, 15.92),
        median_length: Figure::new(text.median, 14.0),
        max_length: Figure::new(text.max, 207),
        annotations_per_artwork: Figure::new(share(utterances.len(), votes.len()), 5.68),
        artworks_with_41: Figure::new(votes.iter().filter(|v| v.total() >= 41).count(), 701),
        emotions,
        positive: Figure::new(sentiment(Sentiment::Positive), 0.620),
        negative: Figure::new(sentiment(Sentiment::Negative), 0.263),
        other: Figure::new(sentiment(Sentiment::Other), 0.116),
        positive_and_negative: Figure::new(opposite, 0.61),
        mixed: Figure::new(any_two, 0.79),
        half: Figure::new(agree(half_or_more), 0.4565),
        majority: Figure::ours(agree(Votes::half_majority)),
        strict_majority: Figure::new(agree(Votes::strict_majority), 0.381)
            .note("published for the works of the test split"),
        metaphors: Figure::new(share(text.metaphors, utterances.len()), 0.209),
        entropy_by_style,
    }
}

/// The first emotion with half of the votes or more, a second one or not.
fn half_or_more(votes: &Votes<Emotion>) -> Option<Emotion> {
    let has_half = |emotion: &&Emotion| 2 * u64::from(votes.get(**emotion)) >= votes.total();
    Emotion::ALL.iter().find(has_half).copied()
}

fn entropies(works: &BTreeMap<(&str, &str), Votes<Emotion>>) -> BTreeMap<String, StyleEntropy> {
    let mut sums: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for ((style, _), votes) in works {
        let (artworks, sum) = sums.entry(style).or_default();
        *artworks += 1;
        // Every work here has a vote, so that there is always a distribution.
        *sum += votes.distribution().map_or(0.0, |shares| shares.entropy());
    }
    sums.into_iter()
        .map(|(style, (artworks, sum))| {
            let entropy = Figure {
                ours: sum / artworks as f64,
                // Only the two ends of the order are in print.
                published: match style {
                    "Impressionism" => Some(0.987),
                    "Action_painting" => Some(1.271),
                    _ => None,
                },
                note: None,
            };
            (style.to_owned(), StyleEntropy { artworks, entropy })
        })
        .collect()
}

/// What the words alone say.
struct TextStats {
    unique: usize,
    mean: f64,
    median: f64,
    max: usize,
    metaphors: usize,
}

impl TextStats {
    fn of(utterances: &[Utterance]) -> Self {
        let mut seen: HashSet<String> = HashSet::new();
        let mut lengths = Vec::with_capacity(utterances.len());
        let mut metaphors = 0;
        for utterance in utterances {
            let lower = utterance.utterance.to_lowercase();
            let mut length = 0;
            for token in split_lower(&lower) {
                length += 1;
                if !seen.contains(token) {
                    seen.insert(token.to_owned());
                }
            }
            lengths.push(length);
            metaphors += usize::from(lower_has_metaphor(&lower));
        }
        lengths.sort_unstable();
        let middle = lengths.len() / 2;
        let at = |index: usize| lengths.get(index).copied().unwrap_or(0) as f64;
        Self {
            unique: seen.len(),
            mean: share(lengths.iter().sum(), lengths.len()),
            median: if lengths.len() % 2 == 1 {
                at(middle)
            } else {
                (at(middle.saturating_sub(1)) + at(middle)) / 2.0
            },
            max: lengths.last().copied().unwrap_or(0),
            metaphors,
        }
    }
}
