//! Precision, recall and the three figures of the benchmark.

use crate::error::RegionsError;

/// Pixels of one picture, or of many, at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Least strength of a found pixel.
    pub threshold: f32,
    /// Found pixels that any annotator has.
    pub right: usize,
    /// Found pixels.
    pub found: usize,
    /// Drawn pixels that were found, summed over annotators.
    pub recalled: usize,
    /// Drawn pixels, summed over annotators.
    pub truth: usize,
}

impl Counts {
    /// Share of the found pixels that is right; 1 where nothing is found.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.right, self.found)
    }

    /// Share of the drawn pixels that is found; 1 where nothing is drawn.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.recalled, self.truth)
    }

    /// Harmonic mean of precision and recall, 0..=1.
    #[must_use]
    pub fn f(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    }

    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.found += other.found;
        self.recalled += other.recalled;
        self.truth += other.truth;
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// The figures of a set of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Best F with one threshold for all pictures.
    pub ods: f64,
    /// That threshold.
    pub threshold: f32,
    /// F with the best threshold of each picture.
    pub ois: f64,
    /// Mean precision over recalls of 0, .01, … 1; 0 beyond the recalls reached.
    pub ap: f64,
    /// Sums over all pictures at each threshold.
    pub curve: Vec<Counts>,
}

/// The figures from the counts of each picture, all at the same thresholds.
///
/// # Errors
/// [`RegionsError::Count`] without pictures or thresholds, and for pictures of different ones.
pub fn summarize(pictures: &[Vec<Counts>]) -> Result<Summary, RegionsError> {
    let missing = |what, found, expected| RegionsError::Count {
        what,
        found,
        expected,
        hint: "count all pictures at the same thresholds",
    };
    let Some(first) = pictures.first().filter(|p| !p.is_empty()) else {
        return Err(missing("pictures with counts", 0, 1));
    };
    let mut curve: Vec<Counts> = first
        .iter()
        .map(|c| Counts {
            threshold: c.threshold,
            ..Counts::default()
        })
        .collect();
    let mut each_best = Counts::default();
    for picture in pictures {
        if picture.len() != first.len() {
            return Err(missing("thresholds", picture.len(), first.len()));
        }
        for (sum, counts) in curve.iter_mut().zip(picture) {
            sum.add(counts);
        }
        each_best.add(best(picture));
    }
    let overall = best(&curve);
    Ok(Summary {
        ods: overall.f(),
        threshold: overall.threshold,
        ois: each_best.f(),
        ap: average_precision(&curve),
        curve,
    })
}

/// The counts of the largest F, the first of equals; the list is not empty.
fn best(counts: &[Counts]) -> &Counts {
    counts
        .iter()
        .reduce(|best, next| if next.f() > best.f() { next } else { best })
        .unwrap_or(&counts[0])
}

/// Precision, linear between the thresholds, at 101 recalls.
fn average_precision(curve: &[Counts]) -> f64 {
    let mut points: Vec<(f64, f64)> = curve.iter().map(|c| (c.recall(), c.precision())).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    points.dedup_by(|later, earlier| later.0 == earlier.0);
    let at = |recall: f64| {
        let above = points.iter().position(|p| p.0 >= recall);
        match above {
            None => 0.0,
            Some(i) if points[i].0 == recall => points[i].1,
            // The benchmark does not extend the curve to recalls below its first point.
            Some(0) => 0.0,
            Some(i) => {
                let (low, high) = (points[i - 1], points[i]);
                low.1 + (high.1 - low.1) * (recall - low.0) / (high.0 - low.0)
            }
        }
    };
    (0..=100).map(|i| at(f64::from(i) / 100.0)).sum::<f64>() / 101.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(threshold: f32, numbers: [usize; 4]) -> Counts {
        let [right, found, recalled, truth] = numbers;
        Counts {
            threshold,
            right,
            found,
            recalled,
            truth,
        }
    }

    #[test]
    fn figures_by_hand() {
        // Picture 1: F 1 at .2, 2/3 at .6 (precision 1, recall ½). Picture 2: precision ½, recall 1
        // at .2 (F 2/3), F 1 at .6.
        let one = vec![counts(0.2, [10, 10, 10, 10]), counts(0.6, [5, 5, 5, 10])];
        let two = vec![counts(0.2, [10, 20, 10, 10]), counts(0.6, [10, 10, 10, 10])];
        let summary = summarize(&[one, two]).expect("a summary");
        // Sums: .2 → 20/30 and 20/20, F .8; .6 → 15/15 and 15/20, F 6/7.
        assert!((summary.ods - 6.0 / 7.0).abs() < 1e-12);
        assert_eq!(summary.threshold, 0.6);
        assert_eq!(summary.ois, 1.0);
        // Precision falls from 1 at recall .75 to 2/3 at recall 1: 26 points of mean 5/6.
        assert!((summary.ap - 26.0 * 5.0 / 6.0 / 101.0).abs() < 1e-9);
    }

    #[test]
    fn pictures_have_to_share_their_thresholds() {
        let one = vec![counts(0.2, [1; 4])];
        assert!(summarize(&[one.clone(), vec![]]).is_err());
        assert!(summarize(&[vec![], one]).is_err());
    }
}
