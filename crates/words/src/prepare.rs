//! A corpus of utterances made ready for training, as ArtEmis's authors make theirs.
//!
//! - **Computes** for each utterance its split, its words, those words by number; the vocabulary; the
//!   utterances of each picture together, as references of captions.
//! - **Input** utterances of pictures with emotions: ArtEmis's table, or any of captions
//!   ([`affetti_data::captions`]). **Output** a folder with `preprocessed.csv`, `vocabulary.json`,
//!   `references.json`, `config.json`.
//! - **Source** Achlioptas et al., *ArtEmis* (2021): the preset for deep networks. Pictures of 41
//!   utterances and more go to the split "rest", short utterances and the longest twentieth are left out,
//!   words of fewer than five occurrences are unknown, and every row has one length.
//! - **Deviations** JSON in the place of pickles; an unknown word is spelled by the corpus's own words,
//!   not by a list of 82,765 (see [`crate::text::spelling`]).

use crate::error::WordsError;
use crate::text::normal;
use crate::text::spelling::Spelling;
use crate::text::vocabulary::{BEGIN, END, PAD, SPECIAL, Vocabulary};
use affetti_data::Split;
use affetti_data::captions::Captioned;
use affetti_emotion::Label;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What is kept and how.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PrepareOptions {
    /// Words that occur less often are unknown; at least 1.
    pub least: usize,
    /// Pictures of so many utterances and more are set aside.
    pub too_many: usize,
    /// Words of the shortest utterance.
    pub shortest: usize,
    /// Share of the utterances to learn from that are not too long, above 0, at most 1.
    pub within: f64,
}

impl Default for PrepareOptions {
    fn default() -> Self {
        Self {
            least: 5,
            too_many: 41,
            shortest: 5,
            within: 0.95,
        }
    }
}

/// One utterance made ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// As it was.
    pub row: Captioned,
    /// Its use.
    pub split: Split,
    /// Its words, spelled.
    pub words: Vec<String>,
    /// Beginning, words, end and padding by number; all rows have one length.
    pub encoded: Vec<u32>,
}

/// What was prepared.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// In the order of the table.
    pub rows: Vec<Prepared>,
    /// The words.
    pub vocabulary: Vocabulary,
    /// Words of the longest utterance that is kept.
    pub longest: usize,
    /// Utterances that are too short or too long.
    pub left_out: usize,
}

/// Prepares `rows`; `splits` says where pictures belong, others are dealt by their name.
///
/// # Errors
/// [`WordsError::NothingToLearn`] where nothing is left to learn from.
pub fn prepare(
    rows: Vec<Captioned>,
    splits: &HashMap<String, Split>,
    options: &PrepareOptions,
) -> Result<Corpus, WordsError> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for row in &rows {
        *counts.entry(&row.picture).or_default() += 1;
    }
    let split = |row: &Captioned| {
        if counts[row.picture.as_str()] >= options.too_many {
            return Split::Rest;
        }
        splits
            .get(&row.picture)
            .copied()
            .unwrap_or_else(|| Split::of(&row.picture))
    };
    let used: Vec<Split> = rows.iter().map(split).collect();
    let words: Vec<Vec<String>> = rows.iter().map(|row| normal::words(&row.caption)).collect();
    let mut lengths: Vec<usize> = words
        .iter()
        .zip(&used)
        .filter(|(words, split)| **split == Split::Train && words.len() >= options.shortest)
        .map(|(words, _)| words.len())
        .collect();
    lengths.sort_unstable();
    let last = (options.within * lengths.len() as f64).ceil() as usize;
    let Some(&longest) = last.checked_sub(1).and_then(|last| lengths.get(last)) else {
        let what = format!(
            "no utterance of the training split has {} words",
            options.shortest
        );
        return Err(WordsError::NothingToLearn { what });
    };
    let fits = |n: usize| (options.shortest..=longest).contains(&words[n].len());
    let learned = || (0..rows.len()).filter(|n| fits(*n) && used[*n] == Split::Train);
    // What occurs often enough is spelled right.
    let known = Vocabulary::of(learned().map(|n| words[n].as_slice()), options.least);
    let spelling = Spelling::new(known.words()[SPECIAL.len()..].iter().map(String::as_str));
    let spell = |word: &String| match known.id(word) {
        Some(_) => word.clone(),
        None => spelling.nearest(word).unwrap_or(word).to_owned(),
    };
    let spelled: Vec<Vec<String>> = words
        .iter()
        .map(|words| words.iter().map(spell).collect())
        .collect();
    let vocabulary = Vocabulary::of(learned().map(|n| spelled[n].as_slice()), options.least);
    let keeps: Vec<bool> = (0..rows.len()).map(fits).collect();
    let left_out = keeps.iter().filter(|kept| !**kept).count();
    let kept = rows
        .into_iter()
        .zip(used)
        .zip(spelled)
        .zip(keeps)
        .filter(|(_, kept)| *kept);
    let rows = kept.map(|(((row, split), words), _)| {
        let mut encoded = vec![BEGIN];
        encoded.extend(vocabulary.ids(&words, None));
        encoded.push(END);
        encoded.resize(longest + 2, PAD);
        Prepared {
            row,
            split,
            words,
            encoded,
        }
    });
    Ok(Corpus {
        rows: rows.collect(),
        vocabulary,
        longest,
        left_out,
    })
}

impl Corpus {
    /// Files by name with their contents.
    ///
    /// # Errors
    /// Those of the JSON writer.
    pub fn files(
        &self,
        options: &PrepareOptions,
    ) -> serde_json::Result<Vec<(&'static str, String)>> {
        let mut references: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in &self.rows {
            references
                .entry(&row.row.picture)
                .or_default()
                .push(row.words.join(" "));
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(row.split.name()).or_default() += 1;
        }
        let config = serde_json::json!({
            "options": options,
            "utterances": self.rows.len(),
            "left_out": self.left_out,
            "splits": counts,
            "pictures": references.len(),
            "vocabulary": self.vocabulary.words().len(),
            "max_length": self.longest,
        });
        Ok(vec![
            ("preprocessed.csv", self.csv()),
            (
                "vocabulary.json",
                serde_json::to_string(self.vocabulary.words())?,
            ),
            ("references.json", serde_json::to_string(&references)?),
            ("config.json", serde_json::to_string_pretty(&config)? + "\n"),
        ])
    }

    /// The rows with a header.
    fn csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut text = "picture,emotion,emotion_label,split,utterance,utterance_spelled,tokens_len,tokens_encoded\n".to_owned();
        for row in &self.rows {
            let ids: Vec<String> = row.encoded.iter().map(ToString::to_string).collect();
            let emotion = row.row.emotion;
            let cells = [
                quoted(&row.row.picture),
                emotion.map_or("", Label::name).to_owned(),
                emotion.map_or_else(String::new, |emotion| emotion.index().to_string()),
                row.split.name().to_owned(),
                quoted(&row.row.caption),
                quoted(&row.words.join(" ")),
                row.words.len().to_string(),
                ids.join(" "),
            ];
            text += &(cells.join(",") + "\n");
        }
        text
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

    #[test]
    fn splits_lengths_and_rare_words() {
        let splits = HashMap::from([("a".into(), Split::Train), ("b".into(), Split::Test)]);
        let mut rows = vec![
            row("a", "the sea is calm"),
            row("a", "the sea is clam"),
            row("a", "the sea"),
            row("a", "the sea is so very very calm today"),
            row("b", "the Sea is wild, \"wild\""),
        ];
        rows.extend((0..5).map(|_| row("c", "the sea is calm")));
        let options = PrepareOptions {
            least: 2,
            too_many: 5,
            shortest: 3,
            within: 0.5,
        };
        let corpus = prepare(rows, &splits, &options).expect("something to learn");
        // Of 4, 4 and 8 words half have at most 4; "the sea" is too short; five utterances too many.
        assert_eq!((corpus.longest, corpus.left_out), (4, 3));
        let told: Vec<(&str, String)> = corpus
            .rows
            .iter()
            .map(|r| (r.split.name(), r.words.join(" ")))
            .collect();
        assert_eq!(told[0], ("train", "the sea is calm".into()));
        // "calm" occurs once in time to be known, "clam" is rare: neither is known.
        assert_eq!(
            corpus.vocabulary.words()[SPECIAL.len()..],
            ["is", "sea", "the"]
        );
        assert_eq!(corpus.rows[0].encoded, [BEGIN, 6, 5, 4, 3, END]);
        assert!(told[2..].iter().all(|(split, _)| *split == "rest"));
        let files = corpus.files(&options).expect("JSON");
        assert_eq!(files[0].1.lines().count(), corpus.rows.len() + 1);
        assert!(prepare(vec![row("a", "sea")], &splits, &options).is_err());
    }
}
