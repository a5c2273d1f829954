//! Every figure of a card, computed again: on the test split, and out of fold over all labelled
//! pictures, each beside the prior and a plain head on one frozen network.
//!
//! Out of fold, heads and their settings are chosen anew in every fold; the basis, which sees no
//! label, is not. The coverage of prior and frozen baseline is that of the model's half-width around
//! their predictions. Photographs of one theme (`Acorns 1`, `Acorns 2`) may stand on both sides, as
//! they do in the published set.

use crate::config::Config;
use crate::crossfit::{FOLDS, Twins};
use crate::dataset::{Set, measure, painted, photographs};
use crate::error::FeelError;
use crate::figures::{Figure, Figures};
use crate::linear::{Matrix, Standardizer};
use crate::model::Model;
use crate::predictor::{ModelId, Predictor, SCALE, balance};
use crate::ridge;
use crate::softmax::softmax;
use crate::train::{
    LEARN, Lesson, Step, TrainOptions, fingerprint, fit_affect, fit_emotions, lesson, split_rows,
};
use affetti_data::{Split, splits::folds};
use affetti_emotion::metrics::{auc, kl_floored, pearson};
use affetti_emotion::{Bootstrap, CheckedBootstrap, Distribution, Emotion, Label};
use affetti_nets::efficientnet_lite::FEATURES;

/// Floor of a predicted share in KL: one viewer among ten thousand.
pub(crate) const FLOOR: f64 = 1e-4;
/// A smaller difference of shares is rounding: the viewers are divided evenly.
pub(crate) const TIE: f64 = 1e-9;
/// Penalties of the frozen baseline's ridge, on rows of unit mean square.
const RIDGE: [f64; 4] = [0.1, 0.3, 1.0, 3.0];

/// Measures `predictor` on the data of `config`.
///
/// # Errors
/// Missing or unreadable data.
pub fn evaluate(
    config: &Config,
    predictor: &Predictor,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let settings = Config {
        features: predictor.weights().settings.clone(),
        ..config.clone()
    };
    let print = fingerprint(&settings, &predictor.weights().backbones)?;
    let extractor = predictor.extractor();
    let photos = measure(
        photographs(options.data)?,
        extractor,
        &print,
        "photographs",
        options,
    )?;
    let paintings = measure(
        painted(options.data)?,
        extractor,
        &print,
        "paintings",
        options,
    )?;
    let twins = Twins::measure(&settings, &photos, &paintings, options)?;
    let sets = (&photos, &paintings);
    figures_of(&settings, predictor, sets, twins.as_ref(), options)
}

/// The figures, given the features.
pub(crate) fn figures_of(
    config: &Config,
    predictor: &Predictor,
    (photos, paintings): (&Set, &Set),
    twins: Option<&Twins>,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let judge = Judge {
        config,
        twins,
        bootstrap: Bootstrap::seeded(config.seed).check()?,
        pooled: pooled_columns(predictor.weights()),
    };
    let mut figures = Vec::new();
    let stages = [
        "photographs: test",
        "paintings: test",
        "photographs: 5-fold",
        "paintings: 5-fold",
    ];
    for (done, stage) in stages.into_iter().enumerate() {
        let total = stages.len();
        (options.progress)(Step { stage, done, total });
        figures.extend(match done {
            0 => judge.on_test(Head::Affect, predictor, photos, stage)?,
            1 => judge.on_test(Head::Emotions, predictor, paintings, stage)?,
            2 => judge.out_of_fold(Head::Affect, predictor, (photos, paintings), stage)?,
            _ => judge.out_of_fold(Head::Emotions, predictor, (photos, paintings), stage)?,
        });
    }
    let ModelId { name, sha256 } = predictor.model();
    Ok(Figures {
        model: format!("{name}, sha256 {}", &sha256[..16.min(sha256.len())]),
        figures,
    })
}

/// First column and end of the pooled features of the last backbone that is as published; of the
/// last of all where none is.
fn pooled_columns(model: &Model) -> std::ops::Range<usize> {
    let backbones = &model.settings.backbones;
    let published = backbones.iter().rposition(|b| b.network.is_none());
    let last = published.unwrap_or(backbones.len().saturating_sub(1));
    let lengths = backbones[..last]
        .iter()
        .filter_map(crate::features::BackboneSettings::variant);
    let start = lengths
        .map(affetti_nets::efficientnet_lite::Variant::descriptor_len)
        .sum();
    start..start + FEATURES
}

/// What is judged: valence and arousal of photographs, or emotions of paintings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Affect,
    Emotions,
}

struct Judge<'a> {
    config: &'a Config,
    twins: Option<&'a Twins>,
    bootstrap: CheckedBootstrap,
    pooled: std::ops::Range<usize>,
}

/// Predictions of the model and of the frozen baseline for the same pictures.
struct Answers {
    truth: Vec<Vec<f64>>,
    model: Vec<Vec<f64>>,
    frozen: Vec<Vec<f64>>,
    /// The answer without a picture.
    prior: Vec<f64>,
    /// Half-widths of the intervals, for valence and arousal.
    half: Vec<[f64; 2]>,
}

impl Judge<'_> {
    /// Standardised pooled features of `rows`, scaled by what `learn` shows.
    fn frozen(&self, set: &Set, learn: &[usize], rows: &[usize]) -> Matrix {
        let cut = |rows: &[usize]| Matrix {
            columns: FEATURES,
            data: rows
                .iter()
                .flat_map(|&i| set.features.row(i)[self.pooled.clone()].iter().copied())
                .collect(),
        };
        Standardizer::fit(&cut(learn), &[(FEATURES, 1.0)]).apply(&cut(rows))
    }

    /// The frozen baseline's affect: ridge, its penalty chosen by cross-validation.
    fn frozen_affect(
        &self,
        set: &Set,
        learn: &[usize],
        rows: &[usize],
    ) -> Result<Vec<Vec<f64>>, FeelError> {
        let (x, y) = (self.frozen(set, learn, learn), set.targets(learn));
        let fold_of = folds(FOLDS, &set.groups(learn))?;
        let error = |lambda: f64| -> Option<f64> {
            let mut sum = 0.0;
            for fold in 0..FOLDS {
                let (held, seen) = split_rows(&fold_of, fold);
                let seen_y: Vec<Vec<f64>> = seen.iter().map(|&i| y[i].clone()).collect();
                let model = ridge::fit(&x.select(&seen), &seen_y, lambda)?;
                for i in held {
                    let off = model.apply(x.row(i));
                    sum += off
                        .iter()
                        .zip(&y[i])
                        .map(|(a, b)| (a - b).powi(2))
                        .sum::<f64>();
                }
            }
            Some(sum)
        };
        let lambda = RIDGE.into_iter().min_by(|&a, &b| {
            error(a)
                .unwrap_or(f64::MAX)
                .total_cmp(&error(b).unwrap_or(f64::MAX))
        });
        let model = lambda.and_then(|lambda| ridge::fit(&x, &y, lambda));
        let model = model.ok_or_else(|| FeelError::NothingToLearn {
            what: "the frozen baseline cannot be solved".into(),
        })?;
        Ok(model.apply_all(&self.frozen(set, learn, rows)))
    }

    /// The frozen baseline's emotions: multinomial regression, its penalty chosen likewise.
    fn frozen_emotions(
        &self,
        set: &Set,
        learn: &[usize],
        rows: &[usize],
    ) -> Result<Vec<Vec<f64>>, FeelError> {
        let lesson = Lesson::new(self.frozen(set, learn, learn), set, learn);
        let model = fit_emotions(&self.config.emotions.penalties, FOLDS, &lesson)?;
        let logits = model.apply_all(&self.frozen(set, learn, rows));
        Ok(logits.iter().map(|z| softmax(z)).collect())
    }

    fn frozen_answers(
        &self,
        head: Head,
        set: &Set,
        learn: &[usize],
        rows: &[usize],
    ) -> Result<Vec<Vec<f64>>, FeelError> {
        match head {
            Head::Affect => self.frozen_affect(set, learn, rows),
            Head::Emotions => self.frozen_emotions(set, learn, rows),
        }
    }

    fn figures(&self, head: Head, answers: &Answers, set: &str) -> Result<Vec<Figure>, FeelError> {
        match head {
            Head::Affect => self.affect_figures(answers, set),
            Head::Emotions => self.emotion_figures(answers, set),
        }
    }

    fn on_test(
        &self,
        head: Head,
        predictor: &Predictor,
        set: &Set,
        name: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let (learn, rows) = (set.rows(&LEARN), set.rows(&[Split::Test]));
        let mut model = Vec::new();
        for &i in &rows {
            let said = predictor.predict_features(set.features.row(i))?;
            model.push(match head {
                Head::Affect => vec![said.valence, said.arousal],
                Head::Emotions => said.emotions.as_slice().to_vec(),
            });
        }
        let answers = Answers {
            truth: set.targets(&rows),
            model,
            frozen: self.frozen_answers(head, set, &learn, &rows)?,
            prior: column_means(&set.targets(&learn)),
            half: vec![predictor.weights().half_width; rows.len()],
        };
        self.figures(head, &answers, name)
    }

    fn out_of_fold(
        &self,
        head: Head,
        predictor: &Predictor,
        (photos, paintings): (&Set, &Set),
        name: &str,
    ) -> Result<Vec<Figure>, FeelError> {
        let model = predictor.weights();
        let set = match head {
            Head::Affect => photos,
            Head::Emotions => paintings,
        };
        let rows: Vec<usize> = (0..set.samples.len()).collect();
        let mut all = lesson(&model.basis, set, &rows);
        if head == Head::Affect {
            all = all.with_cues(&model.emotions)?;
        }
        let twins = match (self.twins, head) {
            (None, _) => None,
            (Some(twins), Head::Affect) => Some(twins.affect(self.config, paintings, photos)?),
            (Some(twins), Head::Emotions) => Some(twins.emotions(self.config, paintings)?),
        };
        let fold_of = folds(FOLDS, &all.groups)?;
        let mut answers = Answers::empty(all.targets.clone());
        for fold in 0..FOLDS {
            let (held, seen) = split_rows(&fold_of, fold);
            let frozen = self.frozen_answers(head, set, &seen, &held)?;
            for (&i, frozen) in held.iter().zip(frozen) {
                answers.frozen[i] = frozen;
            }
            match &twins {
                Some(twins) => {
                    for &i in &held {
                        answers.model[i].clone_from(&twins.predicted[i]);
                        answers.half[i] = twins.half.get(i).copied().unwrap_or_default();
                    }
                }
                None => self.fit(head, &all, (&held, &seen), &mut answers)?,
            }
        }
        self.figures(head, &answers, name)
    }

    /// Answers for `held` by a head that learned from `seen`.
    fn fit(
        &self,
        head: Head,
        all: &Lesson<'_>,
        (held, seen): (&[usize], &[usize]),
        answers: &mut Answers,
    ) -> Result<(), FeelError> {
        let seen = all.select(seen);
        match head {
            Head::Affect => {
                let (kernel, half) = fit_affect(self.config, &seen)?;
                for &i in held {
                    let said = kernel.apply(all.z.row(i), all.cues[i]);
                    let inside = |v: &f64| v.clamp(SCALE[0], SCALE[1]);
                    answers.model[i] = said.iter().map(inside).collect();
                    answers.half[i] = half;
                }
            }
            Head::Emotions => {
                let model = fit_emotions(&self.config.emotions.penalties, FOLDS, &seen)?;
                for &i in held {
                    answers.model[i] = softmax(&model.apply(all.z.row(i)));
                }
            }
        }
        Ok(())
    }

    fn affect_figures(&self, answers: &Answers, set: &str) -> Result<Vec<Figure>, FeelError> {
        let mut figures = Vec::new();
        for (output, word) in ["valence", "arousal"].into_iter().enumerate() {
            let column = |rows: &[Vec<f64>]| rows.iter().map(|r| r[output]).collect::<Vec<_>>();
            let (truth, model, frozen) = (
                column(&answers.truth),
                column(&answers.model),
                column(&answers.frozen),
            );
            let r = |predicted: &[f64], draw: &[usize]| {
                pearson(&pick(&truth, draw), &pick(predicted, draw)).ok()
            };
            figures.push(self.figure(
                (set, &format!("{word}: Pearson r")),
                truth.len(),
                0.0,
                |draw| r(&model, draw),
                |draw| r(&frozen, draw),
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
                |draw| error(&frozen, draw),
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
                |draw| covered(&frozen, draw),
            )?);
        }
        Ok(figures)
    }

    fn emotion_figures(&self, answers: &Answers, set: &str) -> Result<Vec<Figure>, FeelError> {
        let n = answers.truth.len();
        let truth = distributions(&answers.truth)?;
        let (model, frozen) = (
            distributions(&answers.model)?,
            distributions(&answers.frozen)?,
        );
        let prior = vec![Distribution::<Emotion>::from_counts(&answers.prior)?; n];
        let divergence = |predicted: &[Distribution<Emotion>]| {
            let pairs = truth.iter().zip(predicted);
            pairs
                .map(|(t, p)| kl_floored(t, p, FLOOR))
                .collect::<Result<Vec<_>, _>>()
        };
        let (kl_model, kl_frozen) = (divergence(&model)?, divergence(&frozen)?);
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
            |draw| Some(mean(&kl_frozen, draw)),
        )?];
        let skill = |kl: &[f64], draw: &[usize]| Some(1.0 - mean(kl, draw) / mean(&kl_prior, draw));
        figures.push(self.figure(
            (set, "emotions: KL skill"),
            n,
            0.0,
            |draw| skill(&kl_model, draw),
            |draw| skill(&kl_frozen, draw),
        )?);
        let polarity = |all: &[Distribution<Emotion>]| all.iter().map(balance).collect::<Vec<_>>();
        let (human, ours, plain) = (polarity(&truth), polarity(&model), polarity(&frozen));
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
        figures.extend(self.majority(&answers.prior, &truth, &model, &frozen, set)?);
        Ok(figures)
    }

    /// Accuracy where more than half of the viewers agree.
    fn majority(
        &self,
        prior: &[f64],
        truth: &[Distribution<Emotion>],
        model: &[Distribution<Emotion>],
        frozen: &[Distribution<Emotion>],
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
            |draw| right(&|i| frozen[i].dominant(), draw),
        )?;
        Ok(Some(figure))
    }

    fn figure(
        &self,
        (set, metric): (&str, &str),
        n: usize,
        prior: f64,
        model: impl Fn(&[usize]) -> Option<f64>,
        frozen: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Figure, FeelError> {
        let all: Vec<usize> = (0..n).collect();
        let estimate = self.bootstrap.estimate(n, &model)?;
        let gain = self.bootstrap.difference(n, &model, &frozen)?;
        Ok(Figure {
            set: set.to_owned(),
            metric: metric.to_owned(),
            value: estimate.value,
            interval: [estimate.interval.low, estimate.interval.high],
            prior,
            frozen: frozen(&all).unwrap_or(f64::NAN),
            gain: [gain.interval.low, gain.interval.high],
            n,
        })
    }
}

impl Answers {
    fn empty(truth: Vec<Vec<f64>>) -> Self {
        let n = truth.len();
        Self {
            prior: column_means(&truth),
            truth,
            model: vec![Vec::new(); n],
            frozen: vec![Vec::new(); n],
            half: vec![[0.0; 2]; n],
        }
    }
}

fn distributions(rows: &[Vec<f64>]) -> Result<Vec<Distribution<Emotion>>, FeelError> {
    debug_assert!(rows.iter().all(|r| r.len() == Emotion::ALL.len()));
    Ok(rows
        .iter()
        .map(|r| Distribution::from_counts(r))
        .collect::<Result<_, _>>()?)
}

fn column_means(rows: &[Vec<f64>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    let n = rows.len().max(1) as f64;
    (0..columns)
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / n)
        .collect()
}

fn pick(values: &[f64], draw: &[usize]) -> Vec<f64> {
    draw.iter().map(|&i| values[i]).collect()
}
