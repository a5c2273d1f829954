//! Training of the space of pictures and words.

mod task;

use super::{Space, unit};
use crate::error::WordsError;
use crate::figures::WordsFigures;
use crate::sight::paintings::{Gallery, Seen, gallery};
use crate::text::normal;
use crate::text::spelling::Spelling;
use crate::text::vocabulary::{SPECIAL, Vocabulary};
use affetti_data::Split;
use affetti_emotion::Bootstrap;
use affetti_feel::Predictor;
use affetti_ground::config::first_wrong;
use affetti_nets::device::Device as Place;
use affetti_train::card::{Parts, start};
use affetti_train::order::shuffled;
use affetti_train::{Opened, Outcome, Places, Recipe, Stored, values};
use affetti_weights::registry::{self, InputContract, Metric};
use affetti_weights::store::Precision;
use affetti_weights::tensors::Tensors;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
pub use task::{SpaceNetwork, SpaceTask};

/// Settings of a training.
pub type Config = affetti_train::Config<SpaceRecipe>;

/// What decides how a space comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceRecipe {
    /// Whether programs carry the weights.
    #[serde(default)]
    pub embedded: bool,
    /// Which half of the paintings, 0 or 1, by their groups; all of them where none is named.
    #[serde(default)]
    pub half: Option<u64>,
    /// Words occur so often among what is learned.
    pub least: usize,
    /// Numbers of a vector.
    pub dimension: usize,
    /// Share of the steps' texts that are what a catalogue says, not what viewers said, 0..=1.
    pub facts: f64,
    /// Share of the words, and of a picture's components, that a step leaves out, 0..1.
    pub dropout: f64,
    /// What products are divided by in the choice of the own picture, above 0.
    pub temperature: f64,
    /// What the rate of the words' vectors is multiplied with.
    pub words_rate: f64,
}

/// What a training begins with: MiniLM's vectors of single words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// Imported.
    #[serde(rename = "minilm-l6")]
    MiniLm,
}

/// Pictures among which the own one is sought.
const AMONG: usize = 200;
/// Words that viewers used so often may be tags.
const TAG: usize = 40;

impl Recipe for SpaceRecipe {
    const KIND: &'static str = "space";
    type Start = Start;
    type Task = SpaceTask;
    type Figures = WordsFigures;
    type Error = WordsError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let size = |n: usize| (2..=1024).contains(&n);
        first_wrong(&[
            (own.half.is_none_or(|half| half < 2), "half: 0 or 1"),
            (own.least >= 1, "least: at least 1"),
            (size(own.dimension), "dimension: 2 to 1024"),
            ((0.0..=1.0).contains(&own.facts), "facts: 0 to 1"),
            (
                (0.0..1.0).contains(&own.dropout),
                "dropout: 0 or more, below 1",
            ),
            (
                own.temperature > 0.0 && own.temperature.is_finite(),
                "temperature: above 0",
            ),
            (
                own.words_rate >= 0.0 && own.words_rate.is_finite(),
                "words_rate: 0 or more",
            ),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, WordsError> {
        let predictor = Predictor::embedded(&Place::Cpu)?;
        let gallery = gallery(&predictor, places)?;
        let (learned, chosen, measured) = dealt(config, &gallery);
        let nothing = || WordsError::NothingToLearn {
            what: "artemis.csv and paintings/ leave no paintings with sentences to learn from"
                .to_owned(),
        };
        let first = learned.first().ok_or_else(nothing)?;
        if chosen.is_empty() {
            return Err(nothing());
        }
        let count = first.components.len();
        let all = learned
            .iter()
            .flat_map(texts)
            .chain(gallery.unseen.iter().map(|said| said.1.clone()));
        let all: Vec<Vec<String>> = all.map(|text| normal::words(&text)).collect();
        let vocabulary = Vocabulary::of(all.iter().map(Vec::as_slice), config.own.least);
        let vectors = task::begin(&vocabulary, config, places)?;
        let device = Device::flex().autodiff();
        let network = SpaceNetwork::new(config, count, vectors, &device);
        let task = SpaceTask::new(
            config,
            predictor.model().sha256.clone(),
            vocabulary,
            [learned, chosen, measured],
        );
        Ok((task, network))
    }

    fn weights(
        _: &Config,
        task: &SpaceTask,
        model: &SpaceNetwork,
    ) -> Result<Option<Tensors>, WordsError> {
        let mut space = space(task, model);
        space.usual = usual(&space, task)?;
        Ok(Some(space.to_tensors()))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        match name {
            "usual" | "picture.beta" => Precision::Full,
            _ => config.common.precision,
        }
    }

    fn measure(
        config: &Config,
        _: &Places<'_>,
        task: &SpaceTask,
        _: &Outcome<SpaceNetwork>,
        stored: &Stored,
    ) -> Result<WordsFigures, WordsError> {
        let space = Space::from_bytes(&stored.bytes, &stored.file)?;
        figures(config, &space, &task.measured)
    }

    fn card(
        config: &Config,
        task: &SpaceTask,
        figures: &WordsFigures,
    ) -> Result<Option<Parts>, WordsError> {
        let predictor = registry::card(affetti_feel::EMBEDDED)?;
        Ok(Some(Parts {
            kind: "words",
            embedded: config.own.embedded,
            input: InputContract {
                resolution: vec![224],
                channels: "RGB, and English text".into(),
                mean: 127.0,
                scale: 128.0,
                filter: "bilinear".into(),
                views: vec!["full".into()],
            },
            starts: vec![
                start(&registry::card("minilm-l6")?),
                format!("features: {}", start(&predictor)),
            ],
            data: format!(
                "{} paintings with what viewers of ArtEmis said and what catalogues say of them, splits train (research use, not redistributed)",
                task.learned.len()
            ),
            options: "",
            metrics: figures.0.clone(),
            cautions: &CAUTIONS,
        }))
    }
}

const CAUTIONS: [&str; 2] = [
    "It learned which words viewers of Western paintings use; words for other things find nothing sensible.",
    "Words about persons (age, sex, origin) are what viewers of paintings said, no judgement of anybody in a picture.",
];

/// What is known of a painting in words.
fn texts(seen: &Seen) -> impl Iterator<Item = String> {
    let said = seen.said.iter().map(|(_, text)| text.clone());
    said.chain(std::iter::once(seen.facts.clone()))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Paintings to learn from, to choose the epoch by and to measure on.
fn dealt(config: &Config, gallery: &Gallery) -> (Vec<Seen>, Vec<Seen>, Vec<Seen>) {
    let half = |seen: &&Seen| {
        let parity =
            u64::from(affetti_weights::store::sha256(seen.group.as_bytes()).as_bytes()[0] & 1);
        config.own.half.is_none_or(|half| half == parity)
    };
    let of = |split: Split| gallery.seen.iter().filter(move |seen| seen.split == split);
    let said = |seen: &&Seen| !seen.said.is_empty();
    (
        of(Split::Train)
            .filter(half)
            .filter(|seen| !seen.facts.is_empty() || !seen.said.is_empty())
            .cloned()
            .collect(),
        of(Split::Val).filter(said).cloned().collect(),
        of(Split::Test).filter(said).cloned().collect(),
    )
}

/// The network as it will be read.
fn space(task: &SpaceTask, model: &SpaceNetwork) -> Space {
    let mut found = values(model).map;
    let mut take = |name: &str| {
        found
            .remove(name)
            .map(|tensor| tensor.data)
            .unwrap_or_default()
    };
    let words = task.vocabulary.words();
    Space {
        spelling: Spelling::new(words[SPECIAL.len()..].iter().map(String::as_str)),
        vocabulary: task.vocabulary.clone(),
        usual_picture: task.usual_picture.clone(),
        predictor: task.predictor.clone(),
        picture: take("picture.weight"),
        bias: take("picture.beta"),
        vectors: take("words"),
        usual: vec![[0.0; 2]; words.len()],
        dimension: task.dimension(),
        sha256: String::new(),
    }
}

/// How well each word suits pictures, for [`Space::tags`].
fn usual(space: &Space, task: &SpaceTask) -> Result<Vec<[f32; 2]>, WordsError> {
    let pictures = task
        .learned
        .iter()
        .map(|seen| space.picture(&seen.components));
    let pictures: Vec<Vec<f32>> = pictures.collect::<Result<_, _>>()?;
    let things = Things::of(task);
    let one = |id: usize| {
        if !things.is_one(id, &task.vocabulary) {
            return [0.0; 2];
        }
        let vector = unit(space.vector(id as u32).to_vec());
        let products: Vec<f32> = pictures
            .iter()
            .map(|picture| super::dot(&vector, picture))
            .collect();
        let mean = products.iter().sum::<f32>() / products.len() as f32;
        let variance =
            products.iter().map(|p| (p - mean).powi(2)).sum::<f32>() / products.len() as f32;
        [mean, 1.0 / variance.sqrt().max(1e-6)]
    };
    Ok((0..space.usual.len()).map(one).collect())
}

/// How words are used, which tells names of things from other words.
struct Things {
    used: Vec<usize>,
    /// Behind an article or the like, and before a word that is no name.
    before: Vec<usize>,
    behind: Vec<usize>,
}

impl Things {
    fn of(task: &SpaceTask) -> Self {
        let count = task.vocabulary.words().len();
        let mut things = Self {
            used: vec![0; count],
            before: vec![0; count],
            behind: vec![0; count],
        };
        for (_, text) in task.learned.iter().flat_map(|seen| &seen.said) {
            let words = normal::words(text);
            for (n, id) in task.vocabulary.ids(&words, None).into_iter().enumerate() {
                let id = id as usize;
                let before = n.checked_sub(1).map(|n| words[n].as_str());
                let behind = words.get(n + 1).map(String::as_str);
                things.used[id] += 1;
                things.before[id] +=
                    usize::from(before.is_some_and(|word| LEADING.contains(&word)));
                things.behind[id] +=
                    usize::from(behind.is_none_or(|word| FOLLOWING.contains(&word)));
            }
        }
        things
    }

    /// Whether word `id` is used often, and mostly as the name of a thing.
    fn is_one(&self, id: usize, vocabulary: &Vocabulary) -> bool {
        let word = vocabulary.words()[id].as_str();
        let plain = word.len() > 2 && word.chars().all(char::is_alphabetic);
        let used = self.used[id];
        id >= SPECIAL.len()
            && plain
            && used >= TAG
            && !STOP.contains(&word)
            && 3 * self.before[id] >= used
            && 2 * self.behind[id] >= used
    }
}

/// Words that stand before names of things.
const LEADING: [&str; 24] = [
    "the",
    "a",
    "an",
    "this",
    "that",
    "these",
    "those",
    "his",
    "her",
    "their",
    "its",
    "of",
    "with",
    "in",
    "on",
    "by",
    "beautiful",
    "dark",
    "old",
    "blue",
    "green",
    "red",
    "white",
    "and",
];

/// Words that stand behind them, and not within a name of two words.
const FOLLOWING: [&str; 40] = [
    "is", "are", "was", "were", "and", "or", "of", "in", "on", "at", "with", "to", "that", "which",
    "who", "looks", "look", "seems", "seem", "appears", "makes", "make", "has", "have", "from",
    "as", "for", "by", "behind", "but", "because", "give", "gives", "can", "would", "reminds",
    "while", "being", "it", "'s",
];

/// Frequent words that say nothing of a picture.
const STOP: [&str; 94] = [
    "way",
    "others",
    "everyone",
    "someone",
    "something",
    "everything",
    "work",
    "art",
    "artist",
    "piece",
    "scene",
    "background",
    "foreground",
    "front",
    "middle",
    "left",
    "right",
    "sense",
    "kind",
    "lot",
    "due",
    "same",
    "the",
    "and",
    "this",
    "that",
    "with",
    "are",
    "for",
    "has",
    "have",
    "was",
    "were",
    "not",
    "but",
    "she",
    "her",
    "his",
    "him",
    "they",
    "them",
    "their",
    "its",
    "you",
    "from",
    "out",
    "into",
    "like",
    "looks",
    "look",
    "looking",
    "makes",
    "make",
    "feel",
    "feels",
    "feeling",
    "painting",
    "picture",
    "image",
    "because",
    "there",
    "very",
    "which",
    "who",
    "what",
    "how",
    "can",
    "could",
    "would",
    "seems",
    "seem",
    "being",
    "been",
    "just",
    "really",
    "about",
    "over",
    "than",
    "then",
    "more",
    "also",
    "does",
    "doing",
    "did",
    "some",
    "any",
    "all",
    "one",
    "two",
    "will",
    "when",
    "while",
    "these",
    "those",
];

/// How often an utterance finds its painting.
fn figures(config: &Config, space: &Space, measured: &[Seen]) -> Result<WordsFigures, WordsError> {
    let bootstrap = Bootstrap::seeded(config.common.seed).check()?;
    let ranks = ranks(space, measured, config.common.seed)?;
    let groups: Vec<Vec<usize>> = ranks.groups;
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let mut all = Vec::new();
    for (most, name) in [
        (1, "own painting first"),
        (10, "own painting among the first ten"),
    ] {
        let share = |draw: &[usize]| {
            let found = draw.iter().filter(|n| ranks.each[**n] <= most).count();
            Some(found as f64 / draw.len() as f64)
        };
        let estimate = bootstrap.estimate_groups(&groups, share)?;
        all.push(Metric {
            set: "paintings of ArtEmis, test split, by one utterance".into(),
            name: format!("{name} of {}", ranks.among),
            value: round(estimate.value),
            baseline: round(most as f64 / ranks.among as f64),
            against: "chance".into(),
            interval: [estimate.interval.low, estimate.interval.high].map(round),
            n: ranks.each.len(),
        });
    }
    Ok(WordsFigures(all, None))
}

/// Where the own painting stands for each utterance.
pub(crate) struct Ranks {
    each: Vec<usize>,
    groups: Vec<Vec<usize>>,
    among: usize,
}

impl Ranks {
    fn within(&self, most: usize) -> f64 {
        let found = self.each.iter().filter(|rank| **rank <= most).count();
        found as f64 / self.each.len().max(1) as f64
    }
}

/// Deals the paintings into sets of [`AMONG`], and seeks each utterance's painting in its set.
pub(crate) fn ranks(space: &Space, paintings: &[Seen], seed: u64) -> Result<Ranks, WordsError> {
    let pictures = paintings.iter().map(|seen| space.picture(&seen.components));
    let pictures: Vec<Vec<f32>> = pictures.collect::<Result<_, _>>()?;
    let order = shuffled(seed, 0, paintings.len());
    let among = AMONG.min(paintings.len());
    let mut found = Ranks {
        each: Vec::new(),
        groups: Vec::new(),
        among,
    };
    for (place, own) in order.iter().enumerate() {
        // The set goes round, so that all sets have one size.
        let set = (1..among).map(|n| order[(place + n) % order.len()]);
        let set: Vec<usize> = set.collect();
        let mut group = Vec::new();
        for (_, text) in &paintings[*own].said {
            let Ok(text) = space.text(text) else {
                continue;
            };
            let product = |n: usize| super::dot(&pictures[n], &text);
            let best = product(*own);
            let before = set.iter().filter(|n| product(**n) >= best).count();
            group.push(found.each.len());
            found.each.push(before + 1);
        }
        if !group.is_empty() {
            found.groups.push(group);
        }
    }
    Ok(found)
}
