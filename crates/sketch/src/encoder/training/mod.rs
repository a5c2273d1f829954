//! Training of a network that reads lines.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`EncoderRecipe`] |
//! | paintings and photographs of one half, cut-outs of their objects | `pictures` |
//! | what is computed once of each: teacher's features, edges, traces; kept in the run folder | `cache` |
//! | lines drawn anew in every epoch: soft, thin, XDoG, traced; pens, jitter, turns | `sample` |
//! | what the teacher says, as principal components | `target` |
//! | batches, loss and validation for the loop | `task` |
//! | figures and card | `result` |
//!
//! Two halves of the pictures, by their groups, teach two networks: one that draws with and one
//! that judges. OASIS photographs of animals and objects are in neither: they measure.

mod cache;
mod config;
mod network;
mod pictures;
mod result;
mod sample;
mod target;
mod task;

pub use config::{EncoderRecipe, Objective};
pub use result::LineFigures;

use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_train::{Opened, Outcome, Places, Recipe, Stored, card::Parts, freeze};
use affetti_weights::{registry, tensors::Tensors};
use burn::tensor::Device;

use super::{Encoder, EncoderWeights, Maps};
use crate::{config::is_early, error::SketchError};
use network::LineNetwork;
use task::LineTask;

/// Settings of a training.
pub type Config = affetti_train::Config<EncoderRecipe>;

impl Recipe for EncoderRecipe {
    const KIND: &'static str = "encoder";
    type Start = Variant;
    type Task = LineTask;
    type Figures = LineFigures;
    type Error = SketchError;

    fn check(config: &Config) -> Result<(), String> {
        config.own.in_range()
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, SketchError> {
        let Config { common, own, .. } = config;
        let cutter = pictures::cutter(places.models)?;
        let rendered = cache::load_or_make(config, places, cutter.as_ref())?;
        let sizes = [own.dimension, own.cell];
        let basis = target::Basis::fit(&rendered.learned, sizes, common.seed);
        let task = LineTask::new(config, rendered, basis, cutter.map(|cutter| cutter.sha256));
        let start = registry::tensors(common.start.name())?;
        let start = Weights::from_folded(common.start, start)?;
        let device = Device::flex().autodiff();
        let network = LineNetwork::new(&start, sizes, common.seed, &device);
        let early = |name: &str| {
            let name = name.strip_prefix("trunk.");
            name.is_some_and(|name| is_early(name, own.frozen))
        };
        Ok((task, freeze(network, &early)))
    }

    fn weights(
        config: &Config,
        task: &LineTask,
        model: &LineNetwork,
    ) -> Result<Option<Tensors>, SketchError> {
        let Config { common, own, .. } = config;
        let weights = EncoderWeights {
            about: super::About {
                trunk: common.start.name().to_owned(),
                teacher: own.teacher.name().to_owned(),
                dimension: own.dimension,
                cell: own.cell,
            },
            maps: Maps {
                line: model.line(),
                photo: task.basis.photo.clone(),
            },
            trunk: model.trunk.weights(common.start),
        };
        Ok(Some(weights.to_tensors()))
    }

    fn measure(
        config: &Config,
        _: &Places<'_>,
        task: &LineTask,
        _: &Outcome<LineNetwork>,
        stored: &Stored,
    ) -> Result<LineFigures, SketchError> {
        let encoder = Encoder::from_bytes(&stored.bytes, &stored.file, 1)?;
        Ok(result::figures(config, &encoder, task))
    }

    fn card(
        config: &Config,
        task: &LineTask,
        figures: &LineFigures,
    ) -> Result<Option<Parts>, SketchError> {
        result::card(config, task, figures).map(Some)
    }
}
