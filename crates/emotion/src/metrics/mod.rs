//! The metrics, one file each.
//!
//! Every file says what it computes, the ranges and units of inputs and output,
//! which direction is better, the source, and what happens on empty, constant
//! and NaN inputs. None panics.

pub mod accuracy;
pub mod auc;
pub mod bootstrap;
pub mod calibration;
pub mod concordance;
pub mod correlation;
pub mod cosine;
pub mod earth_mover;
pub mod jensen_shannon;
pub mod kullback_leibler;
pub mod scored;

pub use accuracy::{
    Confusion, accuracy, balanced_accuracy, macro_f1, majority_class_accuracy, top_one_accuracy,
};
pub use auc::auc;
pub use calibration::{ReliabilityBin, expected_calibration_error, reliability};
pub use concordance::concordance;
pub use correlation::{mid_ranks, pearson, spearman};
pub use cosine::cosine;
pub use earth_mover::{earth_mover, earth_mover_along};
pub use jensen_shannon::jensen_shannon;
pub use kullback_leibler::{kl, kl_floored, mean_kl, skill};
