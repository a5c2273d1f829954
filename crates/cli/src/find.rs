//! `affetti find`: pictures of an index by what they evoke.

use std::path::Path;

use affetti::{
    Measured, Models, PictureName, Target, Wishes,
    emotion::{Distribution, Emotion, Label},
    emotion_named,
    feel::index::{Hit, Index},
    find, hit_json,
    picture::{DecodeOptions, read},
    printable, round4,
};
use anyhow::{Context, Result, anyhow};

use crate::{
    Exit,
    args::FindArgs,
    device,
    out_file::spare,
    output::{self, FIGURES, Form},
    settings::Settings,
    table::{Side, csv, row, table},
};

pub(crate) fn run(args: &FindArgs, settings: &Settings) -> Result<Exit> {
    let inputs = [
        Some(args.index.as_path()),
        args.picture.as_deref(),
        args.weights.as_deref(),
    ];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().collect();
    spare(settings.out.as_deref(), &inputs)?;
    let form = Form::of(&FIGURES, settings)?;
    let index = Index::open(&args.index)?;
    let models = device::models(args.weights.as_deref(), settings);
    let wishes = wishes(args, &models, &index, settings)?;
    let (hits, measured) = find(&models, &index, &wishes, args.top)
        .map_err(|fault| anyhow!("{}: {}", args.index.display(), fault.message))?;
    if measured == Measured::Match
        && let Some(told) = wishes
            .like
            .as_ref()
            .and_then(|target| beyond(&hits, target))
    {
        settings.summary(&told);
    }
    let text = match form {
        Form::Json => {
            let lines = hits.iter().map(|hit| Ok(hit_json(hit, measured)? + "\n"));
            lines.collect::<Result<String>>()?
        }
        Form::Csv => csv(&rows(&hits, measured))?,
        Form::Table => text(&hits, measured),
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

/// The target that `text` says, with a line on how it is read where that is not plain.
pub(crate) fn read_target(text: &str, settings: &Settings) -> Result<Target> {
    let target: Target = text.parse()?;
    let notes = target.notes().iter();
    notes.for_each(|note| settings.summary(note));
    Ok(target)
}

fn wishes(args: &FindArgs, models: &Models, index: &Index, settings: &Settings) -> Result<Wishes> {
    let like = args.like.as_deref();
    let like = like.map(|text| read_target(text, settings)).transpose()?;
    let not = args.not.iter().map(|name| emotion_named(name));
    Ok(Wishes {
        text: args.text.clone(),
        like,
        valence: args.valence,
        arousal: args.arousal,
        not: not.collect::<Result<_, _>>()?,
        within: None,
        near: match &args.picture {
            Some(path) => Some(near(path, models, index, settings)?),
            None => None,
        },
    })
}

/// The description of a picture by the model of the index.
fn near(path: &Path, models: &Models, index: &Index, settings: &Settings) -> Result<Vec<f32>> {
    let predictor = models.predictor()?;
    if index.model().sha256 != predictor.model().sha256 {
        return Err(index.of_another_model(predictor.model()).into());
    }
    let picture =
        read(path, &DecodeOptions::default()).with_context(|| path.display().to_string())?;
    let (_, components) =
        predictor.predict_with_description(&picture, &mut Default::default(), settings.threads)?;
    Ok(components)
}

/// What to say where no picture evokes much of what is looked for.
fn beyond(hits: &[Hit], target: &Target) -> Option<String> {
    /// Feelings of less together are none that a picture is about.
    const LITTLE: f64 = 0.15;
    /// Emotions with less of the target are no part of what is meant.
    const MEANT: f64 = 0.2;
    let meant = Emotion::ALL.iter().copied();
    let meant: Vec<Emotion> = meant
        .filter(|emotion| target.shares().get(*emotion) >= MEANT)
        .collect();
    let of = |shares: &Distribution<Emotion>| -> f64 { meant.iter().map(|e| shares.get(*e)).sum() };
    let best = hits.iter().map(|hit| of(&hit.emotions)).fold(0.0, f64::max);
    (of(target.shares()) > 0.5 && best < LITTLE).then(|| {
        let names: Vec<&str> = meant.iter().map(|emotion| emotion.name()).collect();
        format!(
            "no picture here evokes mainly {}: at most {:.0} %; those with most of it come first",
            names.join(" or "),
            best * 100.0
        )
    })
}

/// All that the JSON has.
fn rows(hits: &[Hit], measured: Measured) -> Vec<Vec<String>> {
    let emotions = Emotion::ALL.iter().map(|emotion| emotion.name());
    let header = ["path", measured.name()].into_iter().chain(emotions);
    let header = header.chain(["valence", "arousal", "dominant"]);
    let mut rows = vec![header.map(str::to_owned).collect()];
    rows.extend(hits.iter().map(|hit| {
        let figure = |figure: &f64| round4(*figure).to_string();
        let mut row = vec![PictureName::from(hit.path.as_path()).to_string()];
        row.push(figure(&hit.measure));
        row.extend(hit.emotions.as_slice().iter().map(figure));
        row.extend([&hit.valence, &hit.arousal].map(figure));
        row.push(hit.emotions.dominant().name().to_owned());
        row
    }));
    rows
}

fn text(hits: &[Hit], measured: Measured) -> String {
    let measure = measured.name();
    let mut rows = vec![row([measure, "valence", "arousal", "mainly", "path"])];
    rows.extend(hits.iter().map(|hit| {
        let mainly = hit.emotions.dominant();
        let share = hit.emotions.get(mainly) * 100.0;
        row([
            &format!("{:.3}", hit.measure),
            &format!("{:.1}", hit.valence),
            &format!("{:.1}", hit.arousal),
            &format!("{} {share:.0} %", mainly.name()),
            &printable(&PictureName::from(hit.path.as_path())),
        ])
    }));
    use Side::{Left, Right};
    table(&[Right, Right, Right, Left, Left], &rows)
}
