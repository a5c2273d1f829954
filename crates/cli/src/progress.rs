//! Progress on standard error: a bar with count, rate and time left, on a terminal, and only for
//! work that takes a while.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::say;

/// Shorter work is over before anyone has read the bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Progress of one piece of work; may be told from any thread.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    wanted: bool,
    shown: AtomicBool,
    stage: Mutex<String>,
}

impl Progress {
    /// `unit` is what is counted, such as `pictures`. Not `wanted`, nothing is ever shown; nor
    /// where standard error is no terminal.
    pub(crate) fn new(unit: &'static str, wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style(&format!("{{pos}} {unit}  {{rate}}  {{elapsed}}")));
        Self {
            bar,
            begun: Instant::now(),
            wanted: wanted && !ProgressDrawTarget::stderr().is_hidden(),
            shown: AtomicBool::new(false),
            stage: Mutex::new(unit.to_owned()),
        }
    }

    /// Whether anyone could see it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// So much is done, of so much if that is known.
    pub(crate) fn at(&self, done: usize, total: Option<usize>) {
        if !self.wanted {
            return;
        }
        if let Some(total) = total.filter(|&total| self.bar.length() != Some(total as u64)) {
            let unit = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
            self.bar.set_length(total as u64);
            self.bar.set_style(style(&format!(
                "{{bar:24}} {{pos}} of {{len}} {unit}  {{rate}}  {{eta}} left"
            )));
        }
        self.bar.set_position(done as u64);
        if self.begun.elapsed() > PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// As [`at`](Self::at), in work of several stages, each counted and timed for itself.
    pub(crate) fn stage(&self, name: &str, done: usize, total: usize) {
        if !self.wanted {
            return;
        }
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if *stage != name {
            name.clone_into(&mut stage);
            self.bar.reset();
            self.bar.unset_length();
        }
        drop(stage);
        self.at(done, Some(total));
    }

    /// A message above the bar.
    pub(crate) fn complain(&self, line: &str) {
        self.bar.suspend(|| say::complain(line));
    }

    /// As [`complain`](Self::complain), without the program's name.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| say::say(line));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl affetti::Progress for Progress {
    fn pictures(&self, done: usize) {
        self.at(done, None);
    }
}

/// The templates are constants of this file, but parsing them can fail as far as types know.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let rate = state.per_sec();
            let decimals = usize::from(rate < 100.0);
            // A bar that cannot be written is not worth an error.
            let _ = write!(out, "{rate:.decimals$}/s");
        })
}
