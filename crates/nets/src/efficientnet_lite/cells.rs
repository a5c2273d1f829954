//! What is where: means over the cells of a grid.
//!
//! - **Computes** the pooled features of a picture, and the mean of every channel of one map over
//!   each cell of a square grid.
//! - **Input** as [`EfficientNetLite::describe`]; **output** [`Cells`].
//! - **Source** cells as in PyTorch's adaptive average pooling: from ⌊n·size/grid⌋ to
//!   ⌈(n+1)·size/grid⌉, so that neighbours share a row where the map does not divide.

use super::{EfficientNetLite, Part, Workspace};
use affetti_kernels::Map;
use affetti_picture::Picture;

/// Which map the cells are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellsOf {
    /// At the end of a stage, 0 to 6.
    Stage(usize),
    /// The last one, whose mean are the pooled features.
    Head,
}

/// A picture as a whole and part by part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// [`super::FEATURES`] pooled features.
    pub pooled: Vec<f32>,
    /// `[grid, grid, channels]`, row by row.
    pub cells: Vec<f32>,
}

impl EfficientNetLite {
    /// Pooled features of `picture`, and means over `grid` by `grid` cells of the map `of`.
    #[must_use]
    pub fn describe_cells(
        &self,
        picture: &Picture,
        of: CellsOf,
        grid: usize,
        work: &mut Workspace,
        threads: usize,
    ) -> Cells {
        let mut found = Cells::default();
        let mut stage = 0;
        self.forward(picture, work, threads, |part, map| {
            let here = match part {
                Part::Stage => CellsOf::Stage(stage),
                Part::Head => CellsOf::Head,
            };
            stage += usize::from(part == Part::Stage);
            if here == of {
                found.cells = cells(map, grid);
            }
            if part == Part::Head {
                found.pooled = cells(map, 1);
            }
        });
        found
    }
}

/// Means of every channel, `[grid, grid, channels]`, row by row.
fn cells(map: &Map, grid: usize) -> Vec<f32> {
    let shape = map.shape();
    let span = |n: usize, size: usize| n * size / grid..((n + 1) * size).div_ceil(grid);
    let mut values = Vec::with_capacity(grid * grid * shape.channels);
    for cell in 0..grid * grid {
        let (rows, columns) = (
            span(cell / grid, shape.height),
            span(cell % grid, shape.width),
        );
        let count = (rows.len() * columns.len()) as f32;
        let mut mean = vec![0.0_f32; shape.channels];
        for row in rows {
            for column in columns.clone() {
                let pixel = map.pixel(row, column);
                mean.iter_mut().zip(pixel).for_each(|(m, v)| *m += v);
            }
        }
        values.extend(mean.iter().map(|m| m / count));
    }
    values
}

/// Mean and standard deviation of each channel over all pixels.
pub(super) fn moments(map: &Map) -> (Vec<f32>, Vec<f32>) {
    let shape = map.shape();
    let count = (shape.height * shape.width) as f32;
    let mean = cells(map, 1);
    // In a second pass: the difference of two large sums would lose the small deviations.
    let mut variance = vec![0.0_f32; shape.channels];
    for_each_pixel(map, |pixel| {
        for ((s, m), v) in variance.iter_mut().zip(&mean).zip(pixel) {
            *s += (v - m) * (v - m);
        }
    });
    let deviation = variance.iter().map(|s| (s / count).sqrt()).collect();
    (mean, deviation)
}

/// Row by row.
pub(super) fn for_each_pixel(map: &Map, mut visit: impl FnMut(&[f32])) {
    let shape = map.shape();
    for row in 0..shape.height {
        for column in 0..shape.width {
            visit(map.pixel(row, column));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_kernels::MapShape;

    #[test]
    fn cells_by_hand() {
        let mut map = Map::default();
        let values: Vec<f32> = (0..9).map(|v| v as f32).collect();
        let shape = MapShape::new(3, 3, 1);
        let stride = map.reshape(shape).len() / 9;
        let data = map.reshape(shape);
        for (n, v) in values.iter().enumerate() {
            data[n * stride] = *v;
        }
        // Of three rows and columns two cells share the middle ones.
        assert_eq!(cells(&map, 2), [2.0, 3.0, 5.0, 6.0]);
        assert_eq!(cells(&map, 1), [4.0]);
        assert_eq!(cells(&map, 3), values);
    }
}
