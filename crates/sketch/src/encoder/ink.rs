//! Lines as the encoder sees them: light on dark.
//!
//! - **Computes** how much ink lies on each pixel of a square of [`SIDE`] pixels; the view is scaled
//!   to fit and lies in the middle.
//! - **Input** a drawing, or edge strengths.
//! - **Output** 0 (none) to 255, row by row.
//! - **Source** ours. ImageNet networks read soft light lines on dark and hardly dark ones on white
//!   (the prototype's finding), and the encoder starts as one of them.
//! - **Deviation** colors are lost: ink is how far a pixel is from the ground.

use affetti_picture::{Filter, Picture};

use crate::{soft::Raster, stroke::Drawing};

/// Side of the square in pixels.
pub const SIDE: usize = 128;

/// Ink on a square, `[SIDE, SIDE]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Ink(pub(crate) Vec<u8>);

impl std::fmt::Debug for Ink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mean = self.0.iter().map(|v| f64::from(*v)).sum::<f64>() / self.0.len() as f64;
        write!(f, "Ink(mean {mean:.1})")
    }
}

impl Ink {
    /// No ink.
    #[must_use]
    pub fn none() -> Self {
        Self(vec![0; SIDE * SIDE])
    }

    /// The ink of a drawing.
    #[must_use]
    pub fn of_drawing(drawing: &Drawing) -> Self {
        let scale = SIDE as f32 / drawing.width.max(drawing.height);
        let raster = Raster::new(drawing, scale);
        let ground = drawing.background;
        let far = |color: &[f32; 3]| -> u8 {
            let sum: f32 = color.iter().zip(ground).map(|(c, g)| (c - g).abs()).sum();
            let most: f32 = ground.iter().map(|g| g.max(1.0 - g)).sum();
            (255.0 * sum / most).round().clamp(0.0, 255.0) as u8
        };
        let values: Vec<u8> = raster.pixels().iter().map(far).collect();
        Self::centered(raster.width(), raster.height(), &values)
    }

    /// The ink of edge strengths of 0..=1, row by row; `values` are `width` times `height`.
    #[must_use]
    pub fn of_strength(width: usize, height: usize, values: &[f32]) -> Self {
        let pixels = values.iter().flat_map(|v| [(255.0 * v).round() as u8; 3]);
        let Ok(picture) = Picture::new(width as u32, height as u32, pixels.collect()) else {
            return Self::none();
        };
        let small = fitted(&picture);
        let values: Vec<u8> = small.pixels().iter().step_by(3).copied().collect();
        Self::centered(small.width() as usize, small.height() as usize, &values)
    }

    /// Values of at most [`SIDE`] a side, put in the middle.
    pub(crate) fn centered(width: usize, height: usize, values: &[u8]) -> Self {
        let mut ink = Self::none();
        let (width, height) = (width.min(SIDE), height.min(SIDE));
        let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
        for (y, row) in values.chunks_exact(width.max(1)).take(height).enumerate() {
            ink.0[(top + y) * SIDE + left..][..width].copy_from_slice(row);
        }
        ink
    }

    /// The values of a view of these sides, in the middle.
    #[cfg(feature = "train")]
    pub(crate) fn part(&self, width: usize, height: usize) -> Vec<u8> {
        let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
        let row = |y: usize| &self.0[(top + y) * SIDE + left..][..width];
        (0..height).flat_map(row).copied().collect()
    }

    /// As a gray picture, light lines on dark.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let pixels = self.0.iter().flat_map(|v| [*v; 3]).collect();
        Picture::new(SIDE as u32, SIDE as u32, pixels).expect("SIDE by SIDE pixels")
    }
}

/// Scaled so that the long side is [`SIDE`], up or down.
pub(crate) fn fitted(picture: &Picture) -> Picture {
    let long = f64::from(picture.width().max(picture.height()));
    let side = |v: u32| ((f64::from(v) * SIDE as f64 / long).round() as u32).clamp(1, SIDE as u32);
    picture.resize(
        side(picture.width()),
        side(picture.height()),
        Filter::Bilinear,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cubic, Stroke};

    #[test]
    fn a_line_lies_in_the_middle() {
        // 200 by 100 units: .64 px a unit, 64 rows from row 32 on; the line is at row 64.
        let mut drawing = Drawing::white(200.0, 100.0);
        let line = Cubic::line([0.0, 50.0], [200.0, 50.0]);
        drawing.strokes.push(Stroke::black(line, 10.0));
        let Ink(values) = Ink::of_drawing(&drawing);
        assert_eq!(values[64 * SIDE + 64], 255);
        assert_eq!(values[40 * SIDE + 64], 0);
        // 10 units are 6.4 px.
        let column: f32 = (0..SIDE).map(|y| f32::from(values[y * SIDE + 64])).sum();
        assert!((column / 255.0 - 6.4).abs() < 0.1, "{column}");
    }

    #[test]
    fn strengths_are_scaled_to_fit() {
        let Ink(values) = Ink::of_strength(20, 40, &[1.0; 800]);
        let inked = values.iter().filter(|v| **v == 255).count();
        assert_eq!(inked, 64 * 128);
        assert_eq!(Ink::of_strength(0, 3, &[]), Ink::none());
    }
}
