//! The subspace of the normalised cut against scikit-learn's, by `peers/spectral.py`.

use affetti_regions::{
    boxes::Proposal,
    screening::{Solver, iou_matrix, normalized_cut_vectors},
};
use nalgebra::DMatrix;

#[test]
fn same_subspace_as_scikit_learn() {
    let text = include_str!("fixtures/spectral.txt");
    let (boxes, vectors) = text.split_once("vectors\n").expect("two parts");
    let boxes: Vec<Proposal> = boxes
        .lines()
        .skip(1)
        .map(|line| {
            let numbers: Vec<u32> = line
                .split(' ')
                .map(|n| n.parse().expect("a side"))
                .collect();
            Proposal {
                region: numbers.try_into().expect("four numbers"),
                objectness: 0.5,
            }
        })
        .collect();
    let numbers: Vec<f64> = vectors
        .split_whitespace()
        .map(|n| n.parse().expect("a number"))
        .collect();
    let count = numbers.len() / boxes.len();
    let theirs = DMatrix::from_row_slice(boxes.len(), count, &numbers);
    let mut weights = iou_matrix(&boxes);
    weights.fill_diagonal(0.0);
    // Signs and turns within equal eigenvalues are free: the projections are compared.
    let projection = |v: &DMatrix<f64>| v * v.transpose();
    // The quick one stops early: docs/regions.md says what that changes in the regions kept.
    for (solver, tolerance) in [
        (Solver::Dense, 1e-5),
        (Solver::Block, 1e-5),
        (Solver::Quick, 3e-2),
    ] {
        let ours = normalized_cut_vectors(&weights, count, solver, 3);
        let apart = (projection(&ours) - projection(&theirs)).amax();
        assert!(apart < tolerance, "{solver:?}: {apart}");
    }
}
