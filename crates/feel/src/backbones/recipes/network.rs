//! The networks of the recipes: a frozen published part, perhaps residual stages that learn, and two
//! layers on top.

use super::Config;
use super::config::{PublishedRecipe, Start};
use crate::backbones::maps::{Below, Shape};
use crate::error::FeelError;
use affetti_kernels::{Activation, Batch, Convolution};
use affetti_layers::{After, Normal, Unit, UnitSpec, mean_pool};
use affetti_nets::hed;
use affetti_nets::resnet::layers::{ResNetLayers, ResNetTop};
use affetti_nets::resnet::{self, ResNet};
use affetti_nets::vgg16::{self, Vgg16};
use affetti_picture::Picture;
use affetti_weights::registry;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// PyTorch's ε of a batch norm.
const EPSILON: f32 = 1e-5;

/// What learns.
#[derive(Module, Debug)]
pub struct RecipeNetwork {
    trunk: Option<ResNetTop>,
    hidden: Unit,
    last: Unit,
}

impl RecipeNetwork {
    fn new(config: &Config, trunk: Option<ResNetTop>, features: usize) -> Self {
        let mut random = Normal::new(config.common.seed);
        let config = &config.own;
        let device = Device::flex().autodiff();
        let mut layer = |inputs, outputs, after, act| {
            let conv = Convolution::new(inputs, outputs, 1).act(act);
            UnitSpec { conv, after }.init(&mut random, &device)
        };
        let after = if config.norm {
            After::Norm(EPSILON)
        } else {
            After::Bias
        };
        let classes = config.labels.classes();
        Self {
            trunk,
            hidden: layer(features, config.hidden, after, Activation::Relu),
            last: layer(config.hidden, classes, After::Bias, Activation::Identity),
        }
    }

    /// Logits of maps of the frozen part; `mask` `[batch, hidden]` multiplies the hidden units.
    pub(super) fn forward(&self, maps: Tensor<4>, mask: Option<Tensor<2>>) -> Tensor<2> {
        let features = match &self.trunk {
            Some(trunk) => trunk.forward(maps),
            None => mean_pool(maps),
        };
        let [batch, count] = features.dims();
        let hidden = self
            .hidden
            .forward(features.reshape([batch, 1, 1, count]), None);
        let [_, _, _, units] = hidden.dims();
        let hidden = match mask {
            Some(mask) => hidden * mask.reshape([batch, 1, 1, units]),
            None => hidden,
        };
        let logits = self.last.forward(hidden, None);
        let [_, _, _, classes] = logits.dims();
        logits.reshape([batch, classes])
    }
}

/// The frozen part and how it wants its pixels.
pub(super) struct Frozen {
    network: Base,
    pixels: Pixels,
}

enum Base {
    /// Without so many last stages.
    Residual(Box<ResNet>, usize),
    Vgg(Vgg16),
}

/// Red, green and blue of 0..255, less a mean, over a deviation.
#[derive(Clone, Copy)]
struct Pixels {
    mean: [f32; 3],
    deviation: [f32; 3],
}

/// Those of torchvision's networks.
const TORCHVISION: Pixels = Pixels {
    mean: [123.675, 116.28, 103.53],
    deviation: [58.395, 57.12, 57.375],
};
const HED: Pixels = Pixels {
    mean: hed::MEANS_RGB,
    deviation: [1.0; 3],
};

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Work {
    pixels: Vec<f32>,
    residual: resnet::Workspace,
    vgg: vgg16::Workspace,
}

impl Below for Frozen {
    type Work = Work;

    fn map(&self, view: &Picture, work: &mut Work) -> (Shape, Vec<f32>) {
        let Pixels { mean, deviation } = self.pixels;
        let (pixels, _) = view.pixels().as_chunks::<3>();
        work.pixels.clear();
        work.pixels.extend(pixels.iter().flat_map(|pixel| {
            std::array::from_fn::<f32, 3, _>(|c| (f32::from(pixel[c]) - mean[c]) / deviation[c])
        }));
        let sides = [1, view.height() as usize, view.width() as usize, 3];
        let shape = Batch::new(sides);
        let (shape, map) = match &self.network {
            Base::Residual(network, stages) => {
                network.map_below(shape, &work.pixels, *stages, &mut work.residual)
            }
            Base::Vgg(network) => {
                network.features(shape, &work.pixels, &mut work.vgg, &mut |_, _| {})
            }
        };
        let [_, height, width, channels] = shape.dims();
        if self.learns() {
            return ([height, width, channels], map.to_vec());
        }
        // Nothing looks at the places any more: their mean is all that is wanted.
        let count = (height * width) as f32;
        let mut mean = vec![0.0; channels];
        for pixel in map.chunks_exact(channels) {
            mean.iter_mut()
                .zip(pixel)
                .for_each(|(m, v)| *m += v / count);
        }
        ([1, 1, channels], mean)
    }
}

impl Frozen {
    /// Whether stages above learn.
    fn learns(&self) -> bool {
        matches!(self.network, Base::Residual(_, stages) if stages > 0)
    }
}

/// Frozen part and network for `config`.
pub(super) fn build(config: &Config) -> Result<(Frozen, RecipeNetwork), FeelError> {
    let plain = Device::flex();
    let PublishedRecipe {
        network,
        learning_stages: stages,
        ..
    } = config.own;
    let (seed, start) = (config.common.seed, config.common.start);
    let Some(variant) = network.residual() else {
        let (weights, pixels) = match start {
            Start::None => (vgg16::Weights::random(seed), TORCHVISION),
            Start::Hed => {
                let weights = hed::Weights::from_tensors(registry::tensors(hed::NAME)?)?;
                (vgg16::Weights::from_hed(&weights), HED)
            }
            _ => {
                let weights = vgg16::Weights::from_published(registry::tensors(vgg16::NAME)?)?;
                (weights, TORCHVISION)
            }
        };
        let network = Base::Vgg(Vgg16::new(&weights));
        let learned = RecipeNetwork::new(config, None, vgg16::FEATURES);
        return Ok((Frozen { network, pixels }, learned));
    };
    let weights = match start {
        Start::None => resnet::Weights::random(variant, seed),
        _ => resnet::Weights::from_published(variant, registry::tensors(variant.name())?)?,
    };
    let trunk = (stages > 0).then(|| {
        let device = plain.autodiff();
        ResNetLayers::from_weights(&weights, &device).top(variant, stages)
    });
    let network = Base::Residual(Box::new(ResNet::new(&weights)), stages);
    let frozen = Frozen {
        network,
        pixels: TORCHVISION,
    };
    Ok((
        frozen,
        RecipeNetwork::new(config, trunk, variant.features()),
    ))
}
