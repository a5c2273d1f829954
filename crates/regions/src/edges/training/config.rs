//! The settings of a training, as `configs/edges-*.toml` says them.

use affetti_ground::config::first_wrong;
use affetti_nets::edge_net::CELL;
use affetti_train::augment::Augmentation;
use serde::{Deserialize, Serialize};

/// What decides how a network comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeRecipe {
    /// One of so many training photographs is held out, at least 2.
    pub hold_out: usize,
    /// How often each photograph comes in one epoch.
    pub passes: usize,
    /// Side of the square pieces in pixels, a multiple of 16.
    pub crop: usize,
    /// What the rates of the trunk are multiplied with, 0..=1.
    pub trunk_rate: f64,
    /// What is minimised.
    pub objective: Objective,
    /// How photographs are varied.
    pub augmentation: Augmentation,
}

/// The published trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trunk {
    /// The only one that the decoder fits.
    #[serde(rename = "efficientnet-lite0")]
    Lite0,
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

impl EdgeRecipe {
    pub(super) fn in_range(&self) -> Result<(), String> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let weight = |x: f64| x >= 0.0 && x.is_finite();
        let o = self.objective;
        first_wrong(&[
            (self.hold_out >= 2, "hold_out: at least 2"),
            (self.passes >= 1, "passes: at least 1"),
            (
                self.crop >= CELL && self.crop <= 4096 && self.crop.is_multiple_of(CELL),
                "crop: a multiple of 16 up to 4096",
            ),
            (share(self.trunk_rate), "trunk_rate: 0 to 1"),
            (share(o.consensus), "objective.consensus: 0 to 1"),
            (share(o.balance), "objective.balance: 0 to 1"),
            (weight(o.dice), "objective.dice: a weight of 0 or more"),
            (weight(o.sides), "objective.sides: a weight of 0 or more"),
        ])?;
        self.augmentation.check().map_err(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn the_config_in_the_repository_is_good() {
        let path = affetti_testkit::workspace().join("configs/edges-1.toml");
        let config = Config::read(&path, |_| ()).expect("the config");
        assert_eq!(&*config.common.name, "edges-1");
        let wrong = |change: &dyn Fn(&mut Config)| {
            let error = Config::read(&path, change).expect_err("wrong");
            error.to_string()
        };
        let told = wrong(&|c| c.own.crop = 100);
        assert!(
            told.ends_with("command line: crop: a multiple of 16 up to 4096"),
            "{told}"
        );
        let told = wrong(&|c| c.own.objective.balance = f64::NAN);
        assert!(told.contains("objective.balance"), "{told}");
        let told = wrong(&|c| c.common.training.batch = 0);
        assert!(told.contains("training.batch: at least 1"), "{told}");
    }
}
