//! The way of a pen through a drawing.

use crate::{
    cubic::{Cubic, distance},
    stroke::Drawing,
};

impl Drawing {
    /// The same strokes in an order, and each in a direction, in which a pen travels little with its
    /// tip up: from the left top always on to the nearest end. Where opaque strokes of different
    /// colors cross, another one may end on top.
    #[must_use]
    pub fn in_pen_order(&self) -> Self {
        let mut left = self.strokes.clone();
        let mut ordered = Self {
            strokes: Vec::with_capacity(left.len()),
            ..self.clone()
        };
        let mut at = [0.0; 2];
        let far = |c: &Cubic, at| distance(c.0[0], at).min(distance(c.0[3], at));
        while let Some(next) = (0..left.len()).min_by(|&a, &b| {
            let (a, b) = (far(&left[a].curve, at), far(&left[b].curve, at));
            a.total_cmp(&b)
        }) {
            let mut stroke = left.remove(next);
            if distance(stroke.curve.0[3], at) < distance(stroke.curve.0[0], at) {
                stroke.curve = stroke.curve.reversed();
            }
            at = stroke.curve.0[3];
            ordered.strokes.push(stroke);
        }
        ordered
    }

    /// Length of the way between strokes, in units, from the left top.
    #[must_use]
    pub fn pen_up(&self) -> f32 {
        let mut at = [0.0; 2];
        let ways = self.strokes.iter().map(|s| {
            let way = distance(at, s.curve.0[0]);
            at = s.curve.0[3];
            way
        });
        ways.sum()
    }
}
