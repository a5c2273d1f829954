//! `affetti train art`.

use crate::{
    Exit,
    args::{RunArgs, TrainingArgs},
    settings::Settings,
};
use anyhow::Result;

#[cfg(not(feature = "train"))]
pub(crate) fn train(_: &TrainingArgs, _: &RunArgs, _: &Settings) -> Result<Exit> {
    anyhow::bail!(crate::training::NEEDS_FEATURE)
}

#[cfg(feature = "train")]
pub(crate) fn train(args: &TrainingArgs, run: &RunArgs, settings: &Settings) -> Result<Exit> {
    use crate::{
        out_file::spare,
        output,
        progress::Progress,
        settings::data_folder,
        training::{Form, config_fault},
        watch::Shown,
    };
    use affetti::feel::art::{ArtConfig, ArtOptions, train_art};

    let form = Form::of(settings)?;
    let mut config = ArtConfig::read(&args.config).map_err(config_fault)?;
    config.seed = settings.seed.unwrap_or(config.seed);
    let data = data_folder(args.data.as_deref())?;
    spare(settings.out.as_deref(), &[&args.config, &data])?;
    let bar = Progress::new("steps", !settings.quiet);
    let options = ArtOptions {
        data: &data,
        models: &args.models,
        run: &run.folder(&config.name),
        resume: run.resume,
    };
    let trained = train_art(
        &config,
        &options,
        &mut Shown {
            bar: &bar,
            settings,
        },
    );
    bar.finish();
    let trained = trained?;
    let history = &trained.history;
    let best = history.best_epoch.checked_sub(1);
    let row = best.and_then(|best| history.rows.get(best));
    let named: Vec<(&String, f64)> = history
        .columns
        .iter()
        .zip(row.into_iter().flatten().copied())
        .collect();
    let lines = |between: &str| {
        let line = |(name, value): &(&String, f64)| format!("{name}{between}{value:.4}\n");
        named.iter().map(line).collect::<String>()
    };
    let json: serde_json::Map<_, _> = named
        .iter()
        .map(|(name, value)| ((*name).clone(), (*value).into()))
        .collect();
    let json = serde_json::Value::Object(json).to_string();
    let csv = format!("name,value\n{}", lines(","));
    output::emit(settings, &form.pick(lines(" "), csv, json))?;
    settings.summary(&format!(
        "trained on {} paintings, measured on {}, {} unreadable → {} (sha256 {})",
        trained.pictures[0],
        trained.pictures[1],
        trained.unreadable,
        trained.weights.display(),
        trained.sha256
    ));
    Ok(Exit::Done)
}
