//! What words are about: a picture as this room sees it.
//!
//! - **Computes** one look at the whole picture by every network of the predictor: the pooled features
//!   of each, and of the published one the means over a grid of its last map.
//! - **Input** a decoded picture. **Output** a [`Sight`].
//! - **Source** the predictor's networks ([`affetti_feel::Predictor`]).
//! - **Deviations** one view instead of the predictor's four, at 224 pixels for all networks, resized
//!   bilinearly: which things there are hardly depends on mirror images, and a sentence is to come at once.

#[cfg(feature = "train")]
pub mod paintings;

use crate::error::WordsError;
use affetti_feel::Predictor;
use affetti_nets::efficientnet_lite::{CellsOf, EfficientNetLite, FEATURES, Workspace};
use affetti_picture::{Filter, Picture};

/// Cells along a side of the grid.
pub const GRID: usize = 4;
/// Numbers of a cell.
pub const CELL: usize = FEATURES;
/// Pixels of the square that each network sees.
const SIDE: u32 = 224;

/// One picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    /// `[GRID · GRID, CELL]`, row by row, 0 or more.
    pub cells: Vec<f32>,
    /// Pooled features of every network, `[networks · FEATURES]`, 0 or more.
    pub pooled: Vec<f32>,
}

/// The networks that look.
#[derive(Clone, Debug)]
pub struct Eyes {
    networks: Vec<EfficientNetLite>,
    /// Which of them has the grid: the first that never learned what viewers felt.
    grid: usize,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct Work(Workspace);

impl Eyes {
    /// Those of `predictor`.
    ///
    /// # Errors
    /// [`WordsError::Unfit`] for a predictor on other networks than ours.
    pub fn of(predictor: &Predictor) -> Result<Self, WordsError> {
        let model = predictor.weights();
        let unfit = || WordsError::Unfit {
            what: format!(
                "{} sees by a network that knows no words; sentences need the program's own predictor",
                predictor.model().name
            ),
        };
        let weights: Option<Vec<_>> = model.backbones.iter().map(|frozen| frozen.lite()).collect();
        let weights = weights.ok_or_else(unfit)?;
        let published = |name: &str| name.starts_with("efficientnet-");
        let names = model
            .settings
            .backbones
            .iter()
            .map(|backbone| backbone.name.as_str());
        let grid = names.clone().position(published).ok_or_else(unfit)?;
        Ok(Self {
            networks: weights.into_iter().map(EfficientNetLite::new).collect(),
            grid,
        })
    }

    /// Networks that look.
    #[must_use]
    pub fn count(&self) -> usize {
        self.networks.len()
    }

    /// Looks at `picture`; `threads` > 1 splits each network's work.
    #[must_use]
    pub fn look(&self, picture: &Picture, work: &mut Work, threads: usize) -> Sight {
        let square = picture.resize(SIDE, SIDE, Filter::Bilinear);
        let mut sight = Sight::default();
        for (n, network) in self.networks.iter().enumerate() {
            let seen = network.describe_cells(&square, CellsOf::Head, GRID, &mut work.0, threads);
            sight.pooled.extend(seen.pooled);
            if n == self.grid {
                sight.cells = seen.cells;
            }
        }
        sight
    }
}

/// Centred, scaled and projected rows: what the networks of this room see of features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lens {
    /// Subtracted.
    pub mean: Vec<f32>,
    /// `[outputs, inputs]`
    pub directions: Vec<f32>,
}

impl Lens {
    /// Numbers that come out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.directions.len() / self.mean.len().max(1)
    }

    /// The images of `rows`, each `mean.len()` long.
    ///
    /// # Panics
    /// Where a row has another length: a bug of the caller.
    #[must_use]
    pub fn see(&self, rows: &[f32]) -> Vec<f32> {
        let inputs = self.mean.len();
        assert_eq!(rows.len() % inputs.max(1), 0, "rows");
        let mut out = Vec::with_capacity(rows.len() / inputs * self.outputs());
        for row in rows.chunks_exact(inputs) {
            // Roots tame the few large values that rectified features have.
            let moved: Vec<f32> = row
                .iter()
                .zip(&self.mean)
                .map(|(x, m)| x.max(0.0).sqrt() - m)
                .collect();
            for direction in self.directions.chunks_exact(inputs) {
                out.push(moved.iter().zip(direction).map(|(x, d)| x * d).sum());
            }
        }
        out
    }

    /// The leading principal components of the roots of `rows`, each of about unit variance.
    #[cfg(feature = "train")]
    #[must_use]
    pub fn fit(rows: &[f32], inputs: usize, outputs: usize, seed: u64) -> Self {
        let count = (rows.len() / inputs).max(1);
        let mut roots: Vec<f64> = rows.iter().map(|x| f64::from(x.max(0.0).sqrt())).collect();
        let mut mean = vec![0.0_f64; inputs];
        for row in roots.chunks_exact(inputs) {
            mean.iter_mut()
                .zip(row)
                .for_each(|(m, x)| *m += x / count as f64);
        }
        for row in roots.chunks_exact_mut(inputs) {
            row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= m);
        }
        let data = affetti_feel::Matrix {
            columns: inputs,
            data: roots.into_iter().map(|x| x as f32).collect(),
        };
        let found = affetti_feel::principal_components(&data, outputs, seed);
        let mut directions = Vec::with_capacity(outputs * inputs);
        for direction in found {
            let length = |row: &[f32]| -> f64 {
                row.iter()
                    .zip(&direction)
                    .map(|(x, d)| f64::from(*x) * d)
                    .sum()
            };
            let variance =
                (0..count).map(|n| length(data.row(n)).powi(2)).sum::<f64>() / count as f64;
            let scale = 1.0 / variance.sqrt().max(1e-6);
            directions.extend(direction.iter().map(|d| (d * scale) as f32));
        }
        Self {
            mean: mean.into_iter().map(|m| m as f32).collect(),
            directions,
        }
    }
}
