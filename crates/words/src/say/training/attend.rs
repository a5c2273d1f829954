//! Training of ArtEmis's own speaker: show, attend and tell, with and without the emotion.

use super::super::attend::Shape;
use super::super::attend_layers::AttendLayers;
use super::super::speaker::{Sizes, Speaker};
use super::task::Manner;
use super::{Cut, SpeakerTask, Start, begin, measure, parts, stored};
use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::sight::paintings::gallery;
use affetti_feel::Predictor;
use affetti_ground::config::first_wrong;
use affetti_nets::device::Device as Place;
use affetti_train::card::Parts;
use affetti_train::{Opened, Outcome, Places, Recipe, Stored};
use affetti_weights::tensors::Tensors;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Settings of a training.
pub type Config = affetti_train::Config<AttendRecipe>;

/// What decides how the speaker comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttendRecipe {
    /// Whether sentences are grounded in an emotion.
    pub grounded: bool,
    /// Words occur so often among what is learned.
    pub least: usize,
    /// Words of the longest sentence that is learned.
    pub longest: usize,
    /// Principal components of a cell.
    pub cell: usize,
    /// Floats of a word.
    pub vector: usize,
    /// Floats of the state.
    pub width: usize,
    /// Floats on which attention is decided.
    pub attention: usize,
    /// Share of a layer's numbers that a step leaves out, 0..1.
    pub dropout: f64,
}

impl Recipe for AttendRecipe {
    const KIND: &'static str = "attend";
    type Start = Start;
    type Task = SpeakerTask<AttendLayers, Shape>;
    type Figures = WordsFigures;
    type Error = WordsError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let size = |n: usize| (2..=1024).contains(&n);
        first_wrong(&[
            (own.least >= 1, "least: at least 1"),
            ((5..=200).contains(&own.longest), "longest: 5 to 200"),
            (size(own.cell), "cell: 2 to 1024"),
            (size(own.vector), "vector: 2 to 1024"),
            (size(own.width), "width: 2 to 1024"),
            (size(own.attention), "attention: 2 to 1024"),
            (
                (0.0..1.0).contains(&own.dropout),
                "dropout: 0 or more, below 1",
            ),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, WordsError> {
        let predictor = Predictor::embedded(&Place::Cpu)?;
        let gallery = Arc::new(gallery(&predictor, places)?);
        let own = &config.own;
        let manner = Manner {
            seed: config.common.seed,
            batch: config.common.training.batch,
            dropout: own.dropout,
            hidden: 0.0,
            forget: 0.0,
        };
        let cut = Cut {
            networks: 1,
            least: own.least,
            longest: own.longest,
            whole: 1,
            cell: own.cell,
        };
        let sizes = |words: usize, [_, cell]: [usize; 2]| Shape {
            words,
            places: own.longest + 2,
            vector: own.vector,
            width: own.width,
            attention: own.attention,
            cell,
            emotion: if own.grounded { 9 } else { 0 },
        };
        let task: Self::Task = begin(manner, cut, gallery, places, sizes)?;
        let device = Device::flex().autodiff();
        let network =
            AttendLayers::new(task.shape, task.frequencies(), config.common.seed, &device);
        Ok((task, network))
    }

    fn weights(
        _: &Config,
        task: &Self::Task,
        model: &AttendLayers,
    ) -> Result<Option<Tensors>, WordsError> {
        Ok(Some(stored(task, model, Sizes::Attend(task.shape))))
    }

    fn measure(
        config: &Config,
        places: &Places<'_>,
        task: &Self::Task,
        _: &Outcome<AttendLayers>,
        stored: &Stored,
    ) -> Result<WordsFigures, WordsError> {
        let speaker = Speaker::from_bytes(&stored.bytes, &stored.file)?;
        measure::figures(config.common.seed, places, &speaker, &task.gallery)
    }

    fn card(
        _: &Config,
        task: &Self::Task,
        figures: &WordsFigures,
    ) -> Result<Option<Parts>, WordsError> {
        parts(task, figures, false).map(Some)
    }
}
