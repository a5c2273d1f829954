//! The settings of the screening, checked once.

use serde::{Deserialize, Serialize};

use crate::error::{RegionsError, from, require};

/// Which rows k-means sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Rows of the eigenvectors as they are, as the article says.
    #[default]
    Literal,
    /// Rows scaled to length 1 (A. Ng, M. Jordan and Y. Weiss, NIPS 2001).
    RowNormalized,
}

/// Settings; the default values are the article's where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Least area of a region, in pixels.
    pub min_area: u32,
    /// Largest ratio of its sides, at least 1.
    pub max_aspect: f32,
    /// Clusters and thus most regions, 1..=1000.
    pub clusters: usize,
    /// The best so many take part, at least `clusters` and at most 4000; time and memory grow with
    /// its square.
    pub max_boxes: usize,
    /// Which rows k-means sees.
    pub form: Form,
    /// Of the plain alternative: most IoU of two regions, 0..=1.
    pub nms_iou: f32,
    /// Of k-means and of the eigenvectors' start.
    pub seed: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            min_area: 800,
            max_aspect: 6.0,
            clusters: 50,
            max_boxes: 600,
            form: Form::Literal,
            nms_iou: 0.5,
            seed: 0,
        }
    }
}

impl Params {
    /// Every setting in its range.
    ///
    /// # Errors
    /// [`RegionsError::Parameter`] names the first that is not.
    pub fn check(self) -> Result<Checked, RegionsError> {
        require("max_aspect", self.max_aspect, from(1.0), "at least 1")?;
        require("clusters", self.clusters, 1..=1000, "1 to 1000")?;
        require(
            "max_boxes",
            self.max_boxes,
            self.clusters..=4000,
            "at least the number of clusters and at most 4000",
        )?;
        require("nms_iou", self.nms_iou, 0.0..=1.0, "0 to 1")?;
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

    #[test]
    fn each_setting_has_a_range() {
        assert!(Params::default().check().is_ok());
        type Change = fn(&mut Params);
        let changes: [(Change, &str); 5] = [
            (|p| p.max_aspect = 0.5, "max_aspect"),
            (|p| p.clusters = 0, "clusters"),
            (|p| p.max_boxes = 49, "max_boxes"),
            (|p| p.max_boxes = 4001, "max_boxes"),
            (|p| p.nms_iou = f32::NAN, "nms_iou"),
        ];
        for (change, name) in changes {
            let mut params = Params::default();
            change(&mut params);
            let error = params.check().expect_err(name);
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
