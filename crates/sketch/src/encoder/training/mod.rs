//! Training of a network that reads lines.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`Config`] |
//! | paintings and photographs of one half, cut-outs of their objects | `pictures` |
//! | what is computed once of each: teacher's features, edges, traces; kept in the run folder | `cache` |
//! | lines drawn anew in every epoch: soft, thin, XDoG, traced; pens, jitter, turns | `sample` |
//! | what the teacher says, as principal components | `target` |
//! | batches, loss and validation for [`affetti_train::run`] | `task` |
//! | weight file and card | `result` |
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

pub use config::{Config, Objective};
pub use result::Trained;

use std::path::Path;

use affetti_nets::{
    efficientnet_lite::{Variant, Weights},
    registry, store,
};
use affetti_train::{RunFolder, Watch, freeze, run};
use burn::tensor::Device;

use super::{EncoderWeights, Maps};
use crate::{config::is_early, error::SketchError};
use network::LineNetwork;
use task::LineTask;

/// Where a training reads and writes.
pub struct TrainOptions<'a> {
    /// The folder with `paintings/`, `oasis/` and `bsds500/`.
    pub data: &'a Path,
    /// The folder for weights and card.
    pub models: &'a Path,
    /// The folder of this run.
    pub run: &'a Path,
    /// Go on where the run's last checkpoint ended.
    pub resume: bool,
    /// Called with pictures done and all while lines are made, from any thread.
    pub preparing: &'a (dyn Fn(usize, usize) + Sync),
}

/// Trains the network of `config`; none where `watch` stopped it.
///
/// # Errors
/// Missing data or pretrained weights, unwritable folders, divergence.
pub fn train(
    config: &Config,
    options: &TrainOptions<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<Trained>, SketchError> {
    let folder = RunFolder::create(options.run, &config.text)?;
    let cutter = pictures::cutter(options.models)?;
    let rendered = cache::load_or_make(config, options, cutter.as_ref())?;
    let sizes = [config.dimension, config.cell];
    let basis = target::Basis::fit(&rendered.learned, sizes, config.seed);
    let mut task = LineTask::new(config, rendered, &basis);
    let variant = Variant::parse(&config.start).unwrap_or(Variant::Lite0);
    let card = registry::card(&config.start)?;
    let start = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    let start = Weights::from_folded(variant, start)?;
    let device = Device::flex().autodiff();
    let network = LineNetwork::new(&start, sizes, config.seed, &device);
    let early = |name: &str| {
        let name = name.strip_prefix("trunk.");
        name.is_some_and(|name| is_early(name, config.frozen))
    };
    let network = freeze(network, &early);
    let outcome = run(
        &mut task,
        network,
        &config.training,
        config.seed,
        &folder,
        options.resume,
        watch,
    )?;
    if outcome.stopped {
        return Ok(None);
    }
    let weights = EncoderWeights {
        about: super::About {
            trunk: config.start.clone(),
            teacher: config.teacher.clone(),
            dimension: config.dimension,
            cell: config.cell,
        },
        maps: Maps {
            line: outcome.model.line(),
            photo: basis.photo,
        },
        trunk: outcome.model.trunk.weights(variant),
    };
    result::write(config, options, &weights, &task, cutter.as_ref()).map(Some)
}
