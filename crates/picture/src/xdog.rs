//! Extended difference of Gaussians: a picture as black lines on white.
//!
//! - **Computes** D = G(.8) − .98 · G(8), two Gaussians of the lightness; 1 where D < −.1, else
//!   1 + tanh(200 · D); spread to 0..=1 and cut in two by Otsu's threshold.
//! - **Input** red, green and blue of any range, row by row.
//! - **Output** one value a pixel: false on a line, true elsewhere; all true for a flat picture.
//! - **Source** H. Winnemöller, J. Kyprianidis and S. Olsen, "XDoG" (2012), with the settings that
//!   CLIPasso (Vinker et al. 2022) chooses; N. Otsu, "A Threshold Selection Method" (1979).
//! - **Deviations** what is darker than −.1 counts as white, as CLIPasso has it; in the paper only
//!   what is lighter than a threshold does. A dark face then has the middle value, and whether it is
//!   above Otsu's threshold may hang on a thousandth. A flat picture has no threshold and no line.

/// Deviation of the narrow Gaussian, and the wide one's over it.
const SIGMA: f64 = 0.8;
const RATIO: f64 = 10.0;
/// Share of the wide one that is taken off.
const SHARE: f64 = 0.98;
/// Below this is no line.
const DARKEST: f64 = -0.1;
const STEEPNESS: f64 = 200.0;
/// Gaussians end after so many deviations, as SciPy's do.
const REACH: f64 = 4.0;
/// scikit-image's weights of red, green and blue.
const LIGHTNESS: [f64; 3] = [0.2125, 0.7154, 0.0721];
const BINS: usize = 256;

/// Where the picture has no line; see the module.
///
/// # Panics
/// Where there is not one color a pixel, or no pixel.
#[must_use]
pub fn xdog(colors: &[[f32; 3]], width: usize, height: usize) -> Vec<bool> {
    assert!(
        !colors.is_empty() && colors.len() == width * height,
        "one color a pixel"
    );
    let gray = colors.iter().map(|c| {
        let parts = c.iter().zip(LIGHTNESS);
        parts.map(|(v, weight)| f64::from(*v) * weight).sum::<f64>()
    });
    let gray: Vec<f64> = gray.collect();
    let narrow = gaussian(&gray, width, height, SIGMA);
    let wide = gaussian(&gray, width, height, SIGMA * RATIO);
    let lines = narrow.iter().zip(&wide).map(|(narrow, wide)| {
        let difference = narrow - SHARE * wide;
        if difference < DARKEST {
            1.0
        } else {
            1.0 + (STEEPNESS * difference).tanh()
        }
    });
    let lines: Vec<f64> = lines.collect();
    let low = lines.iter().copied().fold(f64::INFINITY, f64::min);
    let high = lines.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Also for what is no number.
    if high.is_nan() || low.is_nan() || high - low <= 1e-12 {
        return vec![true; lines.len()];
    }
    let lines: Vec<f64> = lines.iter().map(|v| (v - low) / (high - low)).collect();
    let threshold = otsu(&lines);
    lines.iter().map(|v| *v >= threshold).collect()
}

/// Along rows and columns; beyond the border the picture is mirrored, its border pixel twice.
fn gaussian(values: &[f64], width: usize, height: usize, sigma: f64) -> Vec<f64> {
    let reach = (REACH * sigma + 0.5) as isize;
    let weights = (-reach..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp());
    let weights: Vec<f64> = weights.collect();
    let whole: f64 = weights.iter().sum();
    let mirrored = |at: isize, length: usize| {
        let turn = 2 * length as isize;
        let at = at.rem_euclid(turn);
        at.min(turn - 1 - at) as usize
    };
    let mut columns = vec![0.0; values.len()];
    for (i, out) in columns.iter_mut().enumerate() {
        let (x, y) = (i % width, (i / width) as isize);
        let taps = weights
            .iter()
            .zip(-reach..)
            .map(|(weight, off)| weight * values[mirrored(y + off, height) * width + x]);
        *out = taps.sum::<f64>() / whole;
    }
    let mut rows = vec![0.0; values.len()];
    for (i, out) in rows.iter_mut().enumerate() {
        let (x, start) = ((i % width) as isize, i / width * width);
        let taps = weights
            .iter()
            .zip(-reach..)
            .map(|(weight, off)| weight * columns[start + mirrored(x + off, width)]);
        *out = taps.sum::<f64>() / whole;
    }
    rows
}

/// The middle of the bin, of 256 over 0..=1, that parts the values with the largest variance
/// between the two classes.
fn otsu(values: &[f64]) -> f64 {
    let mut counts = [0.0; BINS];
    for v in values {
        counts[((v * BINS as f64) as usize).min(BINS - 1)] += 1.0;
    }
    let middle = |bin: usize| (bin as f64 + 0.5) / BINS as f64;
    let all: f64 = counts.iter().sum();
    let moment: f64 = (0..BINS).map(|bin| counts[bin] * middle(bin)).sum();
    let (mut below, mut moment_below) = (0.0, 0.0);
    let mut best = (f64::NEG_INFINITY, 0.0);
    for (bin, count) in counts.iter().enumerate().take(BINS - 1) {
        below += count;
        moment_below += count * middle(bin);
        let above = all - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let apart = moment_below / below - (moment - moment_below) / above;
        let between = below * above * apart * apart;
        if between > best.0 {
            best = (between, middle(bin));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_has_no_line() {
        for level in [0.0, 0.5, 1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(xdog(&[[level; 3]; 30], 6, 5), [true; 30], "{level}");
        }
        assert_eq!(xdog(&[[0.3; 3]], 1, 1), [true]);
    }

    #[test]
    fn a_step_has_a_thin_line_on_its_dark_side() {
        let (width, height) = (60, 20);
        let color = |i: usize| [if i % width < 30 { 0.45 } else { 0.55 }; 3];
        let colors: Vec<[f32; 3]> = (0..width * height).map(color).collect();
        let clear = xdog(&colors, width, height);
        for row in clear.chunks_exact(width) {
            let lines: Vec<usize> = (0..width).filter(|&x| !row[x]).collect();
            assert!(
                !lines.is_empty() && lines.iter().all(|&x| x < 30),
                "{lines:?}"
            );
            assert!(lines.contains(&29));
        }
    }

    #[test]
    fn the_threshold_parts_two_heaps() {
        // Bins 25 and 204: every threshold between them is as good, and the first wins.
        let values = [0.1, 0.1, 0.1, 0.8, 0.8];
        assert_eq!(otsu(&values), 25.5 / 256.0);
    }
}
