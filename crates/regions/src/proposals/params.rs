//! The settings of EdgeBoxes, checked once.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::error::{RegionsError, from, require};

/// The published settings; [`Params::default`] holds the published values:
/// `docs/facts.md`, "EdgeBoxes: settings".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// IoU of neighbouring windows of the search, above 0 and below 1; more is finer and slower.
    pub alpha: f32,
    /// IoU above which the worse of two boxes is dropped, 0..=1.
    pub beta: f32,
    /// Factor on `beta` after each kept box while `beta` is above .5, above 0 and at most 1.
    pub eta: f32,
    /// Least score of a box, at least 0.
    pub min_score: f32,
    /// Most boxes returned, at least 1.
    pub max_boxes: usize,
    /// Least strength of an edge pixel, 0..=1; weaker ones are not seen.
    pub edge_min_mag: f32,
    /// Orientation change summed over a group, in units of π, at which the group is complete.
    pub edge_merge_thr: f32,
    /// Summed strength at or below which a group is dissolved.
    pub cluster_min_mag: f32,
    /// Largest ratio of the sides of a searched window, at least 1.
    pub max_aspect_ratio: f32,
    /// Least area of a searched window, in pixels, at least 1.
    pub min_box_area: f32,
    /// Exponent of the affinity of two groups, at least 0.
    pub gamma: f32,
    /// Exponent of the perimeter that scores are divided by, at least 0.
    pub kappa: f32,
    /// The best so many windows are refined, at least 1. As published all of them; most end in boxes
    /// that many others end in, or that are far from the best.
    pub refined: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            alpha: 0.65,
            beta: 0.75,
            eta: 1.0,
            min_score: 0.01,
            max_boxes: 10_000,
            edge_min_mag: 0.1,
            edge_merge_thr: 0.5,
            cluster_min_mag: 0.5,
            max_aspect_ratio: 3.0,
            min_box_area: 1000.0,
            gamma: 2.0,
            kappa: 1.5,
            refined: usize::MAX,
        }
    }
}

impl Params {
    /// The published settings for the best average recall at 1000 boxes.
    #[must_use]
    pub fn best_recall() -> Self {
        Self {
            beta: 0.9,
            eta: 0.9996,
            ..Self::default()
        }
    }

    /// The published settings for speed.
    #[must_use]
    pub fn fast() -> Self {
        Self {
            alpha: 0.625,
            min_score: 0.02,
            ..Self::default()
        }
    }

    /// For affective regions: with the published area of 1000 and ratio of 3, the filters of the
    /// screening (800 pixels, ratio 6) would never fire; see
    /// `docs/facts.md`, "Affective regions: screening".
    #[must_use]
    pub fn for_screening() -> Self {
        Self {
            min_box_area: 800.0,
            max_aspect_ratio: 6.0,
            refined: 2000,
            ..Self::default()
        }
    }

    /// Every setting in its range.
    ///
    /// # Errors
    /// [`RegionsError::Parameter`] names the first that is not.
    pub fn check(self) -> Result<Checked, RegionsError> {
        let above_0 = (Bound::Excluded(0.0), Bound::Included(1.0));
        // Steps of the search shrink with 1 − alpha: at 1 it would never end.
        require("alpha", self.alpha, 0.01..=0.99, ".01 to .99")?;
        require("beta", self.beta, 0.0..=1.0, "0 to 1")?;
        require("eta", self.eta, above_0, "above 0 and at most 1")?;
        require("min_score", self.min_score, from(0.0), "at least 0")?;
        require("max_boxes", self.max_boxes, 1.., "at least 1")?;
        require("edge_min_mag", self.edge_min_mag, 0.0..=1.0, "0 to 1")?;
        let merge = self.edge_merge_thr;
        require("edge_merge_thr", merge, from(0.0), "at least 0")?;
        let cluster = self.cluster_min_mag;
        require("cluster_min_mag", cluster, from(0.0), "at least 0")?;
        let aspect = self.max_aspect_ratio;
        require("max_aspect_ratio", aspect, 1.0..=100.0, "1 to 100")?;
        require("min_box_area", self.min_box_area, from(1.0), "at least 1")?;
        require("gamma", self.gamma, from(0.0), "at least 0")?;
        require("kappa", self.kappa, from(0.0), "at least 0")?;
        require("refined", self.refined, 1.., "at least 1")?;
        Ok(Checked(self))
    }
}

/// [`Params`] that passed [`Params::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checked(Params);

impl Checked {
    /// The settings.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn presets_are_good() {
        for params in [
            Params::default(),
            Params::best_recall(),
            Params::fast(),
            Params::for_screening(),
        ] {
            assert_eq!(params.check().expect("a preset").params(), &params);
        }
    }

    #[test]
    fn each_setting_has_a_range() {
        type Change = fn(&mut Params);
        let changes: [(Change, &str); 13] = [
            (|p| p.alpha = 1.0, "alpha is 1, it has to be .01 to .99"),
            (|p| p.beta = -0.5, "beta"),
            (|p| p.eta = 0.0, "eta"),
            (|p| p.min_score = f32::NAN, "min_score"),
            (|p| p.max_boxes = 0, "max_boxes"),
            (|p| p.edge_min_mag = 1.5, "edge_min_mag"),
            (|p| p.edge_merge_thr = f32::INFINITY, "edge_merge_thr"),
            (|p| p.cluster_min_mag = -1.0, "cluster_min_mag"),
            (|p| p.max_aspect_ratio = 0.5, "max_aspect_ratio"),
            (|p| p.min_box_area = 0.0, "min_box_area"),
            (|p| p.gamma = -1.0, "gamma"),
            (|p| p.kappa = f32::NAN, "kappa"),
            (|p| p.refined = 0, "refined"),
        ];
        for (change, name) in changes {
            let mut params = Params::default();
            change(&mut params);
            let error = params.check().expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Parameter);
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
