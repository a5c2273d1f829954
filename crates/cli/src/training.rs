//! `affetti train` and `affetti eval`.

use std::{io::Write, path::Path};

use affetti::{
    FeelError,
    feel::{Config, Entry, Figures, Step, TrainOptions, evaluate, train as train_feel},
    regions::{
        RegionWay,
        edges::Kind,
        evaluate::{EvaluateOptions, Report, evaluate as evaluate_regions},
        find::Options,
    },
};
use anyhow::{Result, anyhow, bail};

use crate::{
    Exit, affect,
    args::{EvalVerb, TrainVerb, TrainingArgs},
    art, device, edges, encoder, mask,
    out_file::{OutFile, cannot_write, spare},
    output,
    progress::Progress,
    recipe,
    settings::{Settings, data_folder},
    sketch,
};

/// Where the work needs burn.
#[cfg(not(feature = "train"))]
pub(crate) const NEEDS_FEATURE: &str =
    "this build cannot train networks: build it with `cargo build --release --features train`";

pub(crate) fn train(verb: TrainVerb, settings: &Settings) -> Result<Exit> {
    let args = match verb {
        TrainVerb::Feel(args) => args,
        TrainVerb::Edges { training, run } => return edges::train(&training, &run, settings),
        TrainVerb::Affect {
            training,
            run,
            fold,
        } => return affect::train(&training, &run, fold, settings),
        TrainVerb::Recipe { config, data, run } => {
            return recipe::train(&config, data.as_deref(), &run, settings);
        }
        TrainVerb::Mask {
            training,
            run,
            maps,
        } => return mask::train(&training, &run, &maps, settings),
        TrainVerb::Encoder { training, run } => return encoder::train(&training, &run, settings),
        TrainVerb::Art { training, run } => return art::train(&training, &run, settings),
    };
    let form = Form::of(settings)?;
    let mut config = config(&args.config)?;
    config.seed = settings.seed.unwrap_or(config.seed);
    let trained = with_options(&config, &args, &[], settings, |config, options| {
        Ok(train_feel(config, options)?)
    })?;
    output::emit(settings, &form.write(&trained.figures))?;
    settings.summary(&format!(
        "trained → {} and {}",
        trained.weights.display(),
        trained.card.display()
    ));
    Ok(Exit::Done)
}

pub(crate) fn eval(verb: EvalVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        EvalVerb::Feel {
            training,
            weights,
            against,
        } => feel(&training, weights.as_deref(), against.as_deref(), settings),
        EvalVerb::Edges {
            detector,
            weights,
            thresholds,
            data,
        } => {
            let what = edges::Measured {
                detector,
                weights,
                thresholds,
                data,
            };
            edges::eval(&what, settings)
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
            let what = mask::Measured {
                maps,
                weights,
                data,
            };
            mask::eval(&what, settings)
        }
        EvalVerb::Sketch(args) => sketch::eval(&args, settings),
    }
}

/// `affetti eval feel`: beside frozen features, or beside the predictor of `against`.
fn feel(
    training: &TrainingArgs,
    weights: Option<&Path>,
    against: Option<&Path>,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(settings)?;
    let ours = config(&training.config)?;
    let theirs = against.map(config).transpose()?;
    let rival = theirs
        .as_ref()
        .map(|config| training.models.join(format!("{}.safetensors", config.name)));
    let inputs: Vec<&Path> = [weights, rival.as_deref(), against]
        .into_iter()
        .flatten()
        .collect();
    let figures = with_options(&ours, training, &inputs, settings, |config, options| {
        let predictor = device::predictor(weights, settings)?;
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
    output::emit(settings, &form.write(&figures))?;
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
    let config = config(&training.config)?;
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
    printed: usize,
}

impl Shown<'_> {
    fn show(&mut self, report: &Report) -> Result<()> {
        for (name, svg) in self.plots.map_or(&[][..], |_| &report.plots[..]) {
            let path = self.plots.unwrap_or(Path::new(".")).join(name);
            let mut file = OutFile::create(&path)?;
            file.write_all(svg.as_bytes())
                .map_err(|error| cannot_write(&path, &error))?;
            file.commit()?;
        }
        if self.settings.wants_json_file() {
            output::emit(self.settings, &(serde_json::to_string(report)? + "\n"))?;
        } else if self.settings.out.is_some() {
            output::emit(self.settings, &(report.table() + &report.chosen()))?;
        } else if !self.settings.json {
            let table = report.table();
            output::print(table.get(self.printed..).unwrap_or_default())?;
            self.printed = table.len();
        }
        Ok(())
    }
}

/// The config; of a syntax error the place and the fault, without the excerpt that toml draws.
fn config(path: &Path) -> Result<Config> {
    Config::read(path).map_err(config_fault)
}

/// An error of a config of the room `feel`; of a syntax error the place and the fault.
pub(crate) fn config_fault(error: FeelError) -> anyhow::Error {
    match error {
        FeelError::Config { file, what } => {
            anyhow!("{}: {}", file.display(), without_excerpt(&what))
        }
        other => other.into(),
    }
}

/// Joins the lines of `text`, but for those that quote a file: `3 | seed = x` and the marks below.
pub(crate) fn without_excerpt(text: &str) -> String {
    let quotes = |line: &str| {
        let after = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        after.starts_with('|')
    };
    let lines: Vec<&str> = text.lines().filter(|line| !quotes(line)).collect();
    lines.join(": ")
}

/// `inputs` are read beside the config and the data.
fn with_options<T>(
    config: &Config,
    args: &TrainingArgs,
    inputs: &[&Path],
    settings: &Settings,
    work: impl FnOnce(&Config, &TrainOptions<'_>) -> Result<T>,
) -> Result<T> {
    let data = data_folder(args.data.as_deref())?;
    if !data.is_dir() {
        bail!(
            "{}: no such folder; --data names the folder of the data sets",
            data.display()
        );
    }
    let read = [&[args.config.as_path(), &data], inputs].concat();
    spare(settings.out.as_deref(), &read)?;
    let progress = Progress::new("steps", !settings.quiet);
    let result = work(
        config,
        &TrainOptions {
            data: &data,
            models: &args.models,
            threads: settings.threads,
            progress: &|step: Step<'_>| progress.stage(step.stage, step.done, step.total),
        },
    );
    progress.finish();
    result
}

/// How figures are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Table,
    Csv,
    Json,
}

impl Form {
    /// Asked for before the work, which takes minutes.
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let Some(path) = &settings.out else {
            return Ok(if settings.json {
                Self::Json
            } else {
                Self::Table
            });
        };
        match output::extension(path).as_str() {
            "csv" => Ok(Self::Csv),
            "json" | "jsonl" => Ok(Self::Json),
            "txt" => Ok(Self::Table),
            _ => bail!(
                "{}: figures are written as .csv, .json or .txt",
                path.display()
            ),
        }
    }

    fn write(self, figures: &Figures) -> String {
        self.pick(figures.table(), figures.csv(), figures.json())
    }

    /// The one of three texts that was asked for.
    pub(crate) fn pick(self, table: String, csv: String, json: String) -> String {
        match self {
            Self::Table => table,
            Self::Csv => csv,
            Self::Json => json + "\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_excerpt;

    #[test]
    fn syntax_errors_are_one_line() {
        let told = "TOML parse error at line 3, column 5\n  |\n3 | seed\n  |     ^\nno value\n";
        let line = "TOML parse error at line 3, column 5: no value";
        assert_eq!(without_excerpt(told), line);
        assert_eq!(without_excerpt("folds: 2 to 100"), "folds: 2 to 100");
    }
}
