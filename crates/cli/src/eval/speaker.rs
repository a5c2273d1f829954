//! `affetti eval speaker`.

use std::path::{Path, PathBuf};

use affetti::{
    data::Split,
    emotion::{Emotion, Label},
    train::{Figures, Places},
    weights::store::read_file,
    words::{
        read::Reader,
        say::{
            speaker::{SayOptions, Speaker},
            training::evaluate::{Parties, evaluate},
        },
        space::Space,
    },
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::EvalVerb,
    out_file::{put, spare},
    output::{self, FIGURES, Form},
    progress::Progress,
    settings::{Settings, data_folder},
};

pub(super) fn eval(verb: EvalVerb, settings: &Settings) -> Result<Exit> {
    let EvalVerb::Speaker {
        weights,
        ranks,
        judges,
        candidates,
        manner,
        weigh,
        choose,
        beams,
        sentences,
        data,
    } = verb
    else {
        bail!("not this verb");
    };
    let form = Form::of(&FIGURES, settings)?;
    let inputs: Vec<&Path> = weights
        .iter()
        .chain(&ranks)
        .chain(&judges)
        .map(PathBuf::as_path)
        .collect();
    spare(settings.out.as_deref(), &inputs)?;
    spare(sentences.as_deref(), &inputs)?;
    let data = data_folder(data.as_deref())?;
    let speaker = match &weights {
        Some(path) => Speaker::from_bytes(&read_file(path)?, &path.display().to_string())?,
        None => Speaker::embedded()?,
    };
    let rank = pair(&ranks)?;
    let judge = pair(&judges)?;
    if rank.0.sha256() == judge.0.sha256() || rank.1.sha256() == judge.1.sha256() {
        bail!(
            "who ranks candidates cannot judge them: --judges has to name another space and another reader"
        );
    }
    let usual = SayOptions::default();
    let options = SayOptions {
        candidates,
        temperature: manner.first().copied().unwrap_or(usual.temperature),
        picture: manner.get(1).copied().unwrap_or(usual.picture),
        emotion: manner.get(2).copied().unwrap_or(usual.emotion),
        seed: settings.seed.unwrap_or(0),
        beams,
        weights: <[f64; 3]>::try_from(weigh).unwrap_or(usual.weights),
        ..usual
    };
    let bar = Progress::new("steps", !settings.quiet);
    let folder = Path::new("models");
    let places = Places {
        data: &data,
        models: folder,
        run: folder,
        resume: false,
        stage: &|stage, done, all| bar.stage(stage, done, all),
    };
    let mut lines = String::new();
    let mut tell = |path: &str, emotion: Emotion, utterance: &str| {
        let line =
            serde_json::json!({"path": path, "emotion": emotion.name(), "utterance": utterance});
        lines += &format!("{line}\n");
    };
    let parties = Parties {
        speaker: &speaker,
        ranks: (&rank.0, &rank.1),
        judges: (&judge.0, &judge.1),
    };
    let split = if choose { Split::Val } else { Split::Test };
    let figures = evaluate(parties, &options, split, &places, &mut tell);
    bar.finish();
    let figures = figures?;
    if let Some(path) = &sentences {
        put(path, lines.as_bytes())?;
    }
    output::emit(
        settings,
        &form.pick(figures.table(), figures.csv(), figures.json()),
    )?;
    Ok(Exit::Done)
}

/// A space and a reader; those of the program where none are named.
fn pair(files: &[PathBuf]) -> Result<(Space, Reader)> {
    let [space, reader] = files else {
        return Ok((Space::embedded()?, Reader::embedded()?));
    };
    let name = |path: &PathBuf| path.display().to_string();
    Ok((
        Space::from_bytes(&read_file(space)?, &name(space))?,
        Reader::from_bytes(&read_file(reader)?, &name(reader))?,
    ))
}
