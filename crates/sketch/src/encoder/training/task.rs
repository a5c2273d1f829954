//! Batches, loss and validation.
//!
//! - **Computes** 1 − cosine to the own picture's meaning, and to its layout; the cross-entropy of
//!   finding the own picture among those of the batch by the mean of both cosines, from lines to
//!   pictures and from pictures to lines; each with its weight. As score, the share of pictures held
//!   out that are found among all of them by 16 strokes.
//! - **Source** A. van den Oord et al., "Representation Learning with Contrastive Predictive Coding"
//!   (2018); A. Radford et al., "CLIP" (2021), for both directions.

use affetti_train::{Metric, Task, TrainError, losses, order};
use burn::tensor::{Device, Tensor, TensorData};
use fastrand::Rng;
use rayon::prelude::*;

use super::{
    super::{Embedding, Encoder, Ink, SIDE},
    Config,
    cache::{Rendered, Renditions},
    network::LineNetwork,
    sample::{Kind, plain, sample},
    target::{Basis, mirrored},
};

/// What the validation measures, the score first: kinds and names.
pub(super) const MEASURED: [(Kind, &str); 4] = [
    (Kind::Traced(1), "found_16"),
    (Kind::Traced(0), "found_32"),
    (Kind::Traced(3), "found_4"),
    (Kind::Soft, "found_soft"),
];
/// Lines in one pass of the validation.
const PART: usize = 64;

/// The learning of one network.
pub struct LineTask {
    config: Config,
    pub(super) basis: Basis,
    /// Hash of the weights that cut objects out, where any did.
    pub(super) cutter: Option<String>,
    learned: Vec<Rendered>,
    chosen: Vec<Rendered>,
    /// Of each of `learned`.
    targets: Vec<Embedding>,
    /// Of each of `chosen`.
    photos: Vec<Embedding>,
    device: Device,
}

impl LineTask {
    pub(super) fn new(
        config: &Config,
        rendered: Renditions,
        basis: Basis,
        cutter: Option<String>,
    ) -> Self {
        let Renditions { learned, chosen } = rendered;
        Self {
            targets: learned.iter().map(|r| basis.target(r)).collect(),
            photos: chosen.iter().map(|r| basis.target(r)).collect(),
            config: config.clone(),
            basis,
            cutter,
            learned,
            chosen,
            device: Device::flex().autodiff(),
        }
    }

    /// Pictures to learn from, and to choose the epoch.
    pub(super) fn counts(&self) -> [usize; 2] {
        [self.learned.len(), self.chosen.len()]
    }

    /// For each measured kind of lines, whether each picture held out is found by them.
    pub(super) fn finds(&self, encoder: &Encoder) -> Vec<(&'static str, Vec<bool>)> {
        let photos = self
            .chosen
            .iter()
            .map(|r| encoder.embed_photo(&r.described));
        let photos: Vec<Embedding> = photos.collect();
        let of = |kind: Kind| {
            let embed = |r: &Rendered| encoder.embed(&plain(r, kind));
            let lines: Vec<Embedding> = self.chosen.par_iter().map(embed).collect();
            finds(&lines, &photos)
        };
        MEASURED.map(|(kind, name)| (name, of(kind))).into()
    }

    /// `mirrors` says of each row whether its lines are mirrored.
    fn objective(&self, found: [Tensor<2>; 2], rows: &[usize], mirrors: &[bool]) -> Tensor<1> {
        let [meaning, layout] = found.map(unit);
        let tensor = |values: Vec<f32>, like: &Tensor<2>| {
            Tensor::<2>::from_data(TensorData::new(values, like.dims()), &self.device)
        };
        let targets = rows.iter().map(|&row| &self.targets[row]);
        let meanings = targets.clone().flat_map(|t| t.meaning.iter().copied());
        let meanings = tensor(meanings.collect(), &meaning);
        let layouts = targets.zip(mirrors).flat_map(|(t, mirrors)| match mirrors {
            true => mirrored(&t.layout),
            false => t.layout.clone(),
        });
        let layouts = tensor(layouts.collect(), &layout);
        let off = |a: &Tensor<2>, b: &Tensor<2>| {
            let cosine = (a.clone() * b.clone()).sum_dim(1).mean();
            cosine.neg() + 1.0
        };
        let how = self.config.own.objective;
        let mut loss = off(&meaning, &meanings) * how.meaning + off(&layout, &layouts) * how.layout;
        if how.contrast > 0.0 {
            let cosines = meaning.matmul(meanings.transpose()) + layout.matmul(layouts.transpose());
            let likeness = cosines / (2.0 * how.temperature);
            loss =
                loss + (own(likeness.clone()) + own(likeness.transpose())) * (how.contrast / 2.0);
        }
        loss
    }
}

/// Rows made one long.
fn unit(x: Tensor<2>) -> Tensor<2> {
    let square = (x.clone() * x.clone()).sum_dim(1);
    x / (square + 1e-12).sqrt()
}

/// The same as values.
fn rows(x: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, width] = x.dims();
    let values: Vec<f32> = unit(x).into_data().iter::<f32>().collect();
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

/// Cross-entropy of choosing column i in row i.
fn own(logits: Tensor<2>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let device = logits.device();
    let wanted = Tensor::<2>::eye(batch, &device);
    losses::soft_cross_entropy(logits, wanted, Tensor::ones([batch], &device))
}

fn tensor(inks: &[Ink], device: &Device) -> Tensor<4> {
    let pixels = inks.iter().flat_map(|Ink(values)| {
        values
            .iter()
            .flat_map(|v| [(f32::from(*v) - 127.0) / 128.0; 3])
    });
    let data = TensorData::new(pixels.collect::<Vec<f32>>(), [inks.len(), SIDE, SIDE, 3]);
    Tensor::from_data(data, device)
}

impl Task for LineTask {
    type Model = LineNetwork;

    fn steps(&self) -> usize {
        (self.learned.len() / self.config.common.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &LineNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let common = &self.config.common;
        let (seed, size) = (common.seed, common.training.batch);
        let rows = order::batch(seed, epoch, self.learned.len(), size, step);
        let lines: Vec<(Ink, bool)> = rows
            .par_iter()
            .map(|&row| {
                let parts = [seed, epoch as u64, row as u64];
                sample(&self.learned[row], &mut Rng::with_seed(order::mix(&parts)))
            })
            .collect();
        let (inks, mirrors): (Vec<Ink>, Vec<bool>) = lines.into_iter().unzip();
        let found = model.forward(tensor(&inks, &self.device));
        Ok(self.objective(found, &rows, &mirrors))
    }

    fn validate(&mut self, model: &LineNetwork) -> Result<Vec<Metric>, TrainError> {
        let device = Device::flex();
        let mut metrics = Vec::new();
        for (kind, name) in MEASURED {
            let inks: Vec<Ink> = self.chosen.par_iter().map(|r| plain(r, kind)).collect();
            let mut lines: Vec<Embedding> = Vec::with_capacity(inks.len());
            for part in inks.chunks(PART) {
                let [meanings, layouts] = model.forward(tensor(part, &device)).map(rows);
                let pairs = meanings.into_iter().zip(layouts);
                lines.extend(pairs.map(|(meaning, layout)| Embedding { meaning, layout }));
            }
            let found = finds(&lines, &self.photos);
            let count = found.iter().filter(|found| **found).count();
            let value = count as f64 / found.len().max(1) as f64;
            metrics.push(Metric { name, value });
        }
        Ok(metrics)
    }

    fn rate(&self, name: &str) -> f64 {
        if name.starts_with("trunk.") {
            self.config.own.trunk_rate
        } else {
            1.0
        }
    }
}

/// Whether no photo is nearer to lines than their own.
fn finds(lines: &[Embedding], photos: &[Embedding]) -> Vec<bool> {
    let first = |(n, line): (usize, &Embedding)| {
        let own = line.likeness(&photos[n]);
        let others = photos.iter().enumerate().filter(|(m, _)| *m != n);
        others.map(|(_, p)| line.likeness(p)).all(|l| l < own)
    };
    lines.iter().enumerate().map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The network in training and the one that reads its file.
    #[test]
    fn what_is_stored_embeds_as_what_was_trained() {
        use super::super::super::{About, EncoderWeights, GRID, Maps, Pair, Projection, STAGE};
        use affetti_nets::{
            efficientnet_lite::layers::LiteLayers,
            efficientnet_lite::{FEATURES, Variant},
        };
        use affetti_weights::store::{self, Precision};
        let device = Device::flex();
        let (variant, teacher) = (Variant::Lite0, Variant::Lite2);
        let trunk = LiteLayers::init(variant, 3, &device).weights(variant);
        let network = LineNetwork::new(&trunk, [8, 3], 5, &device);
        let photo = |outputs: usize, inputs: usize, parts: usize| Projection {
            inputs,
            weight: (0..outputs * inputs).map(|i| (i % 7) as f32).collect(),
            bias: vec![0.5; outputs * parts],
        };
        let weights = EncoderWeights {
            about: About {
                trunk: variant.name().into(),
                teacher: teacher.name().into(),
                dimension: 8,
                cell: 3,
            },
            maps: Maps {
                line: network.line(),
                photo: Pair {
                    meaning: photo(8, FEATURES, 1),
                    layout: photo(3, teacher.stage_channels(STAGE), GRID * GRID),
                },
            },
            trunk,
        };
        let bytes = store::to_bytes(&weights.to_tensors(), |_| Precision::Full).expect("bytes");
        let encoder = Encoder::from_bytes(&bytes, "test", 1).expect("an encoder");
        // More ink to the right and below, so that no two cells are alike.
        let ink = Ink((0..SIDE * SIDE)
            .map(|i| (((i % SIDE) * (i / SIDE)) % 255) as u8)
            .collect());
        let [meaning, layout] = network
            .forward(tensor(std::slice::from_ref(&ink), &device))
            .map(rows);
        let found = encoder.embed(&ink);
        for (ours, trained) in [(found.meaning, &meaning[0]), (found.layout, &layout[0])] {
            let off = affetti_testkit::relative_difference(&ours, trained);
            assert!(off < 1e-4, "{off:e}");
        }
    }

    fn number(tensor: Tensor<1>) -> f32 {
        tensor.into_data().iter::<f32>().next().expect("a number")
    }

    #[test]
    fn the_choice_by_hand() {
        // Rows (2, 0) and (0, 0): ln(1 + e⁻²) and ln 2.
        let data = TensorData::new(vec![2.0_f32, 0.0, 0.0, 0.0], [2, 2]);
        let loss = own(Tensor::from_data(data, &Device::flex()));
        let expected = (0.126_928 + std::f32::consts::LN_2) / 2.0;
        assert!((number(loss) - expected).abs() < 1e-5);
    }

    #[test]
    fn found_by_hand() {
        let of = |meaning: [f32; 2]| Embedding {
            meaning: meaning.to_vec(),
            layout: vec![1.0],
        };
        let photos = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]].map(of);
        let lines = [[0.9, 0.1], [1.0, 0.0], [-0.5, 0.5]].map(of);
        // The first is nearest to its own, the second to the first, the third to none more than
        // another: a tie is no find.
        assert_eq!(finds(&lines, &photos), [true, false, false]);
    }
}
