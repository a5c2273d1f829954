//! The verbs: what is done with one picture, and its settings.

pub(crate) mod feel;
pub(crate) mod find;
mod fusion;
pub(crate) mod paint;
pub(crate) mod paint_words;
pub(crate) mod regions;
pub(crate) mod say;
pub(crate) mod sketch;
pub(crate) mod turning;

pub use fusion::Fusion;
