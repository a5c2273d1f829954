//! Batches of paintings with a text each, the loss, and the validation.

use super::{Config, Start, ranks, space};
use crate::encoder::transformer::{self, Shape, Transformer, mean};
use crate::error::WordsError;
use crate::sight::paintings::Seen;
use crate::text::normal;
use crate::text::vocabulary::{PAD, SPECIAL, UNKNOWN, Vocabulary};
use crate::text::wordpiece::WordPieces;
use affetti_ground::SplitMix64;
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_train::order::{mix, shuffled};
use affetti_train::text::TextBatch;
use affetti_train::{ErrorKind, Metric, Places, Task, TrainError};
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::registry;
use burn::module::{Module, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;

/// Both maps.
#[derive(Module, Debug)]
pub struct SpaceNetwork {
    picture: Unit,
    words: Param<Tensor<2>>,
}

impl SpaceNetwork {
    pub(super) fn new(config: &Config, seen: usize, vectors: Vec<f32>, device: &Device) -> Self {
        let dimension = config.own.dimension;
        let mut random = Normal::new(config.common.seed);
        let weight = random.many(dimension * seen, (1.0 / seen as f64).sqrt());
        let bias = vec![0.0; dimension];
        let conv = Convolution::new(seen, dimension, 1);
        let after = After::Bias;
        let shape = [vectors.len() / dimension, dimension];
        let words = Tensor::from_data(TensorData::new(vectors, shape), device);
        Self {
            picture: UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device),
            words: Param::from_tensor(words),
        }
    }

    /// Vectors of one length of pictures `[batch, seen]` and of texts.
    fn forward(&self, pictures: Tensor<2>, ids: Tensor<2, Int>, mask: Tensor<2>) -> [Tensor<2>; 2] {
        let [batch, seen] = pictures.dims();
        let [_, longest] = ids.dims();
        let words = self.words.val();
        let [_, dimension] = words.dims();
        let pictures = self
            .picture
            .forward(pictures.reshape([batch, 1, 1, seen]), None);
        let texts = words.select(0, ids.reshape([batch * longest]));
        let texts = texts.reshape([batch, longest, dimension]) * mask.unsqueeze_dim::<3>(2);
        let texts = texts.sum_dim(1).reshape([batch, dimension]);
        [pictures.reshape([batch, dimension]), texts].map(|x| {
            let length = (x.clone() * x.clone()).sum_dim(1).clamp_min(1e-12).sqrt();
            x / length
        })
    }
}

/// The learning of one space.
#[derive(Debug)]
pub struct SpaceTask {
    config: Config,
    /// Hash of the predictor's weights.
    pub(super) predictor: String,
    /// Mean and deviation of each component among what is learned.
    pub(super) usual_picture: [Vec<f32>; 2],
    pub(super) vocabulary: Vocabulary,
    pub(super) learned: Vec<Seen>,
    chosen: Vec<Seen>,
    pub(super) measured: Vec<Seen>,
    /// Of what is learned: components of each picture, and its texts as numbers, facts last.
    seen: Vec<Vec<f32>>,
    texts: Vec<Vec<Vec<u32>>>,
}

impl SpaceTask {
    pub(super) fn new(
        config: &Config,
        predictor: String,
        vocabulary: Vocabulary,
        [learned, chosen, measured]: [Vec<Seen>; 3],
    ) -> Self {
        let ids = |text: String| {
            let mut ids = vocabulary.ids(&normal::words(&text), None);
            ids.retain(|id| *id != UNKNOWN);
            ids
        };
        let texts = learned
            .iter()
            .map(|seen| super::texts(seen).map(&ids).collect())
            .collect();
        let [mean, deviation] = moments(&learned);
        let plain = |seen: &Seen| -> Vec<f32> {
            let all = seen.components.iter().zip(mean.iter().zip(&deviation));
            all.map(|(x, (m, d))| (x - m) / d.max(1e-6)).collect()
        };
        let seen = learned.iter().map(plain).collect();
        Self {
            config: config.clone(),
            predictor,
            usual_picture: [mean, deviation],
            vocabulary,
            learned,
            chosen,
            measured,
            seen,
            texts,
        }
    }

    pub(super) fn dimension(&self) -> usize {
        self.config.own.dimension
    }

    /// One of the texts of painting `row`, without some of its words.
    fn text(&self, row: usize, random: &mut SplitMix64) -> Vec<u32> {
        let all = &self.texts[row];
        let said = all.len() - 1;
        let facts = said == 0 || (random.unit() < self.config.own.facts && !all[said].is_empty());
        let at = if facts {
            said
        } else {
            (random.unit() * said as f64) as usize
        };
        let share = self.config.own.dropout;
        let mut ids: Vec<u32> = all[at.min(said)].clone();
        ids.retain(|_| random.unit() >= share);
        ids.truncate(40);
        ids
    }
}

impl Task for SpaceTask {
    type Model = SpaceNetwork;

    fn steps(&self) -> usize {
        (self.learned.len() / self.config.common.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &SpaceNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let (seed, size) = (self.config.common.seed, self.config.common.training.batch);
        let order = shuffled(seed, epoch, self.learned.len());
        let rows: Vec<usize> = order.into_iter().skip(step * size).take(size).collect();
        let device = Device::flex().autodiff();
        let mut random = SplitMix64::new(mix(&[seed, epoch as u64, step as u64]));
        let texts: Vec<Vec<u32>> = rows
            .iter()
            .map(|row| self.text(*row, &mut random))
            .collect();
        let share = self.config.own.dropout;
        let kept = (1.0 / (1.0 - share)) as f32;
        let mut thin = |x: f32| if random.unit() < share { 0.0 } else { x * kept };
        let pictures: Vec<f32> = rows
            .iter()
            .flat_map(|row| self.seen[*row].clone())
            .map(&mut thin)
            .collect();
        let shape = [rows.len(), self.usual_picture[0].len()];
        let pictures = Tensor::from_data(TensorData::new(pictures, shape), &device);
        let batch = TextBatch::new(&texts, PAD);
        let [pictures, texts] = model.forward(pictures, batch.ids(&device), batch.mask(&device));
        let products = pictures.matmul(texts.transpose()) / self.config.own.temperature;
        let diagonal = Tensor::<2>::eye(rows.len(), &device);
        let own = |products: Tensor<2>| (log_softmax(products, 1) * diagonal.clone()).sum();
        Ok((own(products.clone()) + own(products.transpose())) * (-0.5 / rows.len() as f64))
    }

    fn validate(&mut self, model: &SpaceNetwork) -> Result<Vec<Metric>, TrainError> {
        let fault = |error: WordsError| TrainError::task(ErrorKind::Model, error.to_string());
        let found =
            ranks(&space(self, model), &self.chosen, self.config.common.seed).map_err(fault)?;
        let metric = |name, value| Metric { name, value };
        Ok(vec![
            metric("among_the_first_ten", found.within(10)),
            metric("first", found.within(1)),
        ])
    }

    fn rate(&self, name: &str) -> f64 {
        if name == "words" {
            self.config.own.words_rate
        } else {
            1.0
        }
    }
}

/// Mean and deviation of each component.
fn moments(learned: &[Seen]) -> [Vec<f32>; 2] {
    let width = learned.first().map_or(0, |seen| seen.components.len());
    let count = learned.len().max(1) as f32;
    let over = |of: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
        (0..width)
            .map(|n| {
                learned
                    .iter()
                    .map(|seen| of(n, seen.components[n]))
                    .sum::<f32>()
                    / count
            })
            .collect()
    };
    let mean = over(&|_, x| x);
    let variance = over(&|n, x| (x - mean[n]).powi(2));
    [mean, variance.into_iter().map(f32::sqrt).collect()]
}

/// What MiniLM says of each word by itself, as so many principal components as a vector has numbers;
/// words that are none have nothing.
pub(super) fn begin(
    vocabulary: &Vocabulary,
    config: &Config,
    places: &Places<'_>,
) -> Result<Vec<f32>, WordsError> {
    let Start::MiniLm = config.common.start;
    let mut published = registry::tensors("minilm-l6")?;
    let malformed = |why: &str| NetError::Malformed {
        file: "minilm-l6".to_owned(),
        format: "start of a space",
        why: why.to_owned(),
    };
    let pieces: Vec<String> = serde_json::from_str(&std::mem::take(&mut published.note))
        .map_err(|_| malformed("it has no list of pieces; import it again"))?;
    let pieces = WordPieces::new(pieces).map_err(|why| malformed(&why))?;
    let shape = Shape::MINILM;
    let mut taker = transformer::from_published(shape, published)?.take_for("MiniLM");
    let net = Transformer::take(shape, &mut taker).map_err(malformed)?;
    taker.finish()?;
    let words = &vocabulary.words()[SPECIAL.len()..];
    (places.stage)("words read by MiniLM", 0, words.len());
    let one = |word: &String| {
        let ids = pieces.ids(word, 16);
        let vector = mean(&net.run(&[&ids]), ids.len(), shape.width);
        super::unit(vector)
    };
    let vectors: Vec<f32> = words.par_iter().flat_map_iter(one).collect();
    let dimension = config.own.dimension;
    let data = affetti_feel::Matrix {
        columns: shape.width,
        data: centred(vectors, shape.width),
    };
    let directions = affetti_feel::principal_components(&data, dimension, config.common.seed);
    let mut found = vec![0.0; SPECIAL.len() * dimension];
    for row in data.data.chunks_exact(shape.width) {
        let image = directions.iter().map(|d| {
            row.iter()
                .zip(d)
                .map(|(x, d)| f64::from(*x) * d)
                .sum::<f64>()
        });
        found.extend(image.map(|x| x as f32));
    }
    found.resize(vocabulary.words().len() * dimension, 0.0);
    Ok(found)
}

fn centred(mut rows: Vec<f32>, width: usize) -> Vec<f32> {
    let count = (rows.len() / width).max(1) as f32;
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / count);
    }
    for row in rows.chunks_exact_mut(width) {
        row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
    }
    rows
}
