//! The words of `affetti train` and `affetti eval`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum, ValueHint, builder::RangedU64ValueParser};

use super::{SketchEvalArgs, TowerArg};

#[derive(Debug, Subcommand)]
pub(crate) enum TrainVerb {
    /// Train the predictor of `affetti feel`, or fit its heads to your own pictures
    #[command(
        after_help = "Examples:\n  affetti train feel --table my.csv --name mine\n  affetti train feel configs/feel-4.toml --data data/\n\nThe table names pictures (column path) and what they evoke: the nine emotions as votes or shares,\nemotion, sentiment, valence, arousal; and group, which near-copies share (docs/own-data.md)."
    )]
    Feel {
        #[command(flatten)]
        training: FeelSourceArgs,
        #[command(flatten)]
        own: OwnTrainArgs,
    },
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
    /// Train a network that reads the emotion of sentences, for `affetti read`; needs a build with the
    /// feature `train`
    #[command(
        after_help = "Examples:\n  affetti train reader configs/reader-2.toml --data data/\n  affetti train reader configs/reader-2.toml --table my.csv --data data/\n\nA table has the columns text and emotion, and picture where several texts are about one."
    )]
    Reader {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
        /// Your own texts with emotions, in the place of ArtEmis's
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        table: Option<PathBuf>,
    },
    /// Train the space of pictures and words, for `affetti find --text`; needs a build with the feature
    /// `train`
    #[command(after_help = "Example:\n  affetti train space configs/space-1.toml --data data/")]
    Space {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train what writes sentences about pictures, for `affetti say`; needs a build with the feature
    /// `train`
    #[command(after_help = "Example:\n  affetti train speaker configs/speaker-1.toml --data data/")]
    Speaker {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train ArtEmis's own speaker, show, attend and tell; needs a build with the feature `train`
    #[command(
        after_help = "Examples:\n  affetti train attend configs/attend-emotion.toml --data data/\n  affetti train attend configs/attend-plain.toml --data data/"
    )]
    Attend {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train the painter of `affetti paint`; needs a build with the feature `train`
    #[command(after_help = "Example:\n  affetti train painter configs/painter-1.toml --data data/")]
    Painter {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train the emotion-conditioned generator of CGAN-Emotion-Art; needs a build with the feature `train`
    #[command(
        after_help = "Example:\n  affetti train cgan configs/cgan-landscape.toml --data data/"
    )]
    Cgan {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
    },
    /// Train ArtGAN, a generator for styles, genres or artists; needs a build with the feature `train`
    #[command(
        after_help = "Example:\n  affetti train artgan configs/artgan-style.toml --data data/"
    )]
    Artgan {
        #[command(flatten)]
        training: TrainingArgs,
        #[command(flatten)]
        run: RunArgs,
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
        after_help = "Examples:\n  affetti eval feel --table my.csv --out figures.md\n  affetti eval feel configs/feel-4.toml --data data/\n  affetti eval feel configs/feel-4.toml --against configs/feel-2.toml --out figures.csv"
    )]
    Feel {
        #[command(flatten)]
        training: FeelSourceArgs,
        #[command(flatten)]
        own: OwnEvalArgs,
        /// Measure against the predictor of this config, whose weights are NAME.safetensors in the
        /// folder of weights [default: a plain head on frozen features]
        #[arg(long, value_name = "CONFIG", conflicts_with = "table", value_hint = ValueHint::FilePath)]
        against: Option<PathBuf>,
    },
    /// Measure captions against what people wrote about the same pictures
    #[command(
        after_help = "Example:\n  affetti eval captions references.csv captions.jsonl --learned artemis.csv\n\nTables have the columns picture (or path, file, image, id; or art_style and painting) and caption (or\nutterance, text), perhaps emotion: what was felt, or what a caption was to express."
    )]
    Captions {
        /// What people wrote: a table, or JSON Lines
        #[arg(value_hint = ValueHint::FilePath)]
        references: PathBuf,
        /// What is measured: a table, or JSON Lines as `affetti say --json` writes them
        #[arg(value_hint = ValueHint::FilePath)]
        captions: PathBuf,
        /// What a model learned from, to see how new its captions are
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        learned: Option<PathBuf>,
        /// Let METEOR take synonyms for partners: the folder of WordNet's index.noun and so on [default:
        /// $WNHOME/dict, where it is set]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        wordnet: Option<PathBuf>,
        /// Weights of a reader, which says what captions express [default: the one inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
    },
    /// Measure what paints: distances from paintings, what is remembered, whether feelings obey; needs a build
    /// with the feature `train`
    #[command(
        after_help = "Example:\n  affetti eval generator --weights models/painter-1.safetensors --data data/ --out painter/"
    )]
    Generator {
        /// The name of its card
        #[arg(value_name = "NAME")]
        model: Option<String>,
        /// Its weights, where they are none of a card
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "model")]
        weights: Option<PathBuf>,
        /// A predictor that had no part in its training says what its pictures evoke [default: the one inside
        /// the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        judge: Option<PathBuf>,
        /// Ask only for what this other generator knows, as often as paintings have it, and compare with these:
        /// so that two generators stand before the same paintings
        #[arg(long = "as", value_name = "FILE", value_hint = ValueHint::FilePath)]
        like: Option<PathBuf>,
        /// Pictures for the distances
        #[arg(long, value_name = "N", default_value_t = 5000, value_parser = RangedU64ValueParser::<usize>::new().range(100..=100_000))]
        pictures: usize,
        /// Noises that are asked for each sentiment
        #[arg(long, value_name = "N", default_value_t = 300, value_parser = RangedU64ValueParser::<usize>::new().range(30..=10_000))]
        noises: usize,
        /// The folder of the data sets [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
    },
    /// Measure what writes sentences about pictures, by judges that took no part; needs a build with the
    /// feature `train`
    #[command(
        after_help = "Example:\n  affetti eval speaker --data data/ --ranks models/space-half0.safetensors models/reader-1.safetensors \\\n    --judges models/space-half1.safetensors models/reader-judge.safetensors"
    )]
    Speaker {
        /// Weights made by `affetti train speaker` [default: those inside the program]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        weights: Option<PathBuf>,
        /// A space and a reader that rank candidates [default: those inside the program]
        #[arg(long, num_args = 2, value_names = ["SPACE", "READER"], value_hint = ValueHint::FilePath)]
        ranks: Vec<PathBuf>,
        /// A space and a reader that judge
        #[arg(long, num_args = 2, required = true, value_names = ["SPACE", "READER"], value_hint = ValueHint::FilePath)]
        judges: Vec<PathBuf>,
        /// Candidates for each sentence
        #[arg(long, value_name = "N", default_value_t = 16, value_parser = RangedU64ValueParser::<usize>::new().range(1..=500))]
        candidates: usize,
        /// How bold, and how much more picture and emotion count than they did in learning
        #[arg(long, num_args = 3, value_names = ["TEMPERATURE", "PICTURE", "EMOTION"])]
        manner: Vec<f64>,
        /// What likelihood, fit to the picture and obedience weigh when the best candidate is kept
        #[arg(long, num_args = 3, value_names = ["LIKELIHOOD", "FIT", "OBEDIENCE"])]
        weigh: Vec<f64>,
        /// On the paintings by which settings are chosen, not on those of the test
        #[arg(long)]
        choose: bool,
        /// Follow so many sentences side by side in the place of drawing
        #[arg(long, value_name = "N", default_value_t = 0)]
        beams: usize,
        /// Write every sentence here, a JSON line each
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        sentences: Option<PathBuf>,
        /// The folder of the data sets [default: $AFFETTI_DATA]
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        data: Option<PathBuf>,
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
        after_help = "Example:\n  affetti eval regions configs/feel-4.toml --data data/ --plots docs/"
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

/// What the predictor learns from or is measured on.
#[derive(Debug, clap::Args)]
pub(crate) struct FeelSourceArgs {
    /// The settings, a TOML file
    #[arg(required_unless_present = "table", conflicts_with = "table", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Your own pictures in place of a config: a CSV file of paths and what the pictures evoke
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) table: Option<PathBuf>,
    /// The folder with artemis.csv, bsds500/, oasis/ and paintings/ [default: $AFFETTI_DATA]
    #[arg(long, value_name = "FOLDER", conflicts_with = "table", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// The folder for weights and card
    #[arg(long, value_name = "FOLDER", default_value = "models", value_hint = ValueHint::DirPath)]
    pub(crate) models: PathBuf,
}

/// What one of both was given.
pub(crate) enum Source {
    Config(TrainingArgs),
    Table(PathBuf),
}

impl FeelSourceArgs {
    pub(crate) fn source(&self) -> Source {
        match (&self.config, &self.table) {
            (_, Some(table)) => Source::Table(table.clone()),
            (config, None) => Source::Config(TrainingArgs {
                config: config.clone().unwrap_or_default(),
                data: self.data.clone(),
                models: self.models.clone(),
            }),
        }
    }
}

/// How heads are fitted to a table.
#[derive(Debug, clap::Args)]
pub(crate) struct OwnTrainArgs {
    /// With a config: the tower in place of its first backbone; the model is called feel-NAME
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "table")]
    pub(crate) backbone: Option<TowerArg>,
    /// With --table: name of the model and of its files [default: that of the table]
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) name: Option<String>,
    /// With --table: learn from the table alone, not on top of what the model knows already
    #[arg(long, requires = "table")]
    pub(crate) alone: bool,
    /// With --table: the model whose networks are used [default: that inside the program]
    #[arg(long, value_name = "FILE", requires = "table", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// With --table: ways to look at a picture [default: 2]
    #[arg(long, value_name = "N", requires = "table", value_parser = RangedU64ValueParser::<usize>::new().range(1..=4))]
    pub(crate) views: Option<usize>,
}

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct OwnEvalArgs {
    /// Weights made by `affetti train feel` [default: those inside the program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// Ways to look at a picture, of the predictor's own [default: all]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=4))]
    pub(crate) views: Option<usize>,
}
