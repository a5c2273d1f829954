//! Stems of English words.
//!
//! - **Computes** what is left of a word without its endings: "crying", "cries" and "cry" have one stem.
//! - **Input** a word in lower case. **Output** its stem, which need not be a word.
//! - **Source** Porter, "An algorithm for suffix stripping" (1980), with the changes of NLTK's
//!   `PorterStemmer`, by which METEOR is computed there.
//! - **Deviations** words with other letters than a to z stay as they are.

/// Words whose stems no rule finds.
const IRREGULAR: [(&str, &str); 16] = [
    ("canning", "canning"),
    ("cannings", "canning"),
    ("dying", "die"),
    ("exceed", "exceed"),
    ("howe", "howe"),
    ("inning", "inning"),
    ("innings", "inning"),
    ("lying", "lie"),
    ("news", "news"),
    ("outing", "outing"),
    ("outings", "outing"),
    ("proceed", "proceed"),
    ("skies", "sky"),
    ("sky", "sky"),
    ("succeed", "succeed"),
    ("tying", "tie"),
];

/// The endings of the second step, and what they become.
const SECOND: [(&str, &str); 21] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const THIRD: [(&str, &str); 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// The endings that the fourth step drops.
const FOURTH: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// The stem of `word`.
#[must_use]
pub fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(known, _)| *known == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 || !word.bytes().all(|c| c.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let steps = [
        plurals,
        participles,
        final_y,
        second,
        third,
        fourth,
        final_e,
    ];
    steps.iter().fold(word.to_owned(), |word, step| step(word))
}

fn is_consonant(word: &[u8], at: usize) -> bool {
    match word[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => at == 0 || !is_consonant(word, at - 1),
        _ => true,
    }
}

/// How often a consonant follows a vowel.
fn measure(stem: &str) -> usize {
    let letters = stem.as_bytes();
    let follows = |at: &usize| !is_consonant(letters, at - 1) && is_consonant(letters, *at);
    (1..letters.len()).filter(follows).count()
}

fn has_vowel(stem: &str) -> bool {
    (0..stem.len()).any(|at| !is_consonant(stem.as_bytes(), at))
}

fn ends_double(word: &str) -> bool {
    let letters = word.as_bytes();
    let last = letters.len().wrapping_sub(1);
    letters.len() >= 2 && letters[last] == letters[last - 1] && is_consonant(letters, last)
}

/// Consonant, vowel, consonant other than w, x, y; of two letters, vowel and consonant.
fn ends_short(word: &str) -> bool {
    let letters = word.as_bytes();
    let kind = |at: usize| is_consonant(letters, at);
    match letters.len() {
        0 | 1 => false,
        2 => !kind(0) && kind(1),
        n => kind(n - 3) && !kind(n - 2) && kind(n - 1) && !b"wxy".contains(&letters[n - 1]),
    }
}

/// `word` by the first of `rules` whose ending it has, where `good` allows the stem.
fn first_rule(word: &str, rules: &[(&str, &str)], good: impl Fn(&str) -> bool) -> Option<String> {
    let found = rules
        .iter()
        .find_map(|(ending, new)| Some((word.strip_suffix(ending)?, new)));
    let (stem, new) = found?;
    Some(if good(stem) {
        format!("{stem}{new}")
    } else {
        word.to_owned()
    })
}

fn plurals(word: String) -> String {
    if word.len() == 4 && word.ends_with("ies") {
        return word[..3].to_owned();
    }
    let rules = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];
    first_rule(&word, &rules, |_| true).unwrap_or(word)
}

fn participles(word: String) -> String {
    if let Some(stem) = word.strip_suffix("ied") {
        return format!("{stem}{}", if word.len() == 4 { "ie" } else { "i" });
    }
    if let Some(stem) = word.strip_suffix("eed") {
        return if measure(stem) > 0 {
            format!("{stem}ee")
        } else {
            word
        };
    }
    let stem = ["ed", "ing"]
        .iter()
        .find_map(|e| word.strip_suffix(e).filter(|s| has_vowel(s)));
    let Some(stem) = stem.map(str::to_owned) else {
        return word;
    };
    let rules = [("at", "ate"), ("bl", "ble"), ("iz", "ize")];
    if let Some(long) = first_rule(&stem, &rules, |_| true) {
        return long;
    }
    if ends_double(&stem) {
        let kept = stem.ends_with(['l', 's', 'z']);
        return if kept {
            stem
        } else {
            stem[..stem.len() - 1].to_owned()
        };
    }
    if measure(&stem) == 1 && ends_short(&stem) {
        return stem + "e";
    }
    stem
}

fn final_y(word: String) -> String {
    let good = |stem: &str| stem.len() > 1 && is_consonant(stem.as_bytes(), stem.len() - 1);
    first_rule(&word, &[("y", "i")], good).unwrap_or(word)
}

fn second(word: String) -> String {
    if let Some(stem) = word.strip_suffix("alli").filter(|stem| measure(stem) > 0) {
        return second(format!("{stem}al"));
    }
    if let Some(found) = first_rule(&word, &SECOND, |stem| measure(stem) > 0) {
        return found;
    }
    let good = |stem: &str| measure(&format!("{stem}l")) > 0;
    first_rule(&word, &[("logi", "log")], good).unwrap_or(word)
}

fn third(word: String) -> String {
    first_rule(&word, &THIRD, |stem| measure(stem) > 0).unwrap_or(word)
}

fn fourth(word: String) -> String {
    let rules = FOURTH.map(|ending| (ending, ""));
    let ion = word.ends_with("ion");
    let good = |stem: &str| measure(stem) > 1 && (!ion || stem.ends_with(['s', 't']));
    first_rule(&word, &rules, good).unwrap_or(word)
}

fn final_e(word: String) -> String {
    let mut word = word;
    if let Some(stem) = word.strip_suffix('e') {
        let size = measure(stem);
        if size > 1 || (size == 1 && !ends_short(stem)) {
            word.pop();
        }
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
    word
}
