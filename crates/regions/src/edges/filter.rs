//! Smoothing by a triangle.
//!
//! - **Computes** the separable convolution with weights 1, 2, … r, r + 1, r, … 1 over (r + 1)².
//! - **Input** a map `[height, width]`, a radius in pixels; radius 0 changes nothing.
//! - **Output** a map of the same size; beyond the border the map is mirrored, the border pixel
//!   included once more (`… b a | a b c …`).
//! - **Source** `docs/facts.md`, "EdgeBoxes: thin edges": the filter that its edge maps are
//!   smoothed with.
//! - **Deviation** none.

use crate::Map;

pub(crate) fn triangle(map: &Map, radius: usize) -> Map {
    if radius == 0 {
        return map.clone();
    }
    let (width, height) = map.size();
    let weights: Vec<f32> = (0..=2 * radius)
        .map(|i| (radius + 1 - i.abs_diff(radius)) as f32 / ((radius + 1) * (radius + 1)) as f32)
        .collect();
    let mut rows = Vec::with_capacity(width * height);
    let mut padded = vec![0.0; width + 2 * radius];
    for row in map.values().chunks_exact(width) {
        for (i, value) in padded.iter_mut().enumerate() {
            *value = row[mirror(i as isize - radius as isize, width)];
        }
        let at = rows.len();
        rows.resize(at + width, 0.0);
        for (k, &weight) in weights.iter().enumerate() {
            add_scaled(&mut rows[at..], &padded[k..k + width], weight);
        }
    }
    let mut values = vec![0.0; width * height];
    for (y, sum) in values.chunks_exact_mut(width).enumerate() {
        for (k, &weight) in weights.iter().enumerate() {
            let from = mirror(y as isize + k as isize - radius as isize, height);
            add_scaled(sum, &rows[from * width..][..width], weight);
        }
    }
    Map::from_parts(width, height, values)
}

fn add_scaled(sum: &mut [f32], values: &[f32], weight: f32) {
    for (s, v) in sum.iter_mut().zip(values) {
        *s += weight * v;
    }
}

/// The place inside of `0..length` that a place outside of it mirrors; any distance is good,
/// because a filter may be wider than a tiny map.
fn mirror(place: isize, length: usize) -> usize {
    let period = 2 * length;
    let place = place.rem_euclid(period as isize) as usize;
    place.min(period - 1 - place)
}

/// Derivative along x and along y: half the difference of both neighbours, at the border the
/// difference to the one neighbour; zero along a side of one pixel.
pub(crate) fn derivatives(map: &Map) -> [Map; 2] {
    let (width, height) = map.size();
    let values = map.values();
    let slope = |at: usize, step: usize, place: usize, length: usize| {
        let (low, high) = (place.saturating_sub(1), (place + 1).min(length - 1));
        let rise = values[at + high * step] - values[at + low * step];
        if high - low == 2 { rise / 2.0 } else { rise }
    };
    [
        Map::from_fn(width, height, |x, y| slope(y * width, 1, x, width)),
        Map::from_fn(width, height, |x, y| slope(x, width, y, height)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_pyramid() {
        let map = Map::from_fn(7, 7, |x, y| f32::from(u8::from((x, y) == (3, 3))));
        let smooth = triangle(&map, 2);
        // Weights 1, 2, 3, 2, 1 over 9 on each axis.
        assert!((smooth.at(3, 3) - 9.0 / 81.0).abs() < 1e-6);
        assert!((smooth.at(2, 4) - 4.0 / 81.0).abs() < 1e-6);
        assert!((smooth.at(1, 5) - 1.0 / 81.0).abs() < 1e-6);
        assert_eq!(smooth.at(0, 3), 0.0);
    }

    #[test]
    fn a_constant_stays_even_in_a_tiny_map() {
        for (width, height) in [(1, 1), (2, 3), (20, 1)] {
            let map = Map::from_fn(width, height, |_, _| 0.5);
            for &value in triangle(&map, 9).values() {
                assert!((value - 0.5).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_border_is_mirrored() {
        // (1·a + 2·a + 1·b)/4 with a = 4, b = 8.
        let map = Map::from_parts(3, 1, vec![4.0, 8.0, 8.0]);
        assert_eq!(triangle(&map, 1).values(), [5.0, 7.0, 8.0]);
        assert_eq!([-3, -1, 3, 7].map(|p| mirror(p, 3)), [2, 0, 2, 1]);
    }

    #[test]
    fn derivatives_of_a_ramp() {
        let map = Map::from_fn(5, 4, |x, y| 3.0 * x as f32 - 2.0 * y as f32);
        let [dx, dy] = derivatives(&map);
        assert!(dx.values().iter().all(|&v| v == 3.0));
        assert!(dy.values().iter().all(|&v| v == -2.0));
        let point = Map::from_fn(1, 1, |_, _| 7.0);
        assert_eq!(derivatives(&point)[0].values(), [0.0]);
    }
}
