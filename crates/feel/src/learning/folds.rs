//! Which pictures are learned from, and how many folds the others are asked of.

use crate::predicting::settings::MOST_TWINS;
use affetti_data::Split;

/// Pictures that heads may learn from; `test` stays out of everything.
pub(crate) const LEARN: [Split; 2] = [Split::Train, Split::Val];

/// Twins of a backbone, and folds of all figures out of fold.
pub const FOLDS: usize = MOST_TWINS;

/// The twin, 1 to `twins`, that left out fold number `fold`, 0 to [`FOLDS`] − 1.
pub(crate) fn twin_of(fold: usize, twins: usize) -> usize {
    fold % twins + 1
}

/// The name of the twin that left out `fold`, 1 to [`FOLDS`].
#[must_use]
pub(crate) fn fold_name(name: &str, fold: usize) -> String {
    format!("{name}-fold{fold}")
}

/// What the weights of twin number `fold` say of it: figures out of fold are honest only where it left out the
/// folds that it is asked of, as they are dealt among the same paintings.
#[must_use]
pub(crate) fn left_out(fold: usize, twins: usize, more: bool) -> String {
    let tables = if more { "both tables" } else { "labelled.csv" };
    format!("twin {fold} of {twins}, folds of {tables}")
}

/// (rows of `fold`, the others)
pub(crate) fn split_rows(fold_of: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..fold_of.len()).partition(|&i| fold_of[i] == fold)
}
