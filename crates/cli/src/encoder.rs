//! `affetti train encoder`.

use anyhow::Result;

use crate::{
    Exit,
    args::{RunArgs, TrainingArgs},
    settings::Settings,
};

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
        training::{Form, without_excerpt},
        watch::Shown,
    };
    use affetti::sketch::{
        SketchError,
        encoder::training::{Config, TrainOptions, train as train_encoder},
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
    spare(settings.out.as_deref(), &[&args.config, &data])?;
    let folder_of_run = run.folder(&config.name);
    let bar = Progress::new("steps", !settings.quiet);
    let options = TrainOptions {
        data: &data,
        models: &args.models,
        run: &folder_of_run,
        resume: run.resume,
        preparing: &|done, all| bar.stage("pictures drawn", done, all),
    };
    let mut shown = Shown {
        bar: &bar,
        settings,
    };
    let trained = train_encoder(&config, &options, &mut shown);
    bar.finish();
    let Some(trained) = trained? else {
        return Ok(Exit::Done);
    };
    let mut table = String::new();
    let mut csv = String::from("metric,value,interval_low,interval_high,chance,n\n");
    for m in &trained.metrics {
        let [low, high] = m.interval;
        table += &format!(
            "{:<34} {:.3}  {low:.3}..{high:.3}  chance {:.3}  n {}\n",
            m.name, m.value, m.baseline, m.n
        );
        csv += &format!(
            "\"{}\",{},{low},{high},{},{}\n",
            m.name, m.value, m.baseline, m.n
        );
    }
    let json = serde_json::to_string(&trained.metrics)?;
    output::emit(settings, &form.pick(table, csv, json))?;
    settings.summary(&format!(
        "trained → {} and {}; the run is in {}",
        trained.weights.display(),
        trained.card.display(),
        folder_of_run.display()
    ));
    Ok(Exit::Done)
}
