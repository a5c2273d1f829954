//! Networks that read: from numbers of words to a vector.

pub mod counts;
pub mod lstm;
#[cfg(feature = "train")]
pub mod lstm_layers;
pub mod transformer;
#[cfg(feature = "train")]
pub mod transformer_layers;

#[cfg(test)]
mod tests;
