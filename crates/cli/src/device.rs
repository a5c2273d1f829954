//! Where networks run, and the predictor made ready there.

use std::path::Path;

use affetti::{
    Predictor,
    nets::device::{Device, Wish, choose},
};
use anyhow::Result;

use crate::{args, settings::Settings};

/// The device that the user wishes for; where it is not to be had, one line says why, and the
/// work goes on on the processor.
fn device(settings: &Settings) -> Device {
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

/// The predictor of a weight file, or the one inside the program.
pub(crate) fn predictor(weights: Option<&Path>, settings: &Settings) -> Result<Predictor> {
    let device = device(settings);
    Ok(match weights {
        Some(file) => Predictor::from_file(file, &device)?,
        None => Predictor::embedded(&device)?,
    })
}
