//! How much of a pixel a stroke covers, by the distance of the pixel's centre.
//!
//! - **Computes** the share of the stripe |x| < r that lies in the interval of one pixel around d:
//!   clamp(d + ½, −r, r) − clamp(d − ½, −r, r), a ramp of 1 px at each side of the stroke.
//! - **Input** distance d ≥ 0 of the pixel's centre from the curve and radius r ≥ 0, in pixels.
//! - **Output** coverage 0..=1 with its slopes in d and r; both are 0 where coverage is constant.
//! - **Source** the box filter in one dimension; exact where the stroke is level or upright, and at
//!   most .043 off on a diagonal (½(½ − 1/(2√2))² by hand, over the pixel's diagonal profile).
//! - **Deviation** diffvg's prefilter spreads the ramp over 2 px.

/// Coverage, its slope in the distance (≤ 0) and its slope in the radius (≥ 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coverage<T> {
    pub(super) value: T,
    pub(super) by_distance: T,
    pub(super) by_radius: T,
}

macro_rules! coverage {
    ($name:ident, $t:ty) => {
        #[inline(always)]
        pub(super) fn $name(d: $t, r: $t) -> Coverage<$t> {
            // The far side of the pixel ends in the stripe, or beyond it.
            let (far, far_d, far_r) = if d + 0.5 < r {
                (d + 0.5, 1.0, 0.0)
            } else {
                (r, 0.0, 1.0)
            };
            // The near side: left of the stripe, in it, or beyond.
            let (near, near_d, near_r) = if d - 0.5 <= -r {
                (-r, 0.0, -1.0)
            } else if d - 0.5 < r {
                (d - 0.5, 1.0, 0.0)
            } else {
                (r, 0.0, 1.0)
            };
            Coverage {
                value: far - near,
                by_distance: far_d - near_d,
                by_radius: far_r - near_r,
            }
        }
    };
}
coverage!(coverage, f32);
coverage!(coverage_f64, f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let value = |d, r| coverage(d, r).value;
        // A stroke of 3 px: full inside, half at its edge, nothing outside.
        assert_eq!(
            [0.0, 1.0, 1.5, 2.0, 9.0].map(|d| value(d, 1.5)),
            [1.0, 1.0, 0.5, 0.0, 0.0]
        );
        // A hair of .2 px covers a fifth of its pixel, half of that where it lies on the border.
        assert!((value(0.0, 0.1) - 0.2).abs() < 1e-6);
        assert!((value(0.5, 0.1) - 0.1).abs() < 1e-6);
        assert_eq!(value(0.0, 0.0), 0.0);
        let ramp = coverage(1.4, 1.5);
        assert_eq!((ramp.by_distance, ramp.by_radius), (-1.0, 1.0));
        let inside = coverage(0.0, 0.2);
        assert_eq!((inside.by_distance, inside.by_radius), (0.0, 2.0));
    }
}
