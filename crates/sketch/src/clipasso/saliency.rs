//! Where strokes begin: on lines that a vision transformer attends to.
//!
//! - **Computes** what the class token attends to, mean over heads and blocks, enlarged; 0 off the
//!   lines of the picture ([`xdog`]); a softmax of what is left over a temperature; places drawn by
//!   it without putting back.
//! - **Input** a photo, the transformer; **output** places in pixels.
//! - **Source** Vinker et al. (2022), section 3.3, as published: neither text nor mask nor the
//!   rollout of attention has any influence.
//! - **Deviations** none.

use affetti_nets::clip::{DEVIATION, MEAN, vit::ClipVit};
use affetti_picture::xdog;
use fastrand::Rng;

use super::{ClipassoSettings, Photo};
use crate::{cubic::Point, error::SketchError};

/// Of the bicubic enlargement, PyTorch's.
const CUBIC: f32 = -0.75;

pub(super) struct Saliency {
    side: usize,
    /// Chances that sum to 1.
    chances: Vec<f64>,
}

/// As the network wants its pictures.
pub(super) fn normalized(pixels: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let one = |p: &[f32; 3]| [0, 1, 2].map(|c| (p[c] - MEAN[c]) / DEVIATION[c]);
    pixels.iter().map(one).collect()
}

impl Saliency {
    pub(super) fn new(
        photo: &Photo,
        net: &ClipVit,
        settings: &ClipassoSettings,
    ) -> Result<Self, SketchError> {
        let side = photo.side;
        let colors = normalized(&photo.pixels);
        let seen = net.look(1, colors.as_flattened());
        let (row, tokens) = (net.shape().row(), net.shape().tokens());
        let mut small = vec![0.0_f32; row * row];
        for block in &seen.attention {
            let heads = (block.len() / tokens) as f32;
            let share = 1.0 / (heads * seen.attention.len() as f32);
            for head in block.chunks_exact(tokens) {
                // The first is the class's own.
                let sums = small.iter_mut().zip(&head[1..]);
                sums.for_each(|(sum, v)| *sum += share * v.max(0.0));
            }
        }
        let attention = spread(enlarged(&small, row, side));
        let lines = if settings.quirks.normalized_lines {
            xdog(&colors, side, side)
        } else {
            xdog(&photo.pixels, side, side)
        };
        let on_lines = attention.iter().zip(&lines);
        let map = on_lines.map(|(v, clear)| if *clear { 0.0 } else { *v });
        let map: Vec<f32> = map.collect();
        Self::from_map(&map, side, settings.temperature)
    }

    /// Chances by the softmax over what is above 0.
    fn from_map(map: &[f32], side: usize, temperature: f32) -> Result<Self, SketchError> {
        let largest = map.iter().copied().fold(0.0_f32, f32::max);
        let chance = |v: &f32| {
            if *v > 0.0 {
                f64::from((v - largest) / temperature).exp()
            } else {
                0.0
            }
        };
        let chances: Vec<f64> = map.iter().map(chance).collect();
        let whole: f64 = chances.iter().sum();
        if whole.is_nan() || whole <= 0.0 {
            return Err(SketchError::Nothing {
                reason: "the picture has no lines; is it blank?",
            });
        }
        Ok(Self {
            side,
            chances: chances.iter().map(|v| v / whole).collect(),
        })
    }

    /// `count` different places, in the order in which they are drawn.
    pub(super) fn draw(&self, count: usize, rng: &mut Rng) -> Result<Vec<Point>, SketchError> {
        // The largest of u^(1/chance) are a draw without putting back (Efraimidis & Spirakis 2006);
        // as logarithms, which do not underflow.
        let mut keys: Vec<(f64, usize)> = Vec::new();
        for (i, &chance) in self.chances.iter().enumerate() {
            if chance > 0.0 {
                keys.push(((1.0 - rng.f64()).ln() / chance, i));
            }
        }
        if keys.len() < count {
            return Err(SketchError::Nothing {
                reason: "the picture has fewer salient places than strokes; ask for fewer strokes",
            });
        }
        keys.sort_by(|a, b| b.0.total_cmp(&a.0));
        let place = |&(_, i): &(f64, usize)| [(i % self.side) as f32, (i / self.side) as f32];
        Ok(keys[..count].iter().map(place).collect())
    }
}

/// A square map of `from` a side to one of `to`, bicubic, centres between centres.
fn enlarged(map: &[f32], from: usize, to: usize) -> Vec<f32> {
    let taps = |i: usize| {
        let at = (i as f32 + 0.5) * from as f32 / to as f32 - 0.5;
        let low = at.floor();
        let off = at - low;
        let near = |x: f32| ((CUBIC + 2.0) * x - (CUBIC + 3.0)) * x * x + 1.0;
        let far = |x: f32| ((CUBIC * x - 5.0 * CUBIC) * x + 8.0 * CUBIC) * x - 4.0 * CUBIC;
        let weights = [far(off + 1.0), near(off), near(1.0 - off), far(2.0 - off)];
        let place = |k: isize| (low as isize - 1 + k).clamp(0, from as isize - 1) as usize;
        ([0, 1, 2, 3].map(place), weights)
    };
    let all: Vec<([usize; 4], [f32; 4])> = (0..to).map(taps).collect();
    let value = |i: usize| {
        let ((columns, across), (rows, down)) = (&all[i % to], &all[i / to]);
        let line = |row: usize| -> f32 {
            let parts = columns.iter().zip(across);
            parts.map(|(c, w)| w * map[row * from + c]).sum()
        };
        rows.iter().zip(down).map(|(row, w)| w * line(*row)).sum()
    };
    (0..to * to).map(value).collect()
}

/// To 0..=1; all 0 where all are the same.
fn spread(mut map: Vec<f32>) -> Vec<f32> {
    let low = map.iter().copied().fold(f32::INFINITY, f32::min);
    let high = map.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = (high - low).max(1e-12);
    map.iter_mut().for_each(|v| *v = (*v - low) / span);
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_differ_and_follow_the_chances() {
        // Two pixels of 1 and .7 and the rest 0: at τ = .3, e¹ : e⁰ for the first draw.
        let mut map = vec![0.0; 16];
        (map[5], map[10]) = (1.0, 0.7);
        let saliency = Saliency::from_map(&map, 4, 0.3).expect("a map");
        let mut rng = Rng::with_seed(3);
        let (mut first, draws) = (0, 4000);
        for _ in 0..draws {
            let places = saliency.draw(2, &mut rng).expect("two places");
            assert_ne!(places[0], places[1]);
            first += usize::from(places[0] == [1.0, 1.0]);
        }
        // e / (1 + e) = .731 ± three deviations of .007.
        let share = first as f64 / f64::from(draws);
        assert!((share - 0.731).abs() < 0.021, "{share}");
        assert!(saliency.draw(3, &mut rng).is_err());
        assert!(Saliency::from_map(&[0.0; 16], 4, 0.3).is_err());
    }

    #[test]
    fn enlarging_keeps_constants_and_centres() {
        assert!(
            enlarged(&[0.4; 9], 3, 12)
                .iter()
                .all(|v| (v - 0.4).abs() < 1e-6)
        );
        // An odd factor has a centre on each centre.
        let map: Vec<f32> = (0..9).map(|i| (i * i) as f32).collect();
        let large = enlarged(&map, 3, 9);
        for (i, v) in map.iter().enumerate() {
            let at = (3 * (i / 3) + 1) * 9 + 3 * (i % 3) + 1;
            assert!((large[at] - v).abs() < 1e-4, "{i}");
        }
        // A quarter of the way from 0 to 1 with a = −.75, by hand: the border repeats, so the taps are
        // 0, 0, 1, 1 at 1.25, .25, .75 and 1.75: 1.25 x³ − 2.25 x² + 1 at .75, and
        // −.75 x³ + 3.75 x² − 6 x + 3 at 1.75.
        let (near, far) = (0.261_718_75, -0.035_156_25);
        let row = enlarged(&[0.0, 1.0, 0.0, 1.0], 2, 4);
        assert!((row[1] - (near + far)).abs() < 1e-6, "{}", row[1]);
    }
}
