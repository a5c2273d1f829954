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

use affetti_nets::{registry, store, u2net::Weights, u2net_layers::U2NetLayers};
use affetti_train::{RunFolder, Watch, run};
use burn::tensor::Device;

use super::examples::{Example, Use, examples};
use crate::error::SketchError;
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
    let learned = spread(learned, config.pictures);
    let chosen = examples(options.data, options.maps, Use::Choose)?;
    let chosen = spread(chosen, config.chosen);
    let held = examples(options.data, options.maps, Use::Held)?;
    let start = start(config)?;
    let mut task = MaskTask::open(config, &learned, &chosen)?;
    let folder = RunFolder::create(options.run, &config.text)?;
    let outcome = run(
        &mut task,
        U2NetLayers::from_weights(&start, &Device::flex().autodiff()),
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
    let made = result::Made {
        start: &start,
        weights: &weights,
        learned: learned.len(),
    };
    result::write(config, options, &made, &held).map(Some)
}

/// At most `count` of `examples`, evenly spread, so that each set keeps its share.
fn spread(examples: Vec<Example>, count: usize) -> Vec<Example> {
    let all = examples.len();
    let kept = |n: usize| (n + 1) * count / all > n * count / all;
    let examples = examples.into_iter().enumerate();
    examples
        .filter_map(|(n, example)| (count >= all || kept(n)).then_some(example))
        .collect()
}

/// The published network.
fn start(config: &Config) -> Result<Weights, SketchError> {
    let card = registry::card(&config.start)?;
    let tensors = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    Ok(Weights::from_tensors(tensors)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_spread_evenly() {
        let example = |n: usize| Example {
            set: if n < 6 { "paintings" } else { "oasis" },
            picture: format!("{n}.jpg").into(),
            map: format!("{n}.png").into(),
        };
        let all: Vec<Example> = (0..9).map(example).collect();
        let some = spread(all.clone(), 3);
        assert_eq!(some.len(), 3);
        assert_eq!(some.iter().filter(|e| e.set == "oasis").count(), 1);
        assert_eq!(spread(all.clone(), 20), all);
        assert_eq!(spread(Vec::new(), 3), []);
    }
}
