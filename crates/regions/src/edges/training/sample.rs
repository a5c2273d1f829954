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
use affetti_train::augment::{Augmentation, Frame, Recolor, between, mirror};
use fastrand::Rng;

/// One piece.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// `[side, side, 3]`, (v − 127) / 128.
    pub(super) pixels: Vec<f32>,
    /// `[side, side]`, bit k: annotator k.
    pub(super) bits: Vec<u8>,
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
