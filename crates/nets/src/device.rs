//! Where a network runs: our kernels on the CPU, or burn's operators on a GPU.

use crate::efficientnet_lite::{EfficientNetLite, Maps, UnitBox, Variant, Weights, Workspace};
use affetti_picture::Picture;
use affetti_weights::NetError;

/// Bounds the threads that kernels and solvers share to `threads`. Only the first call of a process
/// counts, and only before any work.
pub fn limit_threads(threads: usize) {
    // A pool that is there already keeps its size: nothing is lost but the limit.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .build_global();
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Whatever is best: the CPU, whose kernels need no transfer and no driver.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU through Vulkan.
    Vulkan,
}

/// A device that is there.
#[derive(Clone, Debug, Default)]
pub enum Device {
    /// Our kernels.
    #[default]
    Cpu,
    /// burn's operators on a Vulkan device.
    #[cfg(feature = "vulkan")]
    Vulkan(burn::tensor::Device),
}

/// The device for `wish`; where it is not to be had, the CPU and one line that says why.
#[must_use]
pub fn choose(wish: Wish) -> (Device, Option<&'static str>) {
    match wish {
        Wish::Auto | Wish::Cpu => (Device::Cpu, None),
        Wish::Vulkan => vulkan(),
    }
}

#[cfg(not(feature = "vulkan"))]
fn vulkan() -> (Device, Option<&'static str>) {
    let line = "this build has no Vulkan support (feature `vulkan`); using the CPU";
    (Device::Cpu, Some(line))
}

/// Shaders go through wgpu's own compiler: a compiler that writes for Vulkan directly crashes
/// Mesa's software driver.
#[cfg(feature = "vulkan")]
fn vulkan() -> (Device, Option<&'static str>) {
    use burn::tensor::wgpu::WgpuBackend;
    let options = burn::tensor::Device::wgpu_options().graphics_api(WgpuBackend::Vulkan);
    match options.init() {
        Ok(device) => (Device::Vulkan(device), None),
        Err(_) => (Device::Cpu, Some("no Vulkan driver found; using the CPU")),
    }
}

/// A backbone on its device.
#[derive(Clone, Debug)]
pub enum Backbone {
    /// On our kernels.
    Kernels(EfficientNetLite),
    /// On burn's operators.
    #[cfg(feature = "vulkan")]
    Tensors(crate::efficientnet_lite::tensors::TensorNet),
}

impl Backbone {
    /// Makes `weights` ready on `device`.
    #[must_use]
    pub fn new(weights: &Weights, device: &Device) -> Self {
        match device {
            Device::Cpu => Self::Kernels(EfficientNetLite::new(weights)),
            #[cfg(feature = "vulkan")]
            Device::Vulkan(device) => Self::Tensors(
                crate::efficientnet_lite::tensors::TensorNet::new(weights, device),
            ),
        }
    }

    /// The size.
    #[must_use]
    pub fn variant(&self) -> Variant {
        match self {
            Self::Kernels(network) => network.variant(),
            #[cfg(feature = "vulkan")]
            Self::Tensors(network) => network.variant(),
        }
    }

    /// The descriptor of `picture`; see [`EfficientNetLite::describe`].
    ///
    /// # Errors
    /// [`NetError::Device`] where a GPU does not answer; never on the CPU.
    pub fn describe(
        &self,
        picture: &Picture,
        work: &mut Workspace,
        threads: usize,
    ) -> Result<Vec<f32>, NetError> {
        match self {
            Self::Kernels(network) => Ok(network.describe(picture, work, threads)),
            #[cfg(feature = "vulkan")]
            Self::Tensors(network) => network.describe(picture),
        }
    }

    /// One pass over `picture`, of which boxes are described later.
    #[must_use]
    pub fn observe(&self, picture: Picture, work: &mut Workspace, threads: usize) -> Observed {
        match self {
            Self::Kernels(network) => Observed::Maps(network.maps(&picture, work, threads)),
            #[cfg(feature = "vulkan")]
            Self::Tensors(_) => Observed::Picture(picture),
        }
    }

    /// The descriptors of boxes of an observed picture; see [`EfficientNetLite::pool`]. A GPU sees the
    /// boxes cut out and stretched to its resolution instead.
    ///
    /// # Errors
    /// As [`describe`](Self::describe).
    pub fn describe_boxes(
        &self,
        observed: &Observed,
        boxes: &[UnitBox],
        threads: usize,
    ) -> Result<Vec<Vec<f32>>, NetError> {
        match (self, observed) {
            (_, Observed::Maps(maps)) => Ok(EfficientNetLite::pool(maps, boxes, threads)),
            #[cfg(feature = "vulkan")]
            (Self::Tensors(network), Observed::Picture(picture)) => boxes
                .iter()
                .map(|unit| network.describe(&cut(picture, unit, network.variant())))
                .collect(),
            #[cfg(feature = "vulkan")]
            (Self::Kernels(network), Observed::Picture(picture)) => {
                let work = &mut Workspace::default();
                Ok(network.describe_boxes(picture, boxes, work, threads))
            }
        }
    }
}

/// A picture on which a backbone's pass was made, or is still to be made box by box.
#[derive(Clone, Debug)]
pub enum Observed {
    /// What our kernels saw.
    Maps(Maps),
    /// For a GPU.
    #[cfg(feature = "vulkan")]
    Picture(Picture),
}

/// A box of a picture, at least one pixel, at a network's resolution.
#[cfg(feature = "vulkan")]
fn cut(picture: &Picture, &[left, top, right, bottom]: &UnitBox, variant: Variant) -> Picture {
    let range = |from: f32, to: f32, side: u32| {
        let place = |v: f32| (v * side as f32).round().clamp(0.0, side as f32) as u32;
        let start = place(from).min(side - 1);
        (start, place(to).max(start + 1) - start)
    };
    let (x, w) = range(left, right, picture.width());
    let (y, h) = range(top, bottom, picture.height());
    let side = variant.resolution() as u32;
    let filter = affetti_picture::Filter::Bilinear;
    picture
        .resize_region([x, y, w, h], side, side, filter)
        .unwrap_or_else(|_| picture.resize(side, side, filter))
}
