//! Training of the speaker.
//!
//! It learns the language of all sentences, and what they are about where there is a picture. Some
//! steps hide the picture, some the emotion, so that both can be emphasised later.

pub mod attend;
pub mod evaluate;
mod measure;
mod task;

use super::decoder::{EMOTIONS, Shape};
pub use super::decoder_layers::DecoderLayers;
use super::speaker::{About, Sizes, Speaker};
use crate::encoder::lstm_layers::flatten;
use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::sight::paintings::{Gallery, gallery};
use crate::sight::{CELL, GRID, Lens};
use crate::text::normal;
use crate::text::vocabulary::{SPECIAL, UNKNOWN, Vocabulary};
use affetti_data::Split;
use affetti_emotion::{Emotion, Label};
use affetti_feel::Predictor;
use affetti_ground::config::first_wrong;
use affetti_nets::device::Device as Place;
use affetti_train::card::{Parts, start};
use affetti_train::{Opened, Outcome, Places, Recipe, Stored, values};
use affetti_weights::registry::{self, InputContract};
use affetti_weights::store::Precision;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use task::Manner;
pub use task::SpeakerTask;

/// Settings of a training.
pub type Config = affetti_train::Config<SpeakerRecipe>;

/// What decides how a speaker comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeakerRecipe {
    /// Whether programs carry the weights.
    #[serde(default)]
    pub embedded: bool,
    /// Networks of the predictor whose pooled features are seen, the first ones: those that never
    /// learned what viewers said.
    pub networks: usize,
    /// Words occur so often among what is learned.
    pub least: usize,
    /// Words of the longest sentence that is learned.
    pub longest: usize,
    /// Principal components of a whole picture.
    pub whole: usize,
    /// Of a cell.
    pub cell: usize,
    /// Floats of a token, and parts into which attention cuts them.
    pub width: usize,
    /// See `width`.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Share of a layer's numbers that a step leaves out, 0..1.
    pub dropout: f64,
    /// Share of sentences whose picture, and of sentences whose emotion, a step hides, 0..1.
    pub hidden: f64,
    /// Share of the words that a step takes for unknown, 0..1.
    pub forget: f64,
}

/// Nothing: it learns to speak from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// Random weights.
    None,
}

/// One sentence to learn or to choose the epoch by.
#[derive(Clone, Debug)]
struct Line {
    emotion: usize,
    /// Number of its picture among those of the task.
    picture: Option<usize>,
    /// Without beginning and end.
    words: Vec<u32>,
}

/// A picture as the network takes it.
#[derive(Clone, Debug)]
struct View {
    whole: Vec<f32>,
    cells: Vec<f32>,
}

impl Recipe for SpeakerRecipe {
    const KIND: &'static str = "speaker";
    type Start = Start;
    type Task = SpeakerTask<DecoderLayers, Shape>;
    type Figures = WordsFigures;
    type Error = WordsError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let size = |n: usize| (2..=1024).contains(&n);
        let part = |x: f64| (0.0..1.0).contains(&x);
        first_wrong(&[
            ((1..=8).contains(&own.networks), "networks: 1 to 8"),
            (own.least >= 1, "least: at least 1"),
            ((5..=200).contains(&own.longest), "longest: 5 to 200"),
            (size(own.whole), "whole: 2 to 1024"),
            (size(own.cell), "cell: 2 to 1024"),
            (
                size(own.width) && own.heads >= 1 && own.width.is_multiple_of(own.heads),
                "width: 2 to 1024, a multiple of heads",
            ),
            ((1..=24).contains(&own.layers), "layers: 1 to 24"),
            (part(own.dropout), "dropout: 0 or more, below 1"),
            (part(own.hidden), "hidden: 0 or more, below 1"),
            (part(own.forget), "forget: 0 or more, below 1"),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, WordsError> {
        let predictor = Predictor::embedded(&Place::Cpu)?;
        let gallery = Arc::new(gallery(&predictor, places)?);
        let own = &config.own;
        let sizes = |words: usize, [whole, cell]: [usize; 2]| Shape {
            words,
            places: own.longest + 2,
            width: own.width,
            heads: own.heads,
            layers: own.layers,
            wide: 4 * own.width,
            whole,
            cell,
        };
        let manner = Manner {
            seed: config.common.seed,
            batch: config.common.training.batch,
            dropout: own.dropout,
            hidden: own.hidden,
            forget: own.forget,
        };
        let cut = Cut {
            networks: own.networks,
            least: own.least,
            longest: own.longest,
            whole: own.whole,
            cell: own.cell,
        };
        let task: Self::Task = begin(manner, cut, gallery, places, sizes)?;
        let device = Device::flex().autodiff();
        let network =
            DecoderLayers::new(task.shape, task.frequencies(), config.common.seed, &device);
        Ok((task, network))
    }

    fn weights(
        _: &Config,
        task: &Self::Task,
        model: &DecoderLayers,
    ) -> Result<Option<Tensors>, WordsError> {
        Ok(Some(stored(task, model, Sizes::Transformer(task.shape))))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        if name == "places" || name == "spots" || name == "emotions" {
            Precision::Half
        } else {
            config.common.precision
        }
    }

    fn measure(
        config: &Config,
        places: &Places<'_>,
        task: &Self::Task,
        _: &Outcome<DecoderLayers>,
        stored: &Stored,
    ) -> Result<WordsFigures, WordsError> {
        let speaker = Speaker::from_bytes(&stored.bytes, &stored.file)?;
        measure::figures(config.common.seed, places, &speaker, &task.gallery)
    }

    fn card(
        config: &Config,
        task: &Self::Task,
        figures: &WordsFigures,
    ) -> Result<Option<Parts>, WordsError> {
        parts(task, figures, config.own.embedded).map(Some)
    }
}

/// The tensors of a speaker's file.
fn stored<N: Module, S>(task: &SpeakerTask<N, S>, model: &N, shape: Sizes) -> Tensors {
    let about = About {
        shape,
        words: task.vocabulary.words()[SPECIAL.len()..].to_vec(),
        features: [task.whole.mean.len(), task.cell.mean.len()],
    };
    let mut tensors = values(model);
    let names: Vec<String> = tensors.map.keys().cloned().collect();
    names.iter().for_each(|name| flatten(&mut tensors, name));
    tensors.map.extend(Speaker::lenses(&task.whole, &task.cell));
    tensors.note = serde_json::to_string(&about).unwrap_or_default();
    tensors
}

/// What the card of a speaker says.
fn parts<N, S>(
    task: &SpeakerTask<N, S>,
    figures: &WordsFigures,
    embedded: bool,
) -> Result<Parts, WordsError> {
    let predictor = registry::card(affetti_feel::EMBEDDED)?;
    let pictured = task
        .learned
        .iter()
        .filter(|line| line.picture.is_some())
        .count();
    Ok(Parts {
        kind: "words",
        embedded,
        input: InputContract {
            resolution: vec![224],
            channels: "RGB, and one of nine emotions or none".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "bilinear".into(),
            views: vec!["full".into()],
        },
        starts: vec![format!("features: {}", start(&predictor))],
        data: format!(
            "{} utterances of ArtEmis, splits train, {pictured} of them with their painting (research use, not redistributed)",
            task.learned.len()
        ),
        options: "",
        metrics: figures.0.clone(),
        cautions: &CAUTIONS,
    })
}

const CAUTIONS: [&str; 3] = [
    "It writes what viewers of paintings tend to write; it names things that are not in the picture, often.",
    "It learned from English sentences of paid annotators, most of them in the United States, about Western paintings, and says of men, women and peoples what they said.",
    "It must not be used to judge persons from their faces, nor be passed off as a person's words.",
];

/// How pictures and sentences are cut to size.
#[derive(Clone, Copy, Debug)]
struct Cut {
    networks: usize,
    least: usize,
    longest: usize,
    whole: usize,
    cell: usize,
}

/// Lenses, words and lines.
fn begin<N, S>(
    manner: Manner,
    own: Cut,
    gallery: Arc<Gallery>,
    places: &Places<'_>,
    sizes: impl FnOnce(usize, [usize; 2]) -> S,
) -> Result<SpeakerTask<N, S>, WordsError> {
    let of = |split: Split| {
        gallery
            .seen
            .iter()
            .filter(move |seen| seen.split == split && !seen.said.is_empty())
    };
    let features = own.networks * CELL;
    let nothing = || WordsError::NothingToLearn {
        what: "artemis.csv and paintings/ leave no paintings with sentences to learn from"
            .to_owned(),
    };
    let first = of(Split::Train).next().ok_or_else(nothing)?;
    if of(Split::Val).next().is_none() || first.sight.pooled.len() < features {
        return Err(nothing());
    }
    (places.stage)("principal components", 0, 1);
    let seed = manner.seed;
    let rows: Vec<f32> = of(Split::Train)
        .flat_map(|seen| &seen.sight.pooled[..features])
        .copied()
        .collect();
    let whole = Lens::fit(&rows, features, own.whole, seed);
    // Two cells of each picture, others in each, say what cells are like.
    let spread = |(n, seen): (usize, &'_ crate::sight::paintings::Seen)| {
        let cell = |k: usize| seen.sight.cells[k * CELL..(k + 1) * CELL].to_vec();
        [
            cell((n * 7) % (GRID * GRID)),
            cell((n * 5 + 3) % (GRID * GRID)),
        ]
        .concat()
    };
    let rows: Vec<f32> = of(Split::Train).enumerate().flat_map(spread).collect();
    let cell = Lens::fit(&rows, CELL, own.cell, seed);
    let cut = |text: &str| normal::words(text);
    let all: Vec<Vec<String>> = of(Split::Train)
        .flat_map(|seen| &seen.said)
        .chain(&gallery.unseen)
        .map(|(_, text)| cut(text))
        .collect();
    let vocabulary = Vocabulary::of(all.iter().map(Vec::as_slice), own.least);
    let mut views = Vec::new();
    let mut lines = |split: Split| {
        let mut lines = Vec::new();
        for seen in of(split) {
            for (emotion, text) in &seen.said {
                lines.extend(line(
                    *emotion,
                    text,
                    Some(views.len()),
                    &vocabulary,
                    own.longest,
                ));
            }
            views.push(View {
                whole: whole.see(&seen.sight.pooled[..features]),
                cells: cell.see(&seen.sight.cells),
            });
        }
        lines
    };
    let (mut learned, chosen) = (lines(Split::Train), lines(Split::Val));
    let unseen = gallery.unseen.iter();
    learned.extend(
        unseen.filter_map(|(emotion, text)| line(*emotion, text, None, &vocabulary, own.longest)),
    );
    Ok(SpeakerTask::new(
        manner,
        [whole, cell],
        vocabulary,
        views,
        [learned, chosen],
        Arc::clone(&gallery),
        sizes,
    ))
}

/// A sentence in numbers; none of one that is too short or too long, or mostly unknown.
fn line(
    emotion: Emotion,
    text: &str,
    picture: Option<usize>,
    vocabulary: &Vocabulary,
    longest: usize,
) -> Option<Line> {
    let words = vocabulary.ids(&normal::words(text), None);
    let unknown = words.iter().filter(|id| **id == UNKNOWN).count();
    let good = (3..=longest).contains(&words.len()) && 4 * unknown <= words.len();
    debug_assert!(emotion.index() < EMOTIONS - 1);
    good.then(|| Line {
        emotion: emotion.index(),
        picture,
        words,
    })
}
