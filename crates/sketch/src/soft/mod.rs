//! The soft rasteriser: strokes to pixels, and gradients of pixels back to strokes.
//!
//! - **Computes** for every pixel and stroke the coverage by the distance of the pixel's centre from
//!   the curve, and blends color over color in the order of the strokes.
//! - **Input** a [`Drawing`] and a scale in pixels a unit; any canvas.
//! - **Output** colors `[height, width, 3]` in `f32`; [`Raster::backward`] takes their gradient to
//!   points, width, color and opacity of every stroke.
//! - **Source** T.-M. Li et al., "Differentiable Vector Graphics Rasterization" (2020), prefiltering:
//!   the gradient of a distance goes through the nearest point with its Bernstein weights.
//! - **Deviations** a ramp of 1 px (`profile.rs`); the nearest point on chords, polished by Newton's
//!   method, so that degenerate curves have finite gradients; all strokes of a pixel count.
//!
//! The canvas is cut into bands of rows that are drawn at the same time; sums over bands are taken
//! in their order, so that results do not depend on the number of threads. [`plain`] is the same
//! in a few lines, slow.
//!
//! ```
//! use affetti_sketch::{Cubic, Drawing, Stroke, soft::Raster};
//! let mut drawing = Drawing::white(20.0, 10.0);
//! drawing.strokes.push(Stroke::black(Cubic::line([2.0, 5.0], [18.0, 5.0]), 2.0));
//! let raster = Raster::new(&drawing, 1.0);
//! assert_eq!(raster.pixels()[5 * 20 + 10], [0.0; 3]);
//! // Darker everywhere is more width.
//! let gradients = raster.backward(&vec![[-1.0; 3]; 200]);
//! assert!(gradients[0].width > 0.0);
//! ```

mod backward;
mod forward;
mod newton;
pub mod plain;
mod profile;

use rayon::prelude::*;

pub use backward::StrokeGradient;

use crate::{
    cubic::Cubic,
    stroke::{Drawing, Stroke},
};
use forward::{Band, Pen};

/// Rows of a band: seven bands at 224 px keep a few cores busy, and a stroke is met by few bands.
const BAND: usize = 32;

/// A drawing as pixels, with what the way back needs.
#[derive(Debug, Clone)]
pub struct Raster {
    width: usize,
    height: usize,
    scale: f32,
    strokes: Vec<Stroke>,
    pixels: Vec<[f32; 3]>,
    bands: Vec<Band>,
}

impl Raster {
    /// Draws at `scale` pixels a unit.
    #[must_use]
    pub fn new(drawing: &Drawing, scale: f32) -> Self {
        let (width, height) = drawing.pixels(scale);
        let pens: Vec<Pen> = drawing
            .strokes
            .iter()
            .map(|stroke| Pen::new(stroke, scale))
            .collect();
        let mut pixels = vec![drawing.background; width * height];
        let bands = pixels
            .par_chunks_mut(BAND * width)
            .enumerate()
            .map(|(i, rows)| Band::draw(&pens, rows, i * BAND, width))
            .collect();
        Self {
            width,
            height,
            scale,
            strokes: drawing.strokes.clone(),
            pixels,
            bands,
        }
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Colors, row by row from the top.
    #[must_use]
    pub fn pixels(&self) -> &[[f32; 3]] {
        &self.pixels
    }

    /// The gradient of every stroke, in units of the drawing, for the gradient `by_pixel` of each
    /// color of each pixel.
    ///
    /// # Panics
    /// When `by_pixel` does not have one entry a pixel.
    #[must_use]
    pub fn backward(&self, by_pixel: &[[f32; 3]]) -> Vec<StrokeGradient> {
        assert_eq!(by_pixel.len(), self.pixels.len(), "one gradient a pixel");
        let parts: Vec<Vec<(u32, StrokeGradient)>> = self
            .bands
            .par_iter()
            .zip(by_pixel.par_chunks(BAND * self.width))
            .map(|(band, rows)| backward::band(band, &self.strokes, rows))
            .collect();
        let mut sums = vec![StrokeGradient::default(); self.strokes.len()];
        for (stroke, part) in parts.into_iter().flatten() {
            sums[stroke as usize].add(&part);
        }
        for sum in &mut sums {
            sum.scale_to_units(self.scale);
        }
        sums
    }
}

/// The curve of a stroke in pixels.
fn in_pixels(curve: &Cubic, scale: f32) -> Cubic {
    curve.map(|p| p.map(|v| v * scale))
}
