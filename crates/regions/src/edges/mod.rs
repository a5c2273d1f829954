//! From a picture to thin edges with an orientation, the input of the proposals.
//!
//! | step | where |
//! |---|---|
//! | edge strength of every pixel, 0..1 | [`gradient`], [`EdgeNetwork`], [`HedNetwork`]; any of them as [`Detector`] |
//! | direction across the edge, 0..π | [`orientation`] |
//! | edges of one pixel width | [`thin`] |
//!
//! [`evaluate`](fn@evaluate) measures a detector on BSDS500, `training` (feature `train`) makes the
//! weights of the network.

mod detector;
mod evaluate;
mod filter;
mod gradient;
mod network;
mod orientation;
mod thin;
#[cfg(feature = "train")]
pub mod training;

pub use detector::{Detector, Kind};
pub use evaluate::{EdgeFigure, EdgeFigures, EvaluateOptions, evaluate};
pub use gradient::gradient;
pub use network::{EMBEDDED, EdgeNetwork, HedNetwork};
pub use orientation::orientation;
pub use thin::thin;

use affetti_picture::Picture;

use crate::{Map, error::RegionsError};

/// Thin edges and their orientation: what [`propose`](crate::proposals::propose) takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges {
    /// Strength, 0..=1, zero beside the crest of an edge.
    pub strength: Map,
    /// Angle of the direction across the edge, in radians of 0..π; 0 is along x.
    pub orientation: Map,
}

/// Thin gradient edges of a picture. A flat picture has none.
#[must_use]
pub fn of_picture(picture: &Picture) -> Edges {
    of_strength(&gradient(picture))
}

/// Thins an edge map that may come from elsewhere.
///
/// # Errors
/// [`RegionsError::BadValue`] where a value is not of 0..=1.
pub fn of_map(strength: &Map) -> Result<Edges, RegionsError> {
    strength.check_edges()?;
    Ok(of_strength(strength))
}

fn of_strength(strength: &Map) -> Edges {
    let orientation = orientation(strength);
    Edges {
        strength: thin(strength, &orientation),
        orientation,
    }
}
