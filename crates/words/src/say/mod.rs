//! Sentences about pictures: what viewers might say, and why.
//!
//! | module | holds |
//! |---|---|
//! | [`decoder`] | a causal transformer: what has been said decides with the picture what comes next |
//! | [`attend`] | a recurrent network that looks at a part of the picture for each word: ArtEmis's own |
//! | [`speaker`] | from a picture and an emotion to sentences: candidates, and which of them suit it |
//! | [`sentence`] | from words to a sentence as people write it |
//!
//! A sentence is written by a model, and nobody said it: whatever shows one has to say so.

pub mod attend;
#[cfg(feature = "train")]
pub mod attend_layers;
pub mod decoder;
#[cfg(feature = "train")]
pub mod decoder_layers;
mod draft;
pub mod sentence;
pub mod speaker;
#[cfg(feature = "train")]
pub mod training;

#[cfg(all(test, feature = "train"))]
mod tests;
