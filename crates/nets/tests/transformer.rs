//! Transformer layers against burn's operators, finite differences and PyTorch; expected numbers of
//! the last: peers/networks.py.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod closed;

use affetti_layers::{attention, causal_attention, gelu, layer_norm, lstm, plain, quick_gelu};
use affetti_nets::vit::{Shape, Vit};
use affetti_testkit::Values;
use burn::tensor::{Device, Tensor, TensorData};
use closed::Case;

fn tensor<const D: usize>(values: &mut Values, shape: [usize; D], device: &Device) -> Tensor<D> {
    let data = values.many(shape.iter().product());
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn assert_alike(found: &[f32], expected: &[f32], context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let scale = expected.iter().fold(1e-2_f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-5 * scale, "{context}: {i}: {a} not {b}");
    }
}

/// Output and gradients of a weighted sum of outputs.
fn run(x: &Tensor<4>, others: &[&Tensor<1>], y: Tensor<4>) -> Vec<Vec<f32>> {
    let weights = tensor(&mut Values::new(4), y.dims(), &y.device());
    let grads = (y.clone() * weights).sum().backward();
    let mut all = vec![floats(y), floats(x.grad(&grads).unwrap())];
    all.extend(others.iter().map(|t| floats(t.grad(&grads).unwrap())));
    all
}

#[test]
fn layers_are_burns_operators() {
    let device = Device::flex().autodiff();
    let mut values = Values::new(3);
    for (batch, tokens, depth, heads) in
        [(2, 50, 64, 3), (3, 7, 5, 2), (1, 1, 16, 1), (2, 33, 8, 4)]
    {
        let width = depth * heads;
        let x = tensor(&mut values, [batch, 1, tokens, width], &device).require_grad();
        let gamma = tensor(&mut values, [width], &device).require_grad();
        let beta = tensor(&mut values, [width], &device).require_grad();
        let each = [&gamma, &beta];
        let norm = |f: fn(_, _, _, _) -> _| f(x.clone(), gamma.clone(), beta.clone(), 1e-5);
        let pairs = run(&x, &each, norm(layer_norm));
        for (found, expected) in pairs.iter().zip(run(&x, &each, norm(plain::layer_norm))) {
            assert_alike(found, &expected, &format!("layer norm {width}"));
        }
        let pairs = run(&x, &[], quick_gelu(x.clone()));
        for (found, expected) in pairs.iter().zip(run(&x, &[], plain::quick_gelu(x.clone()))) {
            assert_alike(found, &expected, "gate");
        }
        let x = tensor(&mut values, [batch, 1, tokens, 3 * width], &device).require_grad();
        for causal in [false, true] {
            let found = if causal {
                causal_attention(x.clone(), heads)
            } else {
                attention(x.clone(), heads)
            };
            let plain = plain::attention(x.clone(), heads, causal);
            for (found, expected) in run(&x, &[], found).iter().zip(run(&x, &[], plain)) {
                let about = format!("attention {tokens} {depth} {heads} {causal}");
                assert_alike(found, &expected, &about);
            }
        }
        let x = tensor(&mut values, [1, tokens, batch, 4 * width], &device).require_grad();
        let flat = tensor::<1>(&mut values, [4 * width * width], &device).require_grad();
        // Small, or fifty steps make rounding large.
        let recurrent = || flat.clone().reshape([4 * width, width]) * 0.1;
        let pairs = run(&x, &[&flat], lstm(x.clone(), recurrent()));
        let plain = run(&x, &[&flat], plain::lstm(x.clone(), recurrent()));
        for (found, expected) in pairs.iter().zip(plain) {
            assert_alike(found, &expected, &format!("lstm {tokens} {batch} {width}"));
        }
        let pairs = run(&x, &[], gelu(x.clone()));
        let plain = burn::tensor::activation::gelu(x.clone());
        for (found, expected) in pairs.iter().zip(run(&x, &[], plain)) {
            assert_alike(found, &expected, "gelu");
        }
    }
}

type Layer<'a> = dyn Fn(Tensor<4>) -> Tensor<4> + 'a;

/// Slope of a loss along a random direction against central differences.
#[test]
fn gradients_are_finite_differences() {
    let device = Device::flex().autodiff();
    let mut values = Values::new(5);
    let gamma = tensor(&mut values, [24], &device);
    let beta = tensor(&mut values, [24], &device);
    let layers: [(&str, Box<Layer<'_>>); 3] = [
        (
            "layer norm",
            Box::new(|x| layer_norm(x, gamma.clone(), beta.clone(), 1e-5)),
        ),
        ("attention", Box::new(|x| attention(x, 2))),
        ("gate", Box::new(quick_gelu)),
    ];
    for (name, layer) in layers {
        let x = tensor(&mut values, [2, 1, 9, 24], &device);
        let loss = |x: Tensor<4>| {
            let y = layer(x);
            let weights = tensor(&mut Values::new(4), y.dims(), &device);
            (y.clone() * y * weights).mean()
        };
        let value = |t: Tensor<1>| f64::from(floats(t)[0]);
        let leaf = x.clone().require_grad();
        let gradient = leaf.grad(&loss(leaf.clone()).backward()).unwrap();
        let direction = tensor(&mut values, x.dims(), &device);
        let slope = value((gradient * direction.clone().inner()).sum());
        let step = 1e-2;
        let moved = |sign: f64| value(loss(x.clone() + direction.clone() * (sign * step)));
        let expected = (moved(1.0) - moved(-1.0)) / (2.0 * step);
        let scale = expected.abs().max(0.05);
        assert!(
            (slope - expected).abs() < 2e-2 * scale,
            "{name}: {slope} {expected}"
        );
    }
}

/// A NaN spreads over its row (norm, gate) or its picture (attention), no further.
#[test]
fn nan_spreads_as_in_the_plain_operators() {
    let device = Device::flex();
    for bad in [f32::NAN, f32::INFINITY] {
        let mut data = Values::new(1).many(2 * 5 * 12);
        data[17] = bad;
        let x = Tensor::<4>::from_data(TensorData::new(data, [2, 1, 5, 12]), &device);
        let ones = Tensor::<1>::ones([12], &device);
        let finite = |y: Tensor<4>| floats(y).iter().map(|v| v.is_finite()).collect::<Vec<_>>();
        let found = finite(layer_norm(x.clone(), ones.clone(), ones.clone(), 1e-5));
        let expected = finite(plain::layer_norm(x.clone(), ones.clone(), ones, 1e-5));
        assert_eq!(found, expected);
        assert_eq!(
            finite(quick_gelu(x.clone())),
            finite(plain::quick_gelu(x.clone()))
        );
        let found = finite(attention(x.clone(), 2));
        assert!(found[..5 * 4].iter().any(|finite| !finite), "seen");
        assert!(found[5 * 4..].iter().all(|finite| *finite), "other picture");
    }
}

#[test]
fn the_tower_is_pytorchs() {
    let device = Device::flex().autodiff();
    // Four of the twelve blocks, as in the peer: all are alike.
    let shape = Shape {
        layers: 4,
        ..Shape::B32
    };
    let net = closed::filled(|file| Vit::from_published(shape, file, &device));
    let case = Case::new("vit");
    let frozen = net.clone().freeze(true);
    for (net, what) in [(net, "trainable"), (frozen, "frozen")] {
        println!("{what}");
        let data = TensorData::new(case.input(), case.shape());
        let x = Tensor::<4>::from_data(data, &device).require_grad();
        let y = net.forward(x.clone());
        let dims = y.dims();
        case.check("output", &floats(y.clone()), 1e-4);
        let weights = closed::values("output", dims.iter().product());
        let weights = Tensor::from_data(TensorData::new(weights, dims), &device);
        let grads = (y * weights).sum().backward();
        case.check("gradient", &floats(x.grad(&grads).unwrap()), 1e-4);
    }
}
