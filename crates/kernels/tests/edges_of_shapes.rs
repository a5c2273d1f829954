//! Sizes of zero, NaN and infinity at borders, one thread and more threads than cores: as the plain
//! operators have them.

mod plain;

use affetti_kernels::pool::{max_pool, max_pool_values, mean_pool, mean_pool_backward};
use affetti_kernels::{
    Activation, BackwardWeights, Batch, DepthwiseWeights, Epilogue, ForwardWeights, Geometry, Isa,
    Padding, conv_weight_gradient, depthwise_weight_gradient,
};
use affetti_testkit::Values;
use plain::{all_three, assert_close};

fn geometry(inputs: usize, outputs: usize, kernel: usize, stride: usize) -> Geometry {
    Geometry {
        inputs,
        outputs,
        kernel,
        stride,
        padding: Padding::all(kernel / 2),
    }
}

/// Forward, input gradient and weight gradient of a layer, dense and (where channels are equal)
/// depthwise, against plain loops.
fn check(g: Geometry, shape: Batch, (x, w, dy): (&[f32], &[f32], &[f32]), context: &str) {
    let to = g.output(shape).expect("fits");
    for isa in Isa::available() {
        let [y, dx, dw] = all_three(&g, shape, false, (x, w, dy));
        let mut found = vec![f32::NAN; to.len()];
        ForwardWeights::new(g, w, isa).run(shape, x, Epilogue::default(), &mut found);
        assert_close(&found, &y, &format!("forward {isa:?} {context}"));
        let mut found = vec![f32::NAN; shape.len()];
        BackwardWeights::new(g, w, isa).run(shape, dy, Epilogue::default(), &mut found);
        assert_close(&found, &dx, &format!("input {isa:?} {context}"));
        let found = conv_weight_gradient(g, shape, x, dy, isa);
        assert_close(&found, &dw, &format!("weight {isa:?} {context}"));
        if g.inputs == g.outputs {
            let w = &w[..g.inputs * g.kernel * g.kernel];
            let [y, dx, dw] = all_three(&g, shape, true, (x, w, dy));
            let layer = DepthwiseWeights::new(g, w, isa);
            let mut found = vec![f32::NAN; to.len()];
            layer.forward(shape, x, Epilogue::default(), &mut found);
            assert_close(&found, &y, &format!("depthwise {isa:?} {context}"));
            let mut found = vec![f32::NAN; shape.len()];
            layer.backward(shape, dy, &mut found);
            assert_close(&found, &dx, &format!("depthwise input {isa:?} {context}"));
            let found = depthwise_weight_gradient(g, shape, x, dy, isa);
            assert_close(&found, &dw, &format!("depthwise weight {isa:?} {context}"));
        }
    }
}

/// Zero pictures and zero channels. (Maps of no rows fit no kernel larger than their border.)
#[test]
fn sizes_of_zero() {
    for (batch, side, inputs, outputs) in [(0, 6, 5, 5), (2, 6, 0, 4), (2, 6, 5, 0), (2, 6, 0, 0)] {
        let mut values = Values::new(1);
        let g = geometry(inputs, outputs, 3, 2);
        let shape = Batch::new([batch, side, side, inputs]);
        let to = g.output(shape).expect("fits");
        let x = values.many(shape.len());
        let w = values.many(g.weights());
        let dy = values.many(to.len());
        let context = format!("{batch} × {inputs} → {outputs}");
        check(g, shape, (&x, &w, &dy), &context);
    }
    let g = geometry(4, 4, 3, 1);
    assert!(g.output(Batch::new([1, 0, 5, 4])).is_none(), "no row");
    let flat = Geometry {
        kernel: 1,
        padding: Padding::default(),
        ..g
    };
    assert!(flat.output(Batch::new([1, 0, 5, 4])).is_none(), "no row");
}

/// An infinite or absent number in x or dy reaches just the sums that see it, the border takes no
/// part: as in PyTorch 2.15, where the weight gradient was looked at.
#[test]
fn nan_and_infinity_at_borders() {
    for (kernel, stride) in [(3, 1), (3, 2), (4, 2), (1, 1)] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = Values::new(8);
            let g = geometry(7, 7, kernel, stride);
            let shape = Batch::new([2, 6, 9, 7]);
            let to = g.output(shape).expect("fits");
            let mut x = values.many(shape.len());
            let mut dy = values.many(to.len());
            let w = values.many(g.weights());
            x[3] = bad;
            x[shape.len() - 2] = bad;
            dy[1] = bad;
            let context = format!("{bad} {kernel}/{stride}");
            check(g, shape, (&x, &w, &dy), &context);
        }
    }
}

/// The same for weights of dense layers, forward and input gradient.
#[test]
fn infinite_weights_at_borders() {
    // The last one is large enough for Winograd's way.
    let cases = [
        (3, 1, 7, [6, 9]),
        (3, 2, 7, [6, 9]),
        (4, 2, 40, [6, 9]),
        (3, 1, 40, [6, 9]),
        (1, 1, 5, [6, 9]),
        (3, 1, 40, [14, 15]),
    ];
    for (kernel, stride, inputs, [height, width]) in cases {
        for bad in [f32::NAN, f32::INFINITY] {
            let g = geometry(inputs, 37, kernel, stride);
            let shape = Batch::new([2, height, width, inputs]);
            let to = g.output(shape).expect("fits");
            let mut values = Values::new(8);
            let (x, dy) = (values.many(shape.len()), values.many(to.len()));
            let mut w = values.many(g.weights());
            w[0] = bad;
            w[g.weights() - 1] = bad;
            let [y, dx, _] = all_three(&g, shape, false, (&x, &w, &dy));
            for isa in Isa::available() {
                let context = format!("{isa:?} {bad} {kernel}/{stride}");
                let mut found = vec![0.0; to.len()];
                let layer = ForwardWeights::new(g, &w, isa).winograd(true);
                layer.run(shape, &x, Epilogue::default(), &mut found);
                assert_close(&found, &y, &format!("forward {context}"));
                let mut found = vec![0.0; shape.len()];
                let layer = BackwardWeights::new(g, &w, isa).winograd(true);
                layer.run(shape, &dy, Epilogue::default(), &mut found);
                assert_close(&found, &dx, &format!("input {context}"));
            }
        }
    }
}

/// Winograd's way mixes the inputs of a tile; a number that is not finite still reaches the outputs
/// that see it only.
#[test]
fn nan_and_infinity_in_tiles() {
    let g = geometry(33, 40, 3, 1);
    let shape = Batch::new([2, 13, 18, 33]);
    let to = g.output(shape).expect("fits");
    let mut values = Values::new(8);
    let (mut x, mut dy) = (values.many(shape.len()), values.many(to.len()));
    let w = values.many(g.weights());
    for (place, bad) in [
        (3, f32::NAN),
        (5000, f32::INFINITY),
        (9001, f32::NEG_INFINITY),
    ] {
        (x[place], dy[place]) = (bad, bad);
    }
    for isa in Isa::available() {
        let alike = |found: &[f32], expected: &[f32]| {
            for (a, b) in found.iter().zip(expected) {
                let same = (a - b).abs() <= 1e-3 || (a.is_nan() && b.is_nan()) || a == b;
                assert!(same, "{isa:?}: {a} not {b}");
            }
        };
        let forward = |winograd| {
            let mut y = vec![0.0; to.len()];
            let layer = ForwardWeights::new(g, &w, isa).winograd(winograd);
            layer.run(shape, &x, Epilogue::default(), &mut y);
            y
        };
        alike(&forward(true), &forward(false));
        let backward = |winograd| {
            let mut dx = vec![0.0; shape.len()];
            let layer = BackwardWeights::new(g, &w, isa).winograd(winograd);
            layer.run(shape, &dy, Epilogue::default(), &mut dx);
            dx
        };
        alike(&backward(true), &backward(false));
    }
}

/// Maps and dense weight gradients come out with the same bits in pools of one thread, two, and more
/// than any machine here has; depthwise weight gradients, which each thread sums by itself, for the
/// same number of threads.
#[test]
fn threads_change_no_bit() {
    let mut values = Values::new(2);
    let g = geometry(48, 96, 3, 2);
    let shape = Batch::new([3, 33, 30, 48]);
    let to = g.output(shape).expect("fits");
    let x = values.many(shape.len());
    let w = values.many(g.weights());
    let dy = values.many(to.len());
    let small = &w[..48 * 9];
    let depthwise = Geometry { outputs: 48, ..g };
    let half = &dy[..dy.len() / 2];
    let isa = Isa::detect();
    let run = || {
        let mut all = vec![vec![0.0; to.len()], vec![0.0; shape.len()]];
        ForwardWeights::new(g, &w, isa).run(shape, &x, Epilogue::default(), &mut all[0]);
        BackwardWeights::new(g, &w, isa).run(shape, &dy, Epilogue::default(), &mut all[1]);
        let layer = DepthwiseWeights::new(depthwise, small, isa);
        let mut y = vec![0.0; half.len()];
        layer.forward(shape, &x, Epilogue::default(), &mut y);
        let mut dx = vec![0.0; shape.len()];
        layer.backward(shape, half, &mut dx);
        all.extend([y, dx]);
        let dense = conv_weight_gradient(g, shape, &x, &dy, isa);
        let weights = [
            dense,
            depthwise_weight_gradient(depthwise, shape, &x, half, isa),
        ];
        (all, weights)
    };
    let within = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("a pool").install(run)
    };
    let one = within(1);
    for threads in [2, 5, 64] {
        let found = within(threads);
        assert!(one.0 == found.0, "{threads} threads");
        assert!(found == within(threads), "{threads} threads, twice");
        assert!(one.1[0] == found.1[0], "{threads} threads: dense weights");
        for (a, b) in one.1.iter().zip(&found.1) {
            let off = affetti_testkit::relative_difference(a, b);
            assert!(off < 1e-5, "{threads} threads: {off:e}");
        }
    }
}

#[test]
fn pools_at_the_edges() {
    let g = geometry(3, 3, 3, 2);
    let shape = Batch::new([1, 5, 4, 3]);
    let to = g.output(shape).expect("fits");
    let mut x = Values::new(4).many(shape.len());
    x[7] = f32::NAN;
    x[11] = f32::NEG_INFINITY;
    let (mut first, mut second) = (vec![0.0; to.len()], vec![1.0; to.len()]);
    let _winners = max_pool(g, shape, &x, &mut first);
    max_pool_values(g, shape, &x, &mut second);
    let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&first), bits(&second));
    assert!(first.iter().any(|v| v.is_nan()));
    // The mean of no pixel is 0 / 0, as in PyTorch.
    let mut mean = vec![1.0; 6];
    mean_pool(Batch::new([2, 0, 4, 3]), &[], &mut mean);
    assert!(mean.iter().all(|v| v.is_nan()));
    mean_pool_backward(Batch::new([2, 0, 4, 3]), &mean, &mut []);
    mean_pool(Batch::new([2, 4, 4, 0]), &[], &mut []);
}

/// Pooling by central differences: away from ties both are linear, so a step gives them exactly.
#[test]
fn gradients_of_pools_are_finite_differences() {
    let g = geometry(5, 5, 3, 2);
    let shape = Batch::new([2, 7, 6, 5]);
    let to = g.output(shape).expect("fits");
    let mut values = Values::new(6);
    let x = values.many(shape.len());
    let weights = values.many(to.len());
    let mut y = vec![0.0; to.len()];
    let winners = max_pool(g, shape, &x, &mut y);
    let mut dx = vec![0.0; shape.len()];
    affetti_kernels::pool::max_pool_backward(g, shape, &weights, &winners, &mut dx);
    let loss = |x: &[f32]| {
        let mut y = vec![0.0; to.len()];
        max_pool_values(g, shape, x, &mut y);
        let pairs = y.iter().zip(&weights);
        pairs
            .map(|(y, w)| f64::from(*y) * f64::from(*w))
            .sum::<f64>()
    };
    differences(&x, &dx, &loss, "maximum");
    let weights = values.many(shape.batch * shape.channels);
    mean_pool_backward(shape, &weights, &mut dx);
    let loss = |x: &[f32]| {
        let mut y = vec![0.0; weights.len()];
        mean_pool(shape, x, &mut y);
        let pairs = y.iter().zip(&weights);
        pairs
            .map(|(y, w)| f64::from(*y) * f64::from(*w))
            .sum::<f64>()
    };
    differences(&x, &dx, &loss, "mean");
}

/// Every rectifier by central differences, away from its kinks.
#[test]
fn gradients_of_rectifiers_are_finite_differences() {
    use affetti_kernels::norm::{rectifier_backward, scale_shift};
    let x: Vec<f32> = (-40..80).map(|i| i as f32 / 10.0 + 0.05).collect();
    let weights = Values::new(3).many(x.len());
    for act in [
        Activation::Identity,
        Activation::Relu,
        Activation::Relu6,
        Activation::Leaky(0.2),
    ] {
        let value = |x: &[f32]| {
            let mut y = vec![0.0; x.len()];
            scale_shift(x, (&[1.0], &[0.0]), None, act, &mut y);
            y
        };
        let mut dx = weights.clone();
        rectifier_backward(act, &value(&x), &mut dx);
        let loss = |x: &[f32]| {
            let y = value(x);
            let pairs = y.iter().zip(&weights);
            pairs
                .map(|(y, w)| f64::from(*y) * f64::from(*w))
                .sum::<f64>()
        };
        differences(&x, &dx, &loss, &format!("{act:?}"));
    }
}

/// A fully connected layer, one row a picture, by central differences in input and weight.
#[test]
fn gradients_of_a_linear_layer_are_finite_differences() {
    let g = geometry(19, 11, 1, 1);
    let shape = Batch::new([6, 1, 1, 19]);
    let mut values = Values::new(10);
    let (x, w) = (values.many(shape.len()), values.many(g.weights()));
    let weights = values.many(6 * 11);
    let isa = Isa::detect();
    let loss = |x: &[f32], w: &[f32]| {
        let mut y = vec![0.0; weights.len()];
        ForwardWeights::new(g, w, isa).run(shape, x, Epilogue::default(), &mut y);
        let pairs = y.iter().zip(&weights);
        pairs
            .map(|(y, w)| f64::from(*y) * f64::from(*w))
            .sum::<f64>()
    };
    let mut dx = vec![0.0; x.len()];
    BackwardWeights::new(g, &w, isa).run(shape, &weights, Epilogue::default(), &mut dx);
    differences(&x, &dx, &|x: &[f32]| loss(x, &w), "input");
    let dw = conv_weight_gradient(g, shape, &x, &weights, isa);
    differences(&w, &dw, &|w: &[f32]| loss(&x, w), "weight");
}

/// One place after the other. The functions are linear along each, so that the step's size only
/// has to beat rounding.
fn differences(x: &[f32], gradient: &[f32], loss: &dyn Fn(&[f32]) -> f64, context: &str) {
    const STEP: f32 = 1e-2;
    let mut moved = x.to_vec();
    let mut wrong = 0;
    for i in 0..x.len() {
        let mut at = |offset: f32| {
            moved[i] = x[i] + offset;
            let value = loss(&moved);
            moved[i] = x[i];
            value
        };
        let slope = (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP);
        let off = (slope - f64::from(gradient[i])).abs();
        wrong += usize::from(off > 1e-3 * slope.abs().max(1.0));
    }
    // Maxima that change hands within a step are no error; they are few.
    let allowed = if context == "maximum" {
        x.len() / 20
    } else {
        0
    };
    assert!(wrong <= allowed, "{context}: {wrong} of {}", x.len());
}
