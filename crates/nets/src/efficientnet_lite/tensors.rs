//! EfficientNet-Lite as plain burn operators: the same weights on any device that burn has.
//!
//! On a GPU this is the network; on the CPU it is the slow, exact reference that the kernels are
//! tested against. Same input, output and source as [`crate::efficientnet_lite`].

use crate::efficientnet_lite::{FEATURES, STEM_LAYER, Variant, Weights, head, next};
use affetti_kernels::{Activation, Convolution, Kind, Padding};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use burn::tensor::ops::ConvOptions;
use burn::tensor::ops::PadMode;
use burn::tensor::{Device, Tensor, TensorData, module::conv2d};

/// The network with its weights on one device.
#[derive(Clone, Debug)]
pub struct TensorNet {
    variant: Variant,
    device: Device,
    stem: Layer,
    blocks: Vec<(Option<Layer>, Layer, Layer, BlockEnd)>,
    head: Layer,
}

#[derive(Clone, Copy, Debug)]
struct BlockEnd {
    skips: bool,
    ends_stage: bool,
}

#[derive(Clone, Debug)]
struct Layer {
    conv: Convolution,
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl TensorNet {
    /// Copies `weights` to `device`.
    #[must_use]
    pub fn new(weights: &Weights, device: &Device) -> Self {
        let mut layers = weights.layers.iter();
        let mut layer = |conv: Convolution| {
            let Folded { weight, bias } = next(&mut layers).clone();
            let weight = TensorData::new(weight, conv.weight_shape());
            let bias = TensorData::new(bias, [conv.outputs]);
            Layer {
                conv,
                weight: Tensor::from_data(weight, device),
                bias: Tensor::from_data(bias, device),
            }
        };
        let specs = weights.variant.blocks();
        let stem = layer(STEM_LAYER);
        let blocks = specs.iter().map(|spec| {
            let end = BlockEnd {
                skips: spec.skips(),
                ends_stage: spec.ends_stage,
            };
            let expand = spec.expand().map(&mut layer);
            (expand, layer(spec.depthwise()), layer(spec.project()), end)
        });
        Self {
            variant: weights.variant,
            device: device.clone(),
            stem,
            blocks: blocks.collect(),
            head: layer(head(&specs)),
        }
    }

    /// The size.
    #[must_use]
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// The descriptor of `picture`; see [`crate::efficientnet_lite::EfficientNetLite::describe`].
    ///
    /// # Errors
    /// [`NetError::Device`] where the device does not give its answer back.
    pub fn describe(&self, picture: &Picture) -> Result<Vec<f32>, NetError> {
        let (height, width) = (picture.height() as usize, picture.width() as usize);
        let values = picture
            .pixels()
            .iter()
            .map(|&v| (f32::from(v) - 127.0) / 128.0);
        let data = TensorData::new(values.collect::<Vec<f32>>(), [1, height, width, 3]);
        let input = Tensor::<4>::from_data(data, &self.device).permute([0, 3, 1, 2]);
        let mut x = self.stem.forward(input);
        let mut parts = Vec::new();
        for (expand, depthwise, project, end) in &self.blocks {
            let inside = expand
                .as_ref()
                .map_or_else(|| x.clone(), |e| e.forward(x.clone()));
            let y = project.forward(depthwise.forward(inside));
            x = if end.skips { x + y } else { y };
            if end.ends_stage {
                parts.extend(moments(x.clone()));
            }
        }
        let [pooled, _] = moments(self.head.forward(x));
        parts.insert(0, pooled);
        let all = Tensor::cat(parts, 0).into_data();
        all.try_to_vec::<f32>()
            .ok()
            .filter(|d| d.len() >= FEATURES)
            .ok_or_else(|| NetError::Device("the device gave no answer back".into()))
    }
}

impl Layer {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let p = self.conv.at(height, width).padding;
        let x = if p == Padding::default() {
            x
        } else {
            x.pad((p.left, p.right, p.top, p.bottom), PadMode::Constant(0.0))
        };
        let groups = match self.conv.kind {
            Kind::Depthwise => self.conv.inputs,
            Kind::Dense | Kind::Transposed => 1,
        };
        let options = ConvOptions::new([self.conv.stride; 2], [0, 0], [1, 1], groups);
        let y = conv2d(x, self.weight.clone(), Some(self.bias.clone()), options);
        match self.conv.activation {
            Activation::Relu6 => y.clamp(0.0, 6.0),
            _ => y,
        }
    }
}

/// Mean and standard deviation of each channel.
fn moments(x: Tensor<4>) -> [Tensor<1>; 2] {
    let [_, channels, height, width] = x.dims();
    let (variance, mean) = x.reshape([channels, height * width]).var_mean_bias(1);
    [
        mean.reshape([channels]),
        variance.sqrt().reshape([channels]),
    ]
}
