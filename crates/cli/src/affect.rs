//! `affetti train affect`.

use crate::{
    Exit,
    args::{RunArgs, TrainingArgs},
    settings::Settings,
};
use anyhow::Result;

#[cfg(not(feature = "train"))]
pub(crate) fn train(_: &TrainingArgs, _: &RunArgs, _: Option<usize>, _: &Settings) -> Result<Exit> {
    anyhow::bail!(crate::training::NEEDS_FEATURE)
}

#[cfg(feature = "train")]
pub(crate) fn train(
    args: &TrainingArgs,
    run: &RunArgs,
    fold: Option<usize>,
    settings: &Settings,
) -> Result<Exit> {
    use crate::{
        out_file::spare,
        output,
        progress::Progress,
        settings::data_folder,
        training::{Form, config_fault},
        watch::Shown,
    };
    use affetti::feel::{
        affect::{AffectConfig, AffectOptions, train_affect},
        scores::{csv, table},
    };

    let form = Form::of(settings)?;
    let mut config = AffectConfig::read(&args.config).map_err(config_fault)?;
    config.seed = settings.seed.unwrap_or(config.seed);
    config.fold = fold.or(config.fold);
    let data = data_folder(args.data.as_deref())?;
    spare(settings.out.as_deref(), &[&args.config, &data])?;
    let bar = Progress::new("steps", !settings.quiet);
    let options = AffectOptions {
        data: &data,
        models: &args.models,
        run: &run.folder(&config.weights_name()),
        resume: run.resume,
        preparing: &|done, total| bar.stage("pictures prepared", done, total),
    };
    let trained = train_affect(
        &config,
        &options,
        &mut Shown {
            bar: &bar,
            settings,
        },
    );
    bar.finish();
    let trained = trained?;
    let json = serde_json::to_string(&trained.scores)?;
    let scores = &trained.scores;
    output::emit(settings, &form.pick(table(scores), csv(scores), json))?;
    settings.summary(&format!(
        "trained on {} pictures, measured on {}, {} unreadable; epoch {} of {} → {} (sha256 {})",
        trained.pictures[0],
        trained.pictures[1],
        trained.unreadable,
        trained.history.best_epoch,
        trained.history.epochs,
        trained.weights.display(),
        trained.sha256
    ));
    Ok(Exit::Done)
}
