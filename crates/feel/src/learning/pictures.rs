//! Pictures read and asked one by one, on several threads.

use super::options::Step;
use crate::predicting::extractor::Scratch;
use affetti_picture::{DecodeOptions, Picture, read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `ask` says of each of `files`, in their order; none of those that cannot be read. After each
/// one `progress` is told with `stage`, which knows the file and whether there is an answer.
pub(super) fn each<R: Send>(
    files: &[&Path],
    threads: usize,
    ask: impl Fn(&Picture, &mut Scratch) -> Option<R> + Sync,
    stage: impl Fn(&Path, bool) -> String + Sync,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let answers: Mutex<Vec<Option<R>>> = Mutex::new(files.iter().map(|_| None).collect());
    let work = || {
        let mut scratch = Scratch::default();
        while let Some((i, file)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            files.get(i).map(|file| (i, file))
        } {
            let picture = read(file, &DecodeOptions::default()).ok();
            let answer = picture.and_then(|picture| ask(&picture, &mut scratch));
            let stage = stage(file, answer.is_some());
            if let Ok(mut answers) = answers.lock() {
                answers[i] = answer;
            }
            progress(Step {
                stage: &stage,
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                total: files.len(),
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
