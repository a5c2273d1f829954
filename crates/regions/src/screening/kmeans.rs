//! Clusters of points.
//!
//! - **Computes** the cluster of each point by k-means: centres chosen by k-means++, then Lloyd's
//!   rounds until no point moves; the best of [`STARTS`] starts by the summed squared distance.
//! - **Input** points as rows, the number of clusters, a seed.
//! - **Output** for each point a number below the number of clusters; some may have no point.
//! - **Source** D. Arthur and S. Vassilvitskii, "k-means++", SODA 2007; S. Lloyd 1982.
//! - **Deviation** a centre that loses all its points stays where it is.

use nalgebra::DMatrix;

/// Starts, of which the best counts: planted clusters are missed by a single one now and then.
const STARTS: usize = 4;
/// Rounds after which a start ends even if points still move.
const ROUNDS: usize = 100;

/// The cluster of each row of `points`; all 0 where `clusters` is 0 or 1.
#[must_use]
pub fn k_means(points: &DMatrix<f64>, clusters: usize, seed: u64) -> Vec<usize> {
    let mut rng = fastrand::Rng::with_seed(seed);
    // Points as columns: one point's coordinates then lie side by side.
    let points = points.transpose();
    let mut best = (f64::INFINITY, vec![0; points.ncols()]);
    if clusters < 2 || points.is_empty() {
        return best.1;
    }
    for _ in 0..STARTS {
        let start = centers(&points, clusters, &mut rng);
        let found = rounds(&points, start);
        if found.0 < best.0 {
            best = found;
        }
    }
    best.1
}

fn column(matrix: &DMatrix<f64>, index: usize) -> &[f64] {
    let rows = matrix.nrows();
    &matrix.as_slice()[index * rows..][..rows]
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum()
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
    let mut total = f64::INFINITY;
    for _ in 0..ROUNDS {
        let mut moved = false;
        total = 0.0;
        for (i, cluster) in clusters.iter_mut().enumerate() {
            let mut best = (f64::INFINITY, 0);
            for c in 0..centers.ncols() {
                let distance = distance(column(points, i), column(&centers, c));
                if distance < best.0 {
                    best = (distance, c);
                }
            }
            moved |= *cluster != best.1;
            *cluster = best.1;
            total += best.0;
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
    (total, clusters)
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
