//! What is learned on top of frozen features, with the solvers behind it. Nothing here knows of
//! pictures, networks or data sets.

pub(crate) mod concentration;
pub(crate) mod conformal;
pub(crate) mod kernel;
pub(crate) mod kin;
mod lbfgs;
pub(crate) mod linear;
pub(crate) mod novelty;
pub(crate) mod pca;
pub(crate) mod ridge;
pub(crate) mod softmax;
pub(crate) mod spread;
