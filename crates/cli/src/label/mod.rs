//! `affetti label`: a collection in, its sentiments and emotions out.

mod known;
mod write;

use std::{collections::BTreeMap, ops::ControlFlow, path::Path};

use affetti::{
    Cancel, Control, FeelOptions, Inputs, Outcome, Reading,
    emotion::{Distribution, Emotion, Label as _, Sentiment},
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::LabelArgs,
    destination::{Destination, Writes},
    device,
    inputs::{inputs, paths},
    interrupt,
    out_file::{put, spare},
    output,
    progress::Progress,
    settings::Settings,
    table::{as_text, counted},
};
use known::{Known, What};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Parquet,
    Lines,
}

const WRITES: Writes<Form> = Writes {
    files: &[
        ("csv", Form::Csv),
        ("parquet", Form::Parquet),
        ("jsonl", Form::Lines),
    ],
    plain: Form::Csv,
    folder: false,
};

/// The labels of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub(super) file: String,
    pub(super) sentiment: Sentiment,
    /// Whether viewers said so.
    pub(super) voted: bool,
    pub(super) emotions: Distribution<Emotion>,
    /// Value, low, high.
    pub(super) valence: [f64; 3],
    pub(super) arousal: [f64; 3],
    pub(super) novelty: Option<f64>,
    what: What,
}

pub(crate) fn run(args: &LabelArgs, settings: &Settings) -> Result<Exit> {
    let inputs = inputs(&args.inputs)?;
    let others = [args.table.as_deref(), args.weights.as_deref()];
    let read: Vec<&Path> = paths(&inputs).chain(others.into_iter().flatten()).collect();
    spare(settings.out.as_deref(), &read)?;
    let form = match WRITES.destination(settings.out.as_deref())? {
        Destination::File(_, form) => form,
        _ if settings.json => Form::Lines,
        _ => Form::Csv,
    };
    let [low, high] = args.thresholds[..] else {
        bail!("--thresholds: two numbers, such as -0.1 0.1");
    };
    if !(-1.0 <= low && low <= high && high <= 1.0) {
        bail!("--thresholds {low} {high}: the first at most the second, both from -1 to 1");
    }
    let known = args.table.as_deref().map(Known::read).transpose()?;
    let known = known.unwrap_or_default();
    let views = args.views;
    let models = device::models(args.weights.as_deref(), settings).with_views(views);
    models.predictor()?;
    let bar = Progress::new("pictures", !settings.quiet);
    let cancel = Cancel::default();
    interrupt::gently(&cancel, "stopping; what is done is kept");
    let control = Control {
        cancel: cancel.clone(),
        progress: &bar,
        ..Control::default()
    };
    let (mut labels, mut bad) = (Vec::new(), 0);
    let mut agreement = Agreement::default();
    affetti::feel(
        &models,
        Inputs::new(inputs),
        &FeelOptions::default(),
        &control,
        |outcome| {
            match outcome {
                Outcome::Note(note) => settings.note(&note),
                Outcome::Failed(failure) => {
                    bad += 1;
                    bar.complain(&failure.to_string());
                }
                Outcome::Done(reading) => {
                    let what = known.of(&reading.path.to_path());
                    let own = sentiment(&reading.prediction.emotions, [low, high]);
                    if let Some(votes) = &what.votes {
                        agreement.add(sentiment(votes, [low, high]), own);
                    }
                    labels.push(label(&reading, what, [low, high]));
                }
            }
            ControlFlow::Continue(())
        },
    )?;
    bar.finish();
    let exit = match cancel.is_cancelled() {
        true => Exit::Stopped,
        false => Exit::of(labels.len(), bad),
    };
    if labels.is_empty() {
        return Ok(exit);
    }
    let bytes = write::bytes(&labels, form)?;
    match &settings.out {
        Some(out) => put(out, &bytes)?,
        None => output::print(&String::from_utf8_lossy(&bytes))?,
    }
    settings.summary(&summary(&labels, &agreement));
    Ok(exit)
}

/// Which sentiment leads: by how much the pleasant shares exceed the unpleasant ones.
fn sentiment(emotions: &Distribution<Emotion>, [low, high]: [f64; 2]) -> Sentiment {
    let balance = emotions.balance();
    if balance > high {
        Sentiment::Positive
    } else if balance < low {
        Sentiment::Negative
    } else {
        Sentiment::Other
    }
}

/// The word for it, as labels have it.
pub(super) fn word(sentiment: Sentiment) -> &'static str {
    match sentiment {
        Sentiment::Other => "neutral",
        other => other.name(),
    }
}

fn label(reading: &Reading, what: What, thresholds: [f64; 2]) -> Label {
    let prediction = &reading.prediction;
    let around = |value: f64, [low, high]: [f64; 2]| [value, low, high];
    // What viewers said wins.
    let emotions = what.votes.as_ref().unwrap_or(&prediction.emotions).clone();
    Label {
        file: as_text(&reading.path),
        sentiment: sentiment(&emotions, thresholds),
        voted: what.votes.is_some(),
        emotions,
        valence: around(prediction.valence, prediction.interval.valence),
        arousal: around(prediction.arousal, prediction.interval.arousal),
        novelty: prediction.novelty,
        what,
    }
}

/// How often the model says what viewers said.
#[derive(Debug, Default)]
struct Agreement {
    agreed: usize,
    of: usize,
    /// Of each sentiment by viewers, how often it is.
    votes: BTreeMap<&'static str, usize>,
}

impl Agreement {
    fn add(&mut self, viewers: Sentiment, model: Sentiment) {
        self.of += 1;
        self.agreed += usize::from(viewers == model);
        *self.votes.entry(word(viewers)).or_default() += 1;
    }
}

/// Counts, in lines.
fn summary(labels: &[Label], agreement: &Agreement) -> String {
    let mut lines = vec![format!(
        "{}: {}",
        counted(labels.len(), "picture"),
        counts(labels.iter())
    )];
    for (kind, of) in [
        (
            "genre",
            (|label: &Label| &label.what.genre) as fn(&Label) -> &Option<String>,
        ),
        ("style", |label: &Label| &label.what.style),
    ] {
        let mut groups: BTreeMap<&str, Vec<&Label>> = BTreeMap::new();
        for label in labels {
            if let Some(name) = of(label) {
                groups.entry(name).or_default().push(label);
            }
        }
        for (name, group) in groups {
            lines.push(format!(
                "  {kind} {name}, {}: {}",
                group.len(),
                counts(group.iter().copied())
            ));
        }
    }
    if agreement.of > 0 {
        let most = agreement.votes.values().max().copied().unwrap_or(0);
        let percent = |n: usize| 100.0 * n as f64 / agreement.of as f64;
        lines.push(format!(
            "  of {} with votes of viewers the model says the same sentiment of {:.0} %; always the commonest \
             would be right for {:.0} %",
            agreement.of,
            percent(agreement.agreed),
            percent(most)
        ));
    }
    lines.join("\n")
}

/// "3 negative, 2 neutral, 5 positive".
fn counts<'a>(labels: impl Iterator<Item = &'a Label>) -> String {
    let mut counts = [0_usize; 3];
    let order = [Sentiment::Negative, Sentiment::Other, Sentiment::Positive];
    for label in labels {
        let at = order.iter().position(|s| *s == label.sentiment);
        counts[at.unwrap_or(1)] += 1;
    }
    let told = order.iter().zip(counts);
    let told: Vec<String> = told.map(|(s, n)| format!("{n} {}", word(*s))).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Agreement, sentiment, word};
    use affetti::emotion::{Distribution, Emotion, Sentiment};

    fn shares(positive: f64) -> Distribution<Emotion> {
        // Contentment and sadness.
        let mut all = vec![0.0; 9];
        (all[2], all[7]) = (positive, 1.0 - positive);
        Distribution::from_counts(&all).unwrap()
    }

    #[test]
    fn thresholds_part_three_sentiments() {
        for (positive, wanted) in [(0.7, "positive"), (0.5, "neutral"), (0.3, "negative")] {
            assert_eq!(word(sentiment(&shares(positive), [-0.1, 0.1])), wanted);
        }
        assert_eq!(word(sentiment(&shares(0.5), [0.1, 0.2])), "negative");
    }

    #[test]
    fn agreement_counts() {
        let mut all = Agreement::default();
        all.add(Sentiment::Positive, Sentiment::Positive);
        all.add(Sentiment::Other, Sentiment::Positive);
        assert_eq!((all.agreed, all.of), (1, 2));
        assert_eq!(all.votes["neutral"], 1);
    }
}
