//! The layers on a GPU device: burn's operators must be what runs there, and agree with our kernels.
//! A software driver will do; without any, the tests say so and pass.
#![expect(
    clippy::print_stderr,
    reason = "a test that cannot run says why it passes"
)]

use affetti_nets::device::{self, Wish};
use affetti_nets::kernels::norm::Rectifier;
use affetti_nets::kernels::{Geometry, Padding};
use affetti_nets::layers::{
    self, After, Border, ConvOptions, Kind, Moments, Normal, Normalisation, UnitSpec,
};
use burn::tensor::{Device, Tensor, TensorData};

/// Both sides sum in f32, in different orders.
const TOLERANCE: f32 = 1e-4;

fn gpu() -> Option<Device> {
    match device::choose(Wish::Vulkan) {
        (device::Device::Vulkan(device), _) => Some(device),
        (device::Device::Cpu, why) => {
            eprintln!("skipped: {}", why.unwrap_or_default());
            None
        }
    }
}

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let data = Normal::new(seed).many(shape.iter().product(), 1.0);
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("floats")
}

fn assert_alike(found: &[f32], expected: &[f32], context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let scale = expected.iter().fold(1e-2_f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(
            (a - b).abs() <= TOLERANCE * scale,
            "{context}: {i}: {a} not {b}"
        );
    }
}

/// Output and gradients of a weighted sum of outputs, for one kind of convolution with everything.
fn convolution(kind: Kind, device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let (inputs, outputs) = if kind == Kind::Depthwise {
        (6, 6)
    } else {
        (6, 5)
    };
    let geometry = Geometry {
        inputs,
        outputs,
        kernel: 3,
        stride: 2,
        padding: Padding::all(1),
    };
    let columns = if kind == Kind::Depthwise { 1 } else { inputs };
    let (from, to) = match kind {
        Kind::Transposed => (outputs, inputs),
        Kind::Dense | Kind::Depthwise => (inputs, outputs),
    };
    let x = random([2, 9, 7, from], 1, &device).require_grad();
    let w = random([outputs, columns, 3, 3], 2, &device).require_grad();
    let norm = Normalisation::Batch {
        gamma: random([to], 3, &device),
        beta: random([to], 4, &device),
        epsilon: 1e-3,
        moments: Moments::default(),
    };
    let options = ConvOptions::dense(geometry).kind(kind).norm(norm);
    let dims = layers::conv(x.clone(), Some(w.clone()), &options).dims();
    let options = options
        .act(Rectifier::Leaky(0.2))
        .residual(Some(random(dims, 5, &device)));
    let y = layers::conv(x.clone(), Some(w.clone()), &options);
    let grads = (y.clone() * random(dims, 6, &device)).sum().backward();
    vec![
        floats(y),
        floats(x.grad(&grads).expect("x takes part")),
        floats(w.grad(&grads).expect("w takes part")),
    ]
}

/// Pooling, a fully connected layer, and a unit that a GPU cannot freeze.
fn rest(device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let x = random([2, 8, 6, 3], 1, &device).require_grad();
    let spec = UnitSpec {
        kind: Kind::Dense,
        inputs: 3,
        outputs: 4,
        kernel: 3,
        stride: 1,
        border: Border::Same,
        after: After::Norm(1e-5),
        act: Rectifier::Relu6,
    };
    let unit = spec.init(&mut Normal::new(2), &device).freeze(true);
    let pool = Geometry {
        inputs: 4,
        outputs: 4,
        kernel: 2,
        stride: 2,
        padding: Padding::default(),
    };
    let maps = layers::max_pool(unit.forward(x.clone(), None), pool);
    let features = layers::mean_pool(maps);
    let y = layers::linear(
        features,
        random([5, 4], 3, &device),
        Some(random([5], 4, &device)),
    );
    let grads = (y.clone() * random([2, 5], 5, &device)).sum().backward();
    vec![floats(y), floats(x.grad(&grads).expect("x takes part"))]
}

#[test]
fn layers_on_a_gpu_agree_with_our_kernels() {
    let Some(gpu) = gpu() else { return };
    let cpu = Device::flex();
    for kind in [Kind::Dense, Kind::Depthwise, Kind::Transposed] {
        let pairs = convolution(kind, &gpu);
        for (n, (found, expected)) in pairs.iter().zip(convolution(kind, &cpu)).enumerate() {
            assert_alike(found, &expected, &format!("{kind:?}, result {n}"));
        }
    }
    for (n, (found, expected)) in rest(&gpu).iter().zip(rest(&cpu)).enumerate() {
        assert_alike(found, &expected, &format!("the rest, result {n}"));
    }
}
