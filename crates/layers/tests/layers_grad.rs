//! Our layers against burn's operators, forward and backward, and against finite differences.

use affetti_kernels::{Activation, Border, Convolution, Geometry, Kind, Padding};
use affetti_layers::{
    self as layers, After, ConvOptions, Frozen, Moments, Normal, Normalisation, Unit, UnitSpec,
    plain,
};
use affetti_testkit::Values;
use affetti_weights::convolution::Folded;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use std::sync::Arc;

fn tensor<const D: usize>(values: &mut Values, shape: [usize; D], device: &Device) -> Tensor<D> {
    let data = values.many(shape.iter().product());
    Tensor::from_data(TensorData::new(data, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("floats")
}

fn assert_alike(found: &[f32], expected: &[f32], tolerance: f32, context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let scale = expected.iter().fold(1e-2_f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = (a - b).abs() <= tolerance * scale || (a.is_nan() && b.is_nan()) || a == b;
        assert!(same, "{context}: {i}: {a} not {b} (scale {scale})");
    }
}

#[derive(Clone, Debug)]
struct Case {
    kind: Kind,
    geometry: Geometry,
    shape: [usize; 4],
    norm: u8,
    residual: bool,
    act: Activation,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1_usize..20, 1_usize..20, 1_usize..9, 1_usize..9, 1_usize..4);
    let kernel = prop::sample::select(vec![1_usize, 2, 3, 4, 5, 7]);
    let border = (0_usize..3, 0_usize..3, 0_usize..3, 0_usize..3);
    let kind = prop::sample::select(vec![Kind::Dense, Kind::Depthwise, Kind::Transposed]);
    let acts = vec![
        Activation::Identity,
        Activation::Relu,
        Activation::Relu6,
        Activation::Leaky(0.2),
    ];
    let rest = (
        0_u8..3,
        any::<bool>(),
        prop::sample::select(acts),
        any::<u64>(),
    );
    (sizes, kernel, 1_usize..3, border, kind, rest).prop_map(
        |((i, o, h, w, batch), kernel, stride, border, kind, (norm, residual, act, seed))| {
            let small = |b: usize| b.min(kernel.saturating_sub(1) / 2);
            let padding = Padding {
                top: small(border.0),
                left: small(border.1),
                bottom: small(border.2),
                right: small(border.3),
            };
            let geometry = Geometry {
                inputs: i,
                outputs: if kind == Kind::Depthwise { i } else { o },
                kernel,
                stride,
                padding,
            };
            let shape = match kind {
                Kind::Transposed => [batch, h, w, o],
                _ => [batch, h.max(kernel), w.max(kernel), i],
            };
            Case {
                kind,
                geometry,
                shape,
                norm,
                residual,
                act,
                seed,
            }
        },
    )
}

type Apply = dyn Fn(Tensor<4>, Tensor<4>, &ConvOptions) -> Tensor<4>;

/// The output and every gradient of a weighted sum of outputs.
fn run(case: &Case, apply: &Apply) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let mut values = Values::new(case.seed);
    let g = case.geometry;
    let (rows, columns) = match case.kind {
        Kind::Depthwise => (g.inputs, 1),
        _ => (g.outputs, g.inputs),
    };
    let channels = match case.kind {
        Kind::Transposed => g.inputs,
        _ => g.outputs,
    };
    let x = tensor(&mut values, case.shape, &device).require_grad();
    let weight = [rows, columns, g.kernel, g.kernel];
    let w = tensor(&mut values, weight, &device).require_grad();
    let gamma = tensor(&mut values, [channels], &device).require_grad();
    let beta = tensor(&mut values, [channels], &device).require_grad();
    let norm = match case.norm {
        0 => Normalisation::None,
        1 => Normalisation::Bias(gamma.clone()),
        _ => Normalisation::Batch {
            gamma: gamma.clone(),
            beta: beta.clone(),
            epsilon: 1e-3,
            moments: Moments::default(),
        },
    };
    let mut options = ConvOptions::dense(g)
        .kind(case.kind)
        .norm(norm)
        .act(case.act);
    let dims = apply(x.clone(), w.clone(), &options).dims();
    let residual = tensor(&mut values, dims, &device).require_grad();
    options.residual = case.residual.then(|| residual.clone());
    let y = apply(x.clone(), w.clone(), &options);
    let loss = (y.clone() * tensor(&mut values, dims, &device)).sum();
    let grads = loss.backward();
    let mut all = vec![floats(y)];
    all.push(x.grad(&grads).map(floats).unwrap_or_default());
    all.push(w.grad(&grads).map(floats).unwrap_or_default());
    all.push(gamma.grad(&grads).map(floats).unwrap_or_default());
    all.push(beta.grad(&grads).map(floats).unwrap_or_default());
    all.push(residual.grad(&grads).map(floats).unwrap_or_default());
    all
}

fn ours(x: Tensor<4>, w: Tensor<4>, options: &ConvOptions) -> Tensor<4> {
    layers::conv(x, Some(w), options)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layers_are_burns_operators(case in cases()) {
        let fits = match case.kind {
            Kind::Transposed => {
                let p = case.geometry.padding;
                let tall = (case.shape[1] - 1) * case.geometry.stride + case.geometry.kernel;
                let wide = (case.shape[2] - 1) * case.geometry.stride + case.geometry.kernel;
                tall > p.top + p.bottom && wide > p.left + p.right
            }
            _ => true,
        };
        prop_assume!(fits);
        let names = ["output", "input", "weight", "gamma", "beta", "residual"];
        // Normalising a handful of values divides rounding by a tiny deviation: only there is the
        // comparison looser, since both sides are then far from exact.
        let pixels = case.shape[0] * case.shape[1] * case.shape[2];
        prop_assume!(case.norm < 2 || pixels > 24 * case.geometry.stride * case.geometry.stride);
        let tolerance = if case.norm == 2 { 1e-4 } else { 1e-5 };
        let (found, expected) = (run(&case, &ours), run(&case, &plain::conv));
        for ((name, found), expected) in names.iter().zip(&found).zip(&expected) {
            assert_alike(found, expected, tolerance, &format!("{name} {case:?}"));
        }
    }
}

/// d/dε of the loss along a random direction, for every parameter of a smooth layer.
#[test]
fn gradients_are_finite_differences() {
    let device = Device::flex().autodiff();
    for kind in [Kind::Dense, Kind::Depthwise, Kind::Transposed] {
        let mut values = Values::new(9);
        let geometry = Geometry {
            inputs: 6,
            outputs: if kind == Kind::Depthwise { 6 } else { 5 },
            kernel: 4,
            stride: 2,
            padding: Padding::all(1),
        };
        let channels = if kind == Kind::Dense { 5 } else { 6 };
        let input = if kind == Kind::Transposed { 5 } else { 6 };
        let x = tensor(&mut values, [3, 8, 9, input], &device);
        let weight = [
            geometry.outputs,
            if kind == Kind::Depthwise { 1 } else { 6 },
            4,
            4,
        ];
        let w = tensor(&mut values, weight, &device);
        let gamma = tensor(&mut values, [channels], &device);
        let beta = tensor(&mut values, [channels], &device);
        let loss = |x: &Tensor<4>, w: &Tensor<4>, gamma: &Tensor<1>, beta: &Tensor<1>| {
            let norm = Normalisation::Batch {
                gamma: gamma.clone(),
                beta: beta.clone(),
                epsilon: 1e-3,
                moments: Moments::default(),
            };
            let options = ConvOptions::dense(geometry).kind(kind).norm(norm);
            let y = layers::conv(x.clone(), Some(w.clone()), &options);
            let weights = tensor(&mut Values::new(4), y.dims(), &device);
            (y.clone() * y * weights).mean()
        };
        let leaves = (
            x.clone().require_grad(),
            w.clone().require_grad(),
            gamma.clone().require_grad(),
            beta.clone().require_grad(),
        );
        let grads = loss(&leaves.0, &leaves.1, &leaves.2, &leaves.3).backward();
        let step = 1e-2_f64;
        let value = |t: Tensor<1>| f64::from(floats(t)[0]);
        let check = |name: &str, slope: f64, plus: f64, minus: f64| {
            let expected = (plus - minus) / (2.0 * step);
            let scale = expected.abs().max(0.05);
            assert!(
                (slope - expected).abs() < 2e-2 * scale,
                "{kind:?} {name}: {slope} {expected}"
            );
        };
        macro_rules! along {
            ($name:literal, $leaf:expr, $at:expr, $moved:expr) => {
                let direction = tensor(&mut values, $at.dims(), &device);
                let gradient = $leaf.grad(&grads).expect("takes part");
                let inner = direction.clone().inner();
                let slope = value((gradient * inner).sum());
                let moved = |sign: f64| $moved($at.clone() + direction.clone() * (sign * step));
                check($name, slope, value(moved(1.0)), value(moved(-1.0)));
            };
        }
        along!("input", leaves.0, x, |x| loss(&x, &w, &gamma, &beta));
        along!("weight", leaves.1, w, |w| loss(&x, &w, &gamma, &beta));
        along!("gamma", leaves.2, gamma, |gamma| loss(
            &x, &w, &gamma, &beta
        ));
        along!("beta", leaves.3, beta, |beta| loss(&x, &w, &gamma, &beta));
    }
}

#[test]
fn pools_are_burns_operators() {
    let device = Device::flex().autodiff();
    for (kernel, stride, padding) in [(3, 2, 1), (2, 2, 0), (3, 1, 1)] {
        let mut values = Values::new(2);
        let geometry = Geometry {
            inputs: 5,
            outputs: 5,
            kernel,
            stride,
            padding: Padding::all(padding),
        };
        let x = tensor(&mut values, [2, 9, 8, 5], &device).require_grad();
        let run = |y: Tensor<4>| {
            let weights = tensor(&mut Values::new(4), y.dims(), &device);
            let grads = (y.clone() * weights).sum().backward();
            [floats(y), floats(x.grad(&grads).expect("takes part"))]
        };
        let found = run(layers::max_pool(x.clone(), geometry));
        let expected = run(plain::max_pool(x.clone(), geometry));
        assert_alike(&found[0], &expected[0], 0.0, "output");
        assert_alike(&found[1], &expected[1], 1e-6, "gradient");
        let found = run(layers::mean_pool(x.clone()).reshape([2, 1, 1, 5]));
        let expected = run(x.clone().mean_dim(1).mean_dim(2));
        assert_alike(&found[0], &expected[0], 1e-5, "mean");
        assert_alike(&found[1], &expected[1], 1e-5, "mean gradient");
    }
}

#[test]
fn linear_is_a_matrix_product() {
    let device = Device::flex().autodiff();
    let mut values = Values::new(2);
    let x = tensor(&mut values, [7, 30], &device).require_grad();
    let w = tensor(&mut values, [41, 30], &device).require_grad();
    let b = tensor(&mut values, [41], &device).require_grad();
    let run = |y: Tensor<2>| {
        let weights = tensor(&mut Values::new(4), y.dims(), &device);
        let grads = (y.clone() * weights).sum().backward();
        let gradient = |found: Option<Vec<f32>>| found.expect("takes part");
        [
            floats(y),
            gradient(x.grad(&grads).map(floats)),
            gradient(w.grad(&grads).map(floats)),
            gradient(b.grad(&grads).map(floats)),
        ]
    };
    let found = run(layers::linear(x.clone(), w.clone(), Some(b.clone())));
    let expected = run(x.clone().matmul(w.clone().transpose()) + b.clone().reshape([1, 41]));
    for (found, expected) in found.iter().zip(&expected) {
        assert_alike(found, expected, 1e-5, "linear");
    }
}

/// Frozen weights give the same input gradient, and no weight takes part.
#[test]
fn frozen_layers_have_input_gradients() {
    let device = Device::flex().autodiff();
    for (kind, rows, columns) in [(Kind::Dense, 7, 6), (Kind::Depthwise, 6, 1)] {
        let mut values = Values::new(12);
        let geometry = Geometry {
            inputs: 6,
            outputs: rows,
            kernel: 3,
            stride: 2,
            padding: Padding::all(1),
        };
        let x = tensor(&mut values, [2, 9, 8, 6], &device).require_grad();
        let w = tensor(&mut values, [rows, columns, 3, 3], &device);
        let b = tensor(&mut values, [rows], &device);
        let rest = tensor(&mut values, [2, 5, 4, rows], &device).require_grad();
        let base = ConvOptions::dense(geometry)
            .kind(kind)
            .act(Activation::Relu6)
            .residual(Some(rest.clone()));
        let folded = Folded {
            weight: floats(w.clone()),
            bias: floats(b.clone()),
        };
        let frozen = Frozen::new(kind, geometry, folded, true);
        let run = |y: Tensor<4>| {
            let weights = tensor(&mut Values::new(4), y.dims(), &device);
            let grads = (y.clone() * weights).sum().backward();
            let gradient = |found: Option<Vec<f32>>| found.expect("takes part");
            [
                floats(y),
                gradient(x.grad(&grads).map(floats)),
                gradient(rest.grad(&grads).map(floats)),
            ]
        };
        let plain = base.clone().norm(Normalisation::Bias(b));
        let expected = run(plain::conv(x.clone(), w, &plain));
        let found = run(layers::conv(
            x.clone(),
            None,
            &base.frozen(Arc::new(frozen)),
        ));
        for (found, expected) in found.iter().zip(&expected) {
            assert_alike(found, expected, 1e-5, "frozen");
        }
    }
}

/// Enlargement against burn's operators, forward and backward: linear, so that its gradient is the
/// same everywhere and finite differences would repeat the forward pass.
#[test]
fn enlargement() {
    let device = Device::flex().autodiff();
    for shape in [[1, 1, 1, 3], [2, 5, 4, 1], [1, 7, 9, 20]] {
        let mut values = Values::new(8);
        let x: Tensor<4> = tensor(&mut values, shape, &device);
        let [batch, height, width, channels] = shape;
        let pull: Tensor<4> = tensor(
            &mut values,
            [batch, 2 * height, 2 * width, channels],
            &device,
        );
        let both: Vec<[Vec<f32>; 2]> = [layers::upsample, plain::upsample]
            .into_iter()
            .map(|upsample: fn(Tensor<4>) -> Tensor<4>| {
                let x = x.clone().require_grad();
                let y = upsample(x.clone());
                let grads = (y.clone() * pull.clone()).sum().backward();
                [
                    floats(y.inner()),
                    floats(x.grad(&grads).expect("x takes part")),
                ]
            })
            .collect();
        for (ours, theirs) in both[0].iter().zip(&both[1]) {
            assert_alike(ours, theirs, 1e-5, &format!("{shape:?}"));
        }
    }
}

/// Frozen units give the input gradients of unfrozen ones, whatever their border.
#[test]
fn frozen_units_have_the_same_input_gradient() {
    let device = Device::flex().autodiff();
    for (kind, kernel, stride, border) in [
        (Kind::Dense, 1, 1, Border::Same),
        (Kind::Dense, 1, 1, Border::Fixed(0)),
        (Kind::Dense, 3, 2, Border::Same),
        (Kind::Depthwise, 5, 2, Border::Same),
    ] {
        let spec = UnitSpec {
            conv: Convolution::new(6, 6, kernel)
                .kind(kind)
                .stride(stride)
                .border(border)
                .act(Activation::Relu6),
            after: After::Bias,
        };
        let unit = spec.init(&mut Normal::new(4), &device);
        let mut values = Values::new(8);
        let x = tensor(&mut values, [2, 7, 8, 6], &device);
        let gradient = |unit: &Unit| {
            let x = x.clone().require_grad();
            let gradients = unit.forward(x.clone(), None).sum().backward();
            floats(x.grad(&gradients).expect("takes part"))
        };
        let expected = gradient(&unit);
        let context = format!("{kind:?} {kernel} {stride} {border:?}");
        assert_alike(&gradient(&unit.freeze(true)), &expected, 1e-5, &context);
    }
}
