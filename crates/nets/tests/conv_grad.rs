//! Dense training kernels against plain loops, on every instruction set of this machine.

mod plain;

use affetti_nets::kernels::{
    Activation, BackwardWeights, Batch, DepthwiseWeights, Epilogue, ForwardWeights, Geometry, Isa,
    Padding, conv_weight_gradient, depthwise_weight_gradient,
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
    layer.forward(shape, &x, &[], Activation::Identity, &mut found);
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
