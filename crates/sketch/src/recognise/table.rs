//! What the judge recognised, for people and programs.

use std::fmt::Write;

use serde::Serialize;

use super::score::{Row, Share};

/// What the judge recognised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recognition {
    /// Name of each class, with its number of pictures.
    pub classes: Vec<(String, usize)>,
    /// Photographs among which the own one was searched.
    pub ranked: usize,
    /// Pictures in which nothing could be drawn.
    pub left_out: usize,
    /// Whether there were stamps.
    pub stamps: bool,
    /// Kinds of lines.
    pub rows: Vec<Row>,
}

impl Recognition {
    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let classes: Vec<String> = self
            .classes
            .iter()
            .map(|(name, n)| format!("{name} {n}"))
            .collect();
        let mut text = format!(
            "{} photographs searched; classes: {}; {} pictures left out\n",
            self.ranked,
            classes.join(", "),
            self.left_out
        );
        if !self.stamps {
            text += "skipped: no stamps; apt install tuxpaint-stamps-default\n";
        }
        let _ = writeln!(
            text,
            "{:<18} {:<20} {:>6}  {:<20} {:<20}",
            "lines", "own first", "median", "class", "class or none"
        );
        let shown = |share: Option<Share>| {
            share.map_or_else(
                || "-".to_owned(),
                |s| {
                    format!(
                        "{:.3} ({:.3}..{:.3})",
                        s.value, s.interval[0], s.interval[1]
                    )
                },
            )
        };
        for r in &self.rows {
            let median = r.median_rank.map_or("-".to_owned(), |m| format!("{m:.0}"));
            let line = format!(
                "{:<18} {:<20} {median:>6}  {:<20} {:<20}",
                r.lines,
                shown(r.first),
                shown(r.choice),
                shown(r.choice_or_none)
            );
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
