//! Training of the edge network on BSDS500.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`Config`] |
//! | turned, scaled and recolored pieces of photographs | `sample` |
//! | which pixels count, and how much | `target` |
//! | batches, loss and validation for [`affetti_train::run`] | `task` |
//! | weight file, figures on BSDS500 val, card | `result` |
//!
//! A tenth of the training photographs is held out to choose the epoch; BSDS500 val is touched
//! once, by the figures of the finished weights.

mod config;
mod result;
mod sample;
mod target;
mod task;

pub use affetti_train::{Progress, Watch, checkpoint::History};
pub use config::{Augmentation, Config, Objective};
pub use result::Trained;

use std::path::Path;

use affetti_data::bsds::{self, Part};
use affetti_nets::{edge_layers::EdgeLayers, efficientnet_lite, lite_layers::LiteLayers};
use affetti_nets::{registry, store};
use affetti_train::{RunFolder, run};
use burn::tensor::Device;

use crate::RegionsError;
use task::EdgeTask;

/// Where a training reads and writes.
pub struct TrainOptions<'a> {
    /// The folder with `bsds500/`.
    pub data: &'a Path,
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
/// Missing data or pretrained weights, unwritable folders, divergence.
pub fn train(
    config: &Config,
    options: &TrainOptions<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<Trained>, RegionsError> {
    let folder = options.data.join("bsds500");
    let (held, learned): (Vec<_>, Vec<_>) = bsds::read(&folder, Part::Train)?
        .into_iter()
        .enumerate()
        .partition(|(n, _)| n % config.hold_out == config.hold_out - 1);
    let examples = |list: Vec<(usize, bsds::Example)>| list.into_iter().map(|(_, e)| e).collect();
    let mut task = EdgeTask::open(config, examples(learned), examples(held))?;
    let model = start(config)?;
    let folder = RunFolder::create(options.run, &config.text)?;
    let outcome = run(
        &mut task,
        model,
        &config.training,
        config.seed,
        &folder,
        options.resume,
        watch,
    )?;
    if outcome.stopped {
        return Ok(None);
    }
    result::write(config, options, &outcome.model.weights()).map(Some)
}

/// A random decoder on the published trunk.
fn start(config: &Config) -> Result<EdgeLayers, RegionsError> {
    let card = registry::card(&config.start)?;
    let tensors = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    let variant = efficientnet_lite::Variant::Lite0;
    let weights = efficientnet_lite::Weights::from_folded(variant, tensors)?;
    let device = Device::flex().autodiff();
    let trunk = LiteLayers::from_weights(&weights, &device);
    Ok(EdgeLayers::init(trunk, config.seed, &device))
}
