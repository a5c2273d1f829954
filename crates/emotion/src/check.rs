//! The checks that several metrics share, so that all refuse alike.

use crate::EmotionError;

/// Both lists have the same length.
pub(crate) fn same_length(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), EmotionError> {
    if expected == found {
        Ok(())
    } else {
        Err(EmotionError::WrongLength {
            what,
            expected,
            found,
        })
    }
}

/// There are at least `needed` items.
pub(crate) fn at_least(
    what: &'static str,
    needed: usize,
    found: usize,
) -> Result<(), EmotionError> {
    if found >= needed {
        Ok(())
    } else {
        Err(EmotionError::TooFew {
            what,
            needed,
            found,
        })
    }
}

/// Every value lies in `low..=high`; NaN never does.
pub(crate) fn in_range(
    what: &'static str,
    values: &[f64],
    low: f64,
    high: f64,
) -> Result<(), EmotionError> {
    match values.iter().position(|v| !(low..=high).contains(v)) {
        None => Ok(()),
        Some(index) => Err(EmotionError::OutOfRange {
            what,
            index,
            value: values[index],
            low,
            high,
        }),
    }
}

/// Every value is finite.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), EmotionError> {
    in_range(what, values, f64::MIN, f64::MAX)
}

/// Every value is finite and not negative.
pub(crate) fn finite_not_negative(what: &'static str, values: &[f64]) -> Result<(), EmotionError> {
    in_range(what, values, 0.0, f64::MAX)
}

/// A pair of finite samples of equal length with at least `needed` items.
pub(crate) fn paired_samples(
    what: &'static str,
    x: &[f64],
    y: &[f64],
    needed: usize,
) -> Result<(), EmotionError> {
    same_length(what, x.len(), y.len())?;
    at_least(what, needed, x.len())?;
    finite(what, x)?;
    finite(what, y)
}

/// The value, or [`EmotionError::Undefined`] when arithmetic overflowed.
pub(crate) fn defined(what: &'static str, value: f64) -> Result<f64, EmotionError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(EmotionError::Undefined {
            what,
            reason: "the numbers are too large or too small for f64",
        })
    }
}
