//! The training loop of every deep network.
//!
//! A room describes what it learns as a [`Task`]: batches with their loss, and a validation. [`run`]
//! does the rest: optimiser, schedule, averaged weights, early stopping, and a run folder with the
//! settings, `metrics.csv`, `curves.svg` and the checkpoints `best` and `last`.
//!
//! | module | holds |
//! |---|---|
//! | [`trainer`] | the loop |
//! | [`settings`] | what a config file may say about it |
//! | [`optimizer`] | AdamW and momentum, clipping, rates per layer |
//! | [`schedule`] | the rate over the epochs |
//! | [`parameters`] | the values of a module by name, and back |
//! | [`average`] | exponential moving average of all values |
//! | [`checkpoint`] | everything that a resumed training needs |
//! | [`run_folder`], [`curves`] | what a training leaves behind |
//! | [`losses`] | objectives that several rooms share |
//! | [`order`] | which example comes when |
//! | [`augment`] | pieces of pictures, varied |
//!
//! # Conventions
//! - The same task, settings and number of threads give the same bytes. Whatever is random is
//!   drawn from seed, epoch and step alone, so that a resumed training draws the same.
//! - A training that is stopped or killed loses the epoch it was in and nothing else.
//! - Loss or weights that stop being numbers end the training with an error; the checkpoints
//!   before that stay.

pub mod augment;
pub mod average;
pub mod checkpoint;
pub mod curves;
mod error;
pub mod losses;
pub mod optimizer;
pub mod order;
pub mod parameters;
pub mod run_folder;
pub mod schedule;
pub mod settings;
pub mod trainer;

pub use checkpoint::History;
pub use error::{ErrorKind, TrainError};
pub use parameters::{freeze, restore, values};
pub use run_folder::RunFolder;
pub use settings::Settings;
pub use trainer::{Metric, Outcome, Progress, Task, Watch, run};
