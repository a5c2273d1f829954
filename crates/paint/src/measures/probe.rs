//! A linear classifier on a network's features: which genre or style a picture shows.
//!
//! - **Computes** multinomial logistic regression on standardised features, by Adam over shuffled batches.
//! - **Input** features `[n, d]` and a class of each. **Output** probabilities of the classes.
//! - **Source** textbook; Kingma & Ba (2015).
//! - **Deviations** none.

use super::distance::dot;
use affetti_ground::SplitMix64;

/// Passes over what is learned from, and steps: as many as make either.
const PASSES: usize = 12;
const STEPS: usize = 3000;
const BATCH: usize = 64;
const RATE: f32 = 1e-3;
/// Of the weights, by step.
const DECAY: f32 = 1e-4;

/// The classifier.
#[derive(Clone, Debug)]
pub struct Probe {
    width: usize,
    mean: Vec<f32>,
    scale: Vec<f32>,
    /// `[classes, width]`
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Probe {
    /// Learned from `rows` of `width` numbers, each of one of `classes` classes; rare classes count as much as
    /// frequent ones.
    #[must_use]
    pub fn fit(rows: &[f32], width: usize, labels: &[usize], classes: usize) -> Self {
        let (mean, scale) = standard(rows, width);
        let mut probe = Self {
            width,
            mean,
            scale,
            weight: vec![0.0; classes * width],
            bias: vec![0.0; classes],
        };
        let x: Vec<Vec<f32>> = rows
            .chunks_exact(width)
            .map(|row| probe.standardised(row))
            .collect();
        let mut counts = vec![0.0_f32; classes];
        labels.iter().for_each(|label| counts[*label] += 1.0);
        let even = labels.len() as f32 / classes as f32;
        let weights: Vec<f32> = counts.iter().map(|count| even / count.max(1.0)).collect();
        let mut moments = vec![[0.0_f32; 2]; classes * (width + 1)];
        let mut random = SplitMix64::new(3);
        let mut order: Vec<usize> = (0..x.len()).collect();
        let mut step = 0;
        let passes = PASSES.max(STEPS * BATCH / order.len().max(1));
        for _ in 0..passes {
            random.shuffle(&mut order);
            for batch in order.chunks(BATCH) {
                step += 1;
                probe.step(&x, (labels, &weights), batch, (&mut moments, step));
            }
        }
        probe
    }

    fn step(
        &mut self,
        x: &[Vec<f32>],
        (labels, weights): (&[usize], &[f32]),
        batch: &[usize],
        (moments, step): (&mut [[f32; 2]], i32),
    ) {
        let classes = self.bias.len();
        let mut slope = vec![0.0_f32; classes * (self.width + 1)];
        for &n in batch {
            let mut off = softmax(&self.logits(&x[n]));
            off[labels[n]] -= 1.0;
            off.iter_mut().for_each(|off| *off *= weights[labels[n]]);
            for (c, off) in off.iter().enumerate() {
                let row = &mut slope[c * (self.width + 1)..][..self.width + 1];
                let (weights, bias) = row.split_at_mut(self.width);
                weights
                    .iter_mut()
                    .zip(&x[n])
                    .for_each(|(s, x)| *s += off * x);
                bias[0] += off;
            }
        }
        let size = batch.len() as f32;
        let [fix1, fix2] = [1.0 - 0.9_f32.powi(step), 1.0 - 0.999_f32.powi(step)];
        for (n, (slope, moment)) in slope.iter().zip(moments).enumerate() {
            let (class, at) = (n / (self.width + 1), n % (self.width + 1));
            let slope = slope / size;
            moment[0] += 0.1 * (slope - moment[0]);
            moment[1] += 0.001 * (slope * slope - moment[1]);
            let change = RATE * (moment[0] / fix1) / ((moment[1] / fix2).sqrt() + 1e-8);
            match self.weight.get_mut(class * self.width + at) {
                Some(weight) if at < self.width => *weight -= change + RATE * DECAY * *weight,
                _ => self.bias[class] -= change,
            }
        }
    }

    fn standardised(&self, row: &[f32]) -> Vec<f32> {
        let parts = row.iter().zip(&self.mean).zip(&self.scale);
        parts.map(|((x, m), s)| (x - m) * s).collect()
    }

    fn logits(&self, x: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(self.width).zip(&self.bias);
        rows.map(|(row, bias)| dot(row, x) + bias).collect()
    }

    /// Probabilities of the classes of one picture.
    #[must_use]
    pub fn probabilities(&self, row: &[f32]) -> Vec<f32> {
        softmax(&self.logits(&self.standardised(row)))
    }

    /// The likeliest class of one picture.
    #[must_use]
    pub fn class(&self, row: &[f32]) -> usize {
        let all = self.probabilities(row);
        (0..all.len())
            .max_by(|a, b| all[*a].total_cmp(&all[*b]))
            .unwrap_or(0)
    }

    /// Objectness and diversity of pictures: by how many bits a picture's classes are told apart from what
    /// is usual among all, and how many bits the mean over all of them has.
    #[must_use]
    pub fn objectness(&self, rows: &[f32]) -> [f64; 2] {
        let entropy =
            |p: &[f64]| -> f64 { p.iter().filter(|p| **p > 0.0).map(|p| -p * p.log2()).sum() };
        let count = (rows.len() / self.width).max(1) as f64;
        let mut mean = vec![0.0; self.bias.len()];
        let mut own = 0.0;
        for row in rows.chunks_exact(self.width) {
            let p: Vec<f64> = self
                .probabilities(row)
                .iter()
                .map(|p| f64::from(*p))
                .collect();
            own += entropy(&p) / count;
            mean.iter_mut().zip(&p).for_each(|(m, p)| *m += p / count);
        }
        let all = entropy(&mean);
        [all - own, all]
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().fold(f32::MIN, |m, x| m.max(*x));
    let all: Vec<f32> = logits.iter().map(|x| (x - most).exp()).collect();
    let sum: f32 = all.iter().sum();
    all.iter().map(|x| x / sum).collect()
}

/// Mean and one over the deviation of each column.
fn standard(rows: &[f32], width: usize) -> (Vec<f32>, Vec<f32>) {
    let count = (rows.len() / width).max(1) as f64;
    let mut sums = vec![[0.0_f64; 2]; width];
    for row in rows.chunks_exact(width) {
        for (sum, x) in sums.iter_mut().zip(row) {
            sum[0] += f64::from(*x) / count;
            sum[1] += f64::from(*x).powi(2) / count;
        }
    }
    let mean = sums.iter().map(|s| s[0] as f32).collect();
    let scale = sums
        .iter()
        .map(|s| 1.0 / ((s[1] - s[0] * s[0]).max(1e-8)).sqrt() as f32);
    (mean, scale.collect())
}

#[cfg(test)]
mod tests {
    use super::Probe;
    use affetti_ground::Normal;

    #[test]
    fn three_clouds_are_told_apart_and_noise_is_not() {
        let noise = Normal::new(1).many(600 * 4, 0.4);
        let labels: Vec<usize> = (0..600).map(|n| n % 3).collect();
        let rows: Vec<f32> = noise
            .chunks_exact(4)
            .zip(&labels)
            .flat_map(|(row, label)| {
                let mut row = row.to_vec();
                row[*label] += 2.0;
                row
            })
            .collect();
        let probe = Probe::fit(&rows, 4, &labels, 3);
        let right = rows
            .chunks_exact(4)
            .zip(&labels)
            .filter(|(row, label)| probe.class(row) == **label);
        assert!(right.count() > 580);
        let [objectness, diversity] = probe.objectness(&rows);
        assert!(
            objectness > 1.0 && (diversity - 3.0_f64.log2()).abs() < 0.02,
            "{objectness} {diversity}"
        );
        // One class alone shows no diversity.
        let one: Vec<f32> = rows.chunks_exact(4).step_by(3).flatten().copied().collect();
        assert!(probe.objectness(&one)[1] < 0.6);
    }
}
