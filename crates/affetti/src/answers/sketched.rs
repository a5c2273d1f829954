//! The drawings of one picture.

use affetti_sketch::{Sketch, export::Metadata};
use serde_json::json;

use crate::{pipeline::PictureName, shares::round4};

/// The drawings of one picture.
#[derive(Debug, Clone)]
pub struct Sketched {
    /// The input, as the user gave it or as it was found.
    pub path: PictureName,
    /// One drawing per level.
    pub levels: Vec<(Sketch, Metadata)>,
    /// Edge recall and precision of each level at 3 units, 0..=1 (`Scene::recall_and_precision`);
    /// empty where no edges were looked for.
    pub fits: Vec<[f64; 2]>,
    /// Predicted share of the emotion asked for, before and after, of each level; empty where none
    /// was asked for.
    pub shares: Vec<[f64; 2]>,
    /// What was drawn, small, as JPEG.
    pub thumbnail: Vec<u8>,
    /// Time from bytes to drawings, in seconds.
    pub seconds: f64,
    /// Whether the watcher ended the work early.
    pub stopped: bool,
}

impl Sketched {
    /// The JSON line of a level, without a line feed. `svg` is the file that holds the drawing, or
    /// the drawing itself.
    ///
    /// # Panics
    /// When there is no such level.
    #[must_use]
    pub fn json(&self, level: usize, svg: &str) -> String {
        let sketch = &self.levels[level].0;
        let mut line = json!({
            "path": self.path.as_str(),
            "svg": svg,
            "strokes": sketch.drawing.strokes.len(),
            "seed": sketch.seed,
            "iterations": sketch.iterations,
            "seconds": round4(self.seconds),
            "loss": round4(sketch.loss),
        });
        if let Some(exact) = self.path.exact() {
            line["path_bytes"] = exact.into();
        }
        if let Some([before, after]) = self.shares.get(level) {
            line["share_before"] = round4(*before).into();
            line["share"] = round4(*after).into();
        }
        line.to_string()
    }
}
