//! Moves the sides of a box to where its score is best.
//!
//! - **Computes** a local optimum: each side in turn is tried outwards, then inwards, by a step that
//!   is halved each round, and a move that scores higher is kept.
//! - **Source** `docs/facts.md`, "EdgeBoxes: refinement".
//! - **Deviation** none; which of two nearly equal boxes is kept rests on the rounding of their
//!   scores, which [`score`](super::score) takes over from OpenCV.

use super::score::{Scorer, Scratch, Window};

/// The search ends where both steps are at most this, in pixels.
const LAST_STEP: i32 = 2;

/// The box and its score after refinement.
pub(crate) fn refine(
    scorer: &Scorer,
    scratch: &mut Scratch,
    start: Window,
    score: f32,
    move_by: f32,
) -> (Window, f32) {
    let mut best = (start, score);
    let mut step_x = (start.w as f32 * move_by) as i32;
    let mut step_y = (start.h as f32 * move_by) as i32;
    loop {
        step_x /= 2;
        step_y /= 2;
        if step_x <= LAST_STEP && step_y <= LAST_STEP {
            return best;
        }
        step_x = step_x.max(1);
        step_y = step_y.max(1);
        // Growth of left, top, width and height by one step outwards.
        for [x, y, w, h] in [
            [0, -step_y, 0, step_y],
            [0, 0, 0, step_y],
            [-step_x, 0, step_x, 0],
            [0, 0, step_x, 0],
        ] {
            for sign in [1, -1] {
                let moved = scorer.cut(Window {
                    x: best.0.x + sign * x,
                    y: best.0.y + sign * y,
                    w: best.0.w + sign * w,
                    h: best.0.h + sign * h,
                });
                let score = scorer.score(scratch, moved, best.1);
                if score > best.1 {
                    best = (moved, score);
                    break;
                }
            }
        }
    }
}
