//! The words of an utterance, as the researchers of ArtEmis make them.
//!
//! - **Computes** words of a sentence: lower case, single words out of quotes, contractions spelled
//!   out, punctuation to spaces, then the cuts of the Penn Treebank that are left after that.
//! - **Input** any text. **Output** words in order; none where there is nothing but punctuation.
//! - **Source** the order of steps is that of Achlioptas et al., *ArtEmis* (2021), with NLTK's
//!   `word_tokenize` (Marcus et al. 1993 for its rules).
//! - **Deviations** the contractions are a table of ours, not theirs; their map of whole sentences and
//!   of single words, which mend known slips of their annotators, is left out.

/// What becomes a space.
const SEPARATORS: &str =
    ".?!,:;/\\-~*_=[]{}$^@|%#<>\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2026}";

/// Signs of quotation, which become a straight one or nothing.
const APOSTROPHES: [char; 4] = ['\u{2018}', '\u{2019}', '\u{2bc}', '`'];
const QUOTES: [char; 3] = ['"', '\u{201c}', '\u{201d}'];

/// Contractions that are more than a stem and an ending.
const WHOLE: [(&str, &str); 22] = [
    ("ain't", "is not"),
    ("aint", "is not"),
    ("can't", "can not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("didnt", "did not"),
    ("doesnt", "does not"),
    ("dont", "do not"),
    ("gonna", "going to"),
    ("gotta", "got to"),
    ("i'm", "i am"),
    ("im", "i am"),
    ("isnt", "is not"),
    ("it's", "it is"),
    ("let's", "let us"),
    ("shan't", "shall not"),
    ("that's", "that is"),
    ("there's", "there is"),
    ("wanna", "want to"),
    ("what's", "what is"),
    ("won't", "will not"),
    ("y'all", "you all"),
];

/// Stems after which 's is a verb; after others it is a genitive.
const PRONOUNS: [&str; 8] = ["he", "she", "who", "here", "where", "how", "when", "why"];

/// The ending of a genitive, a word by itself.
const GENITIVE: &str = "'s";

/// Endings and what they stand for.
const ENDINGS: [(&str, &str); 6] = [
    ("n't", "not"),
    ("'re", "are"),
    ("'ve", "have"),
    ("'ll", "will"),
    ("'d", "would"),
    ("'m", "am"),
];

/// The words of `text`.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let plain: String = text.to_lowercase().chars().filter_map(plain).collect();
    for part in plain.split_whitespace() {
        if part == GENITIVE {
            // Words that are words already stay as they are.
            words.push(part.to_owned());
            continue;
        }
        let part = part.trim_matches('\'');
        for word in parenthesised(part) {
            expand(word, &mut words);
        }
    }
    words
}

/// One character as the rest sees it; none where it is dropped.
fn plain(c: char) -> Option<char> {
    if SEPARATORS.contains(c) || c.is_control() || c == '\u{fffd}' {
        Some(' ')
    } else if APOSTROPHES.contains(&c) {
        Some('\'')
    } else {
        (!QUOTES.contains(&c)).then_some(c)
    }
}

/// Parentheses and "&" are words by themselves.
fn parenthesised(part: &str) -> impl Iterator<Item = &str> {
    part.split_inclusive(['(', ')', '&'])
        .flat_map(|piece| match piece.char_indices().last() {
            Some((at, '(' | ')' | '&')) => [&piece[..at], &piece[at..]],
            _ => [piece, ""],
        })
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
}

/// Puts the words that `word` stands for into `words`.
fn expand(word: &str, words: &mut Vec<String>) {
    let whole = |word: &str| {
        WHOLE
            .iter()
            .find(|(short, _)| *short == word)
            .map(|(_, long)| *long)
    };
    // Endings from the last one on, however many there are.
    let (mut stem, mut endings) = (word, Vec::new());
    while whole(stem).is_none() {
        let cut = ENDINGS
            .iter()
            .find_map(|(ending, long)| Some((stem.strip_suffix(ending)?, *long)));
        let Some((rest, long)) = cut.filter(|(rest, _)| !rest.is_empty()) else {
            break;
        };
        endings.push(long);
        stem = rest;
    }
    match (
        whole(stem),
        stem.strip_suffix(GENITIVE).filter(|stem| !stem.is_empty()),
    ) {
        (Some(long), _) => words.extend(long.split(' ').map(str::to_owned)),
        (None, Some(stem)) => {
            let ending = if PRONOUNS.contains(&stem) {
                "is"
            } else {
                GENITIVE
            };
            words.extend([stem, ending].map(str::to_owned));
        }
        (None, None) => words.push(stem.to_owned()),
    }
    words.extend(endings.into_iter().rev().map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::words;

    fn told(text: &str) -> String {
        words(text).join(" ")
    }

    #[test]
    fn every_step_by_hand() {
        for (text, expected) in [
            ("It's CALM, isn't it?", "it is calm is not it"),
            (
                "The 'sad' eyes\u{2014}they\u{2019}re \"deep\".",
                "the sad eyes they are deep",
            ),
            (
                "I can't look at the woman's face",
                "i can not look at the woman 's face",
            ),
            (
                "he's here; she'd've known",
                "he is here she would have known",
            ),
            ("blue(ish) sky & sea", "blue ( ish ) sky & sea"),
            ("won't/don't cant", "will not do not can not"),
            ("the dancers' shoes", "the dancers shoes"),
            ("... ?! \u{2026}", ""),
            ("", ""),
            ("n't 's '", "n't 's"),
            ("the woman 's face", "the woman 's face"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn endings_without_end_are_words() {
        let many = format!("x{}", "'d".repeat(100_000));
        let found = words(&many);
        assert_eq!(
            (found.len(), found[0].as_str(), found[1].as_str()),
            (100_001, "x", "would")
        );
    }

    #[test]
    fn scripts_and_signs_stay() {
        assert_eq!(told("\u{fffd}heart \u{2764} 海"), "heart \u{2764} 海");
    }
}
