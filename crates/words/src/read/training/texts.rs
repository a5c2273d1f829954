//! What is learned and measured: utterances of ArtEmis with what was felt, and comments.

use super::Config;
use crate::error::WordsError;
use crate::read::Reader;
use affetti_data::captions::{self, Captioned};
use affetti_data::{Limits, Split, artemis, goemotions};
use affetti_emotion::{Distribution, Emotion, Label, Votes};
use affetti_train::Places;
use std::collections::HashMap;

/// One text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    /// What the writer named; none of a comment.
    pub(super) felt: Option<Emotion>,
    /// The painting it is about; empty of a comment.
    pub(super) painting: String,
    /// What is learned: nine shares.
    pub(super) target: Vec<f32>,
}

/// All of them by use.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pub(super) learned: Vec<Text>,
    pub(super) chosen: Vec<Text>,
    pub(super) measured: Vec<Text>,
}

/// The utterances by the splits of their paintings, and comments where the config wants them.
pub(super) fn load(config: &Config, places: &Places<'_>) -> Result<Texts, WordsError> {
    let limits = Limits::default();
    let own = &config.own;
    let (rows, splits) = match &own.table {
        Some(table) => (captions::read_texts(table, &limits)?.rows, HashMap::new()),
        None => artemis_rows(places, &limits)?,
    };
    let mut votes: HashMap<&str, Votes<Emotion>> = HashMap::new();
    for row in &rows {
        if let Some(emotion) = row.emotion {
            votes.entry(&row.picture).or_default().add(emotion);
        }
    }
    let mut texts = Texts::default();
    for row in &rows {
        let Some(felt) = row.emotion else {
            continue;
        };
        let split = splits.get(&row.picture).copied();
        let split = split.unwrap_or_else(|| Split::of(&row.picture));
        let mut target = vec![0.0; Emotion::ALL.len()];
        target[felt.index()] = 1.0;
        if let Some(Ok(shares)) = votes.get(row.picture.as_str()).map(Votes::distribution) {
            blend(&mut target, &shares, own.viewers);
        }
        let text = Text {
            text: row.caption.clone(),
            felt: Some(felt),
            painting: row.picture.clone(),
            target,
        };
        match split {
            Split::Train => texts.learned.push(text),
            Split::Val => texts.chosen.push(text),
            Split::Test => texts.measured.push(text),
            Split::Rest => (),
        }
    }
    if own.comments {
        let comments = goemotions::read(&places.data.join("words/goemotions/train.tsv"), &limits)?;
        texts
            .learned
            .extend(comments.rows.into_iter().map(|comment| Text {
                text: comment.text,
                felt: None,
                painting: String::new(),
                target: Vec::new(),
            }));
    }
    teach(config, places, &mut texts)?;
    texts.learned.retain(|text| !text.target.is_empty());
    if texts.learned.is_empty() || texts.chosen.is_empty() || texts.measured.is_empty() {
        let from = own
            .table
            .as_ref()
            .map_or("artemis.csv".to_owned(), |table| {
                table.display().to_string()
            });
        let counts = [&texts.learned, &texts.chosen, &texts.measured].map(Vec::len);
        let what = format!(
            "{from}: {} texts to learn from, {} to choose the epoch by, {} to measure on; each has to be 1 \
             or more, so give some hundred texts with emotions",
            counts[0], counts[1], counts[2]
        );
        return Err(WordsError::NothingToLearn { what });
    }
    Ok(texts)
}

/// ArtEmis's utterances, those of paintings with a split, and these.
type Rows = (Vec<Captioned>, HashMap<String, Split>);

fn artemis_rows(places: &Places<'_>, limits: &Limits) -> Result<Rows, WordsError> {
    let rows = captions::read(&places.data.join("artemis.csv"), limits)?.rows;
    let splits = artemis::read_splits(&places.data.join("artemis-splits.csv"), limits)?.rows;
    let splits: HashMap<String, Split> = splits
        .into_iter()
        .map(|row| (row.artemis_key, row.split))
        .collect();
    let known = rows
        .into_iter()
        .filter(|row| splits.contains_key(&row.picture));
    Ok((known.collect(), splits))
}

/// target · (1 − share) + shares · share
fn blend(target: &mut [f32], shares: &Distribution<Emotion>, share: f64) {
    for (target, other) in target.iter_mut().zip(shares.as_slice()) {
        *target = (f64::from(*target) * (1.0 - share) + other * share) as f32;
    }
}

/// Puts what the teachers read into the targets of all texts that are learned.
fn teach(config: &Config, places: &Places<'_>, texts: &mut Texts) -> Result<(), WordsError> {
    let own = &config.own;
    if own.teachers.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = texts.learned.iter().map(|text| text.text.clone()).collect();
    let mut read: Vec<Vec<Distribution<Emotion>>> = vec![Vec::new(); all.len()];
    for name in &own.teachers {
        let file = places.models.join(format!("{name}.safetensors"));
        let bytes = affetti_weights::store::read_file(&file)?;
        let teacher = Reader::from_bytes(&bytes, &file.display().to_string())?;
        for (from, part) in all.chunks(1024).enumerate() {
            (places.stage)(&format!("texts read by {name}"), from * 1024, all.len());
            for (n, felt) in teacher.read(part).into_iter().enumerate() {
                read[from * 1024 + n].extend(felt.ok().map(|felt| felt.emotions));
            }
        }
    }
    for (text, read) in texts.learned.iter_mut().zip(read) {
        let Ok(mean) = Distribution::mean(&read) else {
            continue;
        };
        if text.target.is_empty() {
            text.target = mean.as_slice().iter().map(|x| *x as f32).collect();
        } else {
            blend(&mut text.target, &mean, own.taught);
        }
    }
    Ok(())
}
