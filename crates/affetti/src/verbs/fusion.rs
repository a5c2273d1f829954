//! Regions beside the prediction of the whole picture.

use affetti_feel::{Prediction, Predictor, Scratch};
use affetti_picture::Picture;
use affetti_regions::{
    RegionsError,
    affective::REGIONS,
    edges::{Detector, Kind},
    find,
    fusion::BETA,
    occlusion::{self, occlusion},
};

use crate::answers::Parts;

/// How regions take part in a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fusion {
    /// Whose edges the search follows.
    pub edges: Kind,
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
            edges: Kind::usual(),
            find: find::Options::default(),
            count: REGIONS,
            beta: BETA,
            heat: false,
        }
    }
}

impl Fusion {
    /// Finds the regions and lets them change the emotions; valence and arousal stay those of the
    /// whole picture.
    pub(super) fn apply(
        &self,
        picture: &Picture,
        predictor: &Predictor,
        detector: &Detector,
        prediction: &mut Prediction,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Parts, RegionsError> {
        let found = find::find(picture, predictor, detector, &self.find, scratch, threads)?;
        // Intervals were calibrated around the shares of whole pictures.
        prediction.shares = None;
        prediction.emotions =
            find::fuse(&prediction.emotions, &found.regions, self.count, self.beta)?;
        let heat = if self.heat {
            let options = occlusion::Options {
                window: 4,
                steps: 6,
                threads,
            };
            Some(occlusion(picture, predictor, &options)?)
        } else {
            None
        };
        Ok(Parts {
            regions: found.regions,
            heat,
        })
    }
}
