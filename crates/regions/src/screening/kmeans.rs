//! Clusters of points.
//!
//! - **Computes** the cluster of each point by k-means: centres chosen by k-means++, then Lloyd's
//!   rounds until no point moves; the best of [`STARTS`] starts by the summed squared distance.
//! - **Input** points as rows, the number of clusters, a seed.
//! - **Output** for each point a number below the number of clusters; some may have no point.
//! - **Source** D. Arthur and S. Vassilvitskii, "k-means++", SODA 2007; S. Lloyd 1982.
//! - **Deviation** a centre that loses all its points stays where it is.

use nalgebra::DMatrix;
use rayon::prelude::*;

/// Starts, of which the best counts: planted clusters are missed by a single one now and then.
const STARTS: usize = 4;
/// Rounds after which a start ends even if points still move.
const ROUNDS: usize = 100;

/// The cluster of each row of `points`; all 0 where `clusters` is 0 or 1. The starts go to the threads
/// of rayon's pool; the result does not depend on their number.
#[must_use]
pub fn k_means(points: &DMatrix<f64>, clusters: usize, seed: u64) -> Vec<usize> {
    // Points as columns: one point's coordinates then lie side by side.
    let points = points.transpose();
    if clusters < 2 || points.is_empty() {
        return vec![0; points.ncols()];
    }
    let mut rng = fastrand::Rng::with_seed(seed);
    let starts: Vec<fastrand::Rng> = (0..STARTS).map(|_| rng.fork()).collect();
    let found: Vec<(f64, Vec<usize>)> = starts
        .into_par_iter()
        .map(|mut rng| rounds(&points, centers(&points, clusters, &mut rng)))
        .collect();
    // The first of equals.
    let best = found
        .into_iter()
        .reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.map_or_else(Vec::new, |(_, clusters)| clusters)
}

fn column(matrix: &DMatrix<f64>, index: usize) -> &[f64] {
    let rows = matrix.nrows();
    &matrix.as_slice()[index * rows..][..rows]
}

/// Squared distance, in four sums that do not wait for each other.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    let (ones, one) = one.as_chunks::<4>();
    let (others, other) = other.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in ones.iter().zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b) * (a - b);
        }
    }
    let rest: f64 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
    sums.iter().sum::<f64>() + rest
}

/// k-means++: each next centre is a point drawn with its squared distance to the nearest one.
fn centers(points: &DMatrix<f64>, clusters: usize, rng: &mut fastrand::Rng) -> DMatrix<f64> {
    let count = points.ncols();
    let mut centers = DMatrix::zeros(points.nrows(), clusters);
    let mut nearest = vec![f64::INFINITY; count];
    let mut next = rng.usize(..count);
    for c in 0..clusters {
        centers.set_column(c, &points.column(next));
        for (i, near) in nearest.iter_mut().enumerate() {
            *near = near.min(distance(column(points, i), column(&centers, c)));
        }
        let mut rest = rng.f64() * nearest.iter().sum::<f64>();
        // Where all points are centres already, the last one stands for all.
        next = nearest
            .iter()
            .position(|d| {
                rest -= d;
                rest < 0.0
            })
            .unwrap_or(count - 1);
    }
    centers
}

/// Lloyd's rounds; the summed squared distance and the cluster of each point.
fn rounds(points: &DMatrix<f64>, mut centers: DMatrix<f64>) -> (f64, Vec<usize>) {
    let mut clusters = vec![usize::MAX; points.ncols()];
    for _ in 0..ROUNDS {
        // |p − c|² = |p|² − 2·p·c + |c|²: all products in one, and |p|² is the same for all centres.
        let lengths: Vec<f64> = centers.column_iter().map(|c| c.norm_squared()).collect();
        let products = centers.transpose() * points;
        let mut moved = false;
        for (i, cluster) in clusters.iter_mut().enumerate() {
            let mut best = (f64::INFINITY, 0);
            for (c, (length, product)) in lengths.iter().zip(column(&products, i)).enumerate() {
                let distance = length - 2.0 * product;
                if distance < best.0 {
                    best = (distance, c);
                }
            }
            moved |= *cluster != best.1;
            *cluster = best.1;
        }
        if !moved {
            break;
        }
        let mut sums = DMatrix::<f64>::zeros(points.nrows(), centers.ncols());
        let mut counts = vec![0_u32; centers.ncols()];
        for (i, &cluster) in clusters.iter().enumerate() {
            counts[cluster] += 1;
            let mut sum = sums.column_mut(cluster);
            sum += points.column(i);
        }
        for (c, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            centers.set_column(c, &(sums.column(c) / f64::from(count)));
        }
    }
    let places = clusters.iter().enumerate();
    let total = places.map(|(i, &c)| distance(column(points, i), column(&centers, c)));
    (total.sum(), clusters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_separate_points() {
        let points = DMatrix::from_fn(30, 2, |i, j| {
            [0.0, 10.0, 25.0][i % 3] + (i * (j + 1)) as f64 * 0.01
        });
        for seed in 0..20 {
            let clusters = k_means(&points, 3, seed);
            let alike = (0..30).all(|i| clusters[i] == clusters[i % 3]);
            assert!(alike && clusters[0] != clusters[1] && clusters[1] != clusters[2]);
            assert_eq!(k_means(&points, 3, seed), clusters);
        }
    }

    #[test]
    fn odd_inputs_have_a_result() {
        assert!(k_means(&DMatrix::zeros(0, 3), 4, 0).is_empty());
        assert_eq!(k_means(&DMatrix::zeros(3, 2), 0, 0), [0; 3]);
        // Identical points, more clusters than places.
        assert!(k_means(&DMatrix::zeros(5, 2), 3, 0).iter().all(|&c| c < 3));
    }
}
