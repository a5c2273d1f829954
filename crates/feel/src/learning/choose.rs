//! Heads fitted with the settings that do best out of fold, with the temperature and the intervals
//! that the predictions out of fold ask for.

use super::config::Config;
use super::folds::split_rows;
use super::lesson::Lesson;
use crate::error::FeelError;
use crate::heads::concentration::Concentration;
use crate::heads::kernel::{self, Kernel};
use crate::heads::kin::Kin;
use crate::heads::linear::Linear;
use crate::heads::softmax;
use crate::heads::spread::{Spread, Told};
use affetti_data::splits::folds;
use affetti_emotion::metrics::pearson;

/// Settings with the predictions of each row by a model that did not see its fold.
pub(crate) type Tried<S, P> = Vec<(S, Vec<P>)>;

/// Chooses bandwidth and penalty by the out-of-fold correlation, calibrates the intervals on the
/// out-of-fold residuals, and fits on everything.
pub(crate) fn fit_affect(
    config: &Config,
    lesson: &Lesson<'_>,
) -> Result<(Kernel, [Spread; 2]), FeelError> {
    let fold_of = folds(config.folds, &lesson.groups)?;
    let parts: Vec<Part<'_>> = (0..=fold_of.iter().copied().max().unwrap_or(0))
        .map(|fold| Part::of(lesson, &fold_of, fold))
        .collect();
    let tried = try_affect(config, |settings| {
        affect_out_of_fold(lesson, &parts, settings)
    });
    let all: Vec<usize> = (0..fold_of.len()).collect();
    let chosen = choose_affect(config, &lesson.targets, &tried, &all)?;
    let kernel = fit_kernel(lesson, tried[chosen.setting].0, lesson.kin())?;
    Ok((kernel, chosen.spread))
}

/// Every setting of the config that gives a solvable system.
pub(crate) fn try_affect(
    config: &Config,
    out_of_fold: impl Fn(kernel::Settings) -> Option<Vec<Told>>,
) -> Tried<kernel::Settings, Told> {
    let affect = &config.affect;
    let settings = affect.bandwidths.iter().flat_map(|&bandwidth| {
        let penalties = affect.penalties.iter();
        penalties.map(move |&lambda| kernel::Settings { bandwidth, lambda })
    });
    settings
        .filter_map(|settings| Some((settings, out_of_fold(settings)?)))
        .collect()
}

/// The place of the best setting, and how wide its intervals are.
pub(crate) struct Chosen {
    pub(crate) setting: usize,
    pub(crate) spread: [Spread; 2],
}

/// Chooses among `tried` by what they predict for `rows`.
pub(crate) fn choose_affect(
    config: &Config,
    targets: &[Vec<f64>],
    tried: &Tried<kernel::Settings, Told>,
    rows: &[usize],
) -> Result<Chosen, FeelError> {
    let score = |predicted: &[Told]| {
        correlation(targets, predicted, rows, 0) + correlation(targets, predicted, rows, 1)
    };
    let (setting, predicted) = best(tried, |predicted| -score(predicted)).ok_or_else(unsolvable)?;
    let told: Vec<Told> = rows.iter().map(|&i| predicted[i]).collect();
    let spread = |output: usize| {
        let pairs = rows.iter().zip(&told);
        let residuals: Vec<f64> = pairs
            .map(|(&i, told)| targets[i][output] - told.affect[output])
            .collect();
        Spread::fit(&told, &residuals, config.affect.coverage).ok_or_else(unsolvable)
    };
    Ok(Chosen {
        setting,
        spread: [spread(0)?, spread(1)?],
    })
}

/// The first of the settings with the lowest loss.
fn best<S, P>(tried: &Tried<S, P>, loss: impl Fn(&[P]) -> f64) -> Option<(usize, &[P])> {
    let losses = tried.iter().map(|(_, predicted)| loss(predicted));
    let (n, _) = losses.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((n, &tried[n].1))
}

fn unsolvable() -> FeelError {
    FeelError::NothingToLearn {
        what: "valence and arousal: no setting gave a solvable system".into(),
    }
}

/// The kernel of `lesson`; `kin` is its own, which no setting changes.
pub(crate) fn fit_kernel(
    lesson: &Lesson<'_>,
    settings: kernel::Settings,
    kin: Option<Kin>,
) -> Result<Kernel, FeelError> {
    let kernel = kernel::fit(&lesson.z, &lesson.balances(), &lesson.targets, settings);
    let kernel = kernel.ok_or_else(unsolvable)?;
    Ok(Kernel { kin, ..kernel })
}

/// What is learned without one fold, and that fold's rows.
struct Part<'a> {
    held: Vec<usize>,
    seen: Lesson<'a>,
    kin: Option<Kin>,
}

impl<'a> Part<'a> {
    fn of(lesson: &Lesson<'a>, fold_of: &[usize], fold: usize) -> Self {
        let (held, seen) = split_rows(fold_of, fold);
        let seen = lesson.select(&seen);
        Self {
            held,
            kin: seen.kin(),
            seen,
        }
    }
}

/// Predictions of each row by a model that did not see its fold.
fn affect_out_of_fold(
    lesson: &Lesson<'_>,
    parts: &[Part<'_>],
    settings: kernel::Settings,
) -> Option<Vec<Told>> {
    let mut predicted = vec![Told::default(); lesson.z.rows()];
    for part in parts {
        let model = fit_kernel(&part.seen, settings, part.kin.clone()).ok()?;
        for &i in &part.held {
            predicted[i] = Told::of(&model, lesson.z.row(i), lesson.cues[i]);
        }
    }
    Some(predicted)
}

fn correlation(targets: &[Vec<f64>], predicted: &[Told], rows: &[usize], output: usize) -> f64 {
    let truth: Vec<f64> = rows.iter().map(|&i| targets[i][output]).collect();
    let told: Vec<f64> = rows.iter().map(|&i| predicted[i].affect[output]).collect();
    pearson(&truth, &told).unwrap_or(-1.0)
}

/// Chooses the penalty by the out-of-fold KL, fits on everything and divides the logits by the
/// temperature that the out-of-fold predictions ask for.
pub(crate) fn fit_emotions(
    penalties: &[f64],
    fold_count: usize,
    lesson: &Lesson<'_>,
) -> Result<(Linear, Concentration), FeelError> {
    let fold_of = folds(fold_count, &lesson.groups)?;
    let tried: Tried<f64, Vec<f64>> = penalties
        .iter()
        .map(|&penalty| (penalty, emotions_out_of_fold(lesson, &fold_of, penalty)))
        .collect();
    let all: Vec<usize> = (0..fold_of.len()).collect();
    let chosen = settle_emotions(&lesson.truth, &lesson.votes, &tried, &all)?;
    Ok((fit_softmax(lesson, &chosen), chosen.sure))
}

/// What was chosen for the emotion head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChosenEmotions {
    pub(crate) setting: usize,
    pub(crate) penalty: f64,
    /// One over the temperature.
    pub(crate) sharpness: f64,
    pub(crate) sure: Concentration,
}

/// [`choose_emotions`], and how unsure the shares of `rows` then are of `targets`.
pub(crate) fn settle_emotions(
    targets: &[Vec<f64>],
    votes: &[f64],
    tried: &Tried<f64, Vec<f64>>,
    rows: &[usize],
) -> Result<ChosenEmotions, FeelError> {
    let (setting, sharpness) = choose_emotions(targets, tried, rows)?;
    let (penalty, logits) = &tried[setting];
    let shares = |&i: &usize| sharpened(&logits[i], sharpness);
    let shares: Vec<Vec<f64>> = rows.iter().map(shares).collect();
    let truth: Vec<Vec<f64>> = rows.iter().map(|&i| targets[i].clone()).collect();
    let votes: Vec<f64> = rows.iter().map(|&i| votes[i]).collect();
    Ok(ChosenEmotions {
        setting,
        penalty: *penalty,
        sharpness,
        sure: concentration(&shares, &truth, &votes)?,
    })
}

/// The place of the penalty with the lowest loss on `rows`, and one over the temperature that its
/// logits ask for.
pub(crate) fn choose_emotions(
    targets: &[Vec<f64>],
    tried: &Tried<f64, Vec<f64>>,
    rows: &[usize],
) -> Result<(usize, f64), FeelError> {
    let pick = |all: &[Vec<f64>]| rows.iter().map(|&i| all[i].clone()).collect::<Vec<_>>();
    let targets = pick(targets);
    let (setting, logits) = best(tried, |logits| cross_entropy(&targets, &pick(logits), 1.0))
        .ok_or_else(|| FeelError::NothingToLearn {
            what: "nine emotions: no penalty to try".into(),
        })?;
    Ok((setting, sharpness(&targets, &pick(logits))))
}

/// Shares of `logits` at a temperature of one over `sharpness`.
pub(crate) fn sharpened(logits: &[f64], sharpness: f64) -> Vec<f64> {
    let scaled: Vec<f64> = logits.iter().map(|z| z * sharpness).collect();
    softmax::softmax(&scaled)
}

/// How unsure shares out of fold are of `truth`, the shares of so many votes.
pub(crate) fn concentration(
    shares: &[Vec<f64>],
    truth: &[Vec<f64>],
    votes: &[f64],
) -> Result<Concentration, FeelError> {
    let rows = shares.iter().zip(truth).zip(votes);
    let voted: Vec<_> = rows
        .map(|((shares, truth), votes)| {
            let counts = truth.iter().map(|share| (share * votes).round());
            (shares.as_slice(), counts.collect())
        })
        .collect();
    Concentration::fit(&voted).ok_or_else(|| FeelError::NothingToLearn {
        what: "nine emotions: no votes out of fold".into(),
    })
}

/// The emotion head with its temperature.
pub(crate) fn fit_softmax(lesson: &Lesson<'_>, chosen: &ChosenEmotions) -> Linear {
    sharpen(
        softmax::fit(lesson.problem(), chosen.penalty),
        chosen.sharpness,
    )
}

/// `linear` with its logits times `sharpness`.
pub(crate) fn sharpen(mut linear: Linear, sharpness: f64) -> Linear {
    linear
        .weights
        .iter_mut()
        .flatten()
        .for_each(|w| *w *= sharpness);
    linear.bias.iter_mut().for_each(|b| *b *= sharpness);
    linear
}

/// Logits of each row by a model that did not see its fold.
fn emotions_out_of_fold(lesson: &Lesson<'_>, fold_of: &[usize], penalty: f64) -> Vec<Vec<f64>> {
    let mut logits = vec![Vec::new(); fold_of.len()];
    for fold in 0..=fold_of.iter().copied().max().unwrap_or(0) {
        let (held, seen) = split_rows(fold_of, fold);
        let model = softmax::fit(lesson.select(&seen).problem(), penalty);
        for i in held {
            logits[i] = model.apply(lesson.z.row(i));
        }
    }
    logits
}

/// Mean cross-entropy of the human histograms under softmax(sharpness · logits).
fn cross_entropy(targets: &[Vec<f64>], logits: &[Vec<f64>], sharpness: f64) -> f64 {
    let rows = targets.iter().zip(logits);
    let sum: f64 = rows
        .map(|(target, logits)| {
            let shares = sharpened(logits, sharpness);
            let pairs = target.iter().zip(shares);
            -pairs.map(|(t, p)| t * p.max(1e-300).ln()).sum::<f64>()
        })
        .sum();
    sum / targets.len().max(1) as f64
}

/// One over the temperature that minimises the cross-entropy, by golden section on its logarithm.
fn sharpness(targets: &[Vec<f64>], logits: &[Vec<f64>]) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let loss = |log: f64| cross_entropy(targets, logits, log.exp());
    let (mut low, mut high) = (-1.0_f64, 1.0_f64);
    for _ in 0..40 {
        let width = (high - low) * golden;
        if loss(high - width) < loss(low + width) {
            high = low + width;
        } else {
            low = high - width;
        }
    }
    f64::midpoint(low, high).exp()
}
