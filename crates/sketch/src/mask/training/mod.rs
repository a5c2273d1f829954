//! Training of the mask network on maps of U2NetP and on cut-outs.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`Config`] |
//! | varied pictures with their maps, objects pasted on other grounds | `sample` |
//! | batches, loss and validation for [`affetti_train::run`] | `task` |
//! | weight file, figures on pictures held out, card | `result` |
//!
//! The split val of paintings and OASIS chooses the epoch; the pictures held out are touched once,
//! by the figures of the finished weights.

mod config;
mod result;
mod sample;
mod task;

pub use config::{Config, Objective};
pub use result::Trained;

use std::path::Path;

use affetti_nets::{
    edge_layers::EdgeLayers,
    efficientnet_lite::{Variant, Weights},
    lite_layers::LiteLayers,
    registry, store,
};
use affetti_train::{RunFolder, Watch, freeze, run};
use burn::tensor::Device;

use super::examples::{Use, examples};
use crate::{config::is_early, error::SketchError};
use task::MaskTask;

/// Where a training reads and writes.
pub struct TrainOptions<'a> {
    /// The folder with `paintings/`, `oasis/`, `bsds500/` and `met/`.
    pub data: &'a Path,
    /// The folder with the teacher's maps, see [`super::examples`].
    pub maps: &'a Path,
    /// The folder for weights and card.
    pub models: &'a Path,
    /// The folder of this run.
    pub run: &'a Path,
    /// Go on where the run's last checkpoint ended.
    pub resume: bool,
    /// Called with pictures done and all while the figures are made, from any thread.
    pub measuring: &'a (dyn Fn(usize, usize) + Sync),
}

/// Trains the network of `config`; none where `watch` stopped it.
///
/// # Errors
/// Missing data, maps or pretrained weights, unwritable folders, divergence.
pub fn train(
    config: &Config,
    options: &TrainOptions<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<Trained>, SketchError> {
    let learned = examples(options.data, options.maps, Use::Learn)?;
    let chosen = examples(options.data, options.maps, Use::Choose)?;
    let held = examples(options.data, options.maps, Use::Held)?;
    let mut task = MaskTask::open(config, &learned, &chosen)?;
    let folder = RunFolder::create(options.run, &config.text)?;
    let outcome = run(
        &mut task,
        start(config)?,
        &config.training,
        config.seed,
        &folder,
        options.resume,
        watch,
    )?;
    if outcome.stopped {
        return Ok(None);
    }
    drop(task);
    let weights = outcome.model.weights();
    result::write(config, options, &weights, learned.len(), &held).map(Some)
}

/// A random decoder on the published trunk.
fn start(config: &Config) -> Result<EdgeLayers, SketchError> {
    let card = registry::card(&config.start)?;
    let tensors = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    let weights = Weights::from_folded(Variant::Lite0, tensors)?;
    let device = Device::flex().autodiff();
    let trunk = LiteLayers::from_weights(&weights, &device);
    let network = EdgeLayers::init(trunk, config.seed, &device);
    Ok(freeze(network, &|name| is_early(name, config.frozen)))
}
