//! What the tests of several rooms share: reproducible values, generated pictures, the place of
//! the data sets, and comparisons within a tolerance.
//!
//! It knows no room but the ground floor, so that every room can use it, in unit tests too: pictures are plain bytes,
//! red, green and blue of each pixel, row by row from the left top.

use std::{
    env,
    path::{Path, PathBuf},
};

use affetti_ground::SplitMix64;

/// An endless, reproducible series of values in −1..1 from [`SplitMix64`].
///
/// ```
/// use affetti_testkit::Values;
/// let mut values = Values::new(7);
/// let weights = values.many(3);
/// assert!(weights.iter().all(|w| (-1.0..1.0).contains(w)));
/// assert_eq!(weights, Values::new(7).take(3).collect::<Vec<f32>>());
/// ```
#[derive(Clone, Debug)]
pub struct Values(SplitMix64);

impl Values {
    /// The series of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// The next `count` values.
    pub fn many(&mut self, count: usize) -> Vec<f32> {
        self.take(count).collect()
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.bits()
    }
}

impl Iterator for Values {
    type Item = f32;

    /// Never `None`. The upper 24 bits are what an `f32` holds exactly.
    fn next(&mut self) -> Option<f32> {
        Some((self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0)
    }
}

/// The pixels of a picture whose color at column `x` and row `y` is `color(x, y)`.
///
/// ```
/// assert_eq!(affetti_testkit::pixels(2, 1, |x, _| [x as u8, 0, 9]), [0, 0, 9, 1, 0, 9]);
/// ```
#[must_use]
pub fn pixels(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    places.flat_map(|(x, y)| color(x, y)).collect()
}

/// Red grows to the right and green downwards: a picture that every coder keeps well.
#[must_use]
pub fn smooth(width: u32, height: u32) -> Vec<u8> {
    let level = |at: u32, side: u32| (u64::from(at) * 255 / u64::from(side.max(1))) as u8;
    pixels(width, height, |x, y| {
        [level(x, width), level(y, height), 90]
    })
}

/// Noise, which no coder makes small.
#[must_use]
pub fn noise(width: u32, height: u32, seed: u64) -> Vec<u8> {
    let mut values = Values::new(seed);
    let count = width as usize * height as usize * 3;
    (0..count).map(|_| (values.bits() >> 56) as u8).collect()
}

/// The workspace root, in which cargo puts this crate two folders deep.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// A file or folder of the data sets: below `AFFETTI_DATA`, else below `../shared/data` beside the
/// workspace. Where it is missing, a line that begins with `skipped:` is printed and the test that
/// asked has to return.
#[must_use]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub fn data(name: &str) -> Option<PathBuf> {
    let root = env::var_os("AFFETTI_DATA")
        .map_or_else(|| workspace().join("../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

/// Asserts that |`found` − `expected`| ≤ `tolerance`; NaN is close to nothing.
///
/// # Panics
/// Where it is not so.
#[track_caller]
pub fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let close = (found - expected).abs() <= tolerance;
    assert!(close, "{found} is not {expected} ± {tolerance:e}");
}

/// [`assert_close`] for each pair of two lists of one length.
///
/// # Panics
/// Where lengths or values differ, naming the first place.
#[track_caller]
pub fn assert_all_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "lengths differ");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let close = (found - expected).abs() <= tolerance;
        assert!(close, "at {i}: {found} is not {expected} ± {tolerance:e}");
    }
}

/// Largest |ours − theirs| over the largest |theirs|: the measure of the parity tests. NaN where a
/// value is, and for lists of different lengths, so that no bar accepts them.
#[must_use]
pub fn relative_difference(ours: &[f32], theirs: &[f32]) -> f32 {
    if ours.len() != theirs.len() {
        return f32::NAN;
    }
    // `f32::max` would drop a NaN.
    let larger = |m: f32, v: f32| if v > m || v.is_nan() { v } else { m };
    let largest = theirs.iter().fold(0.0, |m, v| larger(m, v.abs()));
    let pairs = ours.iter().zip(theirs);
    let off = pairs.fold(0.0, |m, (a, b)| larger(m, (a - b).abs()));
    if off == 0.0 { 0.0 } else { off / largest }
}

/// −1..1 from a hash of the place, in exact integers: no side rounds differently.
#[must_use]
pub fn uniform(name: &str, count: usize) -> Vec<f64> {
    let seed = name.bytes().fold(0_u32, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let value = |i: usize| {
        let mut h = (i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed);
        h ^= h >> 15;
        h = h.wrapping_mul(2_246_822_519);
        h ^= h >> 13;
        f64::from(h >> 8) / f64::from(1 << 23) - 1.0
    };
    (0..count).map(value).collect()
}

/// The weight `name` of a network in `peers/closed.py`: by its kind and shape, variances and scales around
/// 1, matrices of He's deviation, the rest up to 0.3.
#[must_use]
pub fn closed_form(name: &str, shape: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let (scale, shift) = if name.ends_with("running_var") {
        (0.5, 1.0)
    } else if name.ends_with("weight") && shape.len() == 1 {
        (0.2, 1.0)
    } else if name.ends_with("weight") {
        ((6.0 / (count / shape[0]) as f64).sqrt(), 0.0)
    } else {
        (0.3, 0.0)
    };
    uniform(name, count)
        .into_iter()
        .map(|v| (shift + v * scale) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_three_bytes_a_pixel() {
        assert_eq!(smooth(5, 4).len(), 60);
        assert_eq!(noise(5, 4, 1).len(), 60);
        assert_ne!(noise(5, 4, 1), noise(5, 4, 2));
        assert!(smooth(0, 4).is_empty());
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(workspace().join("crates/testkit/src/lib.rs").is_file());
    }

    #[test]
    fn differences_are_seen() {
        assert!((relative_difference(&[1.0, 2.0], &[1.0, 4.0]) - 0.5).abs() < 1e-6);
        assert_eq!(relative_difference(&[0.0], &[0.0]), 0.0);
        assert!(relative_difference(&[1.0], &[1.0, 2.0]).is_nan());
        assert!(relative_difference(&[f32::NAN, 1.0], &[1.0, 1.0]).is_nan());
        assert!(relative_difference(&[1.0, 1.0], &[f32::NAN, 1.0]).is_nan());
        assert!(std::panic::catch_unwind(|| assert_close(f64::NAN, 1.0, 9.0)).is_err());
        assert!(std::panic::catch_unwind(|| assert_all_close(&[1.0], &[1.5], 0.4)).is_err());
    }
}
