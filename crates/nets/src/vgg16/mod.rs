//! VGG16's convolutions for inference: perceptual features.
//!
//! - **Computes** the maps after the last pooling, and those after each block before it.
//! - **Input** `[batch, height, width, 3]`, at least 32 × 32, normalised as the weights want
//!   (torchvision: 0..1, less mean, over deviation).
//! - **Output** `[batch, height / 32, width / 32, 512]`, ≥ 0.
//! - **Source** Simonyan & Zisserman (2015), configuration D.
//! - **Deviations** without the three fully connected layers.
//! - **Weights** torchvision's state dictionary by name, or those of HED; nothing of this project
//!   ships any.

#[cfg(feature = "train")]
pub mod layers;

use crate::flow::{Buffer, Layer, halve, halving};
use crate::hed;
use affetti_kernels::{Activation, Batch, Convolution, Isa};
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;

/// Channels of the last map.
pub const FEATURES: usize = 512;
/// The name of its card.
pub const NAME: &str = "vgg16";
/// (layers, channels) of the five blocks.
pub(crate) const BLOCKS: [(usize, usize); 5] = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];

/// The layers, block by block, of which `make` makes what it wants.
pub(crate) fn blocks<T>(mut make: impl FnMut(Convolution) -> T) -> Vec<Vec<T>> {
    let mut inputs = 3;
    let mut layer = |outputs| {
        let layer = Convolution::new(std::mem::replace(&mut inputs, outputs), outputs, 3);
        make(layer.act(Activation::Relu))
    };
    let block = |(layers, channels)| (0..layers).map(|_| layer(channels)).collect();
    BLOCKS.into_iter().map(block).collect()
}

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    /// In the order of [`blocks`].
    pub(crate) layers: Vec<Folded>,
}

impl Weights {
    /// Reads torchvision's tensors by name (`features.0.weight` and so on); the fully connected
    /// `classifier` is left out.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("VGG16");
        taker.ignore(|name| name.starts_with("classifier."));
        // The list there counts rectifiers and poolings too.
        let mut place = 0;
        let mut layers = Vec::new();
        for block in blocks(|layer| layer.weight_shape()) {
            for shape in block {
                layers.push(taker.folded(&format!("features.{place}"), &shape));
                place += 2;
            }
            place += 1;
        }
        taker.finish()?;
        Ok(Self { layers })
    }

    /// Random weights of He's deviation.
    #[cfg(feature = "train")]
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut random = affetti_layers::Normal::new(seed);
        let layers =
            blocks(|layer| Folded::random(layer.weight_shape(), layer.outputs, &mut random));
        Self {
            layers: layers.into_iter().flatten().collect(),
        }
    }

    /// The convolutions of HED, which began as VGG16's and were trained on for boundaries. They take
    /// red, green, blue in 0..255, less [`crate::hed::MEANS_RGB`].
    #[must_use]
    pub fn from_hed(weights: &hed::Weights) -> Self {
        let mut layers = weights.convolutions().to_vec();
        // Blue first there, red first here.
        let (filters, _) = layers[0].weight.as_chunks_mut::<27>();
        for filter in filters {
            let (blue, rest) = filter.split_at_mut(9);
            blue.swap_with_slice(&mut rest[9..]);
        }
        Self { layers }
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct Vgg16 {
    blocks: Vec<Vec<Layer>>,
}

/// The buffers of one forward pass, reused from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    current: Buffer,
    next: Buffer,
}

impl Vgg16 {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        Self::with_isa(weights, Isa::detect())
    }

    /// Packs `weights` for `isa`.
    #[must_use]
    pub fn with_isa(weights: &Weights, isa: Isa) -> Self {
        Self::of(&weights.layers, isa)
    }

    /// Packs the weights of all layers.
    pub(crate) fn of(layers: &[Folded], isa: Isa) -> Self {
        let mut layers = layers.iter();
        let mut next = || layers.next().expect("weights have every layer");
        Self {
            blocks: blocks(|layer| Layer::new(layer, next(), isa)),
        }
    }

    /// The pooled last map of normalised `pictures`, with its shape. `visit` sees the map of each
    /// block before its pooling. Runs in the caller's rayon pool.
    ///
    /// # Panics
    /// Where `pictures` is not as long as `shape` says, has other channels than three, or a side
    /// below 32.
    pub fn features<'a>(
        &self,
        shape: Batch,
        pictures: &[f32],
        work: &'a mut Workspace,
        visit: &mut dyn FnMut(Batch, &[f32]),
    ) -> (Batch, &'a [f32]) {
        self.run(shape, pictures, |n| halving(BLOCKS[n].1, 2), work, visit)
    }

    /// [`Vgg16::features`] with what `pool` says behind each block.
    pub(crate) fn run<'a>(
        &self,
        shape: Batch,
        pictures: &[f32],
        pool: impl Fn(usize) -> Convolution,
        work: &'a mut Workspace,
        visit: &mut dyn FnMut(Batch, &[f32]),
    ) -> (Batch, &'a [f32]) {
        let Workspace { current, next } = work;
        current.reshape(shape).copy_from_slice(pictures);
        for (n, block) in self.blocks.iter().enumerate() {
            for layer in block {
                layer.run(current, None, next);
                std::mem::swap(current, next);
            }
            visit(current.shape(), current.data());
            halve(current, pool(n), next);
            std::mem::swap(current, next);
        }
        (current.shape(), current.data())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_weights_as_published() {
        // 14 714 688 parameters of the convolutions (torchvision's vgg16().features).
        let layers = blocks(|s| s.outputs * (9 * s.inputs + 1));
        let count: usize = layers.into_iter().flatten().sum();
        assert_eq!(count, 14_714_688);
    }
}
