//! The settings of a training, as `configs/edges-*.toml` says them.

use std::path::{Path, PathBuf};

use affetti_nets::edge_net::CELL;
use affetti_nets::efficientnet_lite::Variant;
use affetti_nets::store::Precision;
pub use affetti_train::augment::Augmentation;
use serde::{Deserialize, Serialize};

use crate::RegionsError;

/// Everything that decides how a network comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model and of its files.
    pub name: String,
    /// One sentence for the card.
    pub summary: String,
    /// Seed of the decoder, of the order and of all augmentation.
    pub seed: u64,
    /// The published trunk.
    pub start: String,
    /// How weights are stored: `half`, `byte` or `full`.
    pub precision: String,
    /// One of so many training photographs is held out, at least 2.
    pub hold_out: usize,
    /// How often each photograph comes in one epoch.
    pub passes: usize,
    /// Side of the square pieces in pixels, a multiple of 16.
    pub crop: usize,
    /// What the rates of the trunk are multiplied with, 0..=1.
    pub trunk_rate: f64,
    /// The loop.
    pub training: affetti_train::Settings,
    /// What is minimised.
    pub objective: Objective,
    /// How photographs are varied.
    pub augmentation: Augmentation,
    /// This file, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// This file's text, for the run folder.
    #[serde(skip)]
    pub text: String,
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Share of annotators from which a pixel is a boundary; pixels that fewer marked do not
    /// count. 0..=1.
    pub consensus: f64,
    /// How far boundaries are weighted up: 0 every pixel alike, 1 boundaries and the rest alike in
    /// sum.
    pub balance: f64,
    /// Weight of the Dice loss, which makes lines thin; 0 or more.
    pub dice: f64,
    /// Weight of each coarse side output; 0 or more.
    pub sides: f64,
}

impl Config {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`RegionsError::Io`], or [`RegionsError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, RegionsError> {
        let text = std::fs::read_to_string(path).map_err(|source| RegionsError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let wrong = |what: String| RegionsError::Config {
            file: path.to_owned(),
            what,
        };
        let mut config: Self = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        path.clone_into(&mut config.file);
        config.text = text;
        config.check().map_err(wrong)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let weight = |x: f64| x >= 0.0 && x.is_finite();
        let Objective {
            consensus,
            balance,
            dice,
            sides,
        } = self.objective;
        let checks = [
            (
                !self.name.is_empty() && self.name.chars().all(good),
                "name: letters, digits, - and _ only",
            ),
            (
                self.start == Variant::Lite0.name(),
                "start: efficientnet-lite0 is the only trunk",
            ),
            (
                Precision::parse(&self.precision).is_some(),
                "precision: full, half or byte",
            ),
            (self.hold_out >= 2, "hold_out: at least 2"),
            (self.passes >= 1, "passes: at least 1"),
            (
                self.crop >= CELL && self.crop <= 4096 && self.crop.is_multiple_of(CELL),
                "crop: a multiple of 16 up to 4096",
            ),
            (share(self.trunk_rate), "trunk_rate: 0 to 1"),
            (share(consensus), "objective.consensus: 0 to 1"),
            (share(balance), "objective.balance: 0 to 1"),
            (
                weight(dice) && weight(sides),
                "objective: weights of 0 or more",
            ),
        ];
        let wrong = checks.iter().find(|(good, _)| !good);
        wrong.map_or(Ok(()), |(_, what)| Err((*what).to_owned()))?;
        self.augmentation.check().map_err(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_in_the_repository_is_good() {
        let path = affetti_testkit::workspace().join("configs/edges-1.toml");
        let config = Config::read(&path).expect("the config");
        assert_eq!(config.name, "edges-1");
        let mut bad = config;
        bad.crop = 100;
        assert!(bad.check().expect_err("not of 16").starts_with("crop"));
        bad.crop = 160;
        bad.objective.balance = f64::NAN;
        assert!(bad.check().is_err());
    }
}
