//! Ctrl-C and `kill`: the program ends at once, and temporary files with it.
//!
//! A flag that the work asks now and then was left: a network in training or a picture on
//! standard input may be long in asking.

use std::{
    fs, io,
    path::PathBuf,
    process,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::NamedTempFile;

use crate::output;

/// What shells report of a program that Ctrl-C ended.
const CODE: i32 = 130;

/// Temporary files made so far. Those that have their name or are gone stay listed: removing what
/// is not there does no harm, and no command makes many.
static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether the verb that runs asks for a stop by itself, and whether one was asked for.
static GENTLE: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);

/// From now on the first signal only sets what [`stopped`] tells: the work ends itself and keeps
/// what it has. The second one ends the program.
pub(crate) fn gently() {
    GENTLE.store(true, Ordering::SeqCst);
}

/// Whether a signal came since [`gently`].
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

fn files() -> MutexGuard<'static, Vec<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a signal ends the program in order. Signals that a parent asked to ignore, as
/// `nohup` does, stay ignored.
pub(crate) fn watch() {
    let stop = || {
        if GENTLE.load(Ordering::SeqCst) && !STOPPED.swap(true, Ordering::SeqCst) {
            output::say("stopping with the best so far; once more to stop at once");
            return;
        }
        // Held to the end, so that no further file can begin.
        let files = files();
        for file in files.iter() {
            let _ = fs::remove_file(file);
        }
        output::say("stopped");
        process::exit(CODE);
    };
    // Without it the program still ends on a signal, only less tidily.
    let _ = ctrlc::try_set_handler(stop);
}

/// Makes a temporary file that a signal removes.
pub(crate) fn temporary(
    make: impl FnOnce() -> io::Result<NamedTempFile>,
) -> io::Result<NamedTempFile> {
    let mut files = files();
    let file = make()?;
    files.push(file.path().to_owned());
    Ok(file)
}
