//! Hand-written CPU kernels, the hot part of every network.
//!
//! Layout: activations are channels-last, `[height, width, channels]`, f32, with the channel
//! count rounded up to [`CHANNEL_ALIGN`] so that no kernel needs a channel tail. The padded
//! channels always hold zeros: their weights and biases are zero and every activation function
//! here maps zero to zero.
//!
//! Convolution is *implicit* matrix multiplication: in channels-last order the `kernel_width ×
//! channels` inputs of one kernel row are contiguous, so a dense convolution is a matrix product
//! whose left rows overlap in memory. Nothing is ever unrolled into a column buffer, and a 1×1
//! convolution is the special case with one kernel row. Zero borders are part of the activation
//! buffers ([`Map`]), which frees the inner loops from bounds logic.
//!
//! The instruction set is chosen once at run time ([`Isa::detect`]): AVX-512, AVX2 with FMA, or
//! portable code. `unsafe` is confined to this folder.

mod conv;
mod depthwise;
mod isa;
mod map;
mod micro;
pub mod reference;

pub use conv::{Activation, Conv, ConvShape};
pub use depthwise::Depthwise;
pub use isa::Isa;
pub use map::{CHANNEL_ALIGN, Map, MapShape, Padding, align_channels};
