//! Convolutions as published files hold them, before and after their normalisation is folded in.
//!
//! - **Computes** `w · γ/√(σ² + ε)` and `β − μ · γ/√(σ² + ε)` per output, in double precision.
//! - **Input** named tensors of a PyTorch state dictionary; **output** weights in the same layout.
//! - **Source** Ioffe & Szegedy (2015), section 3.1: at inference a batch norm is an affine map.
//! - **Deviations** none in exact arithmetic.

use crate::efficientnet_lite::Folded;
use crate::tensors::Taker;

/// One convolution and what follows its sum.
#[derive(Clone, Debug)]
pub(crate) struct ConvTensors {
    /// `[outputs, inputs, kernel, kernel]`; transposed ones `[inputs, outputs, kernel, kernel]`.
    pub(crate) weight: Vec<f32>,
    /// One per output, β where there is a norm; empty for none.
    pub(crate) bias: Vec<f32>,
    pub(crate) norm: Option<NormTensors>,
}

#[cfg(feature = "train")]
impl ConvTensors {
    /// Weights of He's deviation for `spec`; a bias of 0, or the norm of a layer that has seen
    /// nothing.
    pub(crate) fn random(
        spec: crate::flow::LayerSpec,
        epsilon: Option<f64>,
        random: &mut crate::layers::Normal,
    ) -> Self {
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
pub(crate) struct NormTensors {
    pub(crate) epsilon: f64,
    pub(crate) gamma: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

impl Taker {
    /// `NAME.weight` alone.
    pub(crate) fn bare(&mut self, name: &str, shape: [usize; 4]) -> ConvTensors {
        ConvTensors {
            weight: self.take(&format!("{name}.weight"), &shape),
            bias: Vec::new(),
            norm: None,
        }
    }

    /// `NAME.weight` and `NAME.bias`.
    pub(crate) fn biased(&mut self, name: &str, shape: [usize; 4]) -> ConvTensors {
        ConvTensors {
            bias: self.take(&format!("{name}.bias"), &shape[..1]),
            ..self.bare(name, shape)
        }
    }

    /// `CONV.weight` and the batch norm `NORM.*` over `outputs` channels.
    pub(crate) fn normed(
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
    pub(crate) fn folded(&self) -> Folded {
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
