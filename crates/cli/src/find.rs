//! `affetti find`: pictures of an index by what they evoke.

use std::path::Path;

use affetti::{
    emotion::Label,
    feel::index::{Hit, Index, Query},
    hit_json,
    picture::{DecodeOptions, read},
    printable,
};
use anyhow::{Context, Result};

use crate::{
    Exit,
    args::FindArgs,
    device,
    out_file::spare,
    output,
    settings::Settings,
    table::{Side, row, table},
};

pub(crate) fn run(args: &FindArgs, settings: &Settings) -> Result<Exit> {
    let inputs = [
        Some(args.index.as_path()),
        args.picture.as_deref(),
        args.weights.as_deref(),
    ];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().collect();
    spare(settings.out.as_deref(), &inputs)?;
    let index = Index::open(&args.index)?;
    let query = query(args, &index, settings)?;
    let hits = index.find(&query, args.top, settings.threads)?;
    let text = if settings.wants_json() {
        let lines = hits.iter().map(|hit| Ok(hit_json(hit, &query)? + "\n"));
        lines.collect::<Result<String>>()?
    } else {
        text(&hits, &query)
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

fn query(args: &FindArgs, index: &Index, settings: &Settings) -> Result<Query> {
    if let Some(target) = &args.like {
        return Ok(Query::Like(target.parse()?));
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

fn text(hits: &[Hit], query: &Query) -> String {
    let measure = match query {
        Query::Like(_) => "match",
        Query::Affect { .. } | Query::Near(_) => "distance",
    };
    let mut rows = vec![row([measure, "valence", "arousal", "mainly", "path"])];
    rows.extend(hits.iter().map(|hit| {
        let mainly = hit.emotions.dominant();
        let share = hit.emotions.get(mainly) * 100.0;
        row([
            &format!("{:.3}", hit.measure),
            &format!("{:.1}", hit.valence),
            &format!("{:.1}", hit.arousal),
            &format!("{} {share:.0} %", mainly.name()),
            &printable(&hit.path),
        ])
    }));
    use Side::{Left, Right};
    table(&[Right, Right, Right, Left, Left], &rows)
}
