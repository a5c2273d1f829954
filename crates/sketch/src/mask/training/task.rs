//! Batches, loss and validation.
//!
//! - **Computes** the mean cross-entropy of every pixel with the teacher's chance, plus 1 − the soft
//!   overlap Σ min(p, t) / Σ max(p, t), min and max made smooth as Σpt / Σ(p + t − pt), with its
//!   weight; as score, the mean overlap on the pictures that choose the epoch.
//! - **Source** soft overlap: M. Rahman and Y. Wang, "Optimizing Intersection-Over-Union in Deep
//!   Neural Networks for Image Segmentation" (2016).

use affetti_nets::{
    u2net::layers::U2NetLayers,
    u2net::{Weights, prepare},
};
use affetti_train::{Metric, Task, TrainError, order};
use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};
use fastrand::Rng;
use rayon::prelude::*;

use super::{
    Config,
    sample::{Sample, Taught, composite, sample},
};
use crate::{
    error::SketchError,
    mask::{
        MaskNetwork, SIDE,
        evaluate::{agreement, squeezed},
        examples::Example,
    },
};

/// The learning of one network.
pub struct MaskTask {
    config: Config,
    /// The network that it began with.
    pub(super) start: Weights,
    learned: Vec<Taught>,
    /// Those of `learned` whose object can be cut out, and those without a clear one.
    objects: Vec<usize>,
    grounds: Vec<usize>,
    /// Prepared pictures and their objects.
    chosen: Vec<(Vec<f32>, Vec<bool>)>,
    /// Those of the figures, not opened yet.
    pub(super) held: Vec<Example>,
    device: Device,
}

impl MaskTask {
    /// Opens and squeezes all pictures to learn from, and those that choose the epoch.
    pub(super) fn open(
        config: &Config,
        start: Weights,
        [learned, chosen]: [&[Example]; 2],
        held: Vec<Example>,
    ) -> Result<Self, SketchError> {
        let learned: Result<Vec<Taught>, SketchError> = learned
            .par_iter()
            .map(|example| {
                let (picture, map) = example.open()?;
                Ok(Taught::new(&picture, &map))
            })
            .collect();
        let learned = learned?;
        let chosen: Result<Vec<_>, SketchError> = chosen
            .par_iter()
            .map(|example| {
                let (picture, map) = example.open()?;
                Ok((prepare(&picture), squeezed(&map)))
            })
            .collect();
        let (objects, grounds) = (0..learned.len()).partition(|&n| learned[n].definite);
        Ok(Self {
            config: config.clone(),
            start,
            held,
            objects,
            grounds,
            learned,
            chosen: chosen?,
            device: Device::flex().autodiff(),
        })
    }

    /// So many pictures are learned from.
    pub(super) fn learned(&self) -> usize {
        self.learned.len()
    }

    fn batch(&self, epoch: usize, step: usize) -> Vec<Sample> {
        let Config { common, own, .. } = &self.config;
        let (seed, size) = (common.seed, common.training.batch);
        let how = &own.augmentation;
        order::batch(seed, epoch, self.learned.len(), size, step)
            .into_par_iter()
            .map(|n| {
                let mut random = Rng::with_seed(order::mix(&[seed, epoch as u64, n as u64]));
                let pasted = random.f64() < own.composites
                    && !self.objects.is_empty()
                    && !self.grounds.is_empty();
                if pasted {
                    let object = self.objects[random.usize(..self.objects.len())];
                    let ground = self.grounds[random.usize(..self.grounds.len())];
                    let (object, ground) = (&self.learned[object], &self.learned[ground]);
                    composite(object, ground, how, &mut random)
                } else {
                    sample(&self.learned[n], how, &mut random)
                }
            })
            .collect()
    }

    fn tensor(&self, values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    fn objective(&self, logits: Tensor<4>, samples: &[Sample]) -> Tensor<1> {
        let wanted = samples.iter().flat_map(|s| s.chances.iter().copied());
        let wanted = self.tensor(wanted.collect(), logits.dims());
        let loss = cross_entropy(logits.clone(), wanted.clone());
        match self.config.own.objective.overlap {
            0.0 => loss,
            weight => loss + missed_overlap(logits, wanted) * weight,
        }
    }
}

/// Mean of softplus(z) − t·z, in a form that large z do not overflow.
fn cross_entropy(z: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
    let soft = z.clone().abs().neg().exp().log1p();
    (z.clone().clamp_min(0.0) - z * wanted + soft).mean()
}

/// 1 − soft overlap, mean over the pictures.
fn missed_overlap(z: Tensor<4>, wanted: Tensor<4>) -> Tensor<1> {
    let [batch, ..] = z.dims();
    let sum = |x: Tensor<4>| x.reshape([batch as i32, -1]).sum_dim(1);
    let p = sigmoid(z);
    let both = p.clone() * wanted.clone();
    // One keeps empty pictures from dividing by zero.
    let union = sum(p + wanted - both.clone()) + 1.0;
    ((sum(both) + 1.0) / union).mean().neg() + 1.0
}

impl Task for MaskTask {
    type Model = U2NetLayers;

    fn steps(&self) -> usize {
        self.learned
            .len()
            .div_ceil(self.config.common.training.batch)
    }

    fn loss(
        &mut self,
        model: &U2NetLayers,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let samples = self.batch(epoch, step);
        let pixels: Vec<f32> = samples
            .iter()
            .flat_map(|s| s.pixels.iter().copied())
            .collect();
        let pictures = self.tensor(pixels, [samples.len(), SIDE, SIDE, 3]);
        Ok(self.objective(model.forward(pictures), &samples))
    }

    fn validate(&mut self, model: &U2NetLayers) -> Result<Vec<Metric>, TrainError> {
        let network = MaskNetwork::new(&model.weights());
        let value = agreement(&network, &self.chosen);
        Ok(vec![Metric { name: "iou", value }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32]) -> Tensor<4> {
        let data = TensorData::new(values.to_vec(), [1, 1, values.len(), 1]);
        Tensor::from_data(data, &Device::flex())
    }

    fn number(tensor: Tensor<1>) -> f32 {
        tensor.into_data().iter::<f32>().next().expect("a number")
    }

    #[test]
    fn cross_entropy_by_hand() {
        // ln 2 at z = 0 whatever is wanted; ln(1 + e²) − 2·¼ at z = 2 and a quarter.
        let loss = cross_entropy(tensor(&[0.0, 2.0]), tensor(&[0.3, 0.25]));
        let expected = (std::f32::consts::LN_2 + 2.126_928 - 0.5) / 2.0;
        assert!((number(loss) - expected).abs() < 1e-5);
    }

    #[test]
    fn overlap_by_hand() {
        // p = 1, 1, 0 and t = 1, 0, 0: both 1, union 2: 1 − (1 + 1)/(2 + 1).
        let loss = missed_overlap(tensor(&[40.0, 40.0, -40.0]), tensor(&[1.0, 0.0, 0.0]));
        assert!((number(loss) - 1.0 / 3.0).abs() < 1e-5);
    }
}
