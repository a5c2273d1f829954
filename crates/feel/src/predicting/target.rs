//! What an artist wants viewers to feel, as people write it.
//!
//! - **Input** `awe`, `awe,fear`, `awe=.6,fear=.4`, `awe=60%,fear=40%`, `awe=3,fear=2`; everyday words
//!   for the nine emotions.
//! - **Output** shares of the nine that sum to 1, and what was read otherwise than it was written.
//! - **Errors** one line; a word that nobody knows with the nearest known one.

use crate::error::FeelError;
use affetti_emotion::{Distribution, Emotion, Label, SUM_TOLERANCE};
use affetti_ground::config::nearest;
use std::str::FromStr;

/// Longest piece of a bad target that a message repeats, in characters.
const QUOTED: usize = 60;
/// A slip of the keyboard or two; further away a word is another one.
const SLIPS: usize = 2;
/// Larger numbers are no shares of anything.
const MOST: f64 = 1e6;

/// Words that people use for the nine, in lower case.
const WORDS: [(&str, Emotion); 56] = [
    ("amused", Emotion::Amusement),
    ("amusing", Emotion::Amusement),
    ("comic", Emotion::Amusement),
    ("fun", Emotion::Amusement),
    ("funny", Emotion::Amusement),
    ("humor", Emotion::Amusement),
    ("playful", Emotion::Amusement),
    ("admiration", Emotion::Awe),
    ("awed", Emotion::Awe),
    ("awesome", Emotion::Awe),
    ("grandeur", Emotion::Awe),
    ("majestic", Emotion::Awe),
    ("sublime", Emotion::Awe),
    ("wonder", Emotion::Awe),
    ("calm", Emotion::Contentment),
    ("content", Emotion::Contentment),
    ("cozy", Emotion::Contentment),
    ("happiness", Emotion::Contentment),
    ("happy", Emotion::Contentment),
    ("peace", Emotion::Contentment),
    ("peaceful", Emotion::Contentment),
    ("relaxed", Emotion::Contentment),
    ("serene", Emotion::Contentment),
    ("serenity", Emotion::Contentment),
    ("tranquil", Emotion::Contentment),
    ("energetic", Emotion::Excitement),
    ("enthusiasm", Emotion::Excitement),
    ("excited", Emotion::Excitement),
    ("exciting", Emotion::Excitement),
    ("joyful", Emotion::Excitement),
    ("lively", Emotion::Excitement),
    ("thrilling", Emotion::Excitement),
    ("angry", Emotion::Anger),
    ("furious", Emotion::Anger),
    ("outrage", Emotion::Anger),
    ("rage", Emotion::Anger),
    ("disgusted", Emotion::Disgust),
    ("disgusting", Emotion::Disgust),
    ("gross", Emotion::Disgust),
    ("repulsive", Emotion::Disgust),
    ("revolting", Emotion::Disgust),
    ("afraid", Emotion::Fear),
    ("anxiety", Emotion::Fear),
    ("creepy", Emotion::Fear),
    ("dread", Emotion::Fear),
    ("eerie", Emotion::Fear),
    ("frightening", Emotion::Fear),
    ("scary", Emotion::Fear),
    ("terror", Emotion::Fear),
    ("gloomy", Emotion::Sadness),
    ("grief", Emotion::Sadness),
    ("lonely", Emotion::Sadness),
    ("melancholic", Emotion::Sadness),
    ("melancholy", Emotion::Sadness),
    ("sad", Emotion::Sadness),
    ("sorrow", Emotion::Sadness),
];

/// What an artist wants viewers to feel: shares of the nine emotions.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    shares: Distribution<Emotion>,
    notes: Vec<String>,
}

impl Target {
    /// The shares.
    #[must_use]
    pub fn shares(&self) -> &Distribution<Emotion> {
        &self.shares
    }

    /// What was read otherwise than it was written, a line each: "calm is read as contentment".
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl From<Distribution<Emotion>> for Target {
    fn from(shares: Distribution<Emotion>) -> Self {
        let notes = Vec::new();
        Self { shares, notes }
    }
}

impl FromStr for Target {
    type Err = FeelError;

    /// Names without shares, as in `awe` and `awe,fear`, share equally; shares that do not sum to 1 are
    /// brought to it.
    fn from_str(text: &str) -> Result<Self, FeelError> {
        let bad = |what: String| FeelError::Target {
            given: text.chars().take(QUOTED).collect(),
            what,
        };
        let mut shares: [Option<f64>; 9] = [None; 9];
        let mut notes = Vec::new();
        let (mut bare, mut entries) = (0, 0);
        for entry in text.split(',') {
            let (name, share) = match entry.split_once('=') {
                Some((name, share)) => (name, number(share).map_err(bad)?),
                None => {
                    bare += 1;
                    (entry, 1.0)
                }
            };
            let emotion = emotion(name, &mut notes).map_err(bad)?;
            if shares[emotion.index()].replace(share).is_some() {
                return Err(bad(format!("{} appears twice", emotion.name())));
            }
            entries += 1;
        }
        if bare > 0 && bare < entries {
            return Err(bad("give all emotions a share, or none".into()));
        }
        let shares = shares.map(|share| share.unwrap_or(0.0));
        let sum: f64 = shares.iter().sum();
        if sum <= 0.0 {
            return Err(bad("the shares sum to 0".into()));
        }
        let shares = Distribution::from_counts(&shares).map_err(|error| bad(error.to_string()))?;
        if bare == 0 && (sum - 1.0).abs() > SUM_TOLERANCE && (sum - 100.0).abs() > 0.1 {
            notes.push(format!("the shares are brought to 1: {}", written(&shares)));
        }
        Ok(Self { shares, notes })
    }
}

/// "awe .6, fear .4"
fn written(shares: &Distribution<Emotion>) -> String {
    let some = shares.iter().filter(|(_, share)| *share > 0.0);
    let parts: Vec<String> = some
        .map(|(emotion, share)| format!("{} {:.2}", emotion.name(), share))
        .collect();
    parts.join(", ")
}

/// A share, a percentage, or a weight.
fn number(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (digits, over) = match text.strip_suffix('%') {
        Some(digits) => (digits, 100.0),
        None => (text, 1.0),
    };
    match digits.trim().parse::<f64>() {
        Ok(share) if (0.0..=MOST).contains(&share) => Ok(share / over),
        _ => {
            let shown: String = text.chars().take(QUOTED).collect();
            Err(format!(
                "the share {shown:?} is no number from 0 on; .6, 60% and 3 are"
            ))
        }
    }
}

/// The emotion called `name`, by its own name or an everyday word.
fn emotion(name: &str, notes: &mut Vec<String>) -> Result<Emotion, String> {
    let unknown = match Emotion::parse(name) {
        Ok(emotion) => return Ok(emotion),
        Err(error) => error.to_string(),
    };
    let word = name.trim().to_lowercase();
    if let Some((_, emotion)) = WORDS.iter().find(|(known, _)| *known == word) {
        notes.push(format!("{word} is read as {}", emotion.name()));
        return Ok(*emotion);
    }
    let known: Vec<&str> = Emotion::ALL
        .iter()
        .map(|emotion| emotion.name())
        .chain(WORDS.iter().map(|(word, _)| *word))
        .collect();
    let word: String = word.chars().take(QUOTED).collect();
    match nearest(&word, &known) {
        Some((near, slips)) if slips <= slips_of(&word) => {
            Err(format!("{unknown}; did you mean {near}?"))
        }
        _ => Err(unknown),
    }
}

/// How many slips a word of this length may have: of a short one, too many make another word.
fn slips_of(word: &str) -> usize {
    match word.chars().count() {
        0..4 => 0,
        4..6 => 1,
        _ => SLIPS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn targets_are_read() {
        let one = target("awe");
        assert_eq!(one.shares().get(Emotion::Awe), 1.0);
        for text in [
            " Awe = .6, fear=0.4 ",
            "awe=60%,fear=40 %",
            "awe=3,fear=2",
            "awe=60,fear=40",
        ] {
            let two = target(text);
            assert!(
                (two.shares().get(Emotion::Awe) - 0.6).abs() < 1e-12,
                "{text}"
            );
            assert!(
                (two.shares().get(Emotion::Fear) - 0.4).abs() < 1e-12,
                "{text}"
            );
        }
        let equal = target("sadness,something_else");
        assert_eq!(equal.shares().get(Emotion::SomethingElse), 0.5);
        assert_eq!(target("awe=60%").shares().get(Emotion::Awe), 1.0);
        // Rounded shares are brought to 1.
        let thirds = target("awe=.333,fear=.333,anger=.333");
        let sum: f64 = thirds.shares().as_slice().iter().sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_read_otherwise_is_told() {
        for text in ["awe", "awe,fear", "awe=.6,fear=.4", "awe=60%,fear=40%"] {
            assert!(target(text).notes().is_empty(), "{text}");
        }
        let calm = target("Calm=.5,gloomy=.5");
        assert_eq!(calm.shares().get(Emotion::Sadness), 0.5);
        assert_eq!(
            calm.notes(),
            ["calm is read as contentment", "gloomy is read as sadness"]
        );
        let weights = target("awe=3,fear=2");
        assert_eq!(
            weights.notes(),
            ["the shares are brought to 1: awe 0.60, fear 0.40"]
        );
        let twice = "calm,peaceful".parse::<Target>().unwrap_err();
        assert!(twice.to_string().contains("contentment appears twice"));
    }

    #[test]
    fn words_are_no_names_and_stand_once() {
        let mut words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        assert!(words.iter().all(|word| Emotion::parse(word).is_err()));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), WORDS.len());
    }

    #[test]
    fn bad_targets_are_told_in_one_line() {
        for (text, part) in [
            ("", "emotion"),
            ("joyous", "did you mean joyful?"),
            ("feer", "did you mean fear?"),
            ("contentmnet", "did you mean contentment?"),
            ("zzz", "amusement, awe"),
            ("awe=-.5,fear=1.5", "\"-.5\" is no number from 0 on"),
            ("awe=NaN", "\"NaN\""),
            ("awe=inf", "\"inf\""),
            ("awe=1e300", "\"1e300\""),
            ("awe=", "\"\""),
            ("awe=%", "\"%\""),
            ("awe=0", "sum to 0"),
            ("awe=.5=.5", "\".5=.5\""),
            ("awe,awe", "awe appears twice"),
            ("awe=.5,fear", "a share, or none"),
            ("awe,", "emotion"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            let told = error.to_string();
            assert!(
                told.contains(part) && !told.contains('\n'),
                "{text}: {told}"
            );
            assert_eq!(error.kind(), crate::ErrorKind::Parameter);
        }
        let long = "x".repeat(10_000).parse::<Target>().unwrap_err();
        assert!(long.to_string().len() < 500);
    }
}
