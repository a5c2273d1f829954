//! Networks and the devices that they run on. One folder per network: its structure, the version for
//! inference on our kernels, and where it is trained the one with gradients (`layers`, feature `train`).

pub mod clip;
#[cfg(feature = "train")]
pub mod dcgan;
pub mod device;
pub mod edge_net;
pub mod efficientnet_lite;
mod flow;
pub mod hed;
pub mod import;
#[cfg(feature = "pull")]
pub mod pull;
pub mod resnet;
pub mod u2net;
pub mod vgg16;
#[cfg(feature = "train")]
pub mod vit;

pub use affetti_kernels as kernels;
#[cfg(feature = "train")]
pub use affetti_layers as layers;
pub use affetti_weights::{ErrorKind, NetError, hdf5, registry, store, tensors, torch_file};
#[cfg(feature = "train")]
pub use edge_net::layers as edge_layers;
#[cfg(feature = "train")]
pub use efficientnet_lite::layers as lite_layers;
#[cfg(feature = "burn")]
pub use efficientnet_lite::tensors as tensor_net;
#[cfg(feature = "train")]
pub use resnet::layers as resnet_layers;
#[cfg(feature = "train")]
pub use u2net::layers as u2net_layers;
#[cfg(feature = "train")]
pub use vgg16::layers as vgg16_layers;
