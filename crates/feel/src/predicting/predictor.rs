//! The predictor that every other room asks.

use super::extractor::{Extractor, Scratch};
use super::model::Model;
use super::regions::RegionWay;
use super::view::fewer;
use crate::error::FeelError;
use crate::heads::kernel::Kernel;
use crate::heads::linear::Linear;
use crate::heads::softmax::softmax;
use crate::heads::spread::{Cue, Told};
use affetti_emotion::{Distribution, Emotion};
use affetti_nets::device::Device;
use affetti_picture::Picture;
use affetti_weights::{registry, store};
use serde::Serialize;
use std::path::Path;
use std::sync::OnceLock;

/// The card of the embedded model.
pub const EMBEDDED: &str = "feel-4";
/// Ends of the valence and arousal scales.
pub const SCALE: [f64; 2] = [1.0, 7.0];

/// Which weights answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelId {
    /// Card name, or file name.
    pub name: String,
    /// Of the weight file.
    pub sha256: String,
}

/// 80 % intervals on the scale 1..7.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Intervals {
    /// Low and high end of valence.
    pub valence: [f64; 2],
    /// Low and high end of arousal.
    pub arousal: [f64; 2],
}

/// What a picture tends to evoke.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Share of viewers by the emotion that they would name.
    pub emotions: Distribution<Emotion>,
    /// 1 (very negative) to 7 (very positive).
    pub valence: f64,
    /// 1 (very calm) to 7 (very excited).
    pub arousal: f64,
    /// 80 % intervals of the nine shares among many viewers; none of a model that does not know them.
    pub shares: Option<[[f64; 2]; 9]>,
    /// How unsure the model is of valence and arousal.
    pub interval: Intervals,
    /// How unlike the pictures learned from: 0 in their middle; one or two of fifty pictures of the
    /// same kinds pass 1, and what is farther is unlike anything seen. None of a model that does not know.
    pub novelty: Option<f64>,
}

/// What the head of valence and arousal hears of the shares.
pub(crate) fn cue(emotions: &Distribution<Emotion>) -> Cue {
    Cue {
        balance: emotions.balance(),
        entropy: emotions.entropy(),
    }
}

/// Networks and heads, ready to be shared by threads.
#[derive(Clone, Debug)]
pub struct Predictor {
    id: ModelId,
    model: Model,
    extractor: Extractor,
    /// From raw features to the nine logits, in one step; made when first asked for.
    direct: OnceLock<Linear>,
}

impl Predictor {
    /// The model that this project trained, from the binary or the cache.
    ///
    /// # Errors
    /// [`FeelError::Net`] where the build has no weights and none are imported.
    pub fn embedded(device: &Device) -> Result<Self, FeelError> {
        let card = registry::card(EMBEDDED)?;
        let bytes = registry::weights(&card)?;
        Self::read(&bytes, &card.name, card.sha256, device)
    }

    /// A model that `affetti train feel` wrote.
    ///
    /// # Errors
    /// [`FeelError::Net`] where the file cannot be read or does not fit.
    pub fn from_file(path: &Path, device: &Device) -> Result<Self, FeelError> {
        let bytes = store::read_file(path)?;
        let name = path
            .file_stem()
            .unwrap_or(path.as_os_str())
            .to_string_lossy();
        Self::from_bytes(&bytes, &name, device)
    }

    /// The model of a weight file's bytes, to be called `name`.
    ///
    /// # Errors
    /// [`FeelError::Net`] where they do not fit.
    pub fn from_bytes(bytes: &[u8], name: &str, device: &Device) -> Result<Self, FeelError> {
        Self::read(bytes, name, store::sha256(bytes), device)
    }

    fn read(bytes: &[u8], name: &str, sha256: String, device: &Device) -> Result<Self, FeelError> {
        let model = Model::from_bytes(bytes, &format!("{name}.safetensors"))?;
        let name = name.to_owned();
        Self::new(ModelId { name, sha256 }, model, device)
    }

    /// Makes `model` ready on `device`.
    ///
    /// # Errors
    /// [`FeelError::Unfit`] where the backbones and the bases do not fit each other or no view is
    /// named.
    pub fn new(id: ModelId, model: Model, device: &Device) -> Result<Self, FeelError> {
        let extractor = Extractor::new(&model.settings, &model.backbones, device)?;
        let width = extractor.len();
        let novel = model.novelty.as_ref();
        if !(model.bases.fits(width) && novel.is_none_or(|n| n.basis.fits(width))) {
            return Err(FeelError::Unfit {
                what: format!(
                    "{}: the bases want other features than the {} of the backbones",
                    id.name,
                    extractor.len()
                ),
            });
        }
        Ok(Self {
            id,
            direct: OnceLock::new(),
            model,
            extractor,
        })
    }

    /// The same networks and bases with other heads.
    #[must_use]
    pub(crate) fn with_heads(&self, emotions: Linear, affect: Kernel) -> Self {
        Self {
            id: self.id.clone(),
            extractor: self.extractor.clone(),
            direct: OnceLock::new(),
            model: Model {
                emotions,
                affect,
                ..self.model.clone()
            },
        }
    }

    /// The same, with at most `count` views of a picture: nearly so many times as fast as one has views
    /// less, and a little worse (the figures are on the card); intervals and the limits of novelty are those of all views.
    #[must_use]
    pub fn with_views(mut self, count: usize) -> Self {
        let views = fewer(&self.model.settings.views, count);
        self.extractor.views.clone_from(&views);
        self.model.settings.views = views;
        self
    }

    /// Which weights these are.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.id
    }

    /// The numbers behind the predictions.
    #[must_use]
    pub fn weights(&self) -> &Model {
        &self.model
    }

    /// The frozen part, for training on its features.
    #[must_use]
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// What `picture` evokes. `scratch` belongs to the calling thread; `threads` > 1 splits the
    /// networks' work, which pays when there is only one picture.
    ///
    /// # Errors
    /// [`FeelError::NotFinite`] where the weights are damaged.
    pub fn predict(
        &self,
        picture: &Picture,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Prediction, FeelError> {
        self.predict_features(&self.extractor.features(picture, scratch, threads)?)
    }

    /// What a picture with these raw features evokes.
    ///
    /// # Errors
    /// [`FeelError::NotFinite`] where the weights are damaged, [`FeelError::Unfit`] for
    /// features of another length.
    pub fn predict_features(&self, features: &[f32]) -> Result<Prediction, FeelError> {
        Ok(self.predict_with_half(features)?.0)
    }

    /// [`predict_features`](Self::predict_features), with the half-widths of the intervals of valence and
    /// arousal, not cut at the ends of the scale.
    pub(crate) fn predict_with_half(
        &self,
        features: &[f32],
    ) -> Result<(Prediction, [f64; 2]), FeelError> {
        if features.len() != self.extractor.len() {
            return Err(FeelError::Unfit {
                what: format!(
                    "{} features where {} are wanted",
                    features.len(),
                    self.extractor.len()
                ),
            });
        }
        let components = self.components(features);
        self.predict_components(features, &components)
    }

    /// What raw features with these components say, and the half-widths of the intervals.
    fn predict_components(
        &self,
        features: &[f32],
        components: &[f32],
    ) -> Result<(Prediction, [f64; 2]), FeelError> {
        let damaged = || FeelError::NotFinite {
            model: self.id.name.clone(),
        };
        let seen = self.model.bases.split(components);
        let shares = softmax(&self.model.emotions.apply(seen.emotions));
        let emotions = Distribution::from_counts(&shares).map_err(|_| damaged())?;
        let told = Told::of(&self.model.affect, seen.affect, cue(&emotions));
        let novelty = self.model.novelty.as_ref().map(|n| n.of(features));
        let values = told.affect.iter().chain(&shares).chain(&novelty);
        if !values.into_iter().all(|v| v.is_finite()) {
            return Err(damaged());
        }
        let half = self.model.spread.each_ref().map(|s| s.half_width(&told));
        let [low, high] = SCALE;
        let value = |i: usize| told.affect[i].clamp(low, high);
        let around = |i: usize| {
            [
                (value(i) - half[i]).max(low),
                (value(i) + half[i]).min(high),
            ]
        };
        let shares = self.model.sure.as_ref().map(|sure| {
            let intervals = sure.intervals(emotions.as_slice());
            std::array::from_fn(|n| intervals[n])
        });
        let prediction = Prediction {
            emotions,
            shares,
            novelty,
            valence: value(0),
            arousal: value(1),
            interval: Intervals {
                valence: around(0),
                arousal: around(1),
            },
        };
        Ok((prediction, half))
    }

    /// What `regions` of `picture`, boxes `[x, y, w, h]` in its pixels, evoke: emotions alone, at
    /// little cost beyond the features.
    ///
    /// # Errors
    /// As [`Extractor::region_features`], and [`FeelError::NotFinite`] where the weights are
    /// damaged.
    pub fn region_emotions(
        &self,
        picture: &Picture,
        regions: &[[u32; 4]],
        way: RegionWay,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Vec<Distribution<Emotion>>, FeelError> {
        let extractor = &self.extractor;
        let rows = extractor.region_features(picture, regions, way, scratch, threads)?;
        rows.iter().map(|row| self.emotions(row)).collect()
    }

    /// The emotions of raw features, as in [`predict_features`](Self::predict_features) up to
    /// rounding.
    ///
    /// # Errors
    /// [`FeelError::NotFinite`] where the weights are damaged.
    pub fn emotions(&self, features: &[f32]) -> Result<Distribution<Emotion>, FeelError> {
        let direct = self.direct.get_or_init(|| {
            let (basis, head) = (&self.model.bases.emotions, &self.model.emotions);
            basis.under(head, self.extractor.len())
        });
        let shares = softmax(&direct.apply(features));
        Distribution::from_counts(&shares).map_err(|_| FeelError::NotFinite {
            model: self.id.name.clone(),
        })
    }

    /// The emotions of a description ([`predict_with_description`](Self::predict_with_description)).
    ///
    /// # Errors
    /// [`FeelError::NotFinite`] where the weights are damaged.
    ///
    /// # Panics
    /// Where it is that of another predictor, of another length: a bug of the caller.
    pub fn described_emotions(
        &self,
        description: &[f32],
    ) -> Result<Distribution<Emotion>, FeelError> {
        let shares = softmax(&self.model.emotions.apply(description));
        Distribution::from_counts(&shares).map_err(|_| FeelError::NotFinite {
            model: self.id.name.clone(),
        })
    }

    /// What the heads see of raw features: the principal components of the emotions, then those of
    /// valence and arousal.
    ///
    /// # Panics
    /// Where there are fewer features than the networks give: a bug of the caller.
    #[must_use]
    pub fn components(&self, features: &[f32]) -> Vec<f32> {
        self.model.bases.project(features)
    }

    /// [`Predictor::predict`], with a short description in which pictures that feel alike lie close:
    /// the principal components that the emotion head sees, strongest first. One pass for both.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict_with_description(
        &self,
        picture: &Picture,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<(Prediction, Vec<f32>), FeelError> {
        let features = self.extractor.features(picture, scratch, threads)?;
        let components = self.components(&features);
        let (prediction, _) = self.predict_components(&features, &components)?;
        let seen = self.model.bases.split(&components);
        Ok((prediction, seen.emotions.to_vec()))
    }
}
