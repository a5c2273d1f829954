//! Who is measured, and what they answer: a predictor with its heads, and the frozen baseline.

use super::judge::numbered;
use crate::error::FeelError;
use crate::heads::concentration::Concentration;
use crate::heads::linear::{Matrix, Standardizer};
use crate::heads::ridge;
use crate::heads::softmax::softmax;
use crate::heads::spread::Told;
use crate::learning::choose::{fit_affect, fit_emotions};
use crate::learning::config::Config;
use crate::learning::crossfit::{OutOfFold, Twins};
use crate::learning::dataset::Set;
use crate::learning::folds::{FOLDS, split_rows};
use crate::learning::lesson::{Lesson, affect_lesson, lesson, strangers};
use crate::predicting::frozen::{self, Network};
use crate::predicting::model::Model;
use crate::predicting::predictor::{Predictor, SCALE};
use affetti_data::splits::folds;

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

/// How unsure a prediction is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Unsure {
    /// It does not say.
    #[default]
    Silent,
    /// Half-widths of the intervals of valence and arousal.
    Affect([f64; 2]),
    /// Concentration around the nine shares.
    Shares(f64),
}

impl Unsure {
    /// The half-width of valence (0) or arousal (1); 0 where there is none.
    pub(crate) fn half(&self, output: usize) -> f64 {
        match self {
            Self::Affect(half) => half[output],
            Self::Silent | Self::Shares(_) => 0.0,
        }
    }

    pub(crate) fn concentration(&self) -> Option<f64> {
        match self {
            Self::Shares(alpha) => Some(*alpha),
            Self::Silent | Self::Affect(_) => None,
        }
    }
}

/// A prediction, and how unsure it is.
pub(crate) type Reply = (Vec<f64>, Unsure);

/// Who answers for pictures that it has not seen: part by part, in the order of the rows held out.
pub(crate) trait Contestant {
    /// Valence and arousal of photographs.
    fn affect(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError>;

    /// The nine shares of paintings.
    fn emotions(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError>;
}

/// One part after the other.
fn each(
    parts: &[Part],
    ask: impl Fn(&Part) -> Result<Vec<Reply>, FeelError>,
) -> Result<Vec<Reply>, FeelError> {
    let replies = parts.iter().map(ask).collect::<Result<Vec<_>, _>>()?;
    Ok(replies.into_iter().flatten().collect())
}

fn plain(values: Vec<Vec<f64>>) -> Vec<Reply> {
    values.into_iter().map(|v| (v, Unsure::Silent)).collect()
}

fn shares(logits: &[Vec<f64>]) -> Vec<Vec<f64>> {
    logits.iter().map(|z| softmax(z)).collect()
}

fn with_concentration(sure: Concentration, shares: Vec<f64>) -> Reply {
    let unsure = Unsure::Shares(sure.of(&shares));
    (shares, unsure)
}

/// A predictor, with the pictures as it sees them.
#[derive(Clone, Copy)]
pub(crate) struct Fitted<'a> {
    pub(crate) config: &'a Config,
    pub(crate) predictor: &'a Predictor,
    pub(crate) photos: &'a Set,
    pub(crate) paintings: &'a Set,
    /// Answer out of fold, where a backbone has learned labels.
    pub(crate) twins: Option<&'a Twins>,
}

impl Fitted<'_> {
    fn affect_of_part(&self, part: &Part) -> Result<Vec<Reply>, FeelError> {
        let (model, set) = (self.predictor.weights(), self.photos);
        if part.finished {
            let ask = |&row: &usize| {
                let (told, half) = self.predictor.predict_with_half(set.features.row(row))?;
                Ok((vec![told.valence, told.arousal], Unsure::Affect(half)))
            };
            return part.held.iter().map(ask).collect();
        }
        let cued = |rows| affect_lesson(&model.bases, &model.emotions, set, rows);
        let seen = Lesson {
            others: strangers(self.config, &model.bases.affect, self.paintings),
            ..cued(&part.seen)?
        };
        let (kernel, spread) = fit_affect(self.config, &seen)?;
        let held = cued(&part.held)?;
        let ask = |row: usize| {
            let told = Told::of(&kernel, held.z.row(row), held.cues[row]);
            let inside = told.affect.iter().map(|v| v.clamp(SCALE[0], SCALE[1]));
            let half = spread.each_ref().map(|spread| spread.half_width(&told));
            (inside.collect(), Unsure::Affect(half))
        };
        Ok((0..part.held.len()).map(ask).collect())
    }

    fn emotions_of_part(&self, part: &Part) -> Result<Vec<Reply>, FeelError> {
        let set = self.paintings;
        if part.finished {
            let ask = |&row: &usize| {
                let told = self.predictor.predict_features(set.features.row(row))?;
                let shares = told.emotions.as_slice().to_vec();
                Ok(match self.predictor.weights().sure {
                    Some(sure) => with_concentration(sure, shares),
                    None => (shares, Unsure::Silent),
                })
            };
            return part.held.iter().map(ask).collect();
        }
        let basis = &self.predictor.weights().bases.emotions;
        let seen = lesson(basis, set, &part.seen);
        let (model, sure) = fit_emotions(&self.config.emotions.penalties, FOLDS, &seen)?;
        let held = lesson(basis, set, &part.held);
        let shares = shares(&model.apply_all(&held.z)).into_iter();
        Ok(shares.map(|s| with_concentration(sure, s)).collect())
    }

    /// The twins, where there are any and `parts` are folds.
    fn twins(&self, parts: &[Part]) -> Option<&Twins> {
        self.twins.filter(|_| parts.iter().all(|p| !p.finished))
    }
}

/// What twins say of the rows held out.
fn of_twins(found: &OutOfFold, parts: &[Part]) -> Vec<Reply> {
    let held = parts.iter().flat_map(|part| &part.held);
    let unsure = |row: usize| found.unsure.get(row).copied().unwrap_or_default();
    held.map(|&row| (found.predicted[row].clone(), unsure(row)))
        .collect()
}

impl Contestant for Fitted<'_> {
    fn affect(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError> {
        match self.twins(parts) {
            Some(twins) => {
                let found = twins.affect(self.config, self.paintings, self.photos)?;
                Ok(of_twins(&found, parts))
            }
            None => each(parts, |part| self.affect_of_part(part)),
        }
    }

    fn emotions(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError> {
        match self.twins(parts) {
            Some(twins) => Ok(of_twins(
                &twins.emotions(self.config, self.paintings)?,
                parts,
            )),
            None => each(parts, |part| self.emotions_of_part(part)),
        }
    }
}

/// Plain heads on the pooled features of a predictor's last published backbone.
pub(crate) struct Frozen<'a> {
    config: &'a Config,
    photos: &'a Set,
    paintings: &'a Set,
    /// Columns of the features.
    pooled: std::ops::Range<usize>,
}

impl<'a> Frozen<'a> {
    pub(crate) fn beside(fitted: &Fitted<'a>) -> Self {
        Self {
            config: fitted.config,
            photos: fitted.photos,
            paintings: fitted.paintings,
            pooled: pooled_columns(fitted.predictor.weights()),
        }
    }

    /// Standardised pooled features of `rows`, scaled by what `learn` shows.
    fn features(&self, set: &Set, learn: &[usize], rows: &[usize]) -> Matrix {
        let cut = |rows: &[usize]| Matrix {
            columns: self.pooled.len(),
            data: rows
                .iter()
                .flat_map(|&i| set.features.row(i)[self.pooled.clone()].iter().copied())
                .collect(),
        };
        Standardizer::fit(&cut(learn), &[(self.pooled.len(), 1.0)]).apply(&cut(rows))
    }

    /// Ridge, its penalty chosen by cross-validation.
    fn affect_of_part(&self, Part { seen, held, .. }: &Part) -> Result<Vec<Reply>, FeelError> {
        let set = self.photos;
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
        Ok(plain(model.apply_all(&self.features(set, seen, held))))
    }

    /// Multinomial regression, its penalty chosen likewise.
    fn emotions_of_part(&self, Part { seen, held, .. }: &Part) -> Result<Vec<Reply>, FeelError> {
        let set = self.paintings;
        let lesson = Lesson::new(self.features(set, seen, seen), set, seen);
        let (model, _) = fit_emotions(&self.config.emotions.penalties, FOLDS, &lesson)?;
        Ok(plain(shares(
            &model.apply_all(&self.features(set, seen, held)),
        )))
    }
}

impl Contestant for Frozen<'_> {
    fn affect(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError> {
        each(parts, |part| self.affect_of_part(part))
    }

    fn emotions(&self, parts: &[Part]) -> Result<Vec<Reply>, FeelError> {
        each(parts, |part| self.emotions_of_part(part))
    }
}

/// First column and end of the pooled features of the last backbone that is as published; of the
/// last of all where none is.
fn pooled_columns(model: &Model) -> std::ops::Range<usize> {
    let backbones = &model.settings.backbones;
    let published = backbones.iter().rposition(|b| b.network.is_none());
    let last = published.unwrap_or(backbones.len().saturating_sub(1));
    let before = model.backbones[..last].iter().map(frozen::Frozen::network);
    let start = before.map(Network::len).sum();
    start..start + model.backbones[last].network().widths()[0]
}

/// What two contestants say of the same pictures.
pub(crate) struct Answers {
    pub(crate) truth: Vec<Vec<f64>>,
    pub(crate) model: Vec<Vec<f64>>,
    pub(crate) baseline: Vec<Vec<f64>>,
    /// The answer without a picture: the mean of what could be seen.
    pub(crate) prior: Vec<f64>,
    /// How unsure the model is.
    pub(crate) unsure: Vec<Unsure>,
    /// Viewers behind each truth.
    pub(crate) votes: Vec<f64>,
    /// Pictures of one group share a number: the bootstrap draws them whole.
    pub(crate) groups: Vec<usize>,
}

impl Answers {
    /// Puts the replies of model and baseline into the order of `set`, whatever that of the parts:
    /// the draws of the bootstrap stay the same.
    pub(super) fn of(
        set: &Set,
        parts: &[Part],
        [model, baseline]: [Vec<Reply>; 2],
    ) -> Result<Self, FeelError> {
        let held = parts.iter().flat_map(|part| &part.held);
        let mut found: Vec<_> = held.zip(model.into_iter().zip(baseline)).collect();
        found.sort_by_key(|(row, _)| **row);
        let rows: Vec<usize> = found.iter().map(|(row, _)| **row).collect();
        let seen = match parts {
            [only] => set.targets(&only.seen),
            _ => set.targets(&rows),
        };
        let mut answers = Self {
            truth: set.targets(&rows),
            model: Vec::new(),
            baseline: Vec::new(),
            prior: column_means(&seen),
            unsure: Vec::new(),
            votes: set.votes(&rows),
            groups: numbered(set.groups(&rows).into_iter()),
        };
        for (_, ((model, unsure), (baseline, _))) in found {
            answers.model.push(model);
            answers.baseline.push(baseline);
            answers.unsure.push(unsure);
        }
        Ok(answers)
    }
}

pub(crate) fn column_means(rows: &[Vec<f64>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    let n = rows.len().max(1) as f64;
    (0..columns)
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / n)
        .collect()
}
