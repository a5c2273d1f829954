//! From a sentence to words, to pieces of words, to numbers.

pub mod normal;
pub mod spelling;
pub mod vocabulary;
pub mod wordpiece;
