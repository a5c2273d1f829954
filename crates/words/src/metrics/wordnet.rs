//! Words that mean the same, by an installed WordNet.
//!
//! - **Computes** whether one word is among the synonyms of another, whatever its part of speech, after its
//!   ending was taken off.
//! - **Input** the folder with WordNet's `index.*`, `data.*` and `*.exc` files. **Output** see [`Synonyms`].
//! - **Source** Miller (1995); the endings and the order of trying them are those of WordNet's Morphy, as
//!   NLTK has them.
//! - **Deviations** none; names of several words are no synonyms of one, as in NLTK's METEOR.

use super::meteor::Synonyms;
use crate::error::WordsError;
use affetti_weights::store::MAX_BYTES;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Endings of a part of speech and what they become.
type Endings = &'static [(&'static str, &'static str)];

/// Parts of speech by the names of their files.
const PARTS: [(&str, Endings); 4] = [
    (
        "noun",
        &[
            ("s", ""),
            ("ses", "s"),
            ("ves", "f"),
            ("xes", "x"),
            ("zes", "z"),
            ("ches", "ch"),
            ("shes", "sh"),
            ("men", "man"),
            ("ies", "y"),
        ],
    ),
    (
        "verb",
        &[
            ("s", ""),
            ("ies", "y"),
            ("es", "e"),
            ("es", ""),
            ("ed", "e"),
            ("ed", ""),
            ("ing", "e"),
            ("ing", ""),
        ],
    ),
    ("adj", &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")]),
    ("adv", &[]),
];

/// One part of speech.
#[derive(Debug, Default)]
struct Part {
    endings: Endings,
    /// Meanings of each word.
    meanings: HashMap<String, Vec<usize>>,
    /// Words of each meaning.
    words: HashMap<usize, Vec<String>>,
    /// Irregular forms.
    irregular: HashMap<String, Vec<String>>,
}

/// An installed WordNet.
#[derive(Debug)]
pub struct WordNet {
    parts: Vec<Part>,
    /// What was asked before: texts use few words often.
    asked: Mutex<HashMap<String, Arc<HashSet<String>>>>,
}

impl WordNet {
    /// Reads the files of `folder`.
    ///
    /// # Errors
    /// Files that are not there, and [`WordsError::BadFile`] with the first line that is none of WordNet's.
    pub fn read(folder: &Path) -> Result<Self, WordsError> {
        let parts = PARTS
            .iter()
            .map(|(name, endings)| Part::read(folder, name, endings));
        Ok(Self {
            parts: parts.collect::<Result<_, _>>()?,
            asked: Mutex::default(),
        })
    }

    /// All words that may mean what `word` does, itself not necessarily among them.
    fn synonyms(&self, word: &str) -> Arc<HashSet<String>> {
        let asked = |found: Option<Arc<HashSet<String>>>| {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            match found {
                Some(found) => asked.insert(word.to_owned(), found),
                None => asked.get(word).cloned(),
            }
        };
        if let Some(found) = asked(None) {
            return found;
        }
        let of = |part: &'_ Part| -> Vec<usize> {
            let forms = part.forms(word);
            forms
                .iter()
                .flat_map(|form| part.meanings[form.as_str()].clone())
                .collect()
        };
        let words = self.parts.iter().flat_map(|part| {
            of(part)
                .into_iter()
                .filter_map(|meaning| part.words.get(&meaning))
                .flatten()
        });
        let found: Arc<HashSet<String>> = Arc::new(words.cloned().collect());
        asked(Some(Arc::clone(&found)));
        found
    }
}

impl Synonyms for WordNet {
    fn alike(&self, word: &str, other: &str) -> bool {
        self.synonyms(word).contains(other)
    }
}

impl Part {
    fn read(folder: &Path, name: &str, endings: Endings) -> Result<Self, WordsError> {
        let mut part = Self {
            endings,
            ..Self::default()
        };
        let lines = |file: String, row: &mut dyn FnMut(&str) -> Option<()>| {
            let path = folder.join(file);
            let bytes = affetti_ground::read_within(&path, MAX_BYTES)?;
            for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
                // The licence stands in front, its lines begin with spaces.
                if !line.starts_with(' ') && !line.is_empty() && row(line).is_none() {
                    let what = format!("line {}: not as WordNet has it", number + 1);
                    return Err(WordsError::BadFile { path, what });
                }
            }
            Ok(())
        };
        lines(format!("index.{name}"), &mut |line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let count: usize = fields.get(2)?.parse().ok()?;
            let offsets = fields.get(fields.len().checked_sub(count)?..)?;
            let offsets: Option<Vec<usize>> = offsets.iter().map(|n| n.parse().ok()).collect();
            part.meanings.insert(fields[0].to_owned(), offsets?);
            Some(())
        })?;
        lines(format!("data.{name}"), &mut |line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let count = usize::from_str_radix(fields.get(3)?, 16).ok()?;
            let named = fields
                .get(4..4 + 2 * count)?
                .chunks_exact(2)
                .map(|pair| pair[0]);
            // Adjectives may say where they stand: "galore(ip)".
            let plain = named.map(|word| word.split('(').next().unwrap_or(word));
            let single = plain.filter(|word| !word.contains('_')).map(str::to_owned);
            part.words.insert(fields[0].parse().ok()?, single.collect());
            Some(())
        })?;
        lines(format!("{name}.exc"), &mut |line| {
            let mut fields = line.split_whitespace().map(str::to_owned);
            part.irregular.insert(fields.next()?, fields.collect());
            Some(())
        })?;
        Ok(part)
    }

    /// The forms of `word` that have a meaning.
    fn forms(&self, word: &str) -> Vec<String> {
        let known = |forms: Vec<String>| -> Vec<String> {
            let mut seen = HashSet::new();
            let good = forms
                .into_iter()
                .filter(|form| self.meanings.contains_key(form));
            good.filter(|form| seen.insert(form.clone())).collect()
        };
        let own = vec![word.to_owned()];
        if let Some(irregular) = self.irregular.get(word) {
            return known([own, irregular.clone()].concat());
        }
        let cut = |forms: &[String]| -> Vec<String> {
            let one = |form: &String| {
                let cuts = self.endings.iter().filter_map(|(ending, new)| {
                    Some(format!("{}{new}", form.strip_suffix(ending)?))
                });
                cuts.collect::<Vec<_>>()
            };
            forms.iter().flat_map(one).collect()
        };
        let mut forms = cut(&own);
        let mut found = known([own, forms.clone()].concat());
        while found.is_empty() && !forms.is_empty() {
            forms = cut(&forms);
            found = known(forms.clone());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two meanings of "sea", one of "walk", in the files' own form.
    #[test]
    fn a_small_wordnet() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("writable");
        };
        for (name, _) in PARTS {
            write(&format!("index.{name}"), "  1 licence\n");
            write(&format!("data.{name}"), "  1 licence\n");
            write(&format!("{name}.exc"), "");
        }
        write(
            "index.noun",
            "  1 licence\nsea n 2 1 @ 2 1 00000100 00000200\nocean n 1 0 1 0 00000100\n",
        );
        write(
            "data.noun",
            "  1 licence\n00000100 17 n 03 sea 0 ocean 0 the_deep 0 001 @ 9 n 0000 | water\n\
             00000200 17 n 01 sea 1 000 | much\n",
        );
        write("index.verb", "go v 1 0 1 0 00000300\n");
        write("data.verb", "00000300 38 v 02 go 0 move 0 000 | walk\n");
        write("verb.exc", "went go\n");
        let net = WordNet::read(folder.path()).expect("reads");
        for (word, other, expected) in [
            ("sea", "ocean", true),
            ("seas", "ocean", true),
            ("went", "move", true),
            ("going", "move", true),
            ("sea", "the_deep", false),
            ("dog", "sea", false),
        ] {
            assert_eq!(net.alike(word, other), expected, "{word} {other}");
        }
        write("index.adv", "calmly r x\n");
        let told = WordNet::read(folder.path())
            .expect_err("broken")
            .to_string();
        assert!(
            told.ends_with("index.adv: line 1: not as WordNet has it"),
            "{told}"
        );
    }
}
