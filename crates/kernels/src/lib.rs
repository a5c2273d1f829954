//! CPU kernels of convolutional networks and transformers, for inference and for training.
//!
//! - **Computes** convolutions (dense, depthwise, transposed) with bias, residual and activation,
//!   their gradients with respect to inputs and weights; pooling, batch and layer norm, attention,
//!   enlargement by two; forward and backward.
//! - **Input, output** slices of f32, channels-last; weights as PyTorch has them.
//! - **Needs** rayon, whose pool the caller chooses by running in it. No other crate of this project.
//!
//! | what | where |
//! |---|---|
//! | a layer without weights and size; its geometry on a map; what follows its sum | [`Convolution`], [`Geometry`], [`Epilogue`] |
//! | dense batches, forward and backward | [`ForwardWeights`], [`BackwardWeights`], [`conv_weight_gradient`] |
//! | depthwise, forward and backward | [`DepthwiseWeights`], [`depthwise_weight_gradient`] |
//! | one picture, with borders inside of its maps: the fastest for inference of small layers | [`Conv`], [`Depthwise`], [`Map`] |
//! | norms, rectifiers, pooling, enlargement | [`norm`], [`layer_norm`], [`pool`], [`upsample`] |
//! | attention, the unit between the layers of a transformer, recurrence | [`attention`], [`gelu`], [`lstm`] |
//! | the plain loops that the fast ones are tested against | [`reference`](mod@reference) |
//!
//! ```
//! use affetti_kernels::{Activation, Batch, Convolution, ForwardWeights, Isa};
//!
//! // 3 × 3 over two pictures of 8 × 8 pixels and 3 channels, 16 outputs, a rectifier.
//! let layer = Convolution::new(3, 16, 3).act(Activation::Relu);
//! let (weight, bias) = (vec![0.1; 16 * 3 * 9], vec![-1.0; 16]);
//! let shape = Batch::new([2, 8, 8, 3]);
//! let geometry = layer.at(shape.height, shape.width);
//!
//! let packed = ForwardWeights::new(geometry, &weight, Isa::detect());
//! let to = geometry.output(shape).expect("the kernel fits");
//! let mut out = vec![0.0; to.len()];
//! packed.run(shape, &vec![1.0; shape.len()], layer.epilogue(&bias, None), &mut out);
//!
//! // In the middle every output sums 27 products of 0.1, less one; in a corner there are 12.
//! let at = |row: usize, column: usize| out[(row * to.width + column) * to.channels];
//! assert!((at(4, 4) - 1.7).abs() < 1e-5);
//! assert!((at(0, 0) - 0.2).abs() < 1e-5);
//! ```
//!
//! **Layouts.** A [`Batch`] is `[batch, height, width, channels]`, every axis dense. A [`Map`] is one
//! picture with a zero border and the channel count rounded up to [`CHANNEL_ALIGN`], so that no
//! kernel needs a channel tail and no inner loop bounds logic. The padded channels always hold
//! zeros: their weights and biases are zero and every activation maps zero to zero. (After an
//! infinite input they hold NaN, which a later dense layer spreads: a map with an infinity has no
//! use anyway.) There the border's zeros are multiplied like other inputs, so an infinite or absent
//! *weight* over the border gives NaN, where PyTorch, and the kernels on batches, leave the border
//! out; weights are finite in any network that can be used.
//!
//! **Convolution is implicit matrix multiplication**: in channels-last order the `kernel_width ×
//! channels` inputs of one kernel row are contiguous, so a dense convolution is a matrix product
//! whose left rows overlap in memory. Nothing is ever unrolled into a column buffer, and a 1×1
//! convolution is the special case with one kernel row.
//!
//! **Machines.** The instruction set is chosen once at run time ([`Isa::detect`]): AVX-512, AVX2 with
//! FMA, or portable code. Lengths and shapes that do not fit panic: they are bugs of the caller.
//! Maps have the same bits for any number of threads. `unsafe` is confined to this crate.

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
pub mod gelu;
mod isa;
mod lanes;
pub mod layer_norm;
pub mod lstm;
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
