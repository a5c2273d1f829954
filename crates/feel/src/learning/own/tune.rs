//! Heads of a predictor fitted to a user's rows.

use super::Said;
use super::rows::Own;
use crate::error::FeelError;
use crate::heads::concentration::Concentration;
use crate::heads::kernel::{Kernel, ridge_of};
use crate::heads::linear::{Linear, Matrix};
use crate::heads::novelty;
use crate::heads::softmax::{self, Problem, fit_near};
use crate::heads::spread::{Cue, Spread, Told};
use crate::learning::choose::{Tried, choose_emotions, concentration, sharpen, sharpened};
use crate::learning::folds::{FOLDS, split_rows};
use crate::predicting::model::Model;
use crate::predicting::predictor::{Predictor, SCALE, cue};
use affetti_emotion::{Distribution, Emotion, Label, Sentiment};

/// Penalties of the emotion head, from free to nearly as it was.
const PULLS: [f64; 8] = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 1.0, 100.0];
/// Penalties of valence and arousal, likewise.
const RIDGES: [f64; 7] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 1e4];
/// Pictures that speak for a slope of 1 where valence or arousal of the base are rescaled.
const SLOPE_PULL: f64 = 10.0;
/// Fewer votes or residuals out of fold say nothing of how unsure the head is.
const LEAST_TO_CALIBRATE: usize = 50;
/// Coverage of the intervals.
const COVERAGE: f64 = 0.8;

/// A predictor's new numbers, and what they say out of fold.
pub(super) struct Tuned {
    pub(super) model: Model,
    pub(super) told: Vec<Said>,
}

/// Rows as the heads of the base see them.
struct Seen<'a> {
    own: &'a Own,
    base: &'a Model,
    alone: bool,
    emotions: Matrix,
    affect: Matrix,
    fold_of: Vec<usize>,
}

/// Fits what the table speaks of; the rest stays as in `base`.
pub(super) fn tune(base: &Predictor, own: &Own, alone: bool) -> Result<Tuned, FeelError> {
    let model = base.weights();
    let seen = Seen {
        own,
        base: model,
        alone,
        emotions: model.bases.emotions.project_all(&own.features),
        affect: model.bases.affect.project_all(&own.features),
        fold_of: own.samples.iter().map(|sample| sample.fold).collect(),
    };
    let mut tuned = Tuned {
        model: model.clone(),
        told: own.told_by(base)?,
    };
    seen.tune_emotions(&mut tuned)?;
    seen.tune_affect(&mut tuned)?;
    seen.widen_what_is_usual(&mut tuned.model);
    Ok(tuned)
}

impl Seen<'_> {
    /// Rows that say something of emotions, with targets and weights.
    fn lessons(&self) -> Result<(Vec<usize>, Vec<Vec<f64>>), FeelError> {
        let rows = self.own.with_emotions();
        let target = |&row: &usize| match self.own.sentiments[row] {
            Some(side) if self.own.samples[row].target.is_empty() => self.spread_over(row, side),
            _ => Ok(self.own.shares(row)),
        };
        let targets = rows.iter().map(target).collect::<Result<_, _>>()?;
        Ok((rows, targets))
    }

    /// A sentiment as shares: the base's own, of that sentiment alone.
    fn spread_over(&self, row: usize, side: Sentiment) -> Result<Vec<f64>, FeelError> {
        let shares = softmax::softmax(&self.base.emotions.apply(self.emotions.row(row)));
        let inside = shares.iter().zip(Emotion::ALL);
        let inside = inside.map(|(p, emotion)| if emotion.sentiment() == side { *p } else { 0.0 });
        let kept: Vec<f64> = inside.collect();
        Ok(Distribution::<Emotion>::from_counts(&kept)?
            .as_slice()
            .to_vec())
    }

    fn fit_emotions(&self, rows: &[usize], targets: &[Vec<f64>], penalty: f64) -> Linear {
        let x = self.emotions.select(rows);
        let weights: Vec<f64> = rows.iter().map(|&i| self.own.samples[i].votes).collect();
        let problem = Problem {
            x: &x,
            targets,
            weights: &weights,
        };
        if self.alone {
            softmax::fit(problem, penalty)
        } else {
            fit_near(problem, penalty, &self.base.emotions)
        }
    }

    fn tune_emotions(&self, tuned: &mut Tuned) -> Result<(), FeelError> {
        let (rows, targets) = self.lessons()?;
        if rows.is_empty() {
            return Ok(());
        }
        let fold_of: Vec<usize> = rows.iter().map(|&i| self.fold_of[i]).collect();
        let pick = |places: &[usize]| -> (Vec<usize>, Vec<Vec<f64>>) {
            places
                .iter()
                .map(|&n| (rows[n], targets[n].clone()))
                .unzip()
        };
        let logits = |penalty: f64| {
            let mut logits = vec![Vec::new(); self.own.samples.len()];
            for fold in 0..FOLDS {
                let (_, others) = split_rows(&fold_of, fold);
                let (seen, wanted) = pick(&others);
                if seen.is_empty() {
                    continue;
                }
                let head = self.fit_emotions(&seen, &wanted, penalty);
                // Pictures without a word on emotions are asked, too: their valence needs the cue.
                for (i, logits) in logits.iter_mut().enumerate() {
                    if self.fold_of[i] == fold {
                        *logits = head.apply(self.emotions.row(i));
                    }
                }
            }
            logits
        };
        let every: Vec<(f64, Vec<Vec<f64>>)> = PULLS.iter().map(|&p| (p, logits(p))).collect();
        let tried: Tried<f64, Vec<f64>> = every
            .iter()
            .map(|(p, logits)| (*p, rows.iter().map(|&i| logits[i].clone()).collect()))
            .collect();
        for fold in 0..FOLDS {
            let (_, others) = split_rows(&fold_of, fold);
            let (setting, sharpness) = choose_emotions(&targets, &tried, &others)?;
            for (i, said) in tuned.told.iter_mut().enumerate() {
                if self.fold_of[i] == fold {
                    said.shares = sharpened(&every[setting].1[i], sharpness);
                }
            }
        }
        let all: Vec<usize> = (0..rows.len()).collect();
        let (setting, sharpness) = choose_emotions(&targets, &tried, &all)?;
        let head = self.fit_emotions(&rows, &targets, tried[setting].0);
        tuned.model.emotions = sharpen(head, sharpness);
        self.calibrate_shares(tuned)
    }

    fn calibrate_shares(&self, tuned: &mut Tuned) -> Result<(), FeelError> {
        let voted = self.own.with_votes();
        let before = tuned.model.sure;
        let fit = |rows: &[usize], told: &[Said]| -> Result<Option<Concentration>, FeelError> {
            if rows.len() < LEAST_TO_CALIBRATE {
                return Ok(before);
            }
            let shares: Vec<Vec<f64>> = rows.iter().map(|&i| told[i].shares.clone()).collect();
            let truth: Vec<Vec<f64>> = rows.iter().map(|&i| self.own.shares(i)).collect();
            let votes: Vec<f64> = rows.iter().map(|&i| self.own.samples[i].votes).collect();
            concentration(&shares, &truth, &votes).map(Some)
        };
        tuned.model.sure = fit(&voted, &tuned.told)?;
        for fold in 0..FOLDS {
            // What is said of a fold is calibrated on the others.
            let others: Vec<usize> = self.outside(&voted, fold);
            let sure = fit(&others, &tuned.told)?;
            for (i, said) in tuned.told.iter_mut().enumerate() {
                if self.fold_of[i] == fold {
                    said.concentration = sure.map(|sure| sure.of(&said.shares));
                }
            }
        }
        Ok(())
    }

    /// The kernel of the base, or one that knows nothing, rescaled and with `rows` as further ratings;
    /// one penalty for each output.
    fn fit_affect(&self, rows: &[usize], balances: &[f64], penalties: [f64; 2]) -> Option<Kernel> {
        let base = &self.base.affect;
        let mut kernel = base.clone();
        for output in 0..2 {
            // Of what no row speaks the base goes on speaking.
            let is_rated = |&i: &usize| self.own.ratings[i][output].is_some();
            if self.alone && rows.iter().any(is_rated) {
                kernel.dual[output].fill(0.0);
                kernel.trend[output] = [0.0; 2];
            }
        }
        let own = self.affect.select(rows);
        let told: Vec<Vec<f64>> = rows
            .iter()
            .map(|&i| kernel.apply(self.affect.row(i), balances[i]).0)
            .collect();
        for output in 0..2 {
            let rated: Vec<usize> = (0..rows.len())
                .filter(|&n| self.own.ratings[rows[n]][output].is_some())
                .collect();
            let mut dual = vec![0.0; rows.len()];
            if !rated.is_empty() {
                let truth = |&n: &usize| self.own.ratings[rows[n]][output].unwrap_or(0.0);
                let truth: Vec<f64> = rated.iter().map(truth).collect();
                let before: Vec<f64> = rated.iter().map(|&n| told[n][output]).collect();
                let [start, slope] = line(&before, &truth);
                kernel.dual[output].iter_mut().for_each(|a| *a *= slope);
                let [from, along] = kernel.trend[output];
                kernel.trend[output] = [start + slope * from, slope * along];
                let left = before.iter().zip(&truth);
                let left: Vec<f64> = left.map(|(b, t)| t - start - slope * b).collect();
                let found = ridge_of(&own.select(&rated), &left, base.width, penalties[output])?;
                rated.iter().zip(found).for_each(|(&n, a)| dual[n] = a);
            }
            kernel.dual[output].extend(dual);
        }
        kernel.support.data.extend(own.data);
        Some(kernel)
    }

    fn tune_affect(&self, tuned: &mut Tuned) -> Result<(), FeelError> {
        let rows = self.own.with_either_rating();
        if rows.is_empty() {
            return Ok(());
        }
        let unsolvable = || FeelError::NothingToLearn {
            what: "valence and arousal: no solvable system".into(),
        };
        let cues = tuned
            .told
            .iter()
            .map(|said| Ok(cue(&Distribution::from_counts(&said.shares)?)))
            .collect::<Result<Vec<Cue>, FeelError>>()?;
        let balances: Vec<f64> = cues.iter().map(|cue| cue.balance).collect();
        let out_of_fold = |penalty: f64| -> Option<Vec<Told>> {
            let mut told = vec![Told::default(); self.own.samples.len()];
            for fold in 0..FOLDS {
                let seen = self.outside(&rows, fold);
                let kernel = self.fit_affect(&seen, &balances, [penalty; 2])?;
                for (i, told) in told.iter_mut().enumerate() {
                    if self.fold_of[i] == fold {
                        *told = Told::of(&kernel, self.affect.row(i), cues[i]);
                    }
                }
            }
            Some(told)
        };
        let tried: Vec<(f64, Vec<Told>)> = RIDGES
            .iter()
            .filter_map(|&penalty| Some((penalty, out_of_fold(penalty)?)))
            .collect();
        if tried.is_empty() {
            return Err(unsolvable());
        }
        let rated = [0, 1].map(|output| self.own.with_rating(output));
        // The setting of one output that errs least on `rows`.
        let choose = |output: usize, rows: &[usize]| -> usize {
            let error = |told: &[Told]| -> f64 {
                let each = rows.iter().map(|&i| {
                    let truth = self.own.ratings[i][output].unwrap_or(0.0);
                    (told[i].affect[output] - truth).powi(2)
                });
                each.sum()
            };
            let errors = tried.iter().map(|(_, told)| error(told)).enumerate();
            errors
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map_or(0, |(setting, _)| setting)
        };
        let mut told = vec![Told::default(); self.own.samples.len()];
        for fold in 0..FOLDS {
            let settings = [0, 1].map(|k| choose(k, &self.outside(&rated[k], fold)));
            for (i, told) in told.iter_mut().enumerate() {
                if self.fold_of[i] == fold {
                    // Nearness and cue are the same under every penalty.
                    *told = Told {
                        affect: [0, 1].map(|k| tried[settings[k]].1[i].affect[k]),
                        ..tried[settings[0]].1[i]
                    };
                }
            }
        }
        let penalties = [0, 1].map(|k| tried[choose(k, &rated[k])].0);
        tuned.model.affect = self
            .fit_affect(&rows, &balances, penalties)
            .ok_or_else(unsolvable)?;
        for output in 0..2 {
            self.calibrate(output, &told, tuned);
        }
        Ok(())
    }

    /// Those of `rows` that are not in `fold`.
    fn outside(&self, rows: &[usize], fold: usize) -> Vec<usize> {
        let other = |i: &usize| self.fold_of[*i] != fold;
        rows.iter().copied().filter(other).collect()
    }

    /// Intervals of one output from residuals out of fold, and what is said of the rows.
    fn calibrate(&self, output: usize, told: &[Told], tuned: &mut Tuned) {
        let rated = self.own.with_rating(output);
        if rated.is_empty() {
            return;
        }
        let before = tuned.model.spread[output].clone();
        let fit = |rows: &[usize]| -> Spread {
            let residual =
                |&i: &usize| self.own.ratings[i][output].map(|t| t - told[i].affect[output]);
            let residuals: Vec<f64> = rows.iter().filter_map(residual).collect();
            let told: Vec<Told> = rows.iter().map(|&i| told[i]).collect();
            let enough = rows.len() >= LEAST_TO_CALIBRATE;
            let found = enough.then(|| Spread::fit(&told, &residuals, COVERAGE));
            found.flatten().unwrap_or_else(|| before.clone())
        };
        tuned.model.spread[output] = fit(&rated);
        for fold in 0..FOLDS {
            // What is said of a fold is calibrated on the others.
            let spread = fit(&self.outside(&rated, fold));
            for (i, said) in tuned.told.iter_mut().enumerate() {
                if self.fold_of[i] == fold {
                    said.affect[output] = told[i].affect[output].clamp(SCALE[0], SCALE[1]);
                    said.half[output] = spread.half_width(&told[i]);
                }
            }
        }
    }

    /// Pictures of the table are no news to a model that has learned from them.
    fn widen_what_is_usual(&self, model: &mut Model) {
        let Some(known) = &mut model.novelty else {
            return;
        };
        let own: Vec<[f64; 2]> = (0..self.own.samples.len())
            .map(|i| known.distances(self.own.features.row(i)))
            .collect();
        let limits = novelty::limits(&own);
        for (limit, own) in known.limits.iter_mut().zip(limits.into_iter().flatten()) {
            *limit = limit.max(own);
        }
    }
}

/// The line from what was told to the truth; its slope is drawn towards 1.
fn line(told: &[f64], truth: &[f64]) -> [f64; 2] {
    let n = told.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let (x, y) = (mean(told), mean(truth));
    let square: f64 = told.iter().map(|t| (t - x).powi(2)).sum();
    let both: f64 = told.iter().zip(truth).map(|(t, u)| (t - x) * (u - y)).sum();
    let pull = SLOPE_PULL * square / n;
    // Where all was told alike there is no slope to find.
    let slope = if square > 1e-12 {
        (both + pull) / (square + pull)
    } else {
        1.0
    };
    [y - slope * x, slope]
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn few_pictures_hardly_turn_the_line() {
        // Twice as steep, and one higher: ten pictures count as many as the pull.
        let told: Vec<f64> = (0..10).map(f64::from).collect();
        let truth: Vec<f64> = told.iter().map(|t| 2.0 * t + 1.0).collect();
        let [start, slope] = line(&told, &truth);
        assert!((slope - 1.5).abs() < 1e-12);
        assert!((start + 1.5 * 4.5 - 10.0).abs() < 1e-12);
        assert_eq!(line(&[3.0, 3.0], &[4.0, 6.0]), [2.0, 1.0]);
    }
}
