//! Sentences about pictures: what they feel, and how captions are measured.
//!
//! | module | holds |
//! |---|---|
//! | [`text`] | from a sentence to words, to pieces of words, to numbers |
//! | [`encoder`] | networks that read: a transformer, a recurrent one, counts of words |
//! | [`sight`] | a picture as this room sees it |
//! | [`say`] | sentences about pictures |
//! | [`space`] | one space for pictures and words |
//! | [`read`] | the emotion of a sentence, and which words carried it |
//! | [`prepare`] | a corpus of utterances made ready for training |
//! | [`metrics`] | how captions are compared with what people wrote |
//!
//! ```
//! use affetti_words::metrics::bleu::bleu;
//!
//! let written = [["the", "sea", "is", "calm"].map(str::to_owned).to_vec()];
//! let people = [vec![["the", "sea", "looks", "calm"].map(str::to_owned).to_vec()]];
//! let scores = bleu(&written, &people)?;
//! // Three words of four, one pair of three.
//! assert!((scores[1] - (0.75_f64 / 3.0).sqrt()).abs() < 1e-9);
//! # Ok::<(), affetti_words::WordsError>(())
//! ```

pub mod encoder;
mod error;
#[cfg(feature = "train")]
mod figures;
pub mod metrics;
pub mod prepare;
pub mod read;
pub mod say;
pub mod sight;
pub mod space;
pub mod text;

pub use error::{ErrorKind, WordsError};
#[cfg(feature = "train")]
pub use figures::WordsFigures;
