//! Joins ends that nearly meet: what the eye reads as one line should be one.
//!
//! - **Computes** for pairs of ends within a reach their middle, to which both move; then for ends
//!   near another stroke the place where they touch it.
//! - **Input** curves and the reach in units.
//! - **Output** the same curves with some ends moved by at most the reach; the next control point
//!   moves along, so that the stroke keeps its direction.
//! - **Source** the prototype's open point, "weld endpoints within 6 px".

use crate::cubic::{Cubic, Point, add, distance, mix, scale, sub};

/// Shorter strokes than this many reaches keep their ends: welding would make them dots.
const SHORT: f32 = 1.6;

/// An end: its curve, and 0 or 3.
type End = (usize, usize);

pub(crate) fn weld(curves: &mut [Cubic], reach: f32) {
    let mut free: Vec<End> = (0..curves.len())
        .filter(|&c| curves[c].length() > SHORT * reach)
        .flat_map(|c| [(c, 0), (c, 3)])
        .collect();
    let at = |curves: &[Cubic], end: End| curves[end.0].0[end.1];
    let mut pairs: Vec<(f32, End, End)> = Vec::new();
    for (i, &a) in free.iter().enumerate() {
        for &b in &free[i + 1..] {
            let far = distance(at(curves, a), at(curves, b));
            // A stroke may close on itself when it is long enough to be a ring.
            let closes = a.0 != b.0 || curves[a.0].length() > 5.0 * reach;
            if far < reach && closes {
                pairs.push((far, a, b));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, a, b) in pairs {
        if free.contains(&a) && free.contains(&b) {
            let middle = mix(at(curves, a), at(curves, b), 0.5);
            pull(&mut curves[a.0], a.1, middle);
            pull(&mut curves[b.0], b.1, middle);
            free.retain(|end| *end != a && *end != b);
        }
    }
    for end in free {
        let from = at(curves, end);
        let others = (0..curves.len()).filter(|&c| c != end.0);
        let touching = others
            .map(|c| (c, curves[c].nearest(from)))
            .min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        if let Some((other, (t, far))) = touching
            && far < 0.7 * reach
        {
            let to = curves[other].at(t);
            pull(&mut curves[end.0], end.1, to);
        }
    }
}

fn pull(curve: &mut Cubic, end: usize, to: Point) {
    let by = sub(to, curve.0[end]);
    curve.0[end] = to;
    let next = if end == 0 { 1 } else { 2 };
    curve.0[next] = add(curve.0[next], scale(by, 0.6));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_meet_in_the_middle() {
        let mut curves = [
            Cubic::line([0.0, 0.0], [30.0, 0.0]),
            Cubic::line([34.0, 2.0], [60.0, 20.0]),
            Cubic::line([10.0, 3.0], [10.0, 40.0]),
            Cubic::line([100.0, 0.0], [130.0, 0.0]),
        ];
        let far = curves[3];
        weld(&mut curves, 6.0);
        assert_eq!(curves[0].0[3], [32.0, 1.0]);
        assert_eq!(curves[1].0[0], [32.0, 1.0]);
        // The third ends on the first.
        assert!(curves[0].nearest(curves[2].0[0]).1 < 0.1);
        assert_eq!(curves[3], far);
    }
}
