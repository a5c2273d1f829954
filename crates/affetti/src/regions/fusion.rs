//! Regions beside the prediction of the whole picture.

use affetti_emotion::Label;
use affetti_feel::{Prediction, Predictor, Scratch};
use affetti_picture::Picture;
use affetti_regions::{
    RegionsError,
    affective::REGIONS,
    find::{self, AffectiveRegion},
    fusion::BETA,
    occlusion::{self, Heat},
};

use super::leading;
use crate::report::{ReportHeat, ReportRegion};

/// Columns of a heat map in the report: its windows are not finer.
const HEAT_COLUMNS: usize = 24;

/// How regions take part in a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fusion {
    /// Of the search.
    pub find: find::Options,
    /// The best so many take part.
    pub count: usize,
    /// Their weight against the whole picture, 0..=1; see `docs/regions.md`.
    pub beta: f32,
    /// Whether an occlusion map is made as well, by some forty predictions.
    pub heat: bool,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            find: find::Options::default(),
            count: REGIONS,
            beta: BETA,
            heat: false,
        }
    }
}

/// The regions behind a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Best score first.
    pub regions: Vec<AffectiveRegion>,
    /// Of the emotion that dominates the whole picture alone.
    pub heat: Option<Heat>,
}

impl Fusion {
    /// Finds the regions and lets them change the emotions; valence and arousal stay those of the
    /// whole picture.
    pub(crate) fn apply(
        &self,
        picture: &Picture,
        predictor: &Predictor,
        prediction: &mut Prediction,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Parts, RegionsError> {
        let found = find::find(picture, predictor, &self.find, scratch, threads)?;
        prediction.emotions =
            find::fuse(&prediction.emotions, &found.regions, self.count, self.beta)?;
        let heat = if self.heat {
            let options = occlusion::Options {
                window: 4,
                steps: 6,
                threads,
            };
            Some(occlusion::occlusion(picture, predictor, &options)?)
        } else {
            None
        };
        Ok(Parts {
            regions: found.regions,
            heat,
        })
    }
}

impl Parts {
    /// The best regions as the report shows them, in parts of the picture's sides.
    pub(crate) fn boxes(&self, width: u32, height: u32) -> Vec<ReportRegion> {
        let part = |v: u32, of: u32| f64::from(v) / f64::from(of.max(1));
        let best = self.regions.iter().take(REGIONS);
        best.map(|r| {
            let [x, y, w, h] = r.region;
            ReportRegion {
                place: [
                    part(x, width),
                    part(y, height),
                    part(w, width),
                    part(h, height),
                ],
                emotion: r.emotions.dominant().index(),
                score: f64::from(r.score),
                text: leading(&r.emotions),
            }
        })
        .collect()
    }

    /// The heat map, small.
    pub(crate) fn glow(&self) -> Option<ReportHeat> {
        let heat = self.heat.as_ref()?;
        let (width, height) = heat.map.size();
        let columns = HEAT_COLUMNS.min(width);
        let rows = (height * columns)
            .div_ceil(width)
            .clamp(1, 10 * HEAT_COLUMNS);
        let largest = heat.map.values().iter().copied().fold(0.0_f32, f32::max);
        let values = (0..rows * columns)
            .map(|i| {
                let (x, y) = (i % columns, i / columns);
                let value = heat.map.at(
                    (2 * x + 1) * width / (2 * columns),
                    ((2 * y + 1) * height / (2 * rows)).min(height - 1),
                );
                // What is below 0 makes the emotion weaker: it does not carry it.
                let part = if largest > 0.0 {
                    value.max(0.0) / largest
                } else {
                    0.0
                };
                (part * 255.0).round() as u8
            })
            .collect();
        Some(ReportHeat {
            columns,
            values,
            emotion: heat.emotion.index(),
        })
    }
}
