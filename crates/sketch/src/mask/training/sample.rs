//! Pictures with their maps, varied; and objects pasted on other grounds.
//!
//! - **Computes** a square of [`SIDE`] pixels of a squeezed picture, mirrored, turned, scaled and
//!   recolored at random, and the teacher's map of the same pixels. A composite takes the object of
//!   one picture, where the teacher is sure of it, to any place of another one: there the mask is
//!   known exactly, whatever the teacher would say.
//! - **Input** squeezed pictures with maps, a random generator; **output** [`Sample`].
//! - **Source** pasting: N. Xu et al., "Deep Image Matting" (2017), for data of this kind.
//! - **Deviation** the map is used as alpha once contrast has made it surer.

use affetti_nets::u2net::normal;
use affetti_picture::{Filter, Picture};
use affetti_train::augment::{Augmentation, Frame, Recolor, between};
use fastrand::Rng;

use super::super::{SIDE, examples::TeacherMap};
use crate::field::Field;

/// A squeezed picture with its map.
#[derive(Clone, Debug)]
pub(super) struct Taught {
    pub(super) picture: Picture,
    pub(super) map: Field,
    /// Whether the object can be cut out.
    pub(super) definite: bool,
    /// Left, top, right and bottom of the object, in pixels of the squeezed picture.
    bounds: [f32; 4],
}

impl Taught {
    pub(super) fn new(picture: &Picture, map: &TeacherMap) -> Self {
        let side = SIDE as u32;
        let small = picture.resize(side, side, Filter::Lanczos3);
        let field = Field::new(map.width, map.height, map.values.clone());
        let field = field.resized(SIDE, SIDE);
        let mut bounds = [SIDE as f32, SIDE as f32, 0.0, 0.0];
        for (i, v) in field.values.iter().enumerate() {
            if *v >= 0.5 {
                let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
                bounds = [
                    bounds[0].min(x),
                    bounds[1].min(y),
                    bounds[2].max(x + 1.0),
                    bounds[3].max(y + 1.0),
                ];
            }
        }
        Self {
            picture: small,
            definite: map.is_definite(),
            map: field,
            bounds,
        }
    }
}

/// What the network sees, and what it should say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// `[SIDE, SIDE, 3]`, as the network wants it.
    pub(super) pixels: Vec<f32>,
    /// `[SIDE, SIDE]`, 0..=1.
    pub(super) chances: Vec<f32>,
}

/// A varied piece of one picture.
pub(super) fn sample(taught: &Taught, how: &Augmentation, random: &mut Rng) -> Sample {
    prepared(piece(taught, how, random))
}

/// The same with colors of 0..=1.
fn piece(taught: &Taught, how: &Augmentation, random: &mut Rng) -> Sample {
    let frame = Frame::random((SIDE, SIDE), SIDE, how, random);
    let recolor = Recolor::random(how.color, random);
    let mut sample = Sample {
        pixels: Vec::with_capacity(3 * SIDE * SIDE),
        chances: Vec::with_capacity(SIDE * SIDE),
    };
    for i in 0..SIDE * SIDE {
        let [u, v] = frame.at(i % SIDE, i / SIDE, SIDE).map(|place| place - 0.5);
        let color = recolor.apply(between(&taught.picture, u, v));
        sample.pixels.extend(unit(color));
        sample.chances.push(taught.map.between(u as f32, v as f32));
    }
    sample
}

/// A color, (v − 127) / 128 with v in 0..=255, as 0..=1.
fn unit(color: [f32; 3]) -> [f32; 3] {
    color.map(|v| ((128.0 * v + 127.0) / 255.0).clamp(0.0, 1.0))
}

/// Colors of 0..=1 as the network wants them: by the largest value of the whole, as
/// [`affetti_nets::u2net::prepare`] does it.
fn prepared(mut sample: Sample) -> Sample {
    let largest = sample.pixels.iter().copied().fold(1.0 / 255.0, f32::max);
    for (n, v) in sample.pixels.iter_mut().enumerate() {
        *v = normal(n % 3, *v / largest);
    }
    sample
}

/// The object of `taught` somewhere on a piece of `ground`.
pub(super) fn composite(
    taught: &Taught,
    ground: &Taught,
    how: &Augmentation,
    random: &mut Rng,
) -> Sample {
    let mut sample = piece(ground, how, random);
    sample.chances.fill(0.0);
    let recolor = Recolor::random(0.5 * how.color, random);
    let [left, top, right, bottom] = taught.bounds;
    let (width, height) = ((right - left).max(1.0), (bottom - top).max(1.0));
    let side = SIDE as f32;
    // The object's longer side becomes .3 to .9 of the picture's.
    let scale = side * (0.3 + 0.6 * random.f32()) / width.max(height);
    let mut place = |size: f32| (side - scale * size) * random.f32();
    let (x0, y0) = (place(width), place(height));
    let flip = random.bool();
    for (i, chance) in sample.chances.iter_mut().enumerate() {
        let x = ((i % SIDE) as f32 + 0.5 - x0) / scale;
        let y = ((i / SIDE) as f32 + 0.5 - y0) / scale;
        let edge = 2.0;
        if !(-edge..width + edge).contains(&x) || !(-edge..height + edge).contains(&y) {
            continue;
        }
        let x = if flip { width - x } else { x };
        let (u, v) = (left + x - 0.5, top + y - 0.5);
        // Half sure becomes a half, .3 nothing and .7 all.
        let alpha = ((taught.map.between(u, v) - 0.3) / 0.4).clamp(0.0, 1.0);
        if alpha <= 0.0 {
            continue;
        }
        *chance = alpha;
        let color = unit(recolor.apply(between(&taught.picture, f64::from(u), f64::from(v))));
        for (below, above) in sample.pixels[3 * i..3 * i + 3].iter_mut().zip(color) {
            *below += alpha * (above - *below);
        }
    }
    prepared(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Augmentation = Augmentation {
        scale: [1.0, 1.0],
        turn: 0.0,
        color: 0.0,
    };

    /// A red square of a sixteenth of the area on blue.
    fn taught() -> Taught {
        let inside = |x: u32, y: u32| (24..48).contains(&x) && (24..48).contains(&y);
        let color = |x, y| {
            if inside(x, y) {
                [255, 0, 0]
            } else {
                [0, 0, 255]
            }
        };
        let pixels = affetti_testkit::pixels(96, 96, color);
        let picture = Picture::new(96, 96, pixels).expect("a picture");
        let values = (0..96 * 96).map(|i| f32::from(u8::from(inside(i % 96, i / 96))));
        let map = TeacherMap {
            width: 96,
            height: 96,
            values: values.collect(),
        };
        Taught::new(&picture, &map)
    }

    #[test]
    fn a_still_piece_is_what_the_network_sees_of_the_picture() {
        // Nothing is brighter than 180, which becomes 1.
        let color = |x: u32, y: u32| [(x * 180 / 95) as u8, (y * 120 / 95) as u8, 60];
        let pixels = affetti_testkit::pixels(96, 96, color);
        let mut still = taught();
        still.picture = Picture::new(96, 96, pixels).expect("a picture");
        let seen = affetti_nets::u2net::prepare(&still.picture);
        still.picture =
            still
                .picture
                .resize(SIDE as u32, SIDE as u32, affetti_picture::Filter::Lanczos3);
        let mut random = Rng::with_seed(5);
        // Mirrored by chance: one of the two is as it is.
        let mut as_it_is = || {
            (0..8).any(|_| {
                let Sample { pixels, .. } = sample(&still, &STILL, &mut random);
                let mut pairs = pixels.iter().zip(&seen);
                pairs.all(|(a, b)| (a - b).abs() < 0.05)
            })
        };
        assert!(as_it_is());
    }

    #[test]
    fn map_and_picture_move_together() {
        let how = Augmentation {
            scale: [0.8, 1.2],
            turn: 20.0,
            color: 0.0,
        };
        let mut random = Rng::with_seed(3);
        for _ in 0..5 {
            let Sample { pixels, chances } = sample(&taught(), &how, &mut random);
            for (pixel, chance) in pixels.chunks_exact(3).zip(&chances) {
                // Red goes from 0 to 1 as the chance does; the two were squeezed by different
                // filters, which differ at the border alone.
                let red = (pixel[0] - normal(0, 0.0)) / (normal(0, 1.0) - normal(0, 0.0));
                assert!((red - chance).abs() < 0.3, "{red} {chance}");
            }
            assert!(chances.iter().sum::<f32>() > 4000.0);
        }
    }

    #[test]
    fn an_object_is_pasted_with_its_mask() {
        let object = taught();
        assert!(object.definite);
        let mut ground = taught();
        ground.picture = Picture::new(320, 320, vec![0; 3 * 320 * 320]).expect("a picture");
        let mut random = Rng::with_seed(4);
        for _ in 0..5 {
            let Sample { pixels, chances } = composite(&object, &ground, &STILL, &mut random);
            let area = chances.iter().sum::<f32>() / (SIDE * SIDE) as f32;
            assert!((0.08..0.85).contains(&area), "{area}");
            // Picture and mask are squeezed by different filters: the rim of the object, up to a
            // tenth of its pixels, may be in the one and not quite in the other.
            let inside = |chance: f32| chance > 0.999;
            let count = |wanted: &dyn Fn(f32, f32) -> bool| {
                let pairs = pixels.chunks_exact(3).zip(&chances);
                pairs.filter(|(p, c)| wanted(p[0], **c)).count()
            };
            let object = count(&|_, chance| inside(chance));
            let dark = count(&|red, chance| inside(chance) && red < normal(0, 0.75));
            assert!(dark * 10 <= object, "{dark} of {object}");
            assert!(count(&|red, chance| inside(chance) && red < normal(0, 0.5)) == 0);
            assert_eq!(
                count(&|red, chance| chance == 0.0 && red >= normal(0, 0.05)),
                0
            );
        }
    }
}
