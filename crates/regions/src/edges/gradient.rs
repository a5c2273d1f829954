//! Edge strength without a network.
//!
//! - **Computes** the length of the color gradient at three scales, averaged, divided by its local
//!   mean plus a floor, squared, and cut at its 99th percentile.
//! - **Input** a [`Picture`]; CIELAB, in which equal lengths look about equally different.
//! - **Output** `[height, width]`, 0..=1, larger for stronger edges; all 0 for a flat picture. On the
//!   validation pictures of BSDS500, thinned: ODS .630, OIS .656, AP .451 with 20 thresholds
//!   (`affetti eval edges --detector gradient --thresholds 20`).
//! - **Source** `docs/facts.md`, "Edges by color gradient". The 99th percentile keeps the meaning of
//!   EdgeBoxes' threshold .1. The gradient of three channels is the root of the summed squares
//!   (S. Di Zenzo 1986 gives the exact form).
//! - **Deviation** a floor is added to the local mean, so that the noise of a clear sky does not
//!   become edges; the square separates edges from texture, of which EdgeBoxes would else see a net
//!   over the whole picture.
//!
//! ```
//! use affetti_picture::Picture;
//! use affetti_regions::edges;
//! let pixels = (0..20 * 20).flat_map(|i| if i % 20 < 10 { [0; 3] } else { [255; 3] }).collect();
//! let strength = edges::gradient(&Picture::new(20, 20, pixels)?);
//! assert!(strength.at(10, 10) > 0.9 && strength.at(2, 10) < 0.1);
//! # Ok::<(), affetti_picture::PictureError>(())
//! ```

use affetti_picture::{Picture, color};
use rayon::prelude::*;

use super::filter::{derivatives, triangle};
use crate::Map;

/// Smoothing before the derivatives, in pixels, of each scale.
const SCALES: [usize; 3] = [2, 4, 8];
/// Radius of the local mean, in pixels.
const MEAN_RADIUS: usize = 4;
/// Lab units a pixel: added to the local mean. Of 1, 4, 12, 20 and 30, the best F on every 14th
/// training picture of BSDS500 (.565, .611, .631, .631, .632 at scales 1, 2, 4); small ones turn
/// faint texture into edges.
const FLOOR: f32 = 30.0;
/// Share of pixels below the strength that becomes 1.
pub(super) const PERCENTILE: f64 = 0.99;
/// The strength, before scaling, that is never stretched to 1: that of a step of about two units,
/// just noticeable. Without it, a picture that is flat but for compression noise would show that
/// noise as edges.
const FAINTEST_TOP: f32 = 0.002;

/// Pixels that one thread sums at a time.
const PART: usize = 4096;

/// Edge strength of a picture.
#[must_use]
pub fn gradient(picture: &Picture) -> Map {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let raw = raw_gradient(&lab_channels(picture));
    let mean = triangle(&raw, MEAN_RADIUS);
    let values = raw.values().iter().zip(mean.values());
    let relative: Vec<f32> = values.map(|(g, m)| (g / (m + FLOOR)).powi(2)).collect();
    let top = percentile(&relative, PERCENTILE).max(FAINTEST_TOP);
    Map::from_parts(width, height, relative).map(|v| (v / top).clamp(0.0, 1.0))
}

/// L*, a* and b* as three maps.
fn lab_channels(picture: &Picture) -> [Map; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let colors: Vec<[f32; 3]> = pixels.par_iter().map(|&pixel| color::lab(pixel)).collect();
    [0, 1, 2].map(|c| {
        let values = colors.iter().map(|color| color[c]).collect();
        Map::from_parts(width, height, values)
    })
}

/// Mean over the scales of the gradient's length, in Lab units a pixel. Each scale is multiplied
/// by r + 1, the factor by which smoothing flattens a step, so that a clean step counts alike at
/// all scales and texture less at the coarse ones.
fn raw_gradient(channels: &[Map; 3]) -> Map {
    let (width, height) = channels[0].size();
    // The widest filters first: the threads then end together.
    let slopes: Vec<[Map; 2]> = SCALES
        .par_iter()
        .rev()
        .flat_map(|&radius| channels.par_iter().map(move |c| (radius, c)))
        .map(|(radius, channel)| derivatives(&triangle(channel, radius)))
        .collect();
    let mut sum = vec![0.0; width * height];
    for (of_scale, radius) in slopes.chunks_exact(channels.len()).zip(SCALES.iter().rev()) {
        let factor = (radius + 1) as f32 / SCALES.len() as f32;
        let rows = sum.par_chunks_mut(PART).enumerate();
        rows.for_each(|(n, sums)| {
            let mut squares = [0.0; PART];
            let squares = &mut squares[..sums.len()];
            for slope in of_scale.iter().flatten() {
                let slope = &slope.values()[n * PART..][..sums.len()];
                for (square, v) in squares.iter_mut().zip(slope) {
                    *square += v * v;
                }
            }
            for (s, square) in sums.iter_mut().zip(squares) {
                *s += factor * square.sqrt();
            }
        });
    }
    Map::from_parts(width, height, sum)
}

/// The value below which a share of the values lies; the values are not empty.
pub(super) fn percentile(values: &[f32], share: f64) -> f32 {
    let mut values = values.to_vec();
    let rank = ((values.len() - 1) as f64 * share).round() as usize;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_testkit::{noise, pixels};
    use proptest::prelude::*;

    fn picture(width: u32, height: u32, pixels: Vec<u8>) -> Picture {
        Picture::new(width, height, pixels).expect("a picture")
    }

    #[test]
    fn a_flat_picture_has_no_edges() {
        for side in [1, 10, 64] {
            let flat = picture(side, side, pixels(side, side, |_, _| [90, 120, 30]));
            assert!(gradient(&flat).values().iter().all(|&v| v == 0.0));
        }
    }

    #[test]
    fn a_step_is_strongest_at_the_step() {
        let step = |x, _| {
            if x < 30 { [200, 30, 30] } else { [30, 30, 200] }
        };
        let strength = gradient(&picture(60, 40, pixels(60, 40, step)));
        for y in 0..40 {
            let row: Vec<f32> = (0..60).map(|x| strength.at(x, y)).collect();
            // The step lies between 29 and 30, which are equally strong.
            assert!(row[29] > 0.99 && row[30] > 0.99, "{row:?}");
            // Far from it, at most the tail of the coarsest scale.
            let far = |x: usize| x.abs_diff(29) > 12;
            let tail = |(x, &v): (usize, &f32)| v <= row[29] + 1e-3 && (!far(x) || v < 0.05);
            assert!(row.iter().enumerate().all(tail), "{row:?}");
        }
    }

    #[test]
    fn equal_lightness_does_not_hide_an_edge() {
        // Both of L* 60 within a unit, by affetti_picture::color::lab.
        let step = |x, _| {
            if x < 20 {
                [236, 100, 100]
            } else {
                [20, 160, 60]
            }
        };
        let strength = gradient(&picture(40, 40, pixels(40, 40, step)));
        assert!(strength.at(20, 20) > 0.9);
    }

    #[test]
    fn faint_noise_stays_faint() {
        // One level up or down, as compression leaves it.
        let faint = noise(64, 64, 5)
            .into_iter()
            .map(|v| 128 + (v & 1))
            .collect();
        let strength = gradient(&picture(64, 64, faint));
        let mean = strength.values().iter().sum::<f32>() / (64.0 * 64.0);
        assert!(mean < 0.8, "{mean}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn strengths_are_of_0_to_1(width in 1_u32..40, height in 1_u32..40, seed in any::<u64>()) {
            let strength = gradient(&picture(width, height, noise(width, height, seed)));
            prop_assert_eq!(strength.size(), (width as usize, height as usize));
            prop_assert!(strength.check_edges().is_ok());
        }
    }

    #[test]
    fn percentile_by_hand() {
        let values: Vec<f32> = (0..=100).rev().map(|v| v as f32).collect();
        assert_eq!(percentile(&values, 0.99), 99.0);
        assert_eq!(percentile(&[3.0], 0.99), 3.0);
    }
}
