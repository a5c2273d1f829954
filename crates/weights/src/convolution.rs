//! Convolutions as published files hold them, before and after their normalisation is folded in.
//!
//! - **Computes** `w · γ/√(σ² + ε)` and `β − μ · γ/√(σ² + ε)` per output, in double precision.
//! - **Input** named tensors of a PyTorch state dictionary; **output** weights in the same layout.
//! - **Source** Ioffe & Szegedy (2015), section 3.1: at inference a batch norm is an affine map.
//! - **Deviations** none in exact arithmetic.

use affetti_ground::Normal;

use crate::tensors::Taker;

/// Sizes of a layer with the same border on all sides, half the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSpec {
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Height and width.
    pub kernel: usize,
    /// Step between outputs, both axes.
    pub stride: usize,
    /// Whether a rectifier follows.
    pub rectified: bool,
}

impl LayerSpec {
    /// `[outputs, inputs, kernel, kernel]`
    pub const fn weight_shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }
}

/// Weight and bias of one convolution after folding.
#[derive(Clone, Debug)]
pub struct Folded {
    /// In the layout of the convolution.
    pub weight: Vec<f32>,
    /// One per output.
    pub bias: Vec<f32>,
}

/// One convolution and what follows its sum.
#[derive(Clone, Debug)]
pub struct ConvTensors {
    /// `[outputs, inputs, kernel, kernel]`; transposed ones `[inputs, outputs, kernel, kernel]`.
    pub weight: Vec<f32>,
    /// One per output, β where there is a norm; empty for none.
    pub bias: Vec<f32>,
    /// Batch norm, where there is one.
    pub norm: Option<NormTensors>,
}

impl ConvTensors {
    /// Weights of He's deviation for `spec`; a bias of 0, or the norm of a layer that has seen
    /// nothing.
    pub fn random(spec: LayerSpec, epsilon: Option<f64>, random: &mut Normal) -> Self {
        let [outputs, inputs, kernel, _] = spec.weight_shape();
        let fan = (inputs * kernel * kernel) as f64;
        let one = || vec![1.0; outputs];
        Self {
            weight: random.many(outputs * inputs * kernel * kernel, (2.0 / fan).sqrt()),
            bias: vec![0.0; outputs],
            norm: epsilon.map(|epsilon| NormTensors {
                epsilon,
                gamma: one(),
                mean: vec![0.0; outputs],
                variance: one(),
            }),
        }
    }
}

/// A batch norm without its β, one value per output each.
#[derive(Clone, Debug)]
pub struct NormTensors {
    /// ε
    pub epsilon: f64,
    /// γ
    pub gamma: Vec<f32>,
    /// μ
    pub mean: Vec<f32>,
    /// σ²
    pub variance: Vec<f32>,
}

impl Taker {
    /// `NAME.weight` alone.
    pub fn bare(&mut self, name: &str, shape: [usize; 4]) -> ConvTensors {
        ConvTensors {
            weight: self.take(&format!("{name}.weight"), &shape),
            bias: Vec::new(),
            norm: None,
        }
    }

    /// `NAME.weight` and `NAME.bias`.
    pub fn biased(&mut self, name: &str, shape: [usize; 4]) -> ConvTensors {
        ConvTensors {
            bias: self.take(&format!("{name}.bias"), &shape[..1]),
            ..self.bare(name, shape)
        }
    }

    /// `CONV.weight` and the batch norm `NORM.*` over `outputs` channels.
    pub fn normed(
        &mut self,
        (conv, norm): (&str, &str),
        shape: [usize; 4],
        outputs: usize,
        epsilon: f64,
    ) -> ConvTensors {
        let bare = self.bare(conv, shape);
        let mut stat = |part: &str| self.take(&format!("{norm}.{part}"), &[outputs]);
        let (gamma, bias) = (stat("weight"), stat("bias"));
        let (mean, variance) = (stat("running_mean"), stat("running_var"));
        ConvTensors {
            bias,
            norm: Some(NormTensors {
                epsilon,
                gamma,
                mean,
                variance,
            }),
            ..bare
        }
    }
}

impl ConvTensors {
    /// With the normalisation folded in; not for transposed weights, whose outputs come second.
    pub fn folded(&self) -> Folded {
        let (mut weight, mut bias) = (self.weight.clone(), self.bias.clone());
        let Some(norm) = &self.norm else {
            return Folded { weight, bias };
        };
        let per_output = (weight.len() / norm.gamma.len().max(1)).max(1);
        for (output, filter) in weight.chunks_exact_mut(per_output).enumerate() {
            let deviation = (f64::from(norm.variance[output]) + norm.epsilon).sqrt();
            let scale = f64::from(norm.gamma[output]) / deviation;
            for w in filter {
                *w = (f64::from(*w) * scale) as f32;
            }
            let beta = f64::from(bias[output]);
            bias[output] = (beta - f64::from(norm.mean[output]) * scale) as f32;
        }
        Folded { weight, bias }
    }
}
