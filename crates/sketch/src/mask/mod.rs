//! The object of a picture: which pixels belong to what stands out.
//!
//! - **Computes** the chance of every pixel to belong to the object, by the network of
//!   [`affetti_nets::u2net`], stretched to 0..=1; then bits that are small beside the largest one are dropped.
//! - **Input** a picture of any size, squeezed to [`SIDE`] squared.
//! - **Output** one value a pixel, 0..=255, 128 and more is the object: what
//!   [`Scene::new`](crate::Scene::new) takes as alpha.
//! - **Source** X. Qin et al., "U2-Net" (2020): the network, the start of its weights and the teacher.
//! - **Weights** `mask-1` of this project.
//!
//! | step | where |
//! |---|---|
//! | pictures, and the teacher's maps of them | [`examples`] |
//! | agreement with the teacher | [`evaluate`](fn@evaluate) |
//! | `affetti train mask` | `training` (feature `train`) |

mod evaluate;
pub mod examples;
#[cfg(feature = "train")]
pub mod training;

use affetti_nets::u2net::{U2Net, Weights, prepare};
use affetti_picture::Picture;
use affetti_weights::{registry, store};

use crate::{error::SketchError, field::Field};

pub use evaluate::{MaskFigure, MaskFigures, evaluate};

/// The network inside the program.
pub const EMBEDDED: &str = "mask-1";
/// Side of the square that the network sees, in pixels.
pub const SIDE: usize = affetti_nets::u2net::SIDE;
/// Where no chance is larger than this, nothing stands out.
const FAINT: f32 = 0.1;
/// Bits of less than this share of the largest one are dropped.
const BIT: f32 = 0.05;

/// The mask network.
#[derive(Debug)]
pub struct MaskNetwork {
    net: U2Net,
}

impl MaskNetwork {
    /// The embedded network, or the imported one of a build without weights.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn embedded() -> Result<Self, SketchError> {
        let card = registry::card(EMBEDDED)?;
        Self::from_bytes(&registry::weights(&card)?, &card.file)
    }

    /// The network of a weight file's bytes; `file` is named in messages.
    ///
    /// # Errors
    /// Damaged weights.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, SketchError> {
        let weights = Weights::from_tensors(store::from_bytes(bytes, file)?)?;
        Ok(Self::new(&weights))
    }

    /// The network of these weights.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        Self {
            net: U2Net::new(weights),
        }
    }

    /// The chance of every pixel of the squeezed picture, `[SIDE, SIDE]` in 0..=1. A network whose
    /// weights are no numbers finds nothing.
    #[must_use]
    pub fn chances(&self, picture: &Picture) -> Vec<f32> {
        self.chances_of(&prepare(picture))
    }

    /// The same of a picture that is prepared for the network, `[SIDE, SIDE, 3]`.
    pub(crate) fn chances_of(&self, pixels: &[f32]) -> Vec<f32> {
        let mut values = self.net.chances(pixels);
        for v in &mut values {
            *v = if *v >= 0.0 { v.min(1.0) } else { 0.0 };
        }
        stretch(&mut values);
        values
    }

    /// The object, one value a pixel of the picture. All below 128 where nothing stands out.
    #[must_use]
    pub fn alpha(&self, picture: &Picture) -> Vec<u8> {
        alpha_of(self.chances(picture), picture)
    }

    /// The same, of a picture that has an object.
    ///
    /// # Errors
    /// [`SketchError::Nothing`] where nothing stands out.
    pub fn object(&self, picture: &Picture) -> Result<Vec<u8>, SketchError> {
        let alpha = self.alpha(picture);
        if alpha.iter().all(|a| *a < 128) {
            return Err(SketchError::Nothing {
                reason: "no object stands out of its ground; --mask none draws all of the picture",
            });
        }
        Ok(alpha)
    }
}

/// The object, one value a pixel of the picture, from the chances of [`MaskNetwork::chances`].
pub(crate) fn alpha_of(mut chances: Vec<f32>, picture: &Picture) -> Vec<u8> {
    drop_bits(&mut chances, SIDE);
    let field = Field::new(SIDE, SIDE, chances);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let large = field.resized(width, height);
    large
        .values
        .iter()
        .map(|v| (v * 255.0).round() as u8)
        .collect()
}

/// Stretches to 0..=1, as is usual for this network; not where nothing stands out at all.
fn stretch(values: &mut [f32]) {
    let fold = |from: f32, pick: fn(f32, f32) -> f32| values.iter().copied().fold(from, pick);
    let (low, high) = (fold(1.0, f32::min), fold(0.0, f32::max));
    if high < FAINT {
        return;
    }
    values
        .iter_mut()
        .for_each(|v| *v = (*v - low) / (high - low).max(f32::EPSILON));
}

/// The picture with white where `alpha`, one value a pixel, is 0; unchanged where there are fewer
/// values than pixels.
#[must_use]
pub fn on_white(picture: &Picture, alpha: &[u8]) -> Picture {
    let pixels = picture.pixels().chunks_exact(3).zip(alpha);
    let white = pixels.flat_map(|(p, a)| {
        let a = u32::from(*a);
        [0, 1, 2].map(|c| ((u32::from(p[c]) * a + 255 * (255 - a)) / 255) as u8)
    });
    let made = Picture::new(picture.width(), picture.height(), white.collect());
    made.unwrap_or_else(|_| picture.clone())
}

/// Sets to zero what belongs to a connected part (of chances of a half and more) that is small
/// beside the largest part.
fn drop_bits(chances: &mut [f32], width: usize) {
    let mut part = vec![0_usize; chances.len()];
    let mut sizes = vec![0_usize];
    let mut stack = Vec::new();
    for start in 0..chances.len() {
        if chances[start] < 0.5 || part[start] > 0 {
            continue;
        }
        let name = sizes.len();
        sizes.push(0);
        part[start] = name;
        stack.push(start);
        while let Some(at) = stack.pop() {
            sizes[name] += 1;
            let (x, height) = (at % width, chances.len() / width);
            let sides = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (at >= width).then(|| at - width),
                (at / width + 1 < height).then(|| at + width),
            ];
            for next in sides.into_iter().flatten() {
                if chances[next] >= 0.5 && part[next] == 0 {
                    part[next] = name;
                    stack.push(next);
                }
            }
        }
    }
    let largest = sizes.iter().copied().max().unwrap_or(0);
    for (v, part) in chances.iter_mut().zip(part) {
        if part > 0 && (sizes[part] as f32) < BIT * largest as f32 {
            *v = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretching_by_hand() {
        let mut values = [0.1, 0.2, 0.5];
        stretch(&mut values);
        assert_eq!([values[0], values[2]], [0.0, 1.0]);
        assert!((values[1] - 0.25).abs() < 1e-6);
        let mut faint = [0.0, 0.05];
        stretch(&mut faint);
        assert_eq!(faint, [0.0, 0.05]);
        let mut even = [0.7; 3];
        stretch(&mut even);
        assert_eq!(even, [0.0; 3]);
        stretch(&mut []);
    }

    #[test]
    fn small_bits_are_dropped() {
        // A block of 6 × 5, one pixel beside it, and a faint rest that is no part of anything.
        let mut chances = vec![0.2; 100];
        for y in 0..5 {
            chances[10 * y..10 * y + 6].fill(0.9);
        }
        chances[88] = 0.8;
        drop_bits(&mut chances, 10);
        assert_eq!(chances[88], 0.0);
        assert_eq!(chances.iter().filter(|v| **v > 0.5).count(), 30);
        assert_eq!(chances[99], 0.2);
        // Two of about the same size stay.
        let mut chances = vec![0.0; 100];
        chances[0..4].fill(0.7);
        chances[50..53].fill(0.7);
        drop_bits(&mut chances, 10);
        assert_eq!(chances.iter().filter(|v| **v > 0.5).count(), 7);
        drop_bits(&mut [], 10);
    }
}
