//! From a picture to what it evokes, with weights that are there. Nothing here knows of data sets or
//! of training.

pub(crate) mod basis;
pub(crate) mod extractor;
pub(crate) mod frozen;
pub(crate) mod intention;
pub(crate) mod model;
pub(crate) mod novelty;
pub(crate) mod predictor;
pub(crate) mod reference;
pub(crate) mod regions;
pub(crate) mod settings;
pub(crate) mod stored;
pub(crate) mod target;
pub(crate) mod view;
