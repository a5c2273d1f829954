//! The training loop of every deep network.
//!
//! A room describes what it learns as a [`Task`]: batches with their loss, and a validation. [`run`]
//! does the rest: optimisers, schedule, averaged weights, early stopping, and a run folder with the
//! settings, `metrics.csv`, `curves.svg`, sheets of samples and the checkpoints `best` and `last`. How a
//! training comes from a config and what it publishes is a [`Recipe`], and [`train`] follows it.
//!
//! | module | holds |
//! |---|---|
//! | [`recipe`], [`config`], [`card`] | from a config to weights, figures and card |
//! | [`trainer`] | the loop |
//! | [`settings`] | what a config file may say about it |
//! | [`optimizer`], [`optimizers`] | AdamW and momentum, clipping, rates per layer; several by name |
//! | [`schedule`] | the rate over the epochs |
//! | [`parameters`] | the values of a module by name, and back |
//! | [`average`] | exponential moving average of all values |
//! | [`checkpoint`] | everything that a resumed training needs |
//! | [`run_folder`], [`curves`] | what a training leaves behind |
//! | [`losses`] | objectives that several rooms share |
//! | [`order`] | which example comes when |
//! | [`augment`] | pieces of pictures, varied |
//! | [`text`] | batches of token ids |
//!
//! # Conventions
//! - The same task, settings and number of threads give the same bytes. Whatever is random is
//!   drawn from seed, epoch and step alone, so that a resumed training draws the same.
//! - A training that is stopped or killed loses the epoch it was in and nothing else, and publishes
//!   nothing.
//! - Loss or weights that stop being numbers end the training with an error; the checkpoints
//!   before that stay.

pub mod augment;
pub mod average;
pub mod card;
pub mod checkpoint;
pub mod config;
pub mod curves;
mod error;
pub mod losses;
pub mod optimizer;
pub mod optimizers;
pub mod order;
pub mod parameters;
pub mod recipe;
pub mod run_folder;
pub mod schedule;
pub mod settings;
pub mod text;
pub mod trainer;

pub use checkpoint::History;
pub use config::{Common, Config};
pub use error::{ErrorKind, TrainError};
pub use optimizers::Optimizers;
pub use parameters::{freeze, restore, values};
pub use recipe::{Figures, ModelOf, Opened, Places, Recipe, Stored, Trained, train};
pub use run_folder::{RunFolder, Sheet};
pub use settings::Settings;
pub use trainer::{Metric, Outcome, Plan, Progress, Task, Watch, run};
