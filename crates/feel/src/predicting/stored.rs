//! How the numbers of a predictor are stored in its weight file.

use crate::error::FeelError;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};

/// How each tensor of the file is stored: the large ones small, the decisive ones whole.
pub(super) fn precision(name: &str) -> Precision {
    match name {
        _ if name.ends_with(".directions") => Precision::Byte,
        "affect.support" => Precision::Half,
        _ => Precision::Full,
    }
}

/// The backbone's weights as they are after a round trip through `precision`.
///
/// # Errors
/// [`FeelError::Net`].
pub(crate) fn round_backbone(
    variant: Variant,
    weights: &Weights,
    precision: Precision,
) -> Result<Weights, FeelError> {
    let stored = store::to_bytes(&weights.to_folded(), backbone_precision(precision))?;
    Ok(Weights::from_folded(
        variant,
        store::from_bytes(&stored, variant.name())?,
    )?)
}

/// Biases are few and shift whole channels: they stay whole.
pub(crate) fn backbone_precision(precision: Precision) -> impl Fn(&str) -> Precision {
    move |name| {
        if name.ends_with(".weight") {
            precision
        } else {
            Precision::Full
        }
    }
}

pub(super) fn put(tensors: &mut Tensors, name: &str, shape: Vec<usize>, values: &[f64]) {
    let data = values.iter().map(|&v| v as f32).collect();
    tensors.map.insert(name.to_owned(), Tensor { shape, data });
}

pub(super) fn put_rows(tensors: &mut Tensors, name: &str, rows: &[Vec<f64>]) {
    let flat: Vec<f64> = rows.iter().flatten().copied().collect();
    let columns = rows.first().map_or(0, Vec::len);
    put(tensors, name, vec![rows.len(), columns], &flat);
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
