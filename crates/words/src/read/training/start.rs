//! What a training begins with.

use super::Config;
use super::config::{Kind, Start};
use super::texts::Texts;
use crate::encoder::{counts, lstm, transformer};
use crate::error::WordsError;
use crate::read::file::{About, Sizes};
use crate::text::normal;
use crate::text::vocabulary::{SPECIAL, Vocabulary};
use crate::text::wordpiece::WordPieces;
use affetti_ground::Normal;
use affetti_train::Places;
use affetti_weights::NetError;
use affetti_weights::registry;
use affetti_weights::store;
use affetti_weights::tensors::{Tensor, Tensors};

/// Vectors and layers, with the words that they are for.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    pub(super) sizes: Sizes,
    pub(super) words: Words,
    /// By our names; of the recurrent network the vectors of words only.
    pub(super) tensors: Tensors,
}

/// How texts become numbers.
#[derive(Clone, Debug)]
pub(super) enum Words {
    Pieces(WordPieces),
    Whole(Vocabulary),
    /// Buckets of n-grams, and the words that are known.
    Counts(usize, Vocabulary),
}

impl Begun {
    /// The words or pieces as weight files list them.
    pub(super) fn list(&self) -> Vec<String> {
        match &self.words {
            Words::Pieces(pieces) => pieces.pieces().to_vec(),
            Words::Whole(words) | Words::Counts(_, words) => {
                words.words()[SPECIAL.len()..].to_vec()
            }
        }
    }

    /// The numbers of a text; none of a text without words.
    pub(super) fn ids(&self, text: &str, limit: usize) -> Vec<u32> {
        match &self.words {
            Words::Pieces(pieces) => pieces.ids(text, limit + 2),
            Words::Counts(buckets, _) => {
                let mut all = normal::words(text);
                all.truncate(limit);
                let mut ids = counts::buckets(&all, *buckets);
                // Texts of about one length go together.
                ids.resize(ids.len().next_multiple_of(GROUP), 0);
                ids
            }
            Words::Whole(words) => {
                let mut all = normal::words(text);
                all.truncate(limit);
                words.ids(&all, None)
            }
        }
    }

    /// The number that stands for any unknown word, and how many numbers frame a text.
    pub(super) fn unknown(&self) -> (u32, usize) {
        match &self.words {
            Words::Pieces(pieces) => (pieces.unknown(), 1),
            Words::Whole(_) => (crate::text::vocabulary::UNKNOWN, 0),
            Words::Counts(..) => (0, 0),
        }
    }
}

/// Of counts, texts whose n-grams differ by less in number go together.
const GROUP: usize = 32;
/// Buckets of n-grams, and floats of a vector.
const COUNTS: counts::Shape = counts::Shape {
    buckets: 1 << 17,
    width: 16,
};

/// Vectors of n-grams begin near nothing.
fn counts(config: &Config, texts: &Texts) -> Begun {
    let sentences: Vec<Vec<String>> = texts
        .learned
        .iter()
        .map(|text| normal::words(&text.text))
        .collect();
    let words = Vocabulary::of(sentences.iter().map(Vec::as_slice), config.own.least);
    let data = Normal::new(config.common.seed).many(COUNTS.numbers(), 0.01);
    let shape = vec![COUNTS.buckets, COUNTS.width];
    let mut tensors = Tensors::default();
    tensors
        .map
        .insert("words".to_owned(), Tensor { shape, data });
    Begun {
        sizes: Sizes::Counts(COUNTS),
        words: Words::Counts(COUNTS.buckets, words),
        tensors,
    }
}

fn malformed(file: &str, why: &str) -> NetError {
    NetError::Malformed {
        file: file.to_owned(),
        format: "start of a reader",
        why: why.to_owned(),
    }
}

pub(super) fn open(
    config: &Config,
    places: &Places<'_>,
    texts: &Texts,
) -> Result<Begun, WordsError> {
    match (config.own.network, config.common.start) {
        (Kind::Counts, _) => Ok(counts(config, texts)),
        (Kind::Transformer, Start::Careful) => careful(config, places),
        (Kind::Transformer, _) => minilm(config, texts),
        (Kind::Lstm, start) => glove(config, places, start, texts),
    }
}

/// MiniLM, its words cut to the pieces that what is learned needs.
fn minilm(config: &Config, texts: &Texts) -> Result<Begun, WordsError> {
    let mut published = registry::tensors(Start::MiniLm.name())?;
    let file = published.file.clone();
    let pieces: Vec<String> = serde_json::from_str(&std::mem::take(&mut published.note))
        .map_err(|_| malformed(&file, "it has no list of pieces; import it again"))?;
    let pieces = WordPieces::new(pieces).map_err(|why| malformed(&file, &why))?;
    let shape = transformer::Shape::MINILM;
    let mut tensors = transformer::from_published(shape, published)?;
    let (pieces, kept) = pieces.cut(texts.learned.iter().map(|text| text.text.as_str()));
    keep_rows(
        &mut tensors,
        "words",
        shape.width,
        kept.iter().map(|id| *id as usize),
    );
    let places = crate::read::LONGEST + 2;
    keep_rows(&mut tensors, "places", shape.width, 0..places);
    let shape = transformer::Shape {
        pieces: kept.len(),
        places,
        ..shape
    };
    Ok(shortened(config, shape, pieces, tensors))
}

/// The first blocks of a network, as many as the config wants.
fn shortened(
    config: &Config,
    mut shape: transformer::Shape,
    pieces: WordPieces,
    mut tensors: Tensors,
) -> Begun {
    shape.layers = config.own.layers.unwrap_or(shape.layers).min(shape.layers);
    let wanted = shape.tensors();
    tensors
        .map
        .retain(|name, _| wanted.iter().any(|(known, _)| known == name));
    Begun {
        sizes: Sizes::Transformer(shape),
        words: Words::Pieces(pieces),
        tensors,
    }
}

/// A reader that was trained before, without its head.
fn careful(config: &Config, places: &Places<'_>) -> Result<Begun, WordsError> {
    let path = places
        .models
        .join(format!("{}.safetensors", Start::Careful.name()));
    let file = path.display().to_string();
    let mut tensors = store::from_bytes(&store::read_file(&path)?, &file)?;
    let about: About = serde_json::from_str(&std::mem::take(&mut tensors.note))
        .map_err(|_| malformed(&file, "it is no reader"))?;
    let Sizes::Transformer(shape) = about.network else {
        return Err(malformed(&file, "it is no transformer").into());
    };
    let pieces = WordPieces::new(about.words).map_err(|why| malformed(&file, &why))?;
    Ok(shortened(config, shape, pieces, tensors))
}

/// Leaves of the matrix `name` the rows `kept`, in their order.
fn keep_rows(tensors: &mut Tensors, name: &str, width: usize, kept: impl Iterator<Item = usize>) {
    if let Some(tensor) = tensors.map.get_mut(name) {
        let rows = kept.filter_map(|row| tensor.data.get(row * width..(row + 1) * width));
        let data: Vec<f32> = rows.flatten().copied().collect();
        let shape = vec![data.len() / width, width];
        *tensor = Tensor { shape, data };
    }
}

/// Whether a name of a vector is a word that sentences are cut into.
fn is_word(name: &str) -> bool {
    let cut = normal::words(name);
    cut.len() == 1 && cut[0] == name && name.chars().all(char::is_alphabetic)
}

/// GloVe's vectors of the words that occur often enough.
fn glove(
    config: &Config,
    places: &Places<'_>,
    start: Start,
    texts: &Texts,
) -> Result<Begun, WordsError> {
    let path = places.models.join(format!("{}.safetensors", start.name()));
    let file = path.display().to_string();
    let mut published = store::from_bytes(&store::read_file(&path)?, &file)?;
    let known: Vec<String> = serde_json::from_str(&published.note)
        .map_err(|_| malformed(&file, "it has no list of words; make it by peers/glove.py"))?;
    let vectors = published.map.remove("words");
    let vectors = vectors.ok_or_else(|| malformed(&file, "it has no tensor words"))?;
    let [rows, vector] = vectors.shape[..] else {
        return Err(malformed(&file, "words is no matrix").into());
    };
    if rows != known.len() || vector == 0 {
        return Err(malformed(&file, "its words and vectors differ in number").into());
    }
    let row: std::collections::HashMap<&str, &[f32]> = known
        .iter()
        .map(String::as_str)
        .zip(vectors.data.chunks_exact(vector))
        .collect();
    let sentences: Vec<Vec<String>> = texts
        .learned
        .iter()
        .map(|text| normal::words(&text.text))
        .collect();
    let words = Vocabulary::of(sentences.iter().map(Vec::as_slice), config.own.least);
    let besides = known
        .iter()
        .take(config.own.besides)
        .filter(|word| words.id(word).is_none());
    let besides: Vec<String> = besides.filter(|word| is_word(word)).cloned().collect();
    let words = Vocabulary::new([&words.words()[SPECIAL.len()..], &besides].concat());
    let mut random = Normal::new(config.common.seed);
    let values = words.words().iter().enumerate().flat_map(|(id, word)| {
        match (id, row.get(word.as_str())) {
            (0, _) => vec![0.0; vector],
            (_, Some(row)) => row.to_vec(),
            (_, None) => random.many(vector, 1.0),
        }
    });
    let mut tensors = Tensors::default();
    let data = values.collect();
    let count = words.words().len();
    let shape = vec![count, vector];
    tensors
        .map
        .insert("words".to_owned(), Tensor { shape, data });
    Ok(Begun {
        sizes: Sizes::Lstm(lstm::Shape {
            words: count,
            vector,
            width: 256,
            narrow: 100,
        }),
        words: Words::Whole(words),
        tensors,
    })
}
