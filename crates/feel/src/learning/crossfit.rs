//! Predictors on backbones that have learned labels.
//!
//! Such a backbone knows the pictures that it learned from: their features say more of their labels
//! than those of a new picture will. Heads whose settings and intervals were chosen on them would be
//! too sure, and figures out of fold would be too good. So each such backbone has twins, two to five, of
//! which each left folds out ([`fold_name`]); whatever must be new to the model is asked of the
//! twin that left its fold out, with a basis and heads made on that twin's features.
//!
//! Settings for a fold are chosen by the predictions for the other folds: the models behind those
//! have learned from the fold's labels, but choose no more than three numbers by them. Likewise the cues of
//! the photographs that a fold's head of valence learns from come from twins that may have learned from the
//! fold: ordinary stacking, with a small bias. To have none would need twins of twins.

use super::backbones;
use super::choose::{
    ChosenEmotions, Tried, choose_affect, fit_kernel, fit_softmax, settle_emotions, sharpened,
    try_affect,
};
use super::config::Config;
use super::dataset::Set;
use super::evaluate::Unsure;
use super::folds::{FOLDS, LEARN, fold_name, left_out, split_rows, twin_of};
use super::lesson::{Lesson, Strangers, bases, strangers};
use super::measure::Gauge;
use super::options::TrainOptions;
use crate::error::FeelError;
use crate::heads::kernel;
use crate::heads::kin::Kin;
use crate::heads::linear::{Linear, Matrix};
use crate::heads::softmax;
use crate::heads::spread::{Cue, Spread, Told};
use crate::predicting::basis::Basis;
use crate::predicting::extractor::Extractor;
use crate::predicting::frozen::Frozen;
use crate::predicting::model::Model;
use crate::predicting::predictor::{ModelId, Predictor, SCALE, cue};
use crate::predicting::settings::{BackboneSettings, PerHead};
use affetti_emotion::Distribution;
use affetti_nets::device::Device;
use affetti_weights::store::sha256;

/// One set of pictures as the twins see it.
struct Seen {
    fold_of: Vec<usize>,
    /// Components of all pictures that the set's head sees, twin by twin.
    components: Vec<Matrix>,
}

/// All pictures as the twins see them.
pub(crate) struct Twins {
    photos: Seen,
    /// Components of all photographs that the emotion head sees, for their cues, twin by twin.
    cues: Vec<Matrix>,
    paintings: Seen,
    /// Some paintings as the head of valence and arousal sees them, twin by twin.
    strangers: Vec<Option<Strangers>>,
    /// Twin by twin.
    bases: Vec<PerHead<Basis>>,
}

/// Predictions out of fold, with how unsure they are.
pub(crate) struct OutOfFold {
    pub(crate) predicted: Vec<Vec<f64>>,
    pub(crate) unsure: Vec<Unsure>,
}

/// `set`, if it has as many pictures as `known`.
fn as_before(set: Set, known: &Set, what: &str, stage: &str) -> Result<Set, FeelError> {
    if set.samples.len() == known.samples.len() {
        return Ok(set);
    }
    Err(FeelError::NothingToLearn {
        what: format!("{what}{stage}: other pictures can be read than before"),
    })
}

/// The weights of `backbone` for the pictures of `fold`: its twin's, where it has learned labels.
fn twin_for(
    backbone: &BackboneSettings,
    fold: usize,
    config: &Config,
    options: &TrainOptions<'_>,
) -> Result<Frozen, FeelError> {
    if !backbone.folds {
        return backbones::load(backbone, options.models);
    }
    let number = twin_of(fold, backbone.twins);
    let twin = BackboneSettings {
        name: fold_name(&backbone.name, number),
        ..backbone.clone()
    };
    let file = options.models.join(format!("{}.safetensors", twin.name));
    let wrong = |what: &str| FeelError::NothingToLearn {
        what: format!(
            "{}: {what}; `affetti train affect --fold {number}` makes it, and a backbone that knows \
             the labels needs all {}",
            file.display(),
            backbone.twins
        ),
    };
    if !file.is_file() {
        return Err(wrong("no such file"));
    }
    let asked = left_out(number, backbone.twins, config.labels.more);
    if !backbones::note(&twin.name, options.models)?.ends_with(&asked) {
        return Err(wrong(&format!("its note does not say `{asked}`")));
    }
    backbones::load(&twin, options.models)
}

/// The weights that stand for those of `config` before the pictures of `fold`.
fn twins_for(
    config: &Config,
    fold: usize,
    options: &TrainOptions<'_>,
) -> Result<Vec<Frozen>, FeelError> {
    let backbones = config.features.backbones.iter();
    backbones
        .map(|backbone| twin_for(backbone, fold, config, options))
        .collect()
}

/// Shows `ask` both sets as every twin measures them, fold by fold, 0 to [`FOLDS`] − 1.
pub(crate) fn each_twin(
    config: &Config,
    [photos, paintings]: [&Set; 2],
    options: &TrainOptions<'_>,
    mut ask: impl FnMut(usize, &Extractor, [&Set; 2]) -> Result<(), FeelError>,
) -> Result<(), FeelError> {
    for fold in 0..FOLDS {
        let weights = twins_for(config, fold, options)?;
        let extractor = Extractor::new(&config.features, &weights, &Device::Cpu)?;
        let gauge = Gauge::new(&extractor, &config.features, &weights, options)?;
        let stage = format!(", twin {} of {FOLDS}", fold + 1);
        let photos = as_before(gauge.photographs(&stage)?, photos, "photographs", &stage)?;
        let found = gauge.paintings(&config.labels, &stage)?;
        let paintings = as_before(found, paintings, "paintings", &stage)?;
        ask(fold, &extractor, [&photos, &paintings])?;
    }
    Ok(())
}

/// The first fold whose pictures every backbone's twin for `fold` has left out, too.
fn first_alike(config: &Config, fold: usize) -> usize {
    let twins = |fold: usize| -> Vec<usize> {
        let learned = config.features.backbones.iter().filter(|b| b.folds);
        learned.map(|b| twin_of(fold, b.twins)).collect()
    };
    let wanted = twins(fold);
    (0..fold)
        .find(|&earlier| twins(earlier) == wanted)
        .unwrap_or(fold)
}

impl Twins {
    /// Measures the pictures of `photos` and `paintings` with every twin; none where no backbone
    /// of `config` has learned labels.
    ///
    /// # Errors
    /// Missing twins, and pictures that could be read before and cannot be now.
    pub(crate) fn measure(
        config: &Config,
        photos: &Set,
        paintings: &Set,
        options: &TrainOptions<'_>,
    ) -> Result<Option<Self>, FeelError> {
        let backbones = &config.features.backbones;
        if !backbones.iter().any(|b| b.folds) {
            return Ok(None);
        }
        let seen = |set: &Set| -> Result<Seen, FeelError> {
            Ok(Seen {
                fold_of: set.folds()?,
                components: Vec::new(),
            })
        };
        let mut twins = Self {
            photos: seen(photos)?,
            cues: Vec::new(),
            paintings: seen(paintings)?,
            strangers: Vec::new(),
            bases: Vec::new(),
        };
        each_twin(
            config,
            [photos, paintings],
            options,
            |fold, extractor, [photos, paintings]| {
                // The same networks have the same bases, which take a while.
                let alike = twins.bases.get(first_alike(config, fold)).cloned();
                let bases = match alike {
                    Some(bases) => bases,
                    None => bases(config, extractor, &[photos, paintings])?,
                };
                let all = |basis: &Basis, set: &Set| basis.project_all(&set.features);
                twins.photos.components.push(all(&bases.affect, photos));
                twins.cues.push(all(&bases.emotions, photos));
                let components = all(&bases.emotions, paintings);
                twins.paintings.components.push(components);
                let strangers = strangers(config, &bases.affect, paintings);
                twins.strangers.push(strangers);
                twins.bases.push(bases);
                Ok(())
            },
        )?;
        Ok(Some(twins))
    }

    /// Logits of `rows` of `set` for every penalty, by models that saw neither fold nor test rows
    /// outside of `rows`.
    fn try_emotions(&self, penalties: &[f64], set: &Set, rows: &[usize]) -> Tried<f64, Vec<f64>> {
        let logits = |penalty: f64| {
            self.paintings.out_of_fold(rows, |fold, seen| {
                let z = self.paintings.components[fold].select(seen);
                let model = softmax::fit(Lesson::new(z, set, seen).problem(), penalty);
                Some(move |z: &[f32], _: usize| model.apply(z))
            })
        };
        let tried = penalties
            .iter()
            .filter_map(|&penalty| Some((penalty, logits(penalty)?)));
        tried.collect()
    }

    /// Penalty and sharpness of the emotion head, chosen on the rows that may be learned from.
    pub(crate) fn emotion_settings(
        &self,
        config: &Config,
        paintings: &Set,
    ) -> Result<ChosenEmotions, FeelError> {
        let rows = paintings.rows(&LEARN);
        let tried = self.try_emotions(&config.emotions.penalties, paintings, &rows);
        let all: Vec<usize> = (0..rows.len()).collect();
        let (targets, votes) = (paintings.targets(&rows), paintings.votes(&rows));
        settle_emotions(&targets, &votes, &tried, &all)
    }

    /// Shares of every painting by models that did not see its fold.
    pub(crate) fn emotions(
        &self,
        config: &Config,
        paintings: &Set,
    ) -> Result<OutOfFold, FeelError> {
        let rows: Vec<usize> = (0..paintings.samples.len()).collect();
        let tried = self.try_emotions(&config.emotions.penalties, paintings, &rows);
        let targets = paintings.targets(&rows);
        let votes = paintings.votes(&rows);
        let mut predicted = vec![Vec::new(); rows.len()];
        let mut unsure = vec![Unsure::default(); rows.len()];
        for fold in 0..FOLDS {
            let (held, others) = split_rows(&self.paintings.fold_of, fold);
            let chosen = settle_emotions(&targets, &votes, &tried, &others)?;
            for i in held {
                predicted[i] = sharpened(&tried[chosen.setting].1[i], chosen.sharpness);
                unsure[i] = Unsure::Shares(chosen.sure.of(&predicted[i]));
            }
        }
        Ok(OutOfFold { predicted, unsure })
    }

    /// The emotion head of a fold's twin, which saw the paintings that the twin saw.
    fn emotion_head(&self, fold: usize, settings: &ChosenEmotions, paintings: &Set) -> Linear {
        let mut seen = paintings.rows(&LEARN);
        seen.retain(|&i| self.paintings.fold_of[i] != fold);
        let z = self.paintings.components[fold].select(&seen);
        fit_softmax(&Lesson::new(z, paintings, &seen), settings)
    }

    /// What the emotion head of the twin that has not seen it says of each photograph. Heads of valence and
    /// arousal learn from these: a network that has learned a photograph's ratings gives a cue that knows
    /// them, and a head that learned to trust it is wrong of new ones.
    pub(crate) fn photo_cues(
        &self,
        settings: &ChosenEmotions,
        paintings: &Set,
    ) -> Result<Vec<Cue>, FeelError> {
        let fold_of = &self.photos.fold_of;
        let mut cues = vec![Cue::default(); fold_of.len()];
        for fold in 0..FOLDS {
            let head = self.emotion_head(fold, settings, paintings);
            let (held, _) = split_rows(fold_of, fold);
            for i in held {
                let logits = head.apply(self.cues[fold].row(i));
                cues[i] = cue(&Distribution::from_logits(&logits)?);
            }
        }
        Ok(cues)
    }

    /// Each twin's lesson in `rows` of the photographs, with the cues of [`photo_cues`](Self::photo_cues).
    fn photo_lessons<'a>(
        &self,
        settings: ChosenEmotions,
        paintings: &Set,
        photos: &'a Set,
        rows: &[usize],
    ) -> Result<Vec<Lesson<'a>>, FeelError> {
        let cues = self.photo_cues(&settings, paintings)?;
        let lesson = |fold: usize| {
            let z = self.photos.components[fold].select(rows);
            Lesson {
                cues: rows.iter().map(|&i| cues[i]).collect(),
                others: self.strangers[fold].clone(),
                ..Lesson::new(z, photos, rows)
            }
        };
        Ok((0..FOLDS).map(lesson).collect())
    }

    /// What the models of `fold` see of its lesson in `rows`.
    fn outside<'a>(&self, fold: usize, lesson: &Lesson<'a>, rows: &[usize]) -> Lesson<'a> {
        let other = |n: &usize| self.photos.fold_of[rows[*n]] != fold;
        let inside: Vec<usize> = (0..rows.len()).filter(other).collect();
        lesson.select(&inside)
    }

    /// Every setting of valence and arousal, predicted for `rows` out of fold.
    fn try_affect(
        &self,
        config: &Config,
        lessons: &[Lesson<'_>],
        rows: &[usize],
    ) -> Tried<kernel::Settings, Told> {
        let part = |fold: usize| {
            let seen = self.outside(fold, &lessons[fold], rows);
            let kin = seen.kin();
            (seen, kin)
        };
        let parts: Vec<(Lesson<'_>, Option<Kin>)> = (0..FOLDS).map(part).collect();
        try_affect(config, |settings| {
            self.photos.out_of_fold(rows, |fold, _| {
                let (seen, kin) = &parts[fold];
                let kernel = fit_kernel(seen, settings, kin.clone()).ok()?;
                let cues = &lessons[fold].cues;
                Some(move |z: &[f32], n: usize| Told::of(&kernel, z, cues[n]))
            })
        })
    }

    /// Settings of the valence-arousal head and how wide its intervals are, chosen on the
    /// rows that may be learned from.
    pub(crate) fn affect_settings(
        &self,
        config: &Config,
        emotions: ChosenEmotions,
        paintings: &Set,
        photos: &Set,
    ) -> Result<(kernel::Settings, [Spread; 2]), FeelError> {
        let rows = photos.rows(&LEARN);
        let lessons = self.photo_lessons(emotions, paintings, photos, &rows)?;
        let tried = self.try_affect(config, &lessons, &rows);
        let all: Vec<usize> = (0..rows.len()).collect();
        let chosen = choose_affect(config, &photos.targets(&rows), &tried, &all)?;
        Ok((tried[chosen.setting].0, chosen.spread))
    }

    /// Valence and arousal of every photograph by models that did not see its fold.
    pub(crate) fn affect(
        &self,
        config: &Config,
        paintings: &Set,
        photos: &Set,
    ) -> Result<OutOfFold, FeelError> {
        let emotions = self.emotion_settings(config, paintings)?;
        let rows: Vec<usize> = (0..photos.samples.len()).collect();
        let lessons = self.photo_lessons(emotions, paintings, photos, &rows)?;
        let tried = self.try_affect(config, &lessons, &rows);
        let targets = photos.targets(&rows);
        let mut found = OutOfFold {
            predicted: vec![Vec::new(); rows.len()],
            unsure: vec![Unsure::default(); rows.len()],
        };
        for fold in 0..FOLDS {
            let (held, others) = split_rows(&self.photos.fold_of, fold);
            let chosen = choose_affect(config, &targets, &tried, &others)?;
            for i in held {
                let told = &tried[chosen.setting].1[i];
                let inside = |v: &f64| v.clamp(SCALE[0], SCALE[1]);
                found.predicted[i] = told.affect.iter().map(inside).collect();
                let half = chosen
                    .spread
                    .each_ref()
                    .map(|spread| spread.half_width(told));
                found.unsure[i] = Unsure::Affect(half);
            }
        }
        Ok(found)
    }

    /// For each fold a predictor whose networks and heads have not seen its pictures.
    pub(crate) fn predictors(
        &self,
        config: &Config,
        photos: &Set,
        paintings: &Set,
        options: &TrainOptions<'_>,
    ) -> Result<Vec<Predictor>, FeelError> {
        let chosen = self.emotion_settings(config, paintings)?;
        let (settings, spread) = self.affect_settings(config, chosen, paintings, photos)?;
        let rows = photos.rows(&LEARN);
        let lessons = self.photo_lessons(chosen, paintings, photos, &rows)?;
        let of_fold = |fold: usize| {
            let seen = self.outside(fold, &lessons[fold], &rows);
            let model = Model {
                settings: config.features.clone(),
                backbones: twins_for(config, fold, options)?,
                bases: self.bases[fold].clone(),
                emotions: self.emotion_head(fold, &chosen, paintings),
                affect: fit_kernel(&seen, settings, seen.kin())?,
                sure: Some(chosen.sure),
                spread: spread.clone(),
                novelty: None,
            };
            let id = ModelId {
                name: fold_name(&config.name, fold + 1),
                sha256: sha256(&model.to_bytes()?),
            };
            Predictor::new(id, model, &Device::Cpu)
        };
        (0..FOLDS).map(of_fold).collect()
    }
}

impl Seen {
    /// What the models that `fit` makes (of a fold and the rows outside of it) answer for `rows`,
    /// which rise; none where one cannot be fitted. Models take components and the place in `rows`.
    fn out_of_fold<P: Clone + Default, M: Fn(&[f32], usize) -> P>(
        &self,
        rows: &[usize],
        fit: impl Fn(usize, &[usize]) -> Option<M>,
    ) -> Option<Vec<P>> {
        let mut predicted = vec![P::default(); rows.len()];
        for fold in 0..FOLDS {
            let outside = |row: &&usize| self.fold_of[**row] != fold;
            let seen: Vec<usize> = rows.iter().filter(outside).copied().collect();
            let model = fit(fold, &seen)?;
            for (n, &row) in rows.iter().enumerate() {
                if self.fold_of[row] == fold {
                    predicted[n] = model(self.components[fold].row(row), n);
                }
            }
        }
        Some(predicted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, FOLDS, Matrix, Seen, TrainOptions, first_alike, fold_name, twin_for};
    use crate::learning::folds::left_out;
    use affetti_weights::store::{self, Precision};
    use affetti_weights::tensors::Tensors;
    use std::path::Path;

    fn config() -> Config {
        let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
        Config::read(&configs.join("feel-4.toml")).expect("good")
    }

    #[test]
    fn three_twins_serve_five_folds() {
        // Folds 0 and 3 are what the first twin left out, 1 and 4 the second.
        let firsts: Vec<usize> = (0..FOLDS)
            .map(|fold| first_alike(&config(), fold))
            .collect();
        assert_eq!(firsts, [0, 1, 2, 0, 1]);
    }

    #[test]
    fn a_twin_that_left_out_something_else_is_refused() {
        let config = config();
        let backbone = config.features.backbones.iter().find(|b| b.folds);
        let backbone = backbone.expect("one has learned labels");
        let folder = tempfile::tempdir().expect("a folder");
        let options = TrainOptions {
            data: Path::new(""),
            models: folder.path(),
            threads: 1,
            progress: &|_| (),
        };
        let asked = |fold: usize| {
            let found = twin_for(backbone, fold, &config, &options);
            found.map(drop).expect_err("no twin").to_string()
        };
        assert!(asked(4).contains("affect-2-fold2.safetensors: no such file"));
        let write = |note: String| {
            let tensors = Tensors {
                note,
                ..Tensors::default()
            };
            let bytes = store::to_bytes(&tensors, |_| Precision::Full).expect("stored");
            let file = folder.path().join("affect-2-fold2.safetensors");
            std::fs::write(file, bytes).expect("written");
        };
        for other in [
            left_out(1, 3, true),
            left_out(2, 5, true),
            left_out(2, 3, false),
        ] {
            write(format!("trained on, {other}"));
            let told = asked(4);
            assert!(told.contains("twin 2 of 3, folds of both tables"), "{told}");
        }
        // Now it is the weights that are missing.
        write(format!("trained on, {}", left_out(2, 3, true)));
        assert!(!asked(4).contains("its note"));
    }

    #[test]
    fn every_row_is_asked_of_the_twin_that_left_it_out() {
        let fold_of = vec![0, 1, 2, 3, 4, 0, 1];
        // Twin f sees row i as 10 f + i.
        let components = (0..FOLDS).map(|fold| Matrix {
            columns: 1,
            data: (0..7).map(|row| (10 * fold + row) as f32).collect(),
        });
        let seen = Seen {
            components: components.collect(),
            fold_of: fold_of.clone(),
        };
        // Row 4 is no part of it: a test picture, say.
        let rows = [0, 1, 2, 3, 5, 6];
        let answers = seen.out_of_fold(&rows, |fold, learned| {
            assert!(learned.iter().all(|&row| fold_of[row] != fold && row != 4));
            let expected = rows.iter().filter(|&&row| fold_of[row] != fold).count();
            assert_eq!(learned.len(), expected);
            Some(move |z: &[f32], place: usize| vec![f64::from(z[0]), place as f64])
        });
        let answers = answers.expect("all models fit");
        for (place, &row) in rows.iter().enumerate() {
            let z = (10 * fold_of[row] + row) as f64;
            assert_eq!(answers[place], [z, place as f64]);
        }
        type Model = fn(&[f32], usize) -> Vec<f64>;
        let none = seen.out_of_fold(&rows, |_, _| None::<Model>);
        assert!(none.is_none());
        assert_eq!(fold_name("affect-1", 3), "affect-1-fold3");
    }
}
