//! Softmax attention of several heads, forward and backward, and the gated linear unit between the
//! layers of CLIP's transformer.
//!
//! - **Computes** softmax(q kᵀ / √d) v for each head, its gradients, and x · σ(1.702 x).
//! - **Input** `[batch, tokens, 3 · width]`: queries, keys and values of all heads side by side, as
//!   PyTorch's `MultiheadAttention` projects them. **Output** `[batch, tokens, width]`.
//! - **Source** Vaswani et al., "Attention Is All You Need" (2017); Hendrycks & Gimpel (2016) for
//!   the sigmoid approximation of the Gaussian error linear unit.
//! - **Deviations** none. A head is one task: attention over fifty tokens is a hundredth of the
//!   work of its network, so its products are plain loops over whole rows.

use super::isa::Isa;
use super::lanes::{exp, sum};
use rayon::prelude::*;

/// Sizes of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Sequences.
    pub batch: usize,
    /// Length of each.
    pub tokens: usize,
    /// Floats of a token.
    pub width: usize,
    /// Parts into which they are cut; divides the width.
    pub heads: usize,
    /// Whether a token attends to itself and those before it alone.
    pub causal: bool,
}

impl Attention {
    /// Floats of one head's token.
    fn depth(&self) -> usize {
        self.width / self.heads
    }

    fn check(&self, projected: usize, out: usize) {
        assert_eq!(self.width % self.heads.max(1), 0, "heads divide the width");
        assert_eq!(
            projected,
            self.batch * self.tokens * 3 * self.width,
            "projected"
        );
        assert_eq!(out, self.batch * self.tokens * self.width, "attended");
    }

    /// The weights of all heads, `[batch, heads, tokens, tokens]`, and the output in `out`.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    #[must_use]
    pub fn forward(&self, projected: &[f32], out: &mut [f32]) -> Vec<f32> {
        self.check(projected.len(), out.len());
        let (t, d) = (self.tokens, self.depth());
        let mut weights = vec![0.0; self.batch * self.heads * t * t];
        let mut attended = vec![0.0; out.len()];
        let isa = Isa::detect();
        let scale = 1.0 / (d as f32).sqrt();
        weights
            .par_chunks_mut((t * t).max(1))
            .zip(attended.par_chunks_mut((t * d).max(1)))
            .enumerate()
            .for_each(|(n, (weights, attended))| {
                let part = |which| self.part(projected, n, which);
                let (q, k, v) = (part(0), transposed(&part(1), d), part(2));
                isa.run(|| {
                    product((&q, d), &k, weights, t);
                    for (n, row) in weights.chunks_exact_mut(t).enumerate() {
                        let (seen, hidden) = row.split_at_mut(if self.causal { n + 1 } else { t });
                        softmax(seen, scale);
                        hidden.fill(0.0);
                    }
                    product((weights, t), &v, attended, d);
                });
            });
        self.scatter(&attended, (0, 1), out);
        weights
    }

    /// The gradient with respect to `projected`, into `out`, from that of the output.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    pub fn backward(&self, projected: &[f32], weights: &[f32], gradient: &[f32], out: &mut [f32]) {
        self.check(projected.len(), gradient.len());
        assert_eq!(projected.len(), out.len(), "projected gradient");
        let (t, d) = (self.tokens, self.depth());
        assert_eq!(weights.len(), self.batch * self.heads * t * t, "weights");
        let mut parts = vec![0.0; out.len()];
        let (queries, rest) = parts.split_at_mut(gradient.len());
        let (keys, values) = rest.split_at_mut(gradient.len());
        let isa = Isa::detect();
        let scale = 1.0 / (d as f32).sqrt();
        let head = (t * d).max(1);
        queries
            .par_chunks_mut(head)
            .zip(keys.par_chunks_mut(head))
            .zip(values.par_chunks_mut(head))
            .zip(weights.par_chunks((t * t).max(1)))
            .enumerate()
            .for_each(|(n, (((dq, dk), dv), weights))| {
                let part = |which| self.part(projected, n, which);
                let (q, k, v) = (part(0), part(1), transposed(&part(2), d));
                let dy = self.columns(gradient, n, (0, 1));
                let mut ds = vec![0.0; t * t];
                isa.run(|| {
                    transposed_product((weights, t), &dy, dv, d);
                    product((&dy, d), &v, &mut ds, t);
                    for (ds, p) in ds.chunks_exact_mut(t).zip(weights.chunks_exact(t)) {
                        let level = sum(ds, p, |ds, p| ds * p);
                        for (ds, p) in ds.iter_mut().zip(p) {
                            *ds = (*ds - level) * p * scale;
                        }
                    }
                    product((&ds, t), &k, dq, d);
                    transposed_product((&ds, t), &q, dk, d);
                });
            });
        for (which, part) in [&*queries, &*keys, &*values].into_iter().enumerate() {
            self.scatter(part, (which, 3), out);
        }
    }

    /// Queries (0), keys (1) or values (2) of head `n` of all, `[tokens, depth]`.
    fn part(&self, projected: &[f32], n: usize, which: usize) -> Vec<f32> {
        self.columns(projected, n, (which, 3))
    }

    /// Head `n`'s columns of part `which` of `parts`.
    fn columns(&self, data: &[f32], n: usize, (which, parts): (usize, usize)) -> Vec<f32> {
        let (d, row) = (self.depth(), parts * self.width);
        let start = which * self.width + (n % self.heads) * d;
        let rows = data[n / self.heads * self.tokens * row..].chunks_exact(row);
        let columns = rows
            .take(self.tokens)
            .flat_map(|row| &row[start..start + d]);
        columns.copied().collect()
    }

    /// Writes `[batch, heads, tokens, depth]` to part `which` of `parts` of `[batch, tokens,
    /// parts · width]`.
    fn scatter(&self, heads: &[f32], (which, parts): (usize, usize), out: &mut [f32]) {
        let (t, d) = (self.tokens, self.depth());
        out.par_chunks_mut((parts * self.width).max(1))
            .enumerate()
            .for_each(|(row, out)| {
                let (picture, token) = (row / t, row % t);
                let part = &mut out[which * self.width..][..self.width];
                for (head, part) in part.chunks_exact_mut(d).enumerate() {
                    let from = ((picture * self.heads + head) * t + token) * d;
                    part.copy_from_slice(&heads[from..from + d]);
                }
            });
    }
}

/// The transpose of rows of `width`.
fn transposed(rows: &[f32], width: usize) -> Vec<f32> {
    let height = rows.len() / width.max(1);
    let at = |i: usize| rows[i % height * width + i / height];
    (0..rows.len()).map(at).collect()
}

/// out = a · b; `a` has rows of `depth`, `b` and `out` rows of `width`.
#[inline(always)]
fn product((a, depth): (&[f32], usize), b: &[f32], out: &mut [f32], width: usize) {
    for (a, out) in a.chunks_exact(depth).zip(out.chunks_exact_mut(width)) {
        out.fill(0.0);
        for (a, b) in a.iter().zip(b.chunks_exact(width)) {
            out.iter_mut().zip(b).for_each(|(o, b)| *o += a * b);
        }
    }
}

/// out = aᵀ · b; `a` has rows of `depth`, `b` and `out` rows of `width`.
#[inline(always)]
fn transposed_product((a, depth): (&[f32], usize), b: &[f32], out: &mut [f32], width: usize) {
    out.fill(0.0);
    for (a, b) in a.chunks_exact(depth).zip(b.chunks_exact(width)) {
        for (a, out) in a.iter().zip(out.chunks_exact_mut(width)) {
            out.iter_mut().zip(b).for_each(|(o, b)| *o += a * b);
        }
    }
}

/// softmax(scale · row), in place. A NaN or an infinity makes the whole row NaN.
#[inline(always)]
fn softmax(row: &mut [f32], scale: f32) {
    let largest = row
        .iter()
        .fold(f32::NEG_INFINITY, |m, &x| if x > m { x } else { m });
    for x in row.iter_mut() {
        *x = exp((*x - largest) * scale);
    }
    let total = sum(row, row, |x, _| x);
    row.iter_mut().for_each(|x| *x /= total);
}

/// Floats per task of an elementwise pass.
const BLOCK: usize = 64 * 1024;
/// Of the sigmoid's argument.
const STEEPNESS: f32 = 1.702;

/// x · σ(1.702 x)
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn quick_gelu(x: &[f32], out: &mut [f32]) {
    assert_eq!(x.len(), out.len(), "gated");
    let isa = Isa::detect();
    let run = |x: &[f32], out: &mut [f32]| {
        for (y, x) in out.iter_mut().zip(x) {
            *y = x / (1.0 + exp(-STEEPNESS * x));
        }
    };
    x.par_chunks(BLOCK)
        .zip(out.par_chunks_mut(BLOCK))
        .for_each(|(x, out)| isa.run(|| run(x, out)));
}

/// From dy, in `gradient`, to dx in place.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn quick_gelu_backward(x: &[f32], gradient: &mut [f32]) {
    assert_eq!(x.len(), gradient.len(), "gradient");
    let isa = Isa::detect();
    let run = |x: &[f32], gradient: &mut [f32]| {
        for (g, x) in gradient.iter_mut().zip(x) {
            let gate = 1.0 / (1.0 + exp(-STEEPNESS * x));
            *g *= gate * (1.0 + STEEPNESS * x * (1.0 - gate));
        }
    };
    x.par_chunks(BLOCK)
        .zip(gradient.par_chunks_mut(BLOCK))
        .for_each(|(x, g)| isa.run(|| run(x, g)));
}
