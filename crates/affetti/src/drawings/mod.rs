//! Drawings of the regions of a picture.
//!
//! | file | where |
//! |---|---|
//! | boxes on the picture, the figure of five panels | `draw`, `glyphs` |
//! | the same boxes as vectors | `svg` |

mod draw;
mod glyphs;
mod svg;

use affetti_picture::{Filter, Picture};
use affetti_regions::{
    find::{Found, WORKING_SIDE},
    occlusion::Heat,
};

/// Whole files, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawings {
    /// PNG: the picture at working size with its best regions.
    pub annotated: Vec<u8>,
    /// PNG: picture, occlusion, objectness, sentiment and AR score side by side.
    pub figure: Vec<u8>,
    /// SVG: the picture with its best regions, each with what it evokes.
    pub svg: String,
}

/// Of the best `shown` regions.
pub(crate) fn drawings(picture: &Picture, found: &Found, heat: &Heat, shown: usize) -> Drawings {
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let scale = f64::from(small.width()) / f64::from(picture.width());
    let best = &found.regions[..found.regions.len().min(shown)];
    Drawings {
        annotated: draw::annotated(&small, best, scale).encode_png(),
        figure: draw::figure(&small, found, heat, scale).encode_png(),
        svg: svg::annotated(&small, (picture.width(), picture.height()), best),
    }
}

#[cfg(test)]
pub(crate) mod tests;
