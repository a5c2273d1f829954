//! Maximum and mean pooling of channels-last batches, forward and backward.
//!
//! - **Computes** the maximum over windows, with where it was; the mean over each whole picture, and
//!   over squares of two by two pixels.
//! - **Input** `[batch, height, width, channels]`; **output** the same with the pooled size.
//! - **Source** the usual definitions. The border never wins a maximum (it counts as −∞).
//! - **Deviations** a NaN wins, as in PyTorch; of equal values the first wins.

use super::shape::{Batch, Geometry};
use rayon::prelude::*;

/// Maximum over the windows of `geometry` (inputs = outputs = channels) and the winning tap of each
/// output, `row · kernel + column`.
///
/// # Panics
/// Where a shape or length does not fit: a bug of the caller.
#[must_use]
pub fn max_pool(geometry: Geometry, shape: Batch, input: &[f32], out: &mut [f32]) -> Vec<u8> {
    let to = geometry.output(shape).expect("the input fits the layer");
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(out.len(), to.len(), "output");
    let mut winners = vec![0_u8; to.len()];
    let line = (to.width * to.channels).max(1);
    out.par_chunks_mut(line)
        .zip(winners.par_chunks_mut(line))
        .enumerate()
        .for_each(|(row, (out, winners))| {
            let pixels = out
                .chunks_exact_mut(to.channels)
                .zip(winners.chunks_exact_mut(to.channels));
            for (x, (out, winners)) in pixels.enumerate() {
                out.fill(f32::NEG_INFINITY);
                each_tap(
                    &geometry,
                    shape,
                    (row / to.height, row % to.height, x),
                    |tap, at| {
                        let source = &input[at..at + shape.channels];
                        for ((best, winner), &v) in
                            out.iter_mut().zip(winners.iter_mut()).zip(source)
                        {
                            let wins = v > *best || v.is_nan();
                            *best = if wins { v } else { *best };
                            *winner = if wins { tap } else { *winner };
                        }
                    },
                );
            }
        });
    winners
}

/// [`max_pool`] without the winners, and without allocating.
///
/// # Panics
/// Where a shape or length does not fit: a bug of the caller.
pub fn max_pool_values(geometry: Geometry, shape: Batch, input: &[f32], out: &mut [f32]) {
    let to = geometry.output(shape).expect("the input fits the layer");
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(out.len(), to.len(), "output");
    let line = (to.width * to.channels).max(1);
    out.par_chunks_mut(line).enumerate().for_each(|(row, out)| {
        for (x, out) in out.chunks_exact_mut(to.channels).enumerate() {
            out.fill(f32::NEG_INFINITY);
            let place = (row / to.height, row % to.height, x);
            each_tap(&geometry, shape, place, |_, at| {
                for (best, &v) in out.iter_mut().zip(&input[at..at + shape.channels]) {
                    let wins = v > *best || v.is_nan();
                    *best = if wins { v } else { *best };
                }
            });
        }
    });
}

/// Calls `visit(tap, offset of the input pixel)` for the taps inside of the picture.
fn each_tap(
    g: &Geometry,
    shape: Batch,
    (picture, y, x): (usize, usize, usize),
    mut visit: impl FnMut(u8, usize),
) {
    for ky in 0..g.kernel {
        let row = (y * g.stride + ky).wrapping_sub(g.padding.top);
        if row >= shape.height {
            continue;
        }
        for kx in 0..g.kernel {
            let column = (x * g.stride + kx).wrapping_sub(g.padding.left);
            if column < shape.width {
                let pixel = (picture * shape.height + row) * shape.width + column;
                visit((ky * g.kernel + kx) as u8, pixel * shape.channels);
            }
        }
    }
}

/// The gradient with respect to the input of [`max_pool`].
///
/// # Panics
/// Where a shape or length does not fit: a bug of the caller.
pub fn max_pool_backward(
    geometry: Geometry,
    shape: Batch,
    gradient: &[f32],
    winners: &[u8],
    out: &mut [f32],
) {
    let to = geometry.output(shape).expect("the input fits the layer");
    assert_eq!(gradient.len(), to.len(), "gradient");
    assert_eq!(winners.len(), to.len(), "winners");
    assert_eq!(out.len(), shape.len(), "input gradient");
    out.par_chunks_mut(shape.picture().max(1))
        .enumerate()
        .for_each(|(picture, out)| {
            out.fill(0.0);
            for (y, x) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
                let from = ((picture * to.height + y) * to.width + x) * to.channels;
                let gradient = &gradient[from..from + to.channels];
                let winners = &winners[from..from + to.channels];
                each_tap(&geometry, shape, (0, y, x), |tap, at| {
                    let out = &mut out[at..at + shape.channels];
                    for ((out, g), winner) in out.iter_mut().zip(gradient).zip(winners) {
                        *out += if *winner == tap { *g } else { 0.0 };
                    }
                });
            }
        });
}

/// Mean over the pixels of each picture: `[batch, channels]`. NaN where a picture has no pixel.
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn mean_pool(shape: Batch, input: &[f32], out: &mut [f32]) {
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(out.len(), shape.batch * shape.channels, "output");
    let pixels = (shape.height * shape.width) as f32;
    let channels = shape.channels.max(1);
    let each = |(picture, out): (usize, &mut [f32])| {
        out.fill(0.0);
        for pixel in input[picture * shape.picture()..][..shape.picture()].chunks_exact(channels) {
            out.iter_mut().zip(pixel).for_each(|(o, v)| *o += v);
        }
        out.iter_mut().for_each(|o| *o /= pixels);
    };
    out.par_chunks_mut(channels).enumerate().for_each(each);
}

/// The gradient with respect to the input of [`mean_pool`].
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn mean_pool_backward(shape: Batch, gradient: &[f32], out: &mut [f32]) {
    assert_eq!(gradient.len(), shape.batch * shape.channels, "gradient");
    assert_eq!(out.len(), shape.len(), "input gradient");
    let pixels = (shape.height * shape.width) as f32;
    out.par_chunks_mut(shape.picture().max(1))
        .zip(gradient.par_chunks(shape.channels.max(1)))
        .for_each(|(picture, gradient)| {
            for pixel in picture.chunks_exact_mut(shape.channels) {
                for (o, g) in pixel.iter_mut().zip(gradient) {
                    *o = g / pixels;
                }
            }
        });
}

/// Shape of [`mean_halve`]'s output: a last odd row or column is left out.
#[must_use]
pub const fn halved(shape: Batch) -> Batch {
    Batch {
        height: shape.height / 2,
        width: shape.width / 2,
        ..shape
    }
}

/// Mean over squares of two by two pixels at steps of two.
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn mean_halve(shape: Batch, input: &[f32], out: &mut [f32]) {
    let to = halved(shape);
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(out.len(), to.len(), "output");
    let (line, channels) = (shape.width * shape.channels, shape.channels.max(1));
    out.par_chunks_mut((to.width * channels).max(1))
        .enumerate()
        .for_each(|(row, out)| {
            let (picture, y) = (row / to.height, row % to.height);
            let start = (picture * shape.height + 2 * y) * line;
            let (above, below) = input[start..start + 2 * line].split_at(line);
            for (x, out) in out.chunks_exact_mut(channels).enumerate() {
                let at = 2 * x * channels..2 * (x + 1) * channels;
                let (a, b) = above[at.clone()].split_at(channels);
                let (c, d) = below[at].split_at(channels);
                for ((((o, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *o = 0.25 * ((a + b) + (c + d));
                }
            }
        });
}

/// The gradient with respect to the input of [`mean_halve`]; 0 where it was left out.
///
/// # Panics
/// Where a length does not fit: a bug of the caller.
pub fn mean_halve_backward(shape: Batch, gradient: &[f32], out: &mut [f32]) {
    let from = halved(shape);
    assert_eq!(gradient.len(), from.len(), "gradient");
    assert_eq!(out.len(), shape.len(), "input gradient");
    let channels = shape.channels.max(1);
    let line = from.width * channels;
    out.par_chunks_mut((shape.width * channels).max(1))
        .enumerate()
        .for_each(|(row, out)| {
            let (picture, y) = (row / shape.height, row % shape.height / 2);
            if y >= from.height {
                out.fill(0.0);
                return;
            }
            let gradient = &gradient[(picture * from.height + y) * line..][..line];
            let (inside, rest) = out.split_at_mut(2 * line);
            rest.fill(0.0);
            let pairs = inside.chunks_exact_mut(2 * channels);
            for (pair, g) in pairs.zip(gradient.chunks_exact(channels)) {
                for pixel in pair.chunks_exact_mut(channels) {
                    pixel.iter_mut().zip(g).for_each(|(o, g)| *o = 0.25 * g);
                }
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_by_hand() {
        // Two channels, 3 × 5 pixels: value = 10 · row + column, and its negative.
        let shape = Batch::new([2, 3, 5, 2]);
        let value = |i: usize| (i / 10 % 3 * 10 + i / 2 % 5) as f32;
        let input: Vec<f32> = (0..60)
            .map(|i| if i % 2 == 0 { value(i) } else { -value(i) })
            .collect();
        let mut out = vec![f32::NAN; 8];
        mean_halve(shape, &input, &mut out);
        // (0 + 1 + 10 + 11) / 4 and (2 + 3 + 12 + 13) / 4.
        assert_eq!(out, [5.5, -5.5, 7.5, -7.5, 5.5, -5.5, 7.5, -7.5]);
        let mut back = vec![f32::NAN; 60];
        mean_halve_backward(
            shape,
            &[4.0, 8.0, 12.0, 16.0, 1.0, 1.0, 1.0, 1.0],
            &mut back,
        );
        assert_eq!(
            back[..10],
            [1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 0.0, 0.0]
        );
        assert_eq!(back[10..20], back[..10]);
        assert_eq!(back[20..30], [0.0; 10]);
        assert_eq!(back[30..34], [0.25; 4]);
    }
}
