//! A picture becomes a drawing of a few strokes.
//!
//! | step | where |
//! |---|---|
//! | strokes and drawings | [`Stroke`], [`Drawing`], [`Cubic`] |
//! | drawings to pixels, exactly | [`exact`] |
//! | drawings to pixels and gradients back | [`soft`] |

mod cubic;
mod error;
pub mod exact;
pub mod soft;
mod stroke;

pub use cubic::{Cubic, Point, bernstein};
pub use error::{ErrorKind, SketchError};
pub use stroke::{Drawing, MAX_STROKES, Stroke};
