//! Time of every layer shape that the bars name: one JSON line per layer and direction.
//!
//! Run alone: `cargo bench -p affetti-kernels --bench layers [-- FILTER] [direct] [cpu]`; against PyTorch:
//! `python peers/torch_speed.py --layers`. Weights are packed before the clock starts, as a frozen
//! layer has them, and may take Winograd's way unless the word `direct` is there; a weight gradient
//! includes its output's memory. `gflops` counts two operations per multiply-add of the direct
//! algorithm, also where Winograd's needs fewer; `peak` is the best rate of a 12 × 32 register tile on data in the first-level
//! cache with all threads, the machine's practical ceiling. With the word `cpu` the time is that of
//! all threads together, without what other programs take: for one thread on a busy machine.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use affetti_kernels::{
    BackwardWeights, Batch, DepthwiseWeights, Epilogue, ForwardWeights, Geometry, Isa, Padding,
    conv_weight_gradient, depthwise_weight_gradient,
};
use std::time::Instant;

/// Seconds that all threads of this process have run, where the system tells.
fn cpu_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Median seconds of enough runs to fill a tenth of a second, after one to warm up.
fn time(mut run: impl FnMut()) -> f64 {
    run();
    let cpu = std::env::args().any(|a| a == "cpu");
    let begin = Instant::now();
    let clock = || {
        if cpu {
            cpu_seconds()
        } else {
            begin.elapsed().as_secs_f64()
        }
    };
    let mut times = Vec::new();
    while times.len() < 3 || (begin.elapsed().as_secs_f64() < 0.1 && times.len() < 200) {
        let start = clock();
        run();
        times.push(clock() - start);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the peer needs to time the same layer.
struct Layer<'a> {
    name: &'a str,
    g: Geometry,
    shape: Batch,
    kind: &'a str,
}

impl Layer<'_> {
    fn report(&self, what: &str, operations: f64, seconds: f64) {
        let (g, p) = (self.g, self.g.padding);
        println!(
            "{{\"layer\":\"{}\",\"direction\":\"{what}\",\"kind\":\"{}\",\"batch\":{},\"side\":{},\
             \"inputs\":{},\"outputs\":{},\"kernel\":{},\"stride\":{},\"padding\":[{},{},{},{}],\
             \"ms\":{:.4},\"gflops\":{:.1}}}",
            self.name,
            self.kind,
            self.shape.batch,
            self.shape.height,
            g.inputs,
            g.outputs,
            g.kernel,
            g.stride,
            p.top,
            p.left,
            p.bottom,
            p.right,
            seconds * 1e3,
            operations / seconds / 1e9
        );
    }
}

/// All threads at once, each on a product whose operands stay in its first-level cache and which
/// is too small for the kernels to split.
fn peak() {
    let g = Geometry {
        inputs: 256,
        outputs: 32,
        kernel: 1,
        stride: 1,
        padding: Padding::default(),
    };
    let shape = Batch::new([1, 1, 48, 256]);
    let operations = 2.0 * (48 * 256 * 32) as f64 * 2000.0;
    let seconds = time(|| {
        rayon::broadcast(|_| {
            let weights = ForwardWeights::new(g, &vec![0.5; g.weights()], Isa::detect());
            let x = vec![0.5_f32; shape.len()];
            let mut y = vec![0.0; 48 * 32];
            (0..2000).for_each(|_| weights.run(shape, &x, Epilogue::default(), &mut y));
        });
    });
    let rate = operations * rayon::current_num_threads() as f64 / seconds / 1e9;
    println!("{{\"layer\":\"peak\",\"gflops\":{rate:.1}}}");
}

fn dense(name: &str, g: Geometry, shape: Batch, direct: bool) {
    let kind = "dense";
    let layer = Layer {
        name,
        g,
        shape,
        kind,
    };
    let isa = Isa::detect();
    let to = g.output(shape).expect("a layer of a real network");
    let x = vec![0.5_f32; shape.len()];
    let w = vec![0.01_f32; g.weights()];
    let dy = vec![0.25_f32; to.len()];
    let operations = 2.0 * to.pixels() as f64 * g.weights() as f64;
    let forward = ForwardWeights::new(g, &w, isa).winograd(!direct);
    let mut y = vec![0.0; to.len()];
    let seconds = time(|| forward.run(shape, &x, Epilogue::default(), &mut y));
    layer.report("forward", operations, seconds);
    let backward = BackwardWeights::new(g, &w, isa).winograd(!direct);
    let mut dx = vec![0.0; shape.len()];
    let seconds = time(|| backward.run(shape, &dy, Epilogue::default(), &mut dx));
    layer.report("input", operations, seconds);
    let seconds = time(|| drop(conv_weight_gradient(g, shape, &x, &dy, isa)));
    layer.report("weight", operations, seconds);
}

fn depthwise(name: &str, g: Geometry, shape: Batch) {
    let kind = "depthwise";
    let line = Layer {
        name,
        g,
        shape,
        kind,
    };
    let isa = Isa::detect();
    let to = g.output(shape).expect("a layer of a real network");
    let x = vec![0.5_f32; shape.len()];
    let w = vec![0.01_f32; g.inputs * g.kernel * g.kernel];
    let dy = vec![0.25_f32; to.len()];
    let operations = 2.0 * to.len() as f64 * (g.kernel * g.kernel) as f64;
    let layer = DepthwiseWeights::new(g, &w, isa);
    let mut y = vec![0.0; to.len()];
    let seconds = time(|| layer.forward(shape, &x, Epilogue::default(), &mut y));
    line.report("forward", operations, seconds);
    let mut dx = vec![0.0; shape.len()];
    let seconds = time(|| layer.backward(shape, &dy, &mut dx));
    line.report("input", operations, seconds);
    let seconds = time(|| drop(depthwise_weight_gradient(g, shape, &x, &dy, isa)));
    line.report("weight", operations, seconds);
}

/// A transposed layer to a map of `side`: its forward pass is the input gradient of `g`, its input
/// gradient the forward pass.
fn transposed(name: &str, g: Geometry, shape: Batch) {
    let kind = "transposed";
    let line = Layer {
        name,
        g,
        shape,
        kind,
    };
    let isa = Isa::detect();
    let small = g.output(shape).expect("a layer of a real network");
    let (x, dy) = (vec![0.5_f32; small.len()], vec![0.25_f32; shape.len()]);
    let w = vec![0.01_f32; g.weights()];
    let operations = 2.0 * small.pixels() as f64 * g.weights() as f64;
    let both = (
        BackwardWeights::for_map(g, shape, &w, isa, &mut |length| vec![0.0; length]),
        ForwardWeights::new(g, &w, isa),
    );
    let mut y = vec![0.0; shape.len()];
    let seconds = time(|| both.0.run(shape, &x, Epilogue::default(), &mut y));
    line.report("forward", operations, seconds);
    let mut dx = vec![0.0; small.len()];
    let seconds = time(|| both.1.run(shape, &dy, Epilogue::default(), &mut dx));
    line.report("input", operations, seconds);
    let seconds = time(|| drop(conv_weight_gradient(g, shape, &dy, &x, isa)));
    line.report("weight", operations, seconds);
}

/// (expanded, outputs, inputs, kernel, stride, side of the input) of the blocks of Lite0 that
/// differ.
const LITE0: &[(usize, usize, usize, usize, usize, usize)] = &[
    (32, 16, 32, 3, 1, 112),
    (96, 24, 16, 3, 2, 112),
    (144, 24, 24, 3, 1, 56),
    (144, 40, 24, 5, 2, 56),
    (240, 40, 40, 5, 1, 28),
    (240, 80, 40, 3, 2, 28),
    (480, 80, 80, 3, 1, 14),
    (480, 112, 80, 5, 1, 14),
    (672, 112, 112, 5, 1, 14),
    (672, 192, 112, 5, 2, 14),
    (1152, 192, 192, 5, 1, 7),
    (1152, 320, 192, 3, 1, 7),
];

fn lite0_block(
    name: &str,
    batch: usize,
    (expanded, outputs, inputs, kernel, stride, side): (usize, usize, usize, usize, usize, usize),
) {
    let g = |inputs, outputs, kernel, stride, padding| Geometry {
        inputs,
        outputs,
        kernel,
        stride,
        padding,
    };
    let none = Padding::default();
    if expanded != inputs {
        let expand = g(inputs, expanded, 1, 1, none);
        let shape = Batch::new([batch, side, side, inputs]);
        dense(&format!("{name} expand"), expand, shape, false);
    }
    let same = Padding::same(side, side, kernel, stride);
    let filter = g(expanded, expanded, kernel, stride, same);
    let shape = Batch::new([batch, side, side, expanded]);
    depthwise(&format!("{name} depthwise"), filter, shape);
    let to = filter.output(shape).expect("a block of a real network");
    dense(
        &format!("{name} project"),
        g(expanded, outputs, 1, 1, none),
        to,
        false,
    );
}

/// (name, batch, side, inputs, outputs, kernel, stride)
const DENSE: &[(&str, usize, usize, usize, usize, usize, usize)] = &[
    ("vgg16 conv1_2", 1, 224, 64, 64, 3, 1),
    ("vgg16 conv2_2", 1, 112, 128, 128, 3, 1),
    ("vgg16 conv4_2", 1, 28, 512, 512, 3, 1),
    ("resnet50 stem", 4, 224, 3, 64, 7, 2),
    ("resnet50 stage1 1x1 reduce", 4, 56, 256, 64, 1, 1),
    ("resnet50 stage1 3x3", 4, 56, 64, 64, 3, 1),
    ("resnet50 stage1 1x1 expand", 4, 56, 64, 256, 1, 1),
    ("resnet50 stage2 1x1 shortcut", 4, 56, 256, 512, 1, 2),
    ("resnet50 stage2 1x1 reduce", 4, 28, 512, 128, 1, 1),
    ("resnet50 stage2 3x3", 4, 28, 128, 128, 3, 1),
    ("resnet50 stage2 3x3 stride 2", 4, 56, 128, 128, 3, 2),
    ("resnet50 stage2 1x1 expand", 4, 28, 128, 512, 1, 1),
    ("resnet50 stage3 1x1 shortcut", 4, 28, 512, 1024, 1, 2),
    ("resnet50 stage3 3x3 stride 2", 4, 28, 256, 256, 3, 2),
    ("resnet50 stage3 1x1 reduce", 4, 14, 1024, 256, 1, 1),
    ("resnet50 stage3 3x3", 4, 14, 256, 256, 3, 1),
    ("resnet50 stage3 1x1 expand", 4, 14, 256, 1024, 1, 1),
    ("resnet50 stage4 1x1 shortcut", 4, 14, 1024, 2048, 1, 2),
    ("resnet50 stage4 3x3 stride 2", 4, 14, 512, 512, 3, 2),
    ("resnet50 stage4 1x1 reduce", 4, 7, 2048, 512, 1, 1),
    ("resnet50 stage4 3x3", 4, 7, 512, 512, 3, 1),
    ("resnet50 stage4 1x1 expand", 4, 7, 512, 2048, 1, 1),
    ("lite0 stem", 16, 224, 3, 32, 3, 2),
];

fn main() {
    let direct = std::env::args().any(|a| a == "direct");
    let filter = std::env::args()
        .skip(1)
        .find(|a| !a.starts_with('-') && a != "direct" && a != "cpu");
    let wanted = |name: &str| filter.as_ref().is_none_or(|f| name.contains(f.as_str()));
    peak();
    for &(name, batch, side, inputs, outputs, kernel, stride) in DENSE {
        let g = Geometry {
            inputs,
            outputs,
            kernel,
            stride,
            padding: Padding::all((kernel - 1) / 2),
        };
        if wanted(name) {
            dense(name, g, Batch::new([batch, side, side, inputs]), direct);
        }
    }
    // The first layer has one pixel below, no border and no step.
    let first = Geometry {
        inputs: 512,
        outputs: 100,
        kernel: 4,
        stride: 1,
        padding: Padding::default(),
    };
    if wanted("dcgan64 transposed to 4px 100-512") {
        let shape = Batch::new([64, 4, 4, 512]);
        transposed("dcgan64 transposed to 4px 100-512", first, shape);
    }
    // (side of the large map, its channels, channels of the small map) of DCGAN-64's generator.
    for (side, inputs, outputs) in [(8, 256, 512), (16, 128, 256), (32, 64, 128), (64, 3, 64)] {
        let name = format!("dcgan64 transposed to {side}px {outputs}-{inputs}");
        let g = Geometry {
            inputs,
            outputs,
            kernel: 4,
            stride: 2,
            padding: Padding::all(1),
        };
        if wanted(&name) {
            transposed(&name, g, Batch::new([64, side, side, inputs]));
        }
    }
    for &block in LITE0 {
        let (expanded, outputs, _, kernel, stride, side) = block;
        let name = format!("lite0 {side}px {expanded}-{outputs} {kernel}x{kernel}/{stride}");
        if wanted(&name) {
            lite0_block(&name, 16, block);
        }
    }
}
