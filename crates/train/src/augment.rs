//! Pieces of pictures, varied: what the trainings of maps (edges, masks) have in common.
//!
//! - **Computes** where the pixels of a square piece lie in a picture that is mirrored, turned and
//!   scaled at random, colors between pixels, and a random linear change of colors.
//! - **Input** sizes, a random generator; **output** places in pixels, colors as networks take them.
//! - **Source** usual practice. Colors change linearly: gain per channel, contrast, saturation.
//! - **Deviation** none. Beyond the border the picture is mirrored.

use affetti_picture::Picture;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// How pictures are varied; mirrored ones are half of all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Least and greatest enlargement.
    pub scale: [f64; 2],
    /// Greatest turn to either side, in degrees.
    pub turn: f64,
    /// Strength of the changes of color: 0 none, 1 strong.
    pub color: f64,
}

impl Augmentation {
    /// Whether all numbers are in range.
    ///
    /// # Errors
    /// The first that is not, in words.
    pub fn check(&self) -> Result<(), &'static str> {
        let [low, high] = self.scale;
        if !(low > 0.1 && high < 10.0 && low <= high) {
            return Err("augmentation.scale: two numbers between .1 and 10, the smaller first");
        }
        if !(0.0..=180.0).contains(&self.turn) {
            return Err("augmentation.turn: 0 to 180");
        }
        if !(0.0..=1.0).contains(&self.color) {
            return Err("augmentation.color: 0 to 1");
        }
        Ok(())
    }
}

/// Maps a place of the piece to one of the picture.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    center: [f64; 2],
    /// Step of one pixel to the right, and of one down.
    right: [f64; 2],
    down: [f64; 2],
}

impl Frame {
    /// A random one for a piece of `side` pixels of a picture of these sides.
    #[must_use]
    pub fn random(
        (width, height): (usize, usize),
        side: usize,
        how: &Augmentation,
        random: &mut Rng,
    ) -> Self {
        let [low, high] = how.scale;
        let scale = (low.ln() + (high.ln() - low.ln()) * random.f64()).exp();
        let angle = (2.0 * random.f64() - 1.0) * how.turn.to_radians();
        let flip = if random.bool() { 1.0 } else { -1.0 };
        let (sin, cos) = angle.sin_cos();
        // Anywhere as long as the unturned piece lies inside; else in the middle.
        let half = side as f64 / scale / 2.0;
        let mut place = |length: usize| {
            let room = (length as f64 - 2.0 * half).max(0.0);
            let start = (length as f64 - room) / 2.0;
            start + room * random.f64()
        };
        let center = [place(width), place(height)];
        Self {
            center,
            right: [flip * cos / scale, flip * sin / scale],
            down: [-sin / scale, cos / scale],
        }
    }

    /// The place of the picture, in pixels from its corner, at the middle of a pixel.
    #[must_use]
    pub fn at(&self, x: usize, y: usize, side: usize) -> [f64; 2] {
        let middle = side as f64 / 2.0;
        let (u, v) = (x as f64 + 0.5 - middle, y as f64 + 0.5 - middle);
        std::array::from_fn(|i| self.center[i] + u * self.right[i] + v * self.down[i])
    }
}

/// A linear change of colors.
#[derive(Clone, Copy, Debug)]
pub struct Recolor {
    gain: [f32; 3],
    offset: f32,
    saturation: f32,
}

impl Recolor {
    /// A random one; `strength` 0..=1.
    #[must_use]
    pub fn random(strength: f64, random: &mut Rng) -> Self {
        let mut around = |width: f64| (strength * width * (2.0 * random.f64() - 1.0)) as f32;
        let contrast = 1.0 + around(0.35);
        let gain = [around(0.15), around(0.15), around(0.15)].map(|g| contrast * (1.0 + g));
        let offset = around(0.25);
        let mut saturation = 1.0 + around(0.6);
        // Some pictures have no colors at all.
        if random.f64() < 0.1 * strength {
            saturation = 0.0;
        }
        Self {
            gain,
            offset,
            saturation,
        }
    }

    /// Values are about −1..=1 and stay there.
    #[must_use]
    pub fn apply(&self, color: [f32; 3]) -> [f32; 3] {
        let gray = color.iter().sum::<f32>() / 3.0;
        std::array::from_fn(|c| {
            let v = gray + self.saturation * (color[c] - gray);
            (v * self.gain[c] + self.offset).clamp(-1.0, 1.0)
        })
    }
}

/// The color between four pixels, (v − 127) / 128.
#[must_use]
pub fn between(picture: &Picture, x: f64, y: f64) -> [f32; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (left, top) = (x.floor(), y.floor());
    let (along, down) = ((x - left) as f32, (y - top) as f32);
    let columns = [left as i64, left as i64 + 1].map(|x| mirror(x, width));
    let rows = [top as i64, top as i64 + 1].map(|y| mirror(y, height));
    let at = |row: usize, column: usize, c: usize| {
        f32::from(picture.pixels()[3 * (row * width + column) + c])
    };
    std::array::from_fn(|c| {
        let line = |row: usize| {
            let (a, b) = (at(row, columns[0], c), at(row, columns[1], c));
            a + along * (b - a)
        };
        let (above, below) = (line(rows[0]), line(rows[1]));
        (above + down * (below - above) - 127.0) / 128.0
    })
}

/// The place inside of `0..length` that a place outside of it mirrors.
#[must_use]
pub fn mirror(place: i64, length: usize) -> usize {
    let period = 2 * length as i64;
    let place = place.rem_euclid(period) as usize;
    place.min(2 * length - 1 - place)
}
