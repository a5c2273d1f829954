//! The arguments of `affetti paint` and `affetti label`.

use std::{ffi::OsString, path::PathBuf};

use clap::{ValueEnum, ValueHint, builder::RangedU64ValueParser};

/// Paint new pictures for a genre, a style and a feeling
///
/// Words say what: a genre or a style or both (or an artist, for an ArtGAN), an emotion or negative, neutral
/// or positive, and how many. A generator that learned from paintings answers; what it asks of itself are
/// the feelings of real paintings of that kind. Writes PNG files into the folder --out, which say inside how
/// they were made, or all pictures on one sheet (--out FILE.png), or a way from one to the next (--out
/// FILE.gif). The same words and seed give the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti paint landscape positive 20 --out landscapes/
  affetti paint portrait sadness 12 --out sad.png
  affetti paint landscape impressionism --valence 6 --arousal 2 --brush oil --out calm/
  affetti paint landscape negative --to positive --out turn.gif
  affetti paint --from photo.jpg --brush oil --emotion awe --out photo-in-oil.png
  affetti paint --list

Picture number n of a run with seed s is the one picture of a run with seed s + n.")]
pub(crate) struct PaintArgs {
    /// What, what feeling, how many [default: anything, any, 1]
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// An emotion, or negative, neutral or positive
    #[arg(long, value_name = "NAME")]
    pub(crate) emotion: Option<String>,
    /// From 1 (unpleasant) to 7 (pleasant)
    #[arg(
        long,
        value_name = "X",
        conflicts_with = "emotion",
        allow_negative_numbers = true
    )]
    pub(crate) valence: Option<f64>,
    /// From 1 (calm) to 7 (stirring)
    #[arg(
        long,
        value_name = "X",
        conflicts_with = "emotion",
        allow_negative_numbers = true
    )]
    pub(crate) arousal: Option<f64>,
    /// How far from the usual pictures may be: small values give pictures that are alike and better,
    /// 0 to 1.5
    #[arg(long, value_name = "X", default_value_t = affetti::PaintOptions::default().truncation)]
    pub(crate) truncation: f64,
    /// Pixels of a side [default: the generator's, or 1024 with a brush]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(16..=4096))]
    pub(crate) size: Option<u32>,
    /// Write all pictures on one sheet, too: sheet.png in the folder
    #[arg(long)]
    pub(crate) grid: bool,
    /// For a GIF: go to this feeling, with the same noise, rather than to the next seed
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// Print what can be asked, and of which generator
    #[arg(long, conflicts_with_all = ["words", "emotion", "valence", "arousal", "from"])]
    pub(crate) list: bool,
    /// Paint the picture over with strokes, large
    #[arg(long, value_enum, default_value_t = BrushArg::None)]
    pub(crate) brush: BrushArg,
    /// Paint this picture over, in place of a new one; with --emotion, in the light and colors in which the
    /// generator paints that
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["words", "to", "grid"])]
    pub(crate) from: Option<PathBuf>,
    /// A generator, by the name of its card
    #[arg(long, value_name = "NAME", conflicts_with = "weights")]
    pub(crate) model: Option<String>,
    /// Weights made by `affetti train painter`, `cgan` or `artgan`, or a published .pth of CGAN-Emotion-Art
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// For a CGAN: statistics of its batch norms, of the training or of the pictures painted together, as the
    /// published program has it
    #[arg(long, value_enum, default_value_t = NormArg::Running)]
    pub(crate) bn: NormArg,
}

/// How a picture is painted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BrushArg {
    /// Not at all
    None,
    /// Curved strokes, from coarse to fine
    Oil,
}

/// Statistics of batch norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NormArg {
    /// Those of the training
    Running,
    /// Those of the batch
    Batch,
}

/// Label a collection: sentiment, nine emotions, valence and arousal of every picture
///
/// For training and for sorting. A picture is positive or negative where the pleasant shares exceed the
/// unpleasant ones by more than a threshold, or the reverse; else neutral. What viewers said, in a table of
/// yours, wins over what the model says. Counts of the sentiments, for each genre and style that the table
/// names, are told at the end, and how often the model agrees with the viewers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti label photos/ --out labels.csv
  affetti label paintings/ --table paintings.csv --out labels.parquet
  affetti label paintings/ --thresholds 0.2 0.6 --json

A table has the column file (or path, image), and as many of genre, style and the nine emotions as you have.")]
pub(crate) struct LabelArgs {
    /// Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of pictures, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// What is known of them already, found by the names of the files
    #[arg(long, value_name = "CSV", value_hint = ValueHint::FilePath)]
    pub(crate) table: Option<PathBuf>,
    /// Pleasant less unpleasant shares below which a picture is negative, and above which it is positive
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"], default_values_t = [-0.1, 0.1], allow_negative_numbers = true)]
    pub(crate) thresholds: Vec<f64>,
    /// Ways to look at a picture, whose mean counts: 1 is nearly four times as fast as 4, and a little
    /// worse
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=4))]
    pub(crate) views: usize,
    /// Weights made by `affetti train feel` [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
}
