//! `affetti train` and `affetti eval`.

use std::{io::Write, path::Path};

use affetti::{
    FeelError,
    places::{RegionWay, evaluate::evaluate as evaluate_regions},
    training::{Config, Figures, Step, TrainOptions, evaluate, train as train_feel},
};
use anyhow::{Result, anyhow, bail};

use crate::{
    Exit,
    args::{EvalVerb, TrainVerb, TrainingArgs},
    art, device, edges, encoder, mask,
    out_file::{OutFile, cannot_write, spare},
    output,
    progress::Progress,
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
        TrainVerb::Mask {
            training,
            run,
            maps,
        } => return mask::train(&training, &run, &maps, settings),
        TrainVerb::Encoder { training, run } => return encoder::train(&training, &run, settings),
        TrainVerb::Art { training, run } => return art::train(&training, &run, settings),
    };
    let form = Form::of(settings)?;
    let mut config = config(&args)?;
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
    let (training, weights) = match verb {
        EvalVerb::Feel { training, weights } => (training, weights),
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
            return edges::eval(&what, settings);
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
            return regions(&training, weights.as_deref(), &study, settings);
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
            return mask::eval(&what, settings);
        }
        EvalVerb::Sketch(args) => return sketch::eval(&args, settings),
    };
    let form = Form::of(settings)?;
    let config = config(&training)?;
    let inputs: Vec<&Path> = weights.as_deref().into_iter().collect();
    let figures = with_options(&config, &training, &inputs, settings, |config, options| {
        let predictor = device::predictor(weights.as_deref(), settings)?;
        Ok(evaluate(config, &predictor, options)?)
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
    let config = config(training)?;
    // Before the work, which takes long: a folder that cannot be made must not cost its result.
    if let Some(folder) = study.plots {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    }
    let inputs: Vec<&Path> = weights.into_iter().collect();
    let report = with_options(&config, training, &inputs, settings, |config, options| {
        let predictor = device::predictor(weights, settings)?;
        Ok(evaluate_regions(
            config,
            &predictor,
            study.way,
            study.limit,
            options,
        )?)
    })?;
    for (name, svg) in study.plots.map_or(&[][..], |_| &report.plots[..]) {
        let path = study.plots.unwrap_or(Path::new(".")).join(name);
        let mut file = OutFile::create(&path)?;
        file.write_all(svg.as_bytes())
            .map_err(|error| cannot_write(&path, &error))?;
        file.commit()?;
    }
    let text = if settings.wants_json() {
        serde_json::to_string(&report)? + "\n"
    } else {
        report.table()
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// The config; of a syntax error the place and the fault, without the excerpt that toml draws.
fn config(args: &TrainingArgs) -> Result<Config> {
    Config::read(&args.config).map_err(|error| match error {
        FeelError::Config { file, what } => {
            anyhow!("{}: {}", file.display(), without_excerpt(&what))
        }
        other => other.into(),
    })
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
