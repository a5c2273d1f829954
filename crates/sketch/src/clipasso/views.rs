//! Random views of a picture: tilted, cropped, enlarged again.
//!
//! - **Computes** a picture seen in perspective, its corners moved inwards by up to a quarter of the
//!   side, then a square of .8 of its area, bilinearly enlarged to the whole; and the gradient of
//!   what comes in from that of what comes out.
//! - **Input, output** squares of the same side, red, green and blue of any range.
//! - **Source** Vinker et al. (2022), section 3.2; the conventions of torchvision's
//!   `RandomPerspective` (distortion .5) and `RandomResizedCrop` (scale .8, ratio 1): whole pixels are
//!   drawn, pixels' centres lie at halves.
//! - **Deviations** the numbers come from another generator.

use fastrand::Rng;

/// Corners move by up to this share of the side.
const TILT: f64 = 0.25;
/// Area of the crop over that of the view.
const CROP: f64 = 0.8;

/// One bilinear sampling: for every pixel of the output four of the input with weights. What is
/// missing of a sum of 1 lies outside.
#[derive(Debug, Clone)]
struct Sampling {
    taps: Vec<[(u32, f32); 4]>,
    fill: f32,
}

/// A view; the same one can be taken of several pictures.
#[derive(Debug, Clone)]
pub(super) struct View {
    tilted: Sampling,
    cropped: Sampling,
}

impl View {
    /// `fill` is what lies beyond the border of a tilted picture.
    pub(super) fn random(side: usize, fill: f32, rng: &mut Rng) -> Self {
        let last = side as f64 - 1.0;
        let most = (TILT * side as f64) as usize;
        let mut inwards = || rng.usize(0..=most) as f64;
        let corners = [[0.0, 0.0], [last, 0.0], [last, last], [0.0, last]];
        let moved = corners.map(|corner: [f64; 2]| {
            corner.map(|v| {
                if v > 0.0 {
                    v - inwards()
                } else {
                    v + inwards()
                }
            })
        });
        let crop = (CROP * (side * side) as f64).sqrt().round() as usize;
        let mut offset = || rng.usize(0..=side - crop) as f64;
        let (top, left) = (offset(), offset());
        Self {
            tilted: perspective(side, moved, corners, fill),
            cropped: enlarged(side, crop as f64, [left, top]),
        }
    }

    pub(super) fn of(&self, picture: &[[f32; 3]]) -> Vec<[f32; 3]> {
        self.cropped.of(&self.tilted.of(picture))
    }

    pub(super) fn back(&self, gradient: &[[f32; 3]]) -> Vec<[f32; 3]> {
        self.tilted.back(&self.cropped.back(gradient))
    }
}

impl Sampling {
    fn of(&self, picture: &[[f32; 3]]) -> Vec<[f32; 3]> {
        let value = |taps: &[(u32, f32); 4]| {
            let (mut sum, mut rest) = ([0.0; 3], 1.0);
            for &(at, weight) in taps {
                let from = picture[at as usize];
                sum.iter_mut().zip(from).for_each(|(s, v)| *s += weight * v);
                rest -= weight;
            }
            sum.map(|s| s + rest * self.fill)
        };
        self.taps.iter().map(value).collect()
    }

    fn back(&self, gradient: &[[f32; 3]]) -> Vec<[f32; 3]> {
        let mut out = vec![[0.0; 3]; gradient.len()];
        for (taps, gradient) in self.taps.iter().zip(gradient) {
            for &(at, weight) in taps {
                let to = &mut out[at as usize];
                to.iter_mut()
                    .zip(gradient)
                    .for_each(|(t, g)| *t += weight * g);
            }
        }
        out
    }
}

/// The four pixels around a place whose whole numbers are centres.
fn around(side: usize, [x, y]: [f64; 2]) -> [(u32, f32); 4] {
    let (left, top) = (x.floor(), y.floor());
    let (u, v) = (x - left, y - top);
    let tap = |dx: f64, dy: f64, weight: f64| {
        let (x, y) = (left + dx, top + dy);
        let inside = |v: f64| v >= 0.0 && v < side as f64;
        if inside(x) && inside(y) {
            ((y as usize * side + x as usize) as u32, weight as f32)
        } else {
            (0, 0.0)
        }
    };
    [
        tap(0.0, 0.0, (1.0 - u) * (1.0 - v)),
        tap(1.0, 0.0, u * (1.0 - v)),
        tap(0.0, 1.0, (1.0 - u) * v),
        tap(1.0, 1.0, u * v),
    ]
}

/// Every pixel of the output by its place in the input; `to` are corners of the output, `from` where
/// they come from.
fn perspective(side: usize, to: [[f64; 2]; 4], from: [[f64; 2]; 4], fill: f32) -> Sampling {
    let map = homography(to, from);
    let place = |i: usize| {
        let (x, y) = ((i % side) as f64 + 0.5, (i / side) as f64 + 0.5);
        let below = map[6] * x + map[7] * y + 1.0;
        [
            (map[0] * x + map[1] * y + map[2]) / below - 0.5,
            (map[3] * x + map[4] * y + map[5]) / below - 0.5,
        ]
    };
    Sampling {
        taps: (0..side * side).map(|i| around(side, place(i))).collect(),
        fill,
    }
}

/// A square of `crop` pixels, its corner at `corner`, over the whole side.
fn enlarged(side: usize, crop: f64, corner: [f64; 2]) -> Sampling {
    let along = |i: usize, corner: f64| {
        let at = (i as f64 + 0.5) * crop / side as f64 - 0.5;
        corner + at.clamp(0.0, crop - 1.0)
    };
    let place = |i: usize| [along(i % side, corner[0]), along(i / side, corner[1])];
    Sampling {
        taps: (0..side * side).map(|i| around(side, place(i))).collect(),
        fill: 0.0,
    }
}

/// a to h of x′ = (a x + b y + c) / (g x + h y + 1), y′ = (d x + e y + f) / (g x + h y + 1) that take
/// four points to four others, by Gauss's elimination. Corners that lie as those of a view do are
/// never on a line.
fn homography(points: [[f64; 2]; 4], images: [[f64; 2]; 4]) -> [f64; 8] {
    let mut rows = [[0.0; 9]; 8];
    for (n, ([x, y], [u, v])) in points.into_iter().zip(images).enumerate() {
        rows[2 * n] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * n + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    for column in 0..8 {
        let by_size =
            |a: &usize, b: &usize| rows[*a][column].abs().total_cmp(&rows[*b][column].abs());
        let pivot = (column..8).max_by(by_size).unwrap_or(column);
        rows.swap(column, pivot);
        let own = rows[column].map(|v| v / rows[column][column]);
        rows[column] = own;
        for (n, row) in rows.iter_mut().enumerate() {
            if n != column {
                let factor = row[column];
                row.iter_mut().zip(own).for_each(|(v, o)| *v -= factor * o);
            }
        }
    }
    rows.map(|row| row[8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_go_to_corners() {
        let from = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]];
        let to = [[1.0, 2.0], [8.0, 0.0], [7.0, 7.0], [0.0, 9.0]];
        let map = homography(to, from);
        for ([x, y], expected) in to.into_iter().zip(from) {
            let below = map[6] * x + map[7] * y + 1.0;
            let found = [
                (map[0] * x + map[1] * y + map[2]) / below,
                (map[3] * x + map[4] * y + map[5]) / below,
            ];
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| (a - b).abs() < 1e-9)
            );
        }
        let same = perspective(10, from, from, 0.0);
        let picture: Vec<[f32; 3]> = (0..100).map(|i| [i as f32, 1.0, -2.0]).collect();
        for (a, b) in same.of(&picture).iter().zip(&picture) {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }

    /// 224: √(.8 · 224²) = 200.35 → 200; corners up to 56 pixels inwards.
    #[test]
    fn views_are_as_published() {
        let mut rng = Rng::with_seed(5);
        let white = vec![[1.0; 3]; 224 * 224];
        let mut empty = 0;
        for _ in 0..20 {
            let view = View::random(224, 0.0, &mut rng);
            let seen = view.of(&white);
            assert!(seen.iter().flatten().all(|v| (-1e-5..=1.00001).contains(v)));
            empty += seen.iter().filter(|p| p[0] < 0.5).count();
            let filled = View {
                tilted: Sampling {
                    fill: 1.0,
                    ..view.tilted.clone()
                },
                ..view
            };
            assert!(
                filled
                    .of(&white)
                    .iter()
                    .flatten()
                    .all(|v| (v - 1.0).abs() < 1e-5)
            );
        }
        let share = empty as f64 / (20.0 * 224.0 * 224.0);
        assert!((0.05..0.5).contains(&share), "{share}");
    }

    /// ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for the linear part.
    #[test]
    fn the_way_back_is_the_transpose() {
        let mut rng = Rng::with_seed(7);
        let mut picture = || -> Vec<[f32; 3]> {
            (0..32 * 32)
                .map(|_| [(); 3].map(|()| rng.f32() - 0.5))
                .collect()
        };
        let (x, y) = (picture(), picture());
        let view = View::random(32, 0.0, &mut Rng::with_seed(8));
        let dot = |a: &[[f32; 3]], b: &[[f32; 3]]| -> f64 {
            let pairs = a.as_flattened().iter().zip(b.as_flattened());
            pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let (one, other) = (dot(&view.of(&x), &y), dot(&x, &view.back(&y)));
        assert!((one - other).abs() < 1e-3, "{one} {other}");
    }
}
