//! The settings of a training, as `configs/reader-*.toml` say them.

use affetti_ground::config::{Name, first_wrong};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What decides how a reader comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderRecipe {
    /// What reads.
    pub network: Kind,
    /// Whether programs carry the weights.
    #[serde(default)]
    pub embedded: bool,
    /// A table of texts with emotions in the place of ArtEmis's; texts about one picture stay together.
    #[serde(default)]
    pub table: Option<PathBuf>,
    /// Words of the recurrent network occur so often among what is learned.
    #[serde(default = "five")]
    pub least: usize,
    /// So many of the most frequent words that have vectors are known besides: sentences to come have
    /// words that those to learn from have not.
    #[serde(default, skip_serializing_if = "none")]
    pub besides: usize,
    /// Blocks of a transformer that are kept, the first ones; all of them where none are named.
    #[serde(default)]
    pub layers: Option<usize>,
    /// Share of the painting's other viewers in what an utterance is taken to say, 0..=1.
    #[serde(default)]
    pub viewers: f64,
    /// Readers that say what they read in every text: weight files in the folder of models.
    #[serde(default)]
    pub teachers: Vec<Name>,
    /// Share of the teachers in what an utterance is taken to say, 0..=1.
    #[serde(default)]
    pub taught: f64,
    /// Whether the teachers' words on comments without feelings about pictures (`words/goemotions`)
    /// are learned too.
    #[serde(default)]
    pub comments: bool,
    /// Share of a layer's numbers that a step leaves out, 0..1.
    pub dropout: f64,
    /// Share of the words that a step takes for unknown, 0..1.
    #[serde(default)]
    pub forget: f64,
    /// What the rate of all but the head is multiplied with.
    pub trunk_rate: f64,
    /// What that of the words' vectors is multiplied with besides; 0 leaves them as they are.
    pub words_rate: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn none(count: &usize) -> bool {
    *count == 0
}

fn five() -> usize {
    5
}

/// What reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// [`crate::encoder::transformer`]
    Transformer,
    /// [`crate::encoder::lstm`]
    Lstm,
    /// [`crate::encoder::counts`]
    Counts,
}

/// What a training begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// MiniLM with six layers, imported.
    #[serde(rename = "minilm-l6")]
    MiniLm,
    /// The careful reader, `reader-2.safetensors` in the folder of models.
    #[serde(rename = "reader-2")]
    Careful,
    /// Nothing.
    #[serde(rename = "none")]
    Nothing,
    /// Vectors of 400,000 words with 50 numbers each: `glove-50.safetensors` in the folder of models,
    /// made by `peers/glove.py`.
    #[serde(rename = "glove-50")]
    Glove,
}

impl Start {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MiniLm => "minilm-l6",
            Self::Careful => "reader-2",
            Self::Nothing => "none",
            Self::Glove => "glove-50",
        }
    }
}

impl ReaderRecipe {
    pub(super) fn in_range(&self, start: Start) -> Result<(), String> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let part = |x: f64| (0.0..1.0).contains(&x);
        let some = |x: f64| x >= 0.0 && x.is_finite();
        let fits = matches!(
            (self.network, start),
            (Kind::Transformer, Start::MiniLm | Start::Careful)
                | (Kind::Lstm, Start::Glove)
                | (Kind::Counts, Start::Nothing)
        );
        let taught = self.taught > 0.0;
        first_wrong(&[
            (
                fits,
                "start: minilm-l6 or reader-2 for a transformer, glove-50 for an lstm, none for counts",
            ),
            (self.layers.is_none_or(|n| n >= 1), "layers: at least 1"),
            (self.least >= 1, "least: at least 1"),
            (share(self.viewers), "viewers: 0 to 1"),
            (share(self.taught), "taught: 0 to 1"),
            (
                self.viewers + self.taught <= 1.0,
                "taught: with viewers at most 1",
            ),
            (
                taught != self.teachers.is_empty(),
                "taught: above 0 where there are teachers, and only there",
            ),
            (
                taught || !self.comments,
                "comments: true where there are teachers only",
            ),
            (part(self.dropout), "dropout: 0 or more, below 1"),
            (part(self.forget), "forget: 0 or more, below 1"),
            (some(self.trunk_rate), "trunk_rate: 0 or more"),
            (some(self.words_rate), "words_rate: 0 or more"),
        ])
    }
}
