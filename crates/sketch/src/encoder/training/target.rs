//! What the teacher says of a photograph, as the student has to say it of its lines.
//!
//! - **Computes** the leading principal components of the pooled features, the mean removed, each
//!   divided by the fourth root of its variance: half-way between the features as they are, where
//!   few directions rule, and full whitening, where noise does.
//! - **Input** descriptors of the pictures to learn from; **output** [`Basis`].
//! - **Source** principal components as in `affetti_feel`.

use affetti_feel::{Matrix, principal_components};
use affetti_nets::efficientnet_lite::FEATURES;

use super::{super::Projection, cache::Rendered};

/// Embedding and standardised middle layer of a picture.
pub(super) type Target = (Vec<f32>, Vec<f32>);

/// From the teacher's descriptor to targets.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    /// From pooled features to the embedding, before it is made one long.
    pub(super) photo: Projection,
    /// Mean and inverse deviation of the middle layer's channels.
    middle: Vec<[f32; 2]>,
}

impl Basis {
    pub(super) fn fit(rendered: &[Rendered], dimension: usize, seed: u64) -> Self {
        let rows: Vec<&[f32]> = rendered.iter().map(|r| &r.described[..FEATURES]).collect();
        let mut mean = vec![0.0_f64; FEATURES];
        for row in &rows {
            for (m, v) in mean.iter_mut().zip(*row) {
                *m += f64::from(*v) / rows.len() as f64;
            }
        }
        let centred = rows.iter().flat_map(|row| {
            let pairs = row.iter().zip(&mean);
            pairs.map(|(v, m)| v - *m as f32)
        });
        let x = Matrix {
            columns: FEATURES,
            data: centred.collect(),
        };
        let mut photo = Projection {
            weight: Vec::with_capacity(dimension * FEATURES),
            bias: Vec::with_capacity(dimension),
        };
        for direction in principal_components(&x, dimension, seed) {
            let along = |row: &[f32]| -> f64 {
                row.iter()
                    .zip(&direction)
                    .map(|(v, d)| f64::from(*v) * d)
                    .sum()
            };
            let square: f64 = (0..x.rows()).map(|i| along(x.row(i)).powi(2)).sum();
            let scale = (square / x.rows() as f64).max(1e-12).powf(-0.25);
            photo
                .weight
                .extend(direction.iter().map(|d| (d * scale) as f32));
            let shift: f64 = mean.iter().zip(&direction).map(|(m, d)| m * d).sum();
            photo.bias.push((-shift * scale) as f32);
        }
        // Fewer pictures than dimensions: the rest says nothing.
        photo.weight.resize(dimension * FEATURES, 0.0);
        photo.bias.resize(dimension, 0.0);
        Self {
            photo,
            middle: moments(rendered),
        }
    }

    /// What the student has to say of a picture.
    pub(super) fn target(&self, rendered: &Rendered) -> Target {
        let (pooled, middle) = rendered.described.split_at(FEATURES);
        let middle = middle.iter().zip(&self.middle);
        (
            self.photo.unit(pooled),
            middle
                .map(|(v, [mean, scale])| (v - mean) * scale)
                .collect(),
        )
    }
}

fn moments(rendered: &[Rendered]) -> Vec<[f32; 2]> {
    let width = rendered.first().map_or(0, |r| r.described.len() - FEATURES);
    let count = rendered.len().max(1) as f64;
    (FEATURES..FEATURES + width)
        .map(|channel| {
            let values = || rendered.iter().map(|r| f64::from(r.described[channel]));
            let mean = values().sum::<f64>() / count;
            let square = values().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            [mean as f32, (1.0 / square.max(1e-8).sqrt()) as f32]
        })
        .collect()
}
