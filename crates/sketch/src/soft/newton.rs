//! Nearest points of a curve for neighbouring pixels at a time.
//!
//! - **Computes** Newton steps on (q − p) · q′ from the place on the nearest chord, for eight pixels
//!   of a row side by side; where the step turns (beyond a centre of curvature) Gauss and Newton's.
//! - **Input** a curve, the centre of the first pixel, places; **output** better places, and the way
//!   from the curve to each centre.
//! - **Source** as [`Cubic::polish`](crate::cubic::Cubic), which is the same for one pixel.
//! - **Deviations** pixels that do not stand after [`STEPS`] steps are given to that function.

use crate::cubic::{Cubic, Point, scale, sub};

/// Pixels side by side: two registers of the oldest vector instructions, one of later ones.
const LANES: usize = 8;
/// Newton doubles the right digits: the chord's place has two to three.
const STEPS: usize = 3;
/// A last step in t below which a pixel stands.
const STANDS: f32 = 2e-6;

/// q(t) = origin + t (c + t (b + t a)).
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    origin: Point,
    a: Point,
    b: Point,
    c: Point,
}

impl Power {
    pub(super) fn new(curve: &Cubic) -> Self {
        let p = &curve.0;
        let [first, second] = curve.bends();
        Self {
            origin: p[0],
            a: sub(second, first),
            b: scale(first, 3.0),
            c: scale(sub(p[1], p[0]), 3.0),
        }
    }
}

type Lanes = [f32; LANES];

/// Polishes `place` of the pixels of a row whose squared distance from the chords is below `near`,
/// never further than `far` from where it was; the way from the curve goes to `off`.
pub(super) fn polish_row(
    (power, curve): (&Power, &Cubic),
    center: Point,
    (near, far): (f32, f32),
    square: &[f32],
    place: &mut [f32],
    [off_x, off_y]: [&mut [f32]; 2],
) {
    let groups = square
        .chunks(LANES)
        .zip(place.chunks_mut(LANES))
        .zip(off_x.chunks_mut(LANES).zip(off_y.chunks_mut(LANES)));
    let y = center[1] - power.origin[1];
    for (n, ((square, place), (off_x, off_y))) in groups.enumerate() {
        // Between the arms of a bend there is nothing.
        if !square.iter().any(|s| *s < near) {
            continue;
        }
        let left = center[0] - power.origin[0] + (n * LANES) as f32;
        let mut x: Lanes = [0.0; LANES];
        x.iter_mut()
            .enumerate()
            .for_each(|(i, x)| *x = left + i as f32);
        let mut begun: Lanes = [0.0; LANES];
        begun[..place.len()].copy_from_slice(place);
        let (mut t, mut step) = (begun, [0.0; LANES]);
        for _ in 0..STEPS {
            newton(power, &x, y, &begun, far, &mut t, &mut step);
        }
        let ([ax, ay], [bx, by]) = (way(power, &x, y, &begun), way(power, &x, y, &t));
        for i in 0..place.len() {
            let nearer = bx[i] * bx[i] + by[i] * by[i] <= ax[i] * ax[i] + ay[i] * ay[i];
            place[i] = if nearer { t[i] } else { begun[i] };
            off_x[i] = if nearer { bx[i] } else { ax[i] };
            off_y[i] = if nearer { by[i] } else { ay[i] };
        }
        for i in 0..place.len() {
            if square[i] < near && step[i].abs() > STANDS {
                let at = [center[0] + (n * LANES + i) as f32, center[1]];
                place[i] = curve.polish(at, begun[i], far);
                [off_x[i], off_y[i]] = sub(at, curve.at(place[i]));
            }
        }
    }
}

/// From the curve at `t` to the pixels.
#[inline(always)]
fn way(power: &Power, x: &Lanes, y: f32, t: &Lanes) -> [Lanes; 2] {
    let Power { a, b, c, .. } = power;
    let mut off = [[0.0; LANES]; 2];
    for i in 0..LANES {
        let t = t[i];
        off[0][i] = x[i] - ((a[0] * t + b[0]) * t + c[0]) * t;
        off[1][i] = y - ((a[1] * t + b[1]) * t + c[1]) * t;
    }
    off
}

#[inline(always)]
fn newton(
    power: &Power,
    x: &Lanes,
    y: f32,
    begun: &Lanes,
    far: f32,
    t: &mut Lanes,
    step: &mut Lanes,
) {
    let Power { a, b, c, .. } = power;
    for i in 0..LANES {
        let at = t[i];
        let off_x = ((a[0] * at + b[0]) * at + c[0]) * at - x[i];
        let off_y = ((a[1] * at + b[1]) * at + c[1]) * at - y;
        let along_x = (3.0 * a[0] * at + 2.0 * b[0]) * at + c[0];
        let along_y = (3.0 * a[1] * at + 2.0 * b[1]) * at + c[1];
        let bend_x = 6.0 * a[0] * at + 2.0 * b[0];
        let bend_y = 6.0 * a[1] * at + 2.0 * b[1];
        let speed = along_x * along_x + along_y * along_y;
        let slope = speed + off_x * bend_x + off_y * bend_y;
        let slope = if slope > 0.1 * speed { slope } else { speed };
        // Where the curve stands still there is no step.
        let whole = (off_x * along_x + off_y * along_y) / slope;
        let whole = if slope > 1e-12 { whole } else { 0.0 };
        let (low, high) = ((begun[i] - far).max(0.0), (begun[i] + far).min(1.0));
        let next = (at - whole).max(low).min(high);
        step[i] = next - at;
        t[i] = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_testkit::Values;

    /// As near as the polish of one pixel, up to rounding.
    #[test]
    fn rows_are_polished_as_single_pixels_are() {
        let mut values = Values::new(6);
        for _ in 0..200 {
            let mut value = || 20.0 + 18.0 * values.next().expect("endless");
            let curve = Cubic([(); 4].map(|()| [value(), value()]));
            let (power, row) = (Power::new(&curve), value().floor() + 0.5);
            let begun: Vec<f32> = (0..37)
                .map(|x| curve.nearest([x as f32 + 0.7, row]).0)
                .collect();
            let square = vec![0.0; 37];
            let (mut place, mut off) = (begun.clone(), [vec![0.0; 37], vec![0.0; 37]]);
            let [off_x, off_y] = &mut off;
            polish_row(
                (&power, &curve),
                [0.5, row],
                (1.0, 0.1),
                &square,
                &mut place,
                [off_x, off_y],
            );
            for x in 0..37 {
                let center = [x as f32 + 0.5, row];
                let single = sub(center, curve.at(curve.polish(center, begun[x], 0.1)));
                let (found, expected) = (off[0][x].hypot(off[1][x]), single[0].hypot(single[1]));
                assert!(found <= expected + 1e-3, "{x}: {found} {expected}");
                let told = sub(center, curve.at(place[x]));
                assert!((told[0] - off[0][x]).hypot(told[1] - off[1][x]) < 1e-4);
            }
        }
    }
}
