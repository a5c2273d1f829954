//! How a speaker does, by judges that took no part in what it says.
//!
//! - **Computes** for paintings of a split, the test one or that by which settings are chosen: CIDEr-D and its like beside one sentence for all and
//!   the sentence of the nearest painting; specificity, how often a sentence suits the references of its own
//!   painting best, among twenty; how often a space that ranked no candidate finds the painting by the
//!   sentence; how often another reader finds the emotion that was asked for, and the one that viewers
//!   felt; how varied the sentences are.
//! - **Source** Achlioptas et al., *ArtEmis* (2021), for alignment and the nearest neighbour; the
//!   retrieval is that of contrastive models.
//! - **Deviations** the neighbour is the one in the space of descriptions.

use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::metrics::Caption;
use crate::metrics::bleu::{bleu, counted, score};
use crate::metrics::cider::{Kind, Rarity};
use crate::metrics::meteor::{NoSynonyms, meteor};
use crate::metrics::report::CONSTANT;
use crate::metrics::rouge::rouge_l;
use crate::metrics::variety::variety;
use crate::read::Reader;
use crate::say::speaker::{Judges, SayOptions, Speaker};
use crate::sight::paintings::{Seen, gallery};
use crate::space::{Space, dot};
use crate::text::normal;
use affetti_data::Split;
use affetti_emotion::{Bootstrap, Emotion, Label, Votes};
use affetti_feel::Predictor;
use affetti_nets::device::Device;
use affetti_train::Places;
use affetti_train::order::shuffled;
use affetti_weights::registry::Metric;
use rayon::prelude::*;

/// Paintings among which the own one is sought.
const AMONG: usize = 20;
/// Of the bootstrap and of the sets of twenty.
const SEED: u64 = 9;

/// Who speaks, who ranks candidates, and who judges.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// Who speaks.
    pub speaker: &'a Speaker,
    /// Who ranks what it says.
    pub ranks: (&'a Space, &'a Reader),
    /// Who judges, and has seen neither.
    pub judges: (&'a Space, &'a Reader),
}

/// What is said of the test paintings.
struct Sayings {
    /// With the emotion that the predictor sees, and with a given one.
    own: Vec<Spoken>,
    given: Vec<Spoken>,
}

struct Spoken {
    text: String,
    emotion: Emotion,
}

/// Measures a speaker. `tell` hears each sentence with the name of its painting and the emotion asked for.
///
/// # Errors
/// Missing data, and parties that stand on another predictor.
pub fn evaluate(
    parties: Parties<'_>,
    options: &SayOptions,
    split: Split,
    places: &Places<'_>,
    tell: &mut dyn FnMut(&str, Emotion, &str),
) -> Result<WordsFigures, WordsError> {
    let predictor = Predictor::embedded(&Device::Cpu)?;
    let gallery = gallery(&predictor, places)?;
    let of = |split: Split| -> Vec<&Seen> {
        gallery
            .seen
            .iter()
            .filter(|seen| seen.split == split && !seen.said.is_empty())
            .collect()
    };
    let (measured, learned) = (of(split), of(Split::Train));
    if measured.len() < AMONG {
        let what = format!(
            "{} paintings to measure on; {AMONG} are needed",
            measured.len()
        );
        return Err(WordsError::NothingToLearn { what });
    }
    (places.stage)("sentences", 0, 2 * measured.len());
    let sayings = sayings(parties, options, &predictor, &measured)?;
    for (seen, spoken) in measured.iter().zip(&sayings.own) {
        tell(&seen.key, spoken.emotion, &spoken.text);
    }
    let mut figures = Table::new(split, measured.len())?;
    scores(&mut figures, &sayings, &measured, &learned)?;
    specificity(&mut figures, parties, &sayings, &measured)?;
    obedience(&mut figures, parties, &sayings, &measured)?;
    let varied = variety(&words(&sayings.own));
    figures.plain(
        "different sentences",
        varied.different,
        1.0 / measured.len() as f64,
        "one sentence for all",
    );
    let fixed = variety(&[normal::words(CONSTANT)]);
    figures.plain(
        "words used",
        varied.words as f64,
        fixed.words as f64,
        "one sentence for all",
    );
    figures.plain(
        "words of a sentence",
        varied.length,
        fixed.length,
        "one sentence for all",
    );
    figures.plain("similes", varied.similes, 0.0, "one sentence for all");
    Ok(WordsFigures(figures.all, None))
}

fn words(spoken: &[Spoken]) -> Vec<Caption> {
    spoken
        .iter()
        .map(|spoken| normal::words(&spoken.text))
        .collect()
}

fn sayings(
    parties: Parties<'_>,
    options: &SayOptions,
    predictor: &Predictor,
    measured: &[&Seen],
) -> Result<Sayings, WordsError> {
    let say = |seen: &Seen, emotion: Emotion| -> Result<Spoken, WordsError> {
        let judges = Judges {
            space: Some((parties.ranks.0, &seen.components)),
            reader: Some(parties.ranks.1),
        };
        let said = parties
            .speaker
            .say(&seen.sight, Some(emotion), options, judges)?;
        Ok(Spoken {
            text: said
                .into_iter()
                .next()
                .map(|said| said.text)
                .unwrap_or_default(),
            emotion,
        })
    };
    let own = |seen: &&Seen| {
        let felt = predictor.described_emotions(&seen.components)?;
        say(seen, felt.dominant())
    };
    let given = |(n, seen): (usize, &&Seen)| say(seen, Emotion::ALL[n % Emotion::ALL.len()]);
    Ok(Sayings {
        own: measured.par_iter().map(own).collect::<Result<_, _>>()?,
        given: measured
            .par_iter()
            .enumerate()
            .map(given)
            .collect::<Result<_, _>>()?,
    })
}

/// Figures with intervals over paintings.
struct Table {
    set: String,
    all: Vec<Metric>,
    bootstrap: affetti_emotion::CheckedBootstrap,
    n: usize,
}

impl Table {
    fn new(split: Split, n: usize) -> Result<Self, WordsError> {
        Ok(Self {
            set: format!("paintings of ArtEmis, {} split", split.name()),
            all: Vec::new(),
            bootstrap: Bootstrap::seeded(SEED).check()?,
            n,
        })
    }

    fn put(
        &mut self,
        name: &str,
        value: f64,
        baseline: f64,
        against: &str,
        interval: [f64; 2],
        n: usize,
    ) {
        let round = |x: f64| (x * 1e4).round() / 1e4;
        self.all.push(Metric {
            set: self.set.clone(),
            name: name.into(),
            value: round(value),
            baseline: round(baseline),
            against: against.into(),
            interval: interval.map(round),
            n,
        });
    }

    /// A number of the whole collection; drawing from it again would only repeat sentences, so that it has no
    /// interval.
    fn plain(&mut self, name: &str, value: f64, baseline: f64, against: &str) {
        self.put(name, value, baseline, against, [value; 2], self.n);
    }

    fn mean(
        &mut self,
        name: &str,
        values: &[f64],
        baseline: f64,
        against: &str,
    ) -> Result<(), WordsError> {
        let of =
            |draw: &[usize]| Some(draw.iter().map(|n| values[*n]).sum::<f64>() / draw.len() as f64);
        self.estimate(name, values.len(), of, baseline, against)
    }

    fn estimate(
        &mut self,
        name: &str,
        n: usize,
        of: impl Fn(&[usize]) -> Option<f64>,
        baseline: f64,
        against: &str,
    ) -> Result<(), WordsError> {
        let estimate = self.bootstrap.estimate(n, of)?;
        let interval = [estimate.interval.low, estimate.interval.high];
        self.put(name, estimate.value, baseline, against, interval, n);
        Ok(())
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// n-gram scores of the sentences, of one sentence for all and of the nearest painting's.
fn scores(
    figures: &mut Table,
    sayings: &Sayings,
    measured: &[&Seen],
    learned: &[&Seen],
) -> Result<(), WordsError> {
    let references = references(measured);
    let spoken = words(&sayings.own);
    let constant = vec![normal::words(CONSTANT); measured.len()];
    let near: Vec<Caption> = measured
        .par_iter()
        .map(|seen| neighbour(seen, learned))
        .collect();
    let rarity = Rarity::of(&references);
    let cider = |captions: &[Caption]| -> Vec<f64> {
        let each = captions.par_iter().zip(&references);
        each.map(|(caption, own)| rarity.score(Kind::Clipped, caption, own))
            .collect()
    };
    let (own, other, nearest) = (cider(&spoken), cider(&constant), cider(&near));
    figures.mean("CIDEr-D", &own, mean(&other), "one sentence for all")?;
    let gain: Vec<f64> = own.iter().zip(&other).map(|(a, b)| a - b).collect();
    figures.mean(
        "CIDEr-D, gain over one sentence for all",
        &gain,
        0.0,
        "none",
    )?;
    let gain: Vec<f64> = own.iter().zip(&nearest).map(|(a, b)| a - b).collect();
    figures.mean(
        "CIDEr-D, gain over the nearest painting's",
        &gain,
        0.0,
        "none",
    )?;
    let fixed = bleu(&constant, &references)?;
    for (whose, captions) in [("", &spoken), (", nearest painting's", &near)] {
        let counts = counted(captions, &references)?;
        for n in [0, 3] {
            let of = |draw: &[usize]| Some(score(draw.iter().map(|row| &counts[*row]))[n]);
            figures.estimate(
                &format!("BLEU-{}{whose}", n + 1),
                counts.len(),
                of,
                fixed[n],
                "one sentence for all",
            )?;
        }
    }
    for (name, of) in [
        ("ROUGE-L", rouge_l as Score),
        ("METEOR", |a, b| meteor(a, b, &NoSynonyms)),
    ] {
        let baseline = mean(&of(&constant, &references)?);
        figures.mean(
            name,
            &of(&spoken, &references)?,
            baseline,
            "one sentence for all",
        )?;
        figures.mean(
            &format!("{name}, nearest painting's"),
            &of(&near, &references)?,
            baseline,
            "one sentence for all",
        )?;
    }
    Ok(())
}

type Score = fn(&[Caption], &[Vec<Caption>]) -> Result<Vec<f64>, WordsError>;

fn references(measured: &[&Seen]) -> Vec<Vec<Caption>> {
    let own = |seen: &&Seen| {
        seen.said
            .iter()
            .map(|(_, text)| normal::words(text))
            .collect()
    };
    measured.iter().map(own).collect()
}

/// What was said of the painting that is most like it.
fn neighbour(seen: &Seen, learned: &[&Seen]) -> Caption {
    let apart = |other: &Seen| -> f32 {
        other
            .components
            .iter()
            .zip(&seen.components)
            .map(|(a, b)| (a - b).powi(2))
            .sum()
    };
    let near = learned.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
    near.map(|near| normal::words(&near.said[near.key.len() % near.said.len()].1))
        .unwrap_or_default()
}

/// Whether sentences are about their own painting.
fn specificity(
    figures: &mut Table,
    parties: Parties<'_>,
    sayings: &Sayings,
    measured: &[&Seen],
) -> Result<(), WordsError> {
    let references = references(measured);
    let rarity = Rarity::of(&references);
    let order = shuffled(SEED, 0, measured.len());
    let mut place = vec![0; order.len()];
    order
        .iter()
        .enumerate()
        .for_each(|(at, row)| place[*row] = at);
    let others = |row: usize| (1..AMONG).map(move |n| (row, n));
    let other = |(row, n): (usize, usize)| order[(place[row] + n) % order.len()];
    // The part of a find that is not shared with pictures as good.
    let found = |own: f64, others: &[f64]| {
        if others.iter().any(|other| *other > own) {
            return 0.0;
        }
        1.0 / (1 + others.iter().filter(|other| **other == own).count()) as f64
    };
    let suits = |row: usize, captions: &[Caption]| {
        let score =
            |row: usize, caption: &Caption| rarity.score(Kind::Clipped, caption, &references[row]);
        let caption = &captions[row];
        let rest: Vec<f64> = others(row)
            .map(|pair| score(other(pair), caption))
            .collect();
        found(score(row, caption), &rest)
    };
    let spoken = words(&sayings.own);
    let rows: Vec<usize> = (0..measured.len()).collect();
    let specific: Vec<f64> = rows.par_iter().map(|row| suits(*row, &spoken)).collect();
    let chance = 1.0 / AMONG as f64;
    figures.mean(
        "own references suit best, of 20",
        &specific,
        chance,
        "chance",
    )?;
    // What a viewer wrote, against the others' references: the ceiling.
    let human = |row: usize| {
        let said = &references[row];
        if said.len() < 2 {
            return None;
        }
        let score = |of: usize, skip: bool| {
            let rest = &references[of][usize::from(skip)..];
            rarity.score(Kind::Clipped, &said[0], rest)
        };
        let rest: Vec<f64> = others(row).map(|pair| score(other(pair), false)).collect();
        Some(found(score(row, true), &rest))
    };
    let people: Vec<f64> = rows.par_iter().filter_map(|row| human(*row)).collect();
    figures.mean("the same of what a viewer wrote", &people, chance, "chance")?;
    let judge = parties.judges.0;
    let pictures: Vec<Vec<f32>> = measured
        .iter()
        .map(|seen| judge.picture(&seen.components))
        .collect::<Result<_, _>>()?;
    let retrieved = |texts: &dyn Fn(usize) -> String| -> Vec<f64> {
        let one = |row: &usize| {
            let Ok(text) = judge.text(&texts(*row)) else {
                return 0.0;
            };
            let fit = |row: usize| f64::from(dot(&pictures[row], &text));
            let rest: Vec<f64> = others(*row).map(|pair| fit(other(pair))).collect();
            found(fit(*row), &rest)
        };
        rows.iter().map(one).collect()
    };
    let own = retrieved(&|row| sayings.own[row].text.clone());
    figures.mean(
        "own painting found by another space, of 20",
        &own,
        chance,
        "chance",
    )?;
    let people = retrieved(&|row| measured[row].said[0].1.clone());
    figures.mean("the same by what a viewer wrote", &people, chance, "chance")
}

/// The share of the emotion that stands most often among `emotions`.
fn frequent(emotions: &[Emotion]) -> f64 {
    let times = |emotion: &Emotion| emotions.iter().filter(|other| *other == emotion).count();
    let most = Emotion::ALL.iter().map(times).max().unwrap_or(0);
    most as f64 / emotions.len().max(1) as f64
}

/// Whether sentences express what they should.
fn obedience(
    figures: &mut Table,
    parties: Parties<'_>,
    sayings: &Sayings,
    measured: &[&Seen],
) -> Result<(), WordsError> {
    let judge = parties.judges.1;
    let read = |spoken: &[Spoken]| -> Vec<Option<Emotion>> {
        let texts: Vec<&str> = spoken.iter().map(|spoken| spoken.text.as_str()).collect();
        judge
            .read(&texts)
            .into_iter()
            .map(|read| Some(read.ok()?.emotions.dominant()))
            .collect()
    };
    let obeyed = |spoken: &[Spoken]| -> Vec<f64> {
        let each = spoken.iter().zip(read(spoken));
        each.map(|(spoken, read)| f64::from(u8::from(read == Some(spoken.emotion))))
            .collect()
    };
    let chance = 1.0 / Emotion::ALL.len() as f64;
    figures.mean(
        "obedience, each of the nine in turn",
        &obeyed(&sayings.given),
        chance,
        "chance",
    )?;
    let seen: Vec<Emotion> = sayings.own.iter().map(|spoken| spoken.emotion).collect();
    figures.mean(
        "obedience to what the predictor sees",
        &obeyed(&sayings.own),
        frequent(&seen),
        "always the most frequent",
    )?;
    // What viewers wrote, read by the same judge: it is not always right.
    let people: Vec<Spoken> = measured
        .iter()
        .map(|seen| Spoken {
            text: seen.said[0].1.clone(),
            emotion: seen.said[0].0,
        })
        .collect();
    let named: Vec<Emotion> = people.iter().map(|spoken| spoken.emotion).collect();
    figures.mean(
        "the judge on what viewers wrote",
        &obeyed(&people),
        frequent(&named),
        "always the most frequent",
    )?;
    let felt: Vec<Option<Emotion>> = measured
        .iter()
        .map(|seen| {
            seen.said
                .iter()
                .map(|(emotion, _)| *emotion)
                .collect::<Votes<Emotion>>()
                .half_majority()
        })
        .collect();
    let held: Vec<f64> = felt
        .iter()
        .zip(read(&sayings.own))
        .filter_map(|(felt, read)| Some(f64::from(u8::from(Some((*felt)?) == read))))
        .collect();
    let content = felt
        .iter()
        .flatten()
        .filter(|felt| **felt == Emotion::Contentment)
        .count();
    let always = content as f64 / held.len().max(1) as f64;
    figures.mean("emotional alignment", &held, always, "always contentment")
}
