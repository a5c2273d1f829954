//! Training of the mask network on maps of U2NetP and on cut-outs.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`MaskRecipe`] |
//! | varied pictures with their maps, objects pasted on other grounds | `sample` |
//! | batches, loss and validation for the loop | `task` |
//! | figures on pictures held out, card | `result` |
//!
//! The split val of paintings and OASIS chooses the epoch; the pictures held out are touched once,
//! by the figures of the finished weights.

mod config;
mod result;
mod sample;
mod task;

pub use config::{MaskRecipe, Objective, Start};
pub use result::MaskResult;

use affetti_nets::{u2net, u2net::layers::U2NetLayers};
use affetti_train::{Opened, Outcome, Places, Recipe, Stored, card::Parts};
use affetti_weights::{registry, tensors::Tensors};
use burn::tensor::Device;

use super::examples::{Example, Use, examples};
use crate::error::SketchError;
use task::MaskTask;

/// Settings of a training.
pub type Config = affetti_train::Config<MaskRecipe>;

impl Recipe for MaskRecipe {
    const KIND: &'static str = "mask";
    type Start = Start;
    type Task = MaskTask;
    type Figures = MaskResult;
    type Error = SketchError;

    fn check(config: &Config) -> Result<(), String> {
        config.own.in_range()
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, SketchError> {
        let own = &config.own;
        let of = |what| examples(places.data, &own.maps, what);
        let learned = spread(of(Use::Learn)?, own.pictures);
        let chosen = spread(of(Use::Choose)?, own.chosen);
        let held = of(Use::Held)?;
        let start = u2net::Weights::from_tensors(registry::tensors(u2net::PUBLISHED)?)?;
        let model = U2NetLayers::from_weights(&start, &Device::flex().autodiff());
        let task = MaskTask::open(config, start, [&learned, &chosen], held)?;
        Ok((task, model))
    }

    fn weights(
        _: &Config,
        _: &MaskTask,
        model: &U2NetLayers,
    ) -> Result<Option<Tensors>, SketchError> {
        Ok(Some(model.weights().to_tensors()))
    }

    fn measure(
        config: &Config,
        places: &Places<'_>,
        task: &MaskTask,
        _: &Outcome<U2NetLayers>,
        stored: &Stored,
    ) -> Result<MaskResult, SketchError> {
        result::measure(config, places, task, stored)
    }

    fn card(
        _: &Config,
        task: &MaskTask,
        figures: &MaskResult,
    ) -> Result<Option<Parts>, SketchError> {
        result::card(task, figures).map(Some)
    }
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
