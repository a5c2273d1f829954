//! The generators, all asked alike.
//!
//! - **Computes** from a wish the conditions that a generator can be given, and pictures of them.
//! - **Input** a [`Wish`], seeds; **output** sRGB pictures with what was asked of each.
//! - **Source** [`crate::painter`], [`crate::cgan`], [`crate::artgan`]; Shoemake (1985) for the way between
//!   two noises.
//! - **Deviations** none.

use crate::artgan::{self, ArtGan};
use crate::cgan::{self, Cgan, Statistics};
use crate::error::PaintError;
use crate::painter::Painter;
use crate::repertoire::{Feeling, OTHER, Repertoire, Row, Sentiment};
use crate::wish::{Kind, Subject, Wish};
use affetti_emotion::{Emotion, Label, Sentiment as Pole};
use affetti_ground::SplitMix64;
use affetti_picture::{Filter, Picture};
use affetti_weights::published;
use affetti_weights::tensors::Tensors;

/// Most paintings whose conditions answer a wish for a feeling.
const NEAREST: usize = 60;
/// Pictures that are painted together; what memory holds of many.
pub const TOGETHER: usize = 16;

/// How long the noise is, over the usual, where nothing is said: a little less makes pictures better and more alike.
pub const TRUNCATION: f64 = 0.8;

/// A square picture enlarged or made smaller to `side` pixels.
#[must_use]
pub fn sized(picture: Picture, side: u32) -> Picture {
    match picture.width() == side {
        true => picture,
        false => picture.resize(side, side, Filter::Bicubic),
    }
}

/// What one picture grows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Seedling {
    /// Random numbers.
    pub noise: Vec<f32>,
    /// What is asked, in the generator's own numbers.
    pub condition: Vec<f32>,
}

impl Seedling {
    /// The seedling at `part` of the way from this one to `other`, 0 to 1: noise along the arc, so that its
    /// length stays usual, the condition along the line.
    #[must_use]
    pub fn toward(&self, other: &Self, part: f32) -> Self {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let length = |v: &[f32]| dot(v, v).sqrt().max(1e-12);
        let (a, b) = (&self.noise, &other.noise);
        let cosine = dot(a, b) / (length(a) * length(b));
        let angle = cosine.clamp(-1.0, 1.0).acos();
        let weights = if angle.sin() < 1e-3 {
            [1.0 - part, part]
        } else {
            [(1.0 - part) * angle, part * angle].map(|x| x.sin() / angle.sin())
        };
        let mixed = |a: &[f32], b: &[f32], [u, v]: [f32; 2]| {
            a.iter().zip(b).map(|(a, b)| u * a + v * b).collect()
        };
        Self {
            noise: mixed(a, b, weights),
            condition: mixed(&self.condition, &other.condition, [1.0 - part, part]),
        }
    }

    fn whole(&self) -> Vec<f32> {
        [&self.noise[..], &self.condition[..]].concat()
    }
}

/// A generator.
#[derive(Clone, Debug)]
pub enum Generator {
    /// Ours.
    Painter(Box<Painter>),
    /// One subject, three sentiments.
    Cgan(Box<Cgan>, Statistics),
    /// Styles, genres or artists without feelings.
    ArtGan(Box<ArtGan>),
}

/// One condition that answers a wish.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// In the generator's own numbers.
    pub condition: Vec<f32>,
    /// What it is of, or by.
    pub subjects: Vec<Subject>,
    /// Valence and arousal that are asked, 1 to 7.
    pub affect: Option<[f64; 2]>,
    /// How often it is taken, compared with the others.
    pub weight: usize,
}

impl Generator {
    /// From a weight file of one of the generators, or a published one of CGAN-Emotion-Art.
    ///
    /// # Errors
    /// Weights of something else, with what differs.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, PaintError> {
        let tensors = published::read(bytes, file)?;
        let note: serde_json::Value = serde_json::from_str(&tensors.note).unwrap_or_default();
        match note["kind"].as_str() {
            Some(crate::painter::KIND) => Ok(Self::Painter(Box::new(Painter::new(tensors)?))),
            Some(artgan::KIND) => Ok(Self::ArtGan(Box::new(ArtGan::new(tensors)?))),
            // Published ones say nothing of themselves.
            Some(cgan::KIND) => of_cgan_weights(tensors),
            None if tensors.note.is_empty() => of_cgan_weights(tensors),
            _ => Err(PaintError::Unfit {
                what: format!(
                    "{file}: no weights of a generator; `affetti train painter`, `cgan` or `artgan` makes them"
                ),
            }),
        }
    }

    /// A CGAN with other statistics; nothing else has any.
    #[must_use]
    pub fn with_statistics(self, statistics: Statistics) -> Self {
        match self {
            Self::Cgan(cgan, _) => Self::Cgan(cgan, statistics),
            other => other,
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Painter(_) => crate::painter::KIND,
            Self::Cgan(..) => cgan::KIND,
            Self::ArtGan(_) => artgan::KIND,
        }
    }

    /// Pixels of a picture's side.
    #[must_use]
    pub fn side(&self) -> usize {
        match self {
            Self::Painter(painter) => painter.shape().side(),
            Self::Cgan(..) => cgan::SIDE,
            Self::ArtGan(_) => artgan::SIDE,
        }
    }

    /// What its pictures can be of, or by.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        match self {
            Self::Painter(painter) => {
                let Repertoire { genres, styles, .. } = painter.repertoire();
                let genres = genres.iter().map(|name| Subject::new(Kind::Genre, name));
                let styles = styles.iter().filter(|name| *name != OTHER);
                let styles = styles.map(|name| Subject::new(Kind::Style, name));
                genres.chain(styles).collect()
            }
            Self::Cgan(cgan, _) => subject_of(cgan).into_iter().collect(),
            Self::ArtGan(artgan) => {
                let labels = artgan.labels().iter();
                labels
                    .flat_map(|label| {
                        let kind = kind_of(&label.name);
                        label
                            .classes
                            .iter()
                            .map(move |name| Subject::new(kind, name))
                    })
                    .collect()
            }
        }
    }

    /// Words for the feelings that it can be asked.
    #[must_use]
    pub fn feelings(&self) -> Vec<&'static str> {
        let sentiments = Sentiment::ALL.iter().map(|s| s.name());
        let emotions = Emotion::ALL.iter().map(|e| e.name());
        match self {
            Self::Painter(_) => sentiments.chain(emotions).collect(),
            Self::Cgan(..) => sentiments.collect(),
            Self::ArtGan(_) => Vec::new(),
        }
    }

    /// The conditions that answer `wish`; each picture takes one of them by chance.
    ///
    /// # Errors
    /// [`PaintError::NoSuch`] for what this generator cannot be asked.
    pub fn choices(&self, wish: &Wish) -> Result<Vec<Choice>, PaintError> {
        let known = self.subjects();
        if let Some(strange) = wish.subjects.iter().find(|s| !known.contains(s)) {
            let names: Vec<String> = known.iter().map(Subject::to_string).collect();
            if known.is_empty() {
                return Err(PaintError::NoSuch {
                    what: "these weights do not say what they paint; ask for negative, neutral or positive alone"
                        .to_owned(),
                });
            }
            return Err(PaintError::NoSuch {
                what: format!(
                    "this {} does not know {strange}; it knows {}",
                    self.kind(),
                    names.join(", ")
                ),
            });
        }
        match self {
            Self::Painter(painter) => of_painter(painter.repertoire(), wish),
            Self::Cgan(cgan, _) => of_cgan(cgan, wish),
            Self::ArtGan(artgan) => of_artgan(artgan, wish),
        }
    }

    /// What picture `seed` grows from: noise as long as `truncation` of the usual, and one of `choices`.
    ///
    /// # Panics
    /// Without choices: a bug of the caller.
    #[must_use]
    pub fn seedling<'a>(
        &self,
        seed: u64,
        truncation: f64,
        choices: &'a [Choice],
    ) -> (Seedling, &'a Choice) {
        let mut random = SplitMix64::new(seed ^ 0x5eed_11e5);
        let whole: usize = choices.iter().map(|choice| choice.weight).sum();
        let mut at = (random.unit() * whole as f64) as usize;
        let choice = choices.iter().find(|choice| {
            let here = at < choice.weight;
            at = at.saturating_sub(choice.weight);
            here
        });
        let choice = choice.unwrap_or(&choices[0]);
        let noise = match self {
            Self::Painter(painter) => painter.noise(seed, truncation),
            Self::Cgan(..) => Cgan::noise(seed, truncation),
            Self::ArtGan(_) => ArtGan::noise(seed, truncation),
        };
        let condition = choice.condition.clone();
        (Seedling { noise, condition }, choice)
    }

    /// The pictures of `seedlings`.
    ///
    /// # Panics
    /// For seedlings of another generator: a bug of the caller.
    #[must_use]
    pub fn paint(&self, seedlings: &[Seedling]) -> Vec<Picture> {
        let whole = || seedlings.iter().map(Seedling::whole).collect::<Vec<_>>();
        match self {
            Self::Painter(painter) => painter.paint(seedlings),
            Self::Cgan(cgan, statistics) => cgan.paint(&whole(), *statistics),
            Self::ArtGan(artgan) => artgan.paint(&whole()),
        }
    }
}

fn of_cgan_weights(tensors: Tensors) -> Result<Generator, PaintError> {
    let cgan = Cgan::new(tensors)?;
    Ok(Generator::Cgan(Box::new(cgan), Statistics::Running))
}

fn of_painter(all: &Repertoire, wish: &Wish) -> Result<Vec<Choice>, PaintError> {
    let number = |names: &[String], kind: Kind| {
        let name = wish.subject(kind)?;
        names.iter().position(|n| n == name)
    };
    let genre = number(&all.genres, Kind::Genre);
    let style = number(&all.styles, Kind::Style);
    let rows = all.nearest(genre, style, wish.feeling, NEAREST)?;
    let choice = |row: &&Row| Choice {
        condition: all.condition(row),
        subjects: vec![
            Subject::new(Kind::Genre, &all.genres[row.genre]),
            Subject::new(Kind::Style, &all.styles[row.style]),
        ],
        affect: Some(all.affect(row)),
        weight: 1,
    };
    Ok(rows.iter().map(choice).collect())
}

fn subject_of(cgan: &Cgan) -> Option<Subject> {
    let name = cgan.subject();
    (!name.is_empty()).then(|| Subject::new(Kind::Genre, name))
}

fn of_cgan(cgan: &Cgan, wish: &Wish) -> Result<Vec<Choice>, PaintError> {
    let sentiments = match wish.feeling {
        Feeling::Any => Sentiment::ALL.to_vec(),
        Feeling::Sentiment(sentiment) => vec![sentiment],
        Feeling::Emotion(emotion) => vec![match emotion.sentiment() {
            Pole::Positive => Sentiment::Positive,
            Pole::Negative => Sentiment::Negative,
            Pole::Other => Sentiment::Neutral,
        }],
        Feeling::Affect { .. } => {
            return Err(PaintError::NoSuch {
                what: "a cgan knows negative, neutral and positive, no valence and arousal; the painter does"
                    .to_owned(),
            });
        }
    };
    let choice = |sentiment: Sentiment| Choice {
        condition: Cgan::condition(sentiment),
        subjects: subject_of(cgan).into_iter().collect(),
        affect: None,
        // As often as paintings were taken for it.
        weight: if sentiment == Sentiment::Neutral {
            1
        } else {
            2
        },
    };
    Ok(sentiments.into_iter().map(choice).collect())
}

fn of_artgan(artgan: &ArtGan, wish: &Wish) -> Result<Vec<Choice>, PaintError> {
    if wish.feeling != Feeling::Any {
        return Err(PaintError::NoSuch {
            what: "an artgan knows no feelings; the painter and cgan do".to_owned(),
        });
    }
    let fits = |(classes, _): &&(Vec<usize>, usize)| {
        artgan.labels().iter().zip(classes).all(|(label, n)| {
            let asked = wish.subject(kind_of(&label.name));
            asked.is_none_or(|asked| asked == label.classes[*n])
        })
    };
    let here: Vec<&(Vec<usize>, usize)> = artgan.combinations().iter().filter(fits).collect();
    if here.is_empty() {
        let names: Vec<String> = wish.subjects.iter().map(Subject::to_string).collect();
        return Err(PaintError::NoSuch {
            what: format!(
                "no painting that was learned from is all of {}",
                names.join(", ")
            ),
        });
    }
    let choice = |(classes, count): &(Vec<usize>, usize)| Choice {
        weight: *count,
        condition: artgan.condition(classes),
        subjects: artgan
            .labels()
            .iter()
            .zip(classes)
            .map(|(label, n)| Subject::new(kind_of(&label.name), &label.classes[*n]))
            .collect(),
        affect: None,
    };
    Ok(here.into_iter().map(choice).collect())
}

/// Of a label's name.
fn kind_of(name: &str) -> Kind {
    match name {
        "genre" => Kind::Genre,
        "artist" => Kind::Artist,
        _ => Kind::Style,
    }
}

#[cfg(test)]
mod tests {
    use super::Seedling;

    #[test]
    fn the_way_between_two_noises_keeps_their_length() {
        let at = |x: f32, y: f32| Seedling {
            noise: vec![x, y],
            condition: vec![x],
        };
        let (from, to) = (at(2.0, 0.0), at(0.0, 2.0));
        let half = from.toward(&to, 0.5);
        assert!((half.noise[0] - 2.0_f32.sqrt()).abs() < 1e-5, "{half:?}");
        assert!((half.noise[1] - 2.0_f32.sqrt()).abs() < 1e-5, "{half:?}");
        assert!((half.condition[0] - 1.0).abs() < 1e-6);
        assert_eq!(from.toward(&to, 0.0), from);
        assert_eq!(from.toward(&from, 0.3), from);
    }
}
