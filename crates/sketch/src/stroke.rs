//! Strokes, and drawings made of them.

use crate::{
    cubic::Cubic,
    error::{SketchError, require},
};

/// Most strokes of a drawing. More is no longer a sketch, and a file that claims more is hostile.
pub const MAX_STROKES: usize = 2000;

/// One stroke of a pen: a cubic Bézier curve with round caps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// The way of the pen, in units of the drawing.
    pub curve: Cubic,
    /// Diameter of the pen, in units of the drawing, ≥ 0. (diffvg's field of this name is the
    /// radius.)
    pub width: f32,
    /// Red, green and blue in sRGB, 0..=1.
    pub color: [f32; 3],
    /// 0 (nothing to see) to 1.
    pub opacity: f32,
}

impl Stroke {
    /// Black and opaque.
    #[must_use]
    pub fn black(curve: Cubic, width: f32) -> Self {
        Self {
            curve,
            width,
            color: [0.0; 3],
            opacity: 1.0,
        }
    }
}

/// Strokes on a ground, painted in their order, each over those before.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Width of the view, in units; the left edge is at 0.
    pub width: f32,
    /// Height of the view, in units; the top edge is at 0.
    pub height: f32,
    /// Color of the ground, sRGB, 0..=1.
    pub background: [f32; 3],
    /// The strokes, the lowest first.
    pub strokes: Vec<Stroke>,
}

impl Drawing {
    /// An empty white view.
    #[must_use]
    pub fn white(width: f32, height: f32) -> Self {
        Self {
            width,
            height,
            background: [1.0; 3],
            strokes: Vec::new(),
        }
    }

    /// Whether everything is a number within its range.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] naming what is not.
    pub fn check(&self) -> Result<(), SketchError> {
        for (name, side) in [("the width", self.width), ("the height", self.height)] {
            let good = side > 0.0 && side <= 1e6;
            require(good, name, f64::from(side), "above 0 and at most 1e6")?;
        }
        let count = self.strokes.len();
        let range = "0 to 2000";
        require(
            count <= MAX_STROKES,
            "the number of strokes",
            count as f64,
            range,
        )?;
        for stroke in &self.strokes {
            let far = stroke.curve.0.as_flattened().iter();
            let far = far.copied().fold(0.0, |m: f32, v| {
                if v.abs() > m || v.is_nan() {
                    v.abs()
                } else {
                    m
                }
            });
            require(far <= 1e7, "a coordinate", f64::from(far), "within ±1e7")?;
            let width = f64::from(stroke.width);
            require((0.0..=1e6).contains(&width), "a width", width, "0 to 1e6")?;
            let levels = stroke.color.iter().chain([&stroke.opacity]);
            for &level in levels {
                let good = (0.0..=1.0).contains(&level);
                require(good, "a color or opacity", f64::from(level), "0 to 1")?;
            }
        }
        Ok(())
    }

    /// Width and height in pixels at `scale` pixels a unit, each at least 1.
    #[must_use]
    pub fn pixels(&self, scale: f32) -> (usize, usize) {
        let side = |units: f32| ((units * scale).round() as usize).max(1);
        (side(self.width), side(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_refused() {
        let mut drawing = Drawing::white(10.0, 10.0);
        let curve = Cubic::line([0.0, 0.0], [1.0, 1.0]);
        drawing.strokes.push(Stroke::black(curve, 1.0));
        assert!(drawing.check().is_ok());
        drawing.strokes[0].curve.0[2][1] = f32::NAN;
        assert!(drawing.check().is_err());
        drawing.strokes[0] = Stroke::black(curve, f32::NAN);
        assert!(drawing.check().is_err());
        drawing.strokes = vec![Stroke::black(curve, 1.0); MAX_STROKES + 1];
        assert!(drawing.check().is_err());
        assert!(Drawing::white(0.0, 1.0).check().is_err());
    }
}
