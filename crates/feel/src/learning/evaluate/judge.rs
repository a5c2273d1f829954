//! Figures from answers: scores with bootstrap intervals, and paired differences.

use super::answers::Answers;
use crate::error::FeelError;
use crate::learning::figures::Figure;
use crate::predicting::predictor::balance;
use affetti_emotion::metrics::{auc, kl_floored, pearson};
use affetti_emotion::{CheckedBootstrap, Distribution, Emotion, Label};

/// Floor of a predicted share in KL: one viewer among ten thousand.
pub(crate) const FLOOR: f64 = 1e-4;
/// A smaller difference of shares is rounding: the viewers are divided evenly.
pub(crate) const TIE: f64 = 1e-9;

/// Draws pictures for the intervals.
pub(super) struct Judge {
    pub(super) bootstrap: CheckedBootstrap,
}

impl Judge {
    pub(super) fn affect_figures(
        &self,
        answers: &Answers,
        set: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let mut figures = Vec::new();
        for (output, word) in ["valence", "arousal"].into_iter().enumerate() {
            let column = |rows: &[Vec<f64>]| rows.iter().map(|r| r[output]).collect::<Vec<_>>();
            let (truth, model, baseline) = (
                column(&answers.truth),
                column(&answers.model),
                column(&answers.baseline),
            );
            let r = |predicted: &[f64], draw: &[usize]| {
                pearson(&pick(&truth, draw), &pick(predicted, draw)).ok()
            };
            figures.push(self.figure(
                (set, &format!("{word}: Pearson r")),
                truth.len(),
                0.0,
                |draw| r(&model, draw),
                |draw| r(&baseline, draw),
            )?);
            let error = |predicted: &[f64], draw: &[usize]| {
                let sizes = draw.iter().map(|&i| (predicted[i] - truth[i]).abs());
                Some(sizes.sum::<f64>() / draw.len() as f64)
            };
            let prior = vec![answers.prior[output]; truth.len()];
            let all: Vec<usize> = (0..truth.len()).collect();
            figures.push(self.figure(
                (set, &format!("{word}: mean error")),
                truth.len(),
                error(&prior, &all).unwrap_or(f64::NAN),
                |draw| error(&model, draw),
                |draw| error(&baseline, draw),
            )?);
            let half = answers.half.iter().map(|h| h[output]).sum::<f64>() / truth.len() as f64;
            let covered = |predicted: &[f64], draw: &[usize]| {
                let inside = draw
                    .iter()
                    .filter(|&&i| (predicted[i] - truth[i]).abs() <= answers.half[i][output]);
                Some(inside.count() as f64 / draw.len() as f64)
            };
            figures.push(self.figure(
                (set, &format!("{word}: coverage of ±{half:.2}")),
                truth.len(),
                covered(&prior, &all).unwrap_or(f64::NAN),
                |draw| covered(&model, draw),
                |draw| covered(&baseline, draw),
            )?);
        }
        Ok(figures)
    }

    pub(super) fn emotion_figures(
        &self,
        answers: &Answers,
        set: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let n = answers.truth.len();
        let truth = distributions(&answers.truth)?;
        let (model, baseline) = (
            distributions(&answers.model)?,
            distributions(&answers.baseline)?,
        );
        let prior = vec![Distribution::<Emotion>::from_counts(&answers.prior)?; n];
        let divergence = |predicted: &[Distribution<Emotion>]| {
            let pairs = truth.iter().zip(predicted);
            pairs
                .map(|(t, p)| kl_floored(t, p, FLOOR))
                .collect::<Result<Vec<_>, _>>()
        };
        let (kl_model, kl_baseline) = (divergence(&model)?, divergence(&baseline)?);
        let kl_prior = divergence(&prior)?;
        let mean = |values: &[f64], draw: &[usize]| {
            pick(values, draw).iter().sum::<f64>() / draw.len() as f64
        };
        let all: Vec<usize> = (0..n).collect();
        let mut figures = vec![self.figure(
            (set, "emotions: KL (floor 1e-4)"),
            n,
            mean(&kl_prior, &all),
            |draw| Some(mean(&kl_model, draw)),
            |draw| Some(mean(&kl_baseline, draw)),
        )?];
        let skill = |kl: &[f64], draw: &[usize]| Some(1.0 - mean(kl, draw) / mean(&kl_prior, draw));
        figures.push(self.figure(
            (set, "emotions: KL skill"),
            n,
            0.0,
            |draw| skill(&kl_model, draw),
            |draw| skill(&kl_baseline, draw),
        )?);
        let polarity = |all: &[Distribution<Emotion>]| all.iter().map(balance).collect::<Vec<_>>();
        let (human, ours, plain) = (polarity(&truth), polarity(&model), polarity(&baseline));
        let r = |predicted: &[f64], draw: &[usize]| {
            pearson(&pick(&human, draw), &pick(predicted, draw)).ok()
        };
        figures.push(self.figure(
            (set, "polarity: Pearson r"),
            n,
            0.0,
            |draw| r(&ours, draw),
            |draw| r(&plain, draw),
        )?);
        let area = |predicted: &[f64], draw: &[usize]| {
            let decided: Vec<usize> = draw
                .iter()
                .copied()
                .filter(|&i| human[i].abs() > TIE)
                .collect();
            let positive: Vec<bool> = decided.iter().map(|&i| human[i] > 0.0).collect();
            auc(&pick(predicted, &decided), &positive).ok()
        };
        figures.push(self.figure(
            (set, "polarity: AUC"),
            n,
            0.5,
            |draw| area(&ours, draw),
            |draw| area(&plain, draw),
        )?);
        figures.extend(self.majority(&answers.prior, &truth, &model, &baseline, set)?);
        Ok(figures)
    }

    /// Accuracy where more than half of the viewers agree.
    fn majority(
        &self,
        prior: &[f64],
        truth: &[Distribution<Emotion>],
        model: &[Distribution<Emotion>],
        baseline: &[Distribution<Emotion>],
        set: &str,
    ) -> Result<Option<Figure>, FeelError> {
        let agreed: Vec<usize> = (0..truth.len())
            .filter(|&i| truth[i].get(truth[i].dominant()) > 0.5)
            .collect();
        if agreed.is_empty() {
            return Ok(None);
        }
        let usual = Distribution::<Emotion>::from_counts(prior)?.dominant();
        let right = |predicted: &dyn Fn(usize) -> Emotion, draw: &[usize]| {
            let hits = draw
                .iter()
                .filter(|&&k| predicted(agreed[k]) == truth[agreed[k]].dominant());
            Some(hits.count() as f64 / draw.len() as f64)
        };
        let all: Vec<usize> = (0..agreed.len()).collect();
        let figure = self.figure(
            (set, "strict majority: accuracy"),
            agreed.len(),
            right(&|_| usual, &all).unwrap_or(f64::NAN),
            |draw| right(&|i| model[i].dominant(), draw),
            |draw| right(&|i| baseline[i].dominant(), draw),
        )?;
        Ok(Some(figure))
    }

    fn figure(
        &self,
        (set, metric): (&str, &str),
        n: usize,
        prior: f64,
        model: impl Fn(&[usize]) -> Option<f64>,
        baseline: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Figure, FeelError> {
        let all: Vec<usize> = (0..n).collect();
        let estimate = self.bootstrap.estimate(n, &model)?;
        let gain = self.bootstrap.difference(n, &model, &baseline)?;
        Ok(Figure {
            set: set.to_owned(),
            metric: metric.to_owned(),
            value: estimate.value,
            interval: [estimate.interval.low, estimate.interval.high],
            prior,
            baseline: baseline(&all).unwrap_or(f64::NAN),
            gain: [gain.interval.low, gain.interval.high],
            n,
        })
    }
}

fn distributions(rows: &[Vec<f64>]) -> Result<Vec<Distribution<Emotion>>, FeelError> {
    debug_assert!(rows.iter().all(|r| r.len() == Emotion::ALL.len()));
    Ok(rows
        .iter()
        .map(|r| Distribution::from_counts(r))
        .collect::<Result<_, _>>()?)
}

fn pick(values: &[f64], draw: &[usize]) -> Vec<f64> {
    draw.iter().map(|&i| values[i]).collect()
}
