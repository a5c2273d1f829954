//! The settings of a training, as `configs/encoder-*.toml` and `configs/judge-*.toml` say them.

use affetti_ground::config::first_wrong;
use affetti_nets::efficientnet_lite::Variant;
use serde::{Deserialize, Serialize};

use super::super::{MAX_DIMENSION, STAGE};

/// What decides how a network comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderRecipe {
    /// Whether programs carry the weights.
    pub embedded: bool,
    /// The published network that reads photographs.
    pub teacher: Variant,
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
    /// What is minimised.
    pub objective: Objective,
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

impl EncoderRecipe {
    pub(super) fn in_range(&self) -> Result<(), String> {
        let weight = |x: f64| x >= 0.0 && x.is_finite();
        let o = self.objective;
        let channels = self.teacher.stage_channels(STAGE);
        first_wrong(&[
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
                weight(o.meaning),
                "objective.meaning: a weight of 0 or more",
            ),
            (weight(o.layout), "objective.layout: a weight of 0 or more"),
            (
                weight(o.contrast),
                "objective.contrast: a weight of 0 or more",
            ),
            (
                o.temperature > 0.0 && o.temperature.is_finite(),
                "objective.temperature: above 0",
            ),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn read(name: &str, change: &dyn Fn(&mut Config)) -> Result<Config, String> {
        let path = affetti_testkit::workspace().join(format!("configs/{name}.toml"));
        Config::read(&path, change).map_err(|error| error.to_string())
    }

    #[test]
    fn the_configs_in_the_repository_are_good_and_share_no_picture() {
        let [encoder, judge] =
            ["encoder-1", "judge-1"].map(|name| read(name, &|_| ()).expect("good"));
        assert_ne!(encoder.own.half, judge.own.half);
        assert_ne!(encoder.common.start, judge.common.start);
        let wrong = |change: &dyn Fn(&mut Config)| read("encoder-1", change).expect_err("wrong");
        let told = wrong(&|c| c.own.objective.temperature = 0.0);
        assert!(told.ends_with(": objective.temperature: above 0"), "{told}");
        let told = wrong(&|c| c.own.cell = 121);
        assert!(told.contains(": cell: 1 to"), "{told}");
    }
}
