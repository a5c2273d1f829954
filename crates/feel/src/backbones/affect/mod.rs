//! A backbone that has learned feelings: EfficientNet-Lite trained on with every label there is at
//! once, the nine shares of ArtEmis paintings, valence and arousal of OASIS photographs, and those of
//! D-ViSA paintings.
//!
//! - **Computes** weights of a backbone, for `features.backbones` of a predictor's config, with
//!   `folds = true` there where figures out of fold are wanted.
//! - **Source** transfer by fine-tuning the last stages (Yosinski et al., NeurIPS 2014), the heads
//!   first (Kumar et al., ICLR 2022); cross-entropy with whole histograms (Achlioptas et al., CVPR
//!   2021).
//! - **Deviations** normalisation is folded into the weights before training: no batch statistics.
//! - **Data** the split train, with `learn_val` val too; nothing of the test split. With `fold`
//!   one of five folds is left out besides: five such backbones let every picture be asked of one
//!   that has not seen it.

mod config;
mod measure;
mod network;
mod samples;
#[cfg(test)]
pub(crate) mod tests;

pub use config::{AffectRecipe, Objective};

use crate::backbones::art::{folded, read_back};
use crate::backbones::augment::{normalised, uniform};
use crate::backbones::maps::{Below, Look, Shape, Viewing, Views};
use crate::backbones::scores::Scores;
use crate::error::FeelError;
use crate::heads::softmax::softmax;
use crate::learning::backbones;
use crate::learning::folds::{FOLDS, left_out, twin_of};
use crate::learning::pictures::Source;
use crate::predicting::settings::{BackboneSettings, PerHead};
use crate::predicting::stored::backbone_precision;
use affetti_data::Split;
use affetti_ground::config::Name;
use affetti_nets::efficientnet_lite::{EfficientNetLite, FEATURES, Variant, Weights, Workspace};
use affetti_picture::{Filter, Picture};
use affetti_train::order::{batch, mix};
use affetti_train::{
    Metric, ModelOf, Opened, Outcome, Places, Recipe, Stored, Task, TrainError, losses, values,
};
use affetti_weights::store::Precision;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use measure::{Answer, Judged};
use network::{AffectNetwork, Said};
use samples::{Language, Sample, Scales, samples};

/// Settings of a training.
pub type Config = affetti_train::Config<AffectRecipe>;

/// Pictures that are measured at a time.
const CHUNK: usize = 32;

/// Pictures with their views.
struct Gallery {
    samples: Vec<Sample>,
    views: Views,
}

impl Gallery {
    /// Pictures that cannot be read are left out.
    fn new(
        task: (&Viewing, &Frozen),
        samples: Vec<Sample>,
        looks: impl Fn(usize) -> Vec<Look> + Sync,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, FeelError> {
        let sources: Vec<Source<'_>> = samples
            .iter()
            .map(|s| Source {
                file: &s.file,
                bytes: s.bytes.as_deref(),
            })
            .collect();
        let (views, kept) = Views::new(task.0, task.1, &sources, looks, done)?;
        let samples = kept.into_iter().map(|n| samples[n].clone()).collect();
        Ok(Self { samples, views })
    }
}

/// The stages that stay as they are.
struct Frozen {
    /// None where there are none.
    network: Option<EfficientNetLite>,
    stages: usize,
}

impl Below for Frozen {
    type Work = Workspace;

    fn map(&self, view: &Picture, work: &mut Workspace) -> (Shape, Vec<f32>) {
        match &self.network {
            Some(network) => network.stage_map(view, self.stages, work, 1),
            None => {
                let sides = [view.height() as usize, view.width() as usize, 3];
                (sides, normalised(view.pixels()))
            }
        }
    }
}

/// The learning of one backbone.
pub struct Affect {
    config: Config,
    start: Weights,
    viewing: Viewing,
    below: Frozen,
    scales: Scales,
    learn: Gallery,
    measured: Gallery,
    unreadable: usize,
    /// The epoch that is being learned.
    epoch: usize,
}

/// Targets and weights of a batch, one pair for each head.
type Targets = [(Tensor<2>, Tensor<1>); HEADS];

/// Heads of the network: see [`AffectNetwork`].
const HEADS: usize = 6;

impl Affect {
    fn weights(&self) -> [f64; 3] {
        let o = &self.config.own.objective;
        [o.emotions, o.photographs, o.paintings]
    }

    fn targets(&self, rows: &[usize], device: &Device) -> Targets {
        let config = &self.config.own;
        let width = |n: usize| n.max(1);
        let texts = self.scales.texts.each_ref().map(|text| width(text.len()));
        let styles = width(self.scales.styles.len());
        let mut all = [9, 2, 2, texts[0], texts[1], styles]
            .map(|width| (vec![0.0_f32; rows.len() * width], width));
        let mut weights = [(); HEADS].map(|()| vec![0.0_f32; rows.len()]);
        for (n, &row) in rows.iter().enumerate() {
            let sample = &self.learn.samples[row];
            let mut put = |head: usize, values: &[f64], weight: f64| {
                let (targets, width) = &mut all[head];
                let place = &mut targets[n * *width..(n + 1) * *width];
                place
                    .iter_mut()
                    .zip(values)
                    .for_each(|(t, v)| *t = *v as f32);
                weights[head][n] = weight as f32;
            };
            if let Some((shares, votes)) = &sample.emotions {
                // A teacher has no noise to smooth.
                let shares = match &sample.taught {
                    Some(taught) => taught.clone(),
                    None => self.scales.smoothed(shares, *votes, config.pseudo_votes),
                };
                put(0, &shares, votes.powf(config.vote_power));
            }
            let standard = |scales: [samples::Scale; 2], rated: [f64; 2]| {
                [0, 1].map(|n| scales[n].standard(rated[n]))
            };
            if let Some(rated) = sample.photo {
                put(1, &standard(self.scales.photo, rated), 1.0);
            }
            if let Some(rated) = sample.painting {
                put(2, &standard(self.scales.painting, rated), 1.0);
            }
            for (kind, text) in sample.texts.iter().enumerate() {
                if let Some(text) = text {
                    put(3 + kind, &self.scales.direction(kind, text), 1.0);
                }
            }
            let styles = &self.scales.styles;
            let style = sample
                .style
                .as_ref()
                .and_then(|s| styles.binary_search(s).ok());
            if let Some(style) = style {
                let mut one = vec![0.0; styles.len()];
                one[style] = 1.0;
                put(5, &one, 1.0);
            }
        }
        let mut pairs = all
            .into_iter()
            .zip(weights)
            .map(|((targets, width), weights)| {
                let targets = TensorData::new(targets, [rows.len(), width]);
                let weights = TensorData::new(weights, [rows.len()]);
                (
                    Tensor::from_data(targets, device),
                    Tensor::from_data(weights, device),
                )
            });
        std::array::from_fn(|_| pairs.next().expect("as many as heads"))
    }

    /// What features are kept, and how much larger the kept ones become.
    fn mask(&self, rows: usize, at: [u64; 2], device: &Device) -> Option<Tensor<2>> {
        let lost = self.config.own.dropout;
        if lost == 0.0 {
            return None;
        }
        let kept = (1.0 / (1.0 - lost)) as f32;
        let draw = |n: usize| uniform(&[self.config.common.seed, 1, at[0], at[1], n as u64]);
        let mask = (0..rows * FEATURES).map(|n| if draw(n) < lost { 0.0 } else { kept });
        let mask = TensorData::new(mask.collect::<Vec<f32>>(), [rows, FEATURES]);
        Some(Tensor::from_data(mask, device))
    }

    /// What `model` says of measured pictures: the mean over the whole picture and its mirror
    /// image, of shares and ratings.
    fn answers(&self, model: &AffectNetwork, rows: &[usize]) -> Vec<Answer> {
        let (device, views) = (Device::flex(), &self.measured.views);
        let mut answers = Vec::with_capacity(rows.len());
        for rows in rows.chunks(CHUNK) {
            let mut sum: Vec<Answer> = Vec::new();
            for look in 0..2 {
                let x = views.input(&self.viewing, &self.below, rows, |_| look, &device);
                let said = self.read(&model.forward(x, None));
                if sum.is_empty() {
                    sum = said;
                    continue;
                }
                for (sum, new) in sum.iter_mut().zip(said) {
                    let mean = |a: &mut f64, b: f64| *a = f64::midpoint(*a, b);
                    let pairs = sum.emotions.iter_mut().zip(new.emotions);
                    pairs.for_each(|(a, b)| mean(a, b));
                    for n in 0..2 {
                        mean(&mut sum.photo[n], new.photo[n]);
                        mean(&mut sum.painting[n], new.painting[n]);
                    }
                }
            }
            answers.extend(sum);
        }
        answers
    }

    fn read(&self, said: &Said) -> Vec<Answer> {
        let rows = |tensor: &Tensor<2>| {
            let data = tensor.clone().into_data();
            let values: Vec<f64> = data.iter::<f32>().map(f64::from).collect();
            let [_, columns] = tensor.dims();
            values
                .chunks(columns)
                .map(<[f64]>::to_vec)
                .collect::<Vec<_>>()
        };
        let (emotions, photo, painting) = (
            rows(&said.emotions),
            rows(&said.photo),
            rows(&said.painting),
        );
        let rated =
            |scales: [samples::Scale; 2], row: &[f64]| [0, 1].map(|n| scales[n].rating(row[n]));
        let each = emotions.iter().zip(&photo).zip(&painting);
        each.map(|((emotions, photo), painting)| Answer {
            emotions: softmax(emotions),
            photo: rated(self.scales.photo, photo),
            painting: rated(self.scales.painting, painting),
        })
        .collect()
    }

    fn judged(
        &self,
        model: &AffectNetwork,
        of: &dyn Fn(&Sample) -> bool,
    ) -> Result<Judged, FeelError> {
        let all = &self.measured.samples;
        let rows: Vec<usize> = (0..all.len()).filter(|&row| of(&all[row])).collect();
        let answers = self.answers(model, &rows);
        let samples: Vec<&Sample> = rows.iter().map(|&row| &all[row]).collect();
        Judged::new(&samples, &answers, &self.scales)
    }

    fn held(&self, sample: &Sample) -> bool {
        held(&self.config.own, sample)
    }
}

/// Whether the fold that is left out has `sample`.
fn held(config: &AffectRecipe, sample: &Sample) -> bool {
    config
        .fold
        .is_some_and(|fold| twin_of(sample.fold, config.twins) == fold)
}

impl Task for Affect {
    type Model = AffectNetwork;

    fn steps(&self) -> usize {
        (self.learn.samples.len() / self.config.common.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &AffectNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        self.epoch = epoch;
        let common = &self.config.common;
        let (seed, size) = (common.seed, common.training.batch);
        let rows = batch(seed, epoch, self.learn.samples.len(), size, step);
        let device = Device::flex().autodiff();
        // Kept views come in turn, so that each is seen once before any is seen again.
        let number = |row: usize| match self.config.own.views {
            0 => mix(&[epoch as u64, row as u64]),
            _ => mix(&[seed, row as u64]).wrapping_add(epoch as u64),
        };
        let x = self
            .learn
            .views
            .input(&self.viewing, &self.below, &rows, number, &device);
        let mask = self.mask(rows.len(), [epoch as u64, step as u64], &device);
        let said = model.forward(x, mask);
        let [emotions, photo, painting, told, known, style] = self.targets(&rows, &device);
        let [a, b, c] = self.weights();
        let huber = self.config.own.objective.huber;
        let rated = |found, (targets, weights)| losses::huber_error(found, targets, weights, huber);
        let mut loss = losses::soft_cross_entropy(said.emotions, emotions.0, emotions.1) * a
            + rated(said.photo, photo) * b
            + rated(said.painting, painting) * c;
        let weights = &self.config.own.objective;
        let texts = [(told, weights.utterances), (known, weights.facts)];
        for (found, (target, weight)) in said.texts.into_iter().zip(texts) {
            if weight > 0.0 {
                loss = loss + losses::cosine_error(found, target.0, target.1) * weight;
            }
        }
        if weights.styles > 0.0 {
            let error = losses::soft_cross_entropy(said.styles, style.0, style.1);
            loss = loss + error * weights.styles;
        }
        Ok(loss)
    }

    fn validate(&mut self, model: &AffectNetwork) -> Result<Vec<Metric>, TrainError> {
        let seen = |sample: &Sample| self.config.own.learn_val == self.held(sample);
        let judged = self.judged(model, &seen);
        let judged = judged.map_err(|error| TrainError::task(error.kind(), error))?;
        let score = if self.config.own.learn_val {
            // Nothing may choose: the last epoch is the best.
            self.epoch as f64
        } else {
            -judged.loss(self.weights(), &self.scales)
        };
        let metric = |(name, value)| Metric { name, value };
        let mut metrics = vec![metric(("score", score))];
        metrics.extend(judged.values().into_iter().map(metric));
        Ok(metrics)
    }

    fn rate(&self, name: &str) -> f64 {
        if !name.starts_with("trunk.") {
            1.0
        } else if self.epoch < self.config.own.probe_epochs {
            0.0
        } else {
            self.config.own.trunk_rate
        }
    }
}

impl Recipe for AffectRecipe {
    const KIND: &'static str = "affect";
    /// There is no card; where no precision is said, convolutions are stored in half.
    const ASSUMED: &'static [(&'static str, &'static str)] =
        &[("summary", ""), ("precision", "half")];
    type Start = Name;
    type Task = Affect;
    type Figures = Scores;
    type Error = FeelError;

    fn check(config: &Config) -> Result<(), String> {
        config::check(config)
    }

    fn name(config: &Config) -> String {
        config::weights_name(config)
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, FeelError> {
        let Config { common, own, .. } = config;
        let prepared = |done, all| (places.stage)("pictures prepared", done, all);
        let start = backbones::load_lite(&start(config), variant(config), places.models)?;
        let frozen = own.frozen_stages;
        let below = Frozen {
            network: (frozen > 0).then(|| EfficientNetLite::new(&start)),
            stages: frozen,
        };
        // Views are resized as the predictor's are.
        let viewing = Viewing {
            seed: common.seed,
            side: own.side,
            filter: Filter::Bicubic,
            crop: own.crop,
            color: own.color,
        };
        let mut learn = Vec::new();
        let mut measured = Vec::new();
        let language = match &own.language {
            Some(name) => Language::read(name, places.models)?,
            None => Language::default(),
        };
        for sample in samples(places.data, &own.labels, &language)? {
            let learned = match sample.split {
                Split::Train => true,
                Split::Val => own.learn_val,
                Split::Test | Split::Rest => false,
            };
            if held(own, &sample) || (sample.split == Split::Val && !own.learn_val) {
                measured.push(sample);
            } else if learned {
                learn.push(sample);
            }
        }
        if learn.is_empty() {
            return Err(FeelError::NothingToLearn {
                what: "no labelled picture in the split train".into(),
            });
        }
        let asked = learn.len() + measured.len();
        let parts = |n: usize| {
            let part = |view: usize| Look::Part(mix(&[n as u64, view as u64]));
            (0..own.views).map(part).collect()
        };
        let whole = |_| vec![Look::Whole, Look::Mirrored];
        let frame = (&viewing, &below);
        let measured = Gallery::new(frame, measured, whole, &|_, _| ())?;
        let learn = Gallery::new(frame, learn, parts, &prepared)?;
        let scales = Scales::of(&learn.samples);
        let unreadable = asked - learn.samples.len() - measured.samples.len();
        let device = Device::flex().autodiff();
        let network = AffectNetwork::new(&start, frozen, &scales, common.seed, &device);
        let task = Affect {
            config: config.clone(),
            start,
            viewing,
            below,
            scales,
            learn,
            measured,
            unreadable,
            epoch: 0,
        };
        Ok((task, network))
    }

    /// The note is for the cards of predictors that use the weights.
    fn weights(
        config: &Config,
        task: &Affect,
        model: &AffectNetwork,
    ) -> Result<Option<Tensors>, FeelError> {
        let weights = merged(&task.start, config.own.frozen_stages, model)?;
        let mut tensors = weights.to_folded();
        let own = &config.own;
        let twin = own
            .fold
            .map(|fold| format!(", {}", left_out(fold, own.twins, own.labels.more)));
        tensors.note = format!(
            "trained on from {} by `affetti train affect` with the feelings of {} pictures of \
             ArtEmis, OASIS and D-ViSA, seed {}{}",
            config.common.start,
            task.learn.samples.len(),
            config.common.seed,
            twin.unwrap_or_default()
        );
        Ok(Some(tensors))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        backbone_precision(config.common.precision)(name)
    }

    /// The scores of the network's heads where they have not learned.
    fn measure(
        config: &Config,
        _: &Places<'_>,
        task: &Affect,
        outcome: &Outcome<ModelOf<Self>>,
        stored: &Stored,
    ) -> Result<Scores, FeelError> {
        read_back(task.start.variant(), stored)?;
        let model = outcome.model.clone().valid();
        let seed = config.common.seed;
        let mut scores = Vec::new();
        if !config.own.learn_val {
            let judged = task.judged(&model, &|sample| !task.held(sample))?;
            scores.extend(judged.scores("val, which chose the epoch", seed)?);
        }
        if let Some(fold) = config.own.fold {
            let judged = task.judged(&model, &|sample| task.held(sample))?;
            scores.extend(judged.scores(&format!("fold {fold} of {}", config.own.twins), seed)?);
        }
        let pictures = [&task.learn, &task.measured].map(|gallery| gallery.samples.len());
        let measured = format!(
            "measured on {}, {} unreadable",
            pictures[1], task.unreadable
        );
        Ok(Scores::new(scores, &pictures, &measured, &outcome.history))
    }
}

/// The network that is trained; a config that names none was refused before.
fn variant(config: &Config) -> Variant {
    let published = || Variant::parse(&config.common.start);
    config
        .own
        .network
        .or_else(published)
        .unwrap_or(Variant::Lite0)
}

fn start(config: &Config) -> BackboneSettings {
    BackboneSettings {
        name: config.common.start.to_string(),
        network: config.own.network,
        precision: Precision::Full,
        pooled: PerHead::default(),
        stages: PerHead::default(),
        folds: false,
        twins: FOLDS,
        side: None,
    }
}

/// The frozen stages of `start` and what was trained above them.
fn merged(start: &Weights, frozen: usize, model: &AffectNetwork) -> Result<Weights, FeelError> {
    let below = start.variant().blocks_of(frozen);
    let mut all = start.to_folded();
    for (name, tensor) in folded(values(&model.trunk)).map {
        let block = name
            .strip_prefix("blocks.")
            .and_then(|rest| rest.split_once('.'));
        let name = match block {
            Some((n, part)) => match n.parse::<usize>() {
                Ok(n) => format!("blocks.{}.{part}", n + below),
                Err(_) => name,
            },
            None => name,
        };
        all.map.insert(name, tensor);
    }
    all.file = "the trained network".to_owned();
    // Read back as a predictor would: what does not fit shows here.
    Ok(Weights::from_folded(start.variant(), all)?)
}
