//! `affetti train edges` and `affetti eval edges`.

use std::path::{Path, PathBuf};

use affetti::{
    data::bsds::{self, Part},
    nets::store,
    regions::edges::{Detector, EdgeNetwork, EvaluateOptions, Kind, evaluate},
};
use anyhow::{Result, bail};

use crate::{
    Exit, args,
    out_file::spare,
    output,
    progress::Progress,
    settings::{Settings, data_folder},
    training::Form,
};

/// Of the bootstrap.
const SEED: u64 = 5;

/// What `affetti eval edges` was asked for.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) detector: args::Detector,
    pub(crate) weights: Option<PathBuf>,
    pub(crate) thresholds: usize,
    pub(crate) data: Option<PathBuf>,
}

pub(crate) fn eval(what: &Measured, settings: &Settings) -> Result<Exit> {
    let form = Form::of(settings)?;
    let folder = bsds500(what.data.as_deref())?;
    let inputs: Vec<&Path> = what.weights.as_deref().into_iter().collect();
    spare(
        settings.out.as_deref(),
        &[&[folder.as_path()], inputs.as_slice()].concat(),
    )?;
    let kind = match what.detector {
        args::Detector::Gradient => Kind::Gradient,
        args::Detector::Net => Kind::Net,
        args::Detector::Hed => Kind::Hed,
    };
    // Pictures go side by side: one thread for each is faster than all for one.
    let detector = match &what.weights {
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
    let options = EvaluateOptions {
        thresholds: what.thresholds,
        seed: SEED,
        progress: &|done, all| progress.at(done, Some(all)),
    };
    let figures = evaluate(&detector, &examples, "BSDS500 val", &options);
    progress.finish();
    let figures = figures?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// The folder of the set.
fn bsds500(given: Option<&Path>) -> Result<PathBuf> {
    let folder = data_folder(given)?.join("bsds500");
    if !folder.is_dir() {
        bail!(
            "{}: no such folder; --data names the folder that holds bsds500/",
            folder.display()
        );
    }
    Ok(folder)
}

#[cfg(not(feature = "train"))]
pub(crate) fn train(_: &args::TrainingArgs, _: &args::RunArgs, _: &Settings) -> Result<Exit> {
    bail!(crate::training::NEEDS_FEATURE)
}

#[cfg(feature = "train")]
pub(crate) use training::train;

#[cfg(feature = "train")]
mod training {
    use super::{Exit, Form, Result, Settings, bsds500, output, spare};
    use crate::{
        args::{RunArgs, TrainingArgs},
        progress::Progress as Bar,
        training::without_excerpt,
        watch::Shown,
    };
    use affetti::regions::{
        RegionsError,
        edges::training::{Config, TrainOptions, train as train_edges},
    };
    use anyhow::anyhow;

    pub(crate) fn train(args: &TrainingArgs, run: &RunArgs, settings: &Settings) -> Result<Exit> {
        let form = Form::of(settings)?;
        let mut config = Config::read(&args.config).map_err(|error| match error {
            RegionsError::Config { file, what } => {
                anyhow!("{}: {}", file.display(), without_excerpt(&what))
            }
            other => other.into(),
        })?;
        config.seed = settings.seed.unwrap_or(config.seed);
        let folder = bsds500(args.data.as_deref())?;
        spare(settings.out.as_deref(), &[&args.config, &folder])?;
        let folder_of_run = run.folder(&config.name);
        let bar = Bar::new("steps", !settings.quiet);
        let options = TrainOptions {
            data: folder.parent().unwrap_or(&folder),
            models: &args.models,
            run: &folder_of_run,
            resume: run.resume,
            measuring: &|done, all| bar.stage("pictures measured", done, all),
        };
        let mut shown = Shown {
            bar: &bar,
            settings,
        };
        let trained = train_edges(&config, &options, &mut shown);
        bar.finish();
        let Some(trained) = trained? else {
            return Ok(Exit::Done);
        };
        let figures = &trained.figures;
        let text = form.pick(figures.table(), figures.csv(), figures.json());
        output::emit(settings, &text)?;
        settings.summary(&format!(
            "trained → {} and {}; the run is in {}",
            trained.weights.display(),
            trained.card.display(),
            folder_of_run.display()
        ));
        Ok(Exit::Done)
    }
}
