//! Training of a reader.
//!
//! | step | where |
//! |---|---|
//! | settings of a training | [`ReaderRecipe`] |
//! | utterances with what was felt, texts with what a teacher reads in them | `texts` |
//! | what it begins with: published weights, their words cut to those of the corpora | `start` |
//! | the network with its head | `network` |
//! | batches of texts of one length, loss, validation | `task` |
//! | figures and card | `result` |

mod config;
mod network;
mod result;
mod start;
mod task;
mod texts;

pub use config::{Kind, ReaderRecipe, Start};
pub use network::ReaderNetwork;
pub use task::ReaderTask;

use super::Reader;
use super::file::About;
use crate::error::WordsError;
use crate::figures::WordsFigures;
use affetti_train::card::Parts;
use affetti_train::{Opened, Outcome, Places, Recipe, Stored, freeze};
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::tensor::Device;

/// Settings of a training.
pub type Config = affetti_train::Config<ReaderRecipe>;

impl Recipe for ReaderRecipe {
    const KIND: &'static str = "reader";
    type Start = Start;
    type Task = ReaderTask;
    type Figures = WordsFigures;
    type Error = WordsError;

    fn check(config: &Config) -> Result<(), String> {
        config.own.in_range(config.common.start)
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, WordsError> {
        let texts = texts::load(config, places)?;
        let begun = start::open(config, places, &texts)?;
        let device = Device::flex().autodiff();
        let network = ReaderNetwork::new(&begun, config.common.seed, &device)?;
        let still = |name: &str| config.own.words_rate == 0.0 && name.ends_with(".words");
        let task = ReaderTask::new(config, texts, begun);
        Ok((task, freeze(network, &still)))
    }

    fn weights(
        config: &Config,
        task: &ReaderTask,
        model: &ReaderNetwork,
    ) -> Result<Option<Tensors>, WordsError> {
        let mut tensors = model.tensors();
        let about = |temperature: f32| About {
            network: task.begun.sizes,
            words: task.begun.list(),
            temperature,
        };
        let note = |about: &About| serde_json::to_string(about).unwrap_or_default();
        tensors.note = note(&about(1.0));
        // Of what will be stored, not of what was trained.
        let bytes = store::to_bytes(&tensors, |name| Self::precision(config, name))?;
        let reader = Reader::from_bytes(&bytes, "the trained reader")?;
        tensors.note = note(&about(result::temperature(&reader, &task.texts)));
        Ok(Some(tensors))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        // A head that is rounded moves every share; vectors of places are sums of two in the original.
        match name {
            _ if name.starts_with("head.") => Precision::Full,
            "places" => Precision::Half,
            _ => config.common.precision,
        }
    }

    fn measure(
        config: &Config,
        places: &Places<'_>,
        task: &ReaderTask,
        _: &Outcome<ReaderNetwork>,
        stored: &Stored,
    ) -> Result<WordsFigures, WordsError> {
        let reader = Reader::from_bytes(&stored.bytes, &stored.file)?;
        result::figures(config, places, &reader, &task.texts)
    }

    fn card(
        config: &Config,
        task: &ReaderTask,
        figures: &WordsFigures,
    ) -> Result<Option<Parts>, WordsError> {
        result::card(config, task, figures).map(Some)
    }
}
