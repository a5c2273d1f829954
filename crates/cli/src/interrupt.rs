//! Ctrl-C and `kill`: the program ends at once, and temporary files with it.
//!
//! A flag that the work asks now and then was left: a network in training or a picture on
//! standard input may be long in asking.

use std::{
    fs, io,
    path::PathBuf,
    process,
    sync::{Mutex, MutexGuard, PoisonError},
};

use affetti::Cancel;
use tempfile::NamedTempFile;

use crate::say::say;

/// What shells report of a program that Ctrl-C ended.
const CODE: i32 = 130;

/// Temporary files made so far. Those that have their name or are gone stay listed: removing what
/// is not there does no harm, and no command makes many.
static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How the verb that runs is asked to stop by itself, once.
static GENTLE: Mutex<Option<Cancel>> = Mutex::new(None);

/// From now on the first signal only cancels: the work ends itself and keeps what it has. The
/// second one ends the program.
pub(crate) fn gently(cancel: &Cancel) {
    *lock(&GENTLE) = Some(cancel.clone());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a signal ends the program in order. Signals that a parent asked to ignore, as
/// `nohup` does, stay ignored.
pub(crate) fn watch() {
    let stop = || {
        if let Some(cancel) = lock(&GENTLE).take() {
            cancel.cancel();
            say("stopping with the best so far; once more to stop at once");
            return;
        }
        // Held to the end, so that no further file can begin.
        let files = lock(&FILES);
        for file in files.iter() {
            let _ = fs::remove_file(file);
        }
        say("stopped");
        process::exit(CODE);
    };
    // Without it the program still ends on a signal, only less tidily.
    let _ = ctrlc::try_set_handler(stop);
}

/// Makes a temporary file that a signal removes.
pub(crate) fn temporary(
    make: impl FnOnce() -> io::Result<NamedTempFile>,
) -> io::Result<NamedTempFile> {
    let mut files = lock(&FILES);
    let file = make()?;
    files.push(file.path().to_owned());
    Ok(file)
}
