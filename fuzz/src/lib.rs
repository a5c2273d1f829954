//! What is fuzzed, one function per target: the bins hand them libFuzzer's bytes, `examples/plain.rs`
//! bytes of its own.

pub mod decode;
#[cfg(feature = "nets")]
pub mod index;
pub mod tables;
#[cfg(feature = "nets")]
pub mod weights;
#[cfg(feature = "nets")]
pub mod words;
