//! The windows of the search: all sizes, aspects and places that neighbour with IoU α.
//!
//! - **Computes** the sizes and the grid of places of each.
//! - **Input** the size of the picture and [`Params`]. **Output** windows that may reach over the
//!   right and lower border; whoever scores them cuts them there.
//! - **Source** `docs/facts.md`, "EdgeBoxes: windows": scale step √(1/α), aspect step (1 + α)/2α,
//!   translation (1 − α)/(1 + α) of the side, at least 2 pixels. Sides and steps are cut to whole
//!   pixels and the last place of a row is the first that reaches the border, which is what the
//!   published counts (500×375 → 55 097, and three more below) leave as the only reading.

use super::{params::Params, score::Window};

/// Least translation, in pixels.
const LEAST_STEP: i32 = 2;

/// Share of a side by which a window moves.
pub(crate) fn translation(params: &Params) -> f32 {
    (1.0 - params.alpha) / (1.0 + params.alpha)
}

/// One size of window with the steps of its grid, in pixels.
#[derive(Debug, Clone, Copy)]
struct Size {
    w: i32,
    h: i32,
    step_x: i32,
    step_y: i32,
}

fn sizes(width: usize, height: usize, params: &Params) -> Vec<Size> {
    // In 32 bits, as OpenCV: a side of 33 times a translation of 7/33 is 7 in one precision and
    // 6 in the other.
    let alpha = params.alpha;
    let least = params.min_box_area.sqrt();
    let scale_step = (1.0 / alpha).sqrt();
    let aspect_step = (1.0 + alpha) / (2.0 * alpha);
    let move_by = translation(params);
    let aspects = (params.max_aspect_ratio.ln() / (aspect_step * aspect_step).ln()) as i32;
    let longest = width.max(height) as f32;
    let scales = ((longest / least).ln() / scale_step.ln()).ceil().max(0.0) as i32;
    let step = |side: i32| ((side as f32 * move_by) as i32).max(LEAST_STEP);
    let mut sizes = Vec::new();
    for scale in 0..scales {
        for aspect in -aspects..=aspects {
            let side = least * scale_step.powf(scale as f32);
            let ratio = aspect_step.powf(aspect as f32);
            let (w, h) = ((side * ratio) as i32, (side / ratio) as i32);
            sizes.push(Size {
                w,
                h,
                step_x: step(w),
                step_y: step(h),
            });
        }
    }
    sizes
}

/// Places along a side of the picture: multiples of the step up to and with the first at which the
/// window reaches the border.
fn places(length: usize, side: i32, step: i32) -> impl ExactSizeIterator<Item = i32> {
    (0..length as i32 - side + step).step_by(step as usize)
}

/// All windows, small ones first.
pub(crate) fn windows(
    width: usize,
    height: usize,
    params: &Params,
) -> impl Iterator<Item = Window> + use<> {
    sizes(width, height, params).into_iter().flat_map(move |s| {
        places(width, s.w, s.step_x).flat_map(move |x| {
            places(height, s.h, s.step_y).map(move |y| Window {
                x,
                y,
                w: s.w,
                h: s.h,
            })
        })
    })
}

/// How many windows the search looks at, without listing them.
pub(crate) fn count(width: usize, height: usize, params: &Params) -> usize {
    sizes(width, height, params)
        .into_iter()
        .map(|s| places(width, s.w, s.step_x).len() * places(height, s.h, s.step_y).len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_the_published_ones() {
        // `docs/facts.md`, "EdgeBoxes: windows".
        let default = Params::default();
        let fine = Params {
            alpha: 0.75,
            ..default
        };
        let wide = Params {
            min_box_area: 800.0,
            max_aspect_ratio: 6.0,
            ..default
        };
        for (width, height, params, expected) in [
            (500, 375, default, 55_097),
            (256, 256, default, 16_896),
            (500, 375, fine, 245_250),
            (500, 375, wide, 107_459),
        ] {
            assert_eq!(count(width, height, &params), expected);
            assert_eq!(windows(width, height, &params).count(), expected);
        }
    }

    #[test]
    fn a_tiny_picture_has_no_windows() {
        assert_eq!(count(10, 10, &Params::default()), 0);
        assert_eq!(count(1, 1, &Params::default()), 0);
    }
}
