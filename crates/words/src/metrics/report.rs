//! Everything that is measured of a collection of captions.
//!
//! - **Computes** all metrics of this module beside those of one and the same sentence for every picture
//!   ([`CONSTANT`]), with bootstrap intervals over pictures where a metric is a mean.
//! - **Input** captions and references of pictures, by the names of the pictures; sentences that a model
//!   learned from; a reader for what captions express. **Output** [`CaptionFigures`].
//! - **Deviations** words are those of [`crate::text::normal`] on both sides.

use super::cider::{Kind, Rarity};
use super::meteor::{NoSynonyms, Synonyms, meteor};
use super::wordnet::WordNet;
use super::{
    Caption,
    bleu::{bleu, counted, score},
    novelty::nearness,
    rouge::rouge_l,
    variety::variety,
};
use crate::error::WordsError;
use crate::read::Reader;
use crate::text::normal;
use affetti_data::captions::Captioned;
use affetti_emotion::{Bootstrap, Emotion, Votes};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The sentence that scores well for any painting of ArtEmis: what n-gram metrics prove nothing without.
pub const CONSTANT: &str = "the colors are bright and the painting makes me feel happy";

/// Of the bootstrap over pictures.
const SEED: u64 = 8;

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaptionFigure {
    /// Its name.
    pub metric: String,
    /// Of the captions.
    pub value: f64,
    /// 95 % bootstrap interval over pictures, where resampling says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// Of [`CONSTANT`], where that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constant: Option<f64>,
    /// Captions.
    pub n: usize,
}

/// All figures of a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CaptionFigures(pub Vec<CaptionFigure>);

/// What is measured besides, where it is there.
#[derive(Clone, Copy, Default)]
pub struct Besides<'a> {
    /// What a model learned from.
    pub learned: Option<&'a [Captioned]>,
    /// Tells what captions express, to be held against what was felt.
    pub reader: Option<&'a Reader>,
    /// Lets METEOR take synonyms for partners.
    pub wordnet: Option<&'a WordNet>,
}

/// Captions with the references of their pictures.
struct Pairs {
    captions: Vec<Caption>,
    references: Vec<Vec<Caption>>,
    /// Captions of one picture.
    groups: Vec<Vec<usize>>,
}

/// Measures `captions` against `references`. Pictures of the references that have no caption are left
/// out; captions of pictures without references are an error.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn measure(
    references: &[Captioned],
    captions: &[Captioned],
    besides: Besides<'_>,
) -> Result<CaptionFigures, WordsError> {
    let pairs = Pairs::of(references, captions)?;
    let constant = Pairs {
        captions: vec![normal::words(CONSTANT); pairs.captions.len()],
        references: pairs.references.clone(),
        groups: pairs.groups.clone(),
    };
    let mut all = Vec::new();
    let n = pairs.captions.len();
    let whole = |metric: String, value: f64, constant: Option<f64>| CaptionFigure {
        metric,
        value,
        interval: None,
        constant,
        n,
    };
    let other = bleu(&constant.captions, &constant.references)?;
    let counts = counted(&pairs.captions, &pairs.references)?;
    let one = |at: usize| {
        let of = |draw: &[usize]| Some(score(draw.iter().map(|n| &counts[*n]))[at]);
        pairs.figure(&format!("BLEU-{}", at + 1), of, Some(other[at]))
    };
    all.extend(
        (0..4)
            .into_par_iter()
            .map(one)
            .collect::<Result<Vec<_>, _>>()?,
    );
    let one = |(name, each): &(&str, Mean)| {
        let (found, other) = (each(&pairs)?, each(&constant)?);
        pairs.mean(name, &found, Some(mean(&other)))
    };
    all.extend(
        MEANS
            .par_iter()
            .map(one)
            .collect::<Result<Vec<_>, WordsError>>()?,
    );
    let (name, synonyms): (_, &dyn Synonyms) = match besides.wordnet {
        Some(wordnet) => ("METEOR, with WordNet", wordnet),
        None => ("METEOR", &NoSynonyms),
    };
    let scores = |p: &Pairs| meteor(&p.captions, &p.references, synonyms);
    let other = mean(&scores(&constant)?);
    all.push(pairs.mean(name, &scores(&pairs)?, Some(other))?);
    if let Some(learned) = besides.learned {
        all.extend(pairs.novelty(learned)?);
    }
    let v = variety(&pairs.captions);
    for (name, value) in [
        ("different captions", v.different),
        ("most frequent caption", v.most_frequent),
        ("distinct-1", v.distinct[0]),
        ("distinct-2", v.distinct[1]),
        ("words used", v.words as f64),
        ("words of a caption", v.length),
        ("similes", v.similes),
    ] {
        all.push(whole(name.to_owned(), value, None));
    }
    if let Some(reader) = besides.reader {
        all.extend(alignment(references, captions, reader));
    }
    Ok(CaptionFigures(all))
}

type Mean = fn(&Pairs) -> Result<Vec<f64>, WordsError>;

/// Metrics that are means over captions.
const MEANS: [(&str, Mean); 3] = [
    ("ROUGE-L", |p| rouge_l(&p.captions, &p.references)),
    ("CIDEr", |p| Ok(p.cider(Kind::Plain))),
    ("CIDEr-D", |p| Ok(p.cider(Kind::Clipped))),
];

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

impl Pairs {
    fn of(references: &[Captioned], captions: &[Captioned]) -> Result<Self, WordsError> {
        let mut by_picture: BTreeMap<&str, Vec<Caption>> = BTreeMap::new();
        for row in references
            .iter()
            .filter(|row| !row.caption.trim().is_empty())
        {
            by_picture
                .entry(&row.picture)
                .or_default()
                .push(normal::words(&row.caption));
        }
        let unpaired = |what: String| Err(WordsError::Unpaired { what });
        let strangers: BTreeSet<&str> = captions
            .iter()
            .map(|row| row.picture.as_str())
            .filter(|picture| !by_picture.contains_key(picture))
            .collect();
        if let Some(first) = strangers.first() {
            let count = strangers.len();
            return unpaired(format!(
                "no reference for {first:?}, {count} such pictures in all"
            ));
        }
        if captions.is_empty() {
            return unpaired("there is no caption to measure".to_owned());
        }
        let mut pairs = Self {
            captions: Vec::new(),
            references: Vec::new(),
            groups: Vec::new(),
        };
        let mut group: BTreeMap<&str, usize> = BTreeMap::new();
        for row in captions {
            let place = *group.entry(&row.picture).or_insert_with(|| {
                pairs.groups.push(Vec::new());
                pairs.groups.len() - 1
            });
            pairs.groups[place].push(pairs.captions.len());
            pairs.captions.push(normal::words(&row.caption));
            pairs
                .references
                .push(by_picture[row.picture.as_str()].clone());
        }
        Ok(pairs)
    }

    /// CIDEr of each caption. How rare a run is, is asked of pictures, however many captions each has.
    fn cider(&self, kind: Kind) -> Vec<f64> {
        let once: Vec<Vec<Caption>> = self
            .groups
            .iter()
            .map(|group| self.references[group[0]].clone())
            .collect();
        let rarity = Rarity::of(&once);
        let each = self.captions.par_iter().zip(&self.references);
        each.map(|(caption, own)| rarity.score(kind, caption, own))
            .collect()
    }

    /// A mean over captions, with its interval over pictures.
    fn mean(
        &self,
        name: &str,
        values: &[f64],
        constant: Option<f64>,
    ) -> Result<CaptionFigure, WordsError> {
        let of =
            |draw: &[usize]| Some(draw.iter().map(|n| values[*n]).sum::<f64>() / draw.len() as f64);
        self.figure(name, of, constant)
    }

    /// A statistic of captions, with its interval over pictures.
    fn figure(
        &self,
        name: &str,
        of: impl Fn(&[usize]) -> Option<f64>,
        constant: Option<f64>,
    ) -> Result<CaptionFigure, WordsError> {
        let bootstrap = Bootstrap::seeded(SEED).check()?;
        let estimate = bootstrap.estimate_groups(&self.groups, of)?;
        Ok(CaptionFigure {
            metric: name.to_owned(),
            value: estimate.value,
            interval: Some([estimate.interval.low, estimate.interval.high]),
            constant,
            n: self.captions.len(),
        })
    }

    fn novelty(&self, learned: &[Captioned]) -> Result<[CaptionFigure; 3], WordsError> {
        let sentences: Vec<Caption> = learned
            .iter()
            .map(|row| normal::words(&row.caption))
            .collect();
        let found = nearness(&self.captions, &sentences);
        let each =
            |of: fn(&super::novelty::Nearness) -> f64| found.iter().map(of).collect::<Vec<_>>();
        let share = each(|n| n.most as f64 / n.length.max(1) as f64);
        Ok([
            self.mean(
                "words in common with the nearest sentence learned",
                &each(|n| n.most as f64),
                None,
            )?,
            self.mean("the same, share of the caption", &share, None)?,
            self.mean(
                "words in common with any sentence learned",
                &each(|n| n.mean),
                None,
            )?,
        ])
    }
}

/// How often a caption expresses what at least half of the viewers felt, and what was asked for.
fn alignment(
    references: &[Captioned],
    captions: &[Captioned],
    reader: &Reader,
) -> Vec<CaptionFigure> {
    let mut votes: BTreeMap<&str, Votes<Emotion>> = BTreeMap::new();
    for (picture, emotion) in references
        .iter()
        .filter_map(|row| Some((&row.picture, row.emotion?)))
    {
        votes.entry(picture).or_default().add(emotion);
    }
    if votes.is_empty() && captions.iter().all(|row| row.emotion.is_none()) {
        return Vec::new();
    }
    let felt = |picture: &str| votes.get(picture).and_then(Votes::half_majority);
    let texts: Vec<&str> = captions.iter().map(|row| row.caption.as_str()).collect();
    let read: Vec<Option<Emotion>> = reader
        .read(&texts)
        .into_iter()
        .map(|read| Some(read.ok()?.emotions.dominant()))
        .collect();
    let share = |metric: &str, wanted: &dyn Fn(&Captioned) -> Option<Emotion>| {
        let held: Vec<bool> = captions
            .iter()
            .zip(&read)
            .filter_map(|(row, read)| Some(Some(wanted(row)?) == *read))
            .collect();
        (!held.is_empty()).then(|| CaptionFigure {
            metric: metric.to_owned(),
            value: held.iter().filter(|held| **held).count() as f64 / held.len() as f64,
            interval: None,
            constant: None,
            n: held.len(),
        })
    };
    let aligned = share("emotional alignment", &|row| felt(&row.picture));
    let obeyed = share("obedience to the given emotion", &|row| row.emotion);
    aligned.into_iter().chain(obeyed).collect()
}

impl CaptionFigures {
    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let line = |f: &CaptionFigure| {
            let interval = f
                .interval
                .map_or_else(String::new, |[low, high]| format!("{low:.3}..{high:.3}"));
            let constant = f
                .constant
                .map_or_else(String::new, |c| format!("one sentence for all {c:.3}"));
            let line = format!(
                "{:<42} {:>8.3}  {interval:<13} {constant}",
                f.metric, f.value
            );
            format!("{}  n {}\n", line.trim_end(), f.n)
        };
        self.0.iter().map(line).collect()
    }

    /// With a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let line = |f: &CaptionFigure| {
            let [low, high] = f
                .interval
                .map_or([String::new(), String::new()], |i| i.map(|x| x.to_string()));
            let constant = f.constant.map_or_else(String::new, |c| c.to_string());
            format!(
                "\"{}\",{},{low},{high},{constant},{}\n",
                f.metric, f.value, f.n
            )
        };
        let lines: String = self.0.iter().map(line).collect();
        format!("metric,value,interval_low,interval_high,one_sentence_for_all,n\n{lines}")
    }

    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(&self.0).expect("names and numbers are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(picture: &str, caption: &str) -> Captioned {
        Captioned {
            picture: picture.into(),
            caption: caption.into(),
            emotion: None,
        }
    }

    fn value(figures: &CaptionFigures, name: &str) -> f64 {
        figures
            .0
            .iter()
            .find(|f| f.metric == name)
            .expect("a figure")
            .value
    }

    #[test]
    fn captions_meet_the_references_of_their_pictures() {
        let references = [
            row("a", "The calm sea."),
            row("b", "a dog"),
            row("a", "so much water"),
            row("c", ""),
        ];
        let captions = [row("b", "A dog!"), row("a", "the calm sea")];
        let learned = [row("x", "the calm dog")];
        let besides = Besides {
            learned: Some(&learned),
            reader: None,
            wordnet: None,
        };
        let figures = measure(&references, &captions, besides).expect("paired");
        for name in ["BLEU-1", "BLEU-2", "ROUGE-L"] {
            assert!((value(&figures, name) - 1.0).abs() < 1e-6, "{name}");
        }
        // "dog" of two words, "the calm" of three.
        assert_eq!(
            value(
                &figures,
                "words in common with the nearest sentence learned"
            ),
            1.5
        );
        assert_eq!(figures.csv().lines().count(), figures.0.len() + 1);
    }

    #[test]
    fn pictures_without_references_are_told() {
        let told = |captions: &[Captioned]| {
            measure(
                &[row("a", "sea"), row("c", " ")],
                captions,
                Besides::default(),
            )
            .expect_err("unpaired")
            .to_string()
        };
        assert_eq!(
            told(&[row("c", "x"), row("b", "x")]),
            "no reference for \"b\", 2 such pictures in all"
        );
        assert_eq!(told(&[]), "there is no caption to measure");
        assert!(measure(&[row("a", "sea")], &[row("a", "")], Besides::default()).is_ok());
    }
}
