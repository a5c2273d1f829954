//! Ctrl-C and `kill`: the program ends at once, and temporary files with it.
//!
//! A flag that the work asks now and then was left: a network in training or a picture on
//! standard input may be long in asking.

use std::{
    fs, io,
    path::{Path, PathBuf},
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

/// Files that are of no use unless they are longer than this.
static EMPTY: Mutex<Vec<(PathBuf, u64)>> = Mutex::new(Vec::new());

/// From now on a signal removes the file at `path`, unless it is longer than `length` by then.
pub(crate) fn empty(path: &Path, length: u64) {
    lock(&EMPTY).push((path.to_owned(), length));
}

/// How the verb that runs is asked to stop by itself, once, and what is told then.
static GENTLE: Mutex<Option<(Cancel, &str)>> = Mutex::new(None);

/// From now on the first signal only cancels: the work ends itself and keeps what it has, as `told`
/// says. The second one ends the program.
pub(crate) fn gently(cancel: &Cancel, told: &'static str) {
    *lock(&GENTLE) = Some((cancel.clone(), told));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a signal ends the program in order. Each signal that a parent asked to ignore, as
/// `nohup` and a script's `&` do, stays ignored, and the others are not.
pub(crate) fn watch() {
    let stop = || {
        if let Some((cancel, told)) = lock(&GENTLE).take() {
            cancel.cancel();
            say(&format!("{told}; once more to stop at once"));
            return;
        }
        // Held to the end, so that no further file can begin.
        let files = lock(&FILES);
        for file in files.iter() {
            let _ = fs::remove_file(file);
        }
        for (file, length) in lock(&EMPTY).iter() {
            if fs::metadata(file).is_ok_and(|about| about.len() <= *length) {
                let _ = fs::remove_file(file);
            }
        }
        say("stopped");
        process::exit(CODE);
    };
    on_signals(stop);
}

/// Without it the program still ends on a signal, only less tidily.
#[cfg(unix)]
fn on_signals(stop: impl Fn() + Send + 'static) {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
    };
    let ignored = ignored();
    let wanted = [SIGHUP, SIGINT, SIGTERM];
    let wanted = wanted
        .into_iter()
        .filter(move |n| ignored >> (n - 1) & 1 == 0);
    let (ready, is_ready) = std::sync::mpsc::channel();
    let waiting = move || {
        let signals = Signals::new(wanted);
        let _ = ready.send(());
        if let Ok(mut signals) = signals {
            signals.forever().for_each(|_| stop());
        }
    };
    // No file is begun before signals are waited for.
    if std::thread::Builder::new().spawn(waiting).is_ok() {
        let _ = is_ready.recv();
    }
}

/// The signals that are ignored, as bits from signal 1 on. Systems but Linux do not say; there a
/// hangup keeps what it does, for `nohup`.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(1 << (signal_hook::consts::SIGHUP - 1))
}

/// Without it the program still ends on a signal, only less tidily.
#[cfg(not(unix))]
fn on_signals(stop: impl Fn() + Send + 'static) {
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
