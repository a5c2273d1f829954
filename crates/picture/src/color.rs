//! Color spaces: sRGB, linear light, CIELAB, LCh and HSV.
//!
//! What it computes: conversions of single colors, in `f32`.
//! Inputs: sRGB as `[u8; 3]` of 0..=255, other spaces in the units named at each function.
//! Sources: IEC 61966-2-1 for the transfer curve; B. Lindbloom's sRGB matrix (D65) and CIE 15 for
//! CIELAB; A. R. Smith 1978 for HSV. The white of CIELAB is the matrix's own (sum of each row), so
//! that grays have a = b = 0 within rounding.
//! Deviations: none. Numbers are checked against `peers/picture_resize.py`.
//!
//! ```
//! use affetti_picture::color::{lab, srgb_from_lab};
//! let [l, a, b] = lab([255, 0, 0]);
//! assert!((l - 53.24).abs() < 0.01 && (a - 80.09).abs() < 0.01 && (b - 67.20).abs() < 0.01);
//! assert_eq!(srgb_from_lab([l, a, b]), [255, 0, 0]);
//! ```

use std::sync::LazyLock;

/// Linear sRGB to CIE XYZ, white at Y = 1.
const XYZ_FROM_RGB: [[f32; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192, 0.950_304_1],
];

/// CIE XYZ to linear sRGB: the inverse of the matrix above, as Lindbloom prints it.
const RGB_FROM_XYZ: [[f32; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266, 1.876_010_8, 0.041_556_0],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];

/// XYZ of sRGB white: the row sums of the matrix.
const WHITE: [f32; 3] = [0.950_47, 1.000_000_1, 1.088_83];

/// CIE 15: below this ratio to white, CIELAB's cube root becomes a line.
const EPSILON: f32 = 216.0 / 24_389.0;
/// CIE 15: slope of that line, times 116.
const KAPPA: f32 = 24_389.0 / 27.0;

/// Linear light of the 256 levels; a table, because a power per sample would dominate everything
/// that works on Lab.
static LINEAR: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|level| linear_from_srgb(level as f32 / 255.0)));

/// Linear light of an sRGB sample; both 0..=1.
#[must_use]
pub fn linear_from_srgb(sample: f32) -> f32 {
    if sample <= 0.04045 {
        sample / 12.92
    } else {
        ((sample + 0.055) / 1.055).powf(2.4)
    }
}

/// sRGB sample of linear light; both 0..=1. The inverse of [`linear_from_srgb`].
#[must_use]
pub fn srgb_from_linear(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// Linear light of the three samples of a color, each 0..=1.
#[must_use]
pub fn linear(color: [u8; 3]) -> [f32; 3] {
    let table = &*LINEAR;
    color.map(|sample| table[usize::from(sample)])
}

/// Relative luminance (Y of CIE XYZ), from 0 for black to 1 for white.
#[must_use]
pub fn relative_luminance(color: [u8; 3]) -> f32 {
    dot(XYZ_FROM_RGB[1], linear(color)).min(1.0)
}

/// CIELAB of a color, D65: L* of 0..=100, a* and b* of about -108..=99.
#[must_use]
pub fn lab(color: [u8; 3]) -> [f32; 3] {
    let linear = linear(color);
    let f: [f32; 3] = std::array::from_fn(|i| {
        let ratio = dot(XYZ_FROM_RGB[i], linear) / WHITE[i];
        if ratio > EPSILON {
            ratio.cbrt()
        } else {
            (KAPPA * ratio + 16.0) / 116.0
        }
    });
    [
        116.0 * f[1] - 16.0,
        500.0 * (f[0] - f[1]),
        200.0 * (f[1] - f[2]),
    ]
}

/// The sRGB color nearest to a CIELAB color, D65. What lies outside of sRGB is clipped sample by
/// sample.
#[must_use]
pub fn srgb_from_lab(lab: [f32; 3]) -> [u8; 3] {
    let y = (lab[0] + 16.0) / 116.0;
    let f = [y + lab[1] / 500.0, y, y - lab[2] / 200.0];
    let xyz: [f32; 3] = std::array::from_fn(|i| {
        let cube = f[i].powi(3);
        WHITE[i]
            * if cube > EPSILON {
                cube
            } else {
                (116.0 * f[i] - 16.0) / KAPPA
            }
    });
    RGB_FROM_XYZ.map(|row| level(srgb_from_linear(dot(row, xyz))))
}

/// Chroma C* and hue h of CIELAB: the radius of (a*, b*), and its angle in degrees of 0..360. The
/// hue of a gray is 0.
#[must_use]
pub fn chroma_hue(lab: [f32; 3]) -> [f32; 2] {
    let [_, a, b] = lab;
    let hue = if a == 0.0 && b == 0.0 {
        0.0
    } else {
        b.atan2(a).to_degrees()
    };
    // A tiny negative angle plus 360 rounds to 360 itself.
    let hue = if hue < 0.0 { hue + 360.0 } else { hue };
    [a.hypot(b), if hue >= 360.0 { 0.0 } else { hue }]
}

/// Distance of two CIELAB colors: ΔE*ab of 1976, 0 for equal ones; 2.3 is about just noticeable.
#[must_use]
pub fn delta_e(one: [f32; 3], other: [f32; 3]) -> f32 {
    (0..3)
        .map(|i| (one[i] - other[i]).powi(2))
        .sum::<f32>()
        .sqrt()
}

/// HSV of a color: hue in degrees of 0..360 (0 for grays), saturation and value of 0..=1.
#[must_use]
pub fn hsv(color: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = color.map(f32::from);
    let value = r.max(g).max(b);
    let range = value - r.min(g).min(b);
    if range == 0.0 {
        return [0.0, 0.0, value / 255.0];
    }
    let sixth = if value == r {
        (g - b) / range
    } else if value == g {
        2.0 + (b - r) / range
    } else {
        4.0 + (r - g) / range
    };
    [
        (60.0 * sixth).rem_euclid(360.0),
        range / value,
        value / 255.0,
    ]
}

/// The color of an HSV triple, the inverse of [`hsv`]. Hue may be any number of degrees;
/// saturation and value are clamped to 0..=1.
#[must_use]
pub fn srgb_from_hsv(hsv: [f32; 3]) -> [u8; 3] {
    let [hue, saturation, value] = [
        hsv[0] / 60.0,
        hsv[1].clamp(0.0, 1.0),
        hsv[2].clamp(0.0, 1.0),
    ];
    // The closed form: each channel is the same trapezoid, shifted by a third of the circle.
    [5.0, 3.0, 1.0].map(|shift| {
        let k = (shift + hue).rem_euclid(6.0);
        level(value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0))
    })
}

/// The nearest of 256 levels to a sample of 0..=1; outside of it, the end.
fn level(sample: f32) -> u8 {
    // Rounded and clamped by `as` itself, which also takes NaN to 0.
    (sample * 255.0).round() as u8
}

fn dot(row: [f32; 3], column: [f32; 3]) -> f32 {
    row[0] * column[0] + row[1] * column[1] + row[2] * column[2]
}
