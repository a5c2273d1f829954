//! Figures from answers: scores with bootstrap intervals, and paired differences.

use super::answers::Answers;
use crate::error::FeelError;
use crate::heads::concentration::covered;
use crate::learning::figures::Figure;
use affetti_emotion::metrics::{auc, kl_floored, pearson};
use affetti_emotion::{CheckedBootstrap, Distribution, Emotion, Label};
use std::collections::BTreeMap;

/// Floor of a predicted share in KL: one viewer among ten thousand.
pub(crate) const FLOOR: f64 = 1e-4;
/// A smaller difference of shares is rounding: the viewers are divided evenly.
pub(crate) const TIE: f64 = 1e-9;

/// Slices of fewer pictures say nothing.
const SLICED: usize = 200;

/// What is said of one output of all pictures.
struct Seen<'a> {
    truth: &'a [f64],
    model: &'a [f64],
    baseline: &'a [f64],
    prior: &'a [f64],
    /// Half-widths of the model's intervals.
    half: &'a [f64],
    /// Of each picture, see [`Answers::groups`].
    groups: &'a [usize],
}

/// Draws pictures for the intervals.
pub(crate) struct Judge {
    pub(crate) bootstrap: CheckedBootstrap,
}

impl Judge {
    pub(super) fn affect_figures(
        &self,
        answers: &Answers,
        set: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let both = [0, 1].map(|output| self.rating_figures(answers, set, output));
        let both = both.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(both.into_iter().flatten().collect())
    }

    /// Figures of valence (0) or arousal (1).
    pub(crate) fn rating_figures(
        &self,
        answers: &Answers,
        set: &str,
        output: usize,
    ) -> Result<Vec<Figure>, FeelError> {
        let word = ["valence", "arousal"][output];
        let mut figures = Vec::new();
        let column = |rows: &[Vec<f64>]| rows.iter().map(|r| r[output]).collect::<Vec<_>>();
        let (truth, model, baseline) = (
            column(&answers.truth),
            column(&answers.model),
            column(&answers.baseline),
        );
        let r = |predicted: &[f64], draw: &[usize]| {
            correlation(&pick(&truth, draw), &pick(predicted, draw))
        };
        figures.extend(self.figure(
            (set, &format!("{word}: Pearson r")),
            &answers.groups,
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
        figures.extend(self.figure(
            (set, &format!("{word}: mean error")),
            &answers.groups,
            error(&prior, &all).unwrap_or(f64::NAN),
            |draw| error(&model, draw),
            |draw| error(&baseline, draw),
        )?);
        let widths: Vec<f64> = answers.unsure.iter().map(|u| u.half(output)).collect();
        let seen = Seen {
            truth: &truth,
            model: &model,
            baseline: &baseline,
            prior: &prior,
            half: &widths,
            groups: &answers.groups,
        };
        figures.extend(self.interval_figures((set, word), &seen)?);
        Ok(figures)
    }

    /// Coverage, how much the widths differ, and coverage within slices where there are enough pictures.
    fn interval_figures(
        &self,
        (set, word): (&str, &str),
        seen: &Seen<'_>,
    ) -> Result<Vec<Figure>, FeelError> {
        let n = seen.truth.len();
        let all: Vec<usize> = (0..n).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let mut slices = vec![(
            format!("coverage of ±{:.2} (mean)", mean(seen.half)),
            all.clone(),
        )];
        if n >= SLICED {
            let middle = median(seen.half);
            let pleasant = |i: &usize| seen.model[*i] > 4.0;
            let narrow = |i: &usize| seen.half[*i] < middle;
            let part = |of: &dyn Fn(&usize) -> bool| all.iter().copied().filter(of).collect();
            slices.extend([
                ("coverage, narrow half".to_owned(), part(&narrow)),
                ("coverage, wide half".to_owned(), part(&|i| !narrow(i))),
                ("coverage, predicted above 4".to_owned(), part(&pleasant)),
                (
                    "coverage, predicted up to 4".to_owned(),
                    part(&|i| !pleasant(i)),
                ),
            ]);
        }
        let mut figures = Vec::new();
        for (name, rows) in slices
            .into_iter()
            .filter(|(_, rows): &(_, Vec<usize>)| !rows.is_empty())
        {
            let covered = |told: &[f64], draw: &[usize]| {
                let inside = |&&k: &&usize| {
                    let i = rows[k];
                    (told[i] - seen.truth[i]).abs() <= seen.half[i]
                };
                Some(draw.iter().filter(inside).count() as f64 / draw.len() as f64)
            };
            let every: Vec<usize> = (0..rows.len()).collect();
            figures.extend(self.figure(
                (set, &format!("{word}: {name}")),
                &pick(seen.groups, &rows),
                covered(seen.prior, &every).unwrap_or(f64::NAN),
                |draw| covered(seen.model, draw),
                |draw| covered(seen.baseline, draw),
            )?);
        }
        let ratio = |draw: &[usize]| {
            let mut widths = pick(seen.half, draw);
            widths.sort_by(f64::total_cmp);
            let at = |share: f64| widths[((widths.len() - 1) as f64 * share).round() as usize];
            Some(at(0.9) / at(0.1).max(1e-9))
        };
        figures.extend(self.figure(
            (set, &format!("{word}: widest tenth over narrowest")),
            seen.groups,
            1.0,
            ratio,
            |_| Some(1.0),
        )?);
        Ok(figures)
    }

    /// Coverage of the 80 % intervals of shares, the noise of the votes accounted for; within slices where
    /// there are enough pictures.
    fn share_coverage(
        &self,
        answers: &Answers,
        told: &[f64],
        set: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let of = |i: usize| -> Option<f64> {
            let alpha = answers.unsure[i].concentration()?;
            let pairs = answers.model[i].iter().zip(&answers.truth[i]);
            let votes = answers.votes[i].round();
            let each = pairs.map(|(&told, &share)| covered(alpha, told, share * votes, votes));
            Some(each.sum::<f64>() / answers.truth[i].len() as f64)
        };
        // Pictures whose votes are not known say nothing of it.
        let known = (0..answers.truth.len()).filter_map(|i| Some((i, of(i)?)));
        let (rows, each): (Vec<usize>, Vec<f64>) = known.unzip();
        let alphas: Vec<f64> = rows
            .iter()
            .filter_map(|&i| answers.unsure[i].concentration())
            .collect();
        let balances = pick(told, &rows);
        let middle = median(&alphas);
        let all: Vec<usize> = (0..rows.len()).collect();
        let mut slices = vec![("", all.clone())];
        if rows.len() >= SLICED {
            let part = |of: &dyn Fn(&usize) -> bool| all.iter().copied().filter(of).collect();
            slices.extend([
                (", narrow half", part(&|&k| alphas[k] >= middle)),
                (", wide half", part(&|&k| alphas[k] < middle)),
                (", predicted pleasant", part(&|&k| balances[k] > 0.0)),
                (", predicted unpleasant", part(&|&k| balances[k] <= 0.0)),
            ]);
        }
        let groups = pick(&answers.groups, &rows);
        let mut figures = Vec::new();
        for (slice, places) in slices {
            let values = pick(&each, &places);
            let mean =
                |draw: &[usize]| Some(pick(&values, draw).iter().sum::<f64>() / draw.len() as f64);
            let name = format!("emotions: coverage of 80 % intervals of shares{slice}");
            let groups = pick(&groups, &places);
            figures.extend(self.figure((set, &name), &groups, 0.8, mean, |_| Some(0.8))?);
        }
        Ok(figures)
    }

    pub(crate) fn emotion_figures(
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
        let first = self.figure(
            (set, "emotions: KL (floor 1e-4)"),
            &answers.groups,
            mean(&kl_prior, &all),
            |draw| Some(mean(&kl_model, draw)),
            |draw| Some(mean(&kl_baseline, draw)),
        )?;
        let mut figures: Vec<Figure> = first.into_iter().collect();
        let skill = |kl: &[f64], draw: &[usize]| Some(1.0 - mean(kl, draw) / mean(&kl_prior, draw));
        figures.extend(self.figure(
            (set, "emotions: KL skill"),
            &answers.groups,
            0.0,
            |draw| skill(&kl_model, draw),
            |draw| skill(&kl_baseline, draw),
        )?);
        let polarity = |all: &[Distribution<Emotion>]| {
            all.iter().map(Distribution::balance).collect::<Vec<_>>()
        };
        let (human, ours, plain) = (polarity(&truth), polarity(&model), polarity(&baseline));
        let r = |predicted: &[f64], draw: &[usize]| {
            correlation(&pick(&human, draw), &pick(predicted, draw))
        };
        figures.extend(self.figure(
            (set, "polarity: Pearson r"),
            &answers.groups,
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
        figures.extend(self.figure(
            (set, "polarity: AUC"),
            &answers.groups,
            0.5,
            |draw| area(&ours, draw),
            |draw| area(&plain, draw),
        )?);
        figures.extend(self.majority(answers, [&truth, &model, &baseline], set)?);
        figures.extend(self.share_coverage(answers, &ours, set)?);
        Ok(figures)
    }

    /// Pleasant from unpleasant, where viewers said no more than that.
    pub(crate) fn sentiment_figures(
        &self,
        (positive, groups): (&[bool], &[usize]),
        [ours, baseline]: [&[f64]; 2],
        set: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let n = positive.len();
        let truth = |draw: &[usize]| draw.iter().map(|&i| positive[i]).collect::<Vec<_>>();
        let area = |told: &[f64], draw: &[usize]| auc(&pick(told, draw), &truth(draw)).ok();
        let right = |told: &[f64], draw: &[usize]| {
            let hits = draw.iter().filter(|&&i| (told[i] > 0.0) == positive[i]);
            Some(hits.count() as f64 / draw.len() as f64)
        };
        let pleasant = positive.iter().filter(|p| **p).count() as f64 / n.max(1) as f64;
        let mut figures = Vec::new();
        if (0.0..1.0).contains(&pleasant) && pleasant > 0.0 {
            figures.extend(self.figure(
                (set, "sentiment: AUC"),
                groups,
                0.5,
                |draw| area(ours, draw),
                |draw| area(baseline, draw),
            )?);
        }
        figures.extend(self.figure(
            (set, "sentiment: accuracy"),
            groups,
            pleasant.max(1.0 - pleasant),
            |draw| right(ours, draw),
            |draw| right(baseline, draw),
        )?);
        Ok(figures)
    }

    /// Accuracy where more than half of the viewers agree.
    fn majority(
        &self,
        answers: &Answers,
        [truth, model, baseline]: [&[Distribution<Emotion>]; 3],
        set: &str,
    ) -> Result<Option<Figure>, FeelError> {
        let agreed: Vec<usize> = (0..truth.len())
            .filter(|&i| truth[i].get(truth[i].dominant()) > 0.5)
            .collect();
        if agreed.is_empty() {
            return Ok(None);
        }
        let usual = Distribution::<Emotion>::from_counts(&answers.prior)?.dominant();
        let right = |predicted: &dyn Fn(usize) -> Emotion, draw: &[usize]| {
            let hits = draw
                .iter()
                .filter(|&&k| predicted(agreed[k]) == truth[agreed[k]].dominant());
            Some(hits.count() as f64 / draw.len() as f64)
        };
        let all: Vec<usize> = (0..agreed.len()).collect();
        self.figure(
            (set, "strict majority: accuracy"),
            &pick(&answers.groups, &agreed),
            right(&|_| usual, &all).unwrap_or(f64::NAN),
            |draw| right(&|i| model[i].dominant(), draw),
            |draw| right(&|i| baseline[i].dominant(), draw),
        )
    }

    /// None where the pictures do not define it: a correlation with truths that are all alike, say. `groups`
    /// has the group of each picture.
    fn figure(
        &self,
        (set, metric): (&str, &str),
        groups: &[usize],
        prior: f64,
        model: impl Fn(&[usize]) -> Option<f64>,
        baseline: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Option<Figure>, FeelError> {
        let n = groups.len();
        let all: Vec<usize> = (0..n).collect();
        let defined = |value: Option<f64>| value.is_some_and(f64::is_finite);
        if n == 0 || !defined(model(&all)) || !defined(baseline(&all)) {
            return Ok(None);
        }
        let groups = together(groups);
        let estimate = self.bootstrap.estimate_groups(&groups, &model)?;
        let gain = self
            .bootstrap
            .difference_groups(&groups, &model, &baseline)?;
        Ok(Some(Figure {
            set: set.to_owned(),
            metric: metric.to_owned(),
            value: estimate.value,
            interval: [estimate.interval.low, estimate.interval.high],
            prior,
            baseline: baseline(&all).unwrap_or(f64::NAN),
            gain: [gain.interval.low, gain.interval.high],
            n,
        }))
    }
}

/// The places of each group, groups in the order of their first places.
fn together(groups: &[usize]) -> Vec<Vec<usize>> {
    let mut place_of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut all: Vec<Vec<usize>> = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let place = *place_of.entry(*group).or_insert(all.len());
        if place == all.len() {
            all.push(Vec::new());
        }
        all[place].push(i);
    }
    all
}

/// A number for each name, the same for the same.
pub(crate) fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    names
        .map(|name| {
            let next = known.len();
            *known.entry(name).or_insert(next)
        })
        .collect()
}

fn distributions(rows: &[Vec<f64>]) -> Result<Vec<Distribution<Emotion>>, FeelError> {
    debug_assert!(rows.iter().all(|r| r.len() == Emotion::ALL.len()));
    Ok(rows
        .iter()
        .map(|r| Distribution::from_counts(r))
        .collect::<Result<_, _>>()?)
}

/// Pearson's r; 0 where all was told alike, for that says nothing of the truth.
fn correlation(truth: &[f64], told: &[f64]) -> Option<f64> {
    let alike = told.windows(2).all(|pair| pair[0] == pair[1]);
    if alike {
        Some(0.0)
    } else {
        pearson(truth, told).ok()
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn pick<T: Copy>(values: &[T], draw: &[usize]) -> Vec<T> {
    draw.iter().map(|&i| values[i]).collect()
}
