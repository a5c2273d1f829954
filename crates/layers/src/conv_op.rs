//! Convolution, normalisation, residual and activation as one differentiable operation.
//!
//! - **Computes** y = act(norm(x ∗ w) + residual). One node instead of four saves three maps of
//!   memory traffic in each direction and the maps between them.
//! - **Input** x `[batch, height, width, channels]`; the weight as PyTorch has it; then γ and β, or
//!   a bias, or nothing; then the residual where there is one. Frozen layers take x and the
//!   residual only. **Output** `[batch, height', width', channels']`.
//! - **Source** ours, on [`affetti_kernels`].
//! - **Deviations** none.

use super::buffers;
use super::op::batch;
use affetti_kernels::norm::{NormState, channel_sums, moments, rectifier_backward, scale_shift};
use affetti_kernels::{
    Activation, BackwardWeights, Batch, DepthwiseWeights, Epilogue, ForwardWeights, Geometry, Isa,
    Kind, Padding, conv_weight_gradient, depthwise_weight_gradient,
};
use affetti_weights::convolution::Folded;
use burn::backend::flex::FlexTensor;
use std::sync::{Arc, Mutex, PoisonError};

/// What follows the sum, before residual and activation.
#[derive(Clone, Debug)]
pub enum Norm {
    /// Nothing.
    None,
    /// One number per channel is added.
    Bias,
    /// The batch's own mean and variance are taken out, γ and β put in. The moments are left in
    /// `moments` for running averages.
    Batch {
        /// Added to the variance.
        epsilon: f32,
        /// (mean, biased variance) of the last forward pass.
        moments: Moments,
    },
}

/// A mailbox for (mean, biased variance).
pub type Moments = Arc<Mutex<Option<(Vec<f64>, Vec<f64>)>>>;

/// Weights that never change, packed once for each direction and border.
#[derive(Debug)]
pub struct Frozen {
    kind: Kind,
    /// One per output channel, or empty.
    bias: Vec<f32>,
    /// Empty once no other packing can be wanted.
    weight: Vec<f32>,
    forward: FrozenForward,
    /// By the border's residue: SAME borders change with the input's size.
    backward: Mutex<Vec<(Padding, Arc<BackwardWeights>)>>,
}

#[derive(Debug)]
enum FrozenForward {
    Dense(ForwardWeights),
    Depthwise(DepthwiseWeights),
}

impl Frozen {
    /// Packs weights of a kind that is not transposed, and a bias for each output or none.
    /// `gradient`: whether input gradients will be wanted, which need a second packing.
    ///
    /// # Panics
    /// Where a length does not fit or the kind is transposed: a bug of the caller.
    #[must_use]
    pub fn new(kind: Kind, geometry: Geometry, folded: Folded, gradient: bool) -> Self {
        let Folded { weight, bias } = folded;
        let isa = Isa::detect();
        let forward = match kind {
            Kind::Dense => {
                let packed = ForwardWeights::new(geometry, &weight, isa);
                FrozenForward::Dense(packed.winograd(true))
            }
            Kind::Depthwise => {
                FrozenForward::Depthwise(DepthwiseWeights::new(geometry, &weight, isa))
            }
            Kind::Transposed => panic!("frozen layers are dense or depthwise"),
        };
        // Without a border and a step there is one packing only: the weight need not stay.
        let single = kind == Kind::Dense && geometry.kernel == 1 && geometry.stride == 1;
        let mut backward = Vec::new();
        if single && gradient {
            let packed = BackwardWeights::new(geometry, &weight, isa).winograd(true);
            backward.push((geometry.padding, Arc::new(packed)));
        }
        Self {
            kind,
            bias,
            weight: if gradient && !single {
                weight
            } else {
                Vec::new()
            },
            forward,
            backward: Mutex::new(backward),
        }
    }

    fn forward(&self, g: Geometry, shape: Batch, x: &[f32], e: Epilogue<'_>, out: &mut [f32]) {
        match &self.forward {
            FrozenForward::Dense(weights) => weights.with_padding(g.padding).run(shape, x, e, out),
            FrozenForward::Depthwise(weights) => {
                weights.with_padding(g.padding).forward(shape, x, e, out);
            }
        }
    }

    fn backward(&self, g: Geometry, shape: Batch, gradient: &[f32], out: &mut [f32]) {
        if self.kind == Kind::Depthwise {
            assert!(!self.weight.is_empty(), "frozen without input gradients");
            let weights = DepthwiseWeights::new(g, &self.weight, Isa::detect());
            weights.backward(shape, gradient, out);
            return;
        }
        let weights = self.packed(g.padding).unwrap_or_else(|| self.pack(g));
        weights.run(shape, gradient, Epilogue::default(), out);
    }

    fn packed(&self, padding: Padding) -> Option<Arc<BackwardWeights>> {
        let packed = self.backward.lock().unwrap_or_else(PoisonError::into_inner);
        let found = packed.iter().find(|(known, _)| *known == padding);
        found.map(|(_, weights)| Arc::clone(weights))
    }

    /// Packs for another border. Not under the lock: packing may hand work to other threads, and one
    /// that waits for it may take up a layer that wants the lock. Two threads may pack the same; the
    /// first one's stays.
    fn pack(&self, g: Geometry) -> Arc<BackwardWeights> {
        assert!(!self.weight.is_empty(), "frozen without input gradients");
        let new = BackwardWeights::new(g, &self.weight, Isa::detect());
        let new = Arc::new(new.winograd(true));
        let mut packed = self.backward.lock().unwrap_or_else(PoisonError::into_inner);
        if !packed.iter().any(|(known, _)| *known == g.padding) {
            packed.push((g.padding, Arc::clone(&new)));
        }
        new
    }
}

/// One layer's description.
#[derive(Debug)]
pub struct ConvOp {
    /// See [`Kind`].
    pub kind: Kind,
    /// Sizes.
    pub geometry: Geometry,
    /// See [`Norm`].
    pub norm: Norm,
    /// Last.
    pub act: Activation,
    /// Whether the last input is added before the activation.
    pub residual: bool,
    /// Then the weight is no input, and costs no gradient.
    pub frozen: Option<Arc<Frozen>>,
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
pub struct ConvSaved {
    input: Option<FlexTensor>,
    shape: Batch,
    weight: Option<FlexTensor>,
    /// The sum before normalisation.
    sum: Option<FlexTensor>,
    output: Option<FlexTensor>,
    state: Option<Arc<NormState>>,
}

impl ConvOp {
    fn output_shape(&self, shape: Batch) -> Batch {
        match self.kind {
            Kind::Transposed => self.geometry.transposed_output(shape),
            Kind::Dense | Kind::Depthwise => self.geometry.output(shape),
        }
        .expect("the input fits the layer")
    }

    /// The sum with what the kernels can do on the way.
    fn convolve(
        &self,
        shape: Batch,
        x: &[f32],
        weight: &[f32],
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let (g, isa) = (self.geometry, Isa::detect());
        match (&self.frozen, self.kind) {
            (Some(frozen), _) => frozen.forward(g, shape, x, epilogue, out),
            (None, Kind::Dense) => gather(g, (shape, x), weight, epilogue, out),
            (None, Kind::Depthwise) => {
                DepthwiseWeights::new(g, weight, isa).forward(shape, x, epilogue, out);
            }
            (None, Kind::Transposed) => {
                spread(g, (self.output_shape(shape), x), weight, epilogue, out);
            }
        }
    }

    pub(super) fn forward(
        &self,
        inputs: Vec<FlexTensor>,
        save: bool,
    ) -> (FlexTensor, Option<ConvSaved>) {
        let shape = batch(&inputs[0]);
        let to = self.output_shape(shape);
        let mut inputs = inputs.into_iter();
        let x = inputs.next().expect("a layer has an input");
        let weight = if self.frozen.is_some() {
            None
        } else {
            inputs.next()
        };
        let mut parameters = Vec::new();
        let count = match (&self.frozen, &self.norm) {
            (Some(_), _) | (None, Norm::None) => 0,
            (None, Norm::Bias) => 1,
            (None, Norm::Batch { .. }) => 2,
        };
        parameters.extend(inputs.by_ref().take(count));
        let residual = if self.residual { inputs.next() } else { None };
        let rest = residual.as_ref().map(buffers::slice);
        let w = weight.as_ref().map_or(&[][..], buffers::slice);
        let mut out = buffers::take(to.len());
        let mut saved = ConvSaved {
            input: None,
            shape,
            weight: weight.clone(),
            sum: None,
            output: None,
            state: None,
        };
        if let Norm::Batch { epsilon, moments } = &self.norm {
            self.convolve(shape, buffers::slice(&x), w, Epilogue::default(), &mut out);
            let (gamma, beta) = (
                buffers::slice(&parameters[0]),
                buffers::slice(&parameters[1]),
            );
            let (state, scale, shift) =
                normalise(&out, to.channels, (gamma, beta), *epsilon, moments);
            let mut y = buffers::take(to.len());
            scale_shift(&out, (&scale, &shift), rest, self.act, &mut y);
            saved.state = Some(Arc::new(state));
            if save {
                saved.sum = Some(buffers::tensor(out, &to.dims()));
            } else {
                buffers::give(out);
            }
            out = y;
        } else {
            let bias = match &self.frozen {
                Some(frozen) => &frozen.bias[..],
                None => parameters.first().map_or(&[][..], buffers::slice),
            };
            let epilogue = Epilogue {
                bias,
                residual: rest,
                activation: self.act,
                ..Epilogue::default()
            };
            self.convolve(shape, buffers::slice(&x), w, epilogue, &mut out);
        }
        let out = buffers::tensor(out, &to.dims());
        if !save {
            buffers::recycle(x);
            return (out, None);
        }
        saved.input = self.frozen.is_none().then_some(x);
        saved.output = (self.act != Activation::Identity).then(|| out.clone());
        (out, Some(saved))
    }

    pub(super) fn backward(
        &self,
        saved: ConvSaved,
        gradient: FlexTensor,
        needed: &[bool],
    ) -> Vec<Option<FlexTensor>> {
        let to = self.output_shape(saved.shape);
        let mut g = buffers::into_vec(gradient);
        let y = saved.output.as_ref().map(buffers::slice);
        let normed = saved
            .sum
            .as_ref()
            .map(buffers::slice)
            .zip(saved.state.as_ref());
        let sums = normed.map(|(sum, state)| state.sums(sum, self.act, y, &mut g));
        if let (None, Some(y)) = (&sums, y) {
            rectifier_backward(self.act, y, &mut g);
        }
        if let Some(output) = saved.output {
            buffers::recycle(output);
        }
        let residual = (self.residual && needed[needed.len() - 1]).then(|| {
            let mut copy = buffers::take(g.len());
            copy.copy_from_slice(&g);
            buffers::tensor(copy, &to.dims())
        });
        let mut gradients = vec![None];
        if self.frozen.is_none() {
            gradients.push(None);
            if let (Some((gamma, beta)), Some(sum), Some(state)) = (sums, saved.sum, &saved.state) {
                state.finish(buffers::slice(&sum), (&gamma, &beta), &mut g);
                buffers::recycle(sum);
                gradients.push(Some(buffers::tensor(gamma, &[to.channels])));
                gradients.push(Some(buffers::tensor(beta, &[to.channels])));
            } else if matches!(self.norm, Norm::Bias) {
                let sums = needed[2].then(|| channel_sums(&g, to.channels));
                gradients.push(sums.map(|sums| buffers::tensor(sums, &[to.channels])));
            }
            if let (true, Some(input)) = (needed[1], &saved.input) {
                gradients[1] = Some(self.weight_gradient(saved.shape, buffers::slice(input), &g));
            }
        }
        if needed[0] {
            let mut out = buffers::take(saved.shape.len());
            self.input_gradient(saved.shape, saved.weight.as_ref(), &g, &mut out);
            gradients[0] = Some(buffers::tensor(out, &saved.shape.dims()));
        }
        if self.residual {
            gradients.push(residual);
        }
        buffers::give(g);
        if let Some(input) = saved.input {
            buffers::recycle(input);
        }
        gradients
    }

    fn weight_gradient(&self, shape: Batch, x: &[f32], g: &[f32]) -> FlexTensor {
        let (geometry, isa) = (self.geometry, Isa::detect());
        let (k, o, i) = (geometry.kernel, geometry.outputs, geometry.inputs);
        let (gradient, dims) = match self.kind {
            Kind::Dense => (
                conv_weight_gradient(geometry, shape, x, g, isa),
                [o, i, k, k],
            ),
            Kind::Depthwise => {
                let gradient = depthwise_weight_gradient(geometry, shape, x, g, isa);
                (gradient, [o, 1, k, k])
            }
            // The roles of map and gradient change places.
            Kind::Transposed => {
                let to = self.output_shape(shape);
                (conv_weight_gradient(geometry, to, g, x, isa), [o, i, k, k])
            }
        };
        buffers::tensor(gradient, &dims)
    }

    fn input_gradient(
        &self,
        shape: Batch,
        weight: Option<&FlexTensor>,
        g: &[f32],
        out: &mut [f32],
    ) {
        let (geometry, isa) = (self.geometry, Isa::detect());
        let w = weight.map_or(&[][..], buffers::slice);
        let none = Epilogue::default();
        match (&self.frozen, self.kind) {
            (Some(frozen), _) => frozen.backward(geometry, shape, g, out),
            (None, Kind::Dense) => spread(geometry, (shape, g), w, none, out),
            (None, Kind::Depthwise) => {
                DepthwiseWeights::new(geometry, w, isa).backward(shape, g, out)
            }
            (None, Kind::Transposed) => {
                gather(geometry, (self.output_shape(shape), g), w, none, out);
            }
        }
    }
}

/// A convolution of `x`, which has `shape`, with weights that are packed for this once.
fn gather(
    g: Geometry,
    (shape, x): (Batch, &[f32]),
    weight: &[f32],
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) {
    let packed = ForwardWeights::new_in(g, weight, Isa::detect(), &mut buffers::take);
    packed.run(shape, x, epilogue, out);
    buffers::give(packed.into_memory());
}

/// Its adjoint: from `y` to a map of `shape`.
fn spread(
    g: Geometry,
    (shape, y): (Batch, &[f32]),
    weight: &[f32],
    epilogue: Epilogue<'_>,
    out: &mut [f32],
) {
    let packed = BackwardWeights::for_map(g, shape, weight, Isa::detect(), &mut buffers::take);
    packed.run(shape, y, epilogue, out);
    packed.into_memory().for_each(buffers::give);
}

/// Moments of `z`, and the scale and shift that normalise it.
fn normalise(
    z: &[f32],
    channels: usize,
    (gamma, beta): (&[f32], &[f32]),
    epsilon: f32,
    mailbox: &Moments,
) -> (NormState, Vec<f32>, Vec<f32>) {
    let (mean, variance) = moments(z, channels);
    let inverse: Vec<f64> = variance
        .iter()
        .map(|v| 1.0 / (v + f64::from(epsilon)).sqrt())
        .collect();
    let scale: Vec<f64> = inverse
        .iter()
        .zip(gamma)
        .map(|(i, g)| i * f64::from(*g))
        .collect();
    let shift = (0..channels).map(|c| (f64::from(beta[c]) - mean[c] * scale[c]) as f32);
    let shift = shift.collect();
    let narrow = |v: &[f64]| v.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let state = NormState {
        mean: narrow(&mean),
        inverse: narrow(&inverse),
        gamma: gamma.to_vec(),
    };
    if let Ok(mut mailbox) = mailbox.lock() {
        *mailbox = Some((mean, variance));
    }
    (state, narrow(&scale), shift)
}
