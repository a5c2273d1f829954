//! `affetti eval`.

#[cfg(feature = "train")]
mod generator;
#[cfg(feature = "train")]
mod speaker;

use std::path::{Path, PathBuf};

use affetti::{
    data::{
        Limits,
        bsds::{self, Part},
        captions::{self as captioned, Captioned},
    },
    feel::{Config, Entry, evaluate},
    regions::{
        RegionWay,
        edges::{
            Detector, EdgeNetwork, EvaluateOptions as EdgeOptions, Kind, evaluate as evaluate_edges,
        },
        evaluate::{EvaluateOptions, Report, evaluate as evaluate_regions},
        find::Options,
    },
    sketch::mask::{
        EMBEDDED, MaskNetwork, evaluate as evaluate_mask,
        examples::{Use, examples},
    },
    weights::store,
    words::{
        metrics::{
            report::{Besides, measure as measure_captions},
            wordnet::WordNet,
        },
        read::Reader,
    },
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{self, EvalVerb, OwnEvalArgs, Source, TrainingArgs},
    device,
    out_file::{cannot_write, put, spare},
    output::{self, FIGURES, Form, TEXTS},
    own,
    progress::Progress,
    settings::{Settings, data_folder},
    sketch,
    train::with_options,
};

/// Of the bootstrap over photographs with boundaries.
const EDGE_SEED: u64 = 5;
/// `affetti eval captions`.
fn captions(
    [references, captions]: [&Path; 2],
    learned: Option<&Path>,
    [weights, wordnet]: [Option<&Path>; 2],
    settings: &Settings,
) -> Result<Exit> {
    let home = std::env::var_os("WNHOME").filter(|home| !home.is_empty());
    let home = home.map(|home| Path::new(&home).join("dict"));
    let wordnet = wordnet.or(home.as_deref()).map(WordNet::read).transpose()?;
    let form = Form::of(&FIGURES, settings)?;
    let inputs: Vec<&Path> = [references, captions]
        .into_iter()
        .chain(learned)
        .chain(weights)
        .collect();
    spare(settings.out.as_deref(), &inputs)?;
    let read = |path: &Path| -> Result<Vec<Captioned>> {
        let loaded = captioned::read(path, &Limits::default())?;
        if let Some(bad) = loaded.report.named.first() {
            let count = crate::table::counted(usize::try_from(loaded.report.bad)?, "row");
            settings.summary(&format!(
                "{}: {count} left out; line {}: {}",
                path.display(),
                bad.line,
                bad.fault
            ));
        }
        Ok(loaded.rows)
    };
    let learned = learned.map(read).transpose()?;
    let reader = match weights {
        Some(path) => {
            let bytes = store::read_file(path)?;
            Some(Reader::from_bytes(&bytes, &path.display().to_string())?)
        }
        // A build without weights measures the rest.
        None => Reader::embedded().ok(),
    };
    let besides = Besides {
        learned: learned.as_deref(),
        reader: reader.as_ref(),
        wordnet: wordnet.as_ref(),
    };
    let figures = measure_captions(&read(references)?, &read(captions)?, besides)?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// Of the bootstrap over masks.
const MASK_SEED: u64 = 6;

pub(crate) fn eval(verb: EvalVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        EvalVerb::Feel {
            training,
            own: args,
            against,
        } => match training.source() {
            Source::Config(training) => feel(&training, &args, against.as_deref(), settings),
            Source::Table(table) => own::eval(&table, &training.models, &args, settings),
        },
        EvalVerb::Captions {
            references,
            captions,
            learned,
            weights,
            wordnet,
        } => self::captions(
            [&references, &captions],
            learned.as_deref(),
            [weights.as_deref(), wordnet.as_deref()],
            settings,
        ),
        #[cfg(not(feature = "train"))]
        EvalVerb::Generator { .. } => bail!(
            "this build cannot measure generators: build it with `cargo build --release --features train`"
        ),
        #[cfg(feature = "train")]
        verb @ EvalVerb::Generator { .. } => generator::eval(verb, settings),
        #[cfg(not(feature = "train"))]
        EvalVerb::Speaker { .. } => bail!(
            "this build cannot measure speakers: build it with `cargo build --release --features train`"
        ),
        #[cfg(feature = "train")]
        verb @ EvalVerb::Speaker { .. } => speaker::eval(verb, settings),
        EvalVerb::Edges {
            detector,
            weights,
            thresholds,
            data,
        } => {
            let measure = Measured {
                weights: weights.as_deref(),
                data: data.as_deref(),
            };
            edges(&measure, detector, thresholds, settings)
        }
        EvalVerb::Regions {
            training,
            weights,
            crops,
            side,
            limit,
            plots,
        } => {
            let way = match (crops, side) {
                (true, _) => RegionWay::Crop,
                (false, Some(side)) => RegionWay::Roi(side),
                (false, None) => RegionWay::default(),
            };
            let study = Study {
                way,
                limit,
                plots: plots.as_deref(),
            };
            regions(&training, weights.as_deref(), &study, settings)
        }
        EvalVerb::Mask {
            maps,
            weights,
            data,
        } => {
            let measure = Measured {
                weights: weights.as_deref(),
                data: data.as_deref(),
            };
            mask(&measure, &maps, settings)
        }
        EvalVerb::Sketch(args) => sketch::eval(&args, settings),
    }
}

/// `affetti eval feel`: beside frozen features, or beside the predictor of `against`.
fn feel(
    training: &TrainingArgs,
    own: &OwnEvalArgs,
    against: Option<&Path>,
    settings: &Settings,
) -> Result<Exit> {
    let (weights, views) = (own.weights.as_deref(), own.views);
    let form = Form::of(&FIGURES, settings)?;
    let ours = Config::read(&training.config)?;
    let theirs = against.map(Config::read).transpose()?;
    let rival = theirs
        .as_ref()
        .map(|config| training.models.join(format!("{}.safetensors", config.name)));
    let inputs: Vec<&Path> = [weights, rival.as_deref(), against]
        .into_iter()
        .flatten()
        .collect();
    let figures = with_options(&ours, training, &inputs, settings, |config, options| {
        let predictor = device::predictor(weights, settings)?;
        let predictor = predictor.with_views(views.unwrap_or(usize::MAX));
        let entry = Entry {
            config,
            predictor: &predictor,
        };
        let rival = match &rival {
            Some(file) => Some(device::predictor(Some(file), settings)?),
            None => None,
        };
        let rival = rival.as_ref().zip(theirs.as_ref());
        let rival = rival.map(|(predictor, config)| Entry { config, predictor });
        Ok(evaluate(entry, rival, options)?)
    })?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// What `affetti eval regions` asks for.
struct Study<'a> {
    way: RegionWay,
    limit: usize,
    plots: Option<&'a Path>,
}

fn regions(
    training: &TrainingArgs,
    weights: Option<&Path>,
    study: &Study<'_>,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(&TEXTS, settings)?;
    let config = Config::read(&training.config)?;
    // Before the work, which takes long: a folder that cannot be made must not cost its result.
    if let Some(folder) = study.plots {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    let inputs: Vec<&Path> = weights.into_iter().collect();
    let what = EvaluateOptions {
        find: Options::default(),
        way: study.way,
        limit: study.limit,
    };
    // What is known is shown, or kept, while the rest is still measured.
    let mut shown = Shown {
        plots: study.plots,
        settings,
        form,
        printed: 0,
    };
    let mut failed = None;
    let report = with_options(&config, training, &inputs, settings, |config, options| {
        let models = device::models(weights, settings);
        let mut so_far = |report: &Report| {
            if failed.is_none() {
                failed = shown.show(report).err();
            }
        };
        Ok(evaluate_regions(
            config,
            models.predictor()?,
            models.detector(Kind::usual())?,
            &what,
            options,
            &mut so_far,
        )?)
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if settings.out.is_none() {
        let text = if settings.json {
            serde_json::to_string(&report)? + "\n"
        } else {
            report.chosen()
        };
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

/// A report while it grows: its plots and its file are written anew each time, on the screen new lines
/// follow the old ones.
struct Shown<'a> {
    plots: Option<&'a Path>,
    settings: &'a Settings,
    form: Form,
    printed: usize,
}

impl Shown<'_> {
    fn show(&mut self, report: &Report) -> Result<()> {
        for (name, svg) in self.plots.map_or(&[][..], |_| &report.plots[..]) {
            let path = self.plots.unwrap_or(Path::new(".")).join(name);
            put(&path, svg.as_bytes())?;
        }
        if self.settings.out.is_some() {
            let text = match self.form {
                Form::Json => serde_json::to_string(report)? + "\n",
                Form::Table | Form::Csv => report.table() + &report.chosen(),
            };
            output::emit(self.settings, &text)?;
        } else if !self.settings.json {
            let table = report.table();
            output::print(table.get(self.printed..).unwrap_or_default())?;
            self.printed = table.len();
        }
        Ok(())
    }
}

/// A network of our own on a data set.
struct Measured<'a> {
    weights: Option<&'a Path>,
    data: Option<&'a Path>,
}

/// `affetti eval edges`.
fn edges(
    what: &Measured<'_>,
    detector: args::Detector,
    thresholds: usize,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(&FIGURES, settings)?;
    let folder = bsds500(what.data)?;
    let inputs: Vec<&Path> = what.weights.into_iter().collect();
    spare(
        settings.out.as_deref(),
        &[&[folder.as_path()], inputs.as_slice()].concat(),
    )?;
    let kind = match detector {
        args::Detector::Gradient => Kind::Gradient,
        args::Detector::Net => Kind::Net,
        args::Detector::Hed => Kind::Hed,
    };
    // Pictures go side by side: one thread for each is faster than all for one.
    let detector = match what.weights {
        None => Detector::load(kind, 1)?,
        Some(path) if kind == Kind::Net => {
            let bytes = store::read_file(path)?;
            let file = path.display().to_string();
            Detector::Net(EdgeNetwork::from_bytes(&bytes, &file, 1)?)
        }
        Some(_) => bail!("--weights are those of --detector net"),
    };
    let examples = bsds::read(&folder, Part::Val)?;
    let progress = Progress::new("pictures", !settings.quiet);
    let options = EdgeOptions {
        thresholds,
        seed: EDGE_SEED,
        progress: &|done, all| progress.at(done, Some(all)),
    };
    let figures = evaluate_edges(&detector, &examples, "BSDS500 val", &options);
    progress.finish();
    let figures = figures?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// `affetti eval mask`.
fn mask(what: &Measured<'_>, maps: &Path, settings: &Settings) -> Result<Exit> {
    let form = Form::of(&FIGURES, settings)?;
    let data = data_folder(what.data)?;
    let weights: Vec<&Path> = what.weights.into_iter().collect();
    spare(
        settings.out.as_deref(),
        &[&[data.as_path(), maps], weights.as_slice()].concat(),
    )?;
    check_maps(maps)?;
    // Pictures go side by side: one thread for each is faster than all for one.
    let (network, name) = match what.weights {
        None => (MaskNetwork::embedded()?, EMBEDDED.to_owned()),
        Some(path) => {
            let file = path.display().to_string();
            let network = MaskNetwork::from_bytes(&store::read_file(path)?, &file)?;
            (network, file)
        }
    };
    let held = examples(&data, maps, Use::Held)?;
    let progress = Progress::new("pictures", !settings.quiet);
    let figures = evaluate_mask(&network, &name, &held, MASK_SEED, &|done, all| {
        progress.at(done, Some(all));
    });
    progress.finish();
    let figures = figures?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// The folder of BSDS500.
pub(crate) fn bsds500(given: Option<&Path>) -> Result<PathBuf> {
    let folder = data_folder(given)?.join("bsds500");
    if !folder.is_dir() {
        bail!(
            "{}: no such folder; --data names the folder that holds bsds500/",
            folder.display()
        );
    }
    Ok(folder)
}

/// Whether the teacher's maps are there.
pub(crate) fn check_maps(maps: &Path) -> Result<()> {
    if !maps.is_dir() {
        bail!(
            "{}: no such folder; --maps names what peers/u2netp_maps.py wrote",
            maps.display()
        );
    }
    Ok(())
}
