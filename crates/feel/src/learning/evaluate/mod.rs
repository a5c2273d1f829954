//! Every figure of a card, computed again: on the test split, and out of fold over all labelled
//! pictures, each beside the prior and beside a baseline: a plain head on one frozen network, or
//! another predictor.
//!
//! Out of fold, heads and their settings are chosen anew in every fold; the bases, which see no
//! label, are not. The coverage of prior and baseline is that of the model's half-width around their
//! predictions. Photographs of one theme (`Acorns 1`, `Acorns 2`) may stand on both sides, as they do
//! in the published set. Where a backbone has learned labels, its twins answer (`crossfit`).

mod answers;
mod judge;

use super::config::{Config, LabelSettings};
use super::crossfit::Twins;
use super::dataset::Set;
use super::figures::Figures;
use super::folds::{FOLDS, LEARN, split_rows};
use super::measure::Gauge;
use super::options::{Step, TrainOptions};
use crate::error::FeelError;
use crate::predicting::predictor::{ModelId, Predictor};
use affetti_data::Split;
use affetti_emotion::Bootstrap;
pub(super) use answers::{Answers, column_means};
use answers::{Contestant, Frozen, Part};
pub(crate) use answers::{Fitted, Unsure};
#[cfg(feature = "train")]
pub(crate) use judge::{FLOOR, TIE};
pub(super) use judge::{Judge, numbered};

/// A predictor and the config it was trained by.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Chooses heads out of fold.
    pub config: &'a Config,
    /// Measures features and answers on the test split.
    pub predictor: &'a Predictor,
}

/// What is measured anew for a predictor: pictures, and pictures as its twins see them.
struct Measured {
    config: Config,
    photos: Set,
    paintings: Set,
    twins: Option<Twins>,
}

/// Measures the predictor of `entry` on the data that its config names, beside `rival`, or beside a
/// plain head on frozen features where there is none.
///
/// # Errors
/// Missing or unreadable data; [`FeelError::Unfit`] where the rival could not read the same pictures.
pub fn evaluate(
    entry: Entry<'_>,
    rival: Option<Entry<'_>>,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let labels = &entry.config.labels;
    let measured = Measured::of(entry, labels, options)?;
    let fitted = measured.fitted(entry.predictor);
    let Some(rival) = rival else {
        return figures_of(&fitted, options);
    };
    // Heads of both learn from the same votes where heads are fitted anew.
    let theirs = Measured::of(rival, labels, options)?;
    let lengths = |m: &Measured| [m.photos.samples.len(), m.paintings.samples.len()];
    if lengths(&measured) != lengths(&theirs) {
        return Err(FeelError::Unfit {
            what: "the two predictors could not read the same pictures".into(),
        });
    }
    let name = named(rival.predictor.model());
    figures(&fitted, &theirs.fitted(rival.predictor), &name, options)
}

impl Measured {
    fn of(
        entry: Entry<'_>,
        labels: &LabelSettings,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        let config = Config {
            labels: labels.clone(),
            features: entry.predictor.weights().settings.clone(),
            ..entry.config.clone()
        };
        let gauge = Gauge::of(entry.predictor, options)?;
        let photos = gauge.photographs("")?;
        let paintings = gauge.paintings(labels, "")?;
        let twins = Twins::measure(&config, &photos, &paintings, options)?;
        Ok(Self {
            config,
            photos,
            paintings,
            twins,
        })
    }

    fn fitted<'a>(&'a self, predictor: &'a Predictor) -> Fitted<'a> {
        Fitted {
            config: &self.config,
            predictor,
            photos: &self.photos,
            paintings: &self.paintings,
            twins: self.twins.as_ref(),
        }
    }
}

/// The figures beside those of the frozen baseline, given the features.
pub(crate) fn figures_of(
    fitted: &Fitted<'_>,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let name = "plain head on the pooled features of the last published backbone";
    figures(fitted, &Frozen::beside(fitted), name, options)
}

fn named(ModelId { name, sha256 }: &ModelId) -> String {
    format!("{name}, sha256 {}", &sha256[..16.min(sha256.len())])
}

/// The figures of `fitted` beside those of `baseline`.
fn figures(
    fitted: &Fitted<'_>,
    baseline: &dyn Contestant,
    name: &str,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let judge = Judge {
        bootstrap: Bootstrap::seeded(fitted.config.seed).check()?,
    };
    let (photos, paintings) = (fitted.photos, fitted.paintings);
    let affect = |parts: &[Part]| {
        let replies = [fitted.affect(parts)?, baseline.affect(parts)?];
        Answers::of(photos, parts, replies)
    };
    let emotions = |parts: &[Part]| {
        let replies = [fitted.emotions(parts)?, baseline.emotions(parts)?];
        Answers::of(paintings, parts, replies)
    };
    let mut figures = Vec::new();
    let stages = [
        "photographs: test",
        "paintings: test",
        "photographs: 5-fold",
        "paintings: 5-fold",
        "paintings of labelled: test",
        "paintings of votes-224: test",
    ];
    // The two parts of the test split stand beside the whole where there are two.
    let parts = paintings.samples.iter().any(|sample| sample.is_more);
    let stages = &stages[..if parts { 6 } else { 4 }];
    for (done, &stage) in stages.iter().enumerate() {
        let total = stages.len();
        (options.progress)(Step { stage, done, total });
        figures.extend(match done {
            0 => judge.affect_figures(&affect(&[Part::test(photos)])?, stage)?,
            1 => judge.emotion_figures(&emotions(&[Part::test(paintings)])?, stage)?,
            2 => judge.affect_figures(&affect(&Part::folds(photos)?)?, stage)?,
            3 => judge.emotion_figures(&emotions(&Part::folds(paintings)?)?, stage)?,
            _ => judge.emotion_figures(&emotions(&[Part::of(paintings, done == 5)])?, stage)?,
        });
    }
    Ok(Figures {
        model: named(fitted.predictor.model()),
        against: name.to_owned(),
        figures,
    })
}

impl Part {
    /// The test split, which no finished predictor has learned from.
    fn test(set: &Set) -> Self {
        Self {
            seen: set.rows(&LEARN),
            held: set.rows(&[Split::Test]),
            finished: true,
        }
    }

    /// The test split of `votes-224`, or of the other paintings.
    fn of(set: &Set, more: bool) -> Self {
        let mut part = Self::test(set);
        part.held.retain(|&row| set.samples[row].is_more == more);
        part
    }

    /// Every picture in the part that it is left out of.
    fn folds(set: &Set) -> Result<Vec<Self>, FeelError> {
        let fold_of = set.folds()?;
        let part = |fold| {
            let (held, seen) = split_rows(&fold_of, fold);
            Self {
                seen,
                held,
                finished: false,
            }
        };
        Ok((0..FOLDS).map(part).collect())
    }
}
