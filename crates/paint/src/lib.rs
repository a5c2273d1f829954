//! New pictures for a genre, a style and a feeling.
//!
//! - [`repertoire`]: what can be asked for, and which conditions answer it.
//! - [`painter`]: a generator of today.
//! - `net`: the layers of all generators for inference.

pub mod artgan;
pub mod cgan;
#[cfg(feature = "train")]
pub mod corpus;
mod error;
pub mod feelings;
pub mod measures;
mod net;
pub mod painter;
#[cfg(feature = "train")]
pub mod pictures;
pub mod repertoire;
pub mod sheet;

pub use error::{ErrorKind, PaintError};
pub use painter::Painter;
pub use repertoire::{Feeling, Repertoire, Sentiment};
