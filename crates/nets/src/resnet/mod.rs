//! ResNet-34 and ResNet-50 for inference.
//!
//! - **Computes** the pooled features of each picture.
//! - **Input** `[batch, height, width, 3]` of any size, normalised as the weights want (torchvision:
//!   0..1, less mean, over deviation).
//! - **Output** `[batch, 512]` (ResNet-34) or `[batch, 2048]` (ResNet-50), ≥ 0.
//! - **Source** He et al., "Deep Residual Learning" (2016), with the stride of a bottleneck in its
//!   3×3 layer as in torchvision ("v1.5").
//! - **Deviations** none in exact arithmetic: batch norm is folded in. The classifier is the
//!   caller's.
//! - **Weights** torchvision's state dictionaries by name; nothing of this project ships any.

#[cfg(feature = "train")]
pub mod layers;

use crate::flow::{Buffer, Layer, halve, halving, mean};
use affetti_kernels::{Activation, Batch, Convolution, Isa};
use affetti_weights::NetError;
use affetti_weights::convolution::ConvTensors;
use affetti_weights::tensors::{Taker, Tensors};
use serde::{Deserialize, Serialize};

/// PyTorch's ε.
pub(crate) const EPSILON: f64 = 1e-5;
/// Blocks of the four stages, the same in both sizes.
const STAGES: [usize; 4] = [3, 4, 6, 3];
const STEM: usize = 64;

/// A size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variant {
    /// Two 3×3 layers a block, 21 M parameters.
    #[serde(rename = "resnet-34")]
    ResNet34,
    /// 1×1, 3×3, 1×1 a block, 23 M parameters.
    #[serde(rename = "resnet-50")]
    ResNet50,
}

/// The layers along a block and the one around it.
#[derive(Clone, Debug)]
pub(crate) struct Residual<T> {
    pub(crate) layers: Vec<T>,
    pub(crate) shortcut: Option<T>,
}

/// The layers before the blocks, and the blocks.
#[derive(Clone, Debug)]
pub(crate) struct Stages<T> {
    pub(crate) stem: Vec<T>,
    pub(crate) blocks: Vec<Residual<T>>,
}

/// A layer with torchvision's names of its convolution and its norm.
pub(crate) struct Named {
    pub(crate) conv: String,
    pub(crate) norm: String,
    pub(crate) layer: Convolution,
}

impl<T> Residual<T> {
    fn map<U>(self, mut each: impl FnMut(T) -> U) -> Residual<U> {
        Residual {
            layers: self.layers.into_iter().map(&mut each).collect(),
            shortcut: self.shortcut.map(each),
        }
    }
}

impl<T> Stages<T> {
    /// The same of what `each` makes of every layer, in the order of the file.
    pub(crate) fn map<U>(self, mut each: impl FnMut(T) -> U) -> Stages<U> {
        let blocks = self.blocks.into_iter();
        Stages {
            stem: self.stem.into_iter().map(&mut each).collect(),
            blocks: blocks.map(|block| block.map(&mut each)).collect(),
        }
    }
}

impl Stages<Convolution> {
    /// With the names of all layers; `names` are those of the blocks.
    pub(crate) fn named(self, names: impl Iterator<Item = String>) -> Stages<Named> {
        let blocks = self.blocks.into_iter().zip(names);
        let stem = self.stem.into_iter().enumerate();
        Stages {
            stem: stem.map(|(n, layer)| numbered("", n, layer)).collect(),
            blocks: blocks
                .map(|(block, name)| {
                    let layers = block.layers.into_iter().enumerate();
                    let prefix = format!("{name}.");
                    Residual {
                        layers: layers
                            .map(|(n, layer)| numbered(&prefix, n, layer))
                            .collect(),
                        shortcut: block.shortcut.map(|layer| Named {
                            conv: format!("{name}.downsample.0"),
                            norm: format!("{name}.downsample.1"),
                            layer,
                        }),
                    }
                })
                .collect(),
        }
    }
}

fn numbered(prefix: &str, n: usize, layer: Convolution) -> Named {
    Named {
        conv: format!("{prefix}conv{}", n + 1),
        norm: format!("{prefix}bn{}", n + 1),
        layer,
    }
}

/// A layer with a rectifier.
pub(crate) const fn layer(inputs: usize, outputs: usize, kernel: usize) -> Convolution {
    Convolution::new(inputs, outputs, kernel).act(Activation::Relu)
}

impl Variant {
    /// The name on cards and in configs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResNet34 => "resnet-34",
            Self::ResNet50 => "resnet-50",
        }
    }

    /// The variant called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ResNet34, Self::ResNet50]
            .into_iter()
            .find(|v| v.name() == name)
    }

    /// Number of residual stages.
    pub const STAGES: usize = STAGES.len();

    /// Blocks of the last `stages` stages.
    pub(crate) fn blocks_of_last(self, stages: usize) -> usize {
        STAGES.iter().rev().take(stages).sum()
    }

    /// Features of a picture.
    #[must_use]
    pub const fn features(self) -> usize {
        8 * STEM * self.expansion()
    }

    const fn expansion(self) -> usize {
        match self {
            Self::ResNet34 => 1,
            Self::ResNet50 => 4,
        }
    }

    /// All layers. The last rectifier of a block comes after its sum.
    pub(crate) fn layers(self) -> Stages<Named> {
        let mut inputs = STEM;
        let (mut blocks, mut names) = (Vec::new(), Vec::new());
        for (stage, repeats) in STAGES.into_iter().enumerate() {
            let inner = STEM << stage;
            let outputs = inner * self.expansion();
            for repeat in 0..repeats {
                let stride = if repeat == 0 && stage > 0 { 2 } else { 1 };
                let layers = match self {
                    Self::ResNet34 => vec![
                        layer(inputs, inner, 3).stride(stride),
                        layer(inner, outputs, 3),
                    ],
                    Self::ResNet50 => vec![
                        layer(inputs, inner, 1),
                        layer(inner, inner, 3).stride(stride),
                        layer(inner, outputs, 1),
                    ],
                };
                let shortcut = (stride != 1 || inputs != outputs)
                    .then(|| Convolution::new(inputs, outputs, 1).stride(stride));
                names.push(format!("layer{}.{repeat}", stage + 1));
                blocks.push(Residual { layers, shortcut });
                inputs = outputs;
            }
        }
        let stem = vec![layer(3, STEM, 7).stride(2)];
        Stages { stem, blocks }.named(names.into_iter())
    }
}

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    variant: Variant,
    layers: Stages<ConvTensors>,
}

impl Weights {
    /// The size.
    #[must_use]
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Random weights of He's deviation, with norms that have seen nothing.
    #[cfg(feature = "train")]
    #[must_use]
    pub fn random(variant: Variant, seed: u64) -> Self {
        let mut random = affetti_layers::Normal::new(seed);
        let mut make = |n: Named| ConvTensors::random(n.layer.weight_shape(), EPSILON, &mut random);
        let layers = variant.layers().map(&mut make);
        Self { variant, layers }
    }

    /// Reads torchvision's tensors by name (`layer1.0.conv1.weight`, `layer2.0.downsample.1.bias`
    /// and so on); the classifier `fc` is left out.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(variant: Variant, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for(variant.name());
        taker.ignore(|name| name.ends_with(".num_batches_tracked") || name.starts_with("fc."));
        let layers = variant.layers().map(|named| named.take(&mut taker));
        taker.finish()?;
        Ok(Self { variant, layers })
    }

    /// What `make` makes of each layer and its weights.
    pub(crate) fn build<T>(
        &self,
        mut make: impl FnMut(Convolution, &ConvTensors) -> T,
    ) -> Stages<T> {
        let blocks = self.layers.blocks.iter();
        let blocks = blocks.flat_map(|block| block.layers.iter().chain(&block.shortcut));
        let mut all = self.layers.stem.iter().chain(blocks);
        let mut next = || all.next().expect("weights have every layer");
        self.variant.layers().map(|n| make(n.layer, next()))
    }
}

impl Named {
    /// Its tensors in a file.
    pub(crate) fn take(&self, taker: &mut Taker) -> ConvTensors {
        let (shape, outputs) = (self.layer.weight_shape(), self.layer.outputs);
        taker.normed((&self.conv, &self.norm), shape, outputs, EPSILON)
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct ResNet {
    variant: Variant,
    layers: Stages<Layer>,
}

/// The buffers of one forward pass, reused from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    current: Buffer,
    inside: [Buffer; 2],
    skip: Buffer,
    next: Buffer,
}

impl ResNet {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        Self::with_isa(weights, Isa::detect())
    }

    /// Packs `weights` for `isa`.
    #[must_use]
    pub fn with_isa(weights: &Weights, isa: Isa) -> Self {
        Self {
            variant: weights.variant,
            layers: weights.build(|layer, tensors| Layer::new(layer, &tensors.folded(), isa)),
        }
    }

    /// The pooled features, `[batch, features]`, of normalised `pictures` `[batch, height, width,
    /// 3]`. Runs in the caller's rayon pool.
    ///
    /// # Panics
    /// Where `pictures` is not as long as `shape` says, or has other channels than three.
    pub fn features<'a>(
        &self,
        shape: Batch,
        pictures: &[f32],
        work: &'a mut Workspace,
    ) -> &'a [f32] {
        self.run(shape, pictures, self.layers.blocks.len(), work);
        mean(&work.current, &mut work.next);
        work.next.data()
    }

    /// The map below the last `stages` residual stages, with its shape: what
    /// [`crate::resnet::layers::ResNetTop`] goes on from.
    ///
    /// # Panics
    /// As [`ResNet::features`].
    pub fn map_below<'a>(
        &self,
        shape: Batch,
        pictures: &[f32],
        stages: usize,
        work: &'a mut Workspace,
    ) -> (Batch, &'a [f32]) {
        let blocks = self.layers.blocks.len() - self.variant.blocks_of_last(stages);
        self.run(shape, pictures, blocks, work);
        (work.current.shape(), work.current.data())
    }

    /// The first `blocks` blocks, to `work.current`.
    fn run(&self, shape: Batch, pictures: &[f32], blocks: usize, work: &mut Workspace) {
        let Workspace {
            current,
            inside: [first, second],
            skip,
            next,
        } = work;
        first.reshape(shape).copy_from_slice(pictures);
        self.layers.stem[0].run(first, None, second);
        halve(second, halving(STEM, 3), current);
        for block in &self.layers.blocks[..blocks] {
            let residual = match &block.shortcut {
                Some(shortcut) => {
                    shortcut.run(current, None, skip);
                    &*skip
                }
                None => &*current,
            };
            match block.layers.as_slice() {
                [a, b] => {
                    a.run(current, None, first);
                    b.run(first, Some(residual), next);
                }
                [a, b, c] => {
                    a.run(current, None, first);
                    b.run(first, None, second);
                    c.run(second, Some(residual), next);
                }
                _ => unreachable!("a block has two or three layers"),
            }
            std::mem::swap(current, next);
        }
    }
}
