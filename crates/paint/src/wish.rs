//! What a user wishes for, from words to names that generators know.
//!
//! - **Computes** which genre, style, artist and feeling words mean.
//! - **Input** words such as `landscape positive` or `van gogh`; **output** a [`Wish`].
//! - **Source** ours.
//! - **Deviations** none.

use crate::error::PaintError;
use crate::repertoire::{Feeling, Sentiment};
use affetti_emotion::{Emotion, Label};
use affetti_feel::Target;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Words that are joined to one name at most.
const LONGEST: usize = 4;
/// Shorter words are no beginnings of names.
const SHORTEST: usize = 3;
/// Names that a message lists.
const LISTED: usize = 60;

/// What kind of thing a subject is, in the order in which a name that is several of them is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Such as still life.
    Genre,
    /// Such as Impressionism.
    Style,
    /// Such as Vincent van Gogh.
    Artist,
}

impl Kind {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genre => "genre",
            Self::Style => "style",
            Self::Artist => "artist",
        }
    }
}

/// Something that pictures can be of, or by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// As collections write it, such as `still_life`.
    pub name: String,
}

impl Subject {
    /// Of a kind.
    #[must_use]
    pub fn new(kind: Kind, name: &str) -> Self {
        let name = name.to_owned();
        Self { kind, name }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.replace('_', " "))
    }
}

/// What is to be painted.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// At most one of each kind.
    pub subjects: Vec<Subject>,
    /// What it is to evoke.
    pub feeling: Feeling,
    /// Where a name meant several things: which was taken.
    pub notes: Vec<String>,
}

impl Wish {
    /// Anything.
    #[must_use]
    pub fn any() -> Self {
        Self {
            subjects: Vec::new(),
            feeling: Feeling::Any,
            notes: Vec::new(),
        }
    }

    /// The name of the subject of `kind`.
    #[must_use]
    pub fn subject(&self, kind: Kind) -> Option<&str> {
        let subject = self.subjects.iter().find(|s| s.kind == kind);
        subject.map(|s| s.name.as_str())
    }

    /// What `words` mean, where `known` are all names there are. A word may be one of several that make a
    /// name together.
    ///
    /// # Errors
    /// [`PaintError::NoSuch`] for a word that means nothing, with the nearest that does, and for two genres,
    /// styles, artists or feelings.
    pub fn read(words: &[&str], known: &[Subject]) -> Result<Self, PaintError> {
        let mut wish = Self::any();
        let mut rest = words;
        while !rest.is_empty() {
            let lengths = (1..=rest.len().min(LONGEST)).rev();
            let meaning = lengths
                .filter_map(|n| Some((n, meaning(&rest[..n].join(" "), known)?)))
                .next();
            let Some((length, meaning)) = meaning else {
                return Err(unknown(rest[0], known));
            };
            wish.add(meaning, &rest[..length].join(" "))?;
            rest = &rest[length..];
        }
        Ok(wish)
    }

    fn add(&mut self, meaning: Meaning, said: &str) -> Result<(), PaintError> {
        let twice = |what: &str| PaintError::NoSuch {
            what: format!("{said:?} is a second {what}; a picture has one"),
        };
        match meaning {
            Meaning::Feeling(feeling) => {
                if self.feeling != Feeling::Any {
                    return Err(twice("feeling"));
                }
                self.feeling = feeling;
            }
            Meaning::Subjects(mut found) => {
                let subject = found.remove(0);
                if self.subject(subject.kind).is_some() {
                    return Err(twice(subject.kind.name()));
                }
                if !found.is_empty() {
                    let others: Vec<String> = found.iter().map(Subject::to_string).collect();
                    self.notes.push(format!(
                        "{said:?} is taken for the {} {subject}; it could also be {}",
                        subject.kind.name(),
                        others.join(", ")
                    ));
                }
                self.subjects.push(subject);
            }
        }
        Ok(())
    }
}

enum Meaning {
    /// The first is the likeliest.
    Subjects(Vec<Subject>),
    Feeling(Feeling),
}

/// What a feeling's name means.
#[must_use]
pub fn feeling(name: &str) -> Option<Feeling> {
    let name = plain(name);
    let sentiment = Sentiment::ALL.into_iter().find(|s| s.name() == name);
    let emotion = || {
        // Everyday words mean emotions, too; mixtures are no single feeling.
        let is_word = name.chars().all(|c| c.is_alphabetic() || c == ' ');
        let target: Target = is_word.then(|| name.parse().ok())??;
        let dominant = target.shares().dominant();
        (target.shares().get(dominant) > 0.99).then_some(Feeling::Emotion(dominant))
    };
    sentiment.map(Feeling::Sentiment).or_else(emotion)
}

/// Names of all feelings.
fn feelings() -> impl Iterator<Item = &'static str> {
    let emotions = Emotion::ALL.iter().map(|e| e.name());
    Sentiment::ALL.iter().map(|s| s.name()).chain(emotions)
}

fn meaning(said: &str, known: &[Subject]) -> Option<Meaning> {
    if let Some(feeling) = feeling(said) {
        return Some(Meaning::Feeling(feeling));
    }
    let said = plain(said);
    let mut found: Vec<Subject> = known
        .iter()
        .filter(|s| plain(&s.name) == said)
        .cloned()
        .collect();
    if found.is_empty() && said.chars().count() >= SHORTEST {
        let begins = |s: &&Subject| format!(" {}", plain(&s.name)).contains(&format!(" {said}"));
        found = known.iter().filter(begins).cloned().collect();
    }
    found.sort();
    found.dedup();
    (!found.is_empty()).then_some(Meaning::Subjects(found))
}

/// In lower case, with spaces.
fn plain(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let words: Vec<&str> = lower
        .split([' ', '_', '-'])
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

fn unknown(said: &str, known: &[Subject]) -> PaintError {
    let said = plain(said);
    let names: Vec<String> = known
        .iter()
        .map(Subject::to_string)
        .chain(feelings().map(str::to_owned))
        .collect();
    // Names of several words are nearest by their nearest word.
    let far = |name: &str| {
        let name = plain(name);
        let parts = name.split(' ').chain([name.as_str()]);
        let far = |part: &str| strsim::damerau_levenshtein(part, &said);
        parts.map(far).min().unwrap_or(usize::MAX)
    };
    let nearest = names.iter().min_by_key(|name| far(name));
    let near = nearest.filter(|name| far(name) <= 1 + said.chars().count() / 4);
    let hint = near.map_or_else(|| ".".to_owned(), |name| format!("; did you mean {name}?"));
    let mut list = names.clone();
    list.dedup();
    let more = if list.len() > LISTED { ", …" } else { "" };
    list.truncate(LISTED);
    PaintError::NoSuch {
        what: format!(
            "{said:?} is no genre, style, artist or feeling that is known{hint} There are: {}{more}",
            list.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Subject, Wish};
    use crate::repertoire::{Feeling, Sentiment};
    use affetti_emotion::Emotion;

    fn known() -> Vec<Subject> {
        vec![
            Subject::new(Kind::Style, "Abstract_Expressionism"),
            Subject::new(Kind::Genre, "abstract_painting"),
            Subject::new(Kind::Genre, "still_life"),
            Subject::new(Kind::Style, "Impressionism"),
            Subject::new(Kind::Style, "Post_Impressionism"),
            Subject::new(Kind::Artist, "vincent-van-gogh"),
        ]
    }

    fn read(words: &[&str]) -> Result<Wish, String> {
        Wish::read(words, &known()).map_err(|e| e.to_string())
    }

    #[test]
    fn words_of_a_name_stand_together_or_apart() {
        for words in [
            vec!["still", "life", "sadness"],
            vec!["Still-Life", "SADNESS"],
        ] {
            let wish = read(&words).unwrap();
            assert_eq!(wish.subject(Kind::Genre), Some("still_life"), "{words:?}");
            assert_eq!(wish.feeling, Feeling::Emotion(Emotion::Sadness));
            assert!(wish.notes.is_empty());
        }
        let wish = read(&["van", "gogh", "impressionism", "positive"]).unwrap();
        assert_eq!(wish.subject(Kind::Artist), Some("vincent-van-gogh"));
        // An exact name is no beginning of another one.
        assert_eq!(wish.subject(Kind::Style), Some("Impressionism"));
        assert!(wish.notes.is_empty());
        assert_eq!(wish.feeling, Feeling::Sentiment(Sentiment::Positive));
    }

    #[test]
    fn a_name_that_is_both_is_the_genre_and_said() {
        let wish = read(&["abstract"]).unwrap();
        assert_eq!(wish.subject(Kind::Genre), Some("abstract_painting"));
        assert!(
            wish.notes[0].contains("could also be Abstract Expressionism"),
            "{:?}",
            wish.notes
        );
    }

    #[test]
    fn what_is_unknown_or_twice_is_told() {
        let told = read(&["stil-lif"]).unwrap_err();
        assert!(told.contains("did you mean still life?"), "{told}");
        let told = read(&["impresionism"]).unwrap_err();
        assert!(told.contains("did you mean Impressionism?"), "{told}");
        let told = read(&["xyzzy"]).unwrap_err();
        assert!(
            !told.contains("did you mean") && told.contains("still life, "),
            "{told}"
        );
        assert!(
            read(&["awe", "fear"])
                .unwrap_err()
                .contains("second feeling")
        );
        assert!(
            read(&["still life", "abstract"])
                .unwrap_err()
                .contains("second genre")
        );
        assert!(read(&["st"]).is_err());
        // Everyday words are understood, mixtures are not.
        assert_eq!(
            read(&["gloomy"]).unwrap().feeling,
            Feeling::Emotion(Emotion::Sadness)
        );
        assert!(read(&["awe=.5,fear=.5"]).is_err());
    }
}
