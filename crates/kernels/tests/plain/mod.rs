//! The plain operators that the training kernels are tested against: loops in double precision.
#![allow(dead_code, reason = "each test binary uses its own part")]

use affetti_kernels::{Batch, Geometry};

/// Calls `visit(input index, weight index, output index)` for every product of a convolution.
/// `depthwise`: weights are `[channels, 1, kernel, kernel]`.
pub(crate) fn products(
    g: &Geometry,
    from: Batch,
    to: Batch,
    depthwise: bool,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let inputs = if depthwise { 1 } else { g.inputs };
    for n in 0..to.batch {
        for (oy, ox) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
            for (ky, kx) in (0..g.kernel).flat_map(|y| (0..g.kernel).map(move |x| (y, x))) {
                let y = (oy * g.stride + ky).wrapping_sub(g.padding.top);
                let x = (ox * g.stride + kx).wrapping_sub(g.padding.left);
                if y >= from.height || x >= from.width {
                    continue;
                }
                for o in 0..to.channels {
                    for i in 0..inputs {
                        let channel = if depthwise { o } else { i };
                        visit(
                            ((n * from.height + y) * from.width + x) * from.channels + channel,
                            ((o * inputs + i) * g.kernel + ky) * g.kernel + kx,
                            ((n * to.height + oy) * to.width + ox) * to.channels + o,
                        );
                    }
                }
            }
        }
    }
}

/// Output, input gradient and weight gradient.
pub(crate) fn all_three(
    g: &Geometry,
    from: Batch,
    depthwise: bool,
    (x, w, dy): (&[f32], &[f32], &[f32]),
) -> [Vec<f64>; 3] {
    let to = g.output(from).expect("fits");
    let mut results = [vec![0.0; to.len()], vec![0.0; x.len()], vec![0.0; w.len()]];
    products(g, from, to, depthwise, |i, k, o| {
        results[0][o] += f64::from(x[i]) * f64::from(w[k]);
        results[1][i] += f64::from(dy[o]) * f64::from(w[k]);
        results[2][k] += f64::from(dy[o]) * f64::from(x[i]);
    });
    results
}

/// Every value within 10⁻⁵ of the largest magnitude; NaN and infinity alike.
pub(crate) fn assert_close(found: &[f32], expected: &[f64], context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let finite = expected.iter().filter(|v| v.is_finite());
    let scale = finite.fold(1e-3_f64, |m, v| m.max(v.abs()));
    for (i, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let a = f64::from(a);
        let same = (a - b).abs() <= 1e-5 * scale || (a.is_nan() && b.is_nan()) || a == b;
        assert!(same, "{context}: {i}: {a} not {b} (scale {scale})");
    }
}
