//! Pictures read and asked one by one, on several threads.

use super::options::Step;
use crate::error::FeelError;
use crate::predicting::extractor::Scratch;
use affetti_picture::{DecodeOptions, Picture, decode, read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A picture: a file, or bytes with a name.
pub(crate) struct Source<'a> {
    pub(crate) file: &'a Path,
    pub(crate) bytes: Option<&'a [u8]>,
}

impl<'a> Source<'a> {
    pub(crate) fn file(file: &'a Path) -> Self {
        Self { file, bytes: None }
    }

    /// The picture; none where it cannot be read.
    pub(crate) fn read(&self) -> Option<Picture> {
        self.open().ok()
    }

    /// The picture.
    ///
    /// # Errors
    /// [`FeelError::Picture`] where it cannot be read.
    pub(crate) fn open(&self) -> Result<Picture, FeelError> {
        let options = DecodeOptions::default();
        Ok(match self.bytes {
            Some(bytes) => decode(bytes, &options),
            None => read(self.file, &options),
        }?)
    }

    /// Bytes of the file; 0 where it is not there.
    pub(crate) fn length(&self) -> u64 {
        match self.bytes {
            Some(bytes) => bytes.len() as u64,
            None => std::fs::metadata(self.file).map_or(0, |m| m.len()),
        }
    }
}

/// What `ask` says of each of `sources`, in their order; none of those that cannot be read. After each
/// one `progress` is told with `stage`, which knows the file and whether there is an answer.
pub(super) fn each<R: Send>(
    sources: &[Source<'_>],
    threads: usize,
    ask: impl Fn(&Picture, &mut Scratch) -> Option<R> + Sync,
    stage: impl Fn(&Path, bool) -> String + Sync,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<R>>> = Mutex::new(sources.iter().map(|_| None).collect());
    let work = || {
        let mut scratch = Scratch::default();
        while let Some((i, source)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            sources.get(i).map(|source| (i, source))
        } {
            let answer = source
                .read()
                .and_then(|picture| ask(&picture, &mut scratch));
            let stage = stage(source.file, answer.is_some());
            if let Ok(mut answers) = answers.lock() {
                answers[i] = answer;
            }
            progress(Step {
                stage: &stage,
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                total: sources.len(),
            });
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    answers.into_inner().unwrap_or_default()
}
