//! A drawing pulled toward an emotion, as the predictor feels it.
//!
//! - **Computes** the same strokes with another pen, other bends and other colors: of a few widths,
//!   bends, tremors and palettes those that give the emotion the largest predicted share. One
//!   setting after the other is tried, twice around; nothing needs a gradient.
//! - **Input** a drawing, an emotion, a predictor.
//! - **Output** the drawing, with the share before and after.
//! - **Bounds** no point of a stroke's polygon moves further than [`FURTHEST`] of its length, so that
//!   the drawing stays what it is; its ends stay where they are.
//! - **Deviation** the predictor that is asked is the one that judges: the gain says what it feels,
//!   not what people feel. It has learned from paintings and photographs, not from drawings.

use affetti_emotion::Emotion;
use affetti_feel::{Predictor, Scratch};
use affetti_sketch::{Cubic, Drawing, Point, exact};

use crate::pipeline::Fault;

/// Long side of the drawing that the predictor sees, in pixels.
const SIDE: f32 = 260.0;
/// Furthest that an inner point moves, as a share of the polygon's length.
const FURTHEST: f32 = 0.35;
/// Rounds through all settings.
const ROUNDS: usize = 2;

/// Widths as multiples of the drawing's own.
const WIDTHS: [f32; 5] = [1.0, 0.5, 1.7, 2.6, 4.0];
/// Bends as multiples of the drawing's own: below 1 straighter, above rounder.
const BENDS: [f32; 4] = [1.0, 0.3, 1.6, 2.4];
/// How far inner points are pushed to and fro, as a share of the polygon's length.
const TREMORS: [f32; 3] = [0.0, 0.12, 0.25];
/// Stroke and ground in sRGB.
const PALETTES: [[[u8; 3]; 2]; 12] = [
    [[0, 0, 0], [255, 255, 255]],
    [[255, 255, 255], [0, 0, 0]],
    [[20, 24, 40], [120, 126, 140]],
    [[150, 10, 10], [255, 255, 255]],
    [[150, 10, 10], [10, 10, 12]],
    [[230, 180, 60], [30, 40, 90]],
    [[40, 70, 130], [225, 235, 245]],
    [[50, 90, 40], [235, 242, 220]],
    [[90, 60, 30], [245, 232, 205]],
    [[200, 90, 30], [255, 236, 190]],
    [[120, 60, 120], [245, 220, 235]],
    [[70, 80, 60], [40, 44, 38]],
];

/// What was done to a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// The drawing.
    pub drawing: Drawing,
    /// Predicted share of the emotion before, 0..=1.
    pub before: f64,
    /// And after.
    pub after: f64,
}

/// Places in the lists of settings; all zero is the drawing as it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Choice([usize; 4]);

const LENGTHS: [usize; 4] = [WIDTHS.len(), BENDS.len(), TREMORS.len(), PALETTES.len()];

/// Pulls `drawing` toward `emotion`. The first palette keeps the drawing's own colors.
///
/// # Errors
/// Drawings out of range; a predictor without an answer.
pub fn pull(
    drawing: &Drawing,
    emotion: Emotion,
    predictor: &Predictor,
    threads: usize,
) -> Result<Pulled, Fault> {
    let mut scratch = Scratch::default();
    let scale = SIDE / drawing.width.max(drawing.height);
    let mut share = |choice: Choice| -> Result<f64, Fault> {
        let picture = exact::render(&varied(drawing, choice), scale)?;
        let prediction = predictor.predict(&picture, &mut scratch, threads)?;
        Ok(prediction.emotions.get(emotion))
    };
    let before = share(Choice::default())?;
    let mut best = (before, Choice::default());
    for _ in 0..ROUNDS {
        let begun = best.1;
        // Colors first: they move the predictor most, and what suits one ground may not another.
        for setting in [3, 0, 1, 2] {
            for value in 0..LENGTHS[setting] {
                let mut choice = best.1;
                if choice.0[setting] == value {
                    continue;
                }
                choice.0[setting] = value;
                let found = share(choice)?;
                if found > best.0 {
                    best = (found, choice);
                }
            }
        }
        if best.1 == begun {
            break;
        }
    }
    Ok(Pulled {
        drawing: varied(drawing, best.1),
        before,
        after: best.0,
    })
}

/// The drawing with other settings.
fn varied(drawing: &Drawing, Choice([width, bend, tremor, palette]): Choice) -> Drawing {
    let mut made = drawing.clone();
    let [color, ground] = PALETTES[palette].map(|c| c.map(|v| f32::from(v) / 255.0));
    if palette > 0 {
        made.background = ground;
    }
    for stroke in &mut made.strokes {
        stroke.width *= WIDTHS[width];
        stroke.curve = bent(&stroke.curve, BENDS[bend], TREMORS[tremor]);
        if palette > 0 {
            stroke.color = color;
        }
    }
    made
}

/// Inner points further from the chord by `bend`, and pushed across it to and fro by `tremor`.
fn bent(curve: &Cubic, bend: f32, tremor: f32) -> Cubic {
    let [a, p1, p2, d] = curve.0;
    let sub = |p: Point, q: Point| [p[0] - q[0], p[1] - q[1]];
    let length = |v: Point| v[0].hypot(v[1]);
    let polygon = length(sub(p1, a)) + length(sub(p2, p1)) + length(sub(d, p2));
    let chord = sub(d, a);
    let long = length(chord).max(1e-6);
    let across = [-chord[1] / long, chord[0] / long];
    let moved = |p: Point, at: f32, sign: f32| {
        let foot = [a[0] + at * chord[0], a[1] + at * chord[1]];
        let off = sub(p, foot);
        let push = sign * tremor * polygon;
        let step = [0, 1].map(|i| (bend - 1.0) * off[i] + push * across[i]);
        let far = length(step);
        let most = FURTHEST * polygon;
        let share = if far > most { most / far } else { 1.0 };
        [p[0] + share * step[0], p[1] + share * step[1]]
    };
    Cubic([a, moved(p1, 1.0 / 3.0, 1.0), moved(p2, 2.0 / 3.0, -1.0), d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_sketch::Stroke;

    #[test]
    fn bends_by_hand() {
        let arch = Cubic([[0.0, 0.0], [1.0, 1.0], [2.0, 1.0], [3.0, 0.0]]);
        // Twice as far from the chord; on it.
        assert_eq!(bent(&arch, 2.0, 0.0).0[1], [1.0, 2.0]);
        let flat = bent(&arch, 0.0, 0.0).0;
        assert!(flat[1][1].abs() < 1e-6 && flat[2][1].abs() < 1e-6);
        assert_eq!(bent(&arch, 1.0, 0.0), arch);
        // The ends stay, and no point goes further than it may.
        let wild = bent(&arch, 50.0, 5.0);
        assert_eq!((wild.0[0], wild.0[3]), (arch.0[0], arch.0[3]));
        let polygon = 1.0 + 2.0 * 2.0_f32.sqrt();
        let off = (wild.0[1][0] - 1.0).hypot(wild.0[1][1] - 1.0);
        assert!(off <= FURTHEST * polygon + 1e-5, "{off}");
    }

    #[test]
    fn the_first_choice_changes_nothing() {
        let mut drawing = Drawing::white(20.0, 20.0);
        let curve = Cubic::line([1.0, 1.0], [9.0, 9.0]);
        drawing.strokes.push(Stroke {
            color: [0.2, 0.4, 0.6],
            ..Stroke::black(curve, 2.0)
        });
        assert_eq!(varied(&drawing, Choice::default()), drawing);
        let other = varied(&drawing, Choice([2, 0, 0, 1]));
        assert_eq!(other.background, [0.0; 3]);
        assert_eq!(other.strokes[0].color, [1.0; 3]);
        assert!((other.strokes[0].width - 3.4).abs() < 1e-5);
    }
}
