//! Figures of one generator, and how they are written.

use super::control::Figure;
use affetti_picture::Picture;
use affetti_train::Figures;
use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What.
    pub name: String,
    /// How much.
    #[serde(flatten)]
    pub figure: Figure,
    /// What it is to be compared with, and how much that is.
    pub against: String,
    /// See `against`.
    pub baseline: f64,
}

/// All figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evaluation {
    /// In the order in which they were measured.
    pub lines: Vec<Line>,
    /// The painted pictures nearest to learned ones, each above its painting.
    #[serde(skip)]
    pub nearest: Option<Picture>,
    /// Pictures of the same noises: negative, neutral, positive below each other.
    #[serde(skip)]
    pub control: Option<Picture>,
    /// A row for each subject, a column for each feeling that can be asked for.
    #[serde(skip)]
    pub subjects: Option<Picture>,
}

impl Evaluation {
    pub(super) fn add(&mut self, name: &str, figure: Figure, against: &str, baseline: f64) {
        self.lines.push(Line {
            name: name.to_owned(),
            figure,
            against: against.to_owned(),
            baseline,
        });
    }

    pub(super) fn plain(&mut self, name: &str, value: f64, against: &str, baseline: f64) {
        let interval = [f64::NAN; 2];
        self.add(name, Figure { value, interval }, against, baseline);
    }
}

impl Figures for Evaluation {
    fn table(&self) -> String {
        let row = |line: &Line| {
            let Figure { value, interval } = line.figure;
            let interval = match interval[0].is_nan() {
                true => String::new(),
                false => format!("{:.3} to {:.3}", interval[0], interval[1]),
            };
            let against = match line.against.is_empty() {
                true => String::new(),
                false => format!("{} {:.3}", line.against, line.baseline),
            };
            format!("{:<52} {value:>8.4}  {interval:<18} {against}\n", line.name)
        };
        self.lines.iter().map(row).collect()
    }

    fn csv(&self) -> String {
        let row = |line: &Line| {
            let [low, high] = line.figure.interval;
            let Line {
                name,
                against,
                baseline,
                ..
            } = line;
            format!(
                "\"{name}\",{},{low},{high},\"{against}\",{baseline}\n",
                line.figure.value
            )
        };
        "what,value,low,high,against,baseline\n".to_owned()
            + &self.lines.iter().map(row).collect::<String>()
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
