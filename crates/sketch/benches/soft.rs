//! Time of the soft rasteriser, forward and backward, on the canvases that the bars name: one JSON
//! line each. The peers' figures for the same work on two cores (diffvg: 350 ms by sampling and
//! 58 ms prefiltered for the first, 4.3 s and .9 s for shorter strokes of the second) come with the
//! issue.
//!
//! Run alone: `cargo bench -p affetti-sketch --bench soft`.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use affetti_sketch::{Cubic, Drawing, Stroke, soft::Raster};
use std::time::Instant;

/// Median seconds of enough runs to fill half a second, after one to warm up.
fn time(mut run: impl FnMut()) -> f64 {
    run();
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || start.elapsed().as_secs_f64() < 0.5 {
        let start = Instant::now();
        run();
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// `count` strokes of about `length` px and 3 px width, scattered without randomness.
fn drawing(count: usize, side: f32, length: f32) -> Drawing {
    let mut drawing = Drawing::white(side, side);
    let place = |n: usize, step: f32| ((n as f32 * step).fract() * 0.7 + 0.15) * side;
    for n in 0..count {
        // Golden ratio and plastic number: an even spread.
        let center = [place(n, 0.618_034), place(n, 0.754_878)];
        let angle = n as f32 * 2.4;
        let (dx, dy) = (0.5 * length * angle.cos(), 0.5 * length * angle.sin());
        let bend = 0.2;
        let curve = Cubic([
            [center[0] - dx, center[1] - dy],
            [
                center[0] - 0.3 * dx - bend * dy,
                center[1] - 0.3 * dy + bend * dx,
            ],
            [
                center[0] + 0.3 * dx - bend * dy,
                center[1] + 0.3 * dy + bend * dx,
            ],
            [center[0] + dx, center[1] + dy],
        ]);
        drawing.strokes.push(Stroke::black(curve, 3.0));
    }
    drawing
}

fn main() {
    for (count, side, length) in [(16, 224_u16, 50.0), (256, 512, 110.0), (32, 224, 40.0)] {
        let drawing = drawing(count, f32::from(side), length);
        let gradient = vec![[0.1, -0.2, 0.3]; usize::from(side) * usize::from(side)];
        let mut sum = 0.0;
        let forward = time(|| sum += Raster::new(&drawing, 1.0).pixels()[7][0]);
        let both = time(|| sum += Raster::new(&drawing, 1.0).backward(&gradient)[0].width);
        println!(
            "{{\"strokes\":{count},\"length\":{length},\"side\":{side},\"threads\":{},\"forward_ms\":{:.3},\"forward_backward_ms\":{:.3},\"check\":{}}}",
            rayon::current_num_threads(),
            forward * 1e3,
            both * 1e3,
            sum.is_finite()
        );
    }
}
