//! The pipeline: a stream of inputs becomes a stream of answers, in the same order, whatever the
//! work on each picture is.
//!
//! Every worker takes one picture at a time from its bytes to its answer, so that decoding and
//! networks overlap on all cores without a hand-over between them. With fewer pictures than
//! threads, the threads left over work inside of the networks.
//!
//! Memory: decoded pictures are at most one per worker and at most [`Control::pixel_bytes`]
//! together; finished answers wait in a window of twice the workers and four.
//!
//! | step | where |
//! |---|---|
//! | files, folders, standard input, memory become a stream of pictures | `inputs`, `credits` |
//! | what it is called, exactly | `name` |
//! | bytes of one picture, and the picture once there is room for it | `source`, `budget` |
//! | answers in order, within the window | `ordered` |
//! | stopping early, telling how far it is | `control` |
//! | what becomes of an input without an answer | `failure` |

mod budget;
mod control;
mod credits;
mod failure;
mod inputs;
mod name;
mod ordered;
mod source;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use affetti_picture::{DecodeOptions, Limits, Picture, decode, dimensions};
use affetti_sketch::Moment;

pub use budget::{Budget, Permit};
pub use control::{Cancel, Control, Progress, Silent};
pub use failure::{ErrorKind, Failure, Fault};
pub use inputs::{Found, Input, Inputs};
pub use name::{PictureName, percent_encoded};
pub use ordered::WORKER_THREAD;
pub use source::{Job, STDIN, Source};

/// What is done with one picture.
pub trait Work: Sync {
    /// What a worker keeps between pictures.
    type State;
    /// What comes of a picture.
    type Answer: Send;

    /// Made once for each worker, and again after a panic: whatever that left half done must not
    /// reach the next picture.
    fn state(&self) -> Self::State;

    /// Threads in all, at least 1.
    fn threads(&self) -> usize;

    /// Whether pictures are worked on side by side, each on few threads; otherwise one after the
    /// other, each on all of them, and the next one only when the answer was taken.
    fn side_by_side(&self) -> bool {
        true
    }

    /// The answer to one picture.
    ///
    /// # Errors
    /// Why there is none.
    fn answer(&self, task: &Task<'_>, state: &mut Self::State) -> Result<Self::Answer, Fault>;
}

/// What became of one find of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<A> {
    /// An answer.
    Done(Box<A>),
    /// No answer, and why.
    Failed(Failure),
    /// A note of the stream, in its place.
    Note(String),
}

/// One picture in work.
pub struct Task<'a> {
    /// Which one.
    pub job: &'a Job,
    /// Threads for its own use.
    pub threads: usize,
    control: &'a Control<'a>,
    budget: &'a Budget,
}

/// A decoded picture; its share of the memory for pixels is free again when it is dropped.
pub struct Opened<'a> {
    /// The upright picture.
    pub picture: Picture,
    _permit: Permit<'a>,
}

impl<'a> Task<'a> {
    /// All bytes of the picture, within the limit on their number.
    ///
    /// # Errors
    /// Those of reading.
    pub fn bytes(&self, limits: &Limits) -> Result<Cow<'a, [u8]>, Fault> {
        Ok(self.job.source.bytes(limits)?)
    }

    /// Reads and decodes the picture once there is room for it.
    ///
    /// # Errors
    /// Those of reading and decoding.
    pub fn open(&self, options: &DecodeOptions) -> Result<Opened<'a>, Fault> {
        let bytes = self.bytes(&options.limits)?;
        let (width, height) = dimensions(&bytes)?;
        // Sizes beyond the limits are refused by `decode`; until then they must not block the others.
        options.limits.check_size(width, height, 0)?;
        let permit = self.budget.take(u64::from(width) * u64::from(height) * 3);
        Ok(Opened {
            picture: decode(&bytes, options)?,
            _permit: permit,
        })
    }

    /// Tells of a step of a drawing; breaks where the work is to stop with what it has.
    pub fn step(&self, moment: &Moment<'_>) -> ControlFlow<()> {
        self.control.progress.step(&self.job.source.name(), moment);
        if self.control.cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// One thread per core that this process may use.
#[must_use]
pub fn available_threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Answers every picture of `inputs` and hands the outcomes to `sink`, on this thread and in the
/// order of the inputs, until the sink breaks or the work is cancelled.
///
/// A picture that makes the program panic becomes a [`Failure`] like any other.
pub fn run<W: Work>(
    work: &W,
    mut inputs: impl Iterator<Item = Found> + Send,
    control: &Control<'_>,
    mut sink: impl FnMut(Outcome<W::Answer>) -> ControlFlow<()>,
) {
    let threads = work.threads().max(1);
    // A look ahead tells whether there is work for every thread.
    let ahead = if work.side_by_side() { threads } else { 0 };
    let head: Vec<Found> = inputs.by_ref().take(ahead).collect();
    let is_picture = |found: &&Found| matches!(found, Found::Picture(_));
    let workers = head.iter().filter(is_picture).count().max(1);
    let window = if ahead > 0 { 2 * workers + 4 } else { 1 };
    let budget = Budget::new(control.pixel_bytes);
    let one = |found: Found, state: &mut W::State| match found {
        Found::Failed(failure) => Outcome::Failed(failure),
        Found::Note(note) => Outcome::Note(note),
        Found::Picture(job) => {
            let task = Task {
                job: &job,
                threads: (threads / workers).max(1),
                control,
                budget: &budget,
            };
            match guarded(work, &task, state) {
                Ok(answer) => Outcome::Done(Box::new(answer)),
                Err(failure) => Outcome::Failed(failure),
            }
        }
    };
    let all = head.into_iter().chain(inputs);
    let all = all.take_while(|_| !control.cancel.is_cancelled());
    let mut done = 0;
    ordered::map(
        all,
        workers,
        window,
        || work.state(),
        one,
        |outcome| {
            done += usize::from(!matches!(outcome, Outcome::Note(_)));
            let flow = sink(outcome);
            control.progress.pictures(done);
            flow
        },
    );
}

/// The answer to one picture, on this thread and as many as the work has, once `budget` has room for its
/// pixels.
///
/// # Errors
/// The [`Failure`] of this picture; one that makes the program panic becomes one like any other.
pub fn answer<W: Work>(
    work: &W,
    job: &Job,
    control: &Control<'_>,
    budget: &Budget,
) -> Result<W::Answer, Failure> {
    let task = Task {
        job,
        threads: work.threads().max(1),
        control,
        budget,
    };
    guarded(work, &task, &mut work.state())
}

fn guarded<W: Work>(work: &W, task: &Task<'_>, state: &mut W::State) -> Result<W::Answer, Failure> {
    let answered = catch_unwind(AssertUnwindSafe(|| work.answer(task, state)));
    answered
        .unwrap_or_else(|_| {
            *state = work.state();
            Err(Fault::gave_up())
        })
        .map_err(|fault| fault.of(task.job.source.name()))
}
