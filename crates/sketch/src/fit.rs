//! A cubic through a row of points.
//!
//! - **Computes** the control points that minimise the squared distances at parameters along the
//!   row, moving the parameters to the nearest places of the curve between solutions.
//! - **Input** points in order; at least two.
//! - **Output** the curve, and the largest distance of a point from it.
//! - **Source** M. Plass and M. Stone, "Curve-fitting with piecewise parametric cubics" (1983).
//! - **Deviations** the ends are free too, and a little stiffness (`STIFF`) keeps rows of few
//!   points from whipping.

use crate::cubic::{Cubic, Point, bernstein, distance};

/// Solutions after the first.
const ROUNDS: usize = 3;
/// Weight of the control polygon's bends against a point's squared distance.
const STIFF: f64 = 1e-3;

/// Fits a curve; `None` for fewer than two different points. The last number is the place of the
/// worst point in the row.
pub(crate) fn fit(points: &[Point]) -> Option<(Cubic, f32, usize)> {
    let mut places = vec![0.0_f32];
    for pair in points.windows(2) {
        places.push(places[places.len() - 1] + distance(pair[0], pair[1]));
    }
    let whole = *places.last()?;
    if whole <= 0.0 {
        return None;
    }
    for place in &mut places {
        *place /= whole;
    }
    let mut curve = solve(points, &places)?;
    for _ in 0..ROUNDS {
        for (place, &p) in places.iter_mut().zip(points) {
            *place = curve.polish(p, *place, 0.1);
        }
        curve = solve(points, &places)?;
    }
    let off = points.iter().zip(&places).map(|(&p, &t)| {
        let t = curve.polish(p, t, 0.1);
        distance(curve.at(t), p)
    });
    let worse = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1);
    let (index, worst) = off.enumerate().max_by(worse)?;
    curve.is_finite().then_some((curve, worst, index))
}

/// Least squares at given places: the normal equations, four by four.
fn solve(points: &[Point], places: &[f32]) -> Option<Cubic> {
    let mut matrix = [[0.0_f64; 6]; 4];
    for (p, &t) in points.iter().zip(places) {
        let b = bernstein(t).map(f64::from);
        for (row, by) in matrix.iter_mut().zip(b) {
            for (v, b) in row.iter_mut().zip(b) {
                *v += by * b;
            }
            row[4] += by * f64::from(p[0]);
            row[5] += by * f64::from(p[1]);
        }
    }
    let stiff = STIFF * points.len() as f64;
    for bend in [[1.0, -2.0, 1.0, 0.0], [0.0, 1.0, -2.0, 1.0]] {
        for (row, by) in matrix.iter_mut().zip(bend) {
            for (v, b) in row.iter_mut().zip(bend) {
                *v += stiff * by * b;
            }
        }
    }
    eliminate(&mut matrix)?;
    Some(Cubic(
        [0, 1, 2, 3].map(|i| [matrix[i][4] as f32, matrix[i][5] as f32]),
    ))
}

/// Gauss and Jordan with pivots; the last two columns become the solutions.
fn eliminate(matrix: &mut [[f64; 6]; 4]) -> Option<()> {
    for column in 0..4 {
        let size = |row: &usize| matrix[*row][column].abs();
        let pivot = (column..4).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        let by = matrix[column][column];
        for v in &mut matrix[column] {
            *v /= by;
        }
        let pivot = matrix[column];
        for (index, row) in matrix.iter_mut().enumerate() {
            if index != column {
                let factor = row[column];
                for (v, p) in row.iter_mut().zip(pivot) {
                    *v -= factor * p;
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_cubic_give_it_back() {
        let curve = Cubic([[0.0, 0.0], [10.0, 30.0], [40.0, 30.0], [50.0, 0.0]]);
        let points: Vec<Point> = curve.points(40).collect();
        let (found, worst, _) = fit(&points).expect("forty points");
        // The stiffness pulls bends of 20 to 30 units flat by a unit or two.
        assert!(worst < 2.5, "{worst}");
        for t in [0.0, 0.3, 0.5, 0.8, 1.0] {
            assert!(curve.nearest(found.at(t)).1 < 2.5);
        }
    }

    #[test]
    fn few_and_equal_points() {
        assert!(fit(&[]).is_none());
        assert!(fit(&[[1.0, 1.0]]).is_none());
        assert!(fit(&[[1.0, 1.0]; 5]).is_none());
        let (line, worst, _) = fit(&[[0.0, 0.0], [8.0, 6.0]]).expect("two points");
        assert!(
            worst < 0.1 && (line.length() - 10.0).abs() < 0.3,
            "{worst} {line:?}"
        );
    }
}
