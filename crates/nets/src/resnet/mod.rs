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

use crate::flow::{Buffer, Layer, halve, mean};
use affetti_kernels::{Batch, Isa, Padding};
use affetti_weights::NetError;
use affetti_weights::convolution::{ConvTensors, LayerSpec};
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

impl<T> Residual<T> {
    pub(crate) fn map<U>(&self, mut each: impl FnMut(&T) -> U) -> Residual<U> {
        Residual {
            layers: self.layers.iter().map(&mut each).collect(),
            shortcut: self.shortcut.as_ref().map(each),
        }
    }
}

const fn layer(
    inputs: usize,
    outputs: usize,
    (kernel, stride): (usize, usize),
    rectified: bool,
) -> LayerSpec {
    LayerSpec {
        inputs,
        outputs,
        kernel,
        stride,
        rectified,
    }
}

/// The first layer.
pub(crate) const fn stem() -> LayerSpec {
    layer(3, STEM, (7, 2), true)
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

    /// The blocks with the prefix of their names. The last layer's rectifier comes after the sum.
    pub(crate) fn blocks(self) -> Vec<(String, Residual<LayerSpec>)> {
        let mut inputs = STEM;
        let mut blocks = Vec::new();
        for (stage, repeats) in STAGES.into_iter().enumerate() {
            let inner = STEM << stage;
            let outputs = inner * self.expansion();
            for repeat in 0..repeats {
                let stride = if repeat == 0 && stage > 0 { 2 } else { 1 };
                let layers = match self {
                    Self::ResNet34 => vec![
                        layer(inputs, inner, (3, stride), true),
                        layer(inner, outputs, (3, 1), true),
                    ],
                    Self::ResNet50 => vec![
                        layer(inputs, inner, (1, 1), true),
                        layer(inner, inner, (3, stride), true),
                        layer(inner, outputs, (1, 1), true),
                    ],
                };
                let shortcut = (stride != 1 || inputs != outputs)
                    .then(|| layer(inputs, outputs, (1, stride), false));
                let name = format!("layer{}.{repeat}", stage + 1);
                blocks.push((name, Residual { layers, shortcut }));
                inputs = outputs;
            }
        }
        blocks
    }
}

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(crate) variant: Variant,
    pub(crate) stem: ConvTensors,
    pub(crate) blocks: Vec<Residual<ConvTensors>>,
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
        let mut make = |spec: &LayerSpec| ConvTensors::random(*spec, Some(EPSILON), &mut random);
        Self {
            variant,
            stem: make(&stem()),
            blocks: variant
                .blocks()
                .iter()
                .map(|(_, block)| block.map(&mut make))
                .collect(),
        }
    }

    /// Reads torchvision's tensors by name (`layer1.0.conv1.weight`, `layer2.0.downsample.1.bias`
    /// and so on); the classifier `fc` is left out.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(variant: Variant, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for(variant.name());
        taker.ignore(|name| name.ends_with(".num_batches_tracked") || name.starts_with("fc."));
        let stem = normed(&mut taker, ("conv1", "bn1"), stem());
        let mut blocks = Vec::new();
        for (name, block) in variant.blocks() {
            let layers = block.layers.iter().enumerate().map(|(n, spec)| {
                let names = (
                    format!("{name}.conv{}", n + 1),
                    format!("{name}.bn{}", n + 1),
                );
                normed(&mut taker, (&names.0, &names.1), *spec)
            });
            let layers = layers.collect();
            let shortcut = block.shortcut.map(|spec| {
                let names = (
                    format!("{name}.downsample.0"),
                    format!("{name}.downsample.1"),
                );
                normed(&mut taker, (&names.0, &names.1), spec)
            });
            blocks.push(Residual { layers, shortcut });
        }
        taker.finish()?;
        Ok(Self {
            variant,
            stem,
            blocks,
        })
    }
}

fn normed(taker: &mut Taker, names: (&str, &str), spec: LayerSpec) -> ConvTensors {
    taker.normed(names, spec.weight_shape(), spec.outputs, EPSILON)
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct ResNet {
    variant: Variant,
    stem: Layer,
    blocks: Vec<Residual<Layer>>,
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
        let pack =
            |spec: LayerSpec, tensors: &ConvTensors| Layer::new(spec, &tensors.folded(), isa);
        let specs = weights.variant.blocks();
        let blocks = specs
            .iter()
            .zip(&weights.blocks)
            .map(|((_, specs), tensors)| {
                let mut tensors = tensors.layers.iter().chain(&tensors.shortcut);
                specs.map(|spec| pack(*spec, tensors.next().expect("weights have every layer")))
            });
        Self {
            variant: weights.variant,
            stem: pack(stem(), &weights.stem),
            blocks: blocks.collect(),
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
        self.run(shape, pictures, self.blocks.len(), work);
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
        let blocks = self.blocks.len() - self.variant.blocks_of_last(stages);
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
        self.stem.run(first, None, second);
        halve(second, 3, Padding::all(1), current);
        for block in &self.blocks[..blocks] {
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
