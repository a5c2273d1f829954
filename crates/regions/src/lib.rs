//! Where in the picture the feeling sits: from edges to proposals to affective regions.
//!
//! | step | where |
//! |---|---|
//! | edge strength, orientation, thinning | [`edges`] |
//! | boxes around things, best first | [`proposals`] |
//! | a few dozen boxes that differ | [`screening`] |
//! | how affective each is, and the best of them | [`affective`] |
//! | one prediction from the picture and its regions | [`fusion`] |
//! | all of these on one picture | [`find`](mod@find) |
//! | what a prediction rests on | [`occlusion`] |
//!
//! Beside the pipeline: [`evaluate`](mod@evaluate) measures what regions add to a prediction, and
//! [`boundary`] edge maps against boundaries drawn by people; [`npy`] exchanges maps
//! with `peers/`.
//!
//! Boxes are `[x, y, w, h]` in pixels, half-open.

pub mod affective;
pub mod boundary;
pub mod boxes;
pub mod edges;
mod error;
pub mod evaluate;
pub mod find;
pub mod fusion;
pub mod linear;
mod map;
pub mod npy;
pub mod occlusion;
mod plot;
pub mod proposals;
pub mod screening;

pub use affetti_feel::RegionWay;
pub use error::{ErrorKind, RegionsError};
pub use map::Map;
