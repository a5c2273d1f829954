//! Convolutions as published files hold them, before and after their normalisation is folded in.
//!
//! - **Computes** `w · γ/√(σ² + ε)` and `β − μ · γ/√(σ² + ε)` per output, in double precision.
//! - **Input** named tensors of a PyTorch state dictionary; **output** weights in the same layout.
//! - **Source** Ioffe & Szegedy (2015), section 3.1: at inference a batch norm is an affine map.
//! - **Deviations** none in exact arithmetic.

use affetti_ground::Normal;

use crate::tensors::{Taker, Tensor, Tensors};

/// Weight and bias of one convolution, a norm folded in where there was one.
#[derive(Clone, Debug, Default)]
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

impl Folded {
    /// Weights of He's deviation for a layer of `outputs`, and a bias of 0.
    pub fn random(shape: [usize; 4], outputs: usize, random: &mut Normal) -> Self {
        let fan = (shape[1] * shape[2] * shape[3]) as f64;
        Self {
            weight: random.many(shape.iter().product(), (2.0 / fan).sqrt()),
            bias: vec![0.0; outputs],
        }
    }

    /// Adds `NAME.weight` of `shape` and `NAME.bias`, as [`Taker::folded`] reads them.
    pub fn put(&self, tensors: &mut Tensors, name: &str, shape: &[usize]) {
        let mut put = |part: &str, shape: &[usize], data: &[f32]| {
            let (shape, data) = (shape.to_vec(), data.to_vec());
            let tensor = Tensor { shape, data };
            tensors.map.insert(format!("{name}.{part}"), tensor);
        };
        put("weight", shape, &self.weight);
        put("bias", &[self.bias.len()], &self.bias);
    }
}

impl ConvTensors {
    /// A random layer with the norm of one that has seen nothing.
    pub fn random(shape: [usize; 4], epsilon: f64, random: &mut Normal) -> Self {
        let Folded { weight, bias } = Folded::random(shape, shape[0], random);
        let norm = NormTensors {
            epsilon,
            gamma: vec![1.0; bias.len()],
            mean: bias.clone(),
            variance: vec![1.0; bias.len()],
        };
        Self {
            weight,
            bias,
            norm: Some(norm),
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

    /// `NAME.weight` of `shape`, outputs first, and `NAME.bias`.
    pub fn folded(&mut self, name: &str, shape: &[usize]) -> Folded {
        Folded {
            weight: self.take(&format!("{name}.weight"), shape),
            bias: self.take(&format!("{name}.bias"), &shape[..1]),
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
