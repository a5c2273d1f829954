//! What report and terminal card show of one picture, in plain figures and words.

use serde::Serialize;

/// The nine emotions in their order, that of ArtEmis: four positive, four negative, one neither.
pub const EMOTIONS: [&str; 9] = [
    "amusement",
    "awe",
    "contentment",
    "excitement",
    "anger",
    "disgust",
    "fear",
    "sadness",
    "something else",
];

/// What the report and the terminal card show of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportEntry {
    /// Where the picture was read from, as the user gave it. Any text, hostile text included.
    pub path: String,
    /// Width of the upright original, in pixels.
    pub width: u32,
    /// Height of the upright original, in pixels.
    pub height: u32,
    /// Share of the viewers who would name each emotion, in the order of [`EMOTIONS`], summing
    /// to 1.
    pub emotions: [f64; 9],
    /// Shares of positive, negative and other feelings, summing to 1.
    pub polarity: [f64; 3],
    /// Mean valence, 1 (unpleasant) to 7 (pleasant).
    pub valence: f64,
    /// Mean arousal, 1 (calm) to 7 (stirring).
    pub arousal: f64,
    /// Lower and upper end of the 80 % interval of each share, where the weights know them.
    pub share_intervals: Option<[[f64; 2]; 9]>,
    /// How unlike the pictures that were learned from: from 1 on unlike anything seen.
    pub novelty: Option<f64>,
    /// Lower and upper end of the 80 % interval of valence.
    pub valence_interval: [f64; 2],
    /// Lower and upper end of the 80 % interval of arousal.
    pub arousal_interval: [f64; 2],
    /// Index into [`EMOTIONS`] of the emotion with the largest share.
    pub dominant: usize,
    /// Entropy of `emotions` in nats, 0 (all viewers agree) to ln 9 ≈ 2.197.
    pub entropy: f64,
    /// Of each emotion, of how many of 100 reference paintings evoke less of it, if that is known.
    pub ranks: Option<[f64; 9]>,
    /// How warm the colors are; larger is warmer.
    pub warmth: f32,
    /// How saturated the colors are; larger is more.
    pub saturation: f32,
    /// How bright the picture is; larger is brighter.
    pub brightness: f32,
    /// How much light and dark differ; larger is more.
    pub contrast: f32,
    /// The main colors (8-bit sRGB) and the share of the picture that each covers.
    pub palette: Vec<([u8; 3], f32)>,
    /// A small JPEG of the whole picture. Empty if there is none.
    pub thumbnail_jpeg: Vec<u8>,
    /// Where a page finds the original: a relative or `file:` address, escaped. `None` if nowhere.
    pub link: Option<String>,
    /// A credit line, such as artist, title and year.
    pub caption: Option<String>,
    /// The best affective regions, best first; empty if none were asked for.
    pub regions: Vec<ReportRegion>,
    /// Where the dominant emotion sits, if asked for.
    pub heat: Option<ReportHeat>,
    /// A sentence that viewers might write, if one was asked for.
    pub said: Option<SaidEntry>,
    /// How far the picture meets an intention, if one was given.
    pub intention: Option<IntentionEntry>,
}

/// A region as the report shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportRegion {
    /// Left, top, width and height in parts of the picture's sides, 0..=1.
    #[serde(rename = "box")]
    pub place: [f64; 4],
    /// Index into [`EMOTIONS`] of what it evokes most.
    pub emotion: usize,
    /// AR score, 0..=1.
    pub score: f64,
    /// What it evokes, in words.
    pub text: String,
}

/// A coarse heat map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportHeat {
    /// Values of a row.
    pub columns: usize,
    /// Rows from the top, 0..=255, the hottest 255.
    pub values: Vec<u8>,
    /// Index into [`EMOTIONS`] of the emotion whose share falls where the picture is hidden.
    pub emotion: usize,
}

/// A sentence by a model, as report and terminal card show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaidEntry {
    /// As people write it.
    pub text: String,
    /// Its words.
    pub words: Vec<String>,
    /// Where each word looked: weights of the cells of a square grid over the picture, row by row.
    pub looked: Vec<Vec<f32>>,
}

/// What the report and the terminal card show of an intention.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentionEntry {
    /// Intended shares in the order of [`EMOTIONS`], summing to 1.
    pub target: [f64; 9],
    /// 0 (nothing in common) to 1 (as intended).
    pub matching: f64,
    /// Share of the reference paintings that match less, in percent.
    pub percentile: f64,
    /// Emotions of which there is more than intended, with how much more; largest first.
    pub instead: Vec<(usize, f64)>,
    /// Regions that pull away: number from 1, and the emotion towards which; hardest first.
    pub away: Vec<(usize, usize)>,
}

/// An sRGB color as `#rrggbb`.
pub(crate) fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
pub(crate) mod tests;
