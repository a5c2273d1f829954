//! Figures of a training of this room, as they are shown.

use affetti_weights::registry::Metric;

/// Each beside its baseline.
#[derive(Clone, Debug, Default)]
pub struct WordsFigures(pub Vec<Metric>);

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
        self.0.iter().map(line).collect()
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
        serde_json::to_string(&self.0).expect("names and numbers are JSON")
    }
}
