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
mod layer_list;
#[cfg(feature = "pull")]
pub mod pull;
pub mod resnet;
pub mod u2net;
pub mod vgg16;
#[cfg(feature = "train")]
pub mod vit;
