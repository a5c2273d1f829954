//! Where the strokes of one layer lie.

use super::canvas::Canvas;
use super::field::Field;
use super::plane::Plane;
use super::{RADII, Stopped, Stroke};
use affetti_ground::SplitMix64;
use rayon::prelude::*;

/// Mean difference of a cell, 0 to 1, above which it is painted over; of the first layer and the last.
const MISSED: [f32; 2] = [0.06, 0.085];
/// Steps of a stroke, each of one radius.
const LONGEST: usize = 14;
const SHORTEST: usize = 3;
/// How much of its direction a stroke keeps at each step.
const STIFF: f32 = 0.45;
/// Colors of strokes differ from the picture's by so much at most.
const JITTER: f32 = 0.025;

/// The strokes of a brush of `radius` that bring `canvas` nearer to `picture`, in a random order; fewer where it is
/// stopped.
pub(super) fn layer(
    picture: &Plane,
    canvas: &Canvas,
    radius: f32,
    (layer, seed): (usize, u64),
    stopped: &Stopped<'_>,
) -> Vec<Stroke> {
    if stopped() {
        return Vec::new();
    }
    let wanted = picture.blurred(0.5 * radius);
    let field = Field::of(&wanted, 1.5 * radius);
    let mut random = SplitMix64::new(seed.wrapping_mul(31).wrapping_add(layer as u64));
    let part = layer as f32 / (RADII.len() - 1) as f32;
    let missed = MISSED[0] + (MISSED[1] - MISSED[0]) * part;
    let step = radius.max(1.0) as usize;
    let seeds: Vec<u64> = (0..picture.height.div_ceil(step))
        .map(|_| random.bits())
        .collect();
    let row = |(row, seed): (usize, &u64)| {
        let mut random = SplitMix64::new(*seed);
        let mut strokes = Vec::new();
        if stopped() {
            return strokes;
        }
        for x in (0..picture.width).step_by(step) {
            if let Some(begin) = worst(&wanted, canvas, [x, row * step], step, missed) {
                let color = jittered(wanted.at(begin), &mut random);
                let points = walk(begin, color, radius, &wanted, canvas, &field);
                let seed = random.bits();
                strokes.push(Stroke {
                    points,
                    radius,
                    color,
                    seed,
                });
            }
        }
        strokes
    };
    let rows: Vec<Vec<Stroke>> = seeds.par_iter().enumerate().map(row).collect();
    let mut strokes = rows.concat();
    random.shuffle(&mut strokes);
    strokes
}

fn apart(a: [f32; 3], b: [f32; 3]) -> f32 {
    let square = |c: usize| (a[c] - b[c]).powi(2);
    (square(0) + square(1) + square(2)).sqrt()
}

/// The place of a cell where the canvas misses most, if it misses more than `missed` on average.
fn worst(
    wanted: &Plane,
    canvas: &Canvas,
    [x0, y0]: [usize; 2],
    step: usize,
    missed: f32,
) -> Option<[f32; 2]> {
    let (mut sum, mut count) = (0.0, 0.0);
    let mut most = (f32::MIN, [0.0; 2]);
    // Every other pixel says enough of a large cell.
    let stride = (step / 6).max(1);
    for y in (y0..(y0 + step).min(wanted.height)).step_by(stride) {
        for x in (x0..(x0 + step).min(wanted.width)).step_by(stride) {
            let n = y * wanted.width + x;
            let off = canvas
                .at(n)
                .map_or(2.0, |there| apart(there, wanted.data[n]));
            sum += off;
            count += 1.0;
            if off > most.0 {
                most = (off, [x as f32 + 0.5, y as f32 + 0.5]);
            }
        }
    }
    (sum > missed * count).then_some(most.1)
}

fn jittered(color: [f32; 3], random: &mut SplitMix64) -> [f32; 3] {
    // One step of light for all three, a smaller one for each.
    let mut draw = |size: f32| (random.unit() as f32 * 2.0 - 1.0) * size;
    let light = draw(JITTER);
    color.map(|c| (c + light + draw(0.4 * JITTER)).clamp(0.0, 1.0))
}

/// The way of a stroke from `begin`.
fn walk(
    begin: [f32; 2],
    color: [f32; 3],
    radius: f32,
    wanted: &Plane,
    canvas: &Canvas,
    field: &Field,
) -> Vec<[f32; 2]> {
    let mut points = vec![begin];
    let mut last = [0.0_f32; 2];
    let mut at = begin;
    for step in 0..LONGEST {
        let mut way = field.at(at);
        if way[0] * last[0] + way[1] * last[1] < 0.0 {
            way = way.map(|x| -x);
        }
        if step > 0 {
            way = [0, 1].map(|n| STIFF * last[n] + (1.0 - STIFF) * way[n]);
            let length = (way[0] * way[0] + way[1] * way[1]).sqrt().max(1e-6);
            way = way.map(|x| x / length);
        }
        let next = [at[0] + radius * way[0], at[1] + radius * way[1]];
        let inside = next[0] >= 0.0
            && next[1] >= 0.0
            && next[0] < wanted.width as f32
            && next[1] < wanted.height as f32;
        if !inside {
            break;
        }
        let here = wanted.at(next);
        let n = next[1] as usize * wanted.width + next[0] as usize;
        let there = canvas.at(n).map_or(2.0, |there| apart(there, here));
        if step >= SHORTEST && there < apart(here, color) {
            break;
        }
        // A stroke never leaves its color for another one's ground.
        if apart(here, color) > 0.25 {
            break;
        }
        points.push(next);
        (at, last) = (next, way);
    }
    points
}
