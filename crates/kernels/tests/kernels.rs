//! The fast kernels against the plain convolution, on every instruction set of this machine.

use affetti_kernels::reference::{Plain, convolve};
use affetti_kernels::{
    Activation, Conv, Convolution, Depthwise, Isa, Map, MapShape, Order, Padding, align_channels,
};
use affetti_testkit::Values;
use proptest::prelude::*;

/// The sums differ in order only: at most a few roundings per product.
const TOLERANCE: f32 = 1e-5;

fn plain(channels: usize, height: usize, width: usize, values: &mut Values) -> Plain {
    Plain {
        channels,
        height,
        width,
        data: values.many(channels * height * width),
    }
}

fn to_map(plain: &Plain, shape: MapShape) -> Map {
    let mut map = Map::default();
    let data = map.reshape(shape);
    for y in 0..plain.height {
        for x in 0..plain.width {
            let start = shape.offset(y, x);
            data[start..start + shape.pixel_stride()].fill(0.0);
            for c in 0..plain.channels {
                data[start + c] = plain.data[(c * plain.height + y) * plain.width + x];
            }
        }
    }
    map
}

fn assert_close(map: &Map, expected: &Plain, context: &str) {
    let scale = magnitude(expected);
    assert_within(map, expected, scale, context);
}

/// What the tolerance is relative to.
fn magnitude(plain: &Plain) -> f32 {
    plain.data.iter().fold(1e-3_f32, |m, v| m.max(v.abs()))
}

fn assert_within(map: &Map, expected: &Plain, scale: f32, context: &str) {
    for y in 0..expected.height {
        for x in 0..expected.width {
            for (c, &value) in map.pixel(y, x).iter().enumerate() {
                let wanted = expected.data[(c * expected.height + y) * expected.width + x];
                let same = (value - wanted).abs() <= TOLERANCE * scale
                    || (value.is_nan() && wanted.is_nan())
                    || value == wanted;
                assert!(
                    same,
                    "{context}: pixel {y},{x} channel {c}: {value} not {wanted}"
                );
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Case {
    inputs: usize,
    outputs: usize,
    height: usize,
    width: usize,
    kernel: usize,
    stride: usize,
    padding: Padding,
    picture: bool,
    residual: bool,
    threads: usize,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1_usize..70, 1_usize..70, 1_usize..20, 1_usize..30);
    let kernel = prop::sample::select(vec![1_usize, 2, 3, 5, 7]);
    let border = (0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4);
    let flags = (any::<bool>(), any::<bool>(), 1_usize..4);
    (sizes, kernel, 1_usize..3, border, flags, any::<u64>()).prop_map(
        |((inputs, outputs, height, width), kernel, stride, border, flags, seed)| Case {
            inputs: if flags.0 { 1 + inputs % 4 } else { inputs },
            outputs,
            height: height.max(kernel),
            width: width.max(kernel),
            kernel,
            stride,
            padding: Padding {
                top: border.0,
                left: border.1,
                bottom: border.2,
                right: border.3,
            },
            picture: flags.0,
            residual: flags.1,
            threads: flags.2,
            seed,
        },
    )
}

fn check_conv(case: &Case, isa: Isa, activation: Activation, order: Order) {
    let mut values = Values::new(case.seed);
    let input = plain(case.inputs, case.height, case.width, &mut values);
    let weight = values.many(case.outputs * case.inputs * case.kernel * case.kernel);
    let bias = values.many(case.outputs);
    let sizes = (case.kernel, case.stride, 1);
    // Relative to the sums before ReLU6 cuts them off: that is where the rounding happens.
    let identity = Activation::Identity;
    let mut expected = convolve(&input, &weight, &bias, sizes, case.padding, identity);
    let scale = magnitude(&expected);
    let shape = if case.picture {
        MapShape::picture(case.height, case.width, case.inputs)
    } else {
        MapShape::new(case.height, case.width, case.inputs)
    };
    let map = to_map(&input, shape.padded(case.padding));
    let layer = Convolution::new(case.inputs, case.outputs, case.kernel)
        .stride(case.stride)
        .act(activation)
        .order(order);
    let conv = Conv::new(layer, shape.pixel_stride(), &weight, &bias, isa);
    let to = conv.output(&map.shape());
    let (height, width) = (to.height, to.width);
    assert_eq!((height, width), (expected.height, expected.width));
    let rest = case
        .residual
        .then(|| plain(case.outputs, height, width, &mut values));
    for (n, e) in expected.data.iter_mut().enumerate() {
        let rest = rest.as_ref().map_or(0.0, |rest| rest.data[n]);
        *e = match order {
            Order::ResidualFirst => activation.value(*e + rest),
            Order::ResidualLast => activation.value(*e) + rest,
        };
    }
    // A border of its own shows that outputs land inside and leave the border alone.
    let target = to.padded(Padding::all(case.threads - 1));
    let rest = rest.map(|rest| to_map(&rest, to));
    let mut output = Map::default();
    output.reshape(target).fill(f32::NAN);
    output.reshape(target);
    conv.run(&map, rest.as_ref(), &mut output, case.threads);
    assert_within(&output, &expected, scale, &format!("{isa:?} {case:?}"));
    assert_border_zero(&output);
}

fn assert_border_zero(map: &Map) {
    let shape = map.shape();
    for (i, value) in map.data().iter().enumerate() {
        let (row, rest) = (i / shape.row_stride(), i % shape.row_stride());
        let column = rest / shape.pixel_stride();
        let inside = (shape.padding.top..shape.padding.top + shape.height).contains(&row)
            && (shape.padding.left..shape.padding.left + shape.width).contains(&column);
        let channel = rest % shape.pixel_stride();
        assert!(
            (inside && channel < shape.channels) || *value == 0.0,
            "{row} {column} {channel}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn convolution_is_the_plain_one(case in cases()) {
        for isa in Isa::available() {
            check_conv(&case, isa, Activation::Identity, Order::ResidualFirst);
            check_conv(&case, isa, Activation::Relu6, Order::ResidualFirst);
            check_conv(&case, isa, Activation::Relu, Order::ResidualLast);
        }
    }

    #[test]
    fn depthwise_is_the_plain_one(case in cases()) {
        let mut values = Values::new(case.seed);
        let channels = case.outputs;
        let input = plain(channels, case.height, case.width, &mut values);
        let weight = values.many(channels * case.kernel * case.kernel);
        let bias = values.many(channels);
        let sizes = (case.kernel, case.stride, channels);
        let expected = convolve(&input, &weight, &bias, sizes, case.padding, Activation::Relu);
        let map = to_map(&input, MapShape::new(case.height, case.width, channels).padded(case.padding));
        for isa in Isa::available() {
            let layer = Convolution::depthwise(channels, case.kernel).stride(case.stride);
            let layer = Depthwise::new(layer.act(Activation::Relu), &weight, &bias, isa);
            let mut output = Map::default();
            output.reshape(layer.output(&map.shape()).padded(Padding::all(1)));
            layer.run(&map, &mut output, case.threads);
            assert_close(&output, &expected, &format!("{isa:?} {case:?}"));
            assert_border_zero(&output);
        }
    }
}

/// Large enough to be split over threads; the parts must not depend on how many there are.
#[test]
fn threads_change_no_bit() {
    let mut values = Values::new(3);
    for (size, inputs, outputs, kernel) in [(40, 48, 96, 3), (7, 192, 1152, 1), (9, 320, 64, 1)] {
        let input = plain(inputs, size, size, &mut values);
        let weight = values.many(outputs * inputs * kernel * kernel);
        let bias = values.many(outputs);
        let shape = MapShape::new(size, size, inputs).padded(Padding::all(kernel / 2));
        let map = to_map(&input, shape);
        let layer = Convolution::new(inputs, outputs, kernel).act(Activation::Relu);
        let stride = align_channels(inputs);
        let conv = Conv::new(layer, stride, &weight, &bias, Isa::detect());
        let run = |threads| {
            let mut output = Map::default();
            output.reshape(MapShape::new(size, size, outputs));
            conv.run(&map, None, &mut output, threads);
            output.data().to_vec()
        };
        let one = run(1);
        for threads in [2, 3, 16] {
            assert_eq!(one, run(threads), "{threads} threads");
        }
    }
}

/// NaN and infinity come through as the plain convolution has them: only where a window sees them.
#[test]
fn nan_and_infinity_propagate_alike() {
    let mut values = Values::new(11);
    let mut input = plain(16, 9, 9, &mut values);
    input.data[40] = f32::NAN;
    input.data[700] = f32::INFINITY;
    let weight = values.many(16 * 16 * 9);
    let bias = values.many(16);
    let padding = Padding::all(1);
    let expected = convolve(
        &input,
        &weight,
        &bias,
        (3, 1, 1),
        padding,
        Activation::Relu6,
    );
    assert!(expected.data.iter().any(|v| v.is_nan()));
    let map = to_map(&input, MapShape::new(9, 9, 16).padded(padding));
    for isa in Isa::available() {
        let layer = Convolution::new(16, 16, 3).act(Activation::Relu6);
        let conv = Conv::new(layer, 16, &weight, &bias, isa);
        let mut output = Map::default();
        output.reshape(MapShape::new(9, 9, 16));
        conv.run(&map, None, &mut output, 1);
        assert_close(&output, &expected, &format!("{isa:?}"));
    }
}
