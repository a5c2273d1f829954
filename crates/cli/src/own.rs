//! `affetti train feel --table` and `affetti eval feel --table`: a user's own pictures.

use std::path::Path;

use affetti::{
    feel::{OwnFigures, OwnOptions, Predictor, TrainOptions, evaluate_own, train_own},
    ground::config::Name,
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{OwnEvalArgs, OwnTrainArgs},
    destination::Writes,
    device,
    out_file::spare,
    output,
    settings::Settings,
    train::with_progress,
};

/// Ways to look at a picture, where heads are fitted and none is asked for: half the time of all, and
/// hardly worse.
const VIEWS: usize = 2;
/// Of the bootstrap.
const SEED: u64 = 7;

/// What figures are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Csv,
    Json,
    Markdown,
    Latex,
}

const WRITES: Writes<Form> = Writes {
    files: &[
        ("csv", Form::Csv),
        ("json", Form::Json),
        ("jsonl", Form::Json),
        ("txt", Form::Text),
        ("md", Form::Markdown),
        ("tex", Form::Latex),
    ],
    plain: Form::Text,
    folder: false,
};

impl Form {
    fn of(settings: &Settings) -> Result<Self> {
        WRITES.form(settings, Self::Json)
    }

    fn write(self, figures: &OwnFigures) -> String {
        match self {
            Self::Text => figures.table(),
            Self::Csv => figures.csv(),
            Self::Json => figures.json() + "\n",
            Self::Markdown => figures.markdown(),
            Self::Latex => figures.latex(),
        }
    }
}

/// `affetti train feel --table`.
pub(crate) fn train(
    table: &Path,
    models: &Path,
    own: &OwnTrainArgs,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(settings)?;
    let name = match &own.name {
        Some(name) => name.clone(),
        None => name_of(table),
    };
    if !Name::is_good(&name) {
        bail!("--name: {}, not {name:?}", Name::ALLOWED);
    }
    let base = base(own.weights.as_deref(), own.views.unwrap_or(VIEWS), settings)?;
    if base.model().name == name {
        bail!("--name: {name} is the model that this one begins with; give it another name");
    }
    let options = OwnOptions {
        table,
        name: &name,
        alone: own.alone,
        seed: settings.seed.unwrap_or(SEED),
    };
    let inputs = [Some(table), own.weights.as_deref()];
    let trained = with(models, &inputs, settings, |places| {
        Ok(train_own(&base, &options, places)?)
    })?;
    output::emit(settings, &form.write(&trained.figures))?;
    let weights = trained.weights.display();
    settings.summary(&format!(
        "trained → {weights} and {}; use it by `affetti feel --weights {weights} PICTURES`",
        trained.card.display()
    ));
    Ok(Exit::Done)
}

/// `affetti eval feel --table`.
pub(crate) fn eval(
    table: &Path,
    models: &Path,
    own: &OwnEvalArgs,
    settings: &Settings,
) -> Result<Exit> {
    let form = Form::of(settings)?;
    let (weights, views) = (own.weights.as_deref(), own.views.unwrap_or(usize::MAX));
    let predictor = base(weights, views, settings)?;
    let options = OwnOptions {
        table,
        name: "",
        alone: false,
        seed: settings.seed.unwrap_or(SEED),
    };
    let figures = with(models, &[Some(table), weights], settings, |places| {
        Ok(evaluate_own(&predictor, &options, places)?)
    })?;
    output::emit(settings, &form.write(&figures))?;
    Ok(Exit::Done)
}

fn base(weights: Option<&Path>, views: usize, settings: &Settings) -> Result<Predictor> {
    Ok(device::predictor(weights, settings)?.with_views(views))
}

/// The table's name, with `_` for what no name may hold.
fn name_of(table: &Path) -> String {
    let stem = table.file_stem().unwrap_or_default().to_string_lossy();
    let good = |c: char| Name::is_good(c.encode_utf8(&mut [0; 4]));
    stem.chars()
        .map(|c| if good(c) { c } else { '_' })
        .collect()
}

fn with<T>(
    models: &Path,
    inputs: &[Option<&Path>],
    settings: &Settings,
    work: impl FnOnce(&TrainOptions<'_>) -> Result<T>,
) -> Result<T> {
    let inputs: Vec<&Path> = inputs.iter().copied().flatten().collect();
    spare(settings.out.as_deref(), &inputs)?;
    // The table says where its pictures are.
    let places = [Path::new("."), models];
    with_progress("pictures", places, settings, work)
}
