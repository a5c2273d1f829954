//! Where networks run, and the models that run there.

use std::path::Path;

use affetti::{
    Models, Predictor, Sources, Weights,
    nets::device::{Device, Wish, choose},
};
use anyhow::Result;

use crate::{args, settings::Settings};

/// The device that the user wishes for; where it is not to be had, one line says why, and the
/// work goes on on the processor.
pub(crate) fn device(settings: &Settings) -> Device {
    let (device, shortfall) = choose(match settings.device {
        args::Device::Auto => Wish::Auto,
        args::Device::Cpu => Wish::Cpu,
        args::Device::Vulkan => Wish::Vulkan,
    });
    if let Some(line) = shortfall {
        settings.summary(line);
    }
    device
}

/// The models that a verb asks, with the predictor of a weight file, or the one inside the program.
pub(crate) fn models(weights: Option<&Path>, settings: &Settings) -> Models {
    let predictor = weights.map_or(Weights::Own, |file| Weights::File(file.to_owned()));
    let sources = Sources {
        predictor,
        ..Sources::default()
    };
    Models::of(sources, device(settings), settings.threads)
}

/// The predictor of a weight file, or the one inside the program.
pub(crate) fn predictor(weights: Option<&Path>, settings: &Settings) -> Result<Predictor> {
    let device = device(settings);
    Ok(match weights {
        Some(file) => Predictor::from_file(file, &device)?,
        None => Predictor::embedded(&device)?,
    })
}
