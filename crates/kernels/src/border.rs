//! The weight gradient where a NaN or an infinity meets the border.
//!
//! - **Computes** the filters of such outputs again, by plain loops that leave the border out. The
//!   fast code multiplies the border's zeros too, and zero times infinity is NaN; in PyTorch what
//!   is outside of the map takes no part.
//! - **Input** as [`super::conv_weight_gradient`]; **output** its result, corrected in place.
//! - **Source** ours. Finite results, which are all of a training that works, cost one look.
//! - **Deviations** none. Sums are in double precision.

use super::map::Padding;
use super::shape::{Batch, Geometry};
use rayon::prelude::*;

/// Corrects `weight` `[outputs, inputs, kernel, kernel]`.
pub(super) fn leave_out(g: Geometry, shape: Batch, x: &[f32], dy: &[f32], weight: &mut [f32]) {
    let wrong = |filter: &[f32]| filter.iter().any(|v| !v.is_finite());
    if g.padding == Padding::default() || !wrong(weight) {
        return;
    }
    weight
        .par_chunks_mut((g.inputs * g.kernel * g.kernel).max(1))
        .enumerate()
        .filter(|(_, filter)| wrong(filter))
        .for_each(|(output, filter)| plain(g, shape, x, (dy, output), filter));
}

/// One output's filter.
fn plain(g: Geometry, shape: Batch, x: &[f32], (dy, output): (&[f32], usize), filter: &mut [f32]) {
    let to = g.output(shape).expect("the input fits the layer");
    let mut sums = vec![0.0_f64; filter.len()];
    for (pixel, dy) in dy.chunks_exact(to.channels).enumerate() {
        let dy = f64::from(dy[output]);
        let (row, column) = (pixel / to.width, pixel % to.width);
        let (picture, row) = (row / to.height, row % to.height);
        for tap in 0..g.kernel * g.kernel {
            let y = (row * g.stride + tap / g.kernel).wrapping_sub(g.padding.top);
            let x_at = (column * g.stride + tap % g.kernel).wrapping_sub(g.padding.left);
            if y >= shape.height || x_at >= shape.width {
                continue;
            }
            let from = ((picture * shape.height + y) * shape.width + x_at) * g.inputs;
            for (input, x) in x[from..from + g.inputs].iter().enumerate() {
                sums[input * g.kernel * g.kernel + tap] += dy * f64::from(*x);
            }
        }
    }
    for (to, sum) in filter.iter_mut().zip(sums) {
        *to = sum as f32;
    }
}
