//! Bilinear enlargement by two, forward and backward.
//!
//! - **Computes** along each axis out\[2i\] = ¾ in\[i\] + ¼ in\[i−1\] and out\[2i+1\] = ¾ in\[i\] +
//!   ¼ in\[i+1\]; beyond the border the border's value counts.
//! - **Input** `[batch, height, width, channels]` or a [`Map`]; **output** twice the size.
//! - **Source** bilinear interpolation between pixel centres: `align_corners=False` in PyTorch,
//!   `half_pixel_centers` in TensorFlow.
//! - **Deviations** none.

use super::isa::Isa;
use super::map::Map;
use super::shape::Batch;
use rayon::prelude::*;

/// The share of the pixel itself; its neighbour has the rest.
const NEAR: f32 = 0.75;

/// Enlarges `input` into `out`, which has four times its length.
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn upsample(shape: Batch, input: &[f32], out: &mut [f32]) {
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(out.len(), 4 * shape.len(), "output");
    let isa = Isa::detect();
    let line = shape.width * shape.channels;
    out.par_chunks_mut((2 * line).max(1))
        .enumerate()
        .for_each_init(Vec::new, |blend, (y, out)| {
            let (picture, y) = (y / (2 * shape.height), y % (2 * shape.height));
            let rows = rows(y, shape.height)
                .map(|row| &input[(picture * shape.height + row) * line..][..line]);
            isa.run(|| widen(rows, shape.channels, blend, out));
        });
}

/// Enlarges `input` into `output`, which has been given twice its size by [`Map::reshape`].
///
/// # Panics
/// Where shapes do not fit: a bug of the caller.
pub fn upsample_map(input: &Map, output: &mut Map, threads: usize) {
    let (from, to) = (input.shape(), output.shape());
    assert_eq!(from.pixel_stride(), to.pixel_stride(), "channels");
    assert_eq!((2 * from.height, 2 * from.width), (to.height, to.width));
    let isa = Isa::detect();
    let source = input.data();
    let line = from.width * from.pixel_stride();
    let out = output.reshape(to);
    let inside = &mut out[to.padding.top * to.row_stride()..][..to.height * to.row_stride()];
    let left = to.padding.left * to.pixel_stride();
    let row = |blend: &mut Vec<f32>, (y, out): (usize, &mut [f32])| {
        let rows = rows(y, from.height).map(|row| &source[from.offset(row, 0)..][..line]);
        let out = &mut out[left..][..2 * line];
        isa.run(|| widen(rows, from.pixel_stride(), blend, out));
    };
    if threads > 1 && to.height * line > 50_000 {
        inside
            .par_chunks_exact_mut(to.row_stride())
            .with_min_len(to.height.div_ceil(threads * 2))
            .enumerate()
            .for_each_init(Vec::new, row);
    } else {
        let mut blend = Vec::new();
        for (y, line) in inside.chunks_exact_mut(to.row_stride()).enumerate() {
            row(&mut blend, (y, line));
        }
    }
}

/// The rows that make row `y` of the output: the near one and the far one.
fn rows(y: usize, height: usize) -> [usize; 2] {
    let near = y / 2;
    let far = if y.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(height - 1)
    };
    [near, far]
}

/// One row of the output; `blend` is memory for a row of the input's width.
#[inline(always)]
fn widen([near, far]: [&[f32]; 2], channels: usize, blend: &mut Vec<f32>, out: &mut [f32]) {
    blend.clear();
    blend.extend(
        near.iter()
            .zip(far)
            .map(|(n, f)| NEAR * n + (1.0 - NEAR) * f),
    );
    let width = blend.len() / channels.max(1);
    for (x, pair) in out.chunks_exact_mut((2 * channels).max(1)).enumerate() {
        let at = |x: usize| &blend[x * channels..][..channels];
        let (own, before, after) = (at(x), at(x.saturating_sub(1)), at((x + 1).min(width - 1)));
        let (left, right) = pair.split_at_mut(channels);
        for (out, (own, other)) in left.iter_mut().zip(own.iter().zip(before)) {
            *out = NEAR * own + (1.0 - NEAR) * other;
        }
        for (out, (own, other)) in right.iter_mut().zip(own.iter().zip(after)) {
            *out = NEAR * own + (1.0 - NEAR) * other;
        }
    }
}

/// The gradient with respect to the input of [`upsample`]; `shape` is the input's.
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn upsample_backward(shape: Batch, gradient: &[f32], out: &mut [f32]) {
    assert_eq!(gradient.len(), 4 * shape.len(), "gradient");
    assert_eq!(out.len(), shape.len(), "input gradient");
    let isa = Isa::detect();
    let line = shape.width * shape.channels;
    out.par_chunks_mut(line.max(1)).enumerate().for_each_init(
        Vec::new,
        |blend: &mut Vec<f32>, (y, out)| {
            let (picture, y) = (y / shape.height, y % shape.height);
            isa.run(|| {
                blend.clear();
                blend.resize(2 * line, 0.0);
                for (row, share) in readers(y, shape.height) {
                    let at = (picture * 2 * shape.height + row) * 2 * line;
                    add_scaled(blend, &gradient[at..][..2 * line], share);
                }
                for (x, out) in out.chunks_exact_mut(shape.channels.max(1)).enumerate() {
                    out.fill(0.0);
                    for (column, share) in readers(x, shape.width) {
                        add_scaled(out, &blend[column * shape.channels..], share);
                    }
                }
            });
        },
    );
}

/// Which outputs read input `i` of `count`, and with which share.
fn readers(i: usize, count: usize) -> impl Iterator<Item = (usize, f32)> {
    let (first, last) = (i == 0, i + 1 == count);
    let far = 1.0 - NEAR;
    [
        Some((2 * i, if first { 1.0 } else { NEAR })),
        Some((2 * i + 1, if last { 1.0 } else { NEAR })),
        (!first).then(|| (2 * i - 1, far)),
        (!last).then(|| (2 * i + 2, far)),
    ]
    .into_iter()
    .flatten()
}

#[inline(always)]
fn add_scaled(sum: &mut [f32], values: &[f32], share: f32) {
    for (s, v) in sum.iter_mut().zip(values) {
        *s += share * v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MapShape, Padding};

    #[test]
    fn one_row_by_hand() {
        // Between 4 and 8: 4, 4 + ¼·4, 8 − ¼·4, 8; both rows alike.
        let shape = Batch::new([1, 1, 2, 1]);
        let mut out = [0.0; 8];
        upsample(shape, &[4.0, 8.0], &mut out);
        assert_eq!(out, [4.0, 5.0, 7.0, 8.0, 4.0, 5.0, 7.0, 8.0]);
    }

    #[test]
    fn maps_and_batches_agree() {
        let (height, width, channels) = (5, 7, 16);
        let values: Vec<f32> = (0..height * width * channels)
            .map(|i| ((i * 37) % 101) as f32)
            .collect();
        let mut expected = vec![0.0; 4 * values.len()];
        upsample(
            Batch::new([1, height, width, channels]),
            &values,
            &mut expected,
        );
        let (mut input, mut output) = (Map::default(), Map::default());
        input
            .reshape(MapShape::new(height, width, channels))
            .copy_from_slice(&values);
        let shape = MapShape::new(2 * height, 2 * width, channels).padded(Padding::all(1));
        for threads in [1, 2] {
            output.reshape(shape);
            upsample_map(&input, &mut output, threads);
            let found: Vec<f32> = (0..2 * height * 2 * width)
                .flat_map(|i| output.pixel(i / (2 * width), i % (2 * width)).to_vec())
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn backward_is_the_adjoint() {
        // ⟨g, U x⟩ = ⟨Uᵀ g, x⟩ for every x and g.
        for (height, width) in [(1, 1), (1, 4), (3, 2), (6, 5)] {
            let shape = Batch::new([2, height, width, 3]);
            let x: Vec<f32> = (0..shape.len())
                .map(|i| ((i * 7) % 11) as f32 - 5.0)
                .collect();
            let g: Vec<f32> = (0..4 * shape.len())
                .map(|i| ((i * 5) % 13) as f32 - 6.0)
                .collect();
            let (mut y, mut dx) = (vec![0.0; g.len()], vec![0.0; x.len()]);
            upsample(shape, &x, &mut y);
            upsample_backward(shape, &g, &mut dx);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert!(
                (dot(&g, &y) - dot(&dx, &x)).abs() < 0.05,
                "{height} x {width}"
            );
        }
    }
}
