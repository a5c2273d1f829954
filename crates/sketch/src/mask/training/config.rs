//! The settings of a training, as `configs/mask-*.toml` says them.

use std::path::PathBuf;

use affetti_ground::config::first_wrong;
use affetti_train::augment::Augmentation;
use serde::{Deserialize, Serialize};

/// What decides how a network comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskRecipe {
    /// Share of the examples that are objects pasted on another ground, 0..=1.
    pub composites: f64,
    /// At most so many pictures are learned from, spread evenly over all; at least 1.
    pub pictures: usize,
    /// At most so many choose the epoch; at least 1.
    pub chosen: usize,
    /// What is minimised.
    pub objective: Objective,
    /// How pictures are varied.
    pub augmentation: Augmentation,
    /// The folder with the teacher's maps, see [`crate::mask::examples`]; no setting.
    #[serde(skip)]
    pub maps: PathBuf,
}

/// The published network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// The only one that there is.
    #[serde(rename = "u2netp")]
    U2NetP,
}

/// What is minimised beside the cross-entropy of every pixel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Weight of the soft overlap, which is what is measured; 0 or more.
    pub overlap: f64,
}

impl MaskRecipe {
    pub(super) fn in_range(&self) -> Result<(), String> {
        let overlap = self.objective.overlap;
        first_wrong(&[
            ((0.0..=1.0).contains(&self.composites), "composites: 0 to 1"),
            (self.pictures > 0, "pictures: 1 or more"),
            (self.chosen > 0, "chosen: 1 or more"),
            (
                overlap >= 0.0 && overlap.is_finite(),
                "objective.overlap: a weight of 0 or more",
            ),
        ])?;
        self.augmentation.check().map_err(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn the_config_in_the_repository_is_good() {
        let path = affetti_testkit::workspace().join("configs/mask-1.toml");
        let config = Config::read(&path, |_| ()).expect("the config");
        assert_eq!(&*config.common.name, "mask-1");
        let error = Config::read(&path, |c| c.own.composites = f64::NAN).expect_err("no share");
        assert!(error.to_string().ends_with("composites: 0 to 1"), "{error}");
    }
}
