//! From a picture to the emotions that it evokes.
//!
//! - `predicting`: the way of a picture: views → descriptors of frozen backbones and color features →
//!   principal components, for each head its own → nine emotions, valence and arousal with intervals.
//!   [`Predictor`] is the whole of it.
//! - `heads`: what stands on the features, and the solvers that fit it.
//! - [`index`]: pictures found by what they evoke.
//! - `learning`: [`train`](fn@train) and [`evaluate`] make and measure a predictor.
//! - `backbones` (feature `train`): networks trained on paintings and on feelings, and published recipes.

#[cfg(feature = "train")]
mod backbones;
mod error;
mod heads;
pub mod index;
mod learning;
mod predicting;

#[cfg(feature = "train")]
pub use backbones::{affect, art, recipes, scores};
pub use error::{ErrorKind, FeelError};
pub use heads::kernel::Kernel;
pub use heads::linear::{Linear, Matrix, Standardizer};
pub use heads::pca::components as principal_components;
pub use learning::config::{AffectSettings, Config, EmotionSettings};
pub use learning::evaluate::{Entry, evaluate};
pub use learning::figures::{Figure, Figures};
pub use learning::folds::FOLDS;
pub use learning::linear_head::linear_head;
pub use learning::options::{Step, TrainOptions};
pub use learning::own::{OwnFigures, OwnOptions, OwnTrained, evaluate_own, train_own};
pub use learning::reference::{ReferenceOptions, make_reference};
pub use learning::study::Study;
pub use learning::train::{Trained, train};
pub use predicting::basis::Basis;
pub use predicting::extractor::{Extractor, Scratch};
pub use predicting::frozen::{Brought, Frozen, Network};
pub use predicting::intention::{Aim, Intention, matching};
pub use predicting::model::Model;
pub use predicting::predictor::{EMBEDDED, Intervals, ModelId, Prediction, Predictor, SCALE};
pub use predicting::reference::{About, Reference, Usual};
pub use predicting::regions::RegionWay;
pub use predicting::settings::{BackboneSettings, FeatureSettings, PerHead};
pub use predicting::target::Target;
pub use predicting::view::View;
