//! Hand-written CPU kernels, the hot part of every network.
//!
//! Layout: activations are channels-last, `[height, width, channels]`, f32, with the channel
//! count rounded up to [`CHANNEL_ALIGN`] so that no kernel needs a channel tail. The padded
//! channels always hold zeros: their weights and biases are zero and every activation function
//! here maps zero to zero. (After an infinite input they hold NaN, which a later dense layer
//! spreads: a map with an infinity has no use anyway.) There the border's zeros are multiplied like
//! other inputs, so an infinite or absent *weight* over the border gives NaN, where PyTorch leaves
//! the border out; weights are finite in any network that can be used.
//!
//! Convolution is *implicit* matrix multiplication: in channels-last order the `kernel_width ×
//! channels` inputs of one kernel row are contiguous, so a dense convolution is a matrix product
//! whose left rows overlap in memory. Nothing is ever unrolled into a column buffer, and a 1×1
//! convolution is the special case with one kernel row. Zero borders are part of the activation
//! buffers ([`Map`]), which frees the inner loops from bounds logic.
//!
//! The instruction set is chosen once at run time ([`Isa::detect`]): AVX-512, AVX2 with FMA, or
//! portable code. `unsafe` is confined to this folder.

mod activation;
pub mod attention;
mod border;
mod conv;
mod conv_grad;
mod convolution;
mod depthwise;
mod depthwise_grad;
mod depthwise_weight;
mod epilogue;
mod gather;
mod isa;
mod lanes;
pub mod layer_norm;
mod map;
mod micro;
pub mod norm;
mod outer;
mod outer_pack;
mod outer_tile;
mod panels;
pub mod pool;
pub mod reference;
mod shape;
pub mod upsample;
mod window;
mod winograd;
mod winograd_tile;

pub use activation::Activation;
pub use conv::Conv;
pub use conv_grad::{BackwardWeights, ForwardPass, ForwardWeights};
pub use convolution::{Border, Convolution, Kind};
pub use depthwise::Depthwise;
pub use depthwise_grad::{DepthwisePass, DepthwiseWeights};
pub use depthwise_weight::depthwise_weight_gradient;
pub use epilogue::{Epilogue, Order};
pub use isa::Isa;
pub use map::{CHANNEL_ALIGN, Map, MapShape, Padding, align_channels};
pub use outer::conv_weight_gradient;
pub use shape::{Batch, Geometry};
