//! Measures: four numbers and a palette that people can check with their own eyes.
//!
//! What it computes: means and spreads of color over the picture.
//! Inputs: a picture of any size; the work is done on a copy of at most 128 pixels a side, made
//! with the bilinear filter, so that it takes milliseconds and does not depend on resolution.
//! Output: see the fields of [`Measures`]; the same picture gives the same numbers.
//! Sources: L.-C. Ou, M. R. Luo, A. Woodcock and A. Wright, "A study of colour emotion and colour
//! preference, part I", Color Research & Application 29 (2004), for warmth: warm-cool =
//! -0.5 + 0.02 C^1.07 cos(h - 50°). E. Peli, "Contrast in complex images" (1990), for contrast as
//! the root mean square.
//! Deviations: warmth leaves the constant out, so that gray is 0, takes the mean over pixels and
//! then its hyperbolic tangent, so that it lies in -1..1; contrast is of L* and not of luminance,
//! which is closer to what is seen. Saturation is the mean of HSV's S weighted by V: plain S is
//! noise in the dark, where (1, 0, 0) counts as fully saturated.
//!
//! ```
//! use affetti_picture::{Picture, measures};
//! let sea = Picture::new(2, 1, vec![20, 90, 160, 30, 120, 180])?;
//! assert!(measures(&sea).warmth < -0.2);
//! # Ok::<(), affetti_picture::PictureError>(())
//! ```

use serde::Serialize;

use crate::{
    color::{chroma_hue, lab},
    palette::{Swatch, palette},
    picture::Picture,
    resize::Filter,
};

/// Longest side of the copy that is measured, in pixels.
pub(crate) const WORKING_SIDE: u32 = 128;

/// Exponent, factor and axis (degrees of CIELAB hue, an orange) of Ou et al.'s warm-cool scale.
const WARM: (f32, f32, f32) = (1.07, 0.02, 50.0);

/// Color of a picture in numbers; see the head of this file for the definitions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// From -1 (cool: blues) over 0 (gray, or balanced) to 1 (warm: oranges and reds).
    pub warmth: f32,
    /// From 0 (grays) to 1 (pure colors). Black is 0.
    pub saturation: f32,
    /// Mean lightness L*/100, from 0 (black) to 1 (white).
    pub brightness: f32,
    /// Standard deviation of L* over 50, from 0 (flat) to 1 (half black, half white).
    pub contrast: f32,
    /// One to five colors, largest share first; a picture with fewer distinct colors has fewer.
    pub palette: Vec<Swatch>,
}

/// Measures a picture.
#[must_use]
pub fn measures(picture: &Picture) -> Measures {
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let labs: Vec<[f32; 3]> = small.colors().iter().copied().map(lab).collect();
    let (brightness, deviation) = mean_and_deviation(labs.iter().map(|lab| lab[0]));
    Measures {
        warmth: warmth(&labs),
        saturation: saturation(small.colors()),
        brightness: (brightness / 100.0).clamp(0.0, 1.0),
        contrast: (deviation / 50.0).clamp(0.0, 1.0),
        palette: palette(small.colors()),
    }
}

/// Warmth of pixels in CIELAB, -1..1.
pub(crate) fn warmth(labs: &[[f32; 3]]) -> f32 {
    let (exponent, factor, axis) = WARM;
    let warm = labs.iter().map(|&lab| {
        let [chroma, hue] = chroma_hue(lab);
        factor * chroma.powf(exponent) * (hue - axis).to_radians().cos()
    });
    mean_and_deviation(warm).0.tanh()
}

/// Mean HSV saturation weighted by value: the sum of max - min over the sum of max, 0..=1.
pub(crate) fn saturation(colors: &[[u8; 3]]) -> f32 {
    let (mut ranges, mut values) = (0_u64, 0_u64);
    for color in colors {
        let [r, g, b] = color.map(u64::from);
        let value = r.max(g).max(b);
        ranges += value - r.min(g).min(b);
        values += value;
    }
    if values == 0 {
        0.0
    } else {
        (ranges as f64 / values as f64) as f32
    }
}

/// Mean and standard deviation (of the population) of some numbers; 0 and 0 of none.
pub(crate) fn mean_and_deviation(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let count = values.clone().count();
    if count == 0 {
        return (0.0, 0.0);
    }
    // Two passes in f64: the sums of squares of a one-pass formula cancel on flat pictures.
    let mean = values.clone().map(f64::from).sum::<f64>() / count as f64;
    let squares = values
        .map(|value| (f64::from(value) - mean).powi(2))
        .sum::<f64>();
    (mean as f32, (squares / count as f64).sqrt() as f32)
}
