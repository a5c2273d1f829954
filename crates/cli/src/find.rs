//! `affetti find`: pictures of an index by what they evoke.

use std::path::Path;

use affetti::{
    PictureName, Target,
    emotion::{Distribution, Emotion, Label},
    feel::index::{Hit, Index, Query},
    hit_json,
    picture::{DecodeOptions, read},
    printable, round4,
};
use anyhow::{Context, Result};

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
    let query = query(args, &index, settings)?;
    let hits = index.find(&query, args.top, settings.threads)?;
    if let Some(told) = beyond(&hits, &query) {
        settings.summary(&told);
    }
    let text = match form {
        Form::Json => {
            let lines = hits.iter().map(|hit| Ok(hit_json(hit, &query)? + "\n"));
            lines.collect::<Result<String>>()?
        }
        Form::Csv => csv(&rows(&hits, &query))?,
        Form::Table => text(&hits, &query),
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

fn query(args: &FindArgs, index: &Index, settings: &Settings) -> Result<Query> {
    if let Some(target) = &args.like {
        return Ok(Query::Like(read_target(target, settings)?));
    }
    let Some(path) = &args.picture else {
        return Ok(Query::Affect {
            valence: args.valence,
            arousal: args.arousal,
        });
    };
    let models = device::models(args.weights.as_deref(), settings);
    let predictor = models.predictor()?;
    if index.model().sha256 != predictor.model().sha256 {
        return Err(index.of_another_model(predictor.model()).into());
    }
    let picture =
        read(path, &DecodeOptions::default()).with_context(|| path.display().to_string())?;
    let (_, components) =
        predictor.predict_with_description(&picture, &mut Default::default(), settings.threads)?;
    Ok(Query::Near(components))
}

/// What to say where no picture evokes much of what is looked for.
fn beyond(hits: &[Hit], query: &Query) -> Option<String> {
    /// Feelings of less together are none that a picture is about.
    const LITTLE: f64 = 0.15;
    /// Emotions with less of the target are no part of what is meant.
    const MEANT: f64 = 0.2;
    let Query::Like(target) = query else {
        return None;
    };
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

/// What nearness is called.
fn measure(query: &Query) -> &'static str {
    match query {
        Query::Like(_) => "match",
        Query::Affect { .. } | Query::Near(_) => "distance",
    }
}

/// All that the JSON has.
fn rows(hits: &[Hit], query: &Query) -> Vec<Vec<String>> {
    let emotions = Emotion::ALL.iter().map(|emotion| emotion.name());
    let header = ["path", measure(query)].into_iter().chain(emotions);
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

fn text(hits: &[Hit], query: &Query) -> String {
    let measure = measure(query);
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
