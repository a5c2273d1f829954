//! Eigenvectors of the normalised graph Laplacian.
//!
//! - **Computes** the vectors to the smallest eigenvalues of L = D^−½ (D − W) D^−½, which are those
//!   to the largest of D^−½ W D^−½.
//! - **Input** weights W ≥ 0, symmetric, `[n, n]`; the diagonal counts as it is.
//! - **Output** `[n, count]`, orthonormal columns, smallest eigenvalue first. Of equal eigenvalues
//!   only the space is determined, and of each vector not the sign.
//! - **Source** J. Shi and J. Malik, "Normalized Cuts", PAMI 2000; Y. Zhou, Y. Saad, M. Tiago and
//!   J. Chelikowsky, "Self-consistent-field calculations using Chebyshev-filtered subspace iteration",
//!   Journal of Computational Physics 219, 2006.
//! - **Deviation** the degree of the filter follows from the eigenvalues found so far, so that the
//!   first vector, which grows fastest, never drowns the last. A block and not a single Lanczos
//!   vector, because a graph of separate parts has as many equal eigenvalues as parts, of which a
//!   single vector finds one.
//!
//! The block lies in memory as rows, `[vectors, n]`: the matrix is symmetric, so that a product with
//! some of its columns is some columns of the next block. Threads share these out in parts of a fixed
//! size; the result does not depend on their number.

use nalgebra::{DMatrix, DMatrixView, DVector, SymmetricEigen};
use rayon::prelude::*;

/// Up to this many boxes, all eigenvectors at once are as quick.
const DENSE: usize = 120;
/// Vectors in the block beyond those asked for: the last ones converge slowly.
const EXTRA: usize = 14;
/// Filters after which what is found has to do.
const FILTERS: usize = 40;
/// Length of A·v − λ·v that ends the iteration of [`Solver::Block`]: the eigenvectors to more digits
/// than anyone compares.
const EXACT: f64 = 1e-6;
/// The same of [`Solver::Quick`]. Clusters of boxes are blunt: `docs/regions.md`, "Limits".
const QUICK: f64 = 1e-2;
/// How much more a filter may strengthen the first vector than the last one that is asked for. The
/// rows are made orthogonal by their products, which squares this: beyond 10⁷ nothing would be left
/// of the last.
const CONTRAST: f64 = 1e5;
/// Largest degree of the filter.
const DEGREE: usize = 16;
/// Steps of the search for the least eigenvalue.
const LANCZOS: usize = 12;
/// Columns of the matrix that one thread takes at a time.
const PART: usize = 128;

/// How eigenvectors are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// All of them, by rotations: the reference.
    Dense,
    /// Only those asked for, by a block of vectors; all of them where they are not far fewer than
    /// the boxes.
    Block,
    /// As `Block`, but only as exactly as clusters need it.
    Quick,
}

impl Solver {
    /// The quicker one for clusters of `n` boxes.
    #[must_use]
    pub fn for_size(n: usize) -> Self {
        if n <= DENSE { Self::Dense } else { Self::Quick }
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
    let residual = match solver {
        Solver::Dense => return largest(similarity, count).0,
        Solver::Block => EXACT,
        Solver::Quick => QUICK,
    };
    if 2 * (count + EXTRA) <= n {
        block(&similarity, count, residual, seed)
    } else {
        largest(similarity, count).0
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

fn block(matrix: &DMatrix<f64>, count: usize, residual: f64, seed: u64) -> DMatrix<f64> {
    let n = matrix.nrows();
    let mut rng = fastrand::Rng::with_seed(seed);
    let low = least(matrix, &mut rng);
    let rows = DMatrix::from_fn(count + EXTRA, n, |_, _| rng.f64() - 0.5);
    let mut found = Ritz::of(matrix, orthonormal(rows));
    for _ in 0..FILTERS {
        if found.residual(count) < residual {
            break;
        }
        found = Ritz::of(matrix, orthonormal(found.filtered(matrix, low, count)));
    }
    found.rows.rows(0, count).transpose()
}

/// The best approximations of eigenvectors within a block.
struct Ritz {
    /// Orthonormal, `[vectors, n]`.
    rows: DMatrix<f64>,
    /// Their products with the matrix.
    images: DMatrix<f64>,
    /// Falling.
    values: DVector<f64>,
}

impl Ritz {
    fn of(matrix: &DMatrix<f64>, rows: DMatrix<f64>) -> Self {
        let images = product(&rows, matrix);
        let inner = &images * rows.transpose();
        let (turn, values) = largest((&inner + inner.transpose()) * 0.5, rows.nrows());
        let turn = turn.transpose();
        Self {
            rows: &turn * rows,
            images: turn * images,
            values,
        }
    }

    /// The largest length of A·v − λ·v among the first `count`.
    fn residual(&self, count: usize) -> f64 {
        let off = |i: usize| (self.images.row(i) - self.rows.row(i) * self.values[i]).norm();
        (0..count).map(off).fold(0.0, f64::max)
    }

    /// The block after a Chebyshev polynomial of the matrix that is small between `low` and the
    /// block's last value, and grows above.
    fn filtered(&self, matrix: &DMatrix<f64>, low: f64, count: usize) -> DMatrix<f64> {
        let last = self.values[self.values.len() - 1];
        let high = last.max(low + 1e-3 * (self.values[0] - low).max(1e-9));
        let (half, middle) = ((high - low) / 2.0, (high + low) / 2.0);
        let growth = |value: f64| ((value - middle) / half).max(1.0).acosh();
        let apart = growth(self.values[0]) - growth(self.values[count - 1]);
        let degree = (CONTRAST.ln() / apart.max(1e-9))
            .min(DEGREE as f64)
            .max(2.0) as usize;
        let mut before = self.rows.clone();
        let mut rows = (&self.images - &before * middle) / half;
        for _ in 1..degree {
            let mut next = product(&rows, matrix);
            next.zip_zip_apply(&rows, &before, |n, r, b| {
                *n = 2.0 * (*n - middle * r) / half - b;
            });
            before = std::mem::replace(&mut rows, next);
        }
        for mut row in rows.row_iter_mut() {
            let length = row.norm();
            if length > 0.0 {
                row /= length;
            }
        }
        rows
    }
}

/// Rows times matrix.
fn product(rows: &DMatrix<f64>, matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let (size, n) = rows.shape();
    let mut out = DMatrix::zeros(size, n);
    let parts = out.as_mut_slice().par_chunks_mut(PART * size);
    parts
        .zip(matrix.as_slice().par_chunks(PART * n))
        .for_each(|(to, columns)| {
            let columns = DMatrixView::from_slice(columns, n, columns.len() / n);
            to.copy_from_slice((rows * columns).as_slice());
        });
    out
}

/// Orthonormal rows of the same space, in two rounds: the first leaves what rounding does to rows
/// that are nearly alike.
fn orthonormal(mut rows: DMatrix<f64>) -> DMatrix<f64> {
    for _ in 0..2 {
        let products = &rows * rows.transpose();
        let inverse = products.cholesky().and_then(|c| {
            c.l()
                .solve_lower_triangular(&DMatrix::identity(rows.nrows(), rows.nrows()))
        });
        match inverse {
            Some(inverse) => rows = inverse * rows,
            // Rows that depend on each other: slow, but never without an answer.
            None => return rows.transpose().qr().q().transpose(),
        }
    }
    rows
}

/// A value below the least eigenvalue, or hardly above it, by the Lanczos method.
fn least(matrix: &DMatrix<f64>, rng: &mut fastrand::Rng) -> f64 {
    let n = matrix.nrows();
    let mut vector = DVector::from_fn(n, |_, _| rng.f64() - 0.5).normalize();
    let mut before = DVector::zeros(n);
    let mut between = 0.0;
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..LANCZOS.min(n) {
        let mut next = matrix * &vector - &before * between;
        let along = next.dot(&vector);
        next.axpy(-along, &vector, 1.0);
        diagonal.push(along);
        between = next.norm();
        beside.push(between);
        if between < 1e-12 {
            break;
        }
        before = std::mem::replace(&mut vector, next / between);
    }
    let size = diagonal.len();
    let small = DMatrix::from_fn(size, size, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    let (vectors, values) = largest(small, size);
    // By how much the eigenvector of the small matrix misses one of the large: the rest that was
    // found last, by its part in it.
    values[size - 1] - between * vectors[(size - 1, size - 1)].abs()
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
        for solver in [Solver::Dense, Solver::Block, Solver::Quick] {
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
