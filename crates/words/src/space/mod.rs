//! One space for pictures and words: near in it lies what belongs together.
//!
//! - **Computes** of a picture and of a text a vector of length 1 each; their product says how well the
//!   text suits the picture. Of a picture besides, which single words suit it more than they suit others.
//! - **Input** the predictor's description of a picture, which an index keeps; English text of any length.
//! - **Output** vectors of [`Space::dimension`] numbers; products −1..1.
//! - **Source** the objective is that of Radford et al. (2021), the bag of word vectors that of Joulin et
//!   al., "Learning visual features from large weakly supervised data" (2016).
//! - **Deviations** small: a linear map of a description, and a vector a word, which begin as what MiniLM
//!   says of each word by itself. So an index that knows nothing of words can be asked in words.
//! - **Weights** `space-1`, inside of the program.

#[cfg(feature = "train")]
pub mod training;

use crate::error::WordsError;
use crate::text::normal;
use crate::text::spelling::Spelling;
use crate::text::vocabulary::{SPECIAL, UNKNOWN, Vocabulary};
use affetti_weights::NetError;
use affetti_weights::registry::{card, weights};
use affetti_weights::store;
#[cfg(feature = "train")]
use affetti_weights::tensors::Tensor;
use affetti_weights::tensors::Tensors;
use serde::{Deserialize, Serialize};

/// The space inside of the program.
pub const EMBEDDED: &str = "space-1";

/// Words of a text that are heard.
const LONGEST: usize = 256;

/// Maps into the space.
#[derive(Clone, Debug)]
pub struct Space {
    vocabulary: Vocabulary,
    spelling: Spelling,
    /// Subtracted from a description, and what the rest is divided by.
    usual_picture: [Vec<f32>; 2],
    /// `[dimension, components]`, then a bias.
    picture: Vec<f32>,
    bias: Vec<f32>,
    /// `[words, dimension]`
    vectors: Vec<f32>,
    /// Of each word the mean and the inverse deviation of its product with pictures; a deviation of 0
    /// is no tag.
    usual: Vec<[f32; 2]>,
    dimension: usize,
    predictor: String,
    sha256: String,
}

/// What the file says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    words: Vec<String>,
    components: usize,
    dimension: usize,
    /// The predictor whose descriptions these are, by the hash of its weights.
    predictor: String,
}

/// A word that suits a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// The word.
    pub word: String,
    /// By how many deviations it suits the picture more than it suits others.
    pub score: f32,
}

impl Space {
    /// The space inside of the program.
    ///
    /// # Errors
    /// [`NetError::Missing`] for a build without weights.
    pub fn embedded() -> Result<Self, WordsError> {
        let card = card(EMBEDDED)?;
        Self::from_bytes(&weights(&card)?, &card.file)
    }

    /// From the bytes of a weight file; `file` is its name for messages.
    ///
    /// # Errors
    /// [`NetError::Malformed`] and [`NetError::Mismatch`].
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, WordsError> {
        let space = Self::from_tensors(store::from_bytes(bytes, file)?)?;
        Ok(Self {
            sha256: store::sha256(bytes),
            ..space
        })
    }

    fn from_tensors(tensors: Tensors) -> Result<Self, WordsError> {
        let malformed = |why: &str| NetError::Malformed {
            file: tensors.file.clone(),
            format: "space",
            why: why.to_owned(),
        };
        let about: About = serde_json::from_str(&tensors.note)
            .map_err(|_| malformed("its note names no words"))?;
        let within = |size: usize| (1..=1 << 16).contains(&size);
        if ![about.components, about.dimension].into_iter().all(within) {
            return Err(malformed("its sizes are not those of a space").into());
        }
        let About {
            words,
            components,
            dimension,
            predictor,
        } = about;
        let mut taker = tensors.take_for("the space of pictures and words");
        let count = words.len() + SPECIAL.len();
        let usual = taker.take("usual", &[count, 2]);
        let space = Self {
            spelling: Spelling::new(words.iter().map(String::as_str)),
            vocabulary: Vocabulary::new(words),
            usual_picture: ["mean", "deviation"]
                .map(|part| taker.take(&format!("usual.{part}"), &[components])),
            picture: taker.take("picture.weight", &[dimension, components]),
            bias: taker.take("picture.beta", &[dimension]),
            vectors: taker.take("words", &[count, dimension]),
            usual: usual
                .chunks_exact(2)
                .map(|pair| [pair[0], pair[1]])
                .collect(),
            dimension,
            predictor,
            sha256: String::new(),
        };
        taker.finish()?;
        Ok(space)
    }

    /// The tensors that [`Space::from_bytes`] reads.
    #[cfg(feature = "train")]
    pub(crate) fn to_tensors(&self) -> Tensors {
        let about = About {
            words: self.vocabulary.words()[SPECIAL.len()..].to_vec(),
            components: self.usual_picture[0].len(),
            dimension: self.dimension,
            predictor: self.predictor.clone(),
        };
        let count = self.vocabulary.words().len();
        let mut tensors = Tensors {
            note: serde_json::to_string(&about).unwrap_or_default(),
            ..Tensors::default()
        };
        let mut put = |name: &str, shape: &[usize], data: Vec<f32>| {
            let shape = shape.to_vec();
            tensors.map.insert(name.to_owned(), Tensor { shape, data });
        };
        for (part, values) in ["mean", "deviation"].iter().zip(&self.usual_picture) {
            put(
                &format!("usual.{part}"),
                &[about.components],
                values.clone(),
            );
        }
        put(
            "picture.weight",
            &[self.dimension, about.components],
            self.picture.clone(),
        );
        put("picture.beta", &[self.dimension], self.bias.clone());
        put("words", &[count, self.dimension], self.vectors.clone());
        put("usual", &[count, 2], self.usual.concat());
        tensors
    }

    /// Numbers of a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The hash of the weight file: vectors of another one mean something else.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The hash of the predictor's weights whose descriptions it knows.
    #[must_use]
    pub fn predictor(&self) -> &str {
        &self.predictor
    }

    /// The vector of a picture by its description ([`affetti_feel::Predictor::predict_with_description`]).
    ///
    /// # Errors
    /// [`WordsError::Unfit`] for a description by another predictor.
    pub fn picture(&self, components: &[f32]) -> Result<Vec<f32>, WordsError> {
        let expected = self.usual_picture[0].len();
        if components.len() != expected {
            return Err(WordsError::Unfit {
                what: format!(
                    "a description of {} numbers for a space of {expected}: it was learned on another predictor",
                    components.len()
                ),
            });
        }
        let seen = self.plain(components);
        let rows = self.picture.chunks_exact(seen.len()).zip(&self.bias);
        let image = rows.map(|(row, bias)| bias + dot(row, &seen)).collect();
        Ok(unit(image))
    }

    /// Components without what is usual of them.
    fn plain(&self, components: &[f32]) -> Vec<f32> {
        let [mean, deviation] = &self.usual_picture;
        let all = components.iter().zip(mean.iter().zip(deviation));
        all.map(|(x, (m, d))| (x - m) / d.max(1e-6)).collect()
    }

    /// The vector of a text.
    ///
    /// # Errors
    /// [`WordsError::Nothing`] where no word is known.
    pub fn text(&self, text: &str) -> Result<Vec<f32>, WordsError> {
        let words = normal::words(text);
        let mut ids = self.vocabulary.ids(&words, Some(&self.spelling));
        ids.truncate(LONGEST);
        ids.retain(|id| *id != UNKNOWN);
        if ids.is_empty() {
            let why = "no word of the text is known; the words are English ones about paintings";
            return Err(WordsError::Nothing { why });
        }
        Ok(unit(self.sum(&ids)))
    }

    fn sum(&self, ids: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        for id in ids {
            let vector = self.vector(*id);
            sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x);
        }
        sum
    }

    fn vector(&self, id: u32) -> &[f32] {
        &self.vectors[id as usize * self.dimension..][..self.dimension]
    }

    /// The `count` words that suit a picture's vector most, best first.
    #[must_use]
    pub fn tags(&self, picture: &[f32], count: usize) -> Vec<Tag> {
        let score = |(id, [mean, inverse]): (usize, &[f32; 2])| {
            let product = dot(&unit(self.vector(id as u32).to_vec()), picture);
            (*inverse > 0.0).then(|| ((product - mean) * inverse, id))
        };
        let mut all: Vec<(f32, usize)> = self.usual.iter().enumerate().filter_map(score).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let tag = |(score, id): &(f32, usize)| Tag {
            word: self.vocabulary.words()[*id].clone(),
            score: *score,
        };
        all.iter().take(count).map(tag).collect()
    }
}

/// Σ a · b
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `vector` made one long; a vector without length stays.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    vector
}
