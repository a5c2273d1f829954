//! Labelled pictures and heads that have not seen them: what other rooms are measured on.
//!
//! A room that builds on predictions must not be fitted, nor measured, on pictures that the heads
//! learned from: there the heads are surer than they will ever be again. So there are five predictors, and
//! every picture is asked of the one that did not see it. Where no backbone has learned labels, they
//! differ in their heads alone (photographs teach nothing about emotions, so that theirs come from the
//! given predictor's own head; `on_paintings` has no say); where one has, its twins stand in for it and each
//! predictor has bases of its own ([`crossfit`](super::crossfit)).
//!
//! Predictors are asked with components ([`Predictor::components`]): of the whole picture, or of a part.

use super::choose::{fit_affect, fit_emotions};
use super::config::Config;
use super::crossfit::{Twins, each_twin};
use super::dataset::Set;
use super::folds::{FOLDS, split_rows};
use super::lesson::{Lesson, affect_lesson, lesson};
use super::measure::Gauge;
use super::options::TrainOptions;
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::heads::softmax::softmax;
use crate::predicting::predictor::{Predictor, SCALE};
use affetti_emotion::{Distribution, Emotion};
use affetti_picture::Picture;

/// One set of labelled pictures, each with the predictor that has not seen it.
#[derive(Debug)]
pub struct Study {
    /// The features of each picture are those of its own predictor.
    set: Set,
    fold_of: Vec<usize>,
    /// One a fold.
    predictors: Vec<Predictor>,
    /// Whether the pictures are photographs.
    rated: bool,
    /// Whether all predictors see the same components.
    alike: bool,
}

impl Study {
    /// The OASIS photographs; targets are valence and arousal, 1..=7.
    ///
    /// # Errors
    /// Missing or unreadable data, missing twins.
    pub fn photographs(
        config: &Config,
        predictor: &Predictor,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        if knows_labels(predictor) {
            return Self::of_twins(config, predictor, options, true);
        }
        let set = Gauge::of(predictor, options)?.photographs("")?;
        let model = predictor.weights();
        let rows: Vec<usize> = (0..set.samples.len()).collect();
        let all = affect_lesson(&model.bases, &model.emotions, &set, &rows)?;
        let head = |seen: &[usize]| {
            let affect = fit_affect(config, &all.select(seen))?.0;
            Ok(predictor.with_heads(model.emotions.clone(), affect))
        };
        Self::of_heads(&set, true, head)
    }

    /// The paintings with ArtEmis votes; targets are the nine shares.
    ///
    /// # Errors
    /// As [`photographs`](Self::photographs).
    pub fn paintings(
        config: &Config,
        predictor: &Predictor,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        if knows_labels(predictor) {
            return Self::of_twins(config, predictor, options, false);
        }
        let set = Gauge::of(predictor, options)?.paintings(&config.labels, "")?;
        let model = predictor.weights();
        let rows: Vec<usize> = (0..set.samples.len()).collect();
        let all = lesson(&model.bases.emotions, &set, &rows);
        let head = |seen: &[usize]| {
            let penalties = &config.emotions.penalties;
            let emotions = fit_emotions(penalties, FOLDS, &all.select(seen))?.0;
            Ok(predictor.with_heads(emotions, model.affect.clone()))
        };
        Self::of_heads(&set, false, head)
    }

    /// One predictor a fold, by `head` from the rows outside of it.
    fn of_heads(
        set: &Set,
        rated: bool,
        head: impl Fn(&[usize]) -> Result<Predictor, FeelError>,
    ) -> Result<Self, FeelError> {
        let fold_of = set.folds()?;
        let predictors = (0..FOLDS).map(|fold| head(&split_rows(&fold_of, fold).1));
        Ok(Self {
            predictors: predictors.collect::<Result<_, _>>()?,
            set: set.clone(),
            fold_of,
            rated,
            alike: true,
        })
    }

    fn of_twins(
        config: &Config,
        predictor: &Predictor,
        options: &TrainOptions<'_>,
        rated: bool,
    ) -> Result<Self, FeelError> {
        let gauge = Gauge::of(predictor, options)?;
        let (photos, paintings) = (gauge.photographs("")?, gauge.paintings(&config.labels, "")?);
        let twins = Twins::measure(config, &photos, &paintings, options)?;
        let twins = twins.ok_or_else(|| FeelError::Unfit {
            what: format!(
                "{} has a backbone that has learned labels, and {} has none",
                predictor.model().name,
                config.name
            ),
        })?;
        let predictors = twins.predictors(config, &photos, &paintings, options)?;
        let sets = [&photos, &paintings];
        let mut set = if rated {
            photos.clone()
        } else {
            paintings.clone()
        };
        let fold_of = set.folds()?;
        each_twin(config, sets, options, |fold, _, [photos, paintings]| {
            let seen = if rated { photos } else { paintings };
            let (held, _) = split_rows(&fold_of, fold);
            set.features.replace_rows(&held, &seen.features);
            Ok(())
        })?;
        Ok(Self {
            set,
            fold_of,
            predictors,
            rated,
            alike: false,
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

    /// Picture `i`.
    ///
    /// # Errors
    /// [`FeelError::Picture`] where it cannot be read any more.
    pub fn picture(&self, i: usize) -> Result<Picture, FeelError> {
        self.set.samples[i].source().open()
    }

    /// The name and the bytes of picture `i`, by which one that was replaced shows.
    #[must_use]
    pub fn print(&self, i: usize) -> String {
        let source = self.set.samples[i].source();
        format!("{} {}", source.file.display(), source.length())
    }

    /// What people said of it.
    #[must_use]
    pub fn target(&self, i: usize) -> &[f64] {
        &self.set.samples[i].target
    }

    /// The fold that it is left out of, below 5.
    #[must_use]
    pub fn fold(&self, i: usize) -> usize {
        self.fold_of[i]
    }

    /// The predictors, fold by fold.
    #[must_use]
    pub fn predictors(&self) -> &[Predictor] {
        &self.predictors
    }

    fn predictor(&self, i: usize) -> &Predictor {
        &self.predictors[self.fold(i)]
    }

    /// The components of the whole picture.
    #[must_use]
    pub fn components(&self, i: usize) -> Vec<f32> {
        self.predictor(i).components(self.set.features.row(i))
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
        let predictor = self.predictor(i);
        let model = predictor.weights();
        let seen = model.bases.split(components).emotions;
        let shares = softmax(&model.emotions.apply(seen));
        Distribution::from_counts(&shares).map_err(|_| FeelError::NotFinite {
            model: predictor.model().name.clone(),
        })
    }

    /// Valence and arousal of any components, 1..=7, by the heads that have not seen photograph `i`;
    /// of a study of paintings none.
    ///
    /// # Errors
    /// As [`emotions`](Self::emotions).
    pub fn affect(&self, i: usize, components: &[f32]) -> Result<Option<[f64; 2]>, FeelError> {
        if !self.rated {
            return Ok(None);
        }
        let cue = self.emotions(i, components)?.balance();
        let model = self.predictor(i).weights();
        let seen = model.bases.split(components).affect;
        let (affect, _) = model.affect.apply(seen, cue);
        Ok(Some(
            [affect[0], affect[1]].map(|v| v.clamp(SCALE[0], SCALE[1])),
        ))
    }

    /// What heads of the same kind say that are fitted on `rows` instead of the components of whole
    /// pictures, one row a picture, of as many columns: for each picture its two values or nine
    /// shares, by the heads that have not seen it. None where each fold has components of its own, which
    /// mean nothing to the heads of another.
    ///
    /// # Errors
    /// Where there are not as many rows as pictures, or nothing can be fitted.
    pub fn refit(&self, config: &Config, rows: Matrix) -> Result<Option<Vec<Vec<f64>>>, FeelError> {
        if !self.alike {
            return Ok(None);
        }
        let model = self.predictors[0].weights();
        let columns = model.bases.components();
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
        let seen = model.bases.split_all(&rows);
        let lesson = if self.rated {
            Lesson::new(seen.affect, &self.set, &all).with_cues(&model.emotions, &seen.emotions)?
        } else {
            Lesson::new(seen.emotions, &self.set, &all)
        };
        // Settings are chosen in as many folds as there are heads: enough, and half the time.
        let config = Config {
            folds: FOLDS,
            ..config.clone()
        };
        let mut told = vec![Vec::new(); self.len()];
        for fold in 0..FOLDS {
            let (held, seen) = split_rows(&self.fold_of, fold);
            let seen = lesson.select(&seen);
            if self.rated {
                let head = fit_affect(&config, &seen)?.0;
                for i in held {
                    let (values, _) = head.apply(lesson.z.row(i), lesson.cues[i].balance);
                    let inside = values.iter().map(|v| v.clamp(SCALE[0], SCALE[1]));
                    told[i] = inside.collect();
                }
            } else {
                let (head, _) = fit_emotions(&config.emotions.penalties, FOLDS, &seen)?;
                for i in held {
                    told[i] = softmax(&head.apply(lesson.z.row(i)));
                }
            }
        }
        Ok(Some(told))
    }
}

/// Whether a backbone's features know the answers, whatever the heads have seen.
fn knows_labels(predictor: &Predictor) -> bool {
    let backbones = &predictor.weights().settings.backbones;
    backbones.iter().any(|b| b.folds)
}
