//! Networks, their weights, devices and CPU kernels.

pub mod device;
pub mod efficientnet_lite;
mod error;
pub mod import;
pub mod kernels;
#[cfg(feature = "train")]
pub mod layers;
mod pickle;
pub mod registry;
pub mod store;
#[cfg(feature = "burn")]
pub mod tensor_net;
pub mod tensors;
pub mod torch_file;

pub use error::{ErrorKind, NetError};
