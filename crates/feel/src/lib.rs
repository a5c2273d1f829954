//! From a picture to the emotions that it evokes.
//!
//! The way of a picture: views (`view`) → descriptors of frozen backbones and color features
//! (`features`) → principal components, for each head its own (`basis`, `pca`) → nine emotions
//! (`softmax`), valence and arousal (`kernel`) with intervals (`conformal`). [`Predictor`] is the whole of it;
//! [`train`](fn@train) and [`evaluate`] make and measure one.

#[cfg(feature = "train")]
pub mod affect;
#[cfg(feature = "train")]
pub mod art;
#[cfg(feature = "train")]
mod augment;
mod backbones;
mod basis;
mod config;
mod conformal;
mod crossfit;
mod dataset;
mod error;
mod evaluate;
mod features;
mod figures;
pub mod index;
mod intention;
mod kernel;
mod lbfgs;
mod linear;
#[cfg(feature = "train")]
mod maps;
mod model;
mod pca;
mod predictor;
#[cfg(feature = "train")]
pub mod recipes;
mod reference;
mod ridge;
#[cfg(feature = "train")]
pub mod scores;
mod softmax;
mod study;
mod train;
mod view;

pub use basis::Basis;
pub use config::{AffectSettings, Config, EmotionSettings};
pub use crossfit::{FOLDS, fold_name};
pub use error::{ErrorKind, FeelError};
pub use evaluate::{Entry, evaluate};
pub use features::{BackboneSettings, Extractor, FeatureSettings, PerHead, RegionWay, Scratch};
pub use figures::{Figure, Figures};
pub use intention::{Aim, Intention, Target, matching};
pub use kernel::Kernel;
pub use linear::{Linear, Matrix, Standardizer};
pub use model::Model;
pub use pca::components as principal_components;
pub use predictor::{EMBEDDED, Intervals, ModelId, Prediction, Predictor, SCALE};
pub use reference::{About, Reference, ReferenceOptions, make_reference};
pub use study::{STUDY_FOLDS, Study};
pub use train::{Step, TrainOptions, Trained, train};
pub use view::View;
