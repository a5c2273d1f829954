//! Figures beside their baselines, as table, CSV and JSON.

use affetti_weights::registry::Metric;
use serde::Serialize;
use std::fmt::Write;

/// One score on one set of pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Which pictures.
    pub set: String,
    /// What was measured.
    pub metric: String,
    /// The model's value.
    pub value: f64,
    /// 95 % bootstrap interval of the value.
    pub interval: [f64; 2],
    /// The answer without looking at the picture.
    pub prior: f64,
    /// The same metric for the baseline; see [`Figures::against`].
    pub baseline: f64,
    /// 95 % interval of value − baseline, the same pictures drawn for both.
    pub gain: [f64; 2],
    /// Number of pictures.
    pub n: usize,
}

/// All figures of one evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The model.
    pub model: String,
    /// The baseline: a plain head on the pooled features of one frozen network, or another model.
    pub against: String,
    /// In the order of the table.
    pub figures: Vec<Figure>,
}

impl Figures {
    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{}\nbaseline: {}\n", self.model, self.against);
        let longest = |of: fn(&Figure) -> &str| {
            let lengths = self.figures.iter().map(|f| of(f).chars().count());
            lengths.max().unwrap_or(0).max(8)
        };
        let (set, metric) = (longest(|f| &f.set), longest(|f| &f.metric));
        let _ = writeln!(
            text,
            "{:<set$} {:<metric$} {:>7}  {:<16} {:>7} {:>7}  {:<18} {:>5}",
            "pictures",
            "metric",
            "value",
            "95 % interval",
            "prior",
            "base",
            "gain over baseline",
            "n"
        );
        for f in &self.figures {
            let interval = format!("{:.3}..{:.3}", f.interval[0], f.interval[1]);
            let gain = format!("{:+.3}..{:+.3}", f.gain[0], f.gain[1]);
            let _ = writeln!(
                text,
                "{:<set$} {:<metric$} {:>7.3}  {interval:<16} {:>7.3} {:>7.3}  {gain:<18} {:>5}",
                f.set, f.metric, f.value, f.prior, f.baseline, f.n
            );
        }
        text
    }

    /// Comma-separated values with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "set,metric,value,interval_low,interval_high,prior,baseline,gain_low,gain_high,n\n",
        );
        for f in &self.figures {
            let _ = writeln!(
                text,
                "\"{}\",\"{}\",{:.5},{:.5},{:.5},{:.5},{:.5},{:.5},{:.5},{}",
                f.set,
                f.metric,
                f.value,
                f.interval[0],
                f.interval[1],
                f.prior,
                f.baseline,
                f.gain[0],
                f.gain[1],
                f.n
            );
        }
        text
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The lines of a card.
    #[must_use]
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let round = |x: f64| (x * 1e4).round() / 1e4;
        self.figures
            .iter()
            .map(|f| Metric {
                set: f.set.clone(),
                name: f.metric.clone(),
                value: round(f.value),
                baseline: round(f.baseline),
                against: self.against.clone(),
                interval: f.interval.map(round),
                n: f.n,
            })
            .collect()
    }
}
