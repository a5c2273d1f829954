//! Affetti feels a picture: which emotions it evokes, how pleasant, how stirring.
//!
//! This is the facade, the only place that puts the rooms together. The way of a collection:
//!
//! | step | where |
//! |---|---|
//! | files, folders and stdin become a stream of pictures | [`Inputs`] |
//! | read, decode, predict on all cores; answers in the order of the inputs | [`feel`](fn@feel) |
//! | one answer | [`Reading`], with its JSON line |
//! | many answers on one page; one answer on a terminal | [`report`], [`card`] |
//!
//! # Example
//! ```no_run
//! use std::ops::ControlFlow;
//! use affetti::{FeelOptions, Input, Inputs, Outcome, Predictor, feel, nets::device::Device};
//!
//! let predictor = Predictor::embedded(&Device::Cpu)?;
//! let inputs = Inputs::new([Input::from("gallery".as_ref())]);
//! feel(&predictor, inputs, &FeelOptions::default(), |outcome| {
//!     if let Outcome::Felt(reading) = outcome {
//!         println!("{}: {}", reading.path, reading.dominant());
//!     }
//!     ControlFlow::Continue(())
//! });
//! # Ok::<(), affetti::FeelError>(())
//! ```

pub mod card;
pub mod intention;
pub mod report;
pub mod verdict;

mod budget;
mod credits;
mod failure;
mod feel;
mod hit;
mod inputs;
mod load;
mod ordered;
mod printable;
mod reading;

pub use affetti_data as data;
pub use affetti_emotion as emotion;
pub use affetti_feel::{
    self as training, Aim, FeelError, Intention, ModelId, Prediction, Predictor, Target,
};
pub use affetti_nets as nets;
pub use affetti_picture as picture;

pub use affetti_feel::index;
pub use failure::{ErrorKind, Failure};
pub use feel::{FeelOptions, Outcome, WORKER_THREAD, available_threads, feel};
pub use hit::hit_json;
pub use inputs::{Found, Input, Inputs, Job, STDIN, Source};
pub use printable::printable;
pub use reading::{Reading, Trace, round4};
