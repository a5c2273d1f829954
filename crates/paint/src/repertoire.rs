//! What can be asked of a generator: genres, styles, and the feelings that paintings of them evoke.
//!
//! - **Computes** from a request the conditions of single pictures: those of real paintings that come
//!   nearest to it.
//! - **Input** a genre or a style or neither, and a feeling; **output** rows of labels.
//! - **Source** ours. A generator has learned the combinations that paintings have; an average of them, or
//!   a combination that no painting has, is nothing that it has seen.
//! - **Deviations** none.

use crate::error::PaintError;
use affetti_emotion::{Distribution, Emotion, Label};
use affetti_ground::SplitMix64;
use affetti_weights::tensors::Taker;
#[cfg(feature = "train")]
use affetti_weights::tensors::{Tensor, Tensors};
use serde::{Deserialize, Serialize};

/// Numbers of a feeling: nine logarithms of shares, valence, arousal.
pub const FEELING: usize = 11;
/// The style of all paintings whose own is too rare.
pub const OTHER: &str = "other";
/// Added to shares before the logarithm: about one vote in fifty.
const FLOOR: f64 = 0.02;
/// Standardised numbers beyond this say no more.
const LIMIT: f32 = 3.0;
/// Largest table that a file may have.
const MOST_ROWS: usize = 1 << 20;

/// What one painting is and evokes.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number of the genre.
    pub genre: usize,
    /// Number of the style.
    pub style: usize,
    /// Standardised over all paintings.
    pub feeling: [f32; FEELING],
}

/// Names, scales and the labels of all paintings that a generator learned from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Repertoire {
    /// Names of genres as collections write them, such as `still_life`.
    pub genres: Vec<String>,
    /// Names of styles, such as `Art_Nouveau_Modern`; the last is all others.
    pub styles: Vec<String>,
    /// Mean of each number of a feeling over the paintings.
    pub center: [f32; FEELING],
    /// Its deviation.
    pub spread: [f32; FEELING],
    /// One per painting.
    pub rows: Vec<Row>,
}

/// Names as they lie in a weight file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    genres: Vec<String>,
    styles: Vec<String>,
    paintings: usize,
}

/// The feeling that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Feeling {
    /// As paintings have it.
    Any,
    /// Much of one emotion, compared with what is usual.
    Emotion(Emotion),
    /// Much more pleasant emotions than unpleasant ones, or the reverse, or neither.
    Sentiment(Sentiment),
    /// Valence and arousal, 1 to 7; one of them may be left open.
    Affect {
        /// Unpleasant to pleasant.
        valence: Option<f64>,
        /// Calm to excited.
        arousal: Option<f64>,
    },
}

/// Three values, as the published generators are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sentiment {
    /// Anger, disgust, fear, sadness.
    Negative,
    /// Neither.
    Neutral,
    /// Amusement, awe, contentment, excitement.
    Positive,
}

impl Sentiment {
    /// In the published order.
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];

    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

/// The numbers of a feeling before they are standardised.
#[must_use]
pub fn numbers(shares: &Distribution<Emotion>, valence: f64, arousal: f64) -> [f64; FEELING] {
    std::array::from_fn(|n| match n {
        9 => valence,
        10 => arousal,
        n => (shares.get(Emotion::ALL[n]) + FLOOR).ln(),
    })
}

/// The nine shares of such numbers, which sum to 1.
#[must_use]
pub fn shares_of(numbers: &[f64; FEELING]) -> [f64; 9] {
    let shares: [f64; 9] = std::array::from_fn(|n| (numbers[n].exp() - FLOOR).max(0.0));
    let sum = shares.iter().sum::<f64>().max(1e-9);
    shares.map(|share| share / sum)
}

/// Pleasant less unpleasant shares, −1 to 1, of such numbers.
#[must_use]
pub fn balance(numbers: &[f64; FEELING]) -> f64 {
    let sum = |logs: &[f64]| logs.iter().map(|log| log.exp() - FLOOR).sum::<f64>();
    sum(&numbers[..4]) - sum(&numbers[4..8])
}

impl Repertoire {
    /// Of paintings with the numbers of their feelings; `classes` are numbers of genre and style.
    #[must_use]
    pub fn of(
        (genres, styles): (Vec<String>, Vec<String>),
        classes: &[(usize, usize)],
        feelings: &[[f64; FEELING]],
    ) -> Self {
        let count = feelings.len().max(1) as f64;
        let center: [f64; FEELING] =
            std::array::from_fn(|n| feelings.iter().map(|f| f[n]).sum::<f64>() / count);
        let spread: [f64; FEELING] = std::array::from_fn(|n| {
            let square = |f: &[f64; FEELING]| (f[n] - center[n]).powi(2);
            (feelings.iter().map(square).sum::<f64>() / count)
                .sqrt()
                .max(1e-6)
        });
        let mut all = Self {
            genres,
            styles,
            center: center.map(|x| x as f32),
            spread: spread.map(|x| x as f32),
            rows: Vec::new(),
        };
        let row = |(&(genre, style), f): (&(usize, usize), &[f64; FEELING])| Row {
            genre,
            style,
            feeling: all.standardised(f),
        };
        all.rows = classes.iter().zip(feelings).map(row).collect();
        all
    }

    /// Standardised numbers, within ±3.
    #[must_use]
    pub fn standardised(&self, feeling: &[f64; FEELING]) -> [f32; FEELING] {
        std::array::from_fn(|n| {
            let z = (feeling[n] as f32 - self.center[n]) / self.spread[n];
            z.clamp(-LIMIT, LIMIT)
        })
    }

    /// Numbers of a condition.
    #[must_use]
    pub fn width(&self) -> usize {
        self.genres.len() + self.styles.len() + FEELING
    }

    /// What a network is told of `row`: 1 at its genre and at its style, and its feeling.
    #[must_use]
    pub fn condition(&self, row: &Row) -> Vec<f32> {
        let mut condition = vec![0.0; self.width()];
        condition[row.genre] = 1.0;
        condition[self.genres.len() + row.style] = 1.0;
        condition[self.genres.len() + self.styles.len()..].copy_from_slice(&row.feeling);
        condition
    }

    /// The share of `row` for an emotion.
    #[must_use]
    pub fn share(&self, row: &Row, emotion: usize) -> f64 {
        let log = f64::from(row.feeling[emotion] * self.spread[emotion] + self.center[emotion]);
        (log.exp() - FLOOR).max(0.0)
    }

    /// Valence and arousal of `row`, 1 to 7.
    #[must_use]
    pub fn affect(&self, row: &Row) -> [f64; 2] {
        [9, 10].map(|n| f64::from(row.feeling[n] * self.spread[n] + self.center[n]))
    }

    /// Pleasant less unpleasant shares, −1 to 1.
    #[must_use]
    pub fn balance(&self, row: &Row) -> f64 {
        let sum = |from: usize| (from..from + 4).map(|n| self.share(row, n)).sum::<f64>();
        sum(0) - sum(4)
    }

    /// How well `row` answers to `feeling`; greater is better.
    fn fit(&self, row: &Row, feeling: Feeling) -> f64 {
        match feeling {
            Feeling::Any => 0.0,
            Feeling::Emotion(emotion) => f64::from(row.feeling[emotion.index()]),
            Feeling::Sentiment(Sentiment::Positive) => self.balance(row),
            Feeling::Sentiment(Sentiment::Negative) => -self.balance(row),
            Feeling::Sentiment(Sentiment::Neutral) => -self.balance(row).abs(),
            Feeling::Affect { valence, arousal } => {
                let here = self.affect(row);
                let far = |wish: Option<f64>, n: usize| {
                    wish.map_or(0.0, |wish| {
                        ((here[n] - wish) / f64::from(self.spread[9 + n])).powi(2)
                    })
                };
                -(far(valence, 0) + far(arousal, 1))
            }
        }
    }

    /// The rows that answer best to a request, best first; where any feeling is asked, all of the genre and
    /// style. At most `most`, and at most a tenth of those of this genre and style.
    ///
    /// # Errors
    /// [`PaintError::NoSuch`] where no painting has this genre and style together.
    pub fn nearest(
        &self,
        genre: Option<usize>,
        style: Option<usize>,
        feeling: Feeling,
        most: usize,
    ) -> Result<Vec<&Row>, PaintError> {
        let here = |row: &&Row| {
            genre.is_none_or(|g| row.genre == g) && style.is_none_or(|s| row.style == s)
        };
        let mut rows: Vec<&Row> = self.rows.iter().filter(here).collect();
        if rows.is_empty() {
            let name = |names: &[String], n: Option<usize>| {
                n.and_then(|n| names.get(n).cloned()).unwrap_or_default()
            };
            return Err(PaintError::NoSuch {
                what: format!(
                    "no painting that was learned from is both {} and {}",
                    name(&self.genres, genre),
                    name(&self.styles, style)
                ),
            });
        }
        if feeling == Feeling::Any {
            return Ok(rows);
        }
        rows.sort_by(|a, b| self.fit(b, feeling).total_cmp(&self.fit(a, feeling)));
        rows.truncate(rows.len().div_ceil(10).clamp(1, most.max(1)));
        Ok(rows)
    }

    /// One of `rows`, by chance.
    #[must_use]
    pub fn draw<'a>(rows: &[&'a Row], random: &mut SplitMix64) -> Option<&'a Row> {
        let n = (random.unit() * rows.len() as f64) as usize;
        rows.get(n).copied()
    }

    /// As it lies in a weight file: `repertoire.rows` `[n, 13]`, `repertoire.center`,
    /// `repertoire.spread`; names go into the note.
    #[cfg(feature = "train")]
    pub(crate) fn write(&self, tensors: &mut Tensors) {
        let tensor = |shape: Vec<usize>, data: Vec<f32>| Tensor { shape, data };
        let rows = self.rows.iter().flat_map(|row| {
            [row.genre as f32, row.style as f32]
                .into_iter()
                .chain(row.feeling)
        });
        let put = [
            (
                "repertoire.rows",
                tensor(vec![self.rows.len(), FEELING + 2], rows.collect()),
            ),
            (
                "repertoire.center",
                tensor(vec![FEELING], self.center.to_vec()),
            ),
            (
                "repertoire.spread",
                tensor(vec![FEELING], self.spread.to_vec()),
            ),
        ];
        let put = put.map(|(name, tensor)| (name.to_owned(), tensor));
        tensors.map.extend(put);
    }

    /// The names, for a note.
    #[cfg(feature = "train")]
    pub(crate) fn names(&self) -> serde_json::Value {
        let names = Names {
            genres: self.genres.clone(),
            styles: self.styles.clone(),
            paintings: self.rows.len(),
        };
        serde_json::to_value(names).unwrap_or_default()
    }

    /// What [`Self::write`] and [`Self::names`] wrote.
    ///
    /// # Errors
    /// [`PaintError::Unfit`] for what they would not have written.
    pub(crate) fn read(
        taker: &mut Taker,
        names: &serde_json::Value,
        file: &str,
    ) -> Result<Self, PaintError> {
        let unfit = |what: &str| PaintError::Unfit {
            what: format!("{file}: {what}"),
        };
        let names: Names =
            serde_json::from_value(names.clone()).map_err(|e| unfit(&e.to_string()))?;
        let sound = (1..=MOST_ROWS).contains(&names.paintings)
            && !names.genres.is_empty()
            && !names.styles.is_empty();
        if !sound {
            return Err(unfit("it has no table of what can be asked"));
        }
        let data = taker.take("repertoire.rows", &[names.paintings, FEELING + 2]);
        let row = |row: &[f32]| {
            let mut feeling = [0.0; FEELING];
            feeling.copy_from_slice(&row[2..]);
            let row = Row {
                genre: number(row[0], names.genres.len())?,
                style: number(row[1], names.styles.len())?,
                feeling,
            };
            row.feeling.iter().all(|x| x.is_finite()).then_some(row)
        };
        let rows: Option<Vec<Row>> = data.chunks_exact(FEELING + 2).map(row).collect();
        let rows = rows.ok_or_else(|| unfit("its table has impossible numbers"))?;
        let mut fixed = |name: &str| {
            let mut all = [0.0; FEELING];
            all.copy_from_slice(&taker.take(name, &[FEELING]));
            all
        };
        let (center, spread) = (fixed("repertoire.center"), fixed("repertoire.spread"));
        Ok(Self {
            genres: names.genres,
            styles: names.styles,
            center,
            spread,
            rows,
        })
    }
}

/// A whole number below `of`.
fn number(v: f32, of: usize) -> Option<usize> {
    let whole = v >= 0.0 && v.fract() == 0.0 && (v as usize) < of;
    whole.then_some(v as usize)
}
