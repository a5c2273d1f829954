//! Moments, percentiles and five summary impressions of color.
//!
//! What it computes and in which range:
//! - `moments`: mean and standard deviation of L*, a*, b* and C*, each over 100; the deviation of L*
//!   is the contrast;
//! - `lightness_percentiles`: L*/100 at 5, 25, 50, 75 and 95 percent;
//! - `impressions`: saturation 0..1 and warmth -1..1 as in [`measures`](crate::measures);
//!   colorfulness 0..about 1, gray to very colorful; activity -0.3..about 1, calm to active; hue
//!   concentration 0..1, all hues alike to one hue (0 for a gray picture, which has none).
//!
//! Inputs: pixels as sRGB and as CIELAB, at least one.
//! Sources: D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images" (2003), from
//! rg = R - G and yb = (R + G)/2 - B: sqrt(var rg + var yb) + 0.3 sqrt(mean rg² + mean yb²), here
//! over 150. L.-C. Ou et al. (2004), active-passive = -1.1 + 0.03 sqrt(C*² + ((L* - 50)/1.5)²), mean
//! over pixels, here over 4. K. V. Mardia, "Statistics of directional data" (1972), for the
//! concentration as the mean resultant length, pixels weighted by chroma.

use crate::{
    color::chroma_hue,
    measures::{mean_and_deviation, saturation, warmth},
};

/// Length of [`moments`].
pub(super) const MOMENTS_LEN: usize = 8;
/// Which percentiles, as parts of 1.
pub(super) const PERCENTILES: [f32; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Length of [`impressions`].
pub(super) const IMPRESSIONS_LEN: usize = 5;

/// Mean chroma below which a picture counts as gray and has no hue.
const GRAY_CHROMA: f64 = 0.01;

/// Means of L*, a*, b*, C*, then their deviations, all over 100.
pub(super) fn moments(labs: &[[f32; 3]]) -> [f32; MOMENTS_LEN] {
    let mut moments = [0.0; MOMENTS_LEN];
    for channel in 0..4 {
        let values = labs.iter().map(|lab| match lab.get(channel) {
            Some(&value) => value,
            None => lab[1].hypot(lab[2]),
        });
        let (mean, deviation) = mean_and_deviation(values);
        moments[channel] = mean / 100.0;
        moments[channel + 4] = deviation / 100.0;
    }
    moments
}

/// L*/100 at each of [`PERCENTILES`], linearly interpolated between the sorted pixels.
pub(super) fn lightness_percentiles(labs: &[[f32; 3]]) -> [f32; PERCENTILES.len()] {
    let mut sorted: Vec<f32> = labs.iter().map(|lab| lab[0]).collect();
    sorted.sort_by(f32::total_cmp);
    let last = sorted.len() - 1;
    PERCENTILES.map(|part| {
        let place = part * last as f32;
        let low = (place as usize).min(last);
        let high = (low + 1).min(last);
        let between = place - low as f32;
        (sorted[low] + (sorted[high] - sorted[low]) * between) / 100.0
    })
}

/// Saturation, warmth, colorfulness, activity, hue concentration.
pub(super) fn impressions(colors: &[[u8; 3]], labs: &[[f32; 3]]) -> [f32; IMPRESSIONS_LEN] {
    [
        saturation(colors),
        warmth(labs),
        colorfulness(colors),
        activity(labs),
        concentration(labs),
    ]
}

fn colorfulness(colors: &[[u8; 3]]) -> f32 {
    let opponents = colors.iter().map(|color| color.map(f32::from));
    let rg = mean_and_deviation(opponents.clone().map(|[r, g, _]| r - g));
    let yb = mean_and_deviation(opponents.map(|[r, g, b]| (r + g) / 2.0 - b));
    (rg.1.hypot(yb.1) + 0.3 * rg.0.hypot(yb.0)) / 150.0
}

fn activity(labs: &[[f32; 3]]) -> f32 {
    let active = labs.iter().map(|&[l, a, b]| {
        let chroma = a.hypot(b);
        -1.1 + 0.03 * chroma.hypot((l - 50.0) / 1.5)
    });
    mean_and_deviation(active).0 / 4.0
}

fn concentration(labs: &[[f32; 3]]) -> f32 {
    // The vector of a pixel's hue with its chroma as length is (a*, b*) itself.
    let (mut a_sum, mut b_sum, mut chroma_sum) = (0.0, 0.0, 0.0);
    for &lab in labs {
        a_sum += f64::from(lab[1]);
        b_sum += f64::from(lab[2]);
        chroma_sum += f64::from(chroma_hue(lab)[0]);
    }
    if chroma_sum / labs.len() as f64 <= GRAY_CHROMA {
        return 0.0;
    }
    (a_sum.hypot(b_sum) / chroma_sum).min(1.0) as f32
}
