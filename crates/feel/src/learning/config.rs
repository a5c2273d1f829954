//! The settings of a training, as `configs/*.toml` says them.

use super::folds::FOLDS;
use crate::error::FeelError;
use crate::predicting::settings::{BackboneSettings, FeatureSettings};
use affetti_ground::config::{self, ConfigError, Name, first_wrong};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that decides how a model comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model and of its files.
    pub name: String,
    /// One sentence for the card.
    pub summary: String,
    /// Seed of the principal components and of the bootstrap.
    pub seed: u64,
    /// Folds of the cross-validation that chooses settings and calibrates.
    pub folds: usize,
    /// What is measured on a picture.
    pub features: FeatureSettings,
    /// What paintings learn from.
    #[serde(default)]
    pub labels: LabelSettings,
    /// The nine emotions.
    pub emotions: EmotionSettings,
    /// Valence and arousal.
    pub affect: AffectSettings,
    /// This file, for messages.
    #[serde(skip)]
    pub file: PathBuf,
}

/// Whose words the emotions of paintings are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSettings {
    /// Whether the paintings of `votes-224` join those of `labelled`.
    #[serde(default)]
    pub more: bool,
    /// What share the predictions of `clip-teacher.csv` have in what is learned of a painting that is in
    /// it, 0 to 1; its figures are held against its votes alone.
    #[serde(default)]
    pub teacher: f64,
}

impl LabelSettings {
    /// Whether the teacher's share is one.
    pub(crate) fn is_possible(&self) -> bool {
        (0.0..=1.0).contains(&self.teacher)
    }
}

/// Settings of the emotion head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmotionSettings {
    /// Penalties to choose from.
    pub penalties: Vec<f64>,
}

/// Settings of the valence-arousal head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffectSettings {
    /// Bandwidths to choose from, over the median squared distance.
    pub bandwidths: Vec<f64>,
    /// Penalties to choose from.
    pub penalties: Vec<f64>,
    /// Coverage of the intervals, in (0, 1).
    pub coverage: f64,
    /// What share of the likeness to photographs counts for the valence of a painting, 0 to 1.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub on_paintings: f64,
}

fn whole() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_whole(share: &f64) -> bool {
    *share == whole()
}

impl Config {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`FeelError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, FeelError> {
        let mut config: Self = config::read(path)?;
        path.clone_into(&mut config.file);
        let checked = config.check();
        checked.map_err(|what| ConfigError::wrong(path, &what))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let positive =
            |values: &[f64]| !values.is_empty() && values.iter().all(|v| *v > 0.0 && v.is_finite());
        let f = &self.features;
        let backbones = f.backbones.iter();
        let shares = backbones
            .flat_map(|b| [b.pooled, b.stages])
            .chain([f.color]);
        let (emotions, affect): (Vec<f64>, Vec<f64>) =
            shares.map(|share| (share.emotions, share.affect)).unzip();
        let share = |x: &f64| x.is_finite() && *x >= 0.0;
        let sees = |shares: &[f64]| shares.iter().any(|x| *x != 0.0);
        let names: std::collections::BTreeSet<&str> =
            f.backbones.iter().map(|b| b.name.as_str()).collect();
        let all = |good: fn(&BackboneSettings) -> bool| f.backbones.iter().all(good);
        first_wrong(&[
            (
                Name::is_good(&self.name),
                "name: letters, digits, - and _ only",
            ),
            ((2..=100).contains(&self.folds), "folds: 2 to 100"),
            (!f.backbones.is_empty(), "features.backbones: at least one"),
            (!f.views.is_empty(), "features.views: at least one"),
            (
                f.components.emotions > 0 && f.components.affect > 0,
                "features.components: at least 1",
            ),
            (
                names.len() == f.backbones.len(),
                "features.backbones: each once",
            ),
            (
                all(|b| Name::is_good(&b.name)),
                "features.backbones.name: letters, digits, - and _ only",
            ),
            (
                all(BackboneSettings::side_is_possible),
                "features.backbones.side: 32 to 512",
            ),
            (
                all(|b| (2..=FOLDS).contains(&b.twins)),
                "features.backbones.twins: 2 to 5",
            ),
            (
                all(|b| !b.folds || b.network.is_some()),
                "features.backbones: folds are of weights of our own, with a network",
            ),
            (
                !names.contains(self.name.as_str()),
                "name: a backbone has it",
            ),
            (
                !["affect", "emotions", "novelty"]
                    .iter()
                    .any(|head| names.contains(head)),
                "features.backbones: affect, emotions and novelty are parts of every model",
            ),
            (
                emotions.iter().chain(&affect).all(share),
                "features: shares of 0 or more",
            ),
            (
                sees(&emotions) && sees(&affect),
                "features: each head needs a share above 0 of something",
            ),
            (self.labels.is_possible(), "labels.teacher: 0 to 1"),
            (
                positive(&self.emotions.penalties),
                "emotions.penalties: above 0",
            ),
            (
                positive(&self.affect.penalties),
                "affect.penalties: above 0",
            ),
            (
                positive(&self.affect.bandwidths),
                "affect.bandwidths: above 0",
            ),
            (
                self.affect.coverage > 0.0 && self.affect.coverage < 1.0,
                "affect.coverage: between 0 and 1",
            ),
            (
                (0.0..=1.0).contains(&self.affect.on_paintings),
                "affect.on_paintings: 0 to 1",
            ),
        ])?;
        let unknown = |what| format!("features.backbones.name: {what}");
        f.backbones
            .iter()
            .try_for_each(|b| b.kind().map(drop).map_err(unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
    }

    #[test]
    fn the_configs_of_the_project_are_good() {
        for name in ["feel-1", "feel-2", "feel-3", "feel-4"] {
            let config = Config::read(&configs().join(format!("{name}.toml"))).expect(name);
            assert_eq!(config.name, name);
        }
    }

    #[test]
    fn shares_that_cannot_be_are_refused() {
        let config = Config::read(&configs().join("feel-3.toml")).expect("good");
        let told = |change: &dyn Fn(&mut FeatureSettings)| {
            let mut config = config.clone();
            change(&mut config.features);
            config.check().expect_err("wrong")
        };
        let deaf = told(&|features| {
            for backbone in &mut features.backbones {
                (backbone.pooled.affect, backbone.stages.affect) = (0.0, 0.0);
            }
        });
        assert!(deaf.contains("each head needs a share"), "{deaf}");
        let negative = told(&|features| features.color.affect = -0.1);
        assert!(negative.contains("0 or more"), "{negative}");
        let none = told(&|features| features.components.affect = 0);
        assert!(none.contains("components"), "{none}");
        let large = told(&|features| features.backbones[0].side = Some(5000));
        assert!(large.contains("side"), "{large}");
    }

    #[test]
    fn words_that_nobody_knows_are_told_with_those_that_are_known() {
        let good = std::fs::read_to_string(configs().join("feel-3.toml")).expect("there");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wrong.toml");
        for (word, other, known) in [
            ("\"bicubic\"", "\"bicubical\"", "mitchell or lanczos3, not"),
            ("\"byte\"", "\"tiny\"", "full, half or byte, not"),
            ("\"crop-flip\"", "\"corner\"", "crop-flip"),
            (
                "network = \"efficientnet-lite0\"",
                "network = \"vgg16\"",
                "efficientnet-lite0 or efficientnet-lite2, not",
            ),
            (
                "name = \"efficientnet-lite2\"",
                "name = \"art-2\"",
                "clip-rn101, or weights of our own with their network, not \"art-2\"",
            ),
        ] {
            let changed = good.replacen(word, other, 1);
            assert_ne!(changed, good, "{word}");
            std::fs::write(&path, changed).expect("written");
            let told = Config::read(&path).expect_err(other).to_string();
            assert!(told.contains("wrong.toml: "), "{told}");
            assert!(told.contains(known), "{told}");
        }
    }
}
