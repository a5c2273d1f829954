//! Which way strokes go: along edges and texture.

use super::plane::{Plane, smooth};
use rayon::prelude::*;

/// A unit vector per pixel; the sign says nothing.
#[derive(Debug)]
pub(super) struct Field {
    width: usize,
    height: usize,
    along: Vec<[f32; 2]>,
}

impl Field {
    /// By the structure tensor of `picture`, averaged over about `radius` pixels.
    pub(super) fn of(picture: &Plane, radius: f32) -> Self {
        let (w, h) = (picture.width, picture.height);
        let light: Vec<f32> = picture
            .data
            .iter()
            .map(|p| 0.3 * p[0] + 0.6 * p[1] + 0.1 * p[2])
            .collect();
        let at = |x: usize, y: usize| light[y * w + x];
        let slope = |n: usize| {
            let (x, y) = (n % w, n / w);
            let gx = at((x + 1).min(w - 1), y) - at(x.saturating_sub(1), y);
            let gy = at(x, (y + 1).min(h - 1)) - at(x, y.saturating_sub(1));
            [gx * gx, gx * gy, gy * gy]
        };
        let tensor: Vec<[f32; 3]> = (0..w * h).into_par_iter().map(slope).collect();
        let reach = (radius.round() as usize).max(1);
        let once = smooth(&tensor, [w, h], reach);
        let along = smooth(&once, [w, h], reach);
        let along = along.par_iter().map(self::along).collect();
        Self {
            width: w,
            height: h,
            along,
        }
    }

    pub(super) fn at(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.along[y * self.width + x]
    }
}

/// The direction in which least changes: the eigenvector of the smaller eigenvalue of `[xx, xy, yy]`.
fn along([xx, xy, yy]: &[f32; 3]) -> [f32; 2] {
    // The gradient's axis has the angle ½ atan2(2xy, xx − yy); half angles by roots are faster than by functions of angles.
    let across = xx - yy;
    let length = (across * across + 4.0 * xy * xy).sqrt();
    if length <= f32::MIN_POSITIVE {
        return [0.0, 1.0];
    }
    let cosine = (across / length).clamp(-1.0, 1.0);
    let (sin, cos) = ((0.5 - 0.5 * cosine).sqrt(), (0.5 + 0.5 * cosine).sqrt());
    [-sin.copysign(*xy), cos]
}

#[cfg(test)]
mod tests {
    use super::Field;
    use crate::brush::plane::Plane;

    #[test]
    fn a_slanted_edge_is_followed() {
        // Dark above the diagonal, light below: strokes go down the diagonal.
        let data = (0..40 * 40).map(|n| if n % 40 > n / 40 { [0.1; 3] } else { [0.9; 3] });
        let plane = Plane {
            width: 40,
            height: 40,
            data: data.collect(),
        };
        let [x, y] = Field::of(&plane, 3.0).at([20.0, 20.0]);
        assert!((x.abs() - 0.707).abs() < 0.02 && x * y > 0.0, "{x} {y}");
    }
}
