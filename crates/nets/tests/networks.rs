//! The networks on our layers against PyTorch, outputs and input gradients; expected numbers:
//! peers/networks.py, versions inside the fixture.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod closed;

use affetti_nets::dcgan::{Discriminator, Generator};
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_nets::efficientnet_lite::{
    CellsOf, EfficientNetLite, FEATURES, Variant as Size, Weights, Workspace,
};
use affetti_nets::resnet::layers::ResNetLayers;
use affetti_nets::resnet::{self, Variant};
use affetti_nets::vgg16;
use affetti_nets::vgg16::layers::Vgg16Layers;
use affetti_picture::Picture;
use burn::tensor::{Device, Tensor, TensorData};
use closed::{Case, tensors, values};

/// The bar of the project: relative difference.
const TOLERANCE: f32 = 1e-4;
/// Where a value lies within rounding of a rectifier's kink, one side lets its gradient through and
/// the other does not; such a jump is larger than rounding.
const GRADIENT: f32 = 1e-3;

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn input(case: &Case, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(case.input(), case.shape()), device)
}

/// Output and input gradient of `net` on `case`.
fn check(name: &str, net: impl Fn(Tensor<4>) -> Tensor<4>) {
    let case = Case::new(name);
    let device = Device::flex().autodiff();
    let x = input(&case, &device).require_grad();
    let y = net(x.clone());
    let dims = y.dims();
    case.check("output", &floats(y.clone()), TOLERANCE);
    let weights = TensorData::new(values("output", dims.iter().product()), dims);
    let grads = (y * Tensor::from_data(weights, &device)).sum().backward();
    case.check("gradient", &floats(x.grad(&grads).unwrap()), GRADIENT);
}

fn rows(y: Tensor<2>) -> Tensor<4> {
    let [batch, features] = y.dims();
    y.reshape([batch, 1, 1, features])
}

#[test]
fn resnets_are_pytorchs() {
    let device = Device::flex().autodiff();
    for variant in [Variant::ResNet34, Variant::ResNet50] {
        let weights = closed::filled(|file| resnet::Weights::from_published(variant, file));
        let plain = ResNetLayers::from_weights(&weights, &Device::flex());
        let case = Case::new(variant.name());
        let y = plain.forward(input(&case, &Device::flex()));
        case.check("output", &floats(y), TOLERANCE);
        let frozen = ResNetLayers::from_weights(&weights, &device).freeze(true);
        check(variant.name(), |x| rows(frozen.forward(x)));
    }
}

#[test]
fn vgg16_is_pytorchs() {
    let device = Device::flex().autodiff();
    let weights = closed::filled(vgg16::Weights::from_published);
    let net = Vgg16Layers::from_weights(&weights, &device);
    check("vgg16", |x| net.forward(x));
    let frozen = net.freeze(true);
    check("vgg16", |x| frozen.forward(x));
}

#[test]
fn dcgan_is_pytorchs() {
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let files = (
        tensors(|t| Generator::from_published(t, &plain)),
        tensors(|t| Discriminator::from_published(t, &plain)),
    );
    let generator = |device| Generator::from_published(files.0.clone(), device).unwrap();
    let discriminator = |device| Discriminator::from_published(files.1.clone(), device).unwrap();
    // With running statistics.
    let case = Case::new("dcgan-generator");
    let y = generator(&plain).forward(input(&case, &plain));
    case.check("output", &floats(y), TOLERANCE);
    let case = Case::new("dcgan-discriminator");
    let y = discriminator(&plain).forward(input(&case, &plain));
    case.check("output", &floats(y), TOLERANCE);
    // With those of the batch.
    let net = generator(&device);
    check("dcgan-generator-train", |x| net.forward(x));
    let net = discriminator(&device);
    check("dcgan-discriminator-train", |x| {
        let y = net.forward(x);
        let [batch] = y.dims();
        y.reshape([batch, 1, 1, 1])
    });
}

/// A picture of `side` squared pixels, and the same as networks take it.
fn pattern(side: usize) -> (Picture, TensorData) {
    let pixels: Vec<u8> = (0..side * side * 3).map(|i| (i * i % 251) as u8).collect();
    let data = pixels.iter().map(|&v| (f32::from(v) - 127.0) / 128.0);
    let data = TensorData::new(data.collect::<Vec<f32>>(), [1, side, side, 3]);
    let picture = Picture::new(side as u32, side as u32, pixels).unwrap();
    (picture, data)
}

/// The layers' network against the one for single pictures, on the same weights.
#[test]
fn lite_layers_are_the_inference_network() {
    for variant in [Size::Lite0, Size::Lite2] {
        let side = variant.resolution();
        let weights = closed::filled(|file| Weights::from_published(variant, file, true));
        let (picture, data) = pattern(side);
        let plain = EfficientNetLite::new(&weights);
        let expected = plain.describe(&picture, &mut Workspace::default(), 1);
        let (device, training) = (Device::flex(), Device::flex().autodiff());
        let nets = [
            (LiteLayers::from_weights(&weights, &device), &device),
            (
                LiteLayers::from_weights(&weights, &device).freeze(false),
                &device,
            ),
            (
                LiteLayers::from_weights(&weights, &training).freeze(true),
                &training,
            ),
        ];
        for (net, device) in nets {
            let features = floats(net.forward(Tensor::from_data(data.clone(), device)));
            let off = affetti_testkit::relative_difference(&features, &expected[..FEATURES]);
            assert!(off <= TOLERANCE, "{}: {off:e}", variant.name());
        }
    }
}

/// Cells beside the descriptor, and beside the last map of the layers.
#[test]
fn cells_are_means_of_the_map_that_is_asked_for() {
    let variant = Size::Lite0;
    let weights = closed::filled(|file| Weights::from_published(variant, file, true));
    let (picture, data) = pattern(128);
    let plain = EfficientNetLite::new(&weights);
    let mut work = Workspace::default();
    let expected = plain.describe(&picture, &mut work, 1);
    let mut at = FEATURES;
    for stage in 0..Size::STAGES {
        let width = variant.stage_channels(stage);
        let found = plain.describe_cells(&picture, CellsOf::Stage(stage), 1, &mut work, 1);
        assert_eq!(found.pooled, expected[..FEATURES]);
        assert_eq!(found.cells.len(), width);
        let means = &expected[at..at + width];
        let off = affetti_testkit::relative_difference(&found.cells, means);
        assert!(off <= TOLERANCE, "{stage}: {off:e}");
        at += 2 * width;
    }
    // 128 pixels are four cells a side at stride 32: the cells are the map.
    let device = Device::flex();
    let layers = LiteLayers::from_weights(&weights, &device);
    let map = layers.forward_map(Tensor::from_data(data, &device));
    assert_eq!(map.dims(), [1, 4, 4, FEATURES]);
    let map = floats(map.reshape([16, FEATURES]));
    let found = plain.describe_cells(&picture, CellsOf::Head, 4, &mut work, 1);
    let off = affetti_testkit::relative_difference(&found.cells, &map);
    assert!(off <= TOLERANCE, "{off:e}");
}

/// Maps of the first stages, and the layers from there on.
#[test]
fn a_network_goes_on_from_the_maps_of_a_stage() {
    let variant = Size::Lite0;
    let weights = closed::filled(|file| Weights::from_published(variant, file, true));
    // Odd, so that borders differ from side to side.
    let (picture, data) = pattern(75);
    let plain = EfficientNetLite::new(&weights);
    let mut work = Workspace::default();
    let expected = plain.describe(&picture, &mut work, 1);
    let device = Device::flex();
    for stages in 1..=Size::STAGES {
        let ([height, width, channels], map) = plain.stage_map(&picture, stages, &mut work, 1);
        let map = TensorData::new(map, [1, height, width, channels]);
        let top = LiteLayers::from_weights(&weights, &device).top(variant, stages);
        let features = floats(top.forward(Tensor::from_data(map, &device)));
        let off = affetti_testkit::relative_difference(&features, &expected[..FEATURES]);
        assert!(off <= TOLERANCE, "{stages}: {off:e}");
    }
    let all = LiteLayers::from_weights(&weights, &device).top(variant, 0);
    let features = floats(all.forward(Tensor::from_data(data, &device)));
    let off = affetti_testkit::relative_difference(&features, &expected[..FEATURES]);
    assert!(off <= TOLERANCE, "all: {off:e}");
    assert_eq!((variant.blocks_of(0), variant.blocks_of(2)), (0, 3));
    assert_eq!((variant.blocks_of(7), variant.blocks_of(9)), (16, 16));
}

/// Maps of the lower residual stages, and the layers from there on.
#[test]
fn a_resnet_goes_on_from_the_maps_of_a_stage() {
    let variant = Variant::ResNet34;
    let weights = closed::filled(|file| resnet::Weights::from_published(variant, file));
    let plain = resnet::ResNet::new(&weights);
    let case = Case::new(variant.name());
    let shape = affetti_kernels::Batch::new(case.shape());
    let mut work = resnet::Workspace::default();
    let device = Device::flex();
    for stages in 0..=Variant::STAGES {
        let (shape, map) = plain.map_below(shape, &case.input(), stages, &mut work);
        let map = TensorData::new(map.to_vec(), shape.dims());
        let top = ResNetLayers::from_weights(&weights, &device).top(variant, stages);
        case.check(
            "output",
            &floats(top.forward(Tensor::from_data(map, &device))),
            TOLERANCE,
        );
    }
}
