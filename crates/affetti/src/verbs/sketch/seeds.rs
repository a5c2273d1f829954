//! The best of several seeds.

use std::{ops::ControlFlow, time::Instant};

use affetti_sketch::{Cubic, Drawing, Moment, Sketch, SketchError};

use super::SketchOptions;
use crate::pipeline::Task;

/// Seed after seed of one picture: as many as wanted, or for as long as there is time.
pub(super) struct Seeds<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) options: &'a SketchOptions,
    /// When the picture was there.
    pub(super) begun: Instant,
}

impl Seeds<'_> {
    /// The best drawings, level by level, and whether the work was stopped before its end. `draw`
    /// gets the number of the seed and whom to tell of steps; `late_at_once` says whether time that
    /// is over ends the first drawing too.
    pub(super) fn best(
        &self,
        late_at_once: bool,
        mut draw: impl FnMut(
            u64,
            &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
        ) -> Result<Vec<Sketch>, SketchError>,
    ) -> Result<(Vec<Sketch>, bool), SketchError> {
        let options = self.options;
        let late = || {
            options
                .time
                .is_some_and(|time| self.begun.elapsed() >= time)
        };
        let mut best: Vec<Sketch> = Vec::new();
        let mut n = 0;
        loop {
            let mut told = |moment: Moment<'_>| {
                self.task.step(&moment)?;
                if (n > 0 || late_at_once) && late() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            };
            let found = draw(n, &mut told)?;
            let ended = found.iter().any(|sketch| sketch.stopped);
            let loss = |sketches: &[Sketch]| sketches.iter().map(|s| s.loss).sum::<f64>();
            // A sweep that was stopped has fewer levels, which cost less.
            let whole = best.len() == found.len() && loss(&best) <= loss(&found);
            if !whole && best.len() <= found.len() {
                best = found;
            }
            n += 1;
            let late = late();
            let enough = match options.time {
                Some(_) => late,
                None => n >= options.seeds.max(1),
            };
            if ended || enough {
                return Ok((best, ended && !late));
            }
        }
    }
}

/// The strokes of a drawing in the units of a view; none of none.
pub(super) fn fitted(drawing: Option<&Drawing>, view: [f32; 2]) -> Vec<Cubic> {
    let fit = |drawing: &Drawing| {
        let (sx, sy) = (view[0] / drawing.width, view[1] / drawing.height);
        let strokes = drawing.strokes.iter();
        strokes
            .map(|s| s.curve.map(|p| [p[0] * sx, p[1] * sy]))
            .collect()
    };
    drawing.map_or_else(Vec::new, fit)
}
