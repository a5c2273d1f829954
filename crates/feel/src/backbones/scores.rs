//! Scores of a network's own heads.

use affetti_train::{Figures, History};
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

/// The scores of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Set by set.
    pub scores: Vec<Score>,
    /// Pictures learned from, and of each set measured on.
    pub pictures: Vec<usize>,
    told: String,
}

impl Scores {
    /// `measured` says on how many pictures, and how many could not be read.
    pub(crate) fn new(
        scores: Vec<Score>,
        pictures: &[usize],
        measured: &str,
        history: &History,
    ) -> Self {
        let [learned, best, all] = [pictures[0], history.best_epoch, history.epochs];
        Self {
            scores,
            pictures: pictures.to_vec(),
            told: format!("trained on {learned} pictures, {measured}; epoch {best} of {all}"),
        }
    }
}

impl Figures for Scores {
    fn told(&self) -> String {
        self.told.clone()
    }

    fn table(&self) -> String {
        let mut text = format!(
            "{:<28} {:<24} {:>7}  {:<18} {:>6} {:>5}\n",
            "pictures", "metric", "value", "95 % interval", "prior", "n"
        );
        for s in &self.scores {
            let interval = format!("{:.3} to {:.3}", s.interval[0], s.interval[1]);
            text += &format!(
                "{:<28} {:<24} {:>7.3}  {interval:<18} {:>6.3} {:>5}\n",
                s.set, s.metric, s.value, s.prior, s.n
            );
        }
        text
    }

    fn csv(&self) -> String {
        let mut text = String::from("set,metric,value,interval_low,interval_high,prior,n\n");
        for s in &self.scores {
            text += &format!(
                "\"{}\",\"{}\",{:.5},{:.5},{:.5},{:.5},{}\n",
                s.set, s.metric, s.value, s.interval[0], s.interval[1], s.prior, s.n
            );
        }
        text
    }

    fn json(&self) -> String {
        serde_json::to_string(&self.scores).expect("names and numbers are JSON")
    }
}
