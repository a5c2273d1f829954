//! The word that an unknown word probably is.
//!
//! - **Computes** of all known words that are one slip away (a letter left out, put in, changed, or two
//!   neighbours swapped) the most frequent one.
//! - **Input** words of four letters and more: shorter ones have too many neighbours.
//! - **Source** Damerau (1964); deletions on both sides instead of all edits by Garbe's SymSpell (2012).
//! - **Deviations** SymSpell's list of 82,765 English words is not ours to ship: the list is that of the
//!   corpus, in its order of frequency.

use std::collections::HashMap;

/// The shortest word that is mended, in characters.
const SHORTEST: usize = 4;
/// The longest.
const LONGEST: usize = 24;

/// Known words by what is left of them without one letter.
#[derive(Clone, Debug, Default)]
pub struct Spelling {
    words: Vec<String>,
    /// Numbers of words, the most frequent first.
    parts: HashMap<String, Vec<u32>>,
}

impl Spelling {
    /// Of known words, the most frequent first.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spelling = Self::default();
        for word in words.into_iter().filter(|word| mendable(word)) {
            let number = spelling.words.len() as u32;
            spelling.words.push(word.to_owned());
            for part in parts(word) {
                spelling.parts.entry(part).or_default().push(number);
            }
        }
        spelling
    }

    /// The most frequent known word that is one slip from `word`.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Option<&str> {
        if !mendable(word) {
            return None;
        }
        let candidates = parts(word)
            .into_iter()
            .filter_map(|part| self.parts.get(&part));
        let near = |number: &&u32| one_slip(word, &self.words[**number as usize]);
        let best = candidates.flatten().filter(near).min()?;
        Some(&self.words[*best as usize])
    }
}

fn mendable(word: &str) -> bool {
    let letters = word.chars().all(char::is_alphabetic);
    letters && (SHORTEST..=LONGEST).contains(&word.chars().count())
}

/// `word`, and `word` without each of its letters.
fn parts(word: &str) -> Vec<String> {
    let without = |(at, c): (usize, char)| [&word[..at], &word[at + c.len_utf8()..]].concat();
    let mut parts: Vec<String> = word.char_indices().map(without).collect();
    parts.push(word.to_owned());
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Whether one letter left out, put in or changed, or two neighbours swapped, makes `a` to `b`.
fn one_slip(a: &str, b: &str) -> bool {
    let [a, b]: [Vec<char>; 2] = [a, b].map(|word| word.chars().collect());
    let begin = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let [a, b] = [&a[begin..], &b[begin..]];
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b);
    let end = end.count();
    match [&a[..a.len() - end], &b[..b.len() - end]] {
        [[], [_]] | [[_], []] | [[_], [_]] => true,
        [[a, b], [c, d]] => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Spelling, one_slip};

    #[test]
    fn one_slip_and_no_more() {
        for (a, b, expected) in [
            ("lonley", "lonely", true),
            ("lonly", "lonely", true),
            ("lonelly", "lonely", true),
            ("lonesy", "lonely", true),
            ("lonely", "lonely", false),
            ("loenyl", "lonely", false),
            ("lovable", "lonely", false),
            ("peacfull", "peaceful", false),
        ] {
            assert_eq!(one_slip(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_more_frequent_word_is_meant() {
        let spelling = Spelling::new(["storm", "story", "sea", "caf\u{e9}s"]);
        assert_eq!(spelling.nearest("stort"), Some("storm"));
        assert_eq!(spelling.nearest("stroy"), Some("story"));
        assert_eq!(spelling.nearest("caf\u{e9}"), Some("caf\u{e9}s"));
        // Too short, no word, nothing near.
        assert_eq!(spelling.nearest("see"), None);
        assert_eq!(spelling.nearest("st0rm"), None);
        assert_eq!(spelling.nearest("mountain"), None);
    }
}
