//! Training of the edge network on BSDS500.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`EdgeRecipe`] |
//! | turned, scaled and recolored pieces of photographs | `sample` |
//! | which pixels count, and how much | `target` |
//! | batches, loss and validation for the loop | `task` |
//! | figures on BSDS500 val, card | `result` |
//!
//! A tenth of the training photographs is held out to choose the epoch; BSDS500 val is touched
//! once, by the figures of the finished weights.

mod config;
mod result;
mod sample;
mod target;
mod task;

pub use config::{EdgeRecipe, Objective, Trunk};

use affetti_data::bsds::{self, Part};
use affetti_nets::{
    edge_net::layers::EdgeLayers, efficientnet_lite, efficientnet_lite::layers::LiteLayers,
};
use affetti_train::card::Parts;
use affetti_train::{Opened, Outcome, Places, Recipe, Stored};
use affetti_weights::registry;
use affetti_weights::tensors::Tensors;
use burn::tensor::Device;

use crate::RegionsError;
use crate::edges::EdgeFigures;
use task::EdgeTask;

/// Settings of a training.
pub type Config = affetti_train::Config<EdgeRecipe>;

impl Recipe for EdgeRecipe {
    const KIND: &'static str = "edges";
    type Start = Trunk;
    type Task = EdgeTask;
    type Figures = EdgeFigures;
    type Error = RegionsError;

    fn check(config: &Config) -> Result<(), String> {
        config.own.in_range()
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, RegionsError> {
        let hold_out = config.own.hold_out;
        let folder = places.data.join("bsds500");
        let (held, learned): (Vec<_>, Vec<_>) = bsds::read(&folder, Part::Train)?
            .into_iter()
            .enumerate()
            .partition(|(n, _)| n % hold_out == hold_out - 1);
        let examples =
            |list: Vec<(usize, bsds::Example)>| list.into_iter().map(|(_, e)| e).collect();
        let task = EdgeTask::open(config, examples(learned), examples(held))?;
        // A random decoder on the published trunk.
        let tensors = registry::tensors(result::START)?;
        let variant = efficientnet_lite::Variant::Lite0;
        let weights = efficientnet_lite::Weights::from_folded(variant, tensors)?;
        let device = Device::flex().autodiff();
        let trunk = LiteLayers::from_weights(&weights, &device);
        Ok((task, EdgeLayers::init(trunk, config.common.seed, &device)))
    }

    fn weights(
        _: &Config,
        _: &EdgeTask,
        model: &EdgeLayers,
    ) -> Result<Option<Tensors>, RegionsError> {
        Ok(Some(model.weights().to_tensors()))
    }

    fn measure(
        config: &Config,
        places: &Places<'_>,
        _: &EdgeTask,
        _: &Outcome<EdgeLayers>,
        stored: &Stored,
    ) -> Result<EdgeFigures, RegionsError> {
        result::measure(config, places, stored)
    }

    fn card(
        _: &Config,
        _: &EdgeTask,
        figures: &EdgeFigures,
    ) -> Result<Option<Parts>, RegionsError> {
        result::card(figures).map(Some)
    }
}
