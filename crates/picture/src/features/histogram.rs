//! Soft histograms of color.
//!
//! What it computes: each pixel is shared between the two nearest bins of each axis, in proportion
//! to its nearness to their centers (linear interpolation).
//! Inputs: pixels in CIELAB, at least one.
//! Output: shares of the picture. `lab_histogram` and `lightness_histogram` sum to 1;
//! `hue_histogram` sums to the mean chroma over 100, so that a gray picture gives zeros and not a
//! hue of nothing.
//! Centers: L* in the joint histogram at 0, 33, 67, 100; a* and b* at -64, -32, 0, 32, 64, values
//! beyond count as the last; L* alone at 0, 14, 29, …, 100; hue at 0, 30, …, 330 degrees. An odd
//! count for a* and b* puts gray in the middle of a bin and not on a border.
//! Source: N. Dalal and B. Triggs 2005 for soft binning.

use crate::color::chroma_hue;

const LIGHTNESS_BINS: usize = 4;
const CHROMATIC_BINS: usize = 5;
/// Distance of the centers of a* and b*.
const CHROMATIC_STEP: f32 = 32.0;

/// Length of [`lab_histogram`]: index = (L* bin * 5 + a* bin) * 5 + b* bin.
pub(super) const LAB_LEN: usize = LIGHTNESS_BINS * CHROMATIC_BINS * CHROMATIC_BINS;
/// Length of [`lightness_histogram`], dark first.
pub(super) const LIGHTNESS_LEN: usize = 8;
/// Length of [`hue_histogram`], starting at the hue of pink-red (a* axis), counterclockwise.
pub(super) const HUE_LEN: usize = 12;

/// Joint histogram of L*, a* and b*.
pub(super) fn lab_histogram(labs: &[[f32; 3]]) -> [f32; LAB_LEN] {
    let mut counts = [0.0; LAB_LEN];
    for &[l, a, b] in labs {
        let l = split(l / 100.0 * (LIGHTNESS_BINS - 1) as f32, LIGHTNESS_BINS);
        let a = split(chromatic(a), CHROMATIC_BINS);
        let b = split(chromatic(b), CHROMATIC_BINS);
        for (l, l_part) in l {
            for (a, a_part) in a {
                for (b, b_part) in b {
                    let index = (l * CHROMATIC_BINS + a) * CHROMATIC_BINS + b;
                    counts[index] += f64::from(l_part * a_part * b_part);
                }
            }
        }
    }
    counts.map(|count| (count / labs.len() as f64) as f32)
}

/// Histogram of L*.
pub(super) fn lightness_histogram(labs: &[[f32; 3]]) -> [f32; LIGHTNESS_LEN] {
    let mut counts = [0.0; LIGHTNESS_LEN];
    for lab in labs {
        for (bin, part) in split(lab[0] / 100.0 * (LIGHTNESS_LEN - 1) as f32, LIGHTNESS_LEN) {
            counts[bin] += f64::from(part);
        }
    }
    counts.map(|count| (count / labs.len() as f64) as f32)
}

/// Histogram of hue, each pixel weighted by C*/100.
pub(super) fn hue_histogram(labs: &[[f32; 3]]) -> [f32; HUE_LEN] {
    let mut counts = [0.0; HUE_LEN];
    for &lab in labs {
        let [chroma, hue] = chroma_hue(lab);
        for (bin, part) in circular(hue / 360.0, HUE_LEN) {
            counts[bin] += f64::from(part * chroma / 100.0);
        }
    }
    counts.map(|count| (count / labs.len() as f64) as f32)
}

/// Place of an a* or b* in units of bins.
fn chromatic(value: f32) -> f32 {
    value / CHROMATIC_STEP + (CHROMATIC_BINS / 2) as f32
}

/// The two bins around a place in 0..=bins - 1, and the part that each gets.
fn split(place: f32, bins: usize) -> [(usize, f32); 2] {
    let place = place.clamp(0.0, (bins - 1) as f32);
    let low = (place as usize).min(bins.saturating_sub(2));
    let part = place - low as f32;
    [(low, 1.0 - part), (low + 1, part)]
}

/// The same on a circle: `turn` of 0..1 is a place between the last bin and the first, too.
pub(super) fn circular(turn: f32, bins: usize) -> [(usize, f32); 2] {
    let place = turn.rem_euclid(1.0) * bins as f32;
    let low = place as usize;
    let part = place - low as f32;
    [(low % bins, 1.0 - part), ((low + 1) % bins, part)]
}
