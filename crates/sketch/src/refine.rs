//! From traced strokes to better ones.
//!
//! - **Computes** rounds of Adam on the geometry loss, σ falling from 8 to 3 units in each (from 5
//!   after the first); between rounds, strokes that draw little that no other draws give way to new
//!   traces of what is missing; in the end, welding.
//! - **Input** curves, what they are measured against, a watcher that may stop the work.
//! - **Output** the best curves seen, by the loss at σ = 3 after welding.
//! - **Source** the prototype's recipe: 80 steps of 1 unit, constant for half, then falling to .2;
//!   its open points "prune and re-trace", "weld".
//! - **Deviations** no network looks at the drawing.

use std::ops::ControlFlow;

use fastrand::Rng;

use crate::{
    adam::Adam,
    cubic::Cubic,
    geometry::{Chorded, Geometry},
    points::Grid,
    settings::Settings,
    trace::{Reach, Tracer, crosses_itself},
    weld::weld,
};

/// Adam steps of a round.
pub(crate) const STEPS: usize = 40;
/// σ at the end of a round, at which drawings are compared, in units.
pub(crate) const SIGMA: f32 = 3.0;
/// σ at the begin of the first round and of the others.
const WIDE: [f32; 2] = [8.0, 5.0];
/// First and last step length, in units.
const RATES: [f32; 2] = [0.7, 0.1];
/// Ends this near are joined, in units.
const WELD: f32 = 6.0;
/// A stroke that alone draws less than this share of the mean gives way.
const IDLE: f32 = 0.3;
/// Length of a stroke that is a dot, in units.
const DOT: f32 = 4.0;

/// What happens meanwhile: curves, loss, steps done. It may stop the work; the best is kept.
pub(crate) type Watch<'a> = dyn FnMut(&[Cubic], f64, usize) -> ControlFlow<()> + 'a;

/// A set of curves and what it costs.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) curves: Vec<Cubic>,
    pub(crate) loss: f64,
    pub(crate) steps: usize,
    /// Whether the watcher stopped the work.
    pub(crate) stopped: bool,
}

impl Candidate {
    /// Joined where ends nearly meet, and measured.
    pub(crate) fn welded(mut curves: Vec<Cubic>, geometry: &Geometry, strokes: usize) -> Self {
        weld(&mut curves, WELD.min(Reach::of(strokes).erase + 2.0));
        let loss = geometry.verdict(&curves, SIGMA);
        Self {
            curves,
            loss,
            steps: 0,
            stopped: false,
        }
    }
}

/// The best of some traces.
pub(crate) fn trace(
    geometry: &Geometry,
    grid: &Grid,
    begin: &[Cubic],
    settings: &Settings,
    rng: &mut Rng,
) -> Candidate {
    let reach = Reach::of(settings.strokes);
    let mut best: Option<Candidate> = None;
    for _ in 0..settings.quality.traces() {
        let mut curves = begin.to_vec();
        Tracer::new(geometry.points, grid).trace(&mut curves, settings.strokes, reach, rng);
        let found = Candidate::welded(curves, geometry, settings.strokes);
        if best.as_ref().is_none_or(|b| found.loss < b.loss) {
            best = Some(found);
        }
    }
    best.unwrap_or_else(|| Candidate::welded(begin.to_vec(), geometry, settings.strokes))
}

/// Refines a traced drawing.
pub(crate) fn refine(
    begin: Candidate,
    geometry: &Geometry,
    grid: &Grid,
    settings: &Settings,
    rng: &mut Rng,
    watch: &mut Watch,
) -> Candidate {
    let reach = Reach::of(settings.strokes);
    let mut best = begin.clone();
    let mut curves = begin.curves;
    let mut steps = 0;
    for round in 0..settings.quality.rounds() {
        let wide = WIDE[usize::from(round > 0)];
        let flow = descend(&mut curves, geometry, wide, &mut steps, &mut best, watch);
        let found = Candidate::welded(curves.clone(), geometry, settings.strokes);
        if found.loss < best.loss && !found.curves.iter().any(crosses_itself) {
            best = found;
        }
        if flow.is_break() {
            best.stopped = true;
            break;
        }
        prune(&mut curves, geometry, reach);
        Tracer::new(geometry.points, grid).trace(&mut curves, settings.strokes, reach, rng);
    }
    best.steps = steps;
    best
}

/// One round of steps.
fn descend(
    curves: &mut [Cubic],
    geometry: &Geometry,
    wide: f32,
    steps: &mut usize,
    best: &mut Candidate,
    watch: &mut Watch,
) -> ControlFlow<()> {
    let mut adam = Adam::default();
    for step in 0..STEPS {
        let share = step as f32 / (STEPS - 1) as f32;
        let sigma = wide * (SIGMA / wide).powf(share);
        let (_, gradient) = geometry.loss(curves, sigma);
        // Constant for half of the way, then falling in a line.
        let late = (2.0 * share - 1.0).max(0.0);
        let rate = RATES[0] + late * (RATES[1] - RATES[0]);
        adam.step(curves, &gradient, rate);
        *steps += 1;
        watch(&best.curves, best.loss, *steps)?;
    }
    ControlFlow::Continue(())
}

/// Takes away dots, knots and strokes that draw little that no other draws; at most a third.
fn prune(curves: &mut Vec<Cubic>, geometry: &Geometry, reach: Reach) {
    let mut own = vec![0.0_f32; curves.len()];
    let chorded = Chorded::new(curves);
    for p in geometry.points {
        if let Some(near) = chorded.nearest(p.at)
            && near.distance < reach.cover
            && near.second > reach.cover
        {
            own[near.curve] += p.weight;
        }
    }
    let mean = own.iter().sum::<f32>() / own.len().max(1) as f32;
    let bad = |c: &Cubic| c.length() < DOT || crosses_itself(c);
    let mut order: Vec<usize> = (0..curves.len()).collect();
    order.sort_by(|&a, &b| own[a].total_cmp(&own[b]));
    let idle: Vec<usize> = order
        .into_iter()
        .filter(|&i| own[i] < IDLE * mean || bad(&curves[i]))
        .take(curves.len().div_ceil(3))
        .collect();
    let mut index = 0;
    curves.retain(|_| {
        index += 1;
        !idle.contains(&(index - 1))
    });
}
