//! Affetti feels a picture: which emotions it evokes, how pleasant, how stirring.
//!
//! This is the facade, the only place that puts the rooms together. The way of a collection:
//!
//! | step | where |
//! |---|---|
//! | the models that are asked, loaded when first needed | [`Models`] |
//! | files, folders, stdin and memory become a stream of pictures | [`Inputs`] |
//! | one work on every picture, on all cores, answers in order; stopped and watched | [`pipeline`] |
//! | what pictures evoke: a [`Reading`] each | [`feel`](fn@feel) |
//! | which of their parts: a [`RegionsReading`] each | [`regions`](fn@regions) |
//! | drawings of them: a [`Sketched`] each | [`sketch`](fn@sketch) |
//! | sentences about them: a [`SaidPicture`] each | [`say`](fn@say) |
//! | many answers on one page; one answer on a terminal | [`report`], [`sheet()`], [`card`] |
//!
//! Answers and failures are `Serialize`: their JSON is the contract's line. The rooms themselves
//! stand under their own names: [`data`], [`emotion`], [`feel`](mod@feel), [`nets`], [`picture`],
//! [`regions`](mod@regions), [`sketch`](mod@sketch) and, with the feature `train`, `train`.
//!
//! # Example
//! ```no_run
//! use std::ops::ControlFlow;
//! use affetti::{Control, FeelOptions, Input, Inputs, Models, Outcome, feel};
//!
//! let models = Models::default();
//! let inputs = Inputs::new([Input::from("gallery".as_ref())]);
//! feel(&models, inputs, &FeelOptions::default(), &Control::default(), |outcome| {
//!     if let Outcome::Done(reading) = outcome {
//!         println!("{}: {}", reading.path, reading.dominant());
//!     }
//!     ControlFlow::Continue(())
//! })?;
//! # Ok::<(), affetti::FeelError>(())
//! ```

pub mod card;
pub mod intention;
pub mod pipeline;
pub mod report;
pub mod verdict;

mod answers;
mod drawings;
mod entry;
mod models;
mod printable;
mod shares;
mod sheet;
mod verbs;

pub use affetti_data as data;
pub use affetti_emotion as emotion;
pub use affetti_feel as feel;
pub use affetti_ground as ground;
pub use affetti_nets as nets;
pub use affetti_paint as paint;
pub use affetti_picture as picture;
pub use affetti_regions as regions;
pub use affetti_sketch as sketch;
#[cfg(feature = "train")]
pub use affetti_train as train;
pub use affetti_weights as weights;
pub use affetti_words as words;

pub use affetti_feel::{Aim, FeelError, Intention, ModelId, Prediction, Predictor, Target};
pub use answers::painted::{NOTE, offer};
pub use answers::{
    Asked, Measured, Painted, Parts, ReadSentence, Reading, RegionsReading, SaidPicture, Sketched,
    Trace, hit_json, sidecar,
};
pub use drawings::Drawings;
pub use models::{Models, Sources, Speech, Weights};
pub use pipeline::{
    Cancel, Control, ErrorKind, Failure, Found, Input, Inputs, Job, Outcome, PictureName, Progress,
    STDIN, Source, available_threads,
};
pub use printable::printable;
pub use shares::round4;
pub use sheet::sheet;
pub use verbs::{
    Fusion,
    feel::{FeelOptions, Feeling, feel},
    find::{Wishes, find},
    paint::{PaintOptions, paint},
    paint_words::{PaintWords, emotion_named, feeling_named},
    regions::{Finding, RegionsOptions, regions},
    say::{Expressed, Saying, SayingOptions, say},
    sketch::{ClipassoRecipe, Pulled, SketchOptions, Sketching, pull, sketch, tower},
    turning::{TURN_DELAY, TURN_FRAMES, turning},
};
