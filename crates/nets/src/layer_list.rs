//! The weights of a network that is a list of named convolutions, as tensors `NAME.weight` and `NAME.bias`.

use affetti_kernels::Convolution;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;

/// Layers with their names, in the order of the network.
pub(crate) type Layers = Vec<(String, Convolution)>;

/// The weights of `layers` of the network `who`.
///
/// # Errors
/// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
pub(crate) fn read(
    tensors: Tensors,
    who: &'static str,
    layers: &Layers,
) -> Result<Vec<Folded>, NetError> {
    let mut taker = tensors.take_for(who);
    let folded = layers
        .iter()
        .map(|(name, layer)| taker.folded(name, &layer.weight_shape()))
        .collect();
    taker.finish()?;
    Ok(folded)
}

/// What [`read`] reads.
pub(crate) fn write(layers: &Layers, weights: &[Folded]) -> Tensors {
    let mut tensors = Tensors::default();
    for ((name, layer), folded) in layers.iter().zip(weights) {
        folded.put(&mut tensors, name, &layer.weight_shape());
    }
    tensors
}
