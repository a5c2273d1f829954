//! Words with numbers.
//!
//! - **Computes** the list of words that a corpus has often enough, sorted by how often, then by
//!   letters; ids of words, `<unk>` for the rest.
//! - **Source** Achlioptas et al., *ArtEmis* (2021): `<pad>` 0, `<sos>` 1, `<eos>` 2, `<unk>` 3, words
//!   of five occurrences and more.
//! - **Deviations** none.

use super::spelling::Spelling;
use std::collections::HashMap;

/// What has a number and is no word.
pub const SPECIAL: [&str; 4] = ["<pad>", "<sos>", "<eos>", "<unk>"];
/// Fills short rows.
pub const PAD: u32 = 0;
/// Begins a sentence.
pub const BEGIN: u32 = 1;
/// Ends a sentence.
pub const END: u32 = 2;
/// Any word that is not in the list.
pub const UNKNOWN: u32 = 3;

/// A list of words; the place is the number.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// The words that occur `least` times and more in `sentences`.
    #[must_use]
    pub fn of<'a>(sentences: impl IntoIterator<Item = &'a [String]>, least: usize) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in sentences.into_iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let mut often: Vec<(&str, usize)> = counts
            .into_iter()
            .filter(|(word, count)| *count >= least && !SPECIAL.contains(word))
            .collect();
        often.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let words = often.into_iter().map(|(word, _)| word.to_owned());
        Self::new(words.collect())
    }

    /// Of `words`, to which those of [`SPECIAL`] are added in front; a word that stands twice has its
    /// first number.
    #[must_use]
    pub fn new(words: Vec<String>) -> Self {
        let all = SPECIAL.iter().map(|w| (*w).to_owned()).chain(words);
        let words: Vec<String> = all.collect();
        let mut ids = HashMap::with_capacity(words.len());
        for (id, word) in words.iter().enumerate() {
            ids.entry(word.clone()).or_insert(id as u32);
        }
        Self { words, ids }
    }

    /// All words by number, those of [`SPECIAL`] first.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The number of `word`.
    #[must_use]
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    /// The numbers of `words`; of words that are not in the list that of what `spelling` takes them
    /// for.
    #[must_use]
    pub fn ids(&self, words: &[String], spelling: Option<&Spelling>) -> Vec<u32> {
        let meant = |word: &String| spelling.and_then(|s| self.id(s.nearest(word)?));
        words
            .iter()
            .map(|word| self.id(word).or_else(|| meant(word)).unwrap_or(UNKNOWN))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn frequent_words_come_first_and_rare_ones_not_at_all() {
        let sentences = [
            words("the sea the sky"),
            words("a sea of the sky <unk> <unk>"),
        ];
        let list = Vocabulary::of(sentences.iter().map(Vec::as_slice), 2);
        // the 3, sea 2, sky 2; "<unk>" has its number already.
        assert_eq!(list.words()[4..], ["the", "sea", "sky"]);
        assert_eq!(list.ids(&words("the dog sky"), None), [4, UNKNOWN, 6]);
    }

    #[test]
    fn unknown_words_are_spelled() {
        let list = Vocabulary::new(words("lonely sea"));
        let spelling = Spelling::new(list.words()[4..].iter().map(String::as_str));
        assert_eq!(
            list.ids(&words("lonley sea dogs"), Some(&spelling)),
            [4, 5, UNKNOWN]
        );
    }
}
