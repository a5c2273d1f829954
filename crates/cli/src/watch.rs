//! The training of a network, as a terminal shows it.

use affetti::train::{History, Progress, Watch};

use crate::{progress::Progress as Bar, settings::Settings};

/// Shows steps on a bar and a line for each epoch.
pub(crate) struct Shown<'a> {
    pub(crate) bar: &'a Bar,
    pub(crate) settings: &'a Settings,
}

impl Watch for Shown<'_> {
    fn progress(&mut self, progress: &Progress) {
        let stage = format!(
            "steps of epoch {} of {}, loss {:.3}",
            progress.epoch, progress.epochs, progress.loss
        );
        self.bar.stage(&stage, progress.step, progress.steps);
    }

    fn epoch(&mut self, history: &History) {
        let Some(row) = history.rows.last() else {
            return;
        };
        let cells = history.columns.iter().zip(row);
        let cells: Vec<String> = cells
            .map(|(name, value)| format!("{name} {value:.4}"))
            .collect();
        if !self.settings.quiet {
            self.bar.say(&cells.join("  "));
        }
    }

    /// A signal ends the program; `--resume` goes on from the last epoch.
    fn stop(&self) -> bool {
        false
    }
}
