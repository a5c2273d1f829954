//! The layers on a Vulkan device, where they are burn's operators, against our kernels on the CPU,
//! forward and backward. Skipped where there is no driver; a software driver will do.
#![cfg(all(feature = "train", feature = "vulkan"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_kernels::{Activation, Border, Convolution, Geometry, Kind, Padding};
use affetti_layers::{
    After, ConvOptions, Normal, Normalisation, UnitSpec, attention, conv, layer_norm, max_pool,
    mean_pool, quick_gelu,
};
use affetti_nets::device::{Device as Place, Wish, choose};
use affetti_testkit::Values;
use burn::tensor::{Device, Tensor, TensorData};

fn tensor<const D: usize>(values: &mut Values, shape: [usize; D], device: &Device) -> Tensor<D> {
    let data = values.many(shape.iter().product());
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Outputs and input gradients of one layer of every kind.
fn everything(device: &Device) -> Vec<(String, Vec<f32>)> {
    let mut values = Values::new(6);
    let geometry = Geometry {
        inputs: 6,
        outputs: 6,
        kernel: 3,
        stride: 2,
        padding: Padding::all(1),
    };
    let x = tensor(&mut values, [2, 9, 8, 6], device).require_grad();
    let row = tensor(&mut values, [6], device);
    let mut outputs = Vec::new();
    for (kind, columns) in [
        (Kind::Dense, 6),
        (Kind::Depthwise, 1),
        (Kind::Transposed, 6),
    ] {
        let weight = tensor(&mut values, [6, columns, 3, 3], device);
        let options = ConvOptions::dense(geometry)
            .kind(kind)
            .norm(Normalisation::Bias(row.clone()))
            .act(Activation::Relu6);
        outputs.push((format!("{kind:?}"), conv(x.clone(), Some(weight), &options)));
    }
    outputs.push(("maximum".into(), max_pool(x.clone(), geometry)));
    outputs.push(("mean".into(), mean_pool(x.clone()).reshape([2, 1, 1, 6])));
    let norm = layer_norm(x.clone(), row.clone(), row, 1e-5);
    outputs.push(("layer norm".into(), norm));
    outputs.push((
        "attention".into(),
        attention(x.clone().reshape([2, 1, 72, 6]), 2),
    ));
    outputs.push(("gate".into(), quick_gelu(x.clone())));
    let mut all = Vec::new();
    for (name, y) in outputs {
        let weights = tensor(&mut Values::new(4), y.dims(), device);
        let grads = (y.clone() * weights).sum().backward();
        all.push((format!("{name} output"), floats(y)));
        all.push((format!("{name} gradient"), floats(x.grad(&grads).unwrap())));
    }
    all
}

fn vulkan() -> Option<Device> {
    match choose(Wish::Vulkan) {
        (Place::Vulkan(gpu), _) => Some(gpu),
        (Place::Cpu, line) => {
            println!("skipped: {}", line.unwrap_or_default());
            None
        }
    }
}

#[test]
fn layers_on_vulkan_are_those_on_the_cpu() {
    let Some(gpu) = vulkan() else { return };
    let ours = everything(&Device::flex().autodiff());
    for ((name, a), (_, b)) in ours.iter().zip(everything(&gpu.autodiff())) {
        let off = affetti_testkit::relative_difference(a, &b);
        assert!(off <= 1e-4, "{name}: {off:e}");
    }
}

/// Packed weights are for our kernels: elsewhere a frozen unit keeps plain tensors.
#[test]
fn a_unit_frozen_on_vulkan_is_the_one_frozen_on_the_cpu() {
    let Some(gpu) = vulkan() else { return };
    let run = |device: &Device| {
        let conv = Convolution::new(3, 4, 3).border(Border::Same);
        let spec = UnitSpec {
            conv: conv.act(Activation::Relu6),
            after: After::Norm(1e-5),
        };
        let unit = spec.init(&mut Normal::new(2), device).freeze(true);
        let x = tensor(&mut Values::new(3), [2, 8, 6, 3], device).require_grad();
        let y = unit.forward(x.clone(), None);
        let grads = y.clone().sum().backward();
        (floats(y), floats(x.grad(&grads).unwrap()))
    };
    let (ours, theirs) = (run(&Device::flex().autodiff()), run(&gpu.autodiff()));
    for (a, b) in [(ours.0, theirs.0), (ours.1, theirs.1)] {
        let off = affetti_testkit::relative_difference(&a, &b);
        assert!(off <= 1e-4, "{off:e}");
    }
}
