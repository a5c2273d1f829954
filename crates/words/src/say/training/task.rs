//! Batches of sentences of one length, the loss, and the validation.

use super::super::decoder::EMOTIONS;
use super::super::decoder_layers::{Told, Voiced};
use super::{Line, View};
use crate::sight::paintings::Gallery;
use crate::sight::{GRID, Lens};
use crate::text::vocabulary::{BEGIN, END, SPECIAL, UNKNOWN, Vocabulary};
use affetti_ground::SplitMix64;
use affetti_train::order::{mix, shuffled};
use affetti_train::{Metric, Task, TrainError};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// What the learning of any speaker is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) seed: u64,
    pub(super) batch: usize,
    pub(super) dropout: f64,
    pub(super) hidden: f64,
    pub(super) forget: f64,
}

/// The learning of one speaker, whose network is `N` of sizes `S`.
#[derive(Debug)]
pub struct SpeakerTask<N, S> {
    manner: Manner,
    pub(super) shape: S,
    network: PhantomData<N>,
    pub(super) whole: Lens,
    pub(super) cell: Lens,
    pub(super) vocabulary: Vocabulary,
    pub(super) gallery: Arc<Gallery>,
    views: Vec<View>,
    pub(super) learned: Vec<Line>,
    chosen: Vec<Line>,
    batches: (usize, Vec<Vec<usize>>),
}

impl<N, S> SpeakerTask<N, S> {
    pub(super) fn new(
        manner: Manner,
        [whole, cell]: [Lens; 2],
        vocabulary: Vocabulary,
        views: Vec<View>,
        [learned, chosen]: [Vec<Line>; 2],
        gallery: Arc<Gallery>,
        sizes: impl FnOnce(usize, [usize; 2]) -> S,
    ) -> Self {
        Self {
            shape: sizes(vocabulary.words().len(), [whole.outputs(), cell.outputs()]),
            manner,
            network: PhantomData,
            batches: (usize::MAX, Vec::new()),
            whole,
            cell,
            vocabulary,
            gallery,
            views,
            learned,
            chosen,
        }
    }

    /// Logarithm of how often each word is said, the most frequent at 0.
    pub(super) fn frequencies(&self) -> Vec<f32> {
        let mut counts = vec![1.0_f64; self.vocabulary.words().len()];
        for line in &self.learned {
            line.words.iter().for_each(|id| counts[*id as usize] += 1.0);
            counts[END as usize] += 1.0;
        }
        let most = counts.iter().copied().fold(0.0, f64::max);
        let one = |(id, count): (usize, &f64)| {
            // What is never said is never expected.
            let never = id < SPECIAL.len() && id != END as usize && id != UNKNOWN as usize;
            if never {
                -20.0
            } else {
                (count / most).ln() as f32
            }
        };
        counts.iter().enumerate().map(one).collect()
    }

    /// What the network takes, and what it should say behind each word; `random` hides things.
    fn told(
        &self,
        lines: &[&Line],
        mut random: Option<&mut SplitMix64>,
        device: &Device,
    ) -> (Told, Tensor<2, Int>) {
        let own = &self.manner;
        let mut hides = |share: f64| random.as_mut().is_some_and(|random| random.unit() < share);
        let (whole, cell) = (self.whole.outputs(), self.cell.outputs());
        let (mut emotions, mut wholes, mut cells) = (Vec::new(), Vec::new(), Vec::new());
        let (mut words, mut next) = (Vec::new(), Vec::new());
        for line in lines {
            let hidden = hides(own.hidden);
            emotions.push(if hidden {
                EMOTIONS as i64 - 1
            } else {
                line.emotion as i64
            });
            let hidden = hides(own.hidden);
            match line.picture.filter(|_| !hidden) {
                Some(picture) => {
                    wholes.extend_from_slice(&self.views[picture].whole);
                    cells.extend_from_slice(&self.views[picture].cells);
                }
                None => {
                    wholes.resize(wholes.len() + whole, 0.0);
                    cells.resize(cells.len() + GRID * GRID * cell, 0.0);
                }
            }
            words.push(i64::from(BEGIN));
            for id in &line.words {
                words.push(i64::from(if hides(own.forget) { UNKNOWN } else { *id }));
                next.push(i64::from(*id));
            }
            next.push(i64::from(END));
        }
        let (batch, count) = (lines.len(), lines[0].words.len() + 1);
        let ids = |values: Vec<i64>| -> Tensor<2, Int> {
            Tensor::from_data(TensorData::new(values, [batch, count]), device)
        };
        let told = Told {
            emotions: Tensor::from_data(TensorData::new(emotions, [batch]), device),
            whole: Tensor::from_data(TensorData::new(wholes, [batch, whole]), device),
            cells: Tensor::from_data(TensorData::new(cells, [batch, GRID * GRID, cell]), device),
            words: ids(words),
        };
        (told, ids(next))
    }

    fn deal(&self, epoch: usize) -> Vec<Vec<usize>> {
        let seed = self.manner.seed;
        let order = shuffled(seed, epoch, self.learned.len());
        let batches = by_length(&self.learned, order, self.manner.batch);
        let places = shuffled(seed ^ 1, epoch, batches.len());
        places.into_iter().map(|n| batches[n].clone()).collect()
    }
}

/// Groups lines of one length, at most `size` together, in `order`.
fn by_length(lines: &[Line], order: Vec<usize>, size: usize) -> Vec<Vec<usize>> {
    let mut open: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut batches = Vec::new();
    for row in order {
        let batch = open.entry(lines[row].words.len()).or_default();
        batch.push(row);
        if batch.len() == size {
            batches.push(std::mem::take(batch));
        }
    }
    batches.extend(open.into_values().filter(|batch| !batch.is_empty()));
    batches
}

/// Mean of −log p of the words that came, unknown ones left out.
fn surprise(logits: Tensor<2>, next: Tensor<2, Int>, device: &Device) -> Tensor<1> {
    let [rows, _] = logits.dims();
    let next = next.reshape([rows, 1]);
    let known = next
        .clone()
        .not_equal_elem(i64::from(UNKNOWN))
        .float()
        .to_device(device);
    let found = log_softmax(logits, 1).gather(1, next);
    (found * known.clone()).sum() / known.sum().clamp_min(1.0) * -1.0
}

impl<N: Voiced, S> Task for SpeakerTask<N, S> {
    type Model = N;

    fn steps(&self) -> usize {
        let order = (0..self.learned.len()).collect();
        by_length(&self.learned, order, self.manner.batch)
            .len()
            .max(1)
    }

    fn loss(&mut self, model: &N, epoch: usize, step: usize) -> Result<Tensor<1>, TrainError> {
        if self.batches.0 != epoch {
            self.batches = (epoch, self.deal(epoch));
        }
        let device = Device::flex().autodiff();
        let Some(rows) = self.batches.1.get(step) else {
            return Ok(Tensor::zeros([1], &device));
        };
        let draw = mix(&[self.manner.seed, epoch as u64, step as u64]);
        let mut random = SplitMix64::new(draw);
        let lines: Vec<&Line> = rows.iter().map(|row| &self.learned[*row]).collect();
        let (told, next) = self.told(&lines, Some(&mut random), &device);
        let share = self.manner.dropout;
        let kept = (1.0 / (1.0 - share)) as f32;
        let mut thin = |x: Tensor<4>| {
            if share == 0.0 {
                return x;
            }
            let shape = x.dims();
            let factor = |_| if random.unit() < share { 0.0 } else { kept };
            let factors: Vec<f32> = (0..shape.iter().product()).map(factor).collect();
            x * Tensor::from_data(TensorData::new(factors, shape), &device)
        };
        let spoken = model.values(told, &mut thin);
        let loss = surprise(spoken.values, next, &device);
        Ok(match spoken.besides {
            Some(besides) => loss + besides,
            None => loss,
        })
    }

    fn validate(&mut self, model: &N) -> Result<Vec<Metric>, TrainError> {
        let device = Device::flex();
        let order = (0..self.chosen.len()).collect();
        let (mut sums, mut words) = ([0.0_f64; 3], 0.0_f64);
        for rows in by_length(&self.chosen, order, 64) {
            let lines: Vec<Line> = rows.iter().map(|row| self.chosen[*row].clone()).collect();
            let weight = (lines.len() * (lines[0].words.len() + 1)) as f64;
            // With all, without the picture, with the picture of another.
            let mut others = lines.clone();
            for (n, line) in others.iter_mut().enumerate() {
                line.picture =
                    self.chosen[(rows[n] + self.chosen.len() / 2) % self.chosen.len()].picture;
            }
            let mut blind = lines.clone();
            blind.iter_mut().for_each(|line| line.picture = None);
            for (sum, lines) in sums.iter_mut().zip([&lines, &blind, &others]) {
                let lines: Vec<&Line> = lines.iter().collect();
                let (told, next) = self.told(&lines, None, &device);
                let loss = surprise(model.values(told, &mut |x| x).values, next, &device);
                *sum += weight * loss.into_scalar::<f64>();
            }
            words += weight;
        }
        let metric = |name, sum: f64| Metric {
            name,
            value: sum / words.max(1.0),
        };
        Ok(vec![
            metric("score", -sums[0]),
            metric("cross_entropy", sums[0]),
            metric("without_picture", sums[1]),
            metric("with_another_picture", sums[2]),
        ])
    }
}
