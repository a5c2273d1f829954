//! Where a network runs: our kernels on the CPU, or burn's operators on a GPU.

use crate::efficientnet_lite::{EfficientNetLite, Variant, Weights, Workspace};
use crate::error::NetError;
use affetti_picture::Picture;

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

/// burn panics where no driver is, so one small sum is tried behind a guard, with the panic message
/// kept from the terminal.
#[cfg(feature = "vulkan")]
fn vulkan() -> (Device, Option<&'static str>) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let tried = std::panic::catch_unwind(|| {
        let device = burn::tensor::Device::vulkan(burn::tensor::DeviceKind::DefaultDevice);
        let ones = burn::tensor::Tensor::<1>::ones([4], &device);
        let sum = ones.sum().into_data().try_to_vec::<f32>().ok();
        (device, sum == Some(vec![4.0]))
    });
    std::panic::set_hook(hook);
    match tried {
        Ok((device, true)) => (Device::Vulkan(device), None),
        _ => (Device::Cpu, Some("no Vulkan driver found; using the CPU")),
    }
}

/// A backbone on its device.
#[derive(Clone, Debug)]
pub enum Backbone {
    /// On our kernels.
    Kernels(EfficientNetLite),
    /// On burn's operators.
    #[cfg(feature = "vulkan")]
    Tensors(crate::tensor_net::TensorNet),
}

impl Backbone {
    /// Makes `weights` ready on `device`.
    #[must_use]
    pub fn new(weights: &Weights, device: &Device) -> Self {
        match device {
            Device::Cpu => Self::Kernels(EfficientNetLite::new(weights)),
            #[cfg(feature = "vulkan")]
            Device::Vulkan(device) => {
                Self::Tensors(crate::tensor_net::TensorNet::new(weights, device))
            }
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
}
