//! Who is measured, and what they answer: a predictor with its heads, and the frozen baseline.

use super::FOLDS;
use crate::config::Config;
use crate::dataset::Set;
use crate::error::FeelError;
use crate::linear::{Matrix, Standardizer};
use crate::model::Model;
use crate::predictor::{Predictor, SCALE};
use crate::ridge;
use crate::softmax::softmax;
use crate::train::{Lesson, fit_affect, fit_emotions, lesson, split_rows};
use affetti_data::splits::folds;
use affetti_nets::efficientnet_lite::FEATURES;

/// Penalties of the frozen baseline's ridge, on rows of unit mean square.
const RIDGE: [f64; 4] = [0.1, 0.3, 1.0, 3.0];

/// Rows that heads may learn from, and rows that they are asked about.
pub(crate) struct Part {
    pub(crate) seen: Vec<usize>,
    pub(crate) held: Vec<usize>,
    /// A predictor's own heads answer, for they have seen none of `held`; otherwise heads are
    /// fitted to `seen`.
    pub(crate) finished: bool,
}

/// Predictions for the rows held out, and the half-widths of their intervals, where there are any.
pub(crate) struct Replies {
    values: Vec<Vec<f64>>,
    half: [f64; 2],
}

impl From<Vec<Vec<f64>>> for Replies {
    fn from(values: Vec<Vec<f64>>) -> Self {
        Self {
            values,
            half: [0.0; 2],
        }
    }
}

/// Who answers for pictures that it has not seen.
pub(crate) trait Contestant {
    /// Valence and arousal of the rows held out.
    fn affect(&self, set: &Set, part: &Part) -> Result<Replies, FeelError>;

    /// The nine shares of the rows held out.
    fn emotions(&self, set: &Set, part: &Part) -> Result<Replies, FeelError>;
}

/// A predictor.
#[derive(Clone, Copy)]
pub(crate) struct Fitted<'a> {
    pub(crate) config: &'a Config,
    pub(crate) predictor: &'a Predictor,
}

impl Contestant for Fitted<'_> {
    fn affect(&self, set: &Set, part: &Part) -> Result<Replies, FeelError> {
        let model = self.predictor.weights();
        if part.finished {
            let ask = |&row: &usize| {
                let told = self.predictor.predict_features(set.features.row(row))?;
                Ok(vec![told.valence, told.arousal])
            };
            let values = part
                .held
                .iter()
                .map(ask)
                .collect::<Result<_, FeelError>>()?;
            let half = model.half_width;
            return Ok(Replies { values, half });
        }
        let cued = |rows| lesson(&model.basis, set, rows).with_cues(&model.emotions);
        let (kernel, half) = fit_affect(self.config, &cued(&part.seen)?)?;
        let held = cued(&part.held)?;
        let ask = |row: usize| {
            let told = kernel.apply(held.z.row(row), held.cues[row]);
            told.iter().map(|v| v.clamp(SCALE[0], SCALE[1])).collect()
        };
        let values = (0..part.held.len()).map(ask).collect();
        Ok(Replies { values, half })
    }

    fn emotions(&self, set: &Set, part: &Part) -> Result<Replies, FeelError> {
        if part.finished {
            let ask = |&row: &usize| {
                let told = self.predictor.predict_features(set.features.row(row))?;
                Ok(told.emotions.as_slice().to_vec())
            };
            let values: Result<Vec<_>, FeelError> = part.held.iter().map(ask).collect();
            return Ok(values?.into());
        }
        let basis = &self.predictor.weights().basis;
        let seen = lesson(basis, set, &part.seen);
        let model = fit_emotions(&self.config.emotions.penalties, FOLDS, &seen)?;
        let held = lesson(basis, set, &part.held);
        let logits = model.apply_all(&held.z);
        Ok(logits.iter().map(|z| softmax(z)).collect::<Vec<_>>().into())
    }
}

/// Plain heads on the pooled features of a predictor's last backbone.
pub(crate) struct Frozen<'a> {
    config: &'a Config,
    /// Columns of the features.
    pooled: std::ops::Range<usize>,
}

impl<'a> Frozen<'a> {
    pub(crate) fn of(config: &'a Config, model: &Model) -> Self {
        Self {
            config,
            pooled: pooled_columns(model),
        }
    }

    /// Standardised pooled features of `rows`, scaled by what `learn` shows.
    fn features(&self, set: &Set, learn: &[usize], rows: &[usize]) -> Matrix {
        let cut = |rows: &[usize]| Matrix {
            columns: FEATURES,
            data: rows
                .iter()
                .flat_map(|&i| set.features.row(i)[self.pooled.clone()].iter().copied())
                .collect(),
        };
        Standardizer::fit(&cut(learn), &[(FEATURES, 1.0)]).apply(&cut(rows))
    }
}

impl Contestant for Frozen<'_> {
    /// Ridge, its penalty chosen by cross-validation.
    fn affect(&self, set: &Set, Part { seen, held, .. }: &Part) -> Result<Replies, FeelError> {
        let (x, y) = (self.features(set, seen, seen), set.targets(seen));
        let fold_of = folds(FOLDS, &set.groups(seen))?;
        let error = |lambda: f64| -> Option<f64> {
            let mut sum = 0.0;
            for fold in 0..FOLDS {
                let (out, rest) = split_rows(&fold_of, fold);
                let rest_y: Vec<Vec<f64>> = rest.iter().map(|&i| y[i].clone()).collect();
                let model = ridge::fit(&x.select(&rest), &rest_y, lambda)?;
                for i in out {
                    let told = model.apply(x.row(i));
                    let squares = told.iter().zip(&y[i]).map(|(a, b)| (a - b).powi(2));
                    sum += squares.sum::<f64>();
                }
            }
            Some(sum)
        };
        let lambda = RIDGE.into_iter().min_by(|&a, &b| {
            let error = |lambda| error(lambda).unwrap_or(f64::MAX);
            error(a).total_cmp(&error(b))
        });
        let model = lambda.and_then(|lambda| ridge::fit(&x, &y, lambda));
        let model = model.ok_or_else(|| FeelError::NothingToLearn {
            what: "the frozen baseline cannot be solved".into(),
        })?;
        Ok(model.apply_all(&self.features(set, seen, held)).into())
    }

    /// Multinomial regression, its penalty chosen likewise.
    fn emotions(&self, set: &Set, Part { seen, held, .. }: &Part) -> Result<Replies, FeelError> {
        let lesson = Lesson::new(self.features(set, seen, seen), set, seen);
        let model = fit_emotions(&self.config.emotions.penalties, FOLDS, &lesson)?;
        let logits = model.apply_all(&self.features(set, seen, held));
        Ok(logits.iter().map(|z| softmax(z)).collect::<Vec<_>>().into())
    }
}

/// First column and count of the last backbone's pooled features.
fn pooled_columns(model: &Model) -> std::ops::Range<usize> {
    let lengths: Vec<usize> = model
        .settings
        .backbones
        .iter()
        .filter_map(crate::features::BackboneSettings::variant)
        .map(affetti_nets::efficientnet_lite::Variant::descriptor_len)
        .collect();
    let start = lengths[..lengths.len().saturating_sub(1)].iter().sum();
    start..start + FEATURES
}

/// What two contestants say of the same pictures.
pub(super) struct Answers {
    pub(super) truth: Vec<Vec<f64>>,
    pub(super) model: Vec<Vec<f64>>,
    pub(super) baseline: Vec<Vec<f64>>,
    /// The answer without a picture: the mean of what could be seen.
    pub(super) prior: Vec<f64>,
    /// Half-widths of the model's intervals, for valence and arousal.
    pub(super) half: Vec<[f64; 2]>,
}

impl Answers {
    /// Asks `fitted` of `ours` and `baseline` of `theirs`, which hold the same pictures.
    pub(super) fn of(
        fitted: &Fitted<'_>,
        ours: &Set,
        baseline: &dyn Contestant,
        theirs: &Set,
        parts: &[Part],
        ask: impl Fn(&dyn Contestant, &Set, &Part) -> Result<Replies, FeelError>,
    ) -> Result<Self, FeelError> {
        if ours.samples.len() != theirs.samples.len() {
            return Err(FeelError::Unfit {
                what: "the two predictors could not read the same pictures".into(),
            });
        }
        let mut found = Vec::new();
        for part in parts {
            let model = ask(fitted, ours, part)?;
            let baseline = ask(baseline, theirs, part)?;
            let values = model.values.into_iter().zip(baseline.values);
            for (&row, (mine, other)) in part.held.iter().zip(values) {
                found.push((row, mine, other, model.half));
            }
        }
        // In the order of the set, whatever the order of the folds: bootstrap draws stay the same.
        found.sort_by_key(|(row, ..)| *row);
        let rows: Vec<usize> = found.iter().map(|(row, ..)| *row).collect();
        let seen = match parts {
            [only] => ours.targets(&only.seen),
            _ => ours.targets(&rows),
        };
        let mut answers = Self {
            truth: ours.targets(&rows),
            model: Vec::new(),
            baseline: Vec::new(),
            prior: column_means(&seen),
            half: Vec::new(),
        };
        for (_, mine, other, half) in found {
            answers.model.push(mine);
            answers.baseline.push(other);
            answers.half.push(half);
        }
        Ok(answers)
    }
}

fn column_means(rows: &[Vec<f64>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    let n = rows.len().max(1) as f64;
    (0..columns)
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / n)
        .collect()
}
