//! A run beside its work: stopping it early, and telling how far it is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use affetti_sketch::Moment;

/// A wish to stop, shared by all its clones. It is looked at between pictures and, in drawings,
/// between steps; what is done by then is kept.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the end, from any thread.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Told how far a run is.
pub trait Progress: Sync {
    /// So many inputs are done, failed ones included; told on the thread of the sink, after it.
    fn pictures(&self, done: usize) {
        let _ = done;
    }

    /// A step of the drawing of the picture called `path`; told on the thread that draws, which
    /// waits meanwhile.
    fn step(&self, path: &str, moment: &Moment<'_>) {
        let _ = (path, moment);
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// How a run goes, whatever the work.
#[derive(Clone)]
pub struct Control<'a> {
    /// Stops it early.
    pub cancel: Cancel,
    /// Told how far it is. Default [`Silent`].
    pub progress: &'a dyn Progress,
    /// Decoded pixels that may be alive at once, in bytes; a larger picture is opened when no other
    /// one is. Default 512 MiB: fourteen pictures of 12 megapixels.
    pub pixel_bytes: u64,
}

impl Default for Control<'_> {
    fn default() -> Self {
        Self {
            cancel: Cancel::default(),
            progress: &Silent,
            pixel_bytes: 512 << 20,
        }
    }
}
