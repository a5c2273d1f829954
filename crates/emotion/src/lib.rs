//! What a picture makes people feel, as labels and numbers.
//!
//! This room holds the words (five published taxonomies and the merges between
//! them), the [`Distribution`] over the words of one taxonomy, valence and
//! arousal ([`Affect`]), the agreement of viewers ([`Votes`]) and the metrics
//! that compare predictions with people. There is no I/O here and no tensor.
//!
//! # Shared conventions
//! * Emotions are the nine ArtEmis words in their published order.
//! * Sentiment has three values: positive, negative, other; "neutral" is read
//!   as other.
//! * Valence, arousal and dominance are 1..7 once they are inside an
//!   [`Affect`]; other scales are converted by [`Scale`] where they are read.
//! * Entropies and divergences are in nats (natural logarithm).
//! * Nothing panics on input: a metric that has no value on its input says so
//!   with [`EmotionError::Undefined`].
//!
//! # Example
//! ```
//! use affetti_emotion::{Distribution, Emotion, Label, Sentiment};
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! // Votes of ten viewers, in ArtEmis order.
//! let viewers = [0.0, 4.0, 3.0, 0.0, 0.0, 0.0, 2.0, 0.0, 1.0];
//! let histogram = Distribution::<Emotion>::from_counts(&viewers)?;
//! assert_eq!(histogram.dominant(), Emotion::Awe);
//! assert_eq!(histogram.get(Emotion::parse("Fear")?), 0.2);
//! assert_eq!(histogram.polarity().dominant(), Sentiment::Positive);
//! # Ok(())
//! # }
//! ```

mod affect;
mod agreement;
mod check;
mod distribution;
mod distribution_serde;
mod error;
mod label;
mod mappings;
pub mod metrics;
mod rng;
mod taxonomies;

pub use affect::{Affect, Scale};
pub use agreement::{MixedShares, Votes, majority_share, mixed_shares};
pub use distribution::{Distribution, SUM_TOLERANCE};
pub use error::{EmotionError, ErrorKind};
pub use label::Label;
pub use mappings::{HasSentiment, ValenceOrder, cgan_sentiment};
pub use metrics::bootstrap::{Bootstrap, CheckedBootstrap, Estimate, Interval};
pub use metrics::scored::Scored;
pub use taxonomies::{CganEmotion, Emotion, EmotionRoi, Mikels, Sentiment, WikiArtEmotion};
