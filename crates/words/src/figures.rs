//! Figures of a training of this room, as they are shown.

use affetti_emotion::{Emotion, Label};
use affetti_weights::registry::Metric;

/// Each beside its baseline; and of readers how often each named emotion is read as each, in the order of
/// the nine.
#[derive(Clone, Debug, Default)]
pub struct WordsFigures(pub Vec<Metric>, pub Option<[[u64; 9]; 9]>);

/// Rows of named emotions, columns of read ones, by the first letters.
fn confusion(counts: &[[u64; 9]; 9]) -> String {
    let names = Emotion::ALL.iter().map(|emotion| emotion.name());
    let head: String = names.clone().map(|name| format!(" {name:>5.5}")).collect();
    let rows = names.zip(counts).map(|(name, row)| {
        let cells: String = row.iter().map(|count| format!(" {count:>5}")).collect();
        format!("{name:<16}{cells}\n")
    });
    format!(
        "\n{:<16}{head}\n{}",
        "named / read as",
        rows.collect::<String>()
    )
}

impl affetti_train::Figures for WordsFigures {
    fn table(&self) -> String {
        let line = |m: &Metric| {
            let [low, high] = m.interval;
            // Numbers of a whole collection have none.
            let interval = if low == high {
                String::new()
            } else {
                format!("{low:.3}..{high:.3}")
            };
            format!(
                "{:<44} {:>7.3}  {interval:<14} {} {:.3}  n {}\n",
                m.name, m.value, m.against, m.baseline, m.n
            )
        };
        let lines: String = self.0.iter().map(line).collect();
        lines + &self.1.as_ref().map(confusion).unwrap_or_default()
    }

    fn csv(&self) -> String {
        let line = |m: &Metric| {
            let [low, high] = m.interval;
            format!(
                "\"{}\",{},{low},{high},{},{}\n",
                m.name, m.value, m.baseline, m.n
            )
        };
        let lines: String = self.0.iter().map(line).collect();
        format!("metric,value,interval_low,interval_high,baseline,n\n{lines}")
    }

    fn json(&self) -> String {
        let all = match &self.1 {
            Some(confusion) => serde_json::json!({"figures": self.0, "confusion": confusion}),
            None => serde_json::json!(self.0),
        };
        all.to_string()
    }
}
