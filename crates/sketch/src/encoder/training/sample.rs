//! Lines of a picture, drawn anew each time.
//!
//! - **Computes** ink on a square: of four kinds of lines one, each turned, mirrored, scaled and
//!   shifted a little.
//!   - *traced*: our own strokes at one of four levels, with a pen of random width and a hand that
//!     shakes; a few strokes are missing;
//!   - *soft*: the edge strength, with random contrast;
//!   - *thin*: the edge strength above a random threshold;
//!   - *XDoG*: the picture's dark side of edges.
//! - **Input** a picture's [`Rendered`], a random generator; **output** [`Ink`], and whether it is
//!   mirrored.
//! - **Source** H. Winnemöller, J. Kyprianidis and S. Olsen, "XDoG" (2012).
//! - **Deviation** XDoG at one scale that the small picture allows: σ of .7 and 1.6 pixels.

use fastrand::Rng;

use super::{
    super::{Ink, SIDE, ink::squeeze},
    cache::{LEVELS, Rendered},
};
use crate::{
    cubic::{Cubic, Point},
    field::Field,
    soft::Raster,
    stroke::{Drawing, Stroke},
};

/// Shares of the kinds: traced, soft, thin; the rest is XDoG.
const SHARES: [f32; 3] = [0.65, 0.15, 0.1];

/// Which lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Level of [`LEVELS`].
    Traced(usize),
    Soft,
    Thin,
    Xdog,
}

impl Kind {
    fn random(rendered: &Rendered, random: &mut Rng) -> Self {
        let mut drawn = random.f32();
        let mut below = |share: f32| {
            drawn -= share;
            drawn < 0.0
        };
        if below(SHARES[0]) {
            let level = random.usize(..LEVELS.len());
            if rendered.levels.get(level).is_some_and(|c| !c.is_empty()) {
                return Self::Traced(level);
            }
            return Self::Soft;
        }
        if below(SHARES[1]) {
            Self::Soft
        } else if below(SHARES[2]) {
            Self::Thin
        } else {
            Self::Xdog
        }
    }
}

/// A turn about the middle of the square, in pixels of it.
#[derive(Clone, Copy, Debug)]
struct Turn {
    right: Point,
    down: Point,
    shift: Point,
}

impl Turn {
    const NONE: Self = Self {
        right: [1.0, 0.0],
        down: [0.0, 1.0],
        shift: [0.0, 0.0],
    };

    fn random(random: &mut Rng) -> Self {
        let mut around = |width: f32| width * (2.0 * random.f32() - 1.0);
        let (angle, scale) = (around(0.14), 0.9 + around(0.12));
        let shift = [around(6.0), around(6.0)];
        let (sin, cos) = angle.sin_cos();
        let flip = if random.bool() { -1.0 } else { 1.0 };
        Self {
            right: [flip * cos * scale, flip * sin * scale],
            down: [-sin * scale, cos * scale],
            shift,
        }
    }

    fn mirrors(&self) -> bool {
        self.right[0] < 0.0
    }

    /// Where a place goes; both from the middle of the square.
    fn of(&self, [x, y]: Point) -> Point {
        [0, 1].map(|i| x * self.right[i] + y * self.down[i] + self.shift[i])
    }

    /// Where a place comes from.
    fn back(&self, at: Point) -> Point {
        let (x, y) = (at[0] - self.shift[0], at[1] - self.shift[1]);
        let determinant = self.right[0] * self.down[1] - self.right[1] * self.down[0];
        [
            (x * self.down[1] - y * self.down[0]) / determinant,
            (y * self.right[0] - x * self.right[1]) / determinant,
        ]
    }
}

/// Random lines of a picture, and whether they are mirrored.
pub(super) fn sample(rendered: &Rendered, random: &mut Rng) -> (Ink, bool) {
    let kind = Kind::random(rendered, random);
    let turn = Turn::random(random);
    let ink = match kind {
        Kind::Traced(level) => traced(rendered, level, turn, Some(random)),
        Kind::Soft => {
            let (power, gain) = (0.6 + random.f32(), 0.7 + 0.8 * random.f32());
            let level = |v: f32| gain * v.powf(power);
            turned(&strength(rendered), turn, level)
        }
        Kind::Thin => {
            let threshold = 0.15 + 0.35 * random.f32();
            let level = |v: f32| ((v - threshold) * 8.0 + 0.5).clamp(0.0, 1.0);
            turned(&strength(rendered), turn, level)
        }
        Kind::Xdog => turned(&xdog(rendered, random), turn, |v| v),
    };
    (ink, turn.mirrors())
}

/// The lines of a kind as they are, to measure with.
pub(super) fn plain(rendered: &Rendered, kind: Kind) -> Ink {
    match kind {
        Kind::Traced(level) => traced(rendered, level, Turn::NONE, None),
        Kind::Thin => turned(&strength(rendered), Turn::NONE, |v| {
            f32::from(u8::from(v > 0.3))
        }),
        Kind::Soft | Kind::Xdog => turned(&strength(rendered), Turn::NONE, |v| v),
    }
}

fn strength(rendered: &Rendered) -> Field {
    let values = rendered.soft.iter().map(|v| f32::from(*v) / 255.0);
    Field::new(SIDE, SIDE, values.collect())
}

/// A field of the square, turned; outside of it is no ink.
fn turned(field: &Field, turn: Turn, level: impl Fn(f32) -> f32) -> Ink {
    let half = SIDE as f32 / 2.0;
    let value = |i: usize| {
        let at = [
            (i % SIDE) as f32 + 0.5 - half,
            (i / SIDE) as f32 + 0.5 - half,
        ];
        let [x, y] = turn.back(at);
        let (u, v) = (x + half, y + half);
        if !(0.0..SIDE as f32).contains(&u) || !(0.0..SIDE as f32).contains(&v) {
            return 0;
        }
        let found = level(field.between(u - 0.5, v - 0.5));
        (255.0 * found).round().clamp(0.0, 255.0) as u8
    };
    Ink((0..SIDE * SIDE).map(value).collect())
}

/// Our own strokes; with a generator, by a shaking hand.
fn traced(rendered: &Rendered, level: usize, turn: Turn, random: Option<&mut Rng>) -> Ink {
    let (scale, pen) = squeeze(rendered.view.map(|v| v.max(1.0)));
    let middle = rendered.view.map(|v| v / 2.0);
    let half = SIDE as f32 / 2.0;
    let mut drawing = Drawing::white(SIDE as f32, SIDE as f32);
    let mut steady = Rng::with_seed(0);
    let (random, shaking) = match random {
        Some(random) => (random, true),
        None => (&mut steady, false),
    };
    let width = if shaking {
        1.5 + 3.5 * random.f32()
    } else {
        3.0
    };
    let shake = if shaking { 2.5 * random.f32() } else { 0.0 };
    for values in rendered.levels.get(level).into_iter().flatten() {
        if shaking && random.f32() < 0.05 {
            continue;
        }
        let (points, _) = values.as_chunks::<2>();
        // A hand that shakes moves a stroke, bends it, and stops too early or too late.
        let push = [(); 2].map(|()| shake * (random.f32() - 0.5));
        let place = |at: &Point, random: &mut Rng| {
            let own = [0, 1].map(|i| at[i] + push[i] + shake * (random.f32() - 0.5));
            turn.of([0, 1].map(|i| (own[i] - middle[i]) * scale[i]))
                .map(|v| v + half)
        };
        let mut curve = [[0.0; 2]; 4];
        for (to, from) in curve.iter_mut().zip(points) {
            *to = place(from, random);
        }
        let own = if shaking {
            width * (0.8 + 0.4 * random.f32())
        } else {
            width
        };
        drawing.strokes.push(Stroke::black(Cubic(curve), own * pen));
    }
    let raster = Raster::new(&drawing, 1.0);
    let dark = |p: &[f32; 3]| (255.0 * (1.0 - p[0])).round().clamp(0.0, 255.0) as u8;
    Ink(raster.pixels().iter().map(dark).collect())
}

/// Lines and dark areas of the picture itself.
fn xdog(rendered: &Rendered, random: &mut Rng) -> Field {
    let gray = rendered.gray.iter().map(|v| f32::from(*v) / 255.0);
    let gray = Field::new(SIDE, SIDE, gray.collect());
    let (near, far) = (gray.boxed(1), gray.smooth(1).boxed(1));
    let sharpness = 8.0 + 16.0 * random.f32();
    let (level, steep) = (0.4 + 0.4 * random.f32(), 4.0 + 8.0 * random.f32());
    let pairs = near.values.iter().zip(&far.values);
    let values = pairs.map(|(near, far)| {
        let difference = (1.0 + sharpness) * near - sharpness * far;
        if difference >= level {
            0.0
        } else {
            -(steep * (difference - level)).tanh()
        }
    });
    Field::new(gray.width, gray.height, values.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines a quarter from the left, beside a dark side.
    fn lopsided() -> Rendered {
        Rendered {
            gray: (0..SIDE * SIDE)
                .map(|i| if i % SIDE < 32 { 40 } else { 220 })
                .collect(),
            soft: (0..SIDE * SIDE)
                .map(|i| if i % SIDE == 32 { 255 } else { 0 })
                .collect(),
            view: [224.0, 168.0],
            levels: vec![vec![[56.0, 20.0, 56.0, 60.0, 56.0, 100.0, 56.0, 140.0]]; 4],
            ..Rendered::default()
        }
    }

    fn rendered() -> Rendered {
        let line = |i: usize| if i / SIDE == 64 { 255 } else { 0 };
        Rendered {
            gray: (0..SIDE * SIDE)
                .map(|i| if i / SIDE < 64 { 40 } else { 220 })
                .collect(),
            soft: (0..SIDE * SIDE).map(line).collect(),
            view: [224.0, 168.0],
            levels: vec![vec![[0.0, 84.0, 75.0, 84.0, 149.0, 84.0, 224.0, 84.0]]],
            ..Rendered::default()
        }
    }

    #[test]
    fn all_kinds_lie_on_each_other() {
        let rendered = rendered();
        for kind in [Kind::Traced(0), Kind::Soft, Kind::Thin] {
            let Ink(values) = plain(&rendered, kind);
            // The pen's middle is between rows 63 and 64.
            assert!(values[64 * SIDE + 64] > 150, "{kind:?}");
            assert!(values[60 * SIDE + 64] < 10, "{kind:?}");
        }
    }

    #[test]
    fn lines_lie_on_the_side_that_is_told() {
        let rendered = lopsided();
        let mut random = Rng::with_seed(7);
        let (mut drawn, mut mirrored) = (0, 0);
        for n in 0..60 {
            let (Ink(values), mirrors) = sample(&rendered, &mut random);
            let right: u64 = (0..SIDE * SIDE)
                .filter(|i| i % SIDE >= SIDE / 2)
                .map(|i| u64::from(values[i]))
                .sum();
            let all: u64 = values.iter().map(|v| u64::from(*v)).sum();
            // The one stroke may be missing.
            if all > 0 {
                drawn += 1;
                mirrored += usize::from(mirrors);
                assert_eq!(2 * right > all, mirrors, "{n}: {right} of {all}");
            }
        }
        assert!(
            drawn > 50 && (15..45).contains(&mirrored),
            "{drawn} {mirrored}"
        );
        let Ink(values) = plain(&rendered, Kind::Traced(0));
        assert!(values[64 * SIDE + 31] > 150 && values[64 * SIDE + 40] < 10);
    }

    #[test]
    fn turns_are_undone() {
        let mut random = Rng::with_seed(5);
        for _ in 0..20 {
            let turn = Turn::random(&mut random);
            let back = turn.back(turn.of([13.0, -40.0]));
            assert!((back[0] - 13.0).abs() < 1e-3 && (back[1] + 40.0).abs() < 1e-3);
        }
    }

    #[test]
    fn a_seed_decides_and_there_is_ink() {
        let rendered = rendered();
        let of = |seed| sample(&rendered, &mut Rng::with_seed(seed));
        assert_eq!(of(3), of(3));
        for seed in 0..40 {
            let (Ink(values), _) = of(seed);
            let inked = values.iter().filter(|v| **v > 60).count();
            // XDoG fills the dark half; a stroke may be missing.
            assert!(inked < SIDE * SIDE * 3 / 4, "{seed}: {inked}");
        }
    }
}
