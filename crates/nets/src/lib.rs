//! Networks, their weights, devices and CPU kernels.

pub mod clip;
#[cfg(feature = "train")]
pub mod dcgan;
pub mod device;
#[cfg(feature = "train")]
pub mod edge_layers;
pub mod edge_net;
pub mod efficientnet_lite;
mod error;
mod flow;
pub mod hdf5;
pub mod hed;
pub mod import;
pub mod kernels;
#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod lite_layers;
mod onnx;
mod pickle;
mod published;
#[cfg(feature = "pull")]
pub mod pull;
pub mod registry;
pub mod resnet;
#[cfg(feature = "train")]
pub mod resnet_layers;
pub mod store;
mod stored_zip;
#[cfg(feature = "burn")]
pub mod tensor_net;
pub mod tensors;
pub mod torch_file;
pub mod u2net;
#[cfg(feature = "train")]
pub mod u2net_layers;
pub mod vgg16;
#[cfg(feature = "train")]
pub mod vgg16_layers;
#[cfg(feature = "train")]
pub mod vit;

pub use error::{ErrorKind, NetError};
