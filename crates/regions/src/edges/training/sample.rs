//! Pieces of photographs with their boundaries, varied.
//!
//! - **Computes** a square piece of a photograph that is mirrored, turned, scaled and recolored at
//!   random, and the annotators' bits of the same pixels.
//! - **Input** picture and masks, a random generator; **output** [`Sample`].
//! - **Source** usual practice. Colors change linearly: gain per channel, contrast, saturation.
//! - **Deviation** none. Beyond the border the picture is mirrored. Bits are taken from the nearest
//!   pixel: what lies between two of them means nothing.

use affetti_data::bsds::Masks;
use affetti_picture::Picture;
use fastrand::Rng;

use super::Augmentation;

/// One piece.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// `[side, side, 3]`, (v − 127) / 128.
    pub(super) pixels: Vec<f32>,
    /// `[side, side]`, bit k: annotator k.
    pub(super) bits: Vec<u8>,
}

/// Maps a place of the piece to one of the photograph.
struct Frame {
    center: [f64; 2],
    /// Step of one pixel to the right, and of one down.
    right: [f64; 2],
    down: [f64; 2],
}

impl Frame {
    fn random(
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

    /// The place of the photograph, in pixels from its corner, at the middle of a pixel.
    fn at(&self, x: usize, y: usize, side: usize) -> [f64; 2] {
        let middle = side as f64 / 2.0;
        let (u, v) = (x as f64 + 0.5 - middle, y as f64 + 0.5 - middle);
        std::array::from_fn(|i| self.center[i] + u * self.right[i] + v * self.down[i])
    }
}

/// A linear change of colors.
struct Recolor {
    gain: [f32; 3],
    offset: f32,
    saturation: f32,
}

impl Recolor {
    fn random(strength: f64, random: &mut Rng) -> Self {
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
    fn apply(&self, color: [f32; 3]) -> [f32; 3] {
        let gray = color.iter().sum::<f32>() / 3.0;
        std::array::from_fn(|c| {
            let v = gray + self.saturation * (color[c] - gray);
            (v * self.gain[c] + self.offset).clamp(-1.0, 1.0)
        })
    }
}

/// A random piece of `side` × `side` pixels.
pub(super) fn sample(
    picture: &Picture,
    masks: &Masks,
    side: usize,
    how: &Augmentation,
    random: &mut Rng,
) -> Sample {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let frame = Frame::random((width, height), side, how, random);
    let recolor = Recolor::random(how.color, random);
    let mut sample = Sample {
        pixels: Vec::with_capacity(3 * side * side),
        bits: Vec::with_capacity(side * side),
    };
    for y in 0..side {
        for x in 0..side {
            let [u, v] = frame.at(x, y, side);
            let column = mirror(u.floor() as i64, width);
            let row = mirror(v.floor() as i64, height);
            sample.bits.push(masks.bits[row * width + column]);
            let color = recolor.apply(between(picture, u - 0.5, v - 0.5));
            sample.pixels.extend(color);
        }
    }
    sample
}

/// The color between four pixels, (v − 127) / 128.
fn between(picture: &Picture, x: f64, y: f64) -> [f32; 3] {
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
fn mirror(place: i64, length: usize) -> usize {
    let period = 2 * length as i64;
    let place = place.rem_euclid(period) as usize;
    place.min(2 * length - 1 - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Augmentation = Augmentation {
        scale: [1.0, 1.0],
        turn: 0.0,
        color: 0.0,
    };

    fn example(width: usize, height: usize) -> (Picture, Masks) {
        let pixels = affetti_testkit::pixels(width as u32, height as u32, |x, y| {
            [(x * 7) as u8, (y * 5) as u8, 127]
        });
        let picture = Picture::new(width as u32, height as u32, pixels).expect("a picture");
        let bits = (0..width * height).map(|i| (i % width) as u8).collect();
        (picture, Masks { bits })
    }

    #[test]
    fn without_variation_pixels_and_bits_are_copied_together() {
        let (picture, masks) = example(32, 32);
        let mut random = Rng::with_seed(1);
        let (mut plain, mut mirrored) = (0, 0);
        for _ in 0..20 {
            let Sample { pixels, bits } = sample(&picture, &masks, 32, &STILL, &mut random);
            // Either as it is or mirrored; bits go with the red that grows to the right.
            for (pixel, &column) in pixels.chunks_exact(3).zip(&bits) {
                let red = (f32::from(column) * 7.0 - 127.0) / 128.0;
                assert!((pixel[0] - red.clamp(-1.0, 1.0)).abs() < 1e-5);
                assert!(pixel[2].abs() < 1e-6);
            }
            plain += usize::from(bits[0] == 0);
            mirrored += usize::from(bits[0] == 31);
        }
        assert!(plain > 0 && mirrored > 0 && plain + mirrored == 20);
    }

    #[test]
    fn every_variation_stays_in_range() {
        let (picture, masks) = example(20, 13);
        let how = Augmentation {
            scale: [0.2, 3.0],
            turn: 180.0,
            color: 1.0,
        };
        let mut random = Rng::with_seed(2);
        for _ in 0..20 {
            let piece = sample(&picture, &masks, 32, &how, &mut random);
            assert_eq!(
                (piece.pixels.len(), piece.bits.len()),
                (32 * 32 * 3, 32 * 32)
            );
            assert!(piece.pixels.iter().all(|v| (-1.0..=1.0).contains(v)));
        }
    }

    #[test]
    fn a_seed_decides() {
        let (picture, masks) = example(20, 13);
        let of = |seed| sample(&picture, &masks, 16, &STILL, &mut Rng::with_seed(seed));
        assert_eq!(of(3), of(3));
    }
}
