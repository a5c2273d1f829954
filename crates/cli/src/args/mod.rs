//! The command line as types. What the words mean is decided elsewhere.

mod paint;
mod serve;
mod sketch;
mod training;

use std::{ffi::OsString, path::PathBuf};

use clap::{
    ArgAction, ArgGroup, Parser, Subcommand, ValueEnum, ValueHint, builder::RangedU64ValueParser,
};
use clap_complete::Shell;

pub(crate) use paint::*;
pub(crate) use serve::*;
pub(crate) use sketch::*;
pub(crate) use training::*;

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

/// The help of what has no settings: the options of all verbs would hide what it says.
const SHORT_HELP: &str = "{about-with-newline}\n{usage-heading} {usage}\n{after-help}";

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
    /// Write the result to this file, whose extension says how, or into this folder
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
    Read(ReadArgs),
    Say(SayArgs),
    Sketch(SketchArgs),
    Paint(PaintArgs),
    Label(LabelArgs),
    Serve(ServeArgs),
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
        help_template = SHORT_HELP,
        after_help = "Example:\n  affetti completions bash > ~/.local/share/bash-completion/completions/affetti"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page; with --out FOLDER, write one page per verb
    #[command(
        help_template = SHORT_HELP,
        after_help = "--out FOLDER writes a page for each verb.\n\nExample:\n  affetti man | man -l -"
    )]
    Man,
}

/// Say what pictures make people feel
///
/// For each picture: the share of viewers who would name each of nine emotions, valence (1
/// unpleasant to 7 pleasant) and arousal (1 calm to 7 stirring) with 80 % intervals. Prints a card
/// per picture, or JSON Lines with --json; --out FILE writes a report (.html), a table (.csv) or
/// JSON Lines (.jsonl, .json) instead. A run with an index, a table or lines that is stopped keeps what
/// it has, and the same command goes on from there.
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
    /// Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of pictures, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Weights made by `affetti train feel` [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// Heads that `affetti train feel configs/feel-clip.toml` fitted on a tower that you imported, from
    /// models/feel-NAME.safetensors
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "weights")]
    pub(crate) backbone: Option<TowerArg>,
    /// Let the most affective regions take part in the emotions, and report them
    #[arg(long)]
    pub(crate) regions: bool,
    /// Add a sentence that viewers might write about each picture; a model writes it
    #[arg(long, conflicts_with_all = ["weights", "backbone"])]
    pub(crate) say: bool,
    /// What the pictures should evoke: an emotion, or shares that sum to 1 (awe=.6,fear=.4). Adds
    /// how near each comes, ranked among paintings, and what it evokes instead
    #[arg(long, value_name = "TARGET")]
    pub(crate) intend: Option<String>,
    /// Ways to look at a picture, whose mean counts: 1 is nearly four times as fast as 4, and a little
    /// worse
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with = "index", value_parser = RangedU64ValueParser::<usize>::new().range(1..=4))]
    pub(crate) views: usize,
    /// The same as --views 1
    #[arg(long, conflicts_with_all = ["views", "index"])]
    pub(crate) fast: bool,
    /// Begin a .csv with a byte order mark: some spreadsheets show names wrongly without
    #[arg(long)]
    pub(crate) bom: bool,
    /// Keep an index of the pictures in this file, for `affetti find`. If it is there already, it
    /// is brought up to date: files of the same length and time are not read again, unless --json
    /// or --out are to show them too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) index: Option<PathBuf>,
}

/// CLIP's image towers, by the names of their cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TowerArg {
    /// Vision transformer
    #[value(name = "clip-vit-b-32")]
    VitB32,
    /// ResNet of 50 layers
    #[value(name = "clip-rn50")]
    Rn50,
    /// ResNet of 101 layers
    #[value(name = "clip-rn101")]
    Rn101,
}

impl TowerArg {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::VitB32 => "clip-vit-b-32",
            Self::Rn50 => "clip-rn50",
            Self::Rn101 => "clip-rn101",
        }
    }
}

impl FeelArgs {
    /// The weight file that was named, or that of the backbone.
    ///
    /// # Errors
    /// Where the backbone has no heads yet.
    pub(crate) fn weight_file(&self) -> anyhow::Result<Option<PathBuf>> {
        let Some(tower) = self.backbone else {
            return Ok(self.weights.clone());
        };
        let name = tower.name();
        let file = PathBuf::from(format!("models/feel-{name}.safetensors"));
        if file.is_file() {
            return Ok(Some(file));
        }
        anyhow::bail!(
            "{}: no such file; `affetti train feel configs/feel-clip.toml --backbone {name}` fits heads on \
             {name}, and --weights names a file of them elsewhere",
            file.display()
        )
    }
}

/// Find the parts of pictures that carry their feeling
///
/// For each picture: boxes around things, from their edges alone, ranked by how certain the feeling
/// of each is (AR score), with the nine emotions of each. Prints a card per picture, or JSON Lines
/// with --json; --out FOLDER draws them (PNG, SVG, and a figure of occlusion, objectness, sentiment
/// and score), --out FILE.svg or .png draws those of one picture, --out FILE.jsonl writes the lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti regions photo.jpg
  affetti regions gallery/ --out regions/
  affetti regions photo.jpg --json | jq .regions[0]
  affetti regions --edges E.npy --orientation O.npy --proposals-json

The last reads maps of f32, [height, width], and prints their raw proposals as one JSON object.")]
pub(crate) struct RegionsArgs {
    /// Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of pictures, or - for standard input
    #[arg(required_unless_present = "edges", value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// Regions shown and drawn, best first; JSON has all
    #[arg(long, value_name = "K", default_value_t = 8, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub(crate) top: usize,
    /// Weight of sentiment against objectness, 0 to 1
    #[arg(long, value_name = "A", default_value_t = affetti::regions::find::ALPHA)]
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
    group = ArgGroup::new("wish").required(true).multiple(true).args(["like", "valence", "arousal", "picture", "text"]),
    after_help = "\
Examples:
  affetti feel photos/ --index photos.affetti
  affetti find photos.affetti --like awe=.6,fear=.4
  affetti find photos.affetti --valence 6 --arousal 2 --top 5
  affetti find photos.affetti --picture sketch.jpg --json
  affetti find photos.affetti --text \"a lonely sea at night\" --not fear

Paths are those from here: an index names the pictures below its folder by the way from there, and moves
with it."
)]
pub(crate) struct FindArgs {
    /// The index
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) index: PathBuf,
    /// An emotion, or shares that sum to 1: awe=.6,fear=.4
    #[arg(long, value_name = "TARGET", conflicts_with = "picture")]
    pub(crate) like: Option<String>,
    /// What is to be seen, in English: "a lonely sea at night". Goes together with --like, --valence,
    /// --arousal and --not; each counts as much as the others
    #[arg(long, value_name = "TEXT", conflicts_with = "picture")]
    pub(crate) text: Option<String>,
    /// An emotion that the pictures should evoke little of; may be given several times
    #[arg(
        long,
        value_name = "EMOTION",
        requires = "wish",
        conflicts_with = "picture"
    )]
    pub(crate) not: Vec<String>,
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

/// Read the emotion of sentences
///
/// For each sentence, such as people write about a painting: the shares of the nine emotions that its
/// writer is likely to have named. Prints a card per sentence, or JSON Lines with --json; --csv COLUMN
/// reads tables and writes them again with the shares beside each row.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti read \"the dark water looks cold and lonely\"
  affetti read --explain \"her smile reminds me of my grandmother\"
  affetti read - --json < sentences.txt
  affetti read comments.csv --csv comment --out feelings.csv

It learned from English sentences about paintings.")]
pub(crate) struct ReadArgs {
    /// Sentences, or - for standard input, a sentence per line; with --csv, tables
    #[arg(required = true, value_name = "TEXT")]
    pub(crate) texts: Vec<OsString>,
    /// Say which words carry the answer: how many times as large its share is with the word
    #[arg(long, conflicts_with = "csv")]
    pub(crate) explain: bool,
    /// The inputs are tables with a header; this column holds the sentences
    #[arg(long, value_name = "COLUMN")]
    pub(crate) csv: Option<String>,
    /// Which reader: the fast one inside of the program, or the best one, which is a file in models/
    #[arg(long, value_enum, default_value_t = ReaderArg::Fast, conflicts_with = "weights")]
    pub(crate) model: ReaderArg,
    /// Weights made by `affetti train reader`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
}

/// Say why a picture evokes what it evokes
///
/// For each picture a sentence such as its viewers might write, about what is seen and felt; it is
/// written by a model, which often names things that are not there. Prints the sentences with the words
/// that suit the picture, or JSON Lines with --json, which say for each word where in the picture it
/// looked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti say painting.jpg
  affetti say painting.jpg --emotion awe -n 3
  affetti say gallery/ --emotion all --out sentences.jsonl

Without --emotion a sentence expresses what most viewers would feel, as `affetti feel` sees it.")]
pub(crate) struct SayArgs {
    /// Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of pictures, or - for standard input
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<OsString>,
    /// The emotion that sentences are to express, or all for each of the nine
    #[arg(long, value_name = "EMOTION")]
    pub(crate) emotion: Option<String>,
    /// Sentences for each picture and emotion
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=50))]
    pub(crate) number: usize,
    /// Candidates that are drawn for them, of which the best are kept [default: 16, at least 4 times as
    /// many as sentences]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=500))]
    pub(crate) candidates: Option<usize>,
    /// How bold: small values say what is usual, 0.05 to 3
    #[arg(long, value_name = "X", default_value_t = affetti::words::say::speaker::SayOptions::default().temperature)]
    pub(crate) temperature: f64,
}

/// A reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReaderArg {
    /// Thousands of sentences a second
    Fast,
    /// More often right, and many times slower
    Best,
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
    /// Make a corpus of utterances ready for training: words by number, vocabulary, references
    #[command(
        after_help = "Example:\n  affetti data prepare artemis --out prepared/\n  affetti data prepare comments.csv --out prepared/\n\nartemis is the set below $AFFETTI_DATA. The table is ArtEmis's, or has the columns text (or caption, utterance) and perhaps emotion and picture."
    )]
    Prepare {
        /// The table
        #[arg(value_hint = ValueHint::FilePath)]
        table: PathBuf,
        /// The splits of its pictures, a table with artemis_key and split [default: artemis-splits.csv
        /// beside it, where there is one; others are dealt by their names]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        splits: Option<PathBuf>,
        /// Words that occur less often are unknown
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
        least: usize,
        /// Words of the shortest utterance that is kept
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
        shortest: usize,
        /// Percentage of the utterances to learn from that are not too long
        #[arg(long, value_name = "P", default_value_t = 95, value_parser = RangedU64ValueParser::<usize>::new().range(1..=100))]
        within: usize,
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
        /// It is a linear head on the embeddings of this tower, of nine rows in the order of ArtEmis:
        /// becomes models/feel-NAME.safetensors, for `affetti feel --backbone NAME`
        #[arg(long, value_enum, value_name = "NAME", conflicts_with = "as_model")]
        head_of: Option<TowerArg>,
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
