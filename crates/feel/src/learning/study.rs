//! Labelled pictures and heads that have not seen them: what other rooms are measured on.
//!
//! A room that builds on predictions must not be fitted, nor measured, on pictures that the heads
//! learned from: there the heads are surer than they will ever be again. So the heads are fitted
//! anew in five folds, and every picture is asked of the heads that did not see it. The bases, which
//! see no label, are the predictor's. Photographs teach nothing about emotions, so that theirs come
//! from the predictor's own head.
//!
//! Heads are asked with components ([`Predictor::components`]): of the whole picture, or of a part.

use super::choose::{fit_affect, fit_emotions};
use super::config::Config;
use super::dataset::Set;
use super::folds::split_rows;
use super::lesson::{Lesson, affect_lesson, lesson};
use super::measure::Gauge;
use super::options::TrainOptions;
use crate::error::FeelError;
use crate::heads::kernel::Kernel;
use crate::heads::linear::{Linear, Matrix};
use crate::heads::softmax::softmax;
use crate::predicting::predictor::{Predictor, SCALE, balance};
use affetti_data::splits::folds;
use affetti_emotion::{Distribution, Emotion};
use std::path::Path;

/// Folds of a study.
pub const STUDY_FOLDS: usize = 5;

/// One set of labelled pictures, each with the fold that it is left out of.
#[derive(Debug)]
pub struct Study<'a> {
    predictor: &'a Predictor,
    set: Set,
    fold_of: Vec<usize>,
    heads: Heads,
}

#[derive(Debug)]
enum Heads {
    /// Of paintings: from components to logits, one a fold.
    Emotions(Vec<Linear>),
    /// Of photographs: one a fold.
    Affect(Vec<Kernel>),
}

impl<'a> Study<'a> {
    /// The OASIS photographs; targets are valence and arousal, 1..=7.
    ///
    /// # Errors
    /// Missing or unreadable data.
    pub fn photographs(
        config: &Config,
        predictor: &'a Predictor,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        let set = gauge(predictor, options)?.photographs("")?;
        let model = predictor.weights();
        let rows: Vec<usize> = (0..set.samples.len()).collect();
        let all = affect_lesson(&model.bases, &model.emotions, &set, &rows)?;
        let fold_of = folds(STUDY_FOLDS, &all.groups)?;
        let heads = (0..STUDY_FOLDS)
            .map(|fold| {
                let (_, seen) = split_rows(&fold_of, fold);
                Ok(fit_affect(config, &all.select(&seen))?.0)
            })
            .collect::<Result<_, FeelError>>()?;
        Ok(Self {
            predictor,
            set,
            fold_of,
            heads: Heads::Affect(heads),
        })
    }

    /// The paintings with ArtEmis votes; targets are the nine shares.
    ///
    /// # Errors
    /// Missing or unreadable data.
    pub fn paintings(
        config: &Config,
        predictor: &'a Predictor,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        let set = gauge(predictor, options)?.paintings(&config.labels, "")?;
        let rows: Vec<usize> = (0..set.samples.len()).collect();
        let all = lesson(&predictor.weights().bases.emotions, &set, &rows);
        let fold_of = folds(STUDY_FOLDS, &all.groups)?;
        let heads = (0..STUDY_FOLDS)
            .map(|fold| {
                let (_, seen) = split_rows(&fold_of, fold);
                let (penalties, seen) = (&config.emotions.penalties, all.select(&seen));
                Ok(fit_emotions(penalties, STUDY_FOLDS, &seen)?.0)
            })
            .collect::<Result<_, FeelError>>()?;
        Ok(Self {
            predictor,
            set,
            fold_of,
            heads: Heads::Emotions(heads),
        })
    }

    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.samples.len()
    }

    /// Never true: an empty set is an error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where picture `i` is.
    #[must_use]
    pub fn file(&self, i: usize) -> &Path {
        &self.set.samples[i].file
    }

    /// What people said of it.
    #[must_use]
    pub fn target(&self, i: usize) -> &[f64] {
        &self.set.samples[i].target
    }

    /// The fold that it is left out of, below [`STUDY_FOLDS`].
    #[must_use]
    pub fn fold(&self, i: usize) -> usize {
        self.fold_of[i]
    }

    /// The components of the whole picture.
    #[must_use]
    pub fn components(&self, i: usize) -> Vec<f32> {
        self.predictor.components(self.set.features.row(i))
    }

    /// The emotions of any components, by the heads that have not seen picture `i`.
    ///
    /// # Errors
    /// [`FeelError::NotFinite`] where the weights are damaged.
    pub fn emotions(
        &self,
        i: usize,
        components: &[f32],
    ) -> Result<Distribution<Emotion>, FeelError> {
        let head = match &self.heads {
            Heads::Affect(_) => &self.predictor.weights().emotions,
            Heads::Emotions(heads) => &heads[self.fold(i)],
        };
        let seen = self.predictor.weights().bases.split(components).emotions;
        let shares = softmax(&head.apply(seen));
        Distribution::from_counts(&shares).map_err(|_| FeelError::NotFinite {
            model: self.predictor.model().name.clone(),
        })
    }

    /// Valence and arousal of any components, 1..=7, by the heads that have not seen photograph `i`;
    /// of a study of paintings none.
    ///
    /// # Errors
    /// As [`emotions`](Self::emotions).
    pub fn affect(&self, i: usize, components: &[f32]) -> Result<Option<[f64; 2]>, FeelError> {
        let Heads::Affect(heads) = &self.heads else {
            return Ok(None);
        };
        let cue = balance(&self.emotions(i, components)?);
        let seen = self.predictor.weights().bases.split(components).affect;
        let (affect, _) = heads[self.fold(i)].apply(seen, cue);
        Ok(Some(
            [affect[0], affect[1]].map(|v| v.clamp(SCALE[0], SCALE[1])),
        ))
    }

    /// What heads of the same kind say that are fitted on `rows` instead of the components of whole
    /// pictures, one row a picture, of as many columns: for each picture its two values or nine
    /// shares, by the heads that have not seen it.
    ///
    /// # Errors
    /// Where there are not as many rows as pictures, or nothing can be fitted.
    pub fn refit(&self, config: &Config, rows: Matrix) -> Result<Vec<Vec<f64>>, FeelError> {
        let columns = self.predictor.weights().bases.components();
        if rows.rows() != self.len() || rows.columns != columns {
            return Err(FeelError::Unfit {
                what: format!(
                    "{} rows of {} for {} pictures of {columns} components",
                    rows.rows(),
                    rows.columns,
                    self.len()
                ),
            });
        }
        let all: Vec<usize> = (0..self.len()).collect();
        let model = self.predictor.weights();
        let seen = model.bases.split_all(&rows);
        let lesson = match &self.heads {
            Heads::Affect(_) => Lesson::new(seen.affect, &self.set, &all)
                .with_cues(&model.emotions, &seen.emotions)?,
            Heads::Emotions(_) => Lesson::new(seen.emotions, &self.set, &all),
        };
        // Settings are chosen in as many folds as there are heads: enough, and half the time.
        let config = Config {
            folds: STUDY_FOLDS,
            ..config.clone()
        };
        let mut told = vec![Vec::new(); self.len()];
        for fold in 0..STUDY_FOLDS {
            let (held, seen) = split_rows(&self.fold_of, fold);
            let seen = lesson.select(&seen);
            match &self.heads {
                Heads::Affect(_) => {
                    let head = fit_affect(&config, &seen)?.0;
                    for i in held {
                        let (values, _) = head.apply(lesson.z.row(i), lesson.cues[i].balance);
                        let inside = values.iter().map(|v| v.clamp(SCALE[0], SCALE[1]));
                        told[i] = inside.collect();
                    }
                }
                Heads::Emotions(_) => {
                    let penalties = &config.emotions.penalties;
                    let (head, _) = fit_emotions(penalties, STUDY_FOLDS, &seen)?;
                    for i in held {
                        told[i] = softmax(&head.apply(lesson.z.row(i)));
                    }
                }
            }
        }
        Ok(told)
    }
}

/// What measures for `predictor`, if none of its backbones knows the answers.
fn gauge<'a>(
    predictor: &'a Predictor,
    options: &'a TrainOptions<'a>,
) -> Result<Gauge<'a>, FeelError> {
    let backbones = &predictor.weights().settings.backbones;
    // Its features know the answers, whatever the heads have seen.
    if let Some(knows) = backbones.iter().find(|b| b.folds) {
        return Err(FeelError::Unfit {
            what: format!("the backbone {} has learned from these labels", knows.name),
        });
    }
    Gauge::of(predictor, options)
}
