//! Weights: named tensors, the files that hold them, ours and published ones, and the cards that say
//! where they come from and what they are good for.
//!
//! | what | where |
//! |---|---|
//! | named tensors on their way into a network; convolutions with their norms | [`tensors`], [`convolution`] |
//! | our own files | [`store`] |
//! | published ones: PyTorch (archives, pickles) or safetensors, ONNX, Keras's HDF5 | [`published`], [`torch_file`], [`onnx`], [`hdf5`] |
//! | cards, embedded weights, the folder of imported ones | [`registry`] |

mod common;
pub mod convolution;
mod error;
pub mod hdf5;
pub mod onnx;
mod pickle;
pub mod published;
pub mod registry;
pub mod store;
mod stored_zip;
pub mod tensors;
pub mod torch_file;

pub use affetti_ground::ErrorKind;
pub use error::NetError;
