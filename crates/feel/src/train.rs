//! Training: frozen features once, then heads by cross-validation, in minutes.

use crate::backbones;
use crate::basis::Basis;
use crate::config::Config;
use crate::conformal::half_width;
use crate::crossfit::Twins;
use crate::dataset::{Set, measure, painted, photographs};
use crate::error::FeelError;
use crate::evaluate::{Fitted, figures_of};
use crate::features::{Extractor, PerHead};
use crate::figures::Figures;
use crate::kernel::{self, Kernel};
use crate::linear::{Linear, Matrix};
use crate::model::Model;
use crate::predictor::{ModelId, Predictor, balance};
use crate::softmax::{self, Problem};
use affetti_data::{Split, splits::folds};
use affetti_emotion::Distribution;
use affetti_emotion::metrics::pearson;
use affetti_ground::config::ConfigError;
use affetti_nets::device::Device;
use affetti_nets::efficientnet_lite::Weights;
use affetti_nets::import::write_whole;
use affetti_nets::registry::{Card, InputContract, Origin};
use affetti_nets::store::{self, Precision, sha256};
use std::path::{Path, PathBuf};

/// Where things are and who watches.
#[derive(Clone, Copy)]
pub struct TrainOptions<'a> {
    /// The folder with `oasis/`, `paintings/` and `artemis.csv`.
    pub data: &'a Path,
    /// Where weights and card go.
    pub models: &'a Path,
    /// Worker threads.
    pub threads: usize,
    /// Called after every piece of work, from any thread.
    pub progress: &'a (dyn Fn(Step<'_>) + Sync),
}

/// One piece of work done.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What is being done.
    pub stage: &'a str,
    /// Pieces done of this stage.
    pub done: usize,
    /// Pieces of this stage.
    pub total: usize,
}

/// What a training left behind.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// How well it does.
    pub figures: Figures,
}

/// Pictures that heads may learn from; `test` stays out of everything.
pub(crate) const LEARN: [Split; 2] = [Split::Train, Split::Val];

/// Trains what `config` says and writes `NAME.safetensors` and `NAME.toml` into
/// [`TrainOptions::models`].
///
/// # Errors
/// Missing data or backbones, unwritable folders, nothing to learn from.
pub fn train(config: &Config, options: &TrainOptions<'_>) -> Result<Trained, FeelError> {
    let backbones = config
        .features
        .backbones
        .iter()
        .map(|backbone| backbones::load(backbone, options.models))
        .collect::<Result<Vec<_>, _>>()?;
    let extractor = Extractor::new(&config.features, &backbones, &Device::Cpu)?;
    let prints = fingerprints(config, &backbones)?;
    let photos = measure(
        photographs(options.data)?,
        &extractor,
        &prints,
        "photographs",
        options,
    )?;
    let paintings = measure(
        painted(options.data)?,
        &extractor,
        &prints,
        "paintings",
        options,
    )?;
    let say = |stage: &str| {
        (options.progress)(Step {
            stage,
            done: 0,
            total: 1,
        });
    };
    say("finding principal components");
    let bases = bases(config, &extractor, &[&photos, &paintings])?;
    let twins = Twins::measure(config, &photos, &paintings, options)?;
    say("fitting the nine emotions");
    let learn = lesson(&bases.emotions, &paintings, &paintings.rows(&LEARN));
    let (emotions, chosen) = match &twins {
        None => {
            let penalties = &config.emotions.penalties;
            (fit_emotions(penalties, config.folds, &learn)?, (0.0, 1.0))
        }
        Some(twins) => {
            let chosen = twins.emotion_settings(config, &paintings)?;
            (fit_softmax(&learn, chosen.0, chosen.1), chosen)
        }
    };
    say("fitting valence and arousal");
    let learn = affect_lesson(&bases, &emotions, &photos, &photos.rows(&LEARN))?;
    let (affect, half_width) = match &twins {
        None => fit_affect(config, &learn)?,
        Some(twins) => {
            let (settings, half) = twins.affect_settings(config, chosen, &paintings, &photos)?;
            (fit_kernel(&learn, settings)?, half)
        }
    };
    say("measuring");
    let model = Model {
        settings: config.features.clone(),
        backbones,
        bases,
        emotions,
        affect,
        half_width,
    };
    let bytes = model.to_bytes()?;
    let id = ModelId {
        name: config.name.clone(),
        sha256: sha256(&bytes),
    };
    // Measured on what a user will load, not on what is in memory.
    let predictor = Predictor::new(
        id.clone(),
        Model::from_bytes(&bytes, &id.name)?,
        &Device::Cpu,
    )?;
    let fitted = Fitted {
        config,
        predictor: &predictor,
        photos: &photos,
        paintings: &paintings,
        twins: twins.as_ref(),
    };
    let figures = figures_of(&fitted, options)?;
    let learned = [photos.rows(&LEARN).len(), paintings.rows(&LEARN).len()];
    let weights = options.models.join(format!("{}.safetensors", config.name));
    let card = options.models.join(format!("{}.toml", config.name));
    write_whole(&weights, &bytes)?;
    let text = card_text(config, &id, &figures, learned, options.models)?;
    write_whole(&card, text.as_bytes())?;
    Ok(Trained {
        weights,
        card,
        figures,
    })
}

/// Counted up whenever decoding, resizing, color features or kernels change what they give.
const FEATURES_VERSION: u32 = 2;

/// One text for each part of the extractor of `config`; it changes whenever what that part measures
/// on a picture could.
pub(crate) fn fingerprints(
    config: &Config,
    backbones: &[Weights],
) -> Result<Vec<String>, FeelError> {
    let features = &config.features;
    let seen = format!(
        "{FEATURES_VERSION} {:?} {}",
        features.views, features.filter
    );
    let mut texts = Vec::new();
    for (backbone, weights) in features.backbones.iter().zip(backbones) {
        let side = backbone.side(weights.variant());
        let sha256 = sha256(&store::to_bytes(&weights.to_folded(), |_| Precision::Full)?);
        texts.push(format!("{seen} {side} {sha256}"));
    }
    if features.sees_color() {
        texts.push(format!("{FEATURES_VERSION} color"));
    }
    Ok(texts)
}

/// What each head sees, from all pictures that may be learned from; no label takes part.
pub(crate) fn bases(
    config: &Config,
    extractor: &Extractor,
    sets: &[&Set],
) -> Result<PerHead<Basis>, FeelError> {
    let mut all = Matrix {
        columns: extractor.len(),
        data: Vec::new(),
    };
    for set in sets {
        all.data.extend(set.features.select(&set.rows(&LEARN)).data);
    }
    let blocks = config.features.blocks(extractor.variants());
    let components = config.features.components;
    let emotions = (components.emotions, config.seed);
    let affect = (components.affect, config.seed);
    Ok(PerHead {
        emotions: Basis::fit(&all, &blocks, |block| block.share.emotions, emotions)?,
        affect: Basis::fit(&all, &blocks, |block| block.share.affect, affect)?,
    })
}

/// The components of `rows` of `set`.
pub(crate) fn project(basis: &Basis, set: &Set, rows: &[usize]) -> Matrix {
    basis.project_all(&set.features.select(rows))
}

/// `rows` of `set` as components with their targets.
pub(crate) fn lesson<'a>(basis: &Basis, set: &'a Set, rows: &[usize]) -> Lesson<'a> {
    Lesson::new(project(basis, set, rows), set, rows)
}

/// `rows` of photographs as the head of valence and arousal sees them, with the cues that `emotions`
/// gives of them.
pub(crate) fn affect_lesson<'a>(
    bases: &PerHead<Basis>,
    emotions: &Linear,
    set: &'a Set,
    rows: &[usize],
) -> Result<Lesson<'a>, FeelError> {
    let seen = project(&bases.emotions, set, rows);
    lesson(&bases.affect, set, rows).with_cues(emotions, &seen)
}

/// Rows to learn from, on their way into a head.
pub(crate) struct Lesson<'a> {
    pub(crate) z: Matrix,
    /// P(positive) − P(negative) as the emotion head sees it; empty before there is one.
    pub(crate) cues: Vec<f64>,
    pub(crate) targets: Vec<Vec<f64>>,
    pub(crate) votes: Vec<f64>,
    pub(crate) groups: Vec<&'a str>,
}

impl<'a> Lesson<'a> {
    pub(crate) fn new(z: Matrix, set: &'a Set, rows: &[usize]) -> Self {
        Self {
            z,
            cues: Vec::new(),
            targets: set.targets(rows),
            votes: set.votes(rows),
            groups: set.groups(rows),
        }
    }

    /// Adds what `emotions` says of every row, whose components it sees in `seen`.
    pub(crate) fn with_cues(mut self, emotions: &Linear, seen: &Matrix) -> Result<Self, FeelError> {
        let logits = emotions.apply_all(seen);
        self.cues = logits
            .iter()
            .map(|logits| Ok(balance(&Distribution::from_logits(logits)?)))
            .collect::<Result<_, FeelError>>()?;
        Ok(self)
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            x: &self.z,
            targets: &self.targets,
            weights: &self.votes,
        }
    }

    /// The part of this lesson in `rows`.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            z: self.z.select(rows),
            cues: rows
                .iter()
                .filter_map(|&i| self.cues.get(i).copied())
                .collect(),
            targets: rows.iter().map(|&i| self.targets[i].clone()).collect(),
            votes: rows.iter().map(|&i| self.votes[i]).collect(),
            groups: rows.iter().map(|&i| self.groups[i]).collect(),
        }
    }
}

/// Settings with the predictions of each row by a model that did not see its fold.
pub(crate) type Tried<S> = Vec<(S, Vec<Vec<f64>>)>;

/// Chooses bandwidth and penalty by the out-of-fold correlation, calibrates the intervals on the
/// out-of-fold residuals, and fits on everything.
pub(crate) fn fit_affect(
    config: &Config,
    lesson: &Lesson<'_>,
) -> Result<(Kernel, [f64; 2]), FeelError> {
    let fold_of = folds(config.folds, &lesson.groups)?;
    let tried = try_affect(config, |settings| {
        affect_out_of_fold(lesson, &fold_of, settings)
    });
    let all: Vec<usize> = (0..fold_of.len()).collect();
    let chosen = choose_affect(config, &lesson.targets, &tried, &all)?;
    Ok((fit_kernel(lesson, tried[chosen.setting].0)?, chosen.half))
}

/// Every setting of the config that gives a solvable system.
pub(crate) fn try_affect(
    config: &Config,
    out_of_fold: impl Fn(kernel::Settings) -> Option<Vec<Vec<f64>>>,
) -> Tried<kernel::Settings> {
    let affect = &config.affect;
    let settings = affect.bandwidths.iter().flat_map(|&bandwidth| {
        let penalties = affect.penalties.iter();
        penalties.map(move |&lambda| kernel::Settings { bandwidth, lambda })
    });
    settings
        .filter_map(|settings| Some((settings, out_of_fold(settings)?)))
        .collect()
}

/// The place of the best setting, and the half-widths of its intervals.
pub(crate) struct Chosen {
    pub(crate) setting: usize,
    pub(crate) half: [f64; 2],
}

/// Chooses among `tried` by what they predict for `rows`.
pub(crate) fn choose_affect(
    config: &Config,
    targets: &[Vec<f64>],
    tried: &Tried<kernel::Settings>,
    rows: &[usize],
) -> Result<Chosen, FeelError> {
    let score = |predicted: &[Vec<f64>]| {
        correlation(targets, predicted, rows, 0) + correlation(targets, predicted, rows, 1)
    };
    let (setting, predicted) = best(tried, |predicted| -score(predicted)).ok_or_else(unsolvable)?;
    let half = |output: usize| {
        let residuals: Vec<f64> = rows
            .iter()
            .map(|&i| targets[i][output] - predicted[i][output])
            .collect();
        half_width(&residuals, config.affect.coverage).ok_or_else(unsolvable)
    };
    Ok(Chosen {
        setting,
        half: [half(0)?, half(1)?],
    })
}

/// The first of the settings with the lowest loss.
fn best<S>(tried: &Tried<S>, loss: impl Fn(&[Vec<f64>]) -> f64) -> Option<(usize, &[Vec<f64>])> {
    let losses = tried.iter().map(|(_, predicted)| loss(predicted));
    let (n, _) = losses.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((n, &tried[n].1))
}

fn unsolvable() -> FeelError {
    FeelError::NothingToLearn {
        what: "valence and arousal: no setting gave a solvable system".into(),
    }
}

pub(crate) fn fit_kernel(
    lesson: &Lesson<'_>,
    settings: kernel::Settings,
) -> Result<Kernel, FeelError> {
    kernel::fit(&lesson.z, &lesson.cues, &lesson.targets, settings).ok_or_else(unsolvable)
}

/// Predictions of each row by a model that did not see its fold.
fn affect_out_of_fold(
    lesson: &Lesson<'_>,
    fold_of: &[usize],
    settings: kernel::Settings,
) -> Option<Vec<Vec<f64>>> {
    let mut predicted = vec![Vec::new(); fold_of.len()];
    for fold in 0..=fold_of.iter().copied().max()? {
        let (held, seen) = split_rows(fold_of, fold);
        let seen = lesson.select(&seen);
        let model = kernel::fit(&seen.z, &seen.cues, &seen.targets, settings)?;
        for i in held {
            predicted[i] = model.apply(lesson.z.row(i), lesson.cues[i]);
        }
    }
    Some(predicted)
}

/// (rows of `fold`, the others)
pub(crate) fn split_rows(fold_of: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..fold_of.len()).partition(|&i| fold_of[i] == fold)
}

fn correlation(targets: &[Vec<f64>], predicted: &[Vec<f64>], rows: &[usize], output: usize) -> f64 {
    let column = |all: &[Vec<f64>]| rows.iter().map(|&i| all[i][output]).collect::<Vec<_>>();
    pearson(&column(targets), &column(predicted)).unwrap_or(-1.0)
}

/// Chooses the penalty by the out-of-fold KL, fits on everything and divides the logits by the
/// temperature that the out-of-fold predictions ask for.
pub(crate) fn fit_emotions(
    penalties: &[f64],
    fold_count: usize,
    lesson: &Lesson<'_>,
) -> Result<Linear, FeelError> {
    let fold_of = folds(fold_count, &lesson.groups)?;
    let tried: Tried<f64> = penalties
        .iter()
        .map(|&penalty| (penalty, emotions_out_of_fold(lesson, &fold_of, penalty)))
        .collect();
    let all: Vec<usize> = (0..fold_of.len()).collect();
    let (setting, sharpness) = choose_emotions(&lesson.targets, &tried, &all)?;
    Ok(fit_softmax(lesson, tried[setting].0, sharpness))
}

/// The place of the penalty with the lowest loss on `rows`, and one over the temperature that its
/// logits ask for.
pub(crate) fn choose_emotions(
    targets: &[Vec<f64>],
    tried: &Tried<f64>,
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

/// The emotion head with its temperature.
pub(crate) fn fit_softmax(lesson: &Lesson<'_>, penalty: f64, sharpness: f64) -> Linear {
    let mut linear = softmax::fit(lesson.problem(), penalty);
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
            let scaled: Vec<f64> = logits.iter().map(|z| z * sharpness).collect();
            let shares = softmax::softmax(&scaled);
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

fn card_text(
    config: &Config,
    id: &ModelId,
    figures: &Figures,
    learned: [usize; 2],
    models: &Path,
) -> Result<String, FeelError> {
    let sides = config
        .features
        .backbones
        .iter()
        .filter_map(|backbone| Some(backbone.side(backbone.variant()?) as usize));
    let mut starts = Vec::new();
    for backbone in &config.features.backbones {
        starts.push(backbones::origin(backbone, models)?);
    }
    let file = config
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let card = Card {
        name: id.name.clone(),
        kind: "feel".into(),
        summary: config.summary.clone(),
        file: format!("{}.safetensors", id.name),
        sha256: id.sha256.clone(),
        url: None,
        embedded: true,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: InputContract {
            resolution: sides.collect(),
            channels: "RGB".into(),
            mean: 127.0,
            scale: 128.0,
            filter: config.features.filter.clone(),
            views: config
                .features
                .views
                .iter()
                .map(|v| v.name().to_owned())
                .collect(),
        },
        origin: Origin {
            starts,
            data: vec![
                format!(
                    "OASIS: valence and arousal of {} photographs (Kurdi, Lozano & Banaji 2017; open access)",
                    learned[0]
                ),
                format!(
                    "ArtEmis: emotion histograms of {} paintings (Achlioptas et al. 2021; research use, not redistributed)",
                    learned[1]
                ),
            ],
            command: format!("affetti train feel configs/{file} --data DATA"),
            seed: config.seed,
        },
        metrics: figures.metrics(),
        cautions: CAUTIONS.iter().map(|&c| c.to_owned()).collect(),
        // That of another model would be wrong: `affetti models reference` makes one.
        reference: None,
    };
    toml::to_string_pretty(&card).map_err(|error| {
        let what = format!("the card cannot be written: {error}");
        ConfigError::wrong(&config.file, &what).into()
    })
}

const CAUTIONS: [&str; 3] = [
    "Says what pictures tend to evoke in groups of viewers; not for judging the persons in them, nor any one viewer.",
    "Learned from paintings of the Western canon up to the 20th century, annotated in English by online workers, and from photographs rated by residents of the USA.",
    "Valence and arousal were learned from photographs only; on paintings their intervals are not guaranteed.",
];
