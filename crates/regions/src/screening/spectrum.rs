//! Eigenvectors of the normalised graph Laplacian.
//!
//! - **Computes** the vectors to the smallest eigenvalues of L = D^−½ (D − W) D^−½, which are those
//!   to the largest of D^−½ W D^−½.
//! - **Input** weights W ≥ 0, symmetric, `[n, n]`; the diagonal counts as it is.
//! - **Output** `[n, count]`, orthonormal columns, smallest eigenvalue first. Of equal eigenvalues
//!   only the space is determined, and of each vector not the sign.
//! - **Source** J. Shi and J. Malik, "Normalized Cuts", PAMI 2000; C. Musco and C. Musco, "Randomized
//!   Block Krylov Methods", NIPS 2015, restarted until the residual is small.
//! - **Deviation** none. A block and not a single Lanczos vector, because a graph of separate parts
//!   has as many equal eigenvalues as parts, of which a single vector finds one.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Up to this many boxes, all eigenvectors at once are as quick.
const DENSE: usize = 200;
/// Vectors in the block beyond those asked for: the last ones converge slowly.
const EXTRA: usize = 14;
/// Multiplications of the block by the matrix before each restart.
const POWERS: usize = 2;
/// Restarts after which what is found has to do.
const RESTARTS: usize = 12;
/// Length of A·v − λ·v that ends the iteration.
const RESIDUAL: f64 = 1e-6;

/// How eigenvectors are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// All of them, by rotations: the reference.
    Dense,
    /// Only those asked for, by a block of vectors; all of them where they are not far fewer than
    /// the boxes.
    Block,
}

impl Solver {
    /// The quicker one for `n` boxes.
    #[must_use]
    pub fn for_size(n: usize) -> Self {
        if n <= DENSE { Self::Dense } else { Self::Block }
    }
}

/// The `count` vectors of the smallest eigenvalues of the Laplacian; all where there are fewer.
///
/// # Panics
/// When `weights` is not square.
#[must_use]
pub fn normalized_cut_vectors(
    weights: &DMatrix<f64>,
    count: usize,
    solver: Solver,
    seed: u64,
) -> DMatrix<f64> {
    let n = weights.nrows();
    assert_eq!(n, weights.ncols(), "weights of pairs");
    let count = count.min(n);
    if count == 0 {
        return DMatrix::zeros(n, 0);
    }
    let degrees = weights.column_sum();
    // A box without any weight is a part of its own.
    let roots = degrees.map(|d| if d > 0.0 { d.sqrt().recip() } else { 0.0 });
    let mut similarity = weights.clone();
    for (j, mut column) in similarity.column_iter_mut().enumerate() {
        column.component_mul_assign(&roots);
        column *= roots[j];
        if degrees[j] <= 0.0 {
            column[j] = 1.0;
        }
    }
    match solver {
        Solver::Block if (POWERS + 1) * (count + EXTRA) <= n => block(&similarity, count, seed),
        Solver::Block | Solver::Dense => largest(similarity, count).0,
    }
}

/// Vectors to the largest eigenvalues, and these.
fn largest(matrix: DMatrix<f64>, count: usize) -> (DMatrix<f64>, DVector<f64>) {
    let eigen = SymmetricEigen::new(matrix);
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order.truncate(count);
    (
        eigen.eigenvectors.select_columns(&order),
        DVector::from_iterator(count, order.iter().map(|&i| eigen.eigenvalues[i])),
    )
}

fn block(matrix: &DMatrix<f64>, count: usize, seed: u64) -> DMatrix<f64> {
    let n = matrix.nrows();
    let size = count + EXTRA;
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut vectors = DMatrix::from_fn(n, size, |_, _| rng.f64() - 0.5);
    for _ in 0..RESTARTS {
        let powers = POWERS + 1;
        let mut krylov = DMatrix::zeros(n, size * powers);
        for power in 0..powers {
            if power > 0 {
                vectors = matrix * vectors;
            }
            krylov.columns_mut(power * size, size).copy_from(&vectors);
            // Columns of very different lengths would lose the small directions.
            for mut column in vectors.column_iter_mut() {
                let length = column.norm();
                if length > 0.0 {
                    column /= length;
                }
            }
        }
        let basis = krylov.qr().q();
        let image = matrix * &basis;
        let (inner, values) = largest(basis.tr_mul(&image), size);
        vectors = &basis * &inner;
        let image = image * inner;
        let residual = (0..count)
            .map(|i| (image.column(i) - vectors.column(i) * values[i]).norm())
            .fold(0.0, f64::max);
        if residual < RESIDUAL {
            break;
        }
    }
    vectors.columns(0, count).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights that fall with the distance of random points: one connected graph, eigenvalues
    /// apart.
    fn graph(n: usize) -> DMatrix<f64> {
        let mut rng = fastrand::Rng::with_seed(5);
        let points: Vec<[f64; 2]> = (0..n).map(|_| [rng.f64(), rng.f64()]).collect();
        DMatrix::from_fn(n, n, |i, j| {
            let [dx, dy] = [0, 1].map(|k| points[i][k] - points[j][k]);
            (-(dx * dx + dy * dy) * 12.0).exp()
        })
    }

    /// Largest difference of the projections onto two spaces.
    fn apart(one: &DMatrix<f64>, other: &DMatrix<f64>) -> f64 {
        (one * one.transpose() - other * other.transpose()).amax()
    }

    #[test]
    fn both_solvers_find_one_space() {
        let weights = graph(260);
        for count in [1, 5, 20] {
            let dense = normalized_cut_vectors(&weights, count, Solver::Dense, 0);
            let block = normalized_cut_vectors(&weights, count, Solver::Block, 0);
            assert!(apart(&dense, &block) < 1e-5, "{count}");
        }
    }

    #[test]
    fn separate_parts_span_the_first_vectors() {
        // 30 parts of 10: the space of the first 30 is that of the parts' indicators.
        let weights = DMatrix::from_fn(300, 300, |i, j| f64::from(u8::from(i % 30 == j % 30)));
        let parts = DMatrix::from_fn(300, 30, |i, j| {
            f64::from(u8::from(i % 30 == j)) / 10_f64.sqrt()
        });
        for solver in [Solver::Dense, Solver::Block] {
            let vectors = normalized_cut_vectors(&weights, 30, solver, 0);
            assert!(apart(&vectors, &parts) < 1e-6, "{solver:?}");
        }
    }

    #[test]
    fn two_boxes_by_hand() {
        // D^-½ W D^-½ of [[1, .5], [.5, 1]] is [[2, 1], [1, 2]]/3: first (1, 1)/√2.
        let weights = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 1.0]);
        let vectors = normalized_cut_vectors(&weights, 5, Solver::Dense, 0);
        assert_eq!(vectors.ncols(), 2);
        assert!((vectors[(0, 0)] - vectors[(1, 0)]).abs() < 1e-12);
        assert!((vectors[(0, 0)].abs() - 0.5_f64.sqrt()).abs() < 1e-12);
    }
}
