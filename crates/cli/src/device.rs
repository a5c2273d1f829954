//! Where networks run.

use crate::{args::Device, settings::Settings};

/// Says so, in one line, where the wish cannot be met; the work goes on on the processor.
pub(crate) fn choose(settings: &Settings) {
    if let Some(line) = shortfall(settings.device) {
        settings.summary(line);
    }
}

/// What is missing for this device; the one place that has to know when kernels for a device are
/// added.
fn shortfall(wanted: Device) -> Option<&'static str> {
    match wanted {
        Device::Auto | Device::Cpu => None,
        Device::Vulkan => Some("this build has no Vulkan support (feature `vulkan`); using the CPU"),
    }
}
