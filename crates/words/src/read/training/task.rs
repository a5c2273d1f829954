//! Batches of texts of one length, the loss, and the validation.

use super::Config;
use super::network::ReaderNetwork;
use super::start::Begun;
use super::texts::{Text, Texts};
use crate::encoder::lstm_layers::{Dropout, Whole};
use crate::read::LONGEST;
use affetti_emotion::{Emotion, Label};
use affetti_ground::SplitMix64;
use affetti_train::order::{mix, shuffled};
use affetti_train::{Metric, Task, TrainError, losses};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::collections::BTreeMap;

/// The learning of one reader.
#[derive(Debug)]
pub struct ReaderTask {
    config: Config,
    pub(super) texts: Texts,
    pub(super) begun: Begun,
    /// Numbers of the texts that are learned, and of those that choose the epoch.
    learned: Vec<Vec<u32>>,
    chosen: Vec<Vec<u32>>,
    /// Of the epoch that is being learned.
    batches: (usize, Vec<Vec<usize>>),
}

impl ReaderTask {
    pub(super) fn new(config: &Config, texts: Texts, begun: Begun) -> Self {
        let ids = |all: &[Text]| {
            all.iter()
                .map(|text| begun.ids(&text.text, LONGEST))
                .collect()
        };
        let (learned, chosen) = (ids(&texts.learned), ids(&texts.chosen));
        Self {
            config: config.clone(),
            batches: (usize::MAX, Vec::new()),
            learned,
            chosen,
            texts,
            begun,
        }
    }

    /// The batches of an epoch: texts of one length, in an order of its own.
    fn deal(&self, epoch: usize) -> Vec<Vec<usize>> {
        let common = &self.config.common;
        let order = shuffled(common.seed, epoch, self.learned.len());
        let batches = by_length(&self.learned, order, common.training.batch);
        let places = shuffled(common.seed ^ 1, epoch, batches.len());
        places.into_iter().map(|n| batches[n].clone()).collect()
    }

    /// Numbers step by step, `[words, texts]`, some of them forgotten.
    fn ids(&self, rows: &[usize], draw: [u64; 3], device: &Device) -> Tensor<2, Int> {
        let (unknown, frame) = self.begun.unknown();
        let words = self.learned[rows[0]].len();
        let share = self.config.own.forget;
        let mut random = numbers(draw, 7);
        let mut ids = Vec::with_capacity(words * rows.len());
        for word in 0..words {
            for row in rows {
                let forgotten = random() < share && word >= frame && word + frame < words;
                let id = if forgotten {
                    unknown
                } else {
                    self.learned[*row][word]
                };
                ids.push(i64::from(id));
            }
        }
        Tensor::from_data(TensorData::new(ids, [words, rows.len()]), device)
    }
}

/// Numbers 0..1 that look random and depend on `draw` and `kind`.
fn numbers(draw: [u64; 3], kind: u64) -> impl FnMut() -> f64 {
    let mut random = SplitMix64::new(mix(&[draw[0], draw[1], draw[2], kind]));
    move || random.unit()
}

/// Groups texts of one length, at most `size` together, in `order`; texts without words are left out.
fn by_length(ids: &[Vec<u32>], order: Vec<usize>, size: usize) -> Vec<Vec<usize>> {
    let mut open: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut batches = Vec::new();
    for row in order.into_iter().filter(|row| !ids[*row].is_empty()) {
        let batch = open.entry(ids[row].len()).or_default();
        batch.push(row);
        if batch.len() == size {
            batches.push(std::mem::take(batch));
        }
    }
    batches.extend(open.into_values().filter(|batch| !batch.is_empty()));
    batches
}

/// Leaves numbers out and makes the others larger by as much.
struct Thin<'a> {
    share: f64,
    draw: [u64; 3],
    layer: u64,
    device: &'a Device,
}

impl Dropout for Thin<'_> {
    fn thin(&mut self, x: Tensor<4>) -> Tensor<4> {
        self.layer += 1;
        if self.share == 0.0 {
            return x;
        }
        let shape = x.dims();
        let mut random = numbers(self.draw, 8 + self.layer);
        let kept = (1.0 / (1.0 - self.share)) as f32;
        let factor = |_| if random() < self.share { 0.0 } else { kept };
        let factors: Vec<f32> = (0..shape.iter().product()).map(factor).collect();
        x * Tensor::from_data(TensorData::new(factors, shape), self.device)
    }
}

impl Task for ReaderTask {
    type Model = ReaderNetwork;

    fn steps(&self) -> usize {
        let order = (0..self.learned.len()).collect();
        by_length(&self.learned, order, self.config.common.training.batch)
            .len()
            .max(1)
    }

    fn loss(
        &mut self,
        model: &ReaderNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        if self.batches.0 != epoch {
            self.batches = (epoch, self.deal(epoch));
        }
        let device = Device::flex().autodiff();
        let Some(rows) = self.batches.1.get(step) else {
            return Ok(Tensor::zeros([1], &device));
        };
        let draw = [self.config.common.seed, epoch as u64, step as u64];
        let mut dropout = Thin {
            share: self.config.own.dropout,
            draw,
            layer: 0,
            device: &device,
        };
        let logits = model.forward(self.ids(rows, draw, &device), &mut dropout);
        let targets = rows.iter().flat_map(|row| &self.texts.learned[*row].target);
        let targets: Vec<f32> = targets.copied().collect();
        let shape = [rows.len(), Emotion::ALL.len()];
        let targets = Tensor::from_data(TensorData::new(targets, shape), &device);
        let weights = Tensor::ones([rows.len()], &device);
        Ok(losses::soft_cross_entropy(logits, targets, weights))
    }

    fn validate(&mut self, model: &ReaderNetwork) -> Result<Vec<Metric>, TrainError> {
        let device = Device::flex();
        let order = (0..self.chosen.len()).collect();
        let (mut right, mut sides, mut seen, mut surprise) = (0_usize, 0_usize, 0_usize, 0.0_f64);
        for rows in by_length(&self.chosen, order, 128) {
            let words = self.chosen[rows[0]].len();
            let ids = (0..words).flat_map(|word| rows.iter().map(move |row| (word, *row)));
            let ids: Vec<i64> = ids
                .map(|(word, row)| i64::from(self.chosen[row][word]))
                .collect();
            let ids = Tensor::from_data(TensorData::new(ids, [words, rows.len()]), &device);
            let logits = model.forward(ids, &mut Whole);
            let logits: Vec<f64> = logits.into_data().iter::<f64>().collect();
            for (row, logits) in rows.iter().zip(logits.chunks(Emotion::ALL.len())) {
                let Some(felt) = self.texts.chosen[*row].felt else {
                    continue;
                };
                let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
                let best = Emotion::ALL[best.unwrap_or(0)];
                let total = logits
                    .iter()
                    .map(|x| (x - logits[felt.index()]).exp())
                    .sum::<f64>();
                seen += 1;
                right += usize::from(best == felt);
                sides += usize::from(best.sentiment() == felt.sentiment());
                surprise += total.ln();
            }
        }
        let share = |count: usize| count as f64 / seen.max(1) as f64;
        let metric = |name, value| Metric { name, value };
        Ok(vec![
            metric("accuracy", share(right)),
            metric("sentiment_accuracy", share(sides)),
            metric("cross_entropy", surprise / seen.max(1) as f64),
        ])
    }

    fn rate(&self, name: &str) -> f64 {
        let own = &self.config.own;
        match name {
            _ if name.starts_with("head.") => 1.0,
            _ if name.ends_with(".words") => own.trunk_rate * own.words_rate,
            _ => own.trunk_rate,
        }
    }
}
