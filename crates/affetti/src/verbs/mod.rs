//! The verbs: what is done with one picture, and its settings.

pub(crate) mod feel;
pub(crate) mod find;
mod fusion;
pub(crate) mod paint;
pub(crate) mod regions;
pub(crate) mod say;
pub(crate) mod sketch;

pub use fusion::Fusion;
