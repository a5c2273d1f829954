//! `affetti train mask` and `affetti eval mask`.

use std::path::{Path, PathBuf};

use affetti::{
    nets::store,
    sketch::mask::{
        EMBEDDED, MaskNetwork, evaluate,
        examples::{Use, examples},
    },
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
const SEED: u64 = 6;

/// What `affetti eval mask` was asked for.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) maps: PathBuf,
    pub(crate) weights: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
}

pub(crate) fn eval(what: &Measured, settings: &Settings) -> Result<Exit> {
    let form = Form::of(settings)?;
    let data = data_folder(what.data.as_deref())?;
    let weights: Vec<&Path> = what.weights.as_deref().into_iter().collect();
    spare(
        settings.out.as_deref(),
        &[&[data.as_path(), what.maps.as_path()], weights.as_slice()].concat(),
    )?;
    check_maps(&what.maps)?;
    // Pictures go side by side: one thread for each is faster than all for one.
    let (network, name) = match &what.weights {
        None => (MaskNetwork::embedded()?, EMBEDDED.to_owned()),
        Some(path) => {
            let file = path.display().to_string();
            let network = MaskNetwork::from_bytes(&store::read_file(path)?, &file)?;
            (network, file)
        }
    };
    let held = examples(&data, &what.maps, Use::Held)?;
    let progress = Progress::new("pictures", !settings.quiet);
    let figures = evaluate(&network, &name, &held, SEED, &|done, all| {
        progress.at(done, Some(all));
    });
    progress.finish();
    let figures = figures?;
    let text = form.pick(figures.table(), figures.csv(), figures.json());
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

fn check_maps(maps: &Path) -> Result<()> {
    if !maps.is_dir() {
        bail!(
            "{}: no such folder; --maps names what peers/u2netp_maps.py wrote",
            maps.display()
        );
    }
    Ok(())
}

#[cfg(not(feature = "train"))]
pub(crate) fn train(
    _: &args::TrainingArgs,
    _: &args::RunArgs,
    _: &Path,
    _: &Settings,
) -> Result<Exit> {
    bail!(crate::training::NEEDS_FEATURE)
}

#[cfg(feature = "train")]
pub(crate) fn train(
    args: &args::TrainingArgs,
    run: &args::RunArgs,
    maps: &Path,
    settings: &Settings,
) -> Result<Exit> {
    use crate::{training::without_excerpt, watch::Shown};
    use affetti::sketch::{
        SketchError,
        mask::training::{Config, TrainOptions, train as train_mask},
    };
    use anyhow::anyhow;

    let form = Form::of(settings)?;
    let mut config = Config::read(&args.config).map_err(|error| match error {
        SketchError::Config { file, what } => {
            anyhow!("{}: {}", file.display(), without_excerpt(&what))
        }
        other => other.into(),
    })?;
    config.seed = settings.seed.unwrap_or(config.seed);
    let data = data_folder(args.data.as_deref())?;
    check_maps(maps)?;
    spare(settings.out.as_deref(), &[&args.config, &data, maps])?;
    let folder_of_run = run.folder(&config.name);
    let bar = Progress::new("steps", !settings.quiet);
    let options = TrainOptions {
        data: &data,
        maps,
        models: &args.models,
        run: &folder_of_run,
        resume: run.resume,
        measuring: &|done, all| bar.stage("pictures measured", done, all),
    };
    let mut shown = Shown {
        bar: &bar,
        settings,
    };
    let trained = train_mask(&config, &options, &mut shown);
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
