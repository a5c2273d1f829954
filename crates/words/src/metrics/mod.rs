//! How captions are compared with what people wrote.
//!
//! All take captions as words; which words there are is decided before ([`crate::text::normal`]).
//!
//! | metric | where | range, better |
//! |---|---|---|
//! | shared runs of one to four words, of a whole collection | [`bleu`] | 0..1, higher |
//! | longest common subsequence with one reference | [`rouge`] | 0..1, higher |
//! | shared runs, rare ones weighing more | [`cider`] | 0..10, higher |
//! | words aligned by form, stem and, with [`wordnet`], meaning, in order | [`meteor`] | 0..1, higher |
//! | how near a caption is to any that was learned from | [`novelty`] | 0..1, lower |
//! | how many different captions, runs and words; similes | [`variety`] | 0..1, higher |
//! | all of them, beside one sentence for all | [`report`] | |
//!
//! `peers/captions.py` prints the numbers of the reference packages that the tests compare with.

pub mod bleu;
pub mod cider;
pub mod meteor;
pub mod novelty;
pub mod report;
pub mod rouge;
pub mod stem;
pub mod variety;
pub mod wordnet;

use crate::error::WordsError;
use std::collections::HashMap;
use std::hash::Hash;

/// A caption as words.
pub type Caption = Vec<String>;

/// Captions of some pictures with the references of each, checked once.
///
/// # Errors
/// [`WordsError::Unpaired`]: other numbers of captions and pictures, none at all, a picture without
/// reference.
pub(crate) fn paired(captions: &[Caption], references: &[Vec<Caption>]) -> Result<(), WordsError> {
    let unpaired = |what: String| Err(WordsError::Unpaired { what });
    if captions.is_empty() {
        return unpaired("there is no caption to measure".to_owned());
    }
    if captions.len() != references.len() {
        let (found, expected) = (captions.len(), references.len());
        return unpaired(format!(
            "{found} captions for {expected} pictures with references"
        ));
    }
    match references.iter().position(Vec::is_empty) {
        Some(n) => unpaired(format!("picture {} has no reference", n + 1)),
        None => Ok(()),
    }
}

/// Captions with numbers in the place of words, which are compared faster: equal words, equal numbers.
pub(crate) fn numbered<'a>(
    captions: impl IntoIterator<Item = &'a Caption>,
    known: &mut HashMap<&'a str, u32>,
) -> Vec<Vec<u32>> {
    let mut number = |word: &'a String| {
        let next = known.len() as u32;
        *known.entry(word).or_insert(next)
    };
    captions
        .into_iter()
        .map(|caption| caption.iter().map(&mut number).collect())
        .collect()
}

/// How often each run of one to four words occurs, by length.
pub(crate) fn runs<W: Eq + Hash>(caption: &[W]) -> [HashMap<&[W], usize>; 4] {
    std::array::from_fn(|n| {
        let mut counts = HashMap::new();
        for run in caption.windows(n + 1) {
            *counts.entry(run).or_default() += 1;
        }
        counts
    })
}
