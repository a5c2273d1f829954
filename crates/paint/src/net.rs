//! Layers of generators for inference: packed once, over batches of maps.
//!
//! - **Computes** convolutions, plain and transposed, with what follows them; linear maps.
//! - **Input, output** `[batch, height, width, channels]`.
//! - **Source** ours, on [`affetti_kernels`].
//! - **Deviations** none. The work is split over rayon's pool that the caller runs in.

use affetti_kernels::{BackwardWeights, Batch, Convolution, ForwardWeights, Isa, Kind};
use affetti_weights::convolution::Folded;
use rayon::prelude::*;

/// Maps of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Maps {
    pub(crate) data: Vec<f32>,
    pub(crate) shape: Batch,
}

/// A convolution, packed for one instruction set.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    conv: Convolution,
    form: Form,
    bias: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Form {
    Plain(ForwardWeights),
    Transposed(BackwardWeights),
}

impl Packed {
    /// For maps of `side` × `side` pixels.
    pub(crate) fn new(conv: Convolution, folded: &Folded, side: usize) -> Self {
        let (geometry, isa) = (conv.at(side, side), Isa::detect());
        let form = if conv.kind == Kind::Transposed {
            let from = Batch::new([1, side, side, conv.inputs]);
            let to = geometry
                .transposed_output(from)
                .expect("a generator's layer fits its map");
            let mut fresh = |length| vec![0.0; length];
            let weights = BackwardWeights::for_map(geometry, to, &folded.weight, isa, &mut fresh);
            Form::Transposed(weights)
        } else {
            Form::Plain(ForwardWeights::new(geometry, &folded.weight, isa).winograd(true))
        };
        Self {
            conv,
            form,
            bias: folded.bias.clone(),
        }
    }

    /// The layer at `x`.
    pub(crate) fn run(&self, x: &Maps) -> Maps {
        let geometry = self.conv.at(x.shape.height, x.shape.width);
        let epilogue = self.conv.epilogue(&self.bias, None);
        let shape = match self.form {
            Form::Plain(_) => geometry.output(x.shape),
            Form::Transposed(_) => geometry.transposed_output(x.shape),
        };
        let shape = shape.expect("the map fits the layer");
        let mut data = vec![0.0; shape.len()];
        match &self.form {
            Form::Plain(weights) => {
                let weights = weights.with_padding(geometry.padding);
                weights.run(x.shape, &x.data, epilogue, &mut data);
            }
            Form::Transposed(weights) => weights.run(shape, &x.data, epilogue, &mut data),
        }
        Maps { data, shape }
    }
}

/// Bilinear enlargement by two: a new pixel lies a quarter of an old one from the nearest and three quarters from
/// the next.
pub(crate) fn enlarged(maps: &Maps) -> Maps {
    let Batch {
        batch,
        height,
        width,
        channels,
    } = maps.shape;
    let shape = Batch::new([batch, 2 * height, 2 * width, channels]);
    let mut data = vec![0.0; shape.len()];
    let row = 2 * width * channels;
    data.par_chunks_exact_mut(row)
        .enumerate()
        .for_each(|(n, out)| {
            let (picture, y) = (n / (2 * height), n % (2 * height));
            let [near, next] = two(y, height);
            let from = |y: usize| &maps.data[(picture * height + y) * width * channels..];
            let (near, next) = (from(near), from(next));
            for (x, out) in out.chunks_exact_mut(channels).enumerate() {
                let [a, b] = two(x, width).map(|x| x * channels);
                for (c, out) in out.iter_mut().enumerate() {
                    let close = 0.75 * near[a + c] + 0.25 * next[a + c];
                    let far = 0.75 * near[b + c] + 0.25 * next[b + c];
                    *out = 0.75 * close + 0.25 * far;
                }
            }
        });
    Maps { data, shape }
}

/// The nearest old place of a new one, and the next.
fn two(n: usize, length: usize) -> [usize; 2] {
    let near = n / 2;
    let next = if n.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        (near + 1).min(length - 1)
    };
    [near, next]
}

/// x · wᵀ + b.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    /// `[outputs, inputs]`
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Linear {
    /// Of one row.
    pub(crate) fn run(&self, x: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(self.inputs);
        let dot = |row: &[f32]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
        rows.zip(&self.bias).map(|(row, b)| dot(row) + b).collect()
    }
}

/// x where it is positive, else x / 5.
pub(crate) fn leaky(x: &mut [f32]) {
    for x in x {
        *x = x.max(0.2 * *x);
    }
}
