//! How predictors are made and measured: labelled pictures, their features, heads with settings
//! chosen out of fold, figures and cards.

pub(crate) mod backbones;
mod card;
mod choose;
pub(crate) mod config;
pub(crate) mod crossfit;
pub(crate) mod dataset;
pub(crate) mod evaluate;
pub(crate) mod figures;
pub(crate) mod folds;
mod lesson;
pub(crate) mod linear_head;
mod measure;
pub(crate) mod options;
pub(crate) mod own;
pub(crate) mod pictures;
pub(crate) mod reference;
pub(crate) mod study;
pub(crate) mod train;
mod usual;
