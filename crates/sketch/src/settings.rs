//! What a drawing shall be like.

use crate::{
    error::{SketchError, require},
    stroke::MAX_STROKES,
};

/// How much work goes into a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quality {
    /// Traced, not refined: a fraction of a second.
    Draft,
    /// Traced and refined.
    #[default]
    Normal,
    /// More starts and more rounds.
    Best,
}

impl Quality {
    /// All, from fast to slow.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Normal, Self::Best];

    /// The name in settings and metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Normal => "normal",
            Self::Best => "best",
        }
    }

    /// Traces of which the best is refined.
    pub(crate) const fn traces(self) -> usize {
        match self {
            Self::Draft | Self::Normal => 4,
            Self::Best => 12,
        }
    }

    /// Rounds of refinement, with pruning between them.
    pub(crate) const fn rounds(self) -> usize {
        match self {
            Self::Draft => 0,
            Self::Normal => 3,
            Self::Best => 6,
        }
    }
}

/// Settings of one drawing; checked where drawing begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Number of strokes, 1 to [`MAX_STROKES`]. Default 16. Fewer are drawn where edges run out.
    pub strokes: usize,
    /// Diameter of the pen in units; the long side of a drawing is 224. Default 3.
    pub width: f32,
    /// How much work.
    pub quality: Quality,
    /// Whether width and opacity follow the strength of the edge. Default false.
    pub ink: bool,
    /// Whether strokes take the color of the picture. Default false: black.
    pub color: bool,
    /// Seed of all random choices.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strokes: 16,
            width: 3.0,
            quality: Quality::Normal,
            ink: false,
            color: false,
            seed: 0,
        }
    }
}

impl Settings {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] naming the first that is not.
    pub fn check(&self) -> Result<(), SketchError> {
        require(
            (1..=MAX_STROKES).contains(&self.strokes),
            "the number of strokes",
            self.strokes as f64,
            "1 to 2000",
        )?;
        require(
            (0.1..=50.0).contains(&self.width),
            "the stroke width",
            f64::from(self.width),
            "0.1 to 50 (the long side of a drawing is 224)",
        )
    }
}
