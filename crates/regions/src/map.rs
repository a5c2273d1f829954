//! A map: one `f32` a pixel.

use rayon::prelude::*;

use crate::error::RegionsError;

/// Longest side of a [`Map`], in pixels; that of a picture.
const MAX_SIDE: usize = affetti_picture::MAX_SIDE as usize;

/// Rows that one thread makes at least: fewer cost more to hand over than to make.
const ROWS: usize = 16;

/// One number a pixel, in rows from top to bottom: shape `[height, width]`.
///
/// Both sides are 1 to 65535 and every pixel has its value; the values themselves may be anything,
/// NaN included, until an algorithm checks them at its door.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Map {
    /// Takes values as they are.
    ///
    /// # Errors
    /// [`RegionsError::BadMap`] when a side is 0 or longer than 65535, or when there are not
    /// `width * height` values.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Result<Self, RegionsError> {
        let sides = 1..=MAX_SIDE;
        if sides.contains(&width)
            && sides.contains(&height)
            && width.checked_mul(height) == Some(values.len())
        {
            Ok(Self {
                width,
                height,
                values,
            })
        } else {
            Err(RegionsError::BadMap {
                width,
                height,
                values: values.len(),
            })
        }
    }

    /// For callers in this crate whose sides come from another map or a picture.
    pub(crate) fn from_fn(
        width: usize,
        height: usize,
        mut value: impl FnMut(usize, usize) -> f32,
    ) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                values.push(value(x, y));
            }
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// As [`from_fn`](Self::from_fn), rows shared out to the threads of rayon's pool.
    pub(crate) fn from_fn_in_parallel(
        width: usize,
        height: usize,
        value: impl Fn(usize, usize) -> f32 + Sync,
    ) -> Self {
        let mut values = vec![0.0; width * height];
        let rows = values.par_chunks_mut(width).enumerate().with_min_len(ROWS);
        rows.for_each(|(y, row)| {
            for (x, v) in row.iter_mut().enumerate() {
                *v = value(x, y);
            }
        });
        Self {
            width,
            height,
            values,
        }
    }

    /// For callers in this crate that made the values for these sides.
    pub(crate) fn from_parts(width: usize, height: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(width * height, values.len());
        Self {
            width,
            height,
            values,
        }
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// All values, shape `[height, width]`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The value at column `x` and row `y`.
    ///
    /// # Panics
    /// When the place is outside of the map.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        assert!(x < self.width, "column {x} of {}", self.width);
        self.values[y * self.width + x]
    }

    /// Every value replaced.
    pub(crate) fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        Self {
            values: self.values.iter().map(|&v| change(v)).collect(),
            ..*self
        }
    }

    /// The first value that is not `good`, as an error.
    pub(crate) fn check(
        &self,
        map: &'static str,
        range: &'static str,
        good: impl Fn(f32) -> bool,
    ) -> Result<(), RegionsError> {
        match self.values.iter().position(|&v| !good(v)) {
            None => Ok(()),
            Some(i) => Err(RegionsError::BadValue {
                map,
                value: self.values[i],
                x: i % self.width,
                y: i / self.width,
                range,
            }),
        }
    }

    /// That this is an edge map: all of 0..=1.
    pub(crate) fn check_edges(&self) -> Result<(), RegionsError> {
        // NaN is in no range.
        self.check("edge", "0 to 1", |v| (0.0..=1.0).contains(&v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn sides_and_values_have_to_agree() {
        assert!(Map::new(2, 3, vec![0.0; 6]).is_ok());
        for (width, height, values) in [(2, 3, 5), (0, 3, 0), (70_000, 1, 70_000)] {
            let error = Map::new(width, height, vec![0.0; values]).expect_err("does not fit");
            assert_eq!(error.kind(), ErrorKind::Input);
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_place() {
        let map = Map::new(2, 2, vec![0.0, 1.0, 0.5, f32::NAN]).expect("a map");
        let error = map.check_edges().expect_err("NaN");
        assert_eq!(
            error.to_string(),
            "the edge map holds NaN at column 1, row 1; it has to be 0 to 1"
        );
    }
}
