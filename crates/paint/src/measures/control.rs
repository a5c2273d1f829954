//! Whether a generator's pictures evoke what was asked of them, as a judge sees it that took no part.
//!
//! - **Computes** Cohen's d of judged valence between pictures asked to be positive and negative, from the same
//!   noise; the share of pictures that are put where they were asked to be; rank correlations. Each again
//!   for shuffled labels.
//! - **Input** judged values with what was asked. **Output** figures with 95 % bootstrap intervals.
//! - **Source** Cohen (1988); Spearman (1904); Efron & Tibshirani (1993).
//! - **Deviations** none.

use affetti_emotion::Bootstrap;
use affetti_emotion::metrics::correlation::spearman;
use affetti_ground::SplitMix64;
use affetti_picture::Picture;
use serde::Serialize;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    /// Over all.
    pub value: f64,
    /// Between the 2.5th and the 97.5th percentile.
    pub interval: [f64; 2],
}

/// `measure` of all of `items`, with its interval; not a number where it is not defined.
pub fn bootstrapped<T: Clone>(items: &[T], measure: impl Fn(&[T]) -> f64) -> Figure {
    let none = Figure {
        value: f64::NAN,
        interval: [f64::NAN; 2],
    };
    let Ok(bootstrap) = Bootstrap::seeded(11).check() else {
        return none;
    };
    let of = |rows: &[usize]| {
        let sample: Vec<T> = rows.iter().map(|n| items[*n].clone()).collect();
        Some(measure(&sample)).filter(|value| value.is_finite())
    };
    bootstrap
        .estimate(items.len(), of)
        .map_or(none, |found| Figure {
            value: found.value,
            interval: [found.interval.low, found.interval.high],
        })
}

/// Cohen's d of the second over the first of each pair: the difference of the means over the pooled deviation.
#[must_use]
pub fn cohens_d(pairs: &[[f64; 2]]) -> f64 {
    let count = pairs.len() as f64;
    let moments = |n: usize| {
        let mean = pairs.iter().map(|p| p[n]).sum::<f64>() / count;
        let square = pairs.iter().map(|p| (p[n] - mean).powi(2)).sum::<f64>();
        (mean, square / (count - 1.0))
    };
    let ((low, a), (high, b)) = (moments(0), moments(1));
    (high - low) / ((a + b) / 2.0).sqrt()
}

/// Cohen's d, and that of pairs of which each is turned or not by chance.
#[must_use]
pub fn difference(pairs: &[[f64; 2]]) -> [Figure; 2] {
    let mut random = SplitMix64::new(12);
    let turned: Vec<[f64; 2]> = pairs
        .iter()
        .map(|p| {
            if random.unit() < 0.5 {
                [p[1], p[0]]
            } else {
                *p
            }
        })
        .collect();
    [pairs, &turned].map(|pairs| bootstrapped(pairs, cohens_d))
}

/// Spearman's ρ of asked and judged, and that of asked values in another order.
#[must_use]
pub fn obedience(pairs: &[[f64; 2]]) -> [Figure; 2] {
    let rank = |pairs: &[[f64; 2]]| {
        let column = |n: usize| pairs.iter().map(|p| p[n]).collect::<Vec<f64>>();
        spearman(&column(0), &column(1)).unwrap_or(f64::NAN)
    };
    let mut asked: Vec<f64> = pairs.iter().map(|p| p[0]).collect();
    SplitMix64::new(13).shuffle(&mut asked);
    let shuffled: Vec<[f64; 2]> = pairs.iter().zip(asked).map(|(p, a)| [a, p[1]]).collect();
    [pairs, &shuffled].map(|pairs| bootstrapped(pairs, rank))
}

/// The share of pairs of equal classes, and that of classes in another order.
#[must_use]
pub fn agreement(pairs: &[[usize; 2]]) -> [Figure; 2] {
    let share = |pairs: &[[usize; 2]]| {
        pairs.iter().filter(|p| p[0] == p[1]).count() as f64 / pairs.len().max(1) as f64
    };
    let mut asked: Vec<usize> = pairs.iter().map(|p| p[0]).collect();
    SplitMix64::new(13).shuffle(&mut asked);
    let shuffled: Vec<[usize; 2]> = pairs.iter().zip(asked).map(|(p, a)| [a, p[1]]).collect();
    [pairs, &shuffled].map(|pairs| bootstrapped(pairs, share))
}

/// The picture in grays of the same light.
#[must_use]
pub fn gray(picture: &Picture) -> Picture {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let light = |p: &[u8; 3]| {
        let y = 0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2]);
        [y.round() as u8; 3]
    };
    let pixels = pixels.iter().flat_map(light).collect();
    Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels")
}

/// How often each value of red, green and blue occurs, up to each.
pub struct Tones([[f64; 256]; 3]);

impl Tones {
    /// Of all of `pictures` together.
    #[must_use]
    pub fn of<'a>(pictures: impl Iterator<Item = &'a Picture>) -> Self {
        let mut counts = [[0.0; 256]; 3];
        for picture in pictures {
            for pixel in picture.pixels().chunks_exact(3) {
                (0..3).for_each(|c| counts[c][usize::from(pixel[c])] += 1.0);
            }
        }
        for counts in &mut counts {
            let all = counts.iter().sum::<f64>().max(1.0);
            let mut sum = 0.0;
            for count in counts {
                sum += *count / all;
                *count = sum;
            }
        }
        Self(counts)
    }

    /// `picture` with these tones: nothing of the feeling is left in how light it is, or of which color.
    #[must_use]
    pub fn given_to(&self, picture: &Picture) -> Picture {
        let own = Self::of(std::iter::once(picture));
        let tables: Vec<Vec<u8>> = (0..3)
            .map(|c| {
                let wanted = |part: f64| self.0[c].partition_point(|p| *p < part).min(255) as u8;
                // The middle of a value's pixels stands for all of them.
                let before = |v: usize| if v == 0 { 0.0 } else { own.0[c][v - 1] };
                (0..256)
                    .map(|v| wanted(f64::midpoint(before(v), own.0[c][v])))
                    .collect()
            })
            .collect();
        let pixels = picture.pixels().iter().enumerate();
        let pixels = pixels
            .map(|(n, v)| tables[n % 3][usize::from(*v)])
            .collect();
        Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels")
    }
}

#[cfg(test)]
mod tests {
    use super::{Tones, agreement, cohens_d, difference, gray, obedience};
    use affetti_ground::Normal;
    use affetti_picture::Picture;

    #[test]
    fn d_by_hand_and_gone_when_shuffled() {
        // Deviations 1, means 1 apart.
        let d = cohens_d(&[[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]);
        assert!((d - 1.0).abs() < 1e-12, "{d}");
        let noise = Normal::new(1).many(800, 1.0);
        let pairs: Vec<[f64; 2]> = noise
            .chunks_exact(2)
            .map(|p| [f64::from(p[0]), f64::from(p[1]) + 1.5])
            .collect();
        let [found, shuffled] = difference(&pairs);
        assert!((found.value - 1.5).abs() < 0.25, "{found:?}");
        assert!(found.interval[0] > 1.2 && found.interval[1] < 1.8);
        assert!(
            shuffled.interval[0] < 0.0 && shuffled.interval[1] > 0.0,
            "{shuffled:?}"
        );
    }

    #[test]
    fn who_obeys_and_who_does_not() {
        let noise = Normal::new(2).many(400, 0.3);
        let pairs: Vec<[f64; 2]> = noise
            .iter()
            .enumerate()
            .map(|(n, x)| [(n % 9) as f64, (n % 9) as f64 * 0.1 + f64::from(*x)])
            .collect();
        let [found, shuffled] = obedience(&pairs);
        assert!(
            found.value > 0.5 && shuffled.value.abs() < 0.15,
            "{found:?} {shuffled:?}"
        );
        let classes: Vec<[usize; 2]> = (0..300)
            .map(|n| [n % 3, if n % 4 == 0 { 0 } else { n % 3 }])
            .collect();
        let [found, shuffled] = agreement(&classes);
        assert!((found.value - 0.833).abs() < 0.01, "{found:?}");
        assert!((shuffled.value - 0.333).abs() < 0.1, "{shuffled:?}");
    }

    #[test]
    fn gray_and_tones() {
        let picture = Picture::new(2, 1, vec![255, 0, 0, 0, 0, 255]).unwrap();
        assert_eq!(gray(&picture).pixels(), [54, 54, 54, 18, 18, 18]);
        let ramp = |from: u8| {
            let pixels = (0..64).flat_map(|n| [from + n; 3]).collect();
            Picture::new(8, 8, pixels).unwrap()
        };
        let tones = Tones::of([ramp(100)].iter());
        let found = tones.given_to(&ramp(10));
        let near = found.pixels().iter().zip(ramp(100).pixels().to_vec());
        assert!(near.into_iter().all(|(a, b)| a.abs_diff(b) <= 1));
    }
}
