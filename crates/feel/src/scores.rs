//! Scores of a network's own heads.

use serde::Serialize;

/// One score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Which pictures.
    pub set: String,
    /// What was measured.
    pub metric: String,
    /// The value.
    pub value: f64,
    /// Its 95 % bootstrap interval.
    pub interval: [f64; 2],
    /// The answer without looking at the picture.
    pub prior: f64,
    /// Number of pictures.
    pub n: usize,
}

/// A table for people.
#[must_use]
pub fn table(scores: &[Score]) -> String {
    let mut text = format!(
        "{:<28} {:<24} {:>7}  {:<18} {:>6} {:>5}\n",
        "pictures", "metric", "value", "95 % interval", "prior", "n"
    );
    for s in scores {
        let interval = format!("{:.3} to {:.3}", s.interval[0], s.interval[1]);
        text += &format!(
            "{:<28} {:<24} {:>7.3}  {interval:<18} {:>6.3} {:>5}\n",
            s.set, s.metric, s.value, s.prior, s.n
        );
    }
    text
}

/// Comma-separated values with a header.
#[must_use]
pub fn csv(scores: &[Score]) -> String {
    let mut text = String::from("set,metric,value,interval_low,interval_high,prior,n\n");
    for s in scores {
        text += &format!(
            "\"{}\",\"{}\",{:.5},{:.5},{:.5},{:.5},{}\n",
            s.set, s.metric, s.value, s.interval[0], s.interval[1], s.prior, s.n
        );
    }
    text
}
