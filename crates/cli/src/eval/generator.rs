//! `affetti eval generator`.

use std::{fs, path::Path};

use affetti::{
    paint::measures::evaluation::{Extent, evaluate},
    train::{Figures, Places},
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::EvalVerb,
    destination::{Destination, Writes},
    device,
    out_file::{OutFile, cannot_write, put},
    output::{self, FIGURES, Form},
    paint::source,
    progress::Progress,
    settings::{Settings, data_folder},
};

/// A folder takes the tables and the sheets.
const FOLDER: Writes<()> = Writes {
    files: &[],
    plain: (),
    folder: true,
};

pub(super) fn eval(verb: EvalVerb, settings: &Settings) -> Result<Exit> {
    let EvalVerb::Generator {
        model,
        weights,
        judge,
        like,
        pictures,
        noises,
        data,
    } = verb
    else {
        bail!("not this verb");
    };
    let data = data_folder(data.as_deref())?;
    let folder = match FOLDER.destination(settings.out.as_deref()) {
        Ok(Destination::Folder(folder)) => Some(folder),
        _ => None,
    };
    // What cannot be written is told before the work.
    let form = match &folder {
        Some(folder) => {
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
            drop(OutFile::create(&folder.join(".affetti-probe"))?);
            Form::Table
        }
        None => Form::of(&FIGURES, settings)?,
    };
    let (generator, model) = source::generator(model.as_deref(), weights.as_deref())?;
    let other = like
        .as_deref()
        .map(|name| source::generator(None, Some(name)));
    let scope = other.transpose()?.map(|(other, _)| other);
    let judge = device::predictor(judge.as_deref(), settings)?.with_views(1);
    settings.summary(&format!(
        "{} ({}\u{2026}), judged by {} ({}\u{2026})",
        model.name,
        &model.sha256[..12],
        judge.model().name,
        &judge.model().sha256[..12]
    ));
    let bar = Progress::new("steps", !settings.quiet);
    let here = Path::new("models");
    let places = Places {
        data: &data,
        models: here,
        run: here,
        resume: false,
        stage: &|stage, done, all| bar.stage(stage, done, all),
    };
    let extent = Extent {
        pictures,
        noises,
        scope: scope.as_ref(),
    };
    let figures = evaluate(&generator, &judge, &places, extent);
    bar.finish();
    let figures = figures?;
    let Some(folder) = folder else {
        output::emit(
            settings,
            &form.pick(figures.table(), figures.csv(), figures.json()),
        )?;
        return Ok(Exit::Done);
    };
    put(&folder.join("figures.csv"), figures.csv().as_bytes())?;
    put(&folder.join("figures.txt"), figures.table().as_bytes())?;
    let sheets = [
        ("nearest.png", &figures.nearest),
        ("control.png", &figures.control),
        ("subjects.png", &figures.subjects),
    ];
    for (name, sheet) in sheets {
        if let Some(sheet) = sheet {
            put(&folder.join(name), &sheet.encode_png())?;
        }
    }
    output::print(&figures.table())?;
    settings.summary(&format!("\u{2192} {}", folder.display()));
    Ok(Exit::Done)
}
