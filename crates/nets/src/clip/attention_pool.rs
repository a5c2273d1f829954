//! The attention pooling at the end of CLIP's ResNets, forward and backward.
//!
//! - **Computes** for each picture: the pixels of the last map and their mean as tokens, plus a
//!   learned place each; one attention of several heads whose only query is the mean's; a
//!   projection.
//! - **Input** `[batch, n, n, channels]`; **output** `[batch, outputs]`, unbounded.
//! - **Source** Radford et al. (2021), section 2.4.
//! - **Deviations** the queries of the other tokens, which nothing reads, are not computed.

use super::resnet::Shape;
use crate::flow::Buffer;
use affetti_kernels::{BackwardWeights, Batch, Convolution, Epilogue, ForwardWeights, Isa};
use affetti_weights::tensors::Taker;
use rayon::prelude::*;

/// A fully connected layer packed for both directions.
#[derive(Clone, Debug)]
struct Linear {
    forward: ForwardWeights,
    backward: BackwardWeights,
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    fn take(taker: &mut Taker, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = taker.take(&format!("{name}.weight"), &[outputs, inputs]);
        let geometry = Convolution::new(inputs, outputs, 1).at(1, 1);
        Self {
            forward: ForwardWeights::new(geometry, &weight, Isa::detect()),
            backward: BackwardWeights::new(geometry, &weight, Isa::detect()),
            bias: taker.take(&format!("{name}.bias"), &[outputs]),
            inputs,
            outputs,
        }
    }

    fn run(&self, rows: usize, from: &[f32], to: &mut Vec<f32>) {
        to.resize(rows * self.outputs, 0.0);
        let epilogue = Epilogue {
            bias: &self.bias,
            ..Epilogue::default()
        };
        let shape = Batch::new([1, 1, rows, self.inputs]);
        self.forward.run(shape, from, epilogue, to);
    }

    fn back(&self, rows: usize, gradient: &[f32], add: Option<&[f32]>) -> Vec<f32> {
        let mut out = vec![0.0; rows * self.inputs];
        let epilogue = Epilogue {
            residual: add,
            ..Epilogue::default()
        };
        let shape = Batch::new([1, 1, rows, self.inputs]);
        self.backward.run(shape, gradient, epilogue, &mut out);
        out
    }
}

/// The layer.
#[derive(Clone, Debug)]
pub(crate) struct AttentionPool {
    /// `[tokens, channels]`
    places: Vec<f32>,
    query: Linear,
    key: Linear,
    value: Linear,
    projection: Linear,
    heads: usize,
}

/// What a forward pass leaves for the backward pass.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pooled {
    tokens: Vec<f32>,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    /// `[batch, heads, tokens]`
    weights: Vec<f32>,
    attended: Vec<f32>,
    embedding: Vec<f32>,
}

impl Pooled {
    /// The embeddings `[batch, outputs]`.
    #[must_use]
    pub(crate) fn embedding(&self) -> &[f32] {
        &self.embedding
    }
}

const NAME: &str = "attnpool";

impl AttentionPool {
    /// Names and shapes of its tensors.
    pub(crate) fn tensors(shape: &Shape) -> Vec<(String, Vec<usize>)> {
        let (features, outputs) = (shape.features(), shape.outputs);
        let places = vec![shape.tokens(), features];
        let mut all = vec![(format!("{NAME}.positional_embedding"), places)];
        for (part, outputs) in [
            ("k_proj", features),
            ("q_proj", features),
            ("v_proj", features),
            ("c_proj", outputs),
        ] {
            all.push((format!("{NAME}.{part}.weight"), vec![outputs, features]));
            all.push((format!("{NAME}.{part}.bias"), vec![outputs]));
        }
        all
    }

    pub(crate) fn take(shape: &Shape, taker: &mut Taker) -> Self {
        let features = shape.features();
        let places = format!("{NAME}.positional_embedding");
        let mut linear =
            |part: &str, outputs| Linear::take(taker, &format!("{NAME}.{part}"), features, outputs);
        Self {
            query: linear("q_proj", features),
            key: linear("k_proj", features),
            value: linear("v_proj", features),
            projection: linear("c_proj", shape.outputs),
            places: taker.take(&places, &[shape.tokens(), features]),
            heads: shape.heads,
        }
    }

    pub(crate) fn forward(&self, map: &Buffer, out: &mut Pooled) {
        let shape = map.shape();
        let (pixels, channels) = (shape.height * shape.width, shape.channels);
        let tokens = pixels + 1;
        assert_eq!(self.places.len(), tokens * channels, "the picture's side");
        out.tokens.resize(shape.batch * tokens * channels, 0.0);
        let pictures = out.tokens.chunks_exact_mut(tokens * channels);
        for (all, picture) in pictures.zip(map.data().chunks_exact(pixels * channels)) {
            let (mean, rest) = all.split_at_mut(channels);
            mean.fill(0.0);
            for pixel in picture.chunks_exact(channels) {
                mean.iter_mut().zip(pixel).for_each(|(m, v)| *m += v);
            }
            mean.iter_mut().for_each(|m| *m /= pixels as f32);
            rest.copy_from_slice(picture);
            all.iter_mut().zip(&self.places).for_each(|(v, p)| *v += p);
        }
        let rows = shape.batch * tokens;
        let firsts = first_tokens(&out.tokens, tokens, channels);
        self.query.run(shape.batch, &firsts, &mut out.query);
        self.key.run(rows, &out.tokens, &mut out.key);
        self.value.run(rows, &out.tokens, &mut out.value);
        out.weights.resize(shape.batch * self.heads * tokens, 0.0);
        out.attended.resize(shape.batch * channels, 0.0);
        let depth = channels / self.heads;
        let scale = 1.0 / (depth as f32).sqrt();
        let (key, value, query) = (&out.key, &out.value, &out.query);
        out.weights
            .par_chunks_exact_mut(tokens)
            .zip(out.attended.par_chunks_exact_mut(depth))
            .enumerate()
            .for_each(|(n, (weights, attended))| {
                let (picture, head) = (n / self.heads, n % self.heads);
                let query = &query[n * depth..][..depth];
                let at = |t: usize| (picture * tokens + t) * channels + head * depth;
                for (t, weight) in weights.iter_mut().enumerate() {
                    *weight = scale * dot(query, &key[at(t)..][..depth]);
                }
                softmax(weights);
                attended.fill(0.0);
                for (t, &weight) in weights.iter().enumerate() {
                    let value = &value[at(t)..][..depth];
                    attended
                        .iter_mut()
                        .zip(value)
                        .for_each(|(a, v)| *a += weight * v);
                }
            });
        self.projection
            .run(shape.batch, &out.attended, &mut out.embedding);
    }

    /// The gradient of the map from that of the embeddings.
    pub(crate) fn backward(&self, map: &Buffer, kept: &Pooled, gradient: &[f32], out: &mut Buffer) {
        let shape = map.shape();
        let (pixels, channels) = (shape.height * shape.width, shape.channels);
        let (tokens, depth) = (pixels + 1, channels / self.heads);
        assert_eq!(
            gradient.len(),
            kept.embedding.len(),
            "gradient of embeddings"
        );
        let attended = self.projection.back(shape.batch, gradient, None);
        let scale = 1.0 / (depth as f32).sqrt();
        let mut query = vec![0.0; shape.batch * channels];
        let mut key = vec![0.0; kept.key.len()];
        let mut value = vec![0.0; kept.value.len()];
        let mut slopes = vec![0.0_f64; tokens];
        for n in 0..shape.batch * self.heads {
            let (picture, head) = (n / self.heads, n % self.heads);
            let at = |t: usize| (picture * tokens + t) * channels + head * depth;
            let own = n * depth..(n + 1) * depth;
            let by_attended = &attended[own.clone()];
            let weights = &kept.weights[n * tokens..][..tokens];
            for (t, slope) in slopes.iter_mut().enumerate() {
                *slope = exact_dot(by_attended, &kept.value[at(t)..][..depth]);
            }
            // Against the slope of the token that is read most: where nearly all is read of one, the
            // others' differences are what is left of large numbers.
            let most = (0..tokens).max_by(|a, b| weights[*a].total_cmp(&weights[*b]));
            let base = slopes[most.unwrap_or(0)];
            slopes.iter_mut().for_each(|slope| *slope -= base);
            let pairs = slopes.iter().zip(weights);
            let level: f64 = pairs
                .map(|(slope, weight)| slope * f64::from(*weight))
                .sum();
            for (t, (&slope, &weight)) in slopes.iter().zip(weights).enumerate() {
                // Through the softmax and the scale.
                let by_score = scale * weight * (slope - level) as f32;
                let rows = at(t)..at(t) + depth;
                let sums = query[own.clone()].iter_mut().zip(&kept.key[rows.clone()]);
                sums.for_each(|(q, k)| *q += by_score * k);
                let keys = key[rows.clone()].iter_mut().zip(&kept.query[own.clone()]);
                keys.for_each(|(k, q)| *k = by_score * q);
                let values = value[rows].iter_mut().zip(by_attended);
                values.for_each(|(v, a)| *v = weight * a);
            }
        }
        let rows = shape.batch * tokens;
        let by_keys = self.key.back(rows, &key, None);
        let all = self.value.back(rows, &value, Some(&by_keys));
        let firsts = self.query.back(shape.batch, &query, None);
        let pictures = out.reshape(shape).chunks_exact_mut(pixels * channels);
        let tokens = all.chunks_exact(tokens * channels);
        for ((out, all), first) in pictures.zip(tokens).zip(firsts.chunks_exact(channels)) {
            let (mean, rest) = all.split_at(channels);
            out.copy_from_slice(rest);
            for pixel in out.chunks_exact_mut(channels) {
                for ((o, m), f) in pixel.iter_mut().zip(mean).zip(first) {
                    *o += (m + f) / pixels as f32;
                }
            }
        }
    }
}

/// The first token of every picture.
fn first_tokens(tokens: &[f32], count: usize, channels: usize) -> Vec<f32> {
    let pictures = tokens.chunks_exact(count * channels);
    pictures.flat_map(|all| &all[..channels]).copied().collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn exact_dot(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b);
    products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn softmax(row: &mut [f32]) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|v| *v = (*v - largest).exp());
    let total: f32 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= total);
}
