//! What is said of a finished training: its figures and its card.

use affetti_emotion::Bootstrap;
use affetti_train::{
    Figures,
    card::{Parts, start},
};
use affetti_weights::registry::{self, InputContract, Metric};

use super::{
    super::{Encoder, SIDE},
    Config,
    task::LineTask,
};
use crate::{error::SketchError, mask::EMBEDDED};

/// How often each kind of lines finds its picture.
#[derive(Debug)]
pub struct LineFigures(pub Vec<Metric>);

/// The share of finds, beside chance.
pub(super) fn figures(config: &Config, encoder: &Encoder, task: &LineTask) -> LineFigures {
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let bootstrap = Bootstrap::seeded(config.common.seed).check();
    let named = task.finds(encoder).into_iter();
    let figures = named.filter_map(|(name, finds)| {
        let share = |draw: &[usize]| {
            let found = draw.iter().filter(|&&i| finds[i]).count();
            Some(found as f64 / draw.len() as f64)
        };
        let estimate = bootstrap.as_ref().ok()?.estimate(finds.len(), share).ok()?;
        Some(Metric {
            set: format!(
                "{} pictures and cut-outs of the splits val, which chose the epoch",
                finds.len()
            ),
            name: format!("own picture nearest, {name}"),
            value: round(estimate.value),
            baseline: round(1.0 / finds.len() as f64),
            against: "chance".into(),
            interval: [estimate.interval.low, estimate.interval.high].map(round),
            n: finds.len(),
        })
    });
    LineFigures(figures.collect())
}

pub(super) fn card(
    config: &Config,
    task: &LineTask,
    figures: &LineFigures,
) -> Result<Parts, SketchError> {
    let begun = registry::card(config.common.start.name())?;
    let teacher = registry::card(config.own.teacher.name())?;
    let [learned, _] = task.counts();
    let cut_outs = task.cutter.as_ref();
    let cut_outs =
        cut_outs.map(|sha256| format!("cut-outs: {EMBEDDED}.safetensors (sha256 {sha256})"));
    Ok(Parts {
        kind: "lines",
        embedded: config.own.embedded,
        input: InputContract {
            resolution: vec![SIDE],
            channels: "ink, the same in three channels, light on dark".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "bilinear".into(),
            views: vec!["squeezed into a square".into()],
        },
        starts: [("start", &begun), ("teacher", &teacher)]
            .into_iter()
            .map(|(role, card)| format!("{role}: {}", start(card)))
            .chain(cut_outs)
            .collect(),
        data: format!(
            "{learned} pictures and cut-outs of one half of the paintings (WikiArt), OASIS persons and sceneries, and BSDS500, splits train (research use and open access, not redistributed); lines of them by edges-1 and our tracer"
        ),
        options: "",
        metrics: figures.0.clone(),
        cautions: &CAUTIONS,
    })
}

const CAUTIONS: [&str; 2] = [
    "It learned what lines of our own tracer show, mostly of paintings: drawings by people are another matter.",
    "Likeness to a picture is what a network of ImageNet photographs finds alike.",
];

impl Figures for LineFigures {
    fn table(&self) -> String {
        let line = |m: &Metric| {
            let [low, high] = m.interval;
            format!(
                "{:<34} {:.3}  {low:.3}..{high:.3}  chance {:.3}  n {}\n",
                m.name, m.value, m.baseline, m.n
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
        format!("metric,value,interval_low,interval_high,chance,n\n{lines}")
    }

    fn json(&self) -> String {
        serde_json::to_string(&self.0).expect("names and numbers are JSON")
    }
}
