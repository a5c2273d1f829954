//! `affetti find`: pictures of an index by what they evoke.

use std::path::Path;

use affetti::{
    Measured, PictureName, Target,
    emotion::{Distribution, Emotion, Label},
    feel::{
        index::{Described, Hit, Index, Query},
        matching,
    },
    hit_json,
    picture::{DecodeOptions, read},
    printable, round4,
    words::space::dot,
};
use anyhow::{Context, Result, bail};

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
    let (hits, measured) = if args.text.is_some() || !args.not.is_empty() || is_mixed(args) {
        (together(args, &index, settings)?, Measured::Fit)
    } else {
        let query = query(args, &index, settings)?;
        let hits = index.find(&query, args.top, settings.threads)?;
        if let Some(told) = beyond(&hits, &query) {
            settings.summary(&told);
        }
        (hits, Measured::of(&query))
    };
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

/// Whether shares and valence or arousal are wished for at once.
fn is_mixed(args: &FindArgs) -> bool {
    args.like.is_some() && (args.valence.is_some() || args.arousal.is_some())
}

/// Pictures by several wishes at once, or by what is to be seen in them.
fn together(args: &FindArgs, index: &Index, settings: &Settings) -> Result<Vec<Hit>> {
    let target = args
        .like
        .as_deref()
        .map(|text| read_target(text, settings))
        .transpose()?;
    let unwanted: Vec<Emotion> = args
        .not
        .iter()
        .map(|name| emotion(name))
        .collect::<Result<_>>()?;
    for wished in [args.valence, args.arousal].into_iter().flatten() {
        if !(1.0..=7.0).contains(&wished) {
            bail!("valence and arousal go from 1 to 7, not {wished}");
        }
    }
    let models = device::models(args.weights.as_deref(), settings);
    let text = match &args.text {
        Some(text) => {
            let space = models.space()?;
            if space.predictor() != index.model().sha256 {
                bail!(
                    "{}: made with the weights {}, which know no words; --text needs an index that the program's own \
                     predictor made: make one without --weights",
                    args.index.display(),
                    index.model().name
                );
            }
            Some((space, space.text(text)?))
        }
        None => None,
    };
    let judge = |picture: &Described| {
        let mut parts = Vec::new();
        if let Some((space, text)) = &text {
            let vector = space.picture(&picture.components);
            parts.push(vector.map_or(-1.0, |vector| f64::from(dot(&vector, text))));
        }
        if let Some(target) = &target {
            parts.push(matching(&picture.emotions, target.shares()));
        }
        parts.extend(args.valence.map(|wish| -(picture.valence - wish).abs()));
        parts.extend(args.arousal.map(|wish| -(picture.arousal - wish).abs()));
        parts.extend(
            unwanted
                .iter()
                .map(|emotion| -picture.emotions.get(*emotion)),
        );
        parts
    };
    let wishes = [
        args.text.is_some(),
        target.is_some(),
        args.valence.is_some(),
        args.arousal.is_some(),
    ];
    let parts = wishes.into_iter().filter(|wished| *wished).count() + unwanted.len();
    Ok(index.rank(parts, &judge, args.top)?)
}

/// An emotion by its name, or by an everyday word for it.
pub(crate) fn emotion(name: &str) -> Result<Emotion> {
    let target: Target = name.parse()?;
    let dominant = target.shares().dominant();
    if target.shares().get(dominant) < 0.99 {
        bail!("{name:?} is more than one emotion; name one of the nine");
    }
    Ok(dominant)
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
