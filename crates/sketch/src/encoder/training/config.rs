//! The settings of a training, as `configs/encoder-*.toml` and `configs/judge-*.toml` say them.

use std::path::{Path, PathBuf};

use affetti_nets::{efficientnet_lite::Variant, store::Precision};
use serde::{Deserialize, Serialize};

use super::super::{MAX_DIMENSION, STAGE};
use crate::error::SketchError;

/// Everything that decides how a network comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model and of its files.
    pub name: String,
    /// One sentence for the card.
    pub summary: String,
    /// Whether programs carry the weights.
    pub embedded: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// The published trunk that learns to read lines.
    pub start: String,
    /// The published network that reads photographs.
    pub teacher: String,
    /// How weights are stored: `half`, `byte` or `full`.
    pub precision: String,
    /// Which half of the pictures, 0 or 1.
    pub half: u64,
    /// Pictures to learn from, at most; cut-outs come on top.
    pub pictures: usize,
    /// Pictures held out to choose the epoch.
    pub chosen: usize,
    /// Values of an embedding's meaning.
    pub dimension: usize,
    /// Values of each cell of its layout.
    pub cell: usize,
    /// First blocks of the trunk, with what is before them, that stay as published.
    pub frozen: usize,
    /// What the rates of the rest of the trunk are multiplied with, 0..=1.
    pub trunk_rate: f64,
    /// The loop.
    pub training: affetti_train::Settings,
    /// What is minimised.
    pub objective: Objective,
    /// This file, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// This file's text, for the run folder.
    #[serde(skip)]
    pub text: String,
}

/// Weights of what is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Of 1 − cosine to the meaning of the own picture; 0 or more.
    pub meaning: f64,
    /// Of 1 − cosine to its layout; 0 or more.
    pub layout: f64,
    /// Of the choice of the own picture among those of the batch; 0 or more.
    pub contrast: f64,
    /// What cosines are divided by in that choice, above 0.
    pub temperature: f64,
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
        let weight = |x: f64| x >= 0.0 && x.is_finite();
        let o = self.objective;
        let teacher = Variant::parse(&self.teacher);
        let channels = teacher.map_or(MAX_DIMENSION, |t| t.stage_channels(STAGE));
        let checks = [
            (
                crate::config::is_name(&self.name),
                "name: letters, digits, - and _ only",
            ),
            (
                Variant::parse(&self.start).is_some() && Variant::parse(&self.teacher).is_some(),
                "start, teacher: efficientnet-lite0 or efficientnet-lite2",
            ),
            (
                Precision::parse(&self.precision).is_some(),
                "precision: full, half or byte",
            ),
            (self.half < 2, "half: 0 or 1"),
            (self.pictures >= 2, "pictures: at least 2"),
            (self.chosen >= 2, "chosen: at least 2"),
            (
                (1..=MAX_DIMENSION).contains(&self.dimension),
                "dimension: 1 to 1024",
            ),
            (
                (1..=channels).contains(&self.cell),
                "cell: 1 to the channels of the teacher's fifth stage, 112 or 120",
            ),
            ((0.0..=1.0).contains(&self.trunk_rate), "trunk_rate: 0 to 1"),
            (
                weight(o.meaning) && weight(o.layout) && weight(o.contrast),
                "objective: weights of 0 or more",
            ),
            (
                o.temperature > 0.0 && o.temperature.is_finite(),
                "objective.temperature: above 0",
            ),
        ];
        crate::config::first_wrong(&checks)?;
        self.training
            .check()
            .map_err(|error| format!("training.{error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configs_in_the_repository_are_good_and_share_no_picture() {
        let read = |name: &str| {
            let path = affetti_testkit::workspace().join(format!("configs/{name}.toml"));
            Config::read(&path).expect("the config")
        };
        let (encoder, judge) = (read("encoder-1"), read("judge-1"));
        assert_ne!(encoder.half, judge.half);
        assert_ne!(encoder.start, judge.start);
        let mut bad = encoder;
        bad.objective.temperature = 0.0;
        assert!(bad.check().expect_err("zero").starts_with("objective.temp"));
        bad.cell = 121;
        assert!(bad.check().expect_err("too many").starts_with("cell"));
    }
}
