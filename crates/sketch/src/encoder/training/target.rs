//! What the teacher says of a photograph, as the student has to say it of its lines.
//!
//! - **Computes** the leading principal components of the pooled features, and of the cells, the
//!   mean removed (of a cell, that of its place), each divided by the fourth root of its variance:
//!   half-way between the features as they are, where few directions rule, and full whitening, where
//!   noise does.
//! - **Input** what the teacher says of the pictures to learn from; **output** [`Basis`].
//! - **Source** principal components as in `affetti_feel`.
//! - **Deviation** means of places that mirror each other are one, so that the layout of a mirrored
//!   picture is the mirrored layout.

use affetti_feel::{Matrix, principal_components};
use affetti_nets::efficientnet_lite::FEATURES;

use super::{
    super::{Embedding, GRID, Pair, Projection},
    cache::Rendered,
};

/// From what the teacher says to an embedding.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    pub(super) photo: Pair,
}

impl Basis {
    pub(super) fn fit(rendered: &[Rendered], [dimension, cell]: [usize; 2], seed: u64) -> Self {
        let pooled: Vec<&[f32]> = rendered
            .iter()
            .map(|r| r.described.pooled.as_slice())
            .collect();
        let cells: Vec<&[f32]> = rendered
            .iter()
            .map(|r| r.described.cells.as_slice())
            .collect();
        let channels = cells.first().map_or(1, |c| c.len() / (GRID * GRID));
        let mean = means(&pooled);
        let meaning = projection(&pooled, &mean, FEATURES, dimension, seed);
        let mean = both_sides(&means(&cells), channels);
        let layout = projection(&cells, &mean, channels, cell, seed);
        Self {
            photo: Pair { meaning, layout },
        }
    }

    /// What the student has to say of a picture.
    pub(super) fn target(&self, rendered: &Rendered) -> Embedding {
        super::super::embedding(&self.photo, &rendered.described)
    }
}

/// The layout of the mirrored picture.
pub(super) fn mirrored(layout: &[f32]) -> Vec<f32> {
    let values = layout.len() / (GRID * GRID);
    let row = |row: &[f32]| -> Vec<f32> { row.rchunks_exact(values).flatten().copied().collect() };
    layout.chunks_exact(GRID * values).flat_map(row).collect()
}

fn means(rows: &[&[f32]]) -> Vec<f64> {
    let mut mean = vec![0.0_f64; rows.first().map_or(0, |r| r.len())];
    for row in rows {
        for (m, v) in mean.iter_mut().zip(*row) {
            *m += f64::from(*v) / rows.len() as f64;
        }
    }
    mean
}

/// The mean of a grid of means and its mirror image.
fn both_sides(mean: &[f64], channels: usize) -> Vec<f64> {
    let at = |n: usize| {
        let (cell, channel) = (n / channels, n % channels);
        let other = cell / GRID * GRID + (GRID - 1 - cell % GRID);
        f64::midpoint(mean[n], mean[other * channels + channel])
    };
    (0..mean.len()).map(at).collect()
}

/// The map from rows, each of parts of `width` values, to `outputs` components of each part.
fn projection(
    rows: &[&[f32]],
    mean: &[f64],
    width: usize,
    outputs: usize,
    seed: u64,
) -> Projection {
    let centred = rows.iter().flat_map(|row| {
        let pairs = row.iter().zip(mean);
        pairs.map(|(v, m)| v - *m as f32)
    });
    let x = Matrix {
        columns: width,
        data: centred.collect(),
    };
    let mut weight = Vec::with_capacity(outputs * width);
    for direction in principal_components(&x, outputs, seed) {
        let along = |row: &[f32]| -> f64 {
            row.iter()
                .zip(&direction)
                .map(|(v, d)| f64::from(*v) * d)
                .sum()
        };
        let square: f64 = (0..x.rows()).map(|i| along(x.row(i)).powi(2)).sum();
        let scale = (square / x.rows() as f64).max(1e-12).powf(-0.25);
        weight.extend(direction.iter().map(|d| (d * scale) as f32));
    }
    // Fewer rows than outputs: the rest says nothing.
    weight.resize(outputs * width, 0.0);
    let shift = |(row, mean): (&[f32], &[f64])| {
        let pairs = row.iter().zip(mean);
        -pairs.map(|(w, m)| f64::from(*w) * m).sum::<f64>() as f32
    };
    let mut bias = Vec::new();
    for mean in mean.chunks_exact(width) {
        let rows = weight.chunks_exact(width);
        bias.extend(rows.map(|row| shift((row, mean))));
    }
    Projection {
        inputs: width,
        weight,
        bias,
    }
}

#[cfg(test)]
mod tests {
    use affetti_nets::efficientnet_lite::Cells;

    use super::*;

    #[test]
    fn mirroring_the_cells_mirrors_the_layout() {
        let mut random = fastrand::Rng::with_seed(4);
        let mut some = |n: usize| -> Vec<f32> { (0..n).map(|_| random.f32()).collect() };
        let mut rendered: Vec<Rendered> = (0..12)
            .map(|_| Rendered {
                described: Cells {
                    pooled: some(FEATURES),
                    cells: some(GRID * GRID * 6),
                },
                ..Rendered::default()
            })
            .collect();
        let basis = Basis::fit(&rendered, [8, 3], 1);
        let plain = basis.target(&rendered[0]);
        assert_eq!(
            (plain.meaning.len(), plain.layout.len()),
            (8, 3 * GRID * GRID)
        );
        rendered[0].described.cells = mirrored(&rendered[0].described.cells);
        let turned = basis.target(&rendered[0]);
        assert_eq!(turned.meaning, plain.meaning);
        for (a, b) in turned.layout.iter().zip(mirrored(&plain.layout)) {
            assert!((a - b).abs() < 1e-5);
        }
        // Not the same by being all alike.
        assert!(plain.likeness(&turned) < 0.9);
    }
}
