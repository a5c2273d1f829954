//! Pieces of words, as BERT and its kin read them.
//!
//! - **Computes** ids of pieces: lower case without accents, split at white space and punctuation;
//!   then the longest piece that begins each word, and so on; pieces inside of a word begin with
//!   `##`. A word that cannot be cut is `[UNK]`.
//! - **Input** any text. **Output** ids between `[CLS]` and `[SEP]`, at most as many as asked for.
//! - **Source** Devlin et al., "BERT" (2019); Schuster & Nakajima (2012) for the pieces.
//! - **Deviations** none on text of letters, numbers and punctuation (`peers/readers.py`, tests/pieces.rs); the list
//!   may be cut to the pieces that a corpus needs, see [`WordPieces::cut`].

use std::collections::{HashMap, HashSet};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest word, in characters, that is cut; longer ones are unknown.
const LONGEST_WORD: usize = 100;
/// The pieces that mean no text, by their names.
const SPECIAL: [&str; 3] = ["[UNK]", "[CLS]", "[SEP]"];

/// A list of pieces; the place is the id.
#[derive(Clone, Debug)]
pub struct WordPieces {
    pieces: Vec<String>,
    ids: HashMap<String, u32>,
    /// `[UNK]`, `[CLS]`, `[SEP]`
    special: [u32; 3],
    longest: usize,
}

impl WordPieces {
    /// # Errors
    /// Which special piece is missing, or which piece stands twice.
    pub fn new(pieces: Vec<String>) -> Result<Self, String> {
        let mut ids = HashMap::with_capacity(pieces.len());
        for (id, piece) in pieces.iter().enumerate() {
            if ids.insert(piece.clone(), id as u32).is_some() {
                return Err(format!("the piece {piece:?} stands twice"));
            }
        }
        let mut special = [0; 3];
        for (place, name) in special.iter_mut().zip(SPECIAL) {
            *place = *ids
                .get(name)
                .ok_or(format!("the piece {name} is missing"))?;
        }
        let longest = pieces.iter().map(|p| p.chars().count()).max().unwrap_or(0);
        Ok(Self {
            pieces,
            ids,
            special,
            longest,
        })
    }

    /// The pieces, by id.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The id of `[UNK]`.
    #[must_use]
    pub fn unknown(&self) -> u32 {
        self.special[0]
    }

    /// Ids of `text` with `[CLS]` before and `[SEP]` behind, at most `limit` of them (two at least).
    #[must_use]
    pub fn ids(&self, text: &str, limit: usize) -> Vec<u32> {
        let mut ids = vec![self.special[1]];
        for word in words(text) {
            if ids.len() + 1 >= limit {
                break;
            }
            self.cut_word(&word, &mut ids);
        }
        ids.truncate(limit.max(2) - 1);
        ids.push(self.special[2]);
        ids
    }

    /// Whether `word`, one of [`words`], is a piece as it stands.
    #[must_use]
    pub fn knows(&self, word: &str) -> bool {
        self.ids.contains_key(word)
    }

    /// The pieces of one word of [`words`].
    fn cut_word(&self, word: &str, ids: &mut Vec<u32>) {
        let ends: Vec<usize> = word
            .char_indices()
            .map(|(at, c)| at + c.len_utf8())
            .collect();
        if ends.len() > LONGEST_WORD {
            ids.push(self.special[0]);
            return;
        }
        let begin = ids.len();
        // Characters done, and the byte where the rest begins.
        let (mut done, mut from) = (0, 0);
        let mut inside = String::new();
        while done < ends.len() {
            let most = (done + self.longest).min(ends.len());
            let found = (done + 1..=most).rev().find_map(|end| {
                let part = &word[from..ends[end - 1]];
                let id = if done == 0 {
                    self.ids.get(part)
                } else {
                    inside.clear();
                    inside.push_str("##");
                    inside.push_str(part);
                    self.ids.get(&inside)
                };
                id.map(|id| (end, *id))
            });
            let Some((end, id)) = found else {
                ids.truncate(begin);
                ids.push(self.special[0]);
                return;
            };
            ids.push(id);
            (done, from) = (end, ends[end - 1]);
        }
    }

    /// The list without pieces that none of `texts` needs, except special ones and single
    /// characters; and for each that stays its place before.
    #[must_use]
    pub fn cut<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> (Self, Vec<u32>) {
        let mut used: HashSet<u32> = self.special.into_iter().collect();
        for text in texts {
            used.extend(self.ids(text, usize::MAX));
        }
        let single = |piece: &str| {
            let bare = piece.strip_prefix("##").unwrap_or(piece);
            bare.is_ascii() && bare.len() == 1
        };
        let kept: Vec<u32> = (0..self.pieces.len() as u32)
            .filter(|id| used.contains(id) || single(&self.pieces[*id as usize]))
            .collect();
        let pieces = kept.iter().map(|id| self.pieces[*id as usize].clone());
        let list = Self::new(pieces.collect()).expect("a part of a good list is good");
        (list, kept)
    }
}

/// The words of a text: lower case without accents, split at white space and punctuation.
/// Punctuation is a word by itself, and so is each character of a script without spaces.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let lower = text
        .chars()
        .filter(|c| !is_control(*c))
        .flat_map(char::to_lowercase);
    for c in lower.nfd().filter(|c| !is_combining_mark(*c)) {
        let alone = is_punctuation(c) || is_ideograph(c);
        if alone || c.is_whitespace() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            words.extend(alone.then(|| c.to_string()));
        } else {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// What is left out: control characters beside white space, and the sign of broken text.
fn is_control(c: char) -> bool {
    (c.is_control() && !c.is_whitespace()) || c == '\u{fffd}'
}

/// ASCII's signs, and the blocks where Unicode keeps punctuation.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c,
            '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}')
}

/// The blocks of Chinese characters.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::{WordPieces, words};

    fn list(pieces: &[&str]) -> WordPieces {
        let all = ["[UNK]", "[CLS]", "[SEP]"].iter().chain(pieces);
        WordPieces::new(all.map(|p| (*p).to_owned()).collect()).expect("good")
    }

    #[test]
    fn words_are_lower_case_without_accents_and_apart_from_signs() {
        assert_eq!(
            words("The caf\u{e9}'s GLOW,\u{2014}so\twarm\u{0}!"),
            [
                "the", "cafe", "'", "s", "glow", ",", "\u{2014}", "so", "warm", "!"
            ]
        );
        assert_eq!(words("海が calm"), ["海", "か", "calm"]);
        assert!(words(" \n").is_empty());
    }

    #[test]
    fn the_longest_piece_comes_first() {
        let list = list(&["un", "##happi", "##ness", "##hap", "sea", "s"]);
        // [CLS] un ##happi ##ness sea [SEP]
        assert_eq!(list.ids("unhappiness sea", 99), [1, 3, 4, 5, 7, 2]);
        // "seas" ends in a piece that is not there: the whole word is unknown.
        assert_eq!(list.ids("seas", 99), [1, 0, 2]);
        assert_eq!(list.ids("sea sea sea", 4), [1, 7, 7, 2]);
        assert_eq!(list.ids("", 99), [1, 2]);
        assert_eq!(list.ids(&"s".repeat(101), 99), [1, 0, 2]);
    }

    #[test]
    fn a_cut_list_reads_its_texts_as_before() {
        let list = list(&[
            "un", "##happi", "##ness", "sea", "s", "##s", "##ea", "storm",
        ]);
        let (small, kept) = list.cut(["unhappiness", "sea"]);
        assert!(!small.pieces().contains(&"storm".to_owned()));
        assert!(small.pieces().contains(&"##s".to_owned()));
        let before = |ids: Vec<u32>| ids.iter().map(|id| kept[*id as usize]).collect::<Vec<_>>();
        assert_eq!(
            before(small.ids("sea unhappiness", 99)),
            list.ids("sea unhappiness", 99)
        );
    }

    #[test]
    fn bad_lists_are_told() {
        let list = |pieces: &[&str]| {
            WordPieces::new(pieces.iter().map(|p| (*p).to_owned()).collect()).expect_err("bad")
        };
        assert_eq!(list(&["a", "a"]), "the piece \"a\" stands twice");
        assert_eq!(list(&["[UNK]", "[SEP]"]), "the piece [CLS] is missing");
    }
}
