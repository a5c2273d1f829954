//! Batches, loss and validation.
//!
//! - **Computes** the mean cross-entropy of every pixel with the teacher's chance, plus 1 − the soft
//!   overlap Σ min(p, t) / Σ max(p, t), min and max made smooth as Σpt / Σ(p + t − pt), plus the
//!   cross-entropy of the coarse side outputs, each with its weight; as score, the mean overlap on
//!   the pictures that choose the epoch.
//! - **Source** soft overlap: M. Rahman and Y. Wang, "Optimizing Intersection-Over-Union in Deep
//!   Neural Networks for Image Segmentation" (2016).

use affetti_nets::edge_layers::{EdgeLayers, EdgeLogits};
use affetti_picture::{Filter, Picture};
use affetti_train::{Metric, Task, TrainError, order};
use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};
use fastrand::Rng;
use rayon::prelude::*;

use super::{
    Config,
    sample::{STORED, Sample, Taught, composite, sample},
};
use crate::{
    error::SketchError,
    mask::{
        MaskNetwork, SIDE,
        evaluate::{agreement, squeezed},
        examples::Example,
    },
};

/// Cells of the side outputs, in the network's order.
const CELLS: [usize; 3] = [16, 8, 4];

/// The learning of one network.
pub(super) struct MaskTask<'a> {
    config: &'a Config,
    learned: Vec<Taught>,
    /// Those of `learned` whose object can be cut out, and those without a clear one.
    objects: Vec<usize>,
    grounds: Vec<usize>,
    chosen: Vec<(Picture, Vec<bool>)>,
    device: Device,
}

impl<'a> MaskTask<'a> {
    /// Opens and squeezes all pictures.
    pub(super) fn open(
        config: &'a Config,
        learned: &[Example],
        chosen: &[Example],
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
                let side = STORED as u32;
                let small = picture.resize(side, side, Filter::Bilinear);
                Ok((small, squeezed(&map)))
            })
            .collect();
        let (objects, grounds) = (0..learned.len()).partition(|&n| learned[n].definite);
        Ok(Self {
            config,
            objects,
            grounds,
            learned,
            chosen: chosen?,
            device: Device::flex().autodiff(),
        })
    }

    fn batch(&self, epoch: usize, step: usize) -> Vec<Sample> {
        let Config {
            seed, composites, ..
        } = *self.config;
        let size = self.config.training.batch;
        let how = &self.config.augmentation;
        order::batch(seed, epoch, self.learned.len(), size, step)
            .into_par_iter()
            .map(|n| {
                let mut random = Rng::with_seed(order::mix(&[seed, epoch as u64, n as u64]));
                let pasted = random.f64() < composites
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

    fn objective(&self, logits: EdgeLogits, samples: &[Sample]) -> Tensor<1> {
        let wanted = |cell: usize| -> Vec<f32> {
            let maps = samples.iter().map(|s| coarser(&s.chances, cell));
            maps.collect::<Vec<_>>().concat()
        };
        let fine: Vec<f32> = samples.iter().flat_map(|s| by_cells(&s.chances)).collect();
        let shape = logits.fine.dims();
        let fine = self.tensor(fine, shape);
        let mut loss = cross_entropy(logits.fine.clone(), fine.clone());
        let how = self.config.objective;
        if how.overlap > 0.0 {
            loss = loss + missed_overlap(logits.fine, fine) * how.overlap;
        }
        if how.sides > 0.0 {
            for (logits, cell) in logits.sides.into_iter().zip(CELLS) {
                let shape = logits.dims();
                loss = loss + cross_entropy(logits, self.tensor(wanted(cell), shape)) * how.sides;
            }
        }
        loss
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

/// Means over cells of a map of [`SIDE`] squared.
fn coarser(chances: &[f32], cell: usize) -> Vec<f32> {
    let side = SIDE / cell;
    let mut sums = vec![0.0_f32; side * side];
    for (i, v) in chances.iter().enumerate() {
        sums[i / SIDE / cell * side + i % SIDE / cell] += v / (cell * cell) as f32;
    }
    sums
}

/// The pixels of each 2 × 2 cell together, as the network's last layer gives them.
fn by_cells(chances: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let half = SIDE / 2;
    (0..half * half).flat_map(move |i| {
        let corner = 2 * (i / half) * SIDE + 2 * (i % half);
        [corner, corner + 1, corner + SIDE, corner + SIDE + 1].map(|place| chances[place])
    })
}

impl Task for MaskTask<'_> {
    type Model = EdgeLayers;

    fn steps(&self) -> usize {
        self.learned.len().div_ceil(self.config.training.batch)
    }

    fn loss(
        &mut self,
        model: &EdgeLayers,
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

    fn validate(&mut self, model: &EdgeLayers) -> Result<Vec<Metric>, TrainError> {
        let network = MaskNetwork::new(&model.weights(), 1);
        let value = agreement(&network, &self.chosen);
        Ok(vec![Metric { name: "iou", value }])
    }

    fn rate(&self, name: &str) -> f64 {
        let trunk = name.starts_with("stem.") || name.starts_with("blocks.");
        if trunk { self.config.trunk_rate } else { 1.0 }
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

    #[test]
    fn cells_by_hand() {
        let ramp: Vec<f32> = (0..SIDE * SIDE).map(|i| (i % SIDE) as f32).collect();
        let cells: Vec<f32> = by_cells(&ramp).collect();
        assert_eq!(cells[..8], [0.0, 1.0, 0.0, 1.0, 2.0, 3.0, 2.0, 3.0]);
        // Means of 0..4 and 4..8.
        let coarse = coarser(&ramp, 4);
        assert!((coarse[0] - 1.5).abs() < 1e-5 && (coarse[1] - 5.5).abs() < 1e-5);
        assert_eq!(coarse.len(), (SIDE / 4).pow(2));
    }
}
