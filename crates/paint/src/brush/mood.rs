//! Light and color of a feeling, for a picture that has content of its own.
//!
//! - **Computes** how the pictures that a generator paints for a feeling differ, in the mean and the spread of
//!   light and of two opponent colors, from those that it paints of the same noises for any.
//! - **Input** both sets of pictures; **output** a picture changed likewise.
//! - **Source** ours; Reinhard et al., "Color transfer between images" (2001), for moving means and spreads.
//! - **Deviations** opponent colors of sRGB values rather than of cone responses.

use affetti_picture::Picture;

/// Spreads change by so much at most.
const MOST: f32 = 1.6;

/// A change of light and color.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mood {
    shift: [f32; 3],
    scale: [f32; 3],
}

/// Light, red against green, blue against yellow.
fn opponent(p: [f32; 3]) -> [f32; 3] {
    let light = (p[0] + p[1] + p[2]) / 3.0;
    [light, p[0] - p[1], p[2] - (p[0] + p[1]) / 2.0]
}

/// Back from [`opponent`].
fn rgb([light, red, blue]: [f32; 3]) -> [f32; 3] {
    let b = light + 2.0 * blue / 3.0;
    let sum = 3.0 * light - b;
    [(sum + red) / 2.0, (sum - red) / 2.0, b]
}

/// Mean and deviation of the three numbers of a picture.
fn moments(picture: &Picture) -> [[f32; 2]; 3] {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let count = pixels.len().max(1) as f64;
    let mut sums = [[0.0_f64; 2]; 3];
    for pixel in pixels {
        let values = opponent(pixel.map(f32::from));
        for (sum, value) in sums.iter_mut().zip(values.map(f64::from)) {
            sum[0] += value / count;
            sum[1] += value * value / count;
        }
    }
    sums.map(|[mean, square]| [mean as f32, (square - mean * mean).max(0.0).sqrt() as f32])
}

impl Mood {
    /// What tells `felt` from `usual`.
    ///
    /// # Panics
    /// Without pictures: a bug of the caller.
    #[must_use]
    pub fn between(usual: &[Picture], felt: &[Picture]) -> Self {
        let mean = |pictures: &[Picture]| {
            let mut all = [[0.0_f32; 2]; 3];
            for picture in pictures {
                for (sum, found) in all.iter_mut().zip(moments(picture)) {
                    (0..2).for_each(|n| sum[n] += found[n] / pictures.len() as f32);
                }
            }
            all
        };
        let (from, to) = (mean(usual), mean(felt));
        let each = |of: &dyn Fn(usize) -> f32| [0, 1, 2].map(of);
        Self {
            shift: each(&|n| to[n][0] - from[n][0]),
            scale: each(&|n| (to[n][1] / from[n][1].max(1e-3)).clamp(1.0 / MOST, MOST)),
        }
    }

    /// The change made to a picture `strength` times: 0 leaves it as it is.
    #[must_use]
    pub fn given_to(&self, picture: &Picture, strength: f32) -> Picture {
        let mean = moments(picture).map(|[mean, _]| mean);
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let changed = |pixel: &[u8; 3]| {
            let values = opponent(pixel.map(f32::from));
            let values = [0, 1, 2].map(|n| {
                let scale = 1.0 + strength * (self.scale[n] - 1.0);
                mean[n] + strength * self.shift[n] + scale * (values[n] - mean[n])
            });
            rgb(values).map(|v| v.round().clamp(0.0, 255.0) as u8)
        };
        let pixels = pixels.iter().flat_map(changed).collect();
        Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels")
    }
}

#[cfg(test)]
mod tests {
    use super::{Mood, opponent, rgb};
    use affetti_picture::Picture;

    fn two(a: [u8; 3], b: [u8; 3]) -> Picture {
        Picture::new(2, 1, [a, b].concat()).unwrap()
    }

    #[test]
    fn opponent_colors_come_back() {
        let back = rgb(opponent([10.0, 200.0, 77.0]));
        for (found, wanted) in back.iter().zip([10.0, 200.0, 77.0]) {
            assert!((found - wanted).abs() < 1e-3, "{back:?}");
        }
    }

    #[test]
    fn darker_and_bluer() {
        let usual = [two([150, 150, 150], [110, 110, 110])];
        let felt = [two([90, 90, 130], [50, 50, 90])];
        let mood = Mood::between(&usual, &felt);
        let photo = two([200, 180, 160], [120, 140, 100]);
        assert_eq!(mood.given_to(&photo, 0.0), photo);
        let changed = mood.given_to(&photo, 1.0);
        let [before, after] = [&photo, &changed].map(|p| {
            let pixel = p.pixel(0, 0).map(f32::from);
            opponent(pixel)
        });
        assert!(after[0] < before[0] - 30.0, "{after:?}");
        assert!(after[2] > before[2] + 30.0, "{after:?}");
    }
}
