//! Figures of a table: as text, CSV, JSON, Markdown and LaTeX, with a confusion table.

use super::Said;
use super::rows::Own;
use crate::error::FeelError;
use crate::learning::figures::{Figure, Figures};
use affetti_emotion::metrics::Confusion;
use affetti_emotion::{Distribution, Emotion, Label};
use serde::Serialize;
use std::fmt::Write;

/// What a predictor does on a table.
#[derive(Clone, Debug, Serialize)]
pub struct OwnFigures {
    /// Figures beside prior and baseline.
    pub figures: Figures,
    /// `[truth][predicted]`: pictures by the emotion that most viewers named and the one predicted
    /// first; where two tie the picture is left out. None where the table has no emotions.
    pub confusion: Option<[[u64; 9]; 9]>,
    /// What can be said of chance, a sentence for each figure that chance could reach.
    pub chance: Vec<String>,
}

impl OwnFigures {
    pub(super) fn new(figures: Figures, rows: &Own, told: &[Said]) -> Result<Self, FeelError> {
        let mut truth = Vec::new();
        let mut predicted = Vec::new();
        for row in rows.with_shares() {
            let shares = Distribution::<Emotion>::from_counts(&rows.shares(row))?;
            let first = shares.dominant();
            let most = shares.get(first);
            let ties = shares
                .as_slice()
                .iter()
                .filter(|s| most - **s < 1e-9)
                .count();
            if ties == 1 {
                truth.push(first);
                predicted.push(Distribution::<Emotion>::from_counts(&told[row].shares)?.dominant());
            }
        }
        let confusion = match truth.is_empty() {
            true => None,
            false => {
                let counts = Confusion::new(&truth, &predicted)?;
                let count =
                    |truth: usize, told: usize| counts.get(Emotion::ALL[truth], Emotion::ALL[told]);
                let row = |truth: usize| std::array::from_fn(|told| count(truth, told));
                Some(std::array::from_fn(row))
            }
        };
        let chance = figures.figures.iter().filter_map(chance).collect();
        Ok(Self {
            figures,
            confusion,
            chance,
        })
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = self.figures.table();
        for sentence in &self.chance {
            text += &format!("{sentence}\n");
        }
        if let Some(confusion) = &self.confusion {
            text += "\nviewers \\ predicted ";
            for emotion in Emotion::ALL {
                let _ = write!(text, "{:>6.5}", emotion.name());
            }
            text += "\n";
            for (emotion, row) in Emotion::ALL.iter().zip(confusion) {
                let _ = write!(text, "{:<20}", emotion.name());
                for count in row {
                    let _ = write!(text, "{count:>6}");
                }
                text += "\n";
            }
        }
        text
    }

    /// Comma-separated values with a header; the figures only.
    #[must_use]
    pub fn csv(&self) -> String {
        self.figures.csv()
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Tables of Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let head = "| metric | value | 95 % interval | prior | baseline | gain | n |\n|---|---|---|---|---|---|---|\n";
        let mut text = format!(
            "{}; baseline: {}\n\n{head}",
            self.figures.model, self.figures.against
        );
        for figure in &self.figures.figures {
            text += &format!("| {} |\n", cells(figure).join(" | "));
        }
        text += "\n";
        for sentence in &self.chance {
            text += &format!("- {sentence}\n");
        }
        if let Some(confusion) = &self.confusion {
            let (names, rows) = joined(confusion, " | ");
            text += &format!(
                "\n| viewers \\\\ predicted | {names} |\n|---{}|\n",
                "|---".repeat(9)
            );
            for row in rows {
                text += &format!("| {row} |\n");
            }
        }
        text
    }

    /// Two tabulars of LaTeX, without the packages that they do not need.
    #[must_use]
    pub fn latex(&self) -> String {
        let safe = |text: &str| {
            text.replace('%', "\\%")
                .replace('_', "\\_")
                .replace('±', "$\\pm$")
        };
        let mut text = format!(
            "% {}; baseline: {}\n\\begin{{tabular}}{{lrlrrlr}}\nmetric & value & 95 \\% interval & prior & baseline & gain & n \\\\\n\\hline\n",
            self.figures.model, self.figures.against
        );
        for figure in &self.figures.figures {
            text += &format!("{} \\\\\n", safe(&cells(figure).join(" & ")));
        }
        text += "\\end{tabular}\n";
        if let Some(confusion) = &self.confusion {
            let (names, rows) = joined(confusion, " & ");
            text += &format!(
                "\n\\begin{{tabular}}{{l{}}}\n & {names} \\\\\n\\hline\n",
                "r".repeat(9)
            );
            for row in rows {
                text += &format!("{row} \\\\\n");
            }
            text += "\\end{tabular}\n";
        }
        text
    }
}

/// Names of the columns, and the rows with theirs.
fn joined(confusion: &[[u64; 9]; 9], between: &str) -> (String, Vec<String>) {
    let names: Vec<&str> = Emotion::ALL.iter().map(|e| e.name()).collect();
    let row = |(name, row): (&&str, &[u64; 9])| {
        let counts = row.map(|count| count.to_string()).join(between);
        format!("{name}{between}{counts}")
    };
    let rows = names.iter().zip(confusion).map(row).collect();
    (names.join(between), rows)
}

fn cells(figure: &Figure) -> [String; 7] {
    let between = |[low, high]: [f64; 2]| format!("{low:.3} to {high:.3}");
    [
        figure.metric.clone(),
        format!("{:.3}", figure.value),
        between(figure.interval),
        format!("{:.3}", figure.prior),
        format!("{:.3}", figure.baseline),
        between(figure.gain),
        figure.n.to_string(),
    ]
}

/// Whether a figure is beyond chance, and if not, of how many pictures it would be at this size.
fn chance(figure: &Figure) -> Option<String> {
    let name = &figure.metric;
    let higher_is_better = ["Pearson r", "skill", "AUC"]
        .iter()
        .any(|end| name.ends_with(end));
    if !higher_is_better {
        return None;
    }
    let effect = figure.value - figure.prior;
    let below = figure.value - figure.interval[0];
    if figure.interval[0] > figure.prior {
        return Some(format!(
            "{name}: beyond chance with these {} pictures.",
            figure.n
        ));
    }
    if effect <= 0.0 || !below.is_finite() {
        return Some(format!("{name}: not beyond chance, and not above it."));
    }
    // An interval shrinks with the root of the number of pictures.
    let wanted = (figure.n as f64 * (below / effect).powi(2)).ceil();
    Some(format!(
        "{name}: not beyond chance with {} pictures; an effect of this size would be with about {wanted:.0}.",
        figure.n
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, interval: [f64; 2]) -> Figure {
        Figure {
            set: "table".into(),
            metric: "polarity: AUC".into(),
            value,
            interval,
            prior: 0.5,
            baseline: 0.5,
            gain: [-0.1, 0.2],
            n: 50,
        }
    }

    #[test]
    fn chance_is_told_honestly() {
        let told = |value, interval| chance(&figure(value, interval)).expect("an AUC");
        assert!(told(0.7, [0.6, 0.8]).contains("beyond chance with these 50"));
        // The effect .1 with .2 below it: four times as many.
        assert!(
            told(0.6, [0.4, 0.8]).contains("about 200"),
            "{}",
            told(0.6, [0.4, 0.8])
        );
        assert!(told(0.45, [0.3, 0.6]).contains("not above"));
    }

    #[test]
    fn tables_for_papers() {
        let mut confusion = [[0; 9]; 9];
        confusion[1][2] = 7;
        let figures = OwnFigures {
            figures: Figures {
                model: "mine".into(),
                against: "base".into(),
                figures: vec![figure(0.7, [0.6, 0.8])],
            },
            confusion: Some(confusion),
            chance: vec!["x.".into()],
        };
        let markdown = figures.markdown();
        assert!(markdown.contains("| polarity: AUC | 0.700 | 0.600 to 0.800 | 0.500 | 0.500 |"));
        assert!(markdown.contains("| awe | 0 | 0 | 7 | 0 |"), "{markdown}");
        let latex = figures.latex();
        assert!(latex.contains("awe & 0 & 0 & 7 & 0"), "{latex}");
        assert!(latex.contains("95 \\% interval"));
        assert_eq!(latex.matches("\\begin{tabular}").count(), 2);
    }
}
