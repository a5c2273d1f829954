//! The command line as types. What the words mean is decided elsewhere.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    ArgAction, ArgGroup, Parser, Subcommand, ValueEnum, ValueHint, builder::RangedU64ValueParser,
};
use clap_complete::Shell;

/// Feels a picture: which emotions it evokes, how pleasant it is, how stirring.
#[derive(Debug, Parser)]
#[command(
    name = "affetti",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  affetti feel photo.jpg
  affetti feel gallery/ --out report.html
  affetti feel photos/ --json | jq .dominant

Exit codes: 0 all done, 1 some inputs failed, 2 wrong usage or no input succeeded."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options that every verb accepts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Threads to use [default: one per core]
    #[arg(long, global = true, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub(crate) threads: Option<usize>,
    /// Seed of a training, in place of the config's, or of a drawing
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Where networks run
    #[arg(long, global = true, value_enum, default_value_t = Device::Auto)]
    pub(crate) device: Device,
    /// Write JSON, one object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write the result to this file instead of standard output
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// No progress and no summary; errors are still told
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Tell more about what happens
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

/// Where networks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Device {
    /// The best that is there.
    Auto,
    /// The processor.
    Cpu,
    /// A graphics card through Vulkan; the processor where there is none.
    Vulkan,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Feel(FeelArgs),
    Regions(RegionsArgs),
    Find(FindArgs),
    Sketch(SketchArgs),
    /// Look at data sets: statistics, and whether every picture is sound
    #[command(subcommand)]
    Data(DataVerb),
    /// Look at models: what there is, whether it is intact, import of published weights
    #[command(subcommand)]
    Models(ModelsVerb),
    /// Train a model
    #[command(subcommand)]
    Train(TrainVerb),
    /// Measure a model: every figure of its card, beside its baselines
    #[command(subcommand)]
    Eval(EvalVerb),
    /// Print the completions of a shell
    #[command(
        after_help = "Example:\n  affetti completions bash > ~/.local/share/bash-completion/completions/affetti"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page; with --out FOLDER, write one page per verb
    #[command(after_help = "Example:\n  affetti man | man -l -")]
    Man,
}

/// Say what pictures make people feel
///
/// For each picture: the share of viewers who would name each of nine emotions, valence (1
/// unpleasant to 7 pleasant) and arousal (1 calm to 7 stirring) with 80 % intervals. Prints a card
/// per picture, or JSON Lines with --json; --out FILE writes a report (.html), a table (.csv) or
/// JSON Lines (.jsonl, .json) instead.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti feel photo.jpg
  affetti feel gallery/ --out report.html
  affetti feel photos/ holiday.webp --out feelings.csv
  affetti feel sketches/ --intend awe=.6,fear=.4
  affetti feel photos/ --index photos.affetti
  curl -s https://example.org/picture.jpg | affetti feel - --json

If a folder has a credits.csv (columns file, title, artist, date), the report shows its lines.")]
pub(crate) struct FeelArgs {
    /// Pictures (JPEG, PNG, WebP), folders of pictures, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Weights made by `affetti train feel` [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// Let the most affective regions take part in the emotions, and report them
    #[arg(long)]
    pub(crate) regions: bool,
    /// What the pictures should evoke: an emotion, or shares that sum to 1 (awe=.6,fear=.4). Adds
    /// how near each comes, ranked among paintings, and what it evokes instead
    #[arg(long, value_name = "TARGET")]
    pub(crate) intend: Option<String>,
    /// Keep an index of the pictures in this file, for `affetti find`. If it is there already, it
    /// is brought up to date: files of the same length and time are not read again, unless --json
    /// or --out are to show them too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) index: Option<PathBuf>,
}

/// Find the parts of pictures that carry their feeling
///
/// For each picture: boxes around things, from their edges alone, ranked by how certain the feeling
/// of each is (AR score), with the nine emotions of each. Prints a card per picture, or JSON Lines
/// with --json; --out FOLDER draws them (PNG, SVG, and a figure of occlusion, objectness, sentiment
/// and score), --out FILE.jsonl writes the lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti regions photo.jpg
  affetti regions gallery/ --out regions/
  affetti regions photo.jpg --json | jq .regions[0]
  affetti regions --edges E.npy --orientation O.npy --proposals-json

The last reads maps of f32, [height, width], and prints their raw proposals as one JSON object.")]
pub(crate) struct RegionsArgs {
    /// Pictures (JPEG, PNG, WebP), folders of pictures, or - for standard input
    #[arg(required_unless_present = "edges", value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Regions shown and drawn, best first; JSON has all
    #[arg(long, value_name = "K", default_value_t = 8, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub(crate) top: usize,
    /// Weight of sentiment against objectness, 0 to 1
    #[arg(long, value_name = "A", default_value_t = affetti::places::find::ALPHA)]
    pub(crate) alpha: f32,
    /// How objectness becomes 0 to 1
    #[arg(long, value_enum, default_value_t = ObjNorm::Max)]
    pub(crate) obj_norm: ObjNorm,
    /// Whose certainty makes a region affective: two sentiments or nine emotions
    #[arg(long, value_enum, default_value_t = ClassesArg::Two)]
    pub(crate) classes: ClassesArg,
    /// Cut every region out and look at it by itself: exact, and many times slower
    #[arg(long)]
    pub(crate) crops: bool,
    /// Weights made by `affetti train feel` [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// An edge map, thin, 0 to 1, in place of pictures
    #[arg(long, value_name = "NPY", value_hint = ValueHint::FilePath)]
    pub(crate) edges: Option<PathBuf>,
    /// Its orientations, in radians
    #[arg(long, value_name = "NPY", value_hint = ValueHint::FilePath)]
    pub(crate) orientation: Option<PathBuf>,
    /// Print the proposals of the maps
    #[arg(long)]
    pub(crate) proposals_json: bool,
}

/// Scale of objectness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ObjNorm {
    /// As EdgeBoxes gives it
    Raw,
    /// Divided by the picture's largest
    Max,
    /// The picture's smallest is 0, its largest 1
    Minmax,
}

/// Classes of the sentiment score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassesArg {
    /// Positive and negative
    Two,
    /// The nine emotions
    Nine,
}

/// Find pictures by what they evoke
///
/// Asks an index that `affetti feel DIR --index FILE` made, and prints the nearest pictures,
/// nearest first: by the shares of the emotions, by valence and arousal, or by likeness with a
/// picture.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("wish").required(true).multiple(true).args(["like", "valence", "arousal", "picture"]),
    after_help = "\
Examples:
  affetti feel photos/ --index photos.affetti
  affetti find photos.affetti --like awe=.6,fear=.4
  affetti find photos.affetti --valence 6 --arousal 2 --top 5
  affetti find photos.affetti --picture sketch.jpg --json

Paths are printed as they were given to `affetti feel`."
)]
pub(crate) struct FindArgs {
    /// The index
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) index: PathBuf,
    /// An emotion, or shares that sum to 1: awe=.6,fear=.4
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["valence", "arousal", "picture"])]
    pub(crate) like: Option<String>,
    /// From 1 (unpleasant) to 7 (pleasant)
    #[arg(
        long,
        value_name = "X",
        conflicts_with = "picture",
        allow_negative_numbers = true
    )]
    pub(crate) valence: Option<f64>,
    /// From 1 (calm) to 7 (stirring)
    #[arg(
        long,
        value_name = "X",
        conflicts_with = "picture",
        allow_negative_numbers = true
    )]
    pub(crate) arousal: Option<f64>,
    /// A picture that those found should be like
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) picture: Option<PathBuf>,
    /// How many pictures to print
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub(crate) top: usize,
    /// Weights that made the index [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
}

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
    /// Pictures (JPEG, PNG, WebP), folders of pictures, or - for standard input
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

/// A layout of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Set {
    /// ArtEmis utterances (artemis.csv)
    Artemis,
    /// OASIS photographs (oasis.csv)
    Oasis,
    /// Labelled paintings (labelled.csv)
    Paintings,
    /// WikiArt-Emotions (WikiArt-Emotions-Ag4.tsv, or Ag3, Ag5, All)
    WikiartEmotions,
    /// A list of ArtGAN (style_val.csv, artist_train, …) with its class list beside it
    Artgan,
    /// Abstract paintings with votes (ABSTRACT_groundTruth.csv)
    Abstract,
    /// ArtPhoto's folder: emotion_0001.jpg
    Artphoto,
    /// A list of IAPS numbers and emotions
    Iapsa,
    /// A list of Twitter I: name and 1 or 0
    Twitter1,
    /// A list of Twitter II: name and 1 or -1
    Twitter2,
    /// EmotionROI's folder, with training_testing_split/
    EmotionRoi,
    /// FI's folder: a folder per emotion
    Fi,
    /// A list of Flickr numbers and sentiments
    Flickr,
    /// A folder per class, perhaps below train/, val/, test/
    Classes,
    /// A tar file of pictures, or a folder of them
    Shards,
    /// Any folder of pictures
    Folder,
    /// Any CSV file with a column path, file or image
    Table,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataVerb {
    /// Print the statistics of a set beside the published ones
    #[command(
        after_help = "Examples:\n  affetti data stats artemis data/artemis.csv\n  affetti data stats folder photos/ --json"
    )]
    Stats {
        /// Its layout
        set: Set,
        /// Its file, or the folder that holds it [default for artemis, oasis and paintings:
        /// $AFFETTI_DATA]
        #[arg(value_hint = ValueHint::AnyPath)]
        path: Option<PathBuf>,
    },
    /// Open every picture of a set; name what is missing, unreadable, double or leaks between splits
    #[command(
        after_help = "Examples:\n  affetti data check oasis data/oasis\n  affetti data check folder photos/\n  affetti data check artgan style_val.csv --pictures wikiart/"
    )]
    Check {
        /// Its layout
        set: Set,
        /// Its file, or the folder that holds it
        #[arg(value_hint = ValueHint::AnyPath)]
        path: PathBuf,
        /// For artemis and artgan: WikiArt's folder of pictures, STYLE/PAINTING.jpg; for
        /// wikiart-emotions: the folder of ID.jpg [default: what lies beside the file]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        pictures: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List all models
    List,
    /// Show a model's card: input, origin, terms, figures, cautions
    Show {
        /// Its name
        name: String,
    },
    /// Compare weights with their cards
    Verify {
        /// Their names [default: all that are here]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Predict the labelled paintings: the table that --intend ranks pictures against
    #[command(
        after_help = "Writes NAME.reference.safetensors beside the weights and names it in their card. Once per model:\n  affetti models reference --data data/"
    )]
    Reference {
        /// The folder with paintings/labelled.csv [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
        /// Weights made by `affetti train feel` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// The folder of the table and the card, where no weights are named
        #[arg(long, value_name = "FOLDER", default_value = "models", value_hint = ValueHint::DirPath)]
        models: PathBuf,
    },
    /// Convert a published weight file and keep it
    #[command(
        after_help = "The file is recognised by its SHA-256; `affetti models list` names the files that are known. Another version of one of them, or weights of your own for its network, are taken with --as NAME; the tensors of CLIP's towers by the names of OpenAI, OpenCLIP, Hugging Face or timm:\n  affetti models import open_clip_model.safetensors --as clip-vit-b-32 --gelu"
    )]
    Import {
        /// The file as published
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Take it for the weights of this model, whatever its SHA-256
        #[arg(long = "as", value_name = "NAME")]
        as_model: Option<String>,
        /// It was trained with the exact GELU, as most of OpenCLIP's transformers were; OpenAI's were
        /// not
        #[arg(long, requires = "as_model")]
        gelu: bool,
    },
    /// Download a published weight file, check it and keep it
    #[command(
        after_help = "A download that was cut goes on where it ended. A mirror is named by --url, or its folder by $AFFETTI_MODELS_URL; the SHA-256 is the card's in any case:\n  affetti models pull clip-rn101"
    )]
    Pull {
        /// Its name
        name: String,
        /// Another address of the same file
        #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
        url: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainVerb {
    /// Train the predictor of `affetti feel`
    #[command(after_help = "Example:\n  affetti train feel configs/feel-2.toml --data data/")]
    Feel(TrainingArgs),
    /// Train the edge network; needs a build with the feature `train`
    #[command(after_help = "Example:\n  affetti train edges configs/edges-1.toml --data data/")]
    Edges {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train a backbone on the feelings of all labelled pictures, for `affetti train feel`; needs a
    /// build with the feature `train`
    #[command(
        after_help = "Examples:\n  affetti train affect configs/affect-1.toml --data data/\n  affetti train affect configs/affect-1.toml --fold 1 --data data/\n\nWith --fold the weights are NAME-fold1: all five are what figures out of fold need."
    )]
    Affect {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
        /// Leave this one of five folds out, besides the test split
        #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=5))]
        fold: Option<usize>,
    },
    /// Train a classifier of feelings as its authors describe it; needs a build with the feature
    /// `train`
    #[command(
        after_help = "Examples:\n  affetti train recipe configs/artemis-resnet34.toml --data data/\n  affetti train recipe configs/wikiart-vgg16.toml --data data/\n\nThe weights stay in the folder of the run."
    )]
    Recipe {
        /// The settings, a TOML file
        #[arg(value_hint = ValueHint::FilePath)]
        config: PathBuf,
        /// The folder of the data sets [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train a network that reads lines, for `affetti sketch` and `affetti eval sketch`; needs a
    /// build with the feature `train`
    #[command(
        after_help = "Examples:\n  affetti train encoder configs/encoder-1.toml --data data/\n  affetti train encoder configs/judge-1.toml --data data/"
    )]
    Encoder {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train the mask network of `affetti sketch --mask object`; needs a build with the feature
    /// `train`
    #[command(
        after_help = "Example:\n  affetti train mask configs/mask-1.toml --data data/ --maps maps/"
    )]
    Mask {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
        /// The teacher's maps, made by peers/u2netp_maps.py
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        maps: PathBuf,
    },
    /// Train a backbone on styles, genres and artists of paintings, for `affetti train feel`; needs
    /// a build with the feature `train`
    #[command(after_help = "Example:\n  affetti train art configs/art-1.toml --data data/")]
    Art {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvalVerb {
    /// Measure the predictor of `affetti feel`
    #[command(
        after_help = "Examples:\n  affetti eval feel configs/feel-2.toml --data data/\n  affetti eval feel configs/feel-2.toml --against configs/feel-1.toml --out figures.csv"
    )]
    Feel {
        #[command(flatten)]
        training: TrainingArgs,
        /// Weights made by `affetti train feel` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// Measure against the predictor of this config, whose weights are NAME.safetensors in the
        /// folder of weights [default: a plain head on frozen features]
        #[arg(long, value_name = "CONFIG", value_hint = ValueHint::FilePath)]
        against: Option<PathBuf>,
    },
    /// Measure edges against boundaries that people drew (BSDS500 val)
    #[command(
        after_help = "Examples:\n  affetti eval edges --data data/\n  affetti eval edges --detector hed --data data/ --json"
    )]
    Edges {
        /// What finds the edges
        #[arg(long, value_enum, default_value_t = Detector::Net)]
        detector: Detector,
        /// For the net: weights made by `affetti train edges` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// Thresholds, evenly between 0 and 1; published figures have 99, fewer are faster
        #[arg(long, value_name = "N", default_value_t = 99, value_parser = RangedU64ValueParser::<usize>::new().range(1..=999))]
        thresholds: usize,
        /// The folder with bsds500/ [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
    },
    /// Measure what regions add to the prediction of the whole picture
    #[command(
        after_help = "Example:\n  affetti eval regions configs/feel-2.toml --data data/ --plots docs/"
    )]
    Regions {
        #[command(flatten)]
        training: TrainingArgs,
        /// Weights made by `affetti train feel` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// Cut every region out instead of pooling it from one pass
        #[arg(long, conflicts_with = "side")]
        crops: bool,
        /// Long side of the pass, in pixels [default: that of `affetti regions`]
        #[arg(long, value_name = "PX", value_parser = RangedU64ValueParser::<u32>::new().range(64..=2048))]
        side: Option<u32>,
        /// Use the first so many pictures of each set [default: all]
        #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
        limit: usize,
        /// The folder for plots of the settings
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        plots: Option<PathBuf>,
    },
    /// Measure the masks of `affetti sketch --mask object` against U2NetP's
    #[command(after_help = "Example:\n  affetti eval mask --data data/ --maps maps/")]
    Mask {
        /// The teacher's maps, made by peers/u2netp_maps.py
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        maps: PathBuf,
        /// Weights made by `affetti train mask` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// The folder with paintings/, oasis/, bsds500/ and met/ [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
    },
    /// Measure the drawings of `affetti sketch`: which share of the edges is drawn, which share of
    /// the strokes is on an edge, and whether a judge recognises what is drawn
    #[command(
        after_help = "Examples:\n  affetti eval sketch gallery/ --strokes 16\n  affetti eval sketch --recognise --data data/"
    )]
    Sketch(SketchEvalArgs),
}

/// What finds edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Detector {
    /// The gradient of color, without a network
    Gradient,
    /// The edge network of this project
    Net,
    /// HED, imported with `affetti models import`
    Hed,
}

/// The run of a network's training.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The folder of the run: settings, metrics, curves, checkpoints [default: runs/NAME, NAME from
    /// the config]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) run: Option<PathBuf>,
    /// Go on where the run's last checkpoint ended
    #[arg(long)]
    pub(crate) resume: bool,
}

#[cfg(feature = "train")]
impl RunArgs {
    /// The folder of the run of `name`.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let default = || std::path::Path::new("runs").join(name);
        self.run.clone().unwrap_or_else(default)
    }
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
    #[arg(long, value_name = "FOLDER", default_value = affetti::sketch::STAMPS, value_hint = ValueHint::DirPath)]
    pub(crate) stamps: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrainingArgs {
    /// The settings, a TOML file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) config: PathBuf,
    /// The folder with artemis.csv, bsds500/, oasis/ and paintings/ [default: $AFFETTI_DATA]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// The folder for weights and card
    #[arg(long, value_name = "FOLDER", default_value = "models", value_hint = ValueHint::DirPath)]
    pub(crate) models: PathBuf,
}
