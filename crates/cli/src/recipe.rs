//! `affetti train recipe`.

use std::path::Path;

use crate::{Exit, args::RunArgs, settings::Settings};
use anyhow::Result;

#[cfg(not(feature = "train"))]
pub(crate) fn train(_: &Path, _: Option<&Path>, _: &RunArgs, _: &Settings) -> Result<Exit> {
    anyhow::bail!(crate::training::NEEDS_FEATURE)
}

#[cfg(feature = "train")]
pub(crate) fn train(
    config: &Path,
    data: Option<&Path>,
    run: &RunArgs,
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
        recipes::{RecipeConfig, RecipeOptions, train_recipe},
        scores::{csv, table},
    };

    let form = Form::of(settings)?;
    let file = config;
    let mut config = RecipeConfig::read(file).map_err(config_fault)?;
    config.seed = settings.seed.unwrap_or(config.seed);
    let data = data_folder(data)?;
    spare(settings.out.as_deref(), &[file, &data])?;
    let bar = Progress::new("steps", !settings.quiet);
    let run_folder = run.folder(&config.name);
    let options = RecipeOptions {
        data: &data,
        run: &run_folder,
        resume: run.resume,
        preparing: &|done, total| bar.stage("pictures prepared", done, total),
    };
    let trained = train_recipe(
        &config,
        &options,
        &mut Shown {
            bar: &bar,
            settings,
        },
    );
    bar.finish();
    let trained = trained?;
    let scores = &trained.scores;
    let json = serde_json::to_string(scores)?;
    output::emit(settings, &form.pick(table(scores), csv(scores), json))?;
    let [learned, val, test] = trained.pictures;
    settings.summary(&format!(
        "trained on {learned} pictures, measured on {val} of val and {test} of test, {} \
         unreadable; epoch {} of {}; the run is in {}",
        trained.unreadable,
        trained.history.best_epoch,
        trained.history.epochs,
        run_folder.display()
    ));
    Ok(Exit::Done)
}
