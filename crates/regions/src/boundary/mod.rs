//! The standard benchmark of edge maps against boundaries drawn by people.
//!
//! - **Computes** precision and recall of an edge map at many thresholds, and from those of many
//!   pictures ODS (best F with one threshold for all), OIS (best F with the best threshold of each)
//!   and AP (area under the curve).
//! - **Input** edge strength of 0..=1 `[height, width]`, and of each annotator a mask of that size.
//! - **Output** 0..=1, larger is better.
//! - **Source** D. Martin, C. Fowlkes and J. Malik, PAMI 26(5), 2004; P. Arbeláez et al., PAMI 33(5),
//!   2011: pixels are matched one to one within .0075 of the diagonal, a found pixel is right if any
//!   annotator has it, each annotator's pixels count for the recall.
//! - **Deviation** see `matching`; the rest as published.
//!
//! ```
//! use affetti_regions::{Map, boundary::{Truth, count, summarize, thresholds}};
//! let mask: Vec<bool> = (0..900).map(|i| i % 30 == 12).collect();
//! let strength = Map::new(30, 30, mask.iter().map(|&m| f32::from(m)).collect())?;
//! let truth = Truth::new(30, 30, vec![mask])?;
//! let summary = summarize(&[count(&strength, &truth, &thresholds(9))?])?;
//! assert_eq!((summary.ods, summary.ois), (1.0, 1.0));
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

mod matching;
mod summary;
mod thinning;

pub use summary::{Counts, Summary, summarize};

use crate::{Map, error::RegionsError};
use matching::match_pixels;

/// Distance within which two boundary pixels may be the same, as a share of the diagonal.
pub const TOLERANCE: f64 = 0.0075;

/// Thresholds of the published figures.
pub const THRESHOLDS: usize = 99;

/// What people drew on one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    width: usize,
    height: usize,
    annotators: Vec<Vec<bool>>,
}

impl Truth {
    /// One mask `[height, width]` for each annotator.
    ///
    /// # Errors
    /// [`RegionsError::Count`] without annotators, [`RegionsError::BadMap`] for a mask of another
    /// size.
    pub fn new(
        width: usize,
        height: usize,
        annotators: Vec<Vec<bool>>,
    ) -> Result<Self, RegionsError> {
        if annotators.is_empty() {
            return Err(RegionsError::Count {
                what: "annotators",
                found: 0,
                expected: 1,
                hint: "give the mask of at least one",
            });
        }
        for mask in &annotators {
            if mask.is_empty() || width.checked_mul(height) != Some(mask.len()) {
                return Err(RegionsError::BadMap {
                    width,
                    height,
                    values: mask.len(),
                });
            }
        }
        Ok(Self {
            width,
            height,
            annotators,
        })
    }
}

/// `count` thresholds evenly inside of 0..1.
#[must_use]
pub fn thresholds(count: usize) -> Vec<f32> {
    (1..=count).map(|i| i as f32 / (count + 1) as f32).collect()
}

/// Counts of one picture at each threshold; an edge pixel has a strength of at least the threshold.
///
/// # Errors
/// [`RegionsError::SizesDiffer`] and [`RegionsError::BadValue`] for maps that cannot be.
pub fn count(
    strength: &Map,
    truth: &Truth,
    thresholds: &[f32],
) -> Result<Vec<Counts>, RegionsError> {
    let (width, height) = strength.size();
    if (truth.width, truth.height) != (width, height) {
        return Err(RegionsError::SizesDiffer {
            what: "the edge map",
            size: (width, height),
            other: "the mask of boundaries",
            other_size: (truth.width, truth.height),
        });
    }
    strength.check_edges()?;
    let reach = TOLERANCE * (width as f64).hypot(height as f64);
    let at_threshold = |&threshold: &f32| {
        let mut found: Vec<bool> = strength.values().iter().map(|&v| v >= threshold).collect();
        thinning::thin(&mut found, width);
        let mut right = vec![false; found.len()];
        let mut counts = Counts {
            threshold,
            found: found.iter().filter(|f| **f).count(),
            ..Counts::default()
        };
        for mask in &truth.annotators {
            let matched = match_pixels(&found, mask, width, reach);
            for at in matched.found {
                right[at as usize] = true;
            }
            counts.recalled += matched.pairs;
            counts.truth += mask.iter().filter(|t| **t).count();
        }
        counts.right = right.iter().filter(|r| **r).count();
        counts
    };
    Ok(thresholds.iter().map(at_threshold).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(x: usize, strength: f32) -> impl Fn(usize, usize) -> f32 {
        move |u, _| if u == x { strength } else { 0.0 }
    }

    fn mask(width: usize, height: usize, inside: impl Fn(usize, usize) -> bool) -> Vec<bool> {
        (0..width * height)
            .map(|i| inside(i % width, i / width))
            .collect()
    }

    #[test]
    fn first_case_by_hand() {
        // 100 × 100, tolerance .0075·141.4 = 1.06 pixels. Found: columns 20 (strength .8) and 60
        // (.4). Drawn by one: column 21; by the other: columns 21 and 90.
        // At .3: found 200, right 100 (column 20 by both), drawn 100 + 200, recalled 100 + 100.
        // At .6: found 100, right 100, recalled 200 of 300.
        let strength = Map::from_fn(100, 100, |x, y| {
            column(20, 0.8)(x, y) + column(60, 0.4)(x, y)
        });
        let one = mask(100, 100, |x, _| x == 21);
        let two = mask(100, 100, |x, _| x == 21 || x == 90);
        let truth = Truth::new(100, 100, vec![one, two]).expect("a truth");
        let counts = count(&strength, &truth, &[0.3, 0.6]).expect("counts");
        let numbers = |c: &Counts| [c.right, c.found, c.recalled, c.truth];
        assert_eq!(numbers(&counts[0]), [100, 200, 200, 300]);
        assert_eq!(numbers(&counts[1]), [100, 100, 200, 300]);
        // F at .6: 2·1·(2/3)/(5/3) = .8.
        let summary = summarize(&[counts]).expect("a summary");
        assert!((summary.ods - 0.8).abs() < 1e-9);
        assert_eq!(summary.threshold, 0.6);
    }

    #[test]
    fn second_case_by_hand() {
        // One to one: two found columns beside one drawn column share its 50 pixels, as long as
        // rows are matched straight across; 50 of 100 found are right. Rows further than the
        // tolerance (.0075·√(200² + 50²) = 1.55 pixels) match nothing.
        let strength = Map::from_fn(200, 50, |x, _| if x == 50 || x == 52 { 0.5 } else { 0.0 });
        let near = Truth::new(200, 50, vec![mask(200, 50, |x, _| x == 51)]).expect("a truth");
        let counts = count(&strength, &near, &[0.5]).expect("counts");
        assert_eq!((counts[0].right, counts[0].found), (50, 100));
        assert_eq!((counts[0].recalled, counts[0].truth), (50, 50));
        let far = Truth::new(200, 50, vec![mask(200, 50, |x, _| x == 54)]).expect("a truth");
        let counts = count(&strength, &far, &[0.5, 0.6]).expect("counts");
        assert_eq!((counts[0].right, counts[0].recalled), (0, 0));
        assert_eq!((counts[1].found, counts[1].precision()), (0, 1.0));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Truth::new(3, 3, vec![]).is_err());
        assert!(Truth::new(3, 3, vec![vec![true; 8]]).is_err());
        let truth = Truth::new(3, 3, vec![vec![true; 9]]).expect("a truth");
        let map = |side, value| Map::from_fn(side, side, |_, _| value);
        assert!(count(&map(4, 0.0), &truth, &[0.5]).is_err());
        assert!(count(&map(3, f32::NAN), &truth, &[0.5]).is_err());
        assert!(summarize(&[]).is_err());
    }
}
