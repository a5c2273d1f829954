//! The words of `affetti sketch` and `affetti eval sketch`.

use std::{ffi::OsString, path::PathBuf};

use clap::{ValueEnum, ValueHint};

/// Draw pictures with a few strokes
///
/// Writes a vector drawing of Bézier strokes along the edges that matter. --out FILE takes the
/// format from the extension (.svg, .png, .pdf, .dxf, .gif, .json, .html); --out FOLDER writes one
/// file per picture, level and format. Without --out, the SVG of one picture goes to standard
/// output.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti sketch photo.jpg --out photo.svg
  affetti sketch gallery/ --strokes 32 --out drawings/
  affetti sketch photo.jpg --sweep 32,16,8,4 --formats svg,html --out levels/
  affetti sketch photo.jpg --mask object --out object.svg
  cat photo.jpg | affetti sketch - --quality draft > photo.svg

Pictures with transparency: only what is opaque is drawn, and the view is cut to it.")]
pub(crate) struct SketchArgs {
    /// Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of pictures, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Number of strokes, 1 to 2000: fewer is more abstract
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) strokes: usize,
    /// Drawings to make, of which the best is kept
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) seeds: u64,
    /// How much work: a trace alone, a refined one, or many
    #[arg(long, value_enum, default_value_t = SketchQuality::Normal)]
    pub(crate) quality: SketchQuality,
    /// Go on with further seeds for this long, per picture
    #[arg(long, value_name = "S", conflicts_with = "sweep")]
    pub(crate) seconds: Option<f64>,
    /// Several levels, each out of the one before, such as 32,16,8,4
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        conflicts_with = "strokes"
    )]
    pub(crate) sweep: Vec<usize>,
    /// Which part of the picture to draw
    #[arg(long, value_enum, default_value_t = MaskArg::None)]
    pub(crate) mask: MaskArg,
    /// Strokes in the colors of the picture
    #[arg(long)]
    pub(crate) color: bool,
    /// Width and opacity by the strength of the edge
    #[arg(long)]
    pub(crate) ink: bool,
    /// Let a network that reads lines say which edges matter and which drawing is best
    #[arg(long)]
    pub(crate) meaning: bool,
    /// Pull pen, bends and colors toward an emotion, such as fear or contentment
    #[arg(long, value_name = "EMOTION")]
    pub(crate) emotion: Option<String>,
    /// Width of the strokes; the long side of a drawing is 224
    #[arg(long, value_name = "W", default_value_t = 3.0)]
    pub(crate) width: f32,
    /// Go on from the strokes of this SVG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "sweep")]
    pub(crate) begin: Option<PathBuf>,
    /// Take the edges from this picture, light on dark, in place of our own
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) edges: Option<PathBuf>,
    /// What to write into a folder
    #[arg(long, value_enum, value_delimiter = ',', default_value = "svg")]
    pub(crate) formats: Vec<SketchFormat>,
    /// Long side of PNG, in pixels; of GIF half of it
    #[arg(long, value_name = "PX", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(32..=16384))]
    pub(crate) size: u32,
    /// Keep this SVG file up to date with the best drawing so far
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) preview: Option<PathBuf>,
    /// How strokes come about; clipasso needs CLIP's networks (`affetti models pull clip-rn101` and
    /// clip-vit-b-32) and minutes to hours
    #[arg(long, value_enum, default_value_t = Recipe::Trace)]
    pub(crate) recipe: Recipe,
    #[command(flatten)]
    pub(crate) clipasso: ClipassoArgs,
}

/// What `--recipe clipasso` alone knows.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of --recipe clipasso")]
pub(crate) struct ClipassoArgs {
    /// Most steps; fewer where nothing gets better [default: 2001]
    #[arg(long, value_name = "N")]
    pub(crate) iterations: Option<usize>,
    /// What the published program does and its paper does not say: all, none, or some of
    /// black-corners, stretch, normalized-lines, late [default: all but late]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) quirks: Vec<Quirk>,
    /// The network that judges drawings: clip-rn101, clip-rn50 or a file [default: clip-rn101]
    #[arg(long, value_name = "MODEL")]
    pub(crate) clip: Option<String>,
    /// The network that says where strokes begin: clip-vit-b-32 or a file [default: clip-vit-b-32]
    #[arg(long, value_name = "MODEL")]
    pub(crate) saliency: Option<String>,
}

/// How strokes come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Recipe {
    /// Along edges, in seconds
    Trace,
    /// The method of CLIPasso (Vinker et al. 2022): by what CLIP sees in strokes and picture
    Clipasso,
}

/// A quirk of the published program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Quirk {
    /// Every one
    All,
    /// Not one
    None,
    /// Tilted views have black corners, not white ones
    BlackCorners,
    /// Pictures are stretched to a square, not framed
    Stretch,
    /// Lines are looked for in the colors that the network gets
    NormalizedLines,
    /// The best drawing is kept one step late
    Late,
}

/// Which part of a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaskArg {
    /// All of it; with transparency, what is opaque
    None,
    /// What stands out, found by a network; with transparency, what is opaque
    Object,
}

/// How much work goes into a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SketchQuality {
    Draft,
    Normal,
    Best,
}

/// A format of drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SketchFormat {
    Svg,
    /// An SVG that draws itself
    AnimatedSvg,
    Png,
    Pdf,
    Dxf,
    Gif,
    Json,
    /// One page with the picture and all its levels
    Html,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SketchEvalArgs {
    /// Pictures, or folders of pictures
    #[arg(required_unless_present = "recognise", value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Numbers of strokes
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "32,16,8,4"
    )]
    pub(crate) strokes: Vec<usize>,
    /// How much work
    #[arg(long, value_enum, default_value_t = SketchQuality::Normal)]
    pub(crate) quality: SketchQuality,
    /// Which part of the pictures to draw
    #[arg(long, value_enum, default_value_t = MaskArg::None)]
    pub(crate) mask: MaskArg,
    /// Use the first so many pictures, of each set with --recognise [default: all]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) limit: usize,
    /// Draw OASIS photographs and stamps instead, and let a judge say what it recognises
    #[arg(long, conflicts_with = "inputs")]
    pub(crate) recognise: bool,
    /// Let a network that reads lines say which edges matter and which drawing is best
    #[arg(long)]
    pub(crate) meaning: bool,
    /// Pull the drawings toward an emotion, and say how far that went
    #[arg(long, value_name = "EMOTION", conflicts_with = "recognise")]
    pub(crate) emotion: Option<String>,
    /// For --recognise: the folder with oasis/ [default: $AFFETTI_DATA]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// For --recognise: the judge's weights
    #[arg(long, value_name = "FILE", default_value = "models/judge-1.safetensors", value_hint = ValueHint::FilePath)]
    pub(crate) judge: PathBuf,
    /// For --recognise: the stamps of Debian's tuxpaint-stamps-default
    #[arg(long, value_name = "FOLDER", default_value = affetti::sketch::recognise::STAMPS, value_hint = ValueHint::DirPath)]
    pub(crate) stamps: PathBuf,
}
