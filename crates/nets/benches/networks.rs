//! Time and peak memory of the whole networks that the bars name.
//!
//! Run alone: `cargo bench -p affetti-nets --features train --bench networks [-- WORK [ITERATIONS]]`;
//! against PyTorch: `python peers/torch_speed.py`. Prints one JSON line per work: the median of
//! the iterations after two to warm up, and the peak of the process's resident memory in MiB
//! (so measure one work per process). `RAYON_NUM_THREADS` sets the threads.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

#[path = "../tests/closed/mod.rs"]
mod closed;

use affetti_kernels::Batch;
use affetti_layers::{Normal, linear};
use affetti_nets::dcgan::{Discriminator, Generator};
use affetti_nets::efficientnet_lite::Variant;
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_nets::resnet::layers::ResNetLayers;
use affetti_nets::resnet::{self, ResNet, Variant as Depth};
use affetti_nets::vgg16::layers::Vgg16Layers;
use affetti_nets::vgg16::{self, Vgg16};
use affetti_nets::vit::{Shape, Vit};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::activation::{log_softmax, softplus};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;
use std::time::Instant;

const WORKS: [&str; 14] = [
    "lite0-forward-1",
    "lite0-forward-4",
    "lite0-input-4",
    "lite0-train-16",
    "vgg16-forward-1",
    "vgg16-infer-1",
    "resnet50-forward-4",
    "resnet50-infer-4",
    "resnet34-infer-4",
    "resnet50-input-4",
    "resnet50-train-4",
    "dcgan-train-64",
    "vit-forward-4",
    "vit-input-4",
];

fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let data = Normal::new(seed).many(shape.iter().product(), 1.0);
    Tensor::from_data(TensorData::new(data, shape), device)
}

/// Plain gradient descent, in place as PyTorch's.
struct Descent<'a> {
    gradients: &'a mut Gradients,
    rate: f32,
}

impl ModuleMapper for Descent<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let rate = self.rate;
        let gradients = &mut *self.gradients;
        param.map(|tensor| match tensor.grad_remove(gradients) {
            Some(gradient) => {
                let (shape, device) = (tensor.dims(), tensor.device().inner());
                let values = |data: TensorData| data.try_into_vec::<f32>().expect("floats");
                let (mut moved, gradient) = (
                    values(tensor.inner().into_data()),
                    values(gradient.into_data()),
                );
                let pairs = moved.par_iter_mut().zip(&gradient).with_min_len(1 << 14);
                pairs.for_each(|(w, g)| *w -= rate * g);
                let moved = Tensor::from_data(TensorData::new(moved, shape), &device);
                Tensor::from_inner(moved).require_grad()
            }
            None => tensor,
        })
    }
}

fn step<M: Module>(module: M, gradients: &mut Gradients) -> M {
    let rate = 1e-3;
    module.map(&mut Descent { gradients, rate })
}

/// Cross-entropy of `features · wᵀ` with class `row mod classes`.
fn cross_entropy(features: Tensor<2>, weight: Tensor<2>) -> Tensor<1> {
    let [classes, _] = weight.dims();
    let logs = log_softmax(linear(features, weight, None), 1);
    let [rows, _] = logs.dims();
    let mut one_hot = vec![0.0_f32; rows * classes];
    (0..rows).for_each(|row| one_hot[row * classes + row % classes] = 1.0);
    let device = logs.device().inner();
    let one_hot = Tensor::<2>::from_data(TensorData::new(one_hot, [rows, classes]), &device);
    (logs * Tensor::from_inner(one_hot)).sum() * (-1.0 / rows as f64)
}

/// The networks that need no burn.
fn inference(name: &str) -> Option<Box<dyn FnMut()>> {
    let pictures = |batch: usize| Normal::new(1).many(batch * 224 * 224 * 3, 1.0);
    let variant = match name {
        "vgg16-infer-1" => {
            let net = Vgg16::new(&closed::filled(vgg16::Weights::from_published));
            let (pictures, mut work) = (pictures(1), vgg16::Workspace::default());
            let shape = Batch::new([1, 224, 224, 3]);
            return Some(Box::new(move || {
                std::hint::black_box(net.features(shape, &pictures, &mut work, &mut |_, _| {}));
            }));
        }
        "resnet34-infer-4" => Depth::ResNet34,
        "resnet50-infer-4" => Depth::ResNet50,
        _ => return None,
    };
    let weights = closed::filled(|file| resnet::Weights::from_published(variant, file));
    let net = ResNet::new(&weights);
    let (pictures, mut work) = (pictures(4), resnet::Workspace::default());
    let shape = Batch::new([4, 224, 224, 3]);
    Some(Box::new(move || {
        std::hint::black_box(net.features(shape, &pictures, &mut work));
    }))
}

/// One iteration of `work` as a closure that owns everything.
fn work(name: &str) -> Option<Box<dyn FnMut()>> {
    let plain = Device::flex();
    let device = Device::flex().autodiff();
    let side = 224;
    let sink = |tensor: Tensor<1>| drop(tensor.into_data());
    Some(match name {
        "lite0-forward-1" | "lite0-forward-4" => {
            let batch = if name.ends_with('1') { 1 } else { 4 };
            let x = random([batch, side, side, 3], 1, &plain);
            let net = LiteLayers::init(Variant::Lite0, 2, &plain).freeze(false);
            Box::new(move || sink(net.forward(x.clone()).sum()))
        }
        "vgg16-forward-1" => {
            let x = random([1, side, side, 3], 1, &plain);
            let net = Vgg16Layers::init(2, &plain).freeze(false);
            Box::new(move || sink(net.forward(x.clone()).sum()))
        }
        "resnet50-forward-4" => {
            let x = random([4, side, side, 3], 1, &plain);
            let net = ResNetLayers::init(Depth::ResNet50, 2, &plain).freeze(false);
            Box::new(move || sink(net.forward(x.clone()).sum()))
        }
        "vit-forward-4" => {
            let x = random([4, side, side, 3], 1, &plain);
            let net = Vit::init(Shape::B32, 2, &plain).freeze(false);
            Box::new(move || sink(net.forward(x.clone()).sum()))
        }
        "vit-input-4" => {
            let x = random([4, side, side, 3], 1, &device);
            let net = Vit::init(Shape::B32, 2, &device).freeze(true);
            Box::new(move || {
                let x = x.clone().require_grad();
                let grads = net.forward(x.clone()).sum().backward();
                sink(x.grad(&grads).expect("takes part").sum());
            })
        }
        "lite0-input-4" => {
            let x = random([4, side, side, 3], 1, &device);
            let net = LiteLayers::init(Variant::Lite0, 2, &device).freeze(true);
            Box::new(move || {
                let x = x.clone().require_grad();
                let grads = net.forward(x.clone()).sum().backward();
                sink(x.grad(&grads).expect("takes part").sum());
            })
        }
        "resnet50-input-4" => {
            let x = random([4, side, side, 3], 1, &device);
            let net = ResNetLayers::init(Depth::ResNet50, 2, &device).freeze(true);
            Box::new(move || {
                let x = x.clone().require_grad();
                let grads = net.forward(x.clone()).sum().backward();
                sink(x.grad(&grads).expect("takes part").sum());
            })
        }
        "lite0-train-16" => {
            let x = random([16, side, side, 3], 1, &device);
            let mut net = Some(LiteLayers::init(Variant::Lite0, 2, &device));
            let w = (random([1000, 1280], 3, &device) * 0.02).require_grad();
            let mut w = Some(w);
            Box::new(move || {
                let (module, weight) = (net.take().expect("kept"), w.take().expect("kept"));
                let loss = cross_entropy(module.forward(x.clone()), weight.clone());
                let mut grads = loss.backward();
                let gradient = weight.grad_remove(&mut grads).expect("takes part");
                w = Some(Tensor::from_inner(weight.inner() - gradient * 1e-3).require_grad());
                net = Some(step(module, &mut grads));
                sink(loss);
            })
        }
        "resnet50-train-4" => {
            let x = random([4, side, side, 3], 1, &device);
            let mut net = Some(ResNetLayers::init(Depth::ResNet50, 2, &device));
            let w = random([1000, 2048], 3, &device) * 0.02;
            Box::new(move || {
                let module = net.take().expect("kept");
                let loss = cross_entropy(module.forward(x.clone()), w.clone());
                let mut grads = loss.backward();
                net = Some(step(module, &mut grads));
                sink(loss);
            })
        }
        "dcgan-train-64" => {
            let real = random([64, 64, 64, 3], 1, &device).tanh();
            let noise = random([64, 1, 1, 100], 4, &device);
            let mut nets = Some((Generator::init(2, &device), Discriminator::init(3, &device)));
            Box::new(move || {
                let (generator, discriminator) = nets.take().expect("kept");
                let fake = generator.forward(noise.clone());
                let loss = softplus(-discriminator.forward(real.clone()), 1.0).mean()
                    + softplus(discriminator.forward(fake.clone().detach()), 1.0).mean();
                let mut grads = loss.backward();
                let discriminator = step(discriminator, &mut grads);
                // The discriminator is a constant in the generator's step.
                let judge = discriminator.clone().no_grad();
                let loss = softplus(-judge.forward(fake), 1.0).mean();
                let mut grads = loss.backward();
                nets = Some((step(generator, &mut grads), discriminator));
                sink(loss);
            })
        }
        _ => return inference(name),
    })
}

/// Peak resident memory of this process in MiB, where the system tells.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    number.map_or(f64::NAN, |kib| kib / 1024.0)
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let wanted = arguments.first().map_or("", String::as_str);
    let iterations = arguments
        .get(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(5_usize);
    for name in WORKS.into_iter().filter(|name| name.contains(wanted)) {
        let mut run = work(name).expect("the list names works");
        (0..2).for_each(|_| run());
        let mut times: Vec<f64> = (0..iterations)
            .map(|_| {
                let start = Instant::now();
                run();
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let (median, peak) = (times[times.len() / 2], peak());
        println!("{{\"work\":\"{name}\",\"ms\":{median:.2},\"peak_mib\":{peak:.0}}}");
    }
}
