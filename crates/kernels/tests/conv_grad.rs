//! Dense training kernels against plain loops, on every instruction set of this machine.

mod plain;

use affetti_kernels::{
    Activation, BackwardWeights, Batch, Convolution, DepthwiseWeights, Epilogue, ForwardWeights,
    Geometry, Isa, Order, Padding, conv_weight_gradient, depthwise_weight_gradient,
};
use affetti_testkit::Values;
use plain::{all_three, assert_close};
use proptest::prelude::*;

fn cases() -> impl Strategy<Value = (Geometry, Batch, u64)> {
    let sizes = (
        1_usize..70,
        1_usize..70,
        1_usize..20,
        1_usize..30,
        1_usize..4,
    );
    let kernel = prop::sample::select(vec![1_usize, 2, 3, 4, 5, 7]);
    let border = (0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4);
    (sizes, kernel, 1_usize..4, border, any::<u64>()).prop_map(
        |((inputs, outputs, height, width, batch), kernel, stride, border, seed)| {
            let padding = Padding {
                top: border.0,
                left: border.1,
                bottom: border.2,
                right: border.3,
            };
            let geometry = Geometry {
                inputs,
                outputs,
                kernel,
                stride,
                padding,
            };
            let shape = Batch::new([batch, height.max(kernel), width.max(kernel), inputs]);
            (geometry, shape, seed)
        },
    )
}

fn check(g: Geometry, shape: Batch, seed: u64, isa: Isa) {
    let mut values = Values::new(seed);
    let to = g.output(shape).expect("fits");
    let x = values.many(shape.len());
    let w = values.many(g.weights());
    let dy = values.many(to.len());
    let [y, dx, dw] = all_three(&g, shape, false, (&x, &w, &dy));
    let context = format!("{isa:?} {g:?} {shape:?}");
    let mut found = vec![f32::NAN; to.len()];
    ForwardWeights::new(g, &w, isa).run(shape, &x, Epilogue::default(), &mut found);
    assert_close(&found, &y, &format!("forward {context}"));
    let mut found = vec![f32::NAN; shape.len()];
    BackwardWeights::new(g, &w, isa).run(shape, &dy, Epilogue::default(), &mut found);
    assert_close(&found, &dx, &format!("input {context}"));
    let found = conv_weight_gradient(g, shape, &x, &dy, isa);
    assert_close(&found, &dw, &format!("weight {context}"));
}

fn check_depthwise(g: Geometry, shape: Batch, seed: u64, isa: Isa) {
    let g = Geometry {
        outputs: g.inputs,
        ..g
    };
    let mut values = Values::new(seed);
    let to = g.output(shape).expect("fits");
    let x = values.many(shape.len());
    let w = values.many(g.inputs * g.kernel * g.kernel);
    let dy = values.many(to.len());
    let [y, dx, dw] = all_three(&g, shape, true, (&x, &w, &dy));
    let context = format!("{isa:?} {g:?} {shape:?}");
    let layer = DepthwiseWeights::new(g, &w, isa);
    let mut found = vec![f32::NAN; to.len()];
    layer.forward(shape, &x, Epilogue::default(), &mut found);
    assert_close(&found, &y, &format!("forward {context}"));
    let mut found = vec![f32::NAN; shape.len()];
    layer.backward(shape, &dy, &mut found);
    assert_close(&found, &dx, &format!("input {context}"));
    let found = depthwise_weight_gradient(g, shape, &x, &dy, isa);
    assert_close(&found, &dw, &format!("weight {context}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dense_is_the_plain_one((g, shape, seed) in cases()) {
        for isa in Isa::available() {
            check(g, shape, seed, isa);
        }
    }

    #[test]
    fn depthwise_is_the_plain_one((g, shape, seed) in cases()) {
        for isa in Isa::available() {
            check_depthwise(g, shape, seed, isa);
        }
    }
}

/// A layer with an odd size on every edge, and one with a border on two sides only.
fn three_by_three() -> impl Strategy<Value = (Geometry, Batch, u64)> {
    let sizes = (
        32_usize..90,
        32_usize..90,
        2_usize..40,
        2_usize..40,
        1_usize..3,
    );
    let border = (0_usize..3, 0_usize..3, 0_usize..3, 0_usize..3);
    (sizes, border, any::<u64>()).prop_map(
        |((inputs, outputs, height, width, batch), border, seed)| {
            let padding = Padding {
                top: border.0,
                left: border.1,
                bottom: border.2,
                right: border.3,
            };
            let geometry = Geometry {
                inputs,
                outputs,
                kernel: 3,
                stride: 1,
                padding,
            };
            let shape = Batch::new([batch, height.max(3), width.max(3), inputs]);
            (geometry, shape, seed)
        },
    )
}

/// Largest difference, relative to the largest magnitude; NaN where there is one.
fn off(found: &[f32], expected: &[f32]) -> f32 {
    let scale = expected.iter().fold(1e-3_f32, |m, v| m.max(v.abs()));
    let pairs = found.iter().zip(expected);
    // `f32::max` would drop a NaN.
    let larger = |m: f32, d: f32| if d > m || d.is_nan() { d } else { m };
    pairs.fold(0.0_f32, |m, (a, b)| larger(m, (a - b).abs())) / scale
}

/// Winograd's way against the direct one, which `dense_is_the_plain_one` checks: with bias,
/// residual and rectifier, both directions.
fn check_winograd(g: Geometry, shape: Batch, seed: u64, isa: Isa) {
    let mut values = Values::new(seed);
    let to = g.output(shape).expect("fits");
    let x = values.many(shape.len());
    let w = values.many(g.weights());
    let dy = values.many(to.len());
    let (bias, rest) = (values.many(g.outputs), values.many(to.len()));
    let epilogue = Epilogue {
        bias: &bias,
        residual: Some(&rest),
        activation: Activation::Relu,
        ..Epilogue::default()
    };
    let run = |winograd: bool| {
        let (mut y, mut dx) = (vec![f32::NAN; to.len()], vec![f32::NAN; shape.len()]);
        let forward = ForwardWeights::new(g, &w, isa).winograd(winograd);
        forward.run(shape, &x, epilogue, &mut y);
        let backward = BackwardWeights::new(g, &w, isa).winograd(winograd);
        backward.run(shape, &dy, Epilogue::default(), &mut dx);
        (y, dx)
    };
    let (found, expected) = (run(true), run(false));
    let off = (off(&found.0, &expected.0), off(&found.1, &expected.1));
    let context = format!("{isa:?} {g:?} {shape:?}: {off:?}");
    assert!(off.0 <= 1e-4 && off.1 <= 1e-4, "{context}");
    assert!(
        found.0.iter().chain(&found.1).all(|v| v.is_finite()),
        "{context}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn winograd_is_the_direct_one((g, shape, seed) in three_by_three()) {
        for isa in Isa::available() {
            check_winograd(g, shape, seed, isa);
        }
    }
}

/// As deep as the networks' layers are; few tiles and many, and the same bits for all threads.
#[test]
fn deep_winograd_stays_within_its_tolerance() {
    for (inputs, outputs, side, batch) in [(512, 512, 18, 1), (256, 512, 28, 1), (64, 64, 75, 2)] {
        let g = Geometry {
            inputs,
            outputs,
            kernel: 3,
            stride: 1,
            padding: Padding::all(1),
        };
        let shape = Batch::new([batch, side, side, inputs]);
        check_winograd(g, shape, 3, Isa::detect());
        let mut values = Values::new(4);
        let (x, w) = (values.many(shape.len()), values.many(g.weights()));
        let weights = ForwardWeights::new(g, &w, Isa::detect()).winograd(true);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let mut y = vec![0.0; batch * side * side * outputs];
            let run = || weights.run(shape, &x, Epilogue::default(), &mut y);
            pool.build().expect("a pool").install(run);
            y
        };
        let one = run(1);
        assert!([2, 3, 16].iter().all(|&threads| run(threads) == one));
    }
}

/// The input gradient of a layer with a step falls into phases, and those of three taps go Winograd's
/// way where they are large enough.
#[test]
fn phases_of_strided_layers_go_winograds_way() {
    for (kernel, stride) in [(5, 2), (6, 2), (7, 2), (9, 3)] {
        let g = Geometry {
            inputs: 40,
            outputs: 33,
            kernel,
            stride,
            padding: Padding::all(kernel / 2),
        };
        let side = 24 * stride + 1;
        let shape = Batch::new([1, side, side, 40]);
        for isa in Isa::available() {
            check_winograd(g, shape, 5, isa);
            let mut values = Values::new(6);
            let to = g.output(shape).expect("fits");
            let (w, dy) = (values.many(g.weights()), values.many(to.len()));
            let run = |winograd| {
                let mut dx = vec![f32::NAN; shape.len()];
                let weights = BackwardWeights::new(g, &w, isa).winograd(winograd);
                weights.run(shape, &dy, Epilogue::default(), &mut dx);
                dx
            };
            assert!(run(true) != run(false), "{kernel}/{stride}: never reached");
        }
    }
}

/// Memory from elsewhere may hold anything.
#[test]
fn stale_memory_does_not_reach_results() {
    for (kernel, stride, side) in [(3, 1, 9), (4, 2, 10), (5, 2, 9), (4, 1, 4)] {
        let g = Geometry {
            inputs: 5,
            outputs: 37,
            kernel,
            stride,
            padding: Padding::all(usize::from(side > kernel)),
        };
        let shape = Batch::new([2, side, side, 5]);
        let to = g.output(shape).expect("fits");
        let mut values = Values::new(9);
        let (x, w) = (values.many(shape.len()), values.many(g.weights()));
        let dy = values.many(to.len());
        for isa in Isa::available() {
            let both = |fill: f32| {
                let mut take = |length: usize| vec![fill; length];
                let (mut y, mut dx) = (vec![fill; to.len()], vec![fill; shape.len()]);
                let forward = ForwardWeights::new_in(g, &w, isa, &mut take);
                forward.run(shape, &x, Epilogue::default(), &mut y);
                let backward = BackwardWeights::for_map(g, shape, &w, isa, &mut take);
                backward.run(shape, &dy, Epilogue::default(), &mut dx);
                (y, dx)
            };
            assert!(both(0.0) == both(f32::NAN), "{isa:?} {kernel}/{stride}");
        }
    }
}

/// A map that is one window, in the forms for any map and for this one; with bias and rectifier, as
/// a generator's first layer has them.
#[test]
fn single_windows() {
    for (inputs, outputs, kernel, batch) in
        [(50, 30, 4, 5), (3, 7, 3, 2), (70, 1, 4, 9), (33, 5, 2, 1)]
    {
        let g = Geometry {
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: Padding::default(),
        };
        let shape = Batch::new([batch, kernel, kernel, inputs]);
        let mut values = Values::new(9);
        let (w, dy) = (values.many(g.weights()), values.many(batch * outputs));
        let bias = values.many(inputs);
        let epilogue = Epilogue {
            bias: &bias,
            activation: Activation::Relu,
            ..Epilogue::default()
        };
        for isa in Isa::available() {
            check(g, shape, 8, isa);
            let mut expected = vec![f32::NAN; shape.len()];
            BackwardWeights::new(g, &w, isa).run(shape, &dy, epilogue, &mut expected);
            let mut found = vec![f32::NAN; shape.len()];
            let mut old = |length| vec![f32::NAN; length];
            let packed = BackwardWeights::for_map(g, shape, &w, isa, &mut old);
            packed.run(shape, &dy, epilogue, &mut found);
            let off = off(&found, &expected);
            assert!(off <= 1e-5, "{isa:?} {g:?} {shape:?}: {off:e}");
            // Memory that held other numbers changes nothing in the other packings either.
            let packed = ForwardWeights::new_in(g, &w, isa, &mut old);
            let mut found = vec![f32::NAN; batch * outputs];
            packed.run(shape, &expected, Epilogue::default(), &mut found);
            let mut expected_y = vec![f32::NAN; batch * outputs];
            ForwardWeights::new(g, &w, isa).run(
                shape,
                &expected,
                Epilogue::default(),
                &mut expected_y,
            );
            assert_eq!(found, expected_y);
        }
    }
}

/// Whatever follows the sum, fused or in a second pass: to the bit what one value at a time gives.
#[test]
fn every_epilogue_is_the_plain_one() {
    use Activation::{Identity, Leaky, Relu, Relu6};
    // Direct, Winograd's way, and by plain loops because of an infinite weight.
    for (channels, winograd, odd) in [(7, false, 1.0), (40, true, 1.0), (5, false, f32::INFINITY)] {
        let layer = Convolution::depthwise(channels, 3);
        let shape = Batch::new([1, 16, 28, channels]);
        let mut values = Values::new(6);
        let (x, bias) = (values.many(shape.len()), values.many(channels));
        let (rest, mut w) = (
            values.many(shape.len()),
            values.many(9 * channels * channels),
        );
        w[0] = odd;
        let g = layer.at(16, 28);
        let dense = ForwardWeights::new(g, &w, Isa::detect()).winograd(winograd);
        let depthwise = DepthwiseWeights::new(g, &w[w.len() - 9 * channels..], Isa::detect());
        for each in [false, true] {
            let run = |epilogue: Epilogue<'_>| {
                let mut out = vec![f32::NAN; shape.len()];
                if each {
                    depthwise.forward(shape, &x, epilogue, &mut out);
                } else {
                    dense.run(shape, &x, epilogue, &mut out);
                }
                out
            };
            let sums = run(layer.epilogue(&bias, None));
            for act in [Identity, Relu, Relu6, Leaky(0.2)] {
                for order in [Order::ResidualFirst, Order::ResidualLast] {
                    let found = run(layer.act(act).order(order).epilogue(&bias, Some(&rest)));
                    // There the transform back rounds otherwise, or is not taken.
                    let tolerance = if winograd && !each { 1e-3 } else { 0.0 };
                    for ((found, sum), rest) in found.iter().zip(&sums).zip(&rest) {
                        let expected = match order {
                            Order::ResidualFirst => act.value(sum + rest),
                            Order::ResidualLast => act.value(*sum) + rest,
                        };
                        let same = (found - expected).abs() <= tolerance || *found == expected;
                        assert!(same, "{act:?} {order:?}: {found} not {expected}");
                    }
                }
            }
        }
    }
}

/// Large enough for several blocks, panel groups and threads.
#[test]
fn blocks_and_threads() {
    let same = |kernel: usize| Padding::all(kernel / 2);
    for (inputs, outputs, kernel, stride, side, batch) in [
        (48, 96, 3, 1, 40, 2),
        (200, 140, 1, 1, 14, 3),
        (70, 300, 3, 2, 7, 1),
        (3, 33, 7, 2, 90, 1),
        (130, 10, 4, 2, 17, 2),
        // Many inputs and outputs, few pixels: several ranges of outputs, one part.
        (160, 220, 3, 1, 6, 2),
        // Long lines, cut; few inputs.
        (5, 40, 3, 1, 230, 1),
        (40, 70, 1, 2, 30, 3),
    ] {
        let g = Geometry {
            inputs,
            outputs,
            kernel,
            stride,
            padding: same(kernel),
        };
        let shape = Batch::new([batch, side, side + 3, inputs]);
        check(g, shape, 5, Isa::detect());
        check_depthwise(g, shape, 6, Isa::detect());
    }
}
