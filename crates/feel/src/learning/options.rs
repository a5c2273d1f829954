//! Where the work of learning finds its files, and how it tells how far it is.

use std::path::Path;

/// Where things are and who watches.
#[derive(Clone, Copy)]
pub struct TrainOptions<'a> {
    /// The folder with `oasis/`, `paintings/` and `artemis.csv`.
    pub data: &'a Path,
    /// Where weights and card go.
    pub models: &'a Path,
    /// Worker threads.
    pub threads: usize,
    /// Called after every piece of work, from any thread.
    pub progress: &'a (dyn Fn(Step<'_>) + Sync),
}

/// One piece of work done.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What is being done.
    pub stage: &'a str,
    /// Pieces done of this stage.
    pub done: usize,
    /// Pieces of this stage.
    pub total: usize,
}
