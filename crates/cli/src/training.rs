//! `affetti train` and `affetti eval`.

use affetti::training::{Config, Figures, Step, TrainOptions, evaluate, train as train_feel};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{EvalVerb, TrainVerb, TrainingArgs},
    device, output,
    progress::Progress,
    settings::{Settings, data_folder},
};

pub(crate) fn train(verb: TrainVerb, settings: &Settings) -> Result<Exit> {
    let TrainVerb::Feel(args) = verb;
    let form = Form::of(settings)?;
    let trained = with_options(&args, settings, |config, options| {
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
    let EvalVerb::Feel { training, weights } = verb;
    let form = Form::of(settings)?;
    let figures = with_options(&training, settings, |config, options| {
        let predictor = device::predictor(weights.as_deref(), settings)?;
        Ok(evaluate(config, &predictor, options)?)
    })?;
    output::emit(settings, &form.write(&figures))?;
    Ok(Exit::Done)
}

fn with_options<T>(
    args: &TrainingArgs,
    settings: &Settings,
    work: impl FnOnce(&Config, &TrainOptions<'_>) -> Result<T>,
) -> Result<T> {
    let config = Config::read(&args.config)?;
    let data = data_folder(args.data.as_deref())?;
    if !data.is_dir() {
        bail!(
            "{}: no such folder; --data names the folder of the data sets",
            data.display()
        );
    }
    let progress = Progress::new("steps", !settings.quiet);
    let result = work(
        &config,
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
enum Form {
    Table,
    Csv,
    Json,
}

impl Form {
    /// Asked for before the work, which takes minutes.
    fn of(settings: &Settings) -> Result<Self> {
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
        match self {
            Self::Table => figures.table(),
            Self::Csv => figures.csv(),
            Self::Json => figures.json() + "\n",
        }
    }
}
