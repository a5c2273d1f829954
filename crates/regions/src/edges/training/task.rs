//! Batches, loss and validation.
//!
//! - **Computes** the mean weighted cross-entropy of the fine logits, plus those of the coarse ones
//!   and a Dice loss, each with its weight; as score, ODS on the photographs held out.
//! - **Source** cross-entropy as in `target`; Dice: 1 − 2Σpt / (Σp² + Σt²) of each picture, Deng et
//!   al., "Learning to predict crisp boundaries" (2018).

use affetti_data::bsds::{Example, Masks};
use affetti_nets::edge_net::layers::{EdgeLayers, EdgeLogits};
use affetti_picture::Picture;
use affetti_train::{Metric, Task, TrainError, order};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};
use fastrand::Rng;
use rayon::prelude::*;

use super::sample::{Sample, sample};
use super::target::{Target, by_cells, coarser, marks, target};
use super::{Config, Objective};
use crate::RegionsError;
use crate::boundary::{Truth, count, summarize, thresholds};
use crate::edges::{Detector, EdgeNetwork, evaluate::truth};

/// Cells of the side outputs, in the network's order.
const CELLS: [usize; 3] = [16, 8, 4];
/// Thresholds of the validation: enough to compare epochs.
const THRESHOLDS: usize = 24;

/// The learning of one network.
pub struct EdgeTask {
    config: Config,
    learned: Vec<(Picture, Masks)>,
    held: Vec<(Picture, Truth)>,
    device: Device,
}

impl EdgeTask {
    /// Opens all photographs.
    pub(super) fn open(
        config: &Config,
        learned: Vec<Example>,
        held: Vec<Example>,
    ) -> Result<Self, RegionsError> {
        let learned: Result<_, _> = learned.par_iter().map(Example::open).collect();
        let held: Result<_, RegionsError> = held
            .par_iter()
            .map(|example| {
                let (picture, masks) = example.open()?;
                let truth = truth(&picture, &masks)?;
                Ok((picture, truth))
            })
            .collect();
        Ok(Self {
            config: config.clone(),
            learned: learned?,
            held: held?,
            device: Device::flex().autodiff(),
        })
    }

    /// The pieces of a batch, each with the number of annotators of its photograph.
    fn batch(&self, epoch: usize, step: usize) -> Vec<(Sample, usize)> {
        let Config { common, own, .. } = &self.config;
        let seed = common.seed;
        let count = own.passes * self.learned.len();
        let size = common.training.batch;
        order::batch(seed, epoch, count, size, step)
            .into_par_iter()
            .map(|n| {
                let parts = [seed, epoch as u64, n as u64];
                let mut random = Rng::with_seed(order::mix(&parts));
                let (picture, masks) = &self.learned[n % self.learned.len()];
                let piece = sample(picture, masks, own.crop, &own.augmentation, &mut random);
                (piece, masks.annotators().count())
            })
            .collect()
    }

    fn tensor(&self, values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    /// Labels and weights as tensors.
    fn targets(&self, targets: Vec<Target>, shape: [usize; 4]) -> [Tensor<4>; 2] {
        let (labels, weights): (Vec<_>, Vec<_>) =
            targets.into_iter().map(|t| (t.labels, t.weights)).unzip();
        [labels, weights].map(|values| self.tensor(values.concat(), shape))
    }

    /// The objective for logits and the marks of each picture.
    fn objective(&self, logits: EdgeLogits, pieces: &[(Sample, usize)]) -> Tensor<1> {
        let Objective {
            consensus,
            balance,
            dice: dice_weight,
            sides,
        } = self.config.own.objective;
        let side = self.config.own.crop;
        let marks: Vec<_> = pieces
            .iter()
            .map(|(piece, annotators)| marks(&piece.bits, *annotators, consensus))
            .collect();
        let fine = marks.iter().map(|m| target(&by_cells(m, side), balance));
        let [labels, weights] = self.targets(fine.collect(), logits.fine.dims());
        let mut loss = cross_entropy(logits.fine.clone(), labels.clone(), weights.clone());
        if dice_weight > 0.0 {
            loss = loss + dice(logits.fine, labels, weights) * dice_weight;
        }
        if sides > 0.0 {
            for (logits, cell) in logits.sides.into_iter().zip(CELLS) {
                let coarse = marks
                    .iter()
                    .map(|m| target(&coarser(m, side, cell), balance));
                let [labels, weights] = self.targets(coarse.collect(), logits.dims());
                loss = loss + cross_entropy(logits, labels, weights) * sides;
            }
        }
        loss
    }
}

/// Mean over all values of weight · (softplus(z) − t·z), in a form that large z do not overflow.
fn cross_entropy(z: Tensor<4>, labels: Tensor<4>, weights: Tensor<4>) -> Tensor<1> {
    let soft = z.clone().abs().neg().exp().log1p();
    let each = z.clone().clamp_min(0.0) - z * labels + soft;
    (each * weights).mean()
}

/// Mean Dice loss of the pictures over the pixels that count.
fn dice(z: Tensor<4>, labels: Tensor<4>, weights: Tensor<4>) -> Tensor<1> {
    let [batch, ..] = z.dims();
    let counts = weights.clamp(0.0, 1e-6) * 1e6;
    let p = sigmoid(z) * counts.clone();
    let t = labels * counts;
    let sum = |x: Tensor<4>| x.reshape([batch as i32, -1]).sum_dim(1);
    // One keeps pictures without boundaries from dividing by zero.
    let both = sum(p.clone() * t.clone()) * 2.0 + 1.0;
    let each = sum(p.clone() * p) + sum(t.clone() * t) + 1.0;
    (both / each).mean().neg() + 1.0
}

impl Task for EdgeTask {
    type Model = EdgeLayers;

    fn steps(&self) -> usize {
        let pieces = self.config.own.passes * self.learned.len();
        pieces.div_ceil(self.config.common.training.batch)
    }

    fn loss(
        &mut self,
        model: &EdgeLayers,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let pieces = self.batch(epoch, step);
        let side = self.config.own.crop;
        let pixels: Vec<f32> = pieces
            .iter()
            .flat_map(|(piece, _)| piece.pixels.iter().copied())
            .collect();
        let pictures = self.tensor(pixels, [pieces.len(), side, side, 3]);
        Ok(self.objective(model.forward(pictures), &pieces))
    }

    fn validate(&mut self, model: &EdgeLayers) -> Result<Vec<Metric>, TrainError> {
        let detector = Detector::Net(EdgeNetwork::new(&model.weights(), 1));
        let levels = thresholds(THRESHOLDS);
        let counts: Result<Vec<_>, RegionsError> = self
            .held
            .par_iter()
            .map(|(picture, truth)| count(&detector.edges(picture).strength, truth, &levels))
            .collect();
        let summary = counts.and_then(|counts| summarize(&counts));
        let summary = summary.map_err(|error| TrainError::task(error.kind(), error))?;
        let metric = |name, value| Metric { name, value };
        Ok(vec![
            metric("ods", summary.ods),
            metric("ois", summary.ois),
            metric("ap", summary.ap),
            metric("threshold", f64::from(summary.threshold)),
        ])
    }

    fn rate(&self, name: &str) -> f64 {
        let trunk = name.starts_with("stem.") || name.starts_with("blocks.");
        if trunk {
            self.config.own.trunk_rate
        } else {
            1.0
        }
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
        // ln 2 at z = 0; ln(1 + e⁻²) and ln(1 + e²) at z = 2 with and without a boundary; a weight
        // of 0 hides the rest, infinite exponentials included.
        let loss = cross_entropy(
            tensor(&[0.0, 2.0, 2.0, 500.0]),
            tensor(&[1.0, 1.0, 0.0, 1.0]),
            tensor(&[1.0, 2.0, 1.0, 0.0]),
        );
        let expected = (std::f32::consts::LN_2 + 2.0 * 0.126_928 + 2.126_928) / 4.0;
        assert!((number(loss) - expected).abs() < 1e-5);
    }

    #[test]
    fn dice_by_hand() {
        // p = ½, 1 and 0 (at ±40) where t = 1, 0 and, not counted, 1: 1 − (2·½ + 1)/(¼ + 1 + 1 + 1).
        let loss = dice(
            tensor(&[0.0, 40.0, 40.0]),
            tensor(&[1.0, 0.0, 1.0]),
            tensor(&[3.0, 0.5, 0.0]),
        );
        assert!((number(loss) - (1.0 - 2.0 / 3.25)).abs() < 1e-5);
    }
}
