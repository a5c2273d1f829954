//! Thinning of edges by non-maximum suppression.
//!
//! - **Computes** an edge map of which only the crests stay: a pixel is set to 0 where the strength
//!   one or two pixels away, on either side across the edge, is larger.
//! - **Input** strength `[height, width]` of 0..1, orientation of the same size in radians.
//! - **Output** the same strengths or 0.
//! - **Source** `docs/facts.md`, "EdgeBoxes: thin edges": radius 2, bilinear, no factor, no
//!   suppression at the border.
//! - **Deviation** none. Places beyond the border take the border's value.

use crate::Map;

/// How far a stronger neighbour is searched, in pixels.
const RADIUS: i32 = 2;

/// Crests of `strength` across `orientation`.
///
/// # Panics
/// When the two sizes differ.
#[must_use]
pub fn thin(strength: &Map, orientation: &Map) -> Map {
    assert_eq!(strength.size(), orientation.size(), "maps of one picture");
    let (width, height) = strength.size();
    Map::from_fn_in_parallel(width, height, |x, y| {
        let value = strength.at(x, y);
        if value <= 0.0 {
            return 0.0;
        }
        let (sin, cos) = orientation.at(x, y).sin_cos();
        let crest = (-RADIUS..=RADIUS).filter(|&d| d != 0).all(|d| {
            let d = d as f32;
            bilinear(strength, x as f32 + d * cos, y as f32 + d * sin) <= value
        });
        if crest { value } else { 0.0 }
    })
}

/// The value between four pixels; outside, that of the border.
fn bilinear(map: &Map, x: f32, y: f32) -> f32 {
    let place = |at: f32, length: usize| {
        let at = at.clamp(0.0, (length - 1) as f32);
        let low = at as usize;
        (low, (low + 1).min(length - 1), at - low as f32)
    };
    let (left, right, along) = place(x, map.width());
    let (top, bottom, down) = place(y, map.height());
    let row = |y| (1.0 - along) * map.at(left, y) + along * map.at(right, y);
    (1.0 - down) * row(top) + down * row(bottom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edges::orientation;

    #[test]
    fn a_broad_edge_becomes_one_pixel_wide() {
        let broad = Map::from_fn(30, 20, |x, _| {
            (1.0 - (x as f32 - 14.0).abs() / 5.0).max(0.0)
        });
        let thin = thin(&broad, &orientation(&broad));
        for y in 0..20 {
            let kept: Vec<usize> = (0..30).filter(|&x| thin.at(x, y) > 0.0).collect();
            assert_eq!(kept, [14], "row {y}");
        }
    }

    #[test]
    fn equal_neighbours_stay() {
        // A plateau has no larger neighbour: nothing is suppressed, as published.
        let flat = Map::from_fn(6, 5, |_, _| 0.4);
        assert_eq!(thin(&flat, &orientation(&flat)), flat);
    }

    #[test]
    fn between_pixels_by_hand() {
        let map = Map::from_parts(2, 2, vec![0.0, 1.0, 2.0, 5.0]);
        // .75·(.5·0 + .5·1) + .25·(.5·2 + .5·5) = .375 + .875.
        assert_eq!(bilinear(&map, 0.5, 0.25), 1.25);
        assert_eq!(bilinear(&map, -3.0, 9.0), 2.0);
    }
}
