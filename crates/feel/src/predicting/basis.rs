//! From raw features to the few numbers that a head sees.
//!
//! - **Computes** principal components of the standardised columns to which the settings give the
//!   head a share.
//! - **Input** all raw features of a picture, [`Extractor::features`](crate::Extractor::features).
//! - **Output** components, strongest first. [`PerHead::project`] puts those of the emotions before
//!   those of valence and arousal.
//! - **Deviation** each head has a basis of its own: likeness of photographs is blurred by what tells
//!   paintings apart, see `docs/feel-tried.md`.

use super::settings::{Block, PerHead};
use super::stored::{precision, put, put_rows, wide};
use crate::error::FeelError;
use crate::heads::linear::{Linear, Matrix, Standardizer};
use crate::heads::pca;
use affetti_weights::store;
use affetti_weights::tensors::{Taker, Tensors};
use std::ops::Range;
use std::slice;

/// Features that [`Basis::under`] sums at a time.
const PIECE: usize = 256;

/// Columns, standardisation and projection of one head.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// Columns of the raw features that the head sees, ascending.
    pub columns: Vec<Range<usize>>,
    /// Shift and scale of these columns.
    pub standard: Standardizer,
    /// `[component][column]`, of these columns.
    pub directions: Vec<Vec<f64>>,
}

/// The columns of which a head is given a share.
pub(crate) fn seen_columns(blocks: &[Block], share: impl Fn(&Block) -> f64) -> Vec<Range<usize>> {
    let seen = blocks.iter().filter(|block| share(block) > 0.0);
    seen.map(|block| block.columns.clone()).collect()
}

impl Basis {
    /// The basis that `rows` of raw features have, as a reader of its file will see it: whatever is
    /// fitted on top is fitted on that. `share` says what the head sees of each block.
    ///
    /// # Errors
    /// [`FeelError::Unfit`] where no block has a share; [`FeelError::Net`] where the shapes do not
    /// fit: a bug.
    pub(crate) fn fit(
        rows: &Matrix,
        blocks: &[Block],
        share: impl Fn(&Block) -> f64,
        (components, seed): (usize, u64),
    ) -> Result<Self, FeelError> {
        let columns = seen_columns(blocks, &share);
        if columns.is_empty() {
            return Err(FeelError::Unfit {
                what: "a head that is given a share of no features".into(),
            });
        }
        let seen = gathered(rows, &columns);
        let seen_blocks = blocks.iter().filter(|block| share(block) > 0.0);
        let shares: Vec<(usize, f64)> = seen_blocks
            .map(|block| (block.columns.len(), share(block)))
            .collect();
        let standard = Standardizer::fit(&seen, &shares);
        let directions = pca::components(&standard.apply(&seen), components, seed);
        Self {
            columns,
            standard,
            directions,
        }
        .rounded()
    }

    /// The components of one row of raw features.
    ///
    /// # Panics
    /// Where the row is shorter than the columns reach: a bug of the caller.
    pub(crate) fn project<'a>(&'a self, features: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        let Standardizer { mean, factor } = &self.standard;
        let seen = self.columns.iter().flat_map(|c| &features[c.clone()]);
        let scaled = seen.zip(mean).zip(factor);
        let row: Vec<f64> = scaled.map(|((&x, m), f)| (f64::from(x) - m) * f).collect();
        let along = move |d: &Vec<f64>| d.iter().zip(&row).map(|(d, x)| d * x).sum();
        self.directions.iter().map(along)
    }

    /// The squared length of one row of standardised features.
    pub(crate) fn squared_length(&self, features: &[f32]) -> f64 {
        let Standardizer { mean, factor } = &self.standard;
        let seen = self.columns.iter().flat_map(|c| &features[c.clone()]);
        let scaled = seen.zip(mean).zip(factor);
        scaled
            .map(|((&x, m), f)| ((f64::from(x) - m) * f).powi(2))
            .sum()
    }

    /// The components of many rows of raw features.
    pub(crate) fn project_all(&self, rows: &Matrix) -> Matrix {
        let plain = Linear {
            weights: self.directions.clone(),
            bias: vec![0.0; self.directions.len()],
        };
        let projected = plain
            .fold(&self.standard)
            .apply_all(&gathered(rows, &self.columns));
        Matrix {
            columns: self.directions.len(),
            data: projected.into_iter().flatten().map(|v| v as f32).collect(),
        }
    }

    /// `head`, which wants components, for rows of `width` raw features: in one step, and without a
    /// copy of the directions.
    #[must_use]
    pub(crate) fn under(&self, head: &Linear, width: usize) -> Linear {
        let seen = self.standard.mean.len();
        let mut plain = Linear {
            weights: vec![vec![0.0; seen]; head.weights.len()],
            bias: head.bias.clone(),
        };
        // Piece by piece, so that the sums of all outputs stay in the cache while every direction is
        // read once.
        for start in (0..seen).step_by(PIECE) {
            let piece = start..(start + PIECE).min(seen);
            for (component, direction) in self.directions.iter().enumerate() {
                let direction = &direction[piece.clone()];
                for (sums, row) in plain.weights.iter_mut().zip(&head.weights) {
                    let factor = row[component];
                    let sums = sums[piece.clone()].iter_mut();
                    sums.zip(direction).for_each(|(s, d)| *s += factor * d);
                }
            }
        }
        let mut direct = plain.fold(&self.standard);
        for row in &mut direct.weights {
            *row = self.spread(row, width);
        }
        direct
    }

    /// A row of this basis's columns among `width` raw ones, 0 elsewhere.
    fn spread(&self, row: &[f64], width: usize) -> Vec<f64> {
        let mut all = vec![0.0; width];
        let mut rest = row;
        for columns in &self.columns {
            let (here, after) = rest.split_at(columns.len());
            all[columns.clone()].copy_from_slice(here);
            rest = after;
        }
        all
    }

    fn rounded(self) -> Result<Self, FeelError> {
        let mut tensors = Tensors::default();
        self.put(&mut tensors, "basis");
        let bytes = store::to_bytes(&tensors, precision)?;
        let mut taker = store::from_bytes(&bytes, "basis")?.take_for("basis");
        let basis = Self::take(&mut taker, "basis", self.columns, self.directions.len());
        taker.finish()?;
        Ok(basis)
    }

    /// Adds the tensors `NAME.mean`, `NAME.factor` and `NAME.directions`.
    pub(crate) fn put(&self, tensors: &mut Tensors, name: &str) {
        let Standardizer { mean, factor } = &self.standard;
        put(tensors, &format!("{name}.mean"), vec![mean.len()], mean);
        put(
            tensors,
            &format!("{name}.factor"),
            vec![factor.len()],
            factor,
        );
        put_rows(tensors, &format!("{name}.directions"), &self.directions);
    }

    /// Takes what [`put`](Self::put) added; the taker keeps what is missing or misshapen.
    pub(crate) fn take(
        taker: &mut Taker,
        name: &str,
        columns: Vec<Range<usize>>,
        components: usize,
    ) -> Self {
        let width: usize = columns.iter().map(ExactSizeIterator::len).sum();
        let flat = taker.take(&format!("{name}.directions"), &[components, width]);
        let mut values = |part: &str| wide(&taker.take(&format!("{name}.{part}"), &[width]));
        Self {
            standard: Standardizer {
                mean: values("mean"),
                factor: values("factor"),
            },
            directions: flat.chunks_exact(width.max(1)).map(wide).collect(),
            columns,
        }
    }

    /// Whether all its parts belong to the same columns, of `width` raw features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        let seen: usize = self.columns.iter().map(ExactSizeIterator::len).sum();
        let Standardizer { mean, factor } = &self.standard;
        let ends = self.columns.iter().all(|c| c.end <= width);
        let lengths = self.directions.iter().all(|d| d.len() == seen);
        ends && lengths && mean.len() == seen && factor.len() == seen
    }
}

impl PerHead<Basis> {
    /// Whether both can look at `width` raw features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        self.emotions.fits(width) && self.affect.fits(width)
    }

    /// Components of a row.
    pub(crate) fn components(&self) -> usize {
        self.emotions.directions.len() + self.affect.directions.len()
    }

    /// The components of one row of raw features: those of the emotions, then those of valence and
    /// arousal.
    ///
    /// # Panics
    /// Where the row is shorter than the columns reach: a bug of the caller.
    #[must_use]
    pub(crate) fn project(&self, features: &[f32]) -> Vec<f32> {
        let emotions = self.emotions.project(features);
        let both = emotions.chain(self.affect.project(features));
        both.map(|v| v as f32).collect()
    }

    /// What each head sees of a row of components.
    ///
    /// # Panics
    /// Where the row is shorter than [`project`](Self::project) makes it: a bug of the caller.
    #[must_use]
    pub(crate) fn split<'a>(&self, components: &'a [f32]) -> PerHead<&'a [f32]> {
        let (emotions, affect) = components.split_at(self.emotions.directions.len());
        PerHead { emotions, affect }
    }

    /// What each head sees of rows of components.
    pub(crate) fn split_all(&self, rows: &Matrix) -> PerHead<Matrix> {
        let middle = self.emotions.directions.len();
        PerHead {
            emotions: gathered(rows, slice::from_ref(&(0..middle))),
            affect: gathered(rows, slice::from_ref(&(middle..rows.columns))),
        }
    }
}

/// `columns` of `rows`.
fn gathered(rows: &Matrix, columns: &[Range<usize>]) -> Matrix {
    let all = rows.data.chunks_exact(rows.columns.max(1));
    let seen = all.flat_map(|row| columns.iter().flat_map(move |c| &row[c.clone()]));
    Matrix {
        columns: columns.iter().map(ExactSizeIterator::len).sum(),
        data: seen.copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns 0 and 1 for the emotions, 3 and 4 for valence and arousal; nobody sees column 2.
    fn bases() -> PerHead<Basis> {
        let basis = |columns: Vec<Range<usize>>, directions: Vec<Vec<f64>>| {
            let width = directions[0].len();
            Basis {
                columns,
                standard: Standardizer {
                    mean: vec![1.0; width],
                    factor: vec![2.0; width],
                },
                directions,
            }
        };
        PerHead {
            emotions: basis(vec![0..1, 1..2], vec![vec![1.0, 0.0], vec![0.5, -0.5]]),
            affect: basis(vec![3..4, 4..5], vec![vec![-1.0, 0.0]]),
        }
    }

    #[test]
    fn each_head_sees_its_own_columns() {
        let bases = bases();
        let features = [2.0, 5.0, f32::NAN, 4.0, 9.0];
        // Standardised: 2, 8, and 6, 16.
        let components = bases.project(&features);
        assert_eq!(components, [2.0, -3.0, -6.0]);
        let seen = bases.split(&components);
        assert_eq!(
            (seen.emotions, seen.affect),
            (&[2.0, -3.0][..], &[-6.0][..])
        );
        let rows = Matrix {
            columns: 3,
            data: [components.clone(), components].concat(),
        };
        let seen = bases.split_all(&rows);
        assert_eq!(seen.emotions.data, [2.0, -3.0, 2.0, -3.0]);
        assert_eq!(seen.affect.data, [-6.0, -6.0]);
    }

    #[test]
    fn many_rows_and_one_step_say_the_same() {
        // Columns with a gap, and more of them than are summed at a time; all numbers are exact.
        let (first, width) = (PIECE - 3, PIECE + 9);
        let columns = vec![1..first, first + 4..width];
        let seen = width - 5;
        let value = |n: usize| f64::from((n * 7 % 11) as u32) - 5.0;
        let basis = Basis {
            columns,
            standard: Standardizer {
                mean: (0..seen).map(value).collect(),
                factor: vec![0.5; seen],
            },
            directions: (0..2)
                .map(|d| (0..seen).map(|n| value(n * n + d)).collect())
                .collect(),
        };
        let rows = Matrix {
            columns: width,
            data: (0..2 * width).map(|n| value(3 * n + 1) as f32).collect(),
        };
        let head = Linear {
            weights: vec![vec![0.25, -1.0]],
            bias: vec![0.125],
        };
        let together = basis.project_all(&rows);
        let direct = basis.under(&head, width);
        for i in 0..2 {
            let alone: Vec<f32> = basis.project(rows.row(i)).map(|v| v as f32).collect();
            assert_eq!(together.row(i), alone);
            assert_eq!(direct.apply(rows.row(i)), head.apply(&alone));
        }
        assert_ne!(together.row(0), together.row(1));
    }

    #[test]
    fn what_has_no_share_is_not_seen_and_shares_are_kept() {
        let block = |columns: Range<usize>, emotions: f64, affect: f64| Block {
            columns,
            share: PerHead { emotions, affect },
            tells_kind: false,
        };
        let blocks = [
            block(0..1, 0.6, 0.1),
            block(1..2, 0.0, 0.9),
            block(2..3, 0.3, 0.0),
        ];
        let mut random = fastrand::Rng::with_seed(5);
        let rows = Matrix {
            columns: 3,
            data: (0..600).map(|_| random.f32() - 0.5).collect(),
        };
        let basis = Basis::fit(&rows, &blocks, |b| b.share.emotions, (2, 1)).expect("fits");
        assert_eq!(basis.columns, [0..1, 2..3]);
        let seen = basis.standard.apply(&gathered(&rows, &basis.columns));
        let length = |column: usize| -> f32 { (0..200).map(|i| seen.row(i)[column].powi(2)).sum() };
        assert!((length(0) / length(1) - 2.0).abs() < 1e-3);
        let basis = Basis::fit(&rows, &blocks, |b| b.share.affect, (2, 1)).expect("fits");
        assert_eq!(basis.columns, [0..1, 1..2]);
        let seen = basis.standard.apply(&gathered(&rows, &basis.columns));
        let length = |column: usize| -> f32 { (0..200).map(|i| seen.row(i)[column].powi(2)).sum() };
        assert!((length(1) / length(0) - 9.0).abs() < 1e-2);
    }
}
