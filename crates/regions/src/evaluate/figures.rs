//! How good a cue is, beside that of the whole picture alone.

use std::fmt::Write;

use affetti_emotion::{
    CheckedBootstrap,
    metrics::{auc, pearson},
};
use serde::Serialize;

use super::case::{Case, Question};
use crate::error::RegionsError;

/// What is measured, with its uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Which pictures, and what is asked of them.
    pub set: String,
    /// How regions and picture were put together.
    pub fusion: String,
    /// What was measured.
    pub metric: String,
    /// With regions.
    pub value: f64,
    /// Of the whole picture alone.
    pub global: f64,
    /// Of the answer that is right most often, or 0 for a correlation.
    pub prior: f64,
    /// What the gain is over: `global`, or `recalibrated` for fusions that recalibrate too, so that
    /// the gain is that of the regions.
    pub over: String,
    /// 95 % bootstrap interval of the value less that of `over`, the same pictures drawn for both.
    pub gain: [f64; 2],
    /// Number of pictures.
    pub n: usize,
}

/// All figures, and plots by file name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The model behind all predictions.
    pub model: String,
    /// In the order of the table.
    pub figures: Vec<Figure>,
    /// The settings chosen in each fold.
    pub chosen: Vec<String>,
    /// Name and content of SVG files.
    #[serde(skip)]
    pub plots: Vec<(String, String)>,
}

impl Report {
    /// A table for people; figures that come later are lines at its end.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{}\n", self.model);
        let _ = writeln!(
            text,
            "{:<20} {:<14} {:<18} {:>8} {:>8} {:>8}  {:<16} {:<13} {:>5}",
            "pictures", "fusion", "metric", "regions", "global", "prior", "gain, 95 %", "over", "n"
        );
        for f in &self.figures {
            let gain = format!("{:+.3}..{:+.3}", f.gain[0], f.gain[1]);
            let _ = writeln!(
                text,
                "{:<20} {:<14} {:<18} {:>8.3} {:>8.3} {:>8.3}  {gain:<16} {:<13} {:>5}",
                f.set, f.fusion, f.metric, f.value, f.global, f.prior, f.over, f.n
            );
        }
        text
    }

    /// The settings chosen, a line each.
    #[must_use]
    pub fn chosen(&self) -> String {
        let mut text = "settings by fold, chosen on the other folds:\n".to_owned();
        for line in &self.chosen {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}

/// Pictures with a side: people were not evenly divided.
fn decided(cases: &[Case]) -> Vec<usize> {
    (0..cases.len())
        .filter(|&i| cases[i].truth.abs() > 1e-9)
        .collect()
}

/// All figures of one fusion, called `fusion`, that says `predicted`; `over` is the name and the
/// cues of what it is compared with.
pub(super) fn of(
    question: Question,
    (fusion, predicted): (&str, &[f64]),
    (over, base): (&str, &[f64]),
    cases: &[Case],
    bootstrap: &CheckedBootstrap,
) -> Result<Vec<Figure>, RegionsError> {
    let global: Vec<f64> = cases.iter().map(|c| c.global).collect();
    let everyone: Vec<usize> = (0..cases.len()).collect();
    let sides = decided(cases);
    let positive = |i: usize| cases[i].truth > 0.0;
    let of = |draw: &[usize]| -> Vec<usize> { draw.iter().map(|&d| sides[d]).collect() };
    let accuracy = |cue: &[f64], draw: &[usize]| {
        let hits = of(draw)
            .into_iter()
            .filter(|&i| (cue[i] > 0.0) == positive(i));
        Some(hits.count() as f64 / draw.len() as f64)
    };
    let balanced = |cue: &[f64], draw: &[usize]| {
        let share = |side: bool| {
            let of: Vec<usize> = of(draw)
                .into_iter()
                .filter(|&i| positive(i) == side)
                .collect();
            let hits = of.iter().filter(|&&i| (cue[i] > 0.0) == side).count();
            (!of.is_empty()).then(|| hits as f64 / of.len() as f64)
        };
        Some((share(true)? + share(false)?) / 2.0)
    };
    let area = |cue: &[f64], draw: &[usize]| {
        let drawn = of(draw);
        let scores: Vec<f64> = drawn.iter().map(|&i| cue[i]).collect();
        let sides: Vec<bool> = drawn.iter().map(|&i| positive(i)).collect();
        auc(&scores, &sides).ok()
    };
    let r = |cue: &[f64], draw: &[usize]| {
        let told: Vec<f64> = draw.iter().map(|&i| cue[i]).collect();
        let truth: Vec<f64> = draw.iter().map(|&i| cases[i].truth).collect();
        pearson(&truth, &told).ok()
    };
    let most = sides.iter().filter(|&&i| positive(i)).count() as f64 / sides.len().max(1) as f64;
    type Measure<'a> = &'a dyn Fn(&[f64], &[usize]) -> Option<f64>;
    // A correlation is of all pictures, the others are of those with a side.
    let metrics: [(&str, Measure<'_>, f64, &[usize]); 4] = [
        ("Pearson r", &r, 0.0, &everyone),
        ("accuracy", &accuracy, most.max(1.0 - most), &sides),
        ("balanced accuracy", &balanced, 0.5, &sides),
        ("AUC", &area, 0.5, &sides),
    ];
    let count = if question.has_sides() {
        metrics.len()
    } else {
        1
    };
    metrics
        .into_iter()
        .take(count)
        .map(|(metric, measure, prior, rows)| {
            let all: Vec<usize> = (0..rows.len()).collect();
            let gain = bootstrap.difference(
                rows.len(),
                |draw| measure(predicted, draw),
                |draw| measure(base, draw),
            )?;
            Ok(Figure {
                set: question.name().to_owned(),
                fusion: fusion.to_owned(),
                metric: metric.to_owned(),
                value: measure(predicted, &all).unwrap_or(f64::NAN),
                global: measure(&global, &all).unwrap_or(f64::NAN),
                prior,
                over: over.to_owned(),
                gain: [gain.interval.low, gain.interval.high],
                n: rows.len(),
            })
        })
        .collect()
}
