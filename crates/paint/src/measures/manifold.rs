//! Precision, recall and memory: which pictures lie near which.
//!
//! - **Computes** the share of painted pictures within the reach of real ones (precision), of real ones within
//!   the reach of painted ones (recall); a picture reaches as far as its third neighbour. And the share of
//!   painted pictures that are nearer to a painting that was learned from than paintings of a test are,
//!   all but one in a hundred of them.
//! - **Input** features `[n, d]`. **Output** shares, 0 to 1.
//! - **Source** Kynkäänniemi et al., "Improved precision and recall metric" (2019).
//! - **Deviations** the network is stated by the caller.

use super::distance::dot;
use rayon::prelude::*;

/// The neighbour that a picture reaches to.
const NEIGHBOUR: usize = 3;
/// Test paintings that may be nearer to a learned one than a copy is.
const COPIES: f64 = 0.01;

/// Rows of one width with their squared lengths.
struct Rows<'a> {
    rows: Vec<&'a [f32]>,
    squares: Vec<f32>,
}

impl<'a> Rows<'a> {
    fn of(all: &'a [f32], width: usize) -> Self {
        let rows: Vec<&[f32]> = all.chunks_exact(width).collect();
        let squares = rows.iter().map(|row| dot(row, row)).collect();
        Self { rows, squares }
    }

    /// Squared distances of row `n` of `self` from all of `others`.
    fn distances(&self, n: usize, others: &Self) -> Vec<f32> {
        let (row, square) = (self.rows[n], self.squares[n]);
        let pairs = others.rows.iter().zip(&others.squares);
        let far =
            |(other, length): (&&[f32], &f32)| (square + length - 2.0 * dot(row, other)).max(0.0);
        pairs.map(far).collect()
    }

    /// How far each row reaches.
    fn reach(&self) -> Vec<f32> {
        let rows = (0..self.rows.len()).into_par_iter();
        rows.map(|n| {
            let mut far = self.distances(n, self);
            far[n] = f32::MAX;
            far.sort_unstable_by(f32::total_cmp);
            far[(NEIGHBOUR - 1).min(far.len() - 1)]
        })
        .collect()
    }

    /// The share of `self` that some row of `others` reaches.
    fn within(&self, others: &Self, reach: &[f32]) -> f64 {
        let rows = (0..self.rows.len()).into_par_iter();
        let count = rows.filter(|&n| {
            let far = self.distances(n, others);
            far.iter().zip(reach).any(|(far, reach)| far <= reach)
        });
        count.count() as f64 / self.rows.len().max(1) as f64
    }
}

/// Precision and recall of painted pictures.
#[must_use]
pub fn precision_recall(painted: &[f32], real: &[f32], width: usize) -> [f64; 2] {
    let (painted, real) = (Rows::of(painted, width), Rows::of(real, width));
    let precision = painted.within(&real, &real.reach());
    [precision, real.within(&painted, &painted.reach())]
}

/// A painted picture and the painting nearest to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Number of the painted picture.
    pub painted: usize,
    /// Number of the painting.
    pub learned: usize,
    /// Between them.
    pub distance: f64,
}

/// What a generator remembers of single paintings.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// Share of painted pictures nearer to a learned painting than `limit`.
    pub share: f64,
    /// The distance from the learned paintings that one in a hundred test paintings falls short of.
    pub limit: f64,
    /// The nearest pairs, nearest first.
    pub nearest: Vec<Pair>,
}

/// What `painted` repeats of `learned`, compared with `tests`. Learned paintings may be there several times over, as
/// mirrored ones: row n is painting n modulo `count`.
#[must_use]
pub fn memory(
    painted: &[f32],
    learned: &[f32],
    tests: &[f32],
    (width, count): (usize, usize),
) -> Memory {
    let learned = Rows::of(learned, width);
    let nearest = |rows: &[f32]| -> Vec<Pair> {
        let rows = Rows::of(rows, width);
        (0..rows.rows.len())
            .into_par_iter()
            .filter_map(|n| {
                let far = rows.distances(n, &learned);
                let at = (0..far.len()).min_by(|a, b| far[*a].total_cmp(&far[*b]))?;
                Some(Pair {
                    painted: n,
                    learned: at % count,
                    distance: f64::from(far[at]).sqrt(),
                })
            })
            .collect()
    };
    let mut usual: Vec<f64> = nearest(tests).iter().map(|pair| pair.distance).collect();
    usual.sort_by(f64::total_cmp);
    let at = (COPIES * usual.len() as f64) as usize;
    let limit = usual.get(at).copied().unwrap_or(0.0);
    let mut pairs = nearest(painted);
    let near = pairs.iter().filter(|pair| pair.distance < limit).count();
    pairs.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    let share = near as f64 / pairs.len().max(1) as f64;
    pairs.truncate(5);
    Memory {
        share,
        limit,
        nearest: pairs,
    }
}

#[cfg(test)]
mod tests {
    use super::{memory, precision_recall};
    use affetti_ground::Normal;

    #[test]
    fn a_part_of_what_is_real_is_precise_and_recalls_a_part() {
        let real = Normal::new(1).many(400 * 2, 1.0);
        let same = precision_recall(&Normal::new(2).many(400 * 2, 1.0), &real, 2);
        assert!(same[0] > 0.9 && same[1] > 0.9, "{same:?}");
        let middle = precision_recall(&Normal::new(3).many(400 * 2, 0.05), &real, 2);
        assert!(middle[0] > 0.95 && middle[1] < 0.3, "{middle:?}");
        let far: Vec<f32> = real.iter().map(|x| x + 20.0).collect();
        assert_eq!(precision_recall(&far, &real, 2), [0.0, 0.0]);
    }

    #[test]
    fn copies_are_found() {
        let learned = Normal::new(1).many(300 * 8, 1.0);
        let tests = Normal::new(2).many(300 * 8, 1.0);
        let mut painted = Normal::new(3).many(100 * 8, 1.0);
        let fresh = memory(&painted, &learned, &tests, (8, 300));
        assert!(fresh.share < 0.05, "{fresh:?}");
        painted[..80].copy_from_slice(&learned[400..480]);
        let found = memory(&painted, &learned, &tests, (8, 300));
        assert!((found.share - fresh.share - 0.1).abs() < 0.02, "{found:?}");
        assert_eq!(found.nearest.len(), 5);
        assert!(
            found
                .nearest
                .iter()
                .all(|pair| pair.learned == pair.painted + 50)
        );
    }
}
