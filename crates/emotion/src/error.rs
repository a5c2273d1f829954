//! What can go wrong here, and who is at fault.

pub use affetti_ground::ErrorKind;

/// Everything that the functions of this crate refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmotionError {
    /// A word that the taxonomy does not hold.
    #[error("unknown {taxonomy} label {given:?}; allowed: {allowed}")]
    UnknownLabel {
        /// [`Label::TAXONOMY`](crate::Label::TAXONOMY).
        taxonomy: &'static str,
        /// The word as given, cut after 60 characters.
        given: String,
        /// The allowed names, separated by commas.
        allowed: String,
    },
    /// A map of label to number lacks one label of its taxonomy.
    #[error("the {taxonomy} distribution lacks {name:?}")]
    MissingLabel {
        /// [`Label::TAXONOMY`](crate::Label::TAXONOMY).
        taxonomy: &'static str,
        /// The name that is not there.
        name: &'static str,
    },
    /// A map of label to number names one label twice.
    #[error("the {taxonomy} distribution names {name:?} twice")]
    DuplicateLabel {
        /// [`Label::TAXONOMY`](crate::Label::TAXONOMY).
        taxonomy: &'static str,
        /// The name that is there twice.
        name: &'static str,
    },
    /// A list has another length than its taxonomy or its partner.
    #[error("{what}: expected {expected} values, found {found}")]
    WrongLength {
        /// Which list.
        what: &'static str,
        /// The length that was needed.
        expected: usize,
        /// The length that was given.
        found: usize,
    },
    /// A number is NaN, infinite or outside its range.
    #[error("{what}: value {value} at index {index} is outside {low}..={high}")]
    OutOfRange {
        /// Which list or quantity.
        what: &'static str,
        /// Position in the list, from 0; 0 for a single number.
        index: usize,
        /// The offending number.
        value: f64,
        /// Smallest allowed value, inclusive.
        low: f64,
        /// Largest allowed value, inclusive; the largest finite `f64` where
        /// only finiteness is asked for.
        high: f64,
    },
    /// Counts or weights that are all zero cannot be shared out.
    #[error("{what}: all values are zero")]
    NoMass {
        /// Which list.
        what: &'static str,
    },
    /// Probabilities whose sum is not 1.
    #[error("probabilities sum to {sum}, not 1")]
    NotNormalized {
        /// The sum that was found.
        sum: f64,
    },
    /// Fewer items than the quantity needs.
    #[error("{what} needs at least {needed} items, found {found}")]
    TooFew {
        /// Which quantity.
        what: &'static str,
        /// The smallest number of items that gives a value.
        needed: usize,
        /// The number of items given.
        found: usize,
    },
    /// The input is valid, but the quantity has no value on it.
    #[error("{what} is undefined: {reason}")]
    Undefined {
        /// Which quantity.
        what: &'static str,
        /// Why, in words.
        reason: &'static str,
    },
    /// A setting outside its range.
    #[error("{name} = {value}: must be {expected}")]
    Parameter {
        /// The setting.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// The allowed values, in words.
        expected: &'static str,
    },
}

impl EmotionError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Parameter { .. } => ErrorKind::Parameter,
            _ => ErrorKind::Input,
        }
    }
}
