//! The settings of a training, as `configs/mask-*.toml` says them.

use std::path::{Path, PathBuf};

use affetti_nets::{store::Precision, u2net};
use affetti_train::augment::Augmentation;
use serde::{Deserialize, Serialize};

use crate::error::SketchError;

/// Everything that decides how a network comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model and of its files.
    pub name: String,
    /// One sentence for the card.
    pub summary: String,
    /// Seed of the order and of all variation.
    pub seed: u64,
    /// The published network.
    pub start: String,
    /// How weights are stored: `half`, `byte` or `full`.
    pub precision: String,
    /// Share of the examples that are objects pasted on another ground, 0..=1.
    pub composites: f64,
    /// At most so many pictures are learned from, spread evenly over all; at least 1.
    pub pictures: usize,
    /// At most so many choose the epoch; at least 1.
    pub chosen: usize,
    /// The loop.
    pub training: affetti_train::Settings,
    /// What is minimised.
    pub objective: Objective,
    /// How pictures are varied.
    pub augmentation: Augmentation,
    /// This file, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// This file's text, for the run folder.
    #[serde(skip)]
    pub text: String,
}

/// What is minimised beside the cross-entropy of every pixel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Weight of the soft overlap, which is what is measured; 0 or more.
    pub overlap: f64,
}

impl Config {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`SketchError::Io`], or [`SketchError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, SketchError> {
        let (mut config, text): (Self, String) = crate::config::read(path)?;
        path.clone_into(&mut config.file);
        config.text = text;
        config.check().map_err(|what| SketchError::Config {
            file: path.to_owned(),
            what,
        })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let weight = |x: f64| x >= 0.0 && x.is_finite();
        let overlap = self.objective.overlap;
        let checks = [
            (
                crate::config::is_name(&self.name),
                "name: letters, digits, - and _ only",
            ),
            (
                self.start == u2net::PUBLISHED,
                "start: u2netp is the only one",
            ),
            (
                Precision::parse(&self.precision).is_some(),
                "precision: full, half or byte",
            ),
            (share(self.composites), "composites: 0 to 1"),
            (
                self.pictures > 0 && self.chosen > 0,
                "pictures, chosen: 1 or more",
            ),
            (weight(overlap), "objective.overlap: a weight of 0 or more"),
        ];
        crate::config::first_wrong(&checks)?;
        self.training
            .check()
            .map_err(|error| format!("training.{error}"))?;
        self.augmentation.check().map_err(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_in_the_repository_is_good() {
        let path = affetti_testkit::workspace().join("configs/mask-1.toml");
        let config = Config::read(&path).expect("the config");
        assert_eq!(config.name, "mask-1");
        let mut bad = config;
        bad.composites = f64::NAN;
        assert!(bad.check().expect_err("no share").starts_with("composites"));
        bad.composites = 0.5;
        bad.training.batch = 0;
        assert!(
            bad.check()
                .expect_err("no batch")
                .starts_with("training.batch")
        );
    }
}
