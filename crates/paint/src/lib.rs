//! New pictures for a genre, a style and a feeling.
//!
//! - [`repertoire`]: what can be asked for, and which conditions answer it.
//! - [`painter`]: a generator of today.
//! - [`cgan`], [`artgan`]: generators of two articles.
//! - [`generator`]: all of them, asked alike; [`wish`]: what words ask for.
//! - `net`: the layers of all generators for inference.

pub mod animation;
pub mod artgan;
pub mod brush;
pub mod cgan;
#[cfg(feature = "train")]
pub mod corpus;
mod error;
pub mod feelings;
pub mod generator;
pub mod measures;
mod net;
pub mod painter;
#[cfg(test)]
mod parity;
#[cfg(feature = "train")]
pub mod pictures;
pub mod repertoire;
pub mod sheet;
#[cfg(all(test, feature = "train"))]
mod trained;
pub mod wish;

pub use error::{ErrorKind, PaintError};
pub use generator::Generator;
pub use painter::Painter;
pub use repertoire::{Feeling, Repertoire, Sentiment};
pub use wish::Wish;
