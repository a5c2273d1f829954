//! Where things are: symmetry, a grid of colors, the aspect ratio.
//!
//! What it computes and in which range:
//! - `symmetry`: Pearson correlation of the L* of cells with their mirror images, left-right and then
//!   top-bottom, -1..=1 (1 for a picture without contrast); then the mean ΔE*ab of cells to their
//!   left-right mirror images over 100, 0 (symmetric) to about 1;
//! - `grid`: mean L*, a* and b*, each over 100, of 3 x 3 cells, row by row from the left top;
//! - `aspect_ratio`: log2(width / height) over 4, clamped to -1..=1; 0 for a square, 0.25 for 2:1.
//!
//! Inputs: CIELAB plane of at least 1 x 1; sides of the original picture.
//! Source: Machajdik and Hanbury 2010 for symmetry and the rule of thirds.
//! Deviations: symmetry is of 12 x 12 cells and not of pixels: what people call symmetric is
//! never so to the pixel.

use super::Plane;
use crate::color::delta_e;

/// Length of [`symmetry`].
pub(super) const SYMMETRY_LEN: usize = 3;
/// Length of [`grid`].
pub(super) const GRID_LEN: usize = 3 * 3 * 3;

/// Cells a side for symmetry: even, so that every cell has another as its mirror image.
const SYMMETRY_CELLS: usize = 12;
/// Variance of L* below which there is nothing to be asymmetric.
const FLAT_VARIANCE: f64 = 0.01;

/// Left-right and top-bottom correlation of L*, left-right difference of color.
pub(super) fn symmetry(lab: &Plane<[f32; 3]>) -> [f32; SYMMETRY_LEN] {
    const N: usize = SYMMETRY_CELLS;
    let cells = cells::<N>(lab);
    let pairs = |mirror: fn(usize, usize) -> (usize, usize)| {
        let (mut one, mut other) = (Vec::with_capacity(N * N), Vec::with_capacity(N * N));
        for y in 0..N {
            for x in 0..N {
                let (mx, my) = mirror(x, y);
                one.push(cells[y * N + x]);
                other.push(cells[my * N + mx]);
            }
        }
        (one, other)
    };
    let (one, right) = pairs(|x, y| (N - 1 - x, y));
    let (_, below) = pairs(|x, y| (x, N - 1 - y));
    let differences = one
        .iter()
        .zip(&right)
        .map(|(&one, &right)| delta_e(one, right));
    let difference = differences.sum::<f32>() / (N * N) as f32;
    [
        correlation(&one, &right),
        correlation(&one, &below),
        difference / 100.0,
    ]
}

/// Mean L*, a*, b* over 100 of 3 x 3 cells.
pub(super) fn grid(lab: &Plane<[f32; 3]>) -> impl Iterator<Item = f32> {
    cells::<3>(lab)
        .into_iter()
        .flatten()
        .map(|value| value / 100.0)
}

/// log2(width / height) / 4 in -1..=1.
pub(super) fn aspect_ratio(width: u32, height: u32) -> f32 {
    ((f64::from(width) / f64::from(height)).log2() / 4.0).clamp(-1.0, 1.0) as f32
}

/// Means over N x N cells. Every cell has at least one pixel; where a side has fewer than N,
/// neighbors share it.
fn cells<const N: usize>(lab: &Plane<[f32; 3]>) -> Vec<[f32; 3]> {
    let span = |cell: usize, side: usize| cell * side / N..((cell + 1) * side).div_ceil(N);
    let mut cells = Vec::with_capacity(N * N);
    for row in 0..N {
        for column in 0..N {
            let (mut sum, mut count) = ([0.0; 3], 0.0);
            for y in span(row, lab.height) {
                for x in span(column, lab.width) {
                    for (sum, value) in sum.iter_mut().zip(lab.at(x, y)) {
                        *sum += f64::from(value);
                    }
                    count += 1.0;
                }
            }
            cells.push(sum.map(|sum: f64| (sum / count) as f32));
        }
    }
    cells
}

/// Pearson correlation of the L* of a picture and its mirror image, which has the same mean and
/// variance.
fn correlation(one: &[[f32; 3]], other: &[[f32; 3]]) -> f32 {
    let count = one.len() as f64;
    let mean = one.iter().map(|lab| f64::from(lab[0])).sum::<f64>() / count;
    let centered = |lab: &[f32; 3]| f64::from(lab[0]) - mean;
    let variance = one.iter().map(|lab| centered(lab).powi(2)).sum::<f64>() / count;
    if variance <= FLAT_VARIANCE {
        return 1.0;
    }
    let products = one
        .iter()
        .zip(other)
        .map(|(one, other)| centered(one) * centered(other));
    (products.sum::<f64>() / count / variance).clamp(-1.0, 1.0) as f32
}
