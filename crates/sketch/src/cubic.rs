//! The cubic Bézier curve.
//!
//! - **Computes** points, derivatives, parts, bounds, lengths and nearest points of
//!   q(t) = Σ Bᵢ(t) Pᵢ with Bernstein weights Bᵢ and t of 0..=1.
//! - **Input** control points in units of the drawing, x to the right and y downwards.
//! - **Source** G. Farin, "Curves and Surfaces for CAGD" (2002), chapters 4 and 5.
//! - **Deviations** the nearest point is searched on chords and polished by Newton's method, not as
//!   a root of the quintic (q − p)·q′: that polynomial loses its leading coefficient on straight
//!   and degenerate curves, on which solvers divide by zero.

/// Newton steps towards the nearest point; they end early where they stand.
const STEPS: usize = 6;
/// A step in t below which Newton's method stands: a hundredth of what `f32` would show in pixels.
const STANDS: f32 = 1e-6;

/// A place or direction, x and y.
pub type Point = [f32; 2];

/// Most chords that a curve is cut into: enough for 0.1 px on a curve across 16,000 px.
const MAX_CHORDS: usize = 256;

pub(crate) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

pub(crate) fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(crate) fn scale(a: Point, by: f32) -> Point {
    [a[0] * by, a[1] * by]
}

pub(crate) fn dot(a: Point, b: Point) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

pub(crate) fn cross(a: Point, b: Point) -> f32 {
    a[0] * b[1] - a[1] * b[0]
}

pub(crate) fn length(a: Point) -> f32 {
    dot(a, a).sqrt()
}

pub(crate) fn distance(a: Point, b: Point) -> f32 {
    length(sub(a, b))
}

/// The point between `a` (at 0) and `b` (at 1).
pub(crate) fn mix(a: Point, b: Point, at: f32) -> Point {
    add(scale(a, 1.0 - at), scale(b, at))
}

/// `a` with length 1; none of what has no length.
pub(crate) fn unit(a: Point) -> Option<Point> {
    let length = length(a);
    (length > 1e-12).then(|| scale(a, 1.0 / length))
}

/// Weights of the four control points at `t`; they sum to 1.
#[must_use]
pub fn bernstein(t: f32) -> [f32; 4] {
    let s = 1.0 - t;
    [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t]
}

/// A curve by its four control points; the first and the last are its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cubic(pub [Point; 4]);

impl Cubic {
    /// The straight line from `a` to `b` at even speed.
    #[must_use]
    pub fn line(a: Point, b: Point) -> Self {
        Self([a, mix(a, b, 1.0 / 3.0), mix(a, b, 2.0 / 3.0), b])
    }

    /// The point at `t`.
    #[must_use]
    pub fn at(&self, t: f32) -> Point {
        let (b, p) = (bernstein(t), &self.0);
        [0, 1].map(|i| b[0] * p[0][i] + b[1] * p[1][i] + b[2] * p[2][i] + b[3] * p[3][i])
    }

    /// The first derivative at `t`.
    #[must_use]
    pub fn tangent(&self, t: f32) -> Point {
        let (s, p) = (1.0 - t, &self.0);
        let b = [3.0 * s * s, 6.0 * s * t, 3.0 * t * t];
        [0, 1].map(|i| {
            b[0] * (p[1][i] - p[0][i]) + b[1] * (p[2][i] - p[1][i]) + b[2] * (p[3][i] - p[2][i])
        })
    }

    /// The second derivative at `t`.
    #[must_use]
    pub fn second(&self, t: f32) -> Point {
        let [a, b] = self.bends();
        scale(mix(a, b, t), 6.0)
    }

    /// P₀ − 2P₁ + P₂ and P₁ − 2P₂ + P₃: a sixth of the second derivative at both ends.
    pub(crate) fn bends(&self) -> [Point; 2] {
        let p = &self.0;
        [0, 1].map(|k| [0, 1].map(|i| p[k][i] - 2.0 * p[k + 1][i] + p[k + 2][i]))
    }

    /// How many chords of equal steps in t stay within `tolerance` of the curve: the chord of a
    /// step h is off by at most h² max|q″| / 8.
    #[must_use]
    pub fn chords(&self, tolerance: f32) -> usize {
        let [a, b] = self.bends();
        let second = 6.0 * length(a).max(length(b));
        let count = (second / (8.0 * tolerance)).sqrt().ceil();
        // NaN and what is below 1 become 1.
        (count as usize).clamp(1, MAX_CHORDS)
    }

    /// `count` + 1 points at equal steps in t.
    pub fn points(&self, count: usize) -> impl Iterator<Item = Point> + '_ {
        (0..=count).map(move |i| self.at(i as f32 / count as f32))
    }

    /// Length within some thousandths.
    #[must_use]
    pub fn length(&self) -> f32 {
        let count = self.chords(0.05).max(8);
        let mut from = self.0[0];
        let chords = self.points(count).map(|to| {
            let chord = distance(from, to);
            from = to;
            chord
        });
        chords.sum()
    }

    /// Left, top, right and bottom of the control points, within which the curve lies.
    #[must_use]
    pub fn hull(&self) -> [f32; 4] {
        let [a, rest @ ..] = self.0;
        rest.iter().fold([a[0], a[1], a[0], a[1]], |h, p| {
            [
                h[0].min(p[0]),
                h[1].min(p[1]),
                h[2].max(p[0]),
                h[3].max(p[1]),
            ]
        })
    }

    /// The part between `from` and `to`, by blossoming.
    #[must_use]
    pub fn part(&self, from: f32, to: f32) -> Self {
        let blossom = |u: f32, v: f32, w: f32| {
            let p = &self.0;
            let step = |a: [Point; 3], at| [mix(a[0], a[1], at), mix(a[1], a[2], at)];
            let one = [mix(p[0], p[1], u), mix(p[1], p[2], u), mix(p[2], p[3], u)];
            let [a, b] = step(one, v);
            mix(a, b, w)
        };
        Self([
            blossom(from, from, from),
            blossom(from, from, to),
            blossom(from, to, to),
            blossom(to, to, to),
        ])
    }

    /// The same curve from its end to its start.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let [a, b, c, d] = self.0;
        Self([d, c, b, a])
    }

    /// Every control point through `change`.
    #[must_use]
    pub fn map(&self, change: impl Fn(Point) -> Point) -> Self {
        Self(self.0.map(change))
    }

    /// Whether every coordinate is a finite number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.0.as_flattened().iter().all(|v| v.is_finite())
    }

    /// t of the nearest point to `p`, and the distance. Chords within 0.1 of the curve find the
    /// place, Newton's method polishes it.
    #[must_use]
    pub fn nearest(&self, p: Point) -> (f32, f32) {
        let count = self.chords(0.1).max(4);
        let mut best = (0.0, f32::INFINITY);
        let mut from = self.0[0];
        for i in 1..=count {
            let to = self.at(i as f32 / count as f32);
            let (along, square) = project(p, from, to);
            if square < best.1 {
                best = ((i as f32 - 1.0 + along) / count as f32, square);
            }
            from = to;
        }
        let t = self.polish(p, best.0, 2.0 / count as f32);
        (t, distance(self.at(t), p))
    }

    /// Newton steps on (q − p)·q′ from `t`, never further than `reach` from it. Where they do
    /// not come nearer, as at a centre of curvature, `t` stays.
    pub(crate) fn polish(&self, p: Point, t: f32, reach: f32) -> f32 {
        let (low, high) = ((t - reach).max(0.0), (t + reach).min(1.0));
        let begun = sub(self.at(t), p);
        let mut polished = t;
        for _ in 0..STEPS {
            let (off, tangent) = (sub(self.at(polished), p), self.tangent(polished));
            let speed = dot(tangent, tangent);
            let slope = speed + dot(off, self.second(polished));
            // Beyond the centre of curvature the slope turns; Gauss-Newton's does not.
            let slope = if slope > 0.1 * speed { slope } else { speed };
            if slope <= 1e-12 {
                return t;
            }
            let next = (polished - dot(off, tangent) / slope).clamp(low, high);
            let step = (next - polished).abs();
            polished = next;
            if step < STANDS {
                break;
            }
        }
        let ended = sub(self.at(polished), p);
        if dot(ended, ended) <= dot(begun, begun) {
            polished
        } else {
            t
        }
    }
}

/// Share of the way from `a` to `b` at which `p` is nearest, and the squared distance there.
pub(crate) fn project(p: Point, a: Point, b: Point) -> (f32, f32) {
    let (chord, off) = (sub(b, a), sub(p, a));
    let square = dot(chord, chord);
    let along = if square > 0.0 {
        (dot(off, chord) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let rest = sub(off, scale(chord, along));
    (along, dot(rest, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_testkit::Values;

    fn random(values: &mut Values, side: f32) -> Cubic {
        Cubic([(); 4].map(|()| [(); 2].map(|()| side * values.next().expect("endless"))))
    }

    #[test]
    fn a_known_curve_by_hand() {
        // B(1/2) = (1, 3, 3, 1)/8: x = (0 + 0 + 3·4 + 4)/8, y = (0 + 3·4 + 3·4 + 0)/8.
        let arch = Cubic([[0.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0]]);
        assert_eq!(arch.at(0.5), [2.0, 3.0]);
        // 3/4·(P₁−P₀) + 3/2·(P₂−P₁) + 3/4·(P₃−P₂).
        assert_eq!(arch.tangent(0.5), [6.0, 0.0]);
        // 3·(sum of both bends): (4, −4) and (−4, −4).
        assert_eq!(arch.second(0.5), [0.0, -24.0]);
        let (t, d) = arch.nearest([2.0, 5.0]);
        assert!((t - 0.5).abs() < 1e-4 && (d - 2.0).abs() < 1e-5);
        assert_eq!(arch.hull(), [0.0, 0.0, 4.0, 4.0]);
        assert!((Cubic::line([0.0, 0.0], [3.0, 4.0]).length() - 5.0).abs() < 1e-5);
    }

    #[test]
    fn parts_run_along_the_curve() {
        let mut values = Values::new(3);
        for _ in 0..50 {
            let curve = random(&mut values, 20.0);
            let part = curve.part(0.2, 0.7);
            for i in 0..=10 {
                let u = i as f32 / 10.0;
                let off = distance(part.at(u), curve.at(0.2 + 0.5 * u));
                assert!(off < 1e-4, "{off}");
            }
        }
    }

    #[test]
    fn nearest_is_as_near_as_a_dense_search() {
        let mut values = Values::new(4);
        for _ in 0..300 {
            let curve = random(&mut values, 30.0);
            let p = [(); 2].map(|()| 40.0 * values.next().expect("endless"));
            let (t, d) = curve.nearest(p);
            assert!((distance(curve.at(t), p) - d).abs() < 1e-4);
            let dense = curve.points(4000).map(|q| distance(p, q));
            let dense = dense.fold(f32::INFINITY, f32::min);
            // The chords are within 0.1, so another branch may win by as little.
            assert!(d <= dense + 0.1, "{d} {dense}");
        }
    }

    #[test]
    fn degenerate_curves_have_nearest_points() {
        for curve in [
            Cubic([[3.0, 3.0]; 4]),
            Cubic::line([0.0, 0.0], [10.0, 0.0]),
            Cubic([[0.0, 0.0], [10.0, 0.0], [0.0, 0.0], [10.0, 0.0]]),
            Cubic([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0], [5.0, 5.0]]),
        ] {
            let (t, d) = curve.nearest([3.0, 7.0]);
            assert!((0.0..=1.0).contains(&t) && d.is_finite(), "{curve:?}");
        }
        assert!((Cubic([[3.0, 3.0]; 4]).nearest([3.0, 7.0]).1 - 4.0).abs() < 1e-5);
    }
}
