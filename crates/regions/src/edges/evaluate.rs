//! The boundary benchmark of a detector on BSDS500, beside the plain gradient.
//!
//! - **Computes** ODS, OIS and AP ([`crate::boundary`]) of the thinned edges, each with a bootstrap
//!   interval over pictures, and the gain over the gradient on the same draws.
//! - **Input** examples of [`affetti_data::bsds`]; **output** [`EdgeFigures`].
//! - **Source** as [`crate::boundary`].
//! - **Deviation** none.

use std::{
    fmt::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use affetti_data::bsds::{Example, Masks};
use affetti_emotion::Bootstrap;
use affetti_picture::Picture;
use affetti_weights::registry::Metric;
use rayon::prelude::*;
use serde::Serialize;

use super::Detector;
use crate::{
    RegionsError,
    boundary::{Counts, Summary, Truth, count, summarize, thresholds},
};

/// The draws are of at least one picture, and its figures are numbers.
const SOUND: &str = "figures of pictures that were measured";

/// A figure's name, and which number of a summary it is.
type Named = (&'static str, fn(&Summary) -> f64);

const METRICS: [Named; 3] = [("ODS", |s| s.ods), ("OIS", |s| s.ois), ("AP", |s| s.ap)];

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgeFigure {
    /// `ODS`, `OIS` or `AP`.
    pub metric: &'static str,
    /// The detector's, 0..=1.
    pub value: f64,
    /// Its 95 % bootstrap interval over pictures.
    pub interval: [f64; 2],
    /// The gradient's.
    pub gradient: f64,
    /// 95 % interval of the difference, the same pictures drawn for both.
    pub gain: [f64; 2],
}

/// All figures of one detector.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgeFigures {
    /// The detector.
    pub detector: String,
    /// The pictures.
    pub set: String,
    /// How many.
    pub n: usize,
    /// How many thresholds.
    pub thresholds: usize,
    /// The threshold of ODS, on the detector's own scale.
    pub threshold: f32,
    /// ODS, OIS, AP.
    pub figures: Vec<EdgeFigure>,
}

/// How to measure.
pub struct EvaluateOptions<'a> {
    /// Evenly inside of 0..1; the published figures have 99.
    pub thresholds: usize,
    /// Of the bootstrap.
    pub seed: u64,
    /// Called with pictures done and all, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Measures `detector` on `examples`, which are called `set`.
///
/// # Errors
/// Examples that cannot be opened.
pub fn evaluate(
    detector: &Detector,
    examples: &[Example],
    set: &str,
    options: &EvaluateOptions<'_>,
) -> Result<EdgeFigures, RegionsError> {
    let levels = thresholds(options.thresholds);
    let done = AtomicUsize::new(0);
    let measured: Result<Vec<[Vec<Counts>; 2]>, RegionsError> = examples
        .par_iter()
        .map(|example| {
            let (picture, masks) = example.open()?;
            let truth = truth(&picture, &masks)?;
            let own = count(&detector.edges(&picture).strength, &truth, &levels)?;
            let plain = match detector {
                Detector::Gradient => own.clone(),
                _ => count(
                    &Detector::Gradient.edges(&picture).strength,
                    &truth,
                    &levels,
                )?,
            };
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, examples.len());
            Ok([own, plain])
        })
        .collect();
    let measured = measured?;
    let side = |n: usize| -> Vec<Vec<Counts>> { measured.iter().map(|m| m[n].clone()).collect() };
    let (own, plain) = (side(0), side(1));
    let summary = summarize(&own)?;
    let bootstrap = Bootstrap::seeded(options.seed).check().expect(SOUND);
    let pick = |from: &[Vec<Counts>], draw: &[usize]| {
        let drawn: Vec<Vec<Counts>> = draw.iter().map(|&i| from[i].clone()).collect();
        summarize(&drawn).ok()
    };
    let mut figures = Vec::new();
    for (metric, value) in METRICS {
        let of = |from: &[Vec<Counts>], draw: &[usize]| pick(from, draw).map(|s| value(&s));
        let estimate = bootstrap
            .estimate(own.len(), |draw: &[usize]| of(&own, draw))
            .expect(SOUND);
        let gain = bootstrap
            .difference(
                own.len(),
                |draw: &[usize]| of(&own, draw),
                |draw: &[usize]| of(&plain, draw),
            )
            .expect(SOUND);
        figures.push(EdgeFigure {
            metric,
            value: estimate.value,
            interval: [estimate.interval.low, estimate.interval.high],
            gradient: value(&summarize(&plain)?),
            gain: [gain.interval.low, gain.interval.high],
        });
    }
    Ok(EdgeFigures {
        detector: detector.kind().name().to_owned(),
        set: set.to_owned(),
        n: own.len(),
        thresholds: levels.len(),
        threshold: summary.threshold,
        figures,
    })
}

/// The masks as the benchmark takes them.
pub(super) fn truth(picture: &Picture, masks: &Masks) -> Result<Truth, RegionsError> {
    let annotators = masks.annotators().map(|annotator| masks.of(annotator));
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Truth::new(width, height, annotators.collect())
}

impl EdgeFigures {
    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!(
            "{} on {}: {} pictures, {} thresholds, best at {:.2}\n",
            self.detector, self.set, self.n, self.thresholds, self.threshold
        );
        let _ = writeln!(
            text,
            "{:<7} {:>6}  {:<14} {:>9}  {:<16}",
            "metric", "value", "95 % interval", "gradient", "gain"
        );
        for f in &self.figures {
            let interval = format!("{:.3}..{:.3}", f.interval[0], f.interval[1]);
            let gain = format!("{:+.3}..{:+.3}", f.gain[0], f.gain[1]);
            let line = format!(
                "{:<7} {:>6.3}  {interval:<14} {:>9.3}  {gain:<16}",
                f.metric, f.value, f.gradient
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Comma-separated values with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "detector,set,metric,value,interval_low,interval_high,gradient,gain_low,gain_high,n\n",
        );
        for f in &self.figures {
            let _ = writeln!(
                text,
                "{},\"{}\",{},{:.5},{:.5},{:.5},{:.5},{:.5},{:.5},{}",
                self.detector,
                self.set,
                f.metric,
                f.value,
                f.interval[0],
                f.interval[1],
                f.gradient,
                f.gain[0],
                f.gain[1],
                self.n
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
    pub fn metrics(&self) -> Vec<Metric> {
        let round = |x: f64| (x * 1e4).round() / 1e4;
        let metric = |f: &EdgeFigure| Metric {
            set: self.set.clone(),
            name: f.metric.to_owned(),
            value: round(f.value),
            baseline: round(f.gradient),
            against: "multi-scale Lab gradient".to_owned(),
            interval: f.interval.map(round),
            n: self.n,
        };
        self.figures.iter().map(metric).collect()
    }
}
