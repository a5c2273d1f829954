//! Agreement of a mask network with its teacher on pictures that it has not seen.
//!
//! - **Computes** the mean over pictures of |A ∩ B| / |A ∪ B|, A where the network, B where the
//!   teacher's map says a half and more; with a bootstrap interval over pictures, for all pictures
//!   of a set and for those with a definite object ([`TeacherMap::is_definite`]).
//! - **Input** [`Example`]s; **output** [`MaskFigures`].
//! - **Baseline** an ellipse in the middle, two thirds as wide and high as the picture.
//! - **Deviation** maps are compared at [`SIDE`] squared. Two empty masks agree.

use std::{
    fmt::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use affetti_emotion::Bootstrap;
use affetti_picture::Picture;
use affetti_weights::registry::Metric;
use rayon::prelude::*;
use serde::Serialize;

use super::{
    MaskNetwork, SIDE,
    examples::{Example, TeacherMap},
};
use crate::{error::SketchError, field::Field};

/// The draws are of at least one picture, and its agreement is a number.
const SOUND: &str = "figures of pictures that were measured";

/// Mean agreement on some pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskFigure {
    /// Which pictures.
    pub set: String,
    /// Mean intersection over union, 0..=1.
    pub iou: f64,
    /// Its 95 % bootstrap interval over pictures.
    pub interval: [f64; 2],
    /// The middle ellipse's.
    pub ellipse: f64,
    /// Number of pictures.
    pub n: usize,
}

/// All figures of a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskFigures {
    /// The model.
    pub model: String,
    /// All sets, then set by set.
    pub figures: Vec<MaskFigure>,
}

struct Measured {
    set: &'static str,
    definite: bool,
    iou: f64,
    ellipse: f64,
}

/// Measures `network`, which is called `model`, on `examples`. `progress` is told of pictures done
/// and all, from any thread.
///
/// # Errors
/// Examples that cannot be opened, or none.
pub fn evaluate(
    network: &MaskNetwork,
    model: &str,
    examples: &[Example],
    seed: u64,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<MaskFigures, SketchError> {
    let done = AtomicUsize::new(0);
    let measured: Result<Vec<Measured>, SketchError> = examples
        .par_iter()
        .map(|example| {
            let (picture, map) = example.open()?;
            let truth = squeezed(&map);
            let one = Measured {
                set: example.set,
                definite: map.is_definite(),
                iou: overlap(&found(network, &picture), &truth),
                ellipse: overlap(&ellipse(), &truth),
            };
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, examples.len());
            Ok(one)
        })
        .collect();
    let measured = measured?;
    let mut sets: Vec<&'static str> = measured.iter().map(|m| m.set).collect();
    sets.dedup();
    let mut figures = Vec::new();
    for set in std::iter::once(None).chain(sets.into_iter().map(Some)) {
        for definite in [false, true] {
            let part: Vec<&Measured> = measured
                .iter()
                .filter(|m| set.is_none_or(|set| m.set == set) && (m.definite || !definite))
                .collect();
            if part.is_empty() {
                continue;
            }
            let name = set.unwrap_or("all");
            let what = if definite { ", definite objects" } else { "" };
            figures.push(figure(format!("{name}{what}"), &part, seed));
        }
    }
    Ok(MaskFigures {
        model: model.to_owned(),
        figures,
    })
}

/// Mean agreement of a network with the objects of prepared pictures: what chooses an epoch.
#[cfg(feature = "train")]
pub(super) fn agreement(network: &MaskNetwork, pairs: &[(Vec<f32>, Vec<bool>)]) -> f64 {
    let each = overlaps(network, pairs);
    each.iter().sum::<f64>() / each.len().max(1) as f64
}

/// Agreement with each of some prepared pictures' objects.
#[cfg(feature = "train")]
pub(super) fn overlaps(network: &MaskNetwork, pairs: &[(Vec<f32>, Vec<bool>)]) -> Vec<f64> {
    let overlap = |(pixels, truth): &(Vec<f32>, Vec<bool>)| {
        let found = network.chances_of(pixels);
        overlap(&found.iter().map(|v| *v >= 0.5).collect::<Vec<_>>(), truth)
    };
    pairs.par_iter().map(overlap).collect()
}

fn found(network: &MaskNetwork, picture: &Picture) -> Vec<bool> {
    network.chances(picture).iter().map(|v| *v >= 0.5).collect()
}

/// Where a map says a half and more, at [`SIDE`] squared.
pub(super) fn squeezed(map: &TeacherMap) -> Vec<bool> {
    let field = Field::new(map.width, map.height, map.values.clone());
    let small = field.resized(SIDE, SIDE);
    small.values.iter().map(|v| *v >= 0.5).collect()
}

fn ellipse() -> Vec<bool> {
    let off = |i: usize| ((i as f32 + 0.5) / SIDE as f32 - 0.5) * 3.0;
    (0..SIDE * SIDE)
        .map(|i| off(i % SIDE).powi(2) + off(i / SIDE).powi(2) <= 1.0)
        .collect()
}

fn overlap(found: &[bool], truth: &[bool]) -> f64 {
    let count = |both: fn(bool, bool) -> bool| {
        let pairs = found.iter().zip(truth);
        pairs.filter(|(a, b)| both(**a, **b)).count()
    };
    let union = count(|a, b| a || b);
    if union == 0 {
        return 1.0;
    }
    count(|a, b| a && b) as f64 / union as f64
}

fn figure(set: String, part: &[&Measured], seed: u64) -> MaskFigure {
    let mean = |of: fn(&Measured) -> f64, draw: &[usize]| {
        draw.iter().map(|&i| of(part[i])).sum::<f64>() / draw.len() as f64
    };
    let bootstrap = Bootstrap::seeded(seed).check().expect(SOUND);
    let estimate = bootstrap
        .estimate(part.len(), |draw: &[usize]| Some(mean(|m| m.iou, draw)))
        .expect(SOUND);
    let all: Vec<usize> = (0..part.len()).collect();
    MaskFigure {
        set,
        iou: estimate.value,
        interval: [estimate.interval.low, estimate.interval.high],
        ellipse: mean(|m| m.ellipse, &all),
        n: part.len(),
    }
}

fn round(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

impl MaskFigures {
    /// Mean and interval of some agreements, rounded as on a card.
    #[cfg(feature = "train")]
    pub(super) fn mean(each: &[f64], seed: u64) -> (f64, [f64; 2]) {
        let mean = |draw: &[usize]| draw.iter().map(|&i| each[i]).sum::<f64>() / draw.len() as f64;
        let bootstrap = Bootstrap::seeded(seed).check().expect(SOUND);
        let estimate = bootstrap
            .estimate(each.len(), |draw: &[usize]| Some(mean(draw)))
            .expect(SOUND);
        let interval = [estimate.interval.low, estimate.interval.high];
        (round(estimate.value), interval.map(round))
    }

    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{} beside U2NetP\n", self.model);
        let _ = writeln!(
            text,
            "{:<28} {:>8}  {:<14} {:>8} {:>5}",
            "pictures held out", "mean IoU", "95 % interval", "ellipse", "n"
        );
        for f in &self.figures {
            let interval = format!("{:.3}..{:.3}", f.interval[0], f.interval[1]);
            let _ = writeln!(
                text,
                "{:<28} {:>8.3}  {interval:<14} {:>8.3} {:>5}",
                f.set, f.iou, f.ellipse, f.n
            );
        }
        text
    }

    /// Comma-separated values with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from("model,set,iou,interval_low,interval_high,ellipse,n\n");
        for f in &self.figures {
            let _ = writeln!(
                text,
                "{},\"{}\",{:.5},{:.5},{:.5},{:.5},{}",
                self.model, f.set, f.iou, f.interval[0], f.interval[1], f.ellipse, f.n
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
        let metric = |f: &MaskFigure| Metric {
            set: format!("held out: {}", f.set),
            name: "mean IoU with U2NetP".into(),
            value: round(f.iou),
            baseline: round(f.ellipse),
            against: "an ellipse in the middle".into(),
            interval: f.interval.map(round),
            n: f.n,
        };
        self.figures.iter().map(metric).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_by_hand() {
        let (t, f) = (true, false);
        // One shared of three.
        assert!((overlap(&[t, t, f, f], &[t, f, t, f]) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(overlap(&[f, f], &[f, f]), 1.0);
        assert_eq!(overlap(&[t, f], &[f, f]), 0.0);
    }

    #[test]
    fn the_ellipse_has_its_area() {
        // π/4 of a rectangle of two thirds by two thirds.
        let share = ellipse().iter().filter(|v| **v).count() as f64 / (SIDE * SIDE) as f64;
        assert!(
            (share - std::f64::consts::PI / 9.0).abs() < 0.003,
            "{share}"
        );
    }
}
