//! How well the heads do: skill, polarity and the two ratings, with bootstrap intervals.

use super::samples::{Sample, Scales};
use crate::backbones::scores::Score;
use crate::error::FeelError;
use crate::learning::evaluate::{FLOOR, TIE};
use affetti_emotion::metrics::{auc, kl_floored, pearson};
use affetti_emotion::{Bootstrap, Distribution, Emotion};

/// What the heads say of one picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// Nine shares.
    pub(super) emotions: Vec<f64>,
    /// Valence and arousal as of photographs, 1..7.
    pub(super) photo: [f64; 2],
    /// The same as of paintings.
    pub(super) painting: [f64; 2],
}

/// Truth and answers, ready for every metric.
#[derive(Debug)]
pub(super) struct Judged {
    kl: Vec<f64>,
    kl_prior: Vec<f64>,
    polarity: [Vec<f64>; 2],
    /// True and answered valence and arousal of photographs, then of paintings.
    ratings: [[[Vec<f64>; 2]; 2]; 2],
}

impl Judged {
    pub(super) fn new(
        samples: &[&Sample],
        answers: &[Answer],
        scales: &Scales,
    ) -> Result<Self, FeelError> {
        let prior = Distribution::<Emotion>::from_counts(&scales.prior)?;
        let mut judged = Self {
            kl: Vec::new(),
            kl_prior: Vec::new(),
            polarity: Default::default(),
            ratings: Default::default(),
        };
        for (sample, answer) in samples.iter().zip(answers) {
            if let Some((shares, _)) = &sample.emotions {
                let truth = Distribution::<Emotion>::from_counts(shares)?;
                let ours = Distribution::<Emotion>::from_counts(&answer.emotions)?;
                judged.kl.push(kl_floored(&truth, &ours, FLOOR)?);
                judged.kl_prior.push(kl_floored(&truth, &prior, FLOOR)?);
                judged.polarity[0].push(truth.balance());
                judged.polarity[1].push(ours.balance());
            }
            let rated = [
                (sample.photo, answer.photo),
                (sample.painting, answer.painting),
            ];
            for (all, (truth, ours)) in judged.ratings.iter_mut().zip(rated) {
                let Some(truth) = truth else { continue };
                for n in 0..2 {
                    all[n][0].push(truth[n]);
                    all[n][1].push(ours[n]);
                }
            }
        }
        Ok(judged)
    }

    fn skill(&self, draw: &[usize]) -> Option<f64> {
        let sum = |values: &[f64]| draw.iter().map(|&i| values[i]).sum::<f64>();
        (!draw.is_empty()).then(|| 1.0 - sum(&self.kl) / sum(&self.kl_prior))
    }

    fn area(&self, draw: &[usize]) -> Option<f64> {
        let [human, ours] = &self.polarity;
        let decided = || draw.iter().filter(|&&i| human[i].abs() > TIE);
        let scores: Vec<f64> = decided().map(|&i| ours[i]).collect();
        let positive: Vec<bool> = decided().map(|&i| human[i] > 0.0).collect();
        auc(&scores, &positive).ok()
    }

    /// The loss that is learned from, in expectation: divergence and squared standardised errors.
    pub(super) fn loss(&self, weights: [f64; 3], scales: &Scales) -> f64 {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let mut loss = weights[0] * mean(&self.kl);
        let all = [scales.photo, scales.painting];
        for ((ratings, scales), weight) in self.ratings.iter().zip(all).zip(&weights[1..]) {
            for ([truth, ours], scale) in ratings.iter().zip(scales) {
                let squares = truth.iter().zip(ours).map(|(t, o)| {
                    let off = (t - o) / scale.deviation;
                    0.5 * off * off
                });
                loss += weight * mean(&squares.collect::<Vec<_>>());
            }
        }
        loss
    }

    /// Every metric that these pictures allow: name, value without a picture, number of pictures,
    /// and the value on a draw of them.
    fn metrics(&self) -> Vec<Measured<'_>> {
        let mut metrics: Vec<Measured<'_>> = Vec::new();
        let r = |pair: &'_ [Vec<f64>; 2], draw: &[usize]| {
            let pick = |values: &[f64]| draw.iter().map(|&i| values[i]).collect::<Vec<_>>();
            pearson(&pick(&pair[0]), &pick(&pair[1])).ok()
        };
        let n = self.kl.len();
        metrics.push(("KL skill", 0.0, n, Box::new(|draw| self.skill(draw))));
        let polarity = &self.polarity;
        metrics.push((
            "polarity r",
            0.0,
            n,
            Box::new(move |draw| r(polarity, draw)),
        ));
        metrics.push(("polarity AUC", 0.5, n, Box::new(|draw| self.area(draw))));
        let names = [
            ["photographs: valence r", "photographs: arousal r"],
            ["D-ViSA: valence r", "D-ViSA: arousal r"],
        ];
        for (ratings, names) in self.ratings.iter().zip(names) {
            for (pair, name) in ratings.iter().zip(names) {
                let n = pair[0].len();
                metrics.push((name, 0.0, n, Box::new(move |draw| r(pair, draw))));
            }
        }
        metrics
    }

    /// Values alone, for every epoch; NaN where the pictures do not allow one.
    pub(super) fn values(&self) -> Vec<(&'static str, f64)> {
        let value = |(name, _, n, measure): Measured<'_>| {
            let all: Vec<usize> = (0..n).collect();
            (name, measure(&all).unwrap_or(f64::NAN))
        };
        self.metrics().into_iter().map(value).collect()
    }

    /// Values with intervals; metrics that the pictures do not allow are left out.
    pub(super) fn scores(&self, set: &str, seed: u64) -> Result<Vec<Score>, FeelError> {
        let bootstrap = Bootstrap::seeded(seed).check()?;
        let mut scores = Vec::new();
        for (name, prior, n, measure) in self.metrics() {
            let Ok(estimate) = bootstrap.estimate(n, measure) else {
                continue;
            };
            scores.push(Score {
                set: set.to_owned(),
                metric: name.to_owned(),
                value: estimate.value,
                interval: [estimate.interval.low, estimate.interval.high],
                prior,
                n,
            });
        }
        Ok(scores)
    }
}

type Measured<'a> = (
    &'static str,
    f64,
    usize,
    Box<dyn Fn(&[usize]) -> Option<f64> + 'a>,
);
