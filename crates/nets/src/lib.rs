//! Networks, their weights, devices and CPU kernels.

#[cfg(feature = "train")]
pub mod dcgan;
pub mod device;
#[cfg(feature = "train")]
pub mod edge_layers;
pub mod edge_net;
pub mod efficientnet_lite;
mod error;
pub mod hdf5;
pub mod hed;
pub mod import;
pub mod kernels;
#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod lite_layers;
mod pickle;
pub mod registry;
#[cfg(feature = "train")]
pub mod resnet;
pub mod store;
#[cfg(feature = "burn")]
pub mod tensor_net;
pub mod tensors;
pub mod torch_file;
#[cfg(feature = "train")]
pub mod vgg16;

pub use error::{ErrorKind, NetError};
