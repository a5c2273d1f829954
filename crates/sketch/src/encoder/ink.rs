//! Lines as the encoder sees them: light on dark.
//!
//! - **Computes** how much ink lies on each pixel of a square of [`SIDE`] pixels, into which the view
//!   is squeezed as photographs are for the teacher: places agree, and the shape of the view says
//!   nothing.
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
        let ground = drawing.background;
        let far = |color: &[f32; 3]| -> u8 {
            let sum: f32 = color.iter().zip(ground).map(|(c, g)| (c - g).abs()).sum();
            let most: f32 = ground.iter().map(|g| g.max(1.0 - g)).sum();
            (255.0 * sum / most).round().clamp(0.0, 255.0) as u8
        };
        let raster = Raster::new(&squeezed(drawing), 1.0);
        Self(raster.pixels().iter().map(far).collect())
    }

    /// The ink of edge strengths of 0..=1, row by row; `values` are `width` times `height`.
    #[must_use]
    pub fn of_strength(width: usize, height: usize, values: &[f32]) -> Self {
        let pixels = values.iter().flat_map(|v| [(255.0 * v).round() as u8; 3]);
        let Ok(picture) = Picture::new(width as u32, height as u32, pixels.collect()) else {
            return Self::none();
        };
        let small = square(&picture);
        Self(small.pixels().iter().step_by(3).copied().collect())
    }

    /// As a gray picture, light lines on dark.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let pixels = self.0.iter().flat_map(|v| [*v; 3]).collect();
        Picture::new(SIDE as u32, SIDE as u32, pixels).expect("SIDE by SIDE pixels")
    }
}

/// Squeezed to [`SIDE`] squared.
pub(crate) fn square(picture: &Picture) -> Picture {
    picture.resize(SIDE as u32, SIDE as u32, Filter::Bilinear)
}

/// What the sides of a view, and the widths of pens, are multiplied with on a square of [`SIDE`]
/// units; pens keep the area that they cover.
pub(crate) fn squeeze(view: [f32; 2]) -> ([f32; 2], f32) {
    let scale = view.map(|v| SIDE as f32 / v);
    (scale, (scale[0] * scale[1]).sqrt())
}

/// The drawing on a square of [`SIDE`] units.
fn squeezed(drawing: &Drawing) -> Drawing {
    let side = SIDE as f32;
    let (scale, pen) = squeeze([drawing.width, drawing.height]);
    let mut square = Drawing {
        width: side,
        height: side,
        ..drawing.clone()
    };
    for stroke in &mut square.strokes {
        for point in &mut stroke.curve.0 {
            *point = [point[0] * scale[0], point[1] * scale[1]];
        }
        stroke.width *= pen;
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cubic, Stroke};

    #[test]
    fn a_view_is_squeezed() {
        // 200 by 100 units: .64 and 1.28 px a unit; the line is at row 64.
        let mut drawing = Drawing::white(200.0, 100.0);
        let line = Cubic::line([0.0, 50.0], [200.0, 50.0]);
        drawing.strokes.push(Stroke::black(line, 10.0));
        let Ink(values) = Ink::of_drawing(&drawing);
        assert_eq!(values[64 * SIDE + 64], 255);
        assert_eq!(values[40 * SIDE + 64], 0);
        // 10 units at the geometric mean of both scales.
        let column: f32 = (0..SIDE).map(|y| f32::from(values[y * SIDE + 64])).sum();
        assert!(
            (column / 255.0 - 10.0 * (0.64_f32 * 1.28).sqrt()).abs() < 0.1,
            "{column}"
        );
    }

    #[test]
    fn both_sides_have_their_own_scale() {
        // 50 of 200 units are a quarter of the square, 25 of 100 are too.
        let mut drawing = Drawing::white(200.0, 100.0);
        let line = Cubic::line([50.0, 25.0], [50.0, 75.0]);
        drawing.strokes.push(Stroke::black(line, 4.0));
        let Ink(values) = Ink::of_drawing(&drawing);
        for (row, column, inked) in [
            (64, 32, true),
            (64, 60, false),
            (40, 32, true),
            (20, 32, false),
        ] {
            assert_eq!(values[row * SIDE + column] > 128, inked, "{row} {column}");
        }
    }

    #[test]
    fn strengths_fill_the_square() {
        let Ink(values) = Ink::of_strength(20, 40, &[1.0; 800]);
        let inked = values.iter().filter(|v| **v == 255).count();
        assert_eq!(inked, SIDE * SIDE);
        assert_eq!(Ink::of_strength(0, 3, &[]), Ink::none());
    }
}
