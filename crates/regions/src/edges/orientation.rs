//! Orientation of edges.
//!
//! - **Computes** the direction across the edge from the second derivatives of the smoothed
//!   strength: across a crest the curvature is strongest.
//! - **Input** edge strength `[height, width]`, thick (not yet thinned), any finite scale.
//! - **Output** radians of 0..π, 0 for an upright edge, growing from x towards y (downwards).
//! - **Source** `docs/facts.md`, "EdgeBoxes: thin edges":
//!   O = atan(Oyy·sign(−Oxy)/(Oxx + 1e-5)) mod π, triangle radius 4.
//! - **Deviation** where Oxy is exactly 0 the sign is taken as 1 and not 0: with 0 every perfectly
//!   level edge would count as upright.
//!
//! ```
//! use affetti_regions::{Map, edges};
//! let level = Map::new(9, 9, (0..81).map(|i| f32::from(i / 9 == 4)).collect())?;
//! let across = edges::orientation(&level).at(4, 4);
//! assert!((across - std::f32::consts::FRAC_PI_2).abs() < 0.01);
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

use std::f32::consts::PI;

use super::filter::{derivatives, triangle};
use crate::Map;

/// Smoothing before the derivatives, in pixels.
const RADIUS: usize = 4;
/// Keeps the ratio finite on a flat map.
const EPSILON: f32 = 1e-5;

/// Direction across the edge at every pixel; where there is no edge, whatever the slopes of the
/// neighbourhood say (0 on a flat map).
#[must_use]
pub fn orientation(strength: &Map) -> Map {
    let smooth = triangle(strength, RADIUS);
    let [dx, dy] = derivatives(&smooth);
    let ([dxx, _], [dxy, dyy]) = rayon::join(|| derivatives(&dx), || derivatives(&dy));
    let (width, height) = strength.size();
    Map::from_fn_in_parallel(width, height, |x, y| {
        let sign = if dxy.at(x, y) > 0.0 { -1.0 } else { 1.0 };
        let angle = (dyy.at(x, y) * sign / (dxx.at(x, y) + EPSILON)).atan();
        // A tiny negative angle plus π rounds to π itself.
        let angle = angle.rem_euclid(PI);
        if angle >= PI { 0.0 } else { angle }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A straight crest through the middle of 41 × 41, across which lies `angle`.
    fn crest(angle: f32) -> Map {
        Map::from_fn(41, 41, |x, y| {
            let across = (x as f32 - 20.0) * angle.cos() + (y as f32 - 20.0) * angle.sin();
            (-across * across / 2.0).exp()
        })
    }

    #[test]
    fn recovers_the_angle_of_a_crest() {
        for step in 0..16 {
            let angle = step as f32 * PI / 16.0;
            let found = orientation(&crest(angle)).at(20, 20);
            let off = (found - angle).rem_euclid(PI);
            let off = off.min(PI - off);
            // For a crest, Oyy/Oxx is tan² and not tan of the angle: the published formula is
            // exact on the axes and the diagonals and up to 16 degrees off between them.
            let tolerance = if step % 4 == 0 { 0.03 } else { 0.29 };
            assert!(off < tolerance, "{angle} found as {found}");
        }
    }

    #[test]
    fn every_output_is_an_angle() {
        for map in [
            Map::from_fn(10, 10, |_, _| 0.3),
            Map::from_fn(1, 1, |_, _| 1.0),
            Map::from_fn(30, 7, |x, y| ((x * 7 + y * 13) % 5) as f32 / 4.0),
        ] {
            let range = 0.0..PI;
            assert!(orientation(&map).values().iter().all(|v| range.contains(v)));
        }
    }
}
