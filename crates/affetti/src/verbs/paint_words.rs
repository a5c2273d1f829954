//! What is asked of a painter by words and settings, on the command line and in an address.

use affetti_emotion::Emotion;
use affetti_feel::Target;
use affetti_paint::{Feeling, wish};

use super::paint::PaintOptions;
use crate::pipeline::{ErrorKind, Fault};

/// Words, and what settings say beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct PaintWords {
    /// Genre, style, feeling.
    pub words: String,
    /// In place of a feeling among the words.
    pub emotion: Option<String>,
    /// 1 to 7.
    pub valence: Option<f64>,
    /// 1 to 7.
    pub arousal: Option<f64>,
    /// Length of the noise over the usual, 0 to 1.5.
    pub truncation: f64,
    /// Pixels of a side.
    pub size: Option<u32>,
    /// Whether pictures are painted over in oil.
    pub oil: bool,
}

impl PaintWords {
    /// Values that are out of range.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self) -> Result<(), Fault> {
        let affect = |x: Option<f64>| x.unwrap_or(4.0);
        for (name, value, low, high) in [
            ("truncation", self.truncation, 0.0, 1.5),
            ("valence", affect(self.valence), 1.0, 7.0),
            ("arousal", affect(self.arousal), 1.0, 7.0),
        ] {
            if !(low..=high).contains(&value) {
                return Err(wrong(format!(
                    "{name} is {value}, it has to be {low} to {high}"
                )));
            }
        }
        Ok(())
    }

    /// The feeling of the settings, or the one that the words `said`.
    ///
    /// # Errors
    /// Two feelings, and a word that is none.
    pub fn feeling(&self, said: Feeling) -> Result<Feeling, Fault> {
        let name = self.emotion.as_deref().filter(|name| !name.is_empty());
        let asked = match (name, self.valence, self.arousal) {
            (None, None, None) => return Ok(said),
            (Some(name), None, None) => feeling_named(name)?,
            (Some(_), ..) => return Err(wrong("ask for an emotion, or for valence and arousal")),
            (None, valence, arousal) => Feeling::Affect { valence, arousal },
        };
        if said != Feeling::Any {
            return Err(wrong(
                "two feelings are asked for: one among the words and one beside them",
            ));
        }
        Ok(asked)
    }

    /// What makes the same pictures on the command line.
    #[must_use]
    pub fn command(&self) -> String {
        let mut command = format!("paint {}", self.words);
        let mut add = |option: &str, value: Option<String>| {
            if let Some(value) = value {
                command += &format!(" --{option} {value}");
            }
        };
        let number = |x: Option<f64>| x.map(|x| x.to_string());
        let usual = PaintOptions::default().truncation;
        add("emotion", self.emotion.clone());
        add("valence", number(self.valence));
        add("arousal", number(self.arousal));
        let truncation = Some(self.truncation).filter(|x| *x != usual);
        add("truncation", number(truncation));
        add("size", self.size.map(|size| size.to_string()));
        add("brush", self.oil.then(|| "oil".to_owned()));
        command
    }
}

/// A feeling by its name: one of the nine, an everyday word for one, or negative, neutral or positive.
///
/// # Errors
/// Another word, with the nearest that is one.
pub fn feeling_named(name: &str) -> Result<Feeling, Fault> {
    if let Some(feeling) = wish::feeling(name) {
        return Ok(feeling);
    }
    // Its message names the nine; sentiments are told here.
    let emotion = emotion_named(name).map_err(|fault| {
        let told = format!("{}; or negative, neutral or positive", fault.message);
        wrong(told)
    })?;
    Ok(Feeling::Emotion(emotion))
}

/// An emotion by its name, or by an everyday word for it.
///
/// # Errors
/// Another word, with the nearest that is one; a word for several emotions.
pub fn emotion_named(name: &str) -> Result<Emotion, Fault> {
    let target: Target = name.parse().map_err(wrong)?;
    let dominant = target.shares().dominant();
    if target.shares().get(dominant) < 0.99 {
        let told = format!("{name:?} is more than one emotion; name one of the nine");
        return Err(wrong(told));
    }
    Ok(dominant)
}

fn wrong(message: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorKind::Parameter, message)
}

#[cfg(test)]
mod tests {
    use super::{PaintWords, emotion_named, feeling_named};
    use affetti_emotion::Emotion;
    use affetti_paint::Feeling;

    fn words() -> PaintWords {
        PaintWords {
            words: "landscape".to_owned(),
            emotion: None,
            valence: None,
            arousal: None,
            truncation: 0.8,
            size: None,
            oil: false,
        }
    }

    #[test]
    fn one_feeling_by_word_or_by_numbers() {
        let awe = PaintWords {
            emotion: Some("awe".to_owned()),
            ..words()
        };
        let feeling = awe.feeling(Feeling::Any).unwrap();
        assert_eq!(feeling, Feeling::Emotion(Emotion::Awe));
        assert!(awe.feeling(feeling).is_err());
        let both = PaintWords {
            valence: Some(3.0),
            ..awe
        };
        assert!(both.feeling(Feeling::Any).is_err());
        assert_eq!(words().feeling(feeling).unwrap(), feeling);
    }

    #[test]
    fn commands_say_what_is_unusual() {
        assert_eq!(words().command(), "paint landscape");
        let unusual = PaintWords {
            arousal: Some(2.5),
            truncation: 1.0,
            oil: true,
            ..words()
        };
        let told = "paint landscape --arousal 2.5 --truncation 1 --brush oil";
        assert_eq!(unusual.command(), told);
    }

    #[test]
    fn out_of_range_is_told() {
        let wild = PaintWords {
            arousal: Some(f64::NAN),
            ..words()
        };
        assert!(wild.check().unwrap_err().message.contains("1 to 7"));
        assert!(words().check().is_ok());
    }

    #[test]
    fn names_and_everyday_words() {
        assert_eq!(emotion_named("gloomy").unwrap(), Emotion::Sadness);
        assert!(feeling_named("negative").is_ok());
        let told = feeling_named("sadnes").unwrap_err().message;
        assert!(
            told.contains("sadness") && told.contains("neutral"),
            "{told}"
        );
    }
}
