//! Networks, their weights, devices and CPU kernels.

pub mod efficientnet_lite;
mod error;
pub mod import;
pub mod kernels;
mod pickle;
pub mod registry;
pub mod store;
pub mod tensors;
pub mod torch_file;

pub use error::{ErrorKind, NetError};
