//! The training kernels on input that does not fit or is not finite, and on odd thread counts.

mod plain;

use affetti_kernels::{
    BackwardWeights, Batch, DepthwiseWeights, Epilogue, ForwardWeights, Geometry, Isa, Padding,
    conv_weight_gradient, depthwise_weight_gradient,
};
use affetti_testkit::Values;
use plain::{all_three, assert_close};

const GEOMETRY: Geometry = Geometry {
    inputs: 5,
    outputs: 5,
    kernel: 3,
    stride: 2,
    padding: Padding {
        top: 0,
        left: 1,
        bottom: 1,
        right: 0,
    },
};

#[test]
fn what_does_not_fit_has_no_output_shape() {
    let fits = |dims| GEOMETRY.output(Batch::new(dims));
    assert_eq!(fits([1, 1, 9, 5]), None, "too low for the kernel");
    assert_eq!(fits([1, 9, 9, 4]), None, "other channels");
    assert!(fits([0, 9, 9, 5]).is_some_and(|shape| shape.is_empty()));
    let no_stride = Geometry {
        stride: 0,
        ..GEOMETRY
    };
    assert_eq!(no_stride.output(Batch::new([1, 9, 9, 5])), None);
    assert_eq!(no_stride.transposed_output(Batch::new([1, 9, 9, 5])), None);
    let no_kernel = Geometry {
        kernel: 0,
        ..GEOMETRY
    };
    assert_eq!(no_kernel.output(Batch::new([1, 9, 9, 5])), None);
    assert_eq!(GEOMETRY.transposed_output(Batch::new([1, 0, 9, 5])), None);
}

#[test]
#[should_panic(expected = "the input fits the layer")]
fn a_picture_smaller_than_the_kernel_panics() {
    let weights = ForwardWeights::new(GEOMETRY, &[0.0; 225], Isa::detect());
    let shape = Batch::new([1, 1, 1, 5]);
    weights.run(shape, &[0.0; 5], Epilogue::default(), &mut []);
}

#[test]
#[should_panic(expected = "input")]
fn a_short_buffer_panics() {
    let weights = ForwardWeights::new(GEOMETRY, &[0.0; 225], Isa::detect());
    let shape = Batch::new([1, 9, 9, 5]);
    let to = GEOMETRY.output(shape).expect("fits");
    let mut out = vec![0.0; to.len()];
    weights.run(shape, &[0.0; 17], Epilogue::default(), &mut out);
}

#[test]
fn no_pictures_and_no_channels_are_fine() {
    for isa in Isa::available() {
        for (batch, inputs, outputs) in [(0, 5, 5), (2, 0, 5), (2, 5, 0), (0, 0, 0)] {
            let g = Geometry {
                inputs,
                outputs,
                ..GEOMETRY
            };
            let shape = Batch::new([batch, 9, 9, inputs]);
            let to = g.output(shape).expect("fits");
            let (x, w) = (vec![1.0; shape.len()], vec![1.0; g.weights()]);
            let dy = vec![1.0; to.len()];
            let mut y = vec![f32::NAN; to.len()];
            ForwardWeights::new(g, &w, isa).run(shape, &x, Epilogue::default(), &mut y);
            assert!(inputs > 0 || y.iter().all(|y| *y == 0.0));
            let mut dx = vec![f32::NAN; x.len()];
            BackwardWeights::new(g, &w, isa).run(shape, &dy, Epilogue::default(), &mut dx);
            assert!(outputs > 0 || dx.iter().all(|dx| *dx == 0.0));
            let dw = conv_weight_gradient(g, shape, &x, &dy, isa);
            assert!(batch > 0 || dw.iter().all(|dw| *dw == 0.0));
            if inputs == outputs {
                let w = vec![1.0; inputs * 9];
                let layer = DepthwiseWeights::new(g, &w, isa);
                layer.backward(shape, &dy, &mut dx);
                assert_eq!(
                    depthwise_weight_gradient(g, shape, &x, &dy, isa).len(),
                    w.len()
                );
            }
        }
    }
}

/// NaN and infinity reach exactly the outputs and gradients that the plain loops let them reach.
#[test]
fn not_a_number_goes_where_it_goes_in_the_reference() {
    let shape = Batch::new([2, 9, 8, 5]);
    let to = GEOMETRY.output(shape).expect("fits");
    let mut values = Values::new(3);
    let (mut x, mut dy) = (values.many(shape.len()), values.many(to.len()));
    (x[37], x[300]) = (f32::NAN, f32::INFINITY);
    (dy[21], dy[90]) = (f32::NEG_INFINITY, f32::NAN);
    for isa in Isa::available() {
        let w = values.many(GEOMETRY.weights());
        let [y, dx, dw] = all_three(&GEOMETRY, shape, false, (&x, &w, &dy));
        let mut found = vec![0.0; to.len()];
        ForwardWeights::new(GEOMETRY, &w, isa).run(shape, &x, Epilogue::default(), &mut found);
        assert_close(&found, &y, "forward");
        let mut found = vec![0.0; shape.len()];
        BackwardWeights::new(GEOMETRY, &w, isa).run(shape, &dy, Epilogue::default(), &mut found);
        assert_close(&found, &dx, "input");
        // A border's zero times infinity is NaN here and skipped in the loops, so only the weights
        // that see no border are compared: the middle tap.
        let found = conv_weight_gradient(GEOMETRY, shape, &x, &dy, isa);
        let middle = |tap: &usize| tap % 9 == 4;
        let pick = |i: usize| (found[i], dw[i]);
        let (found, dw): (Vec<f32>, Vec<f64>) = (0..dw.len()).filter(middle).map(pick).unzip();
        assert_close(&found, &dw, "weight");
    }
}

#[test]
fn one_thread_and_many_give_the_same_outputs() {
    let g = Geometry {
        inputs: 40,
        outputs: 50,
        kernel: 3,
        stride: 1,
        padding: Padding::all(1),
    };
    let shape = Batch::new([3, 30, 30, 40]);
    let to = g.output(shape).expect("fits");
    let mut values = Values::new(8);
    let (x, w, dy) = (
        values.many(shape.len()),
        values.many(g.weights()),
        values.many(to.len()),
    );
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(|| {
            let isa = Isa::detect();
            let mut y = vec![0.0; to.len()];
            ForwardWeights::new(g, &w, isa).run(shape, &x, Epilogue::default(), &mut y);
            let mut dx = vec![0.0; shape.len()];
            BackwardWeights::new(g, &w, isa).run(shape, &dy, Epilogue::default(), &mut dx);
            (y, dx, conv_weight_gradient(g, shape, &x, &dy, isa))
        })
    };
    let one = run(1);
    for threads in [2, 5, 16] {
        let many = run(threads);
        assert_eq!((&one.0, &one.1), (&many.0, &many.1), "{threads} threads");
        assert_eq!(many.2, run(threads).2, "the same threads, the same bits");
        let expected: Vec<f64> = one.2.iter().map(|w| f64::from(*w)).collect();
        assert_close(&many.2, &expected, "weight");
    }
}
