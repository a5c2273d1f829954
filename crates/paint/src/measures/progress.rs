//! How far a generator has come, while it is trained and when it is done.

use super::distance::{kernel_distance, variety};
use super::features;
use crate::corpus::square;
use crate::error::PaintError;
use crate::pictures::Painting;
use affetti_nets::efficientnet_lite::{EfficientNetLite, FEATURES, Variant, Weights};
use affetti_picture::Picture;
use affetti_train::order::shuffled;
use affetti_train::{Figures, Metric};
use affetti_weights::registry::{self, Metric as CardMetric};
use rayon::prelude::*;

/// Pictures that are painted and compared with as many paintings.
pub const MEASURED: usize = 600;

/// EfficientNet-Lite2 as published, and what it sees of paintings of the split val.
pub struct Judge {
    network: EfficientNetLite,
    real: Vec<f32>,
}

impl Judge {
    /// For pictures of `side` pixels, that `paintings` are brought to as well.
    ///
    /// # Errors
    /// Missing weights; too few paintings.
    pub fn open(paintings: &[Painting], side: usize) -> Result<Self, PaintError> {
        if paintings.len() < 20 {
            return Err(PaintError::TooLittle {
                what: format!(
                    "{} paintings of the split val to compare with; at least 20 are needed",
                    paintings.len()
                ),
            });
        }
        let weights = registry::tensors(Variant::Lite2.name())?;
        let network = EfficientNetLite::new(&Weights::from_folded(Variant::Lite2, weights)?);
        let side = u32::try_from(side).unwrap_or(0);
        let order = shuffled(1, 0, paintings.len());
        let shown: Vec<Picture> = order[..order.len().min(MEASURED)]
            .par_iter()
            .map(|&n| square(&paintings[n].picture, 1.0, side, &|_| 0.5))
            .collect();
        let real = features(&network, &shown);
        Ok(Self { network, real })
    }

    /// Of painted pictures.
    #[must_use]
    pub fn marks(&self, painted: &[Picture]) -> Marks {
        let seen = features(&self.network, painted);
        let (kid, error) = kernel_distance(&seen, &self.real, FEATURES);
        Marks {
            kid,
            error,
            variety: variety(&seen, FEATURES) / variety(&self.real, FEATURES),
            painted: painted.len(),
            ..Marks::default()
        }
    }
}

/// What a generator has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// Distance from paintings, on EfficientNet-Lite2.
    pub kid: f64,
    /// Its standard error, not a number where unknown.
    pub error: f64,
    /// How far painted pictures are from each other, of what paintings are; near 0 they are all the same.
    pub variety: f64,
    /// Pictures that were painted for it.
    pub painted: usize,
    /// Paintings that were learned from.
    pub pictures: usize,
    /// How many were looked at, one often.
    pub looks: usize,
    /// How many could not be read.
    pub unreadable: usize,
    /// Of how many of those that were learned viewers' votes were known.
    pub voted: usize,
}

impl Marks {
    /// For the history of a training; the first is the score.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        let metric = |name, value| Metric { name, value };
        vec![
            metric("negative_kid", -self.kid),
            metric("variety", self.variety),
        ]
    }

    /// For a card.
    #[must_use]
    pub fn card(&self) -> Vec<CardMetric> {
        let metric = |name: &str, value: f64, error: f64, baseline: f64| CardMetric {
            set: format!(
                "{} painted against paintings of the splits val",
                self.painted
            ),
            name: name.to_owned(),
            value,
            baseline,
            against: "paintings against paintings".to_owned(),
            interval: [value - 1.96 * error, value + 1.96 * error],
            n: self.painted,
        };
        vec![
            metric("KID on EfficientNet-Lite2", self.kid, self.error, 0.0),
            metric("variety", self.variety, 0.0, 1.0),
        ]
    }
}

impl Figures for Marks {
    fn told(&self) -> String {
        format!(
            "learned from {} paintings ({} with votes; {} unreadable), {} looks",
            self.pictures, self.voted, self.unreadable, self.looks
        )
    }

    fn table(&self) -> String {
        format!("KID {:.4}\nvariety {:.3}\n", self.kid, self.variety)
    }

    fn csv(&self) -> String {
        format!("metric,value\nkid,{}\nvariety,{}\n", self.kid, self.variety)
    }

    fn json(&self) -> String {
        serde_json::json!({"kid": self.kid, "variety": self.variety}).to_string()
    }
}
