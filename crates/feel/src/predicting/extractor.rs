//! Picture → raw features: the descriptors of the frozen backbones, averaged over views, and the
//! color features.

use super::frozen::{Brought, Frozen, Network};
use super::settings::FeatureSettings;
use super::view::{View, views};
use crate::error::FeelError;
use affetti_nets::device::{Backbone, Device};
use affetti_nets::efficientnet_lite::Workspace;
use affetti_picture::{COLOR_FEATURES_LEN, Filter, Picture, color_features};
use rayon::prelude::*;
use std::sync::Arc;

/// The frozen part of the predictor.
#[derive(Clone, Debug)]
pub struct Extractor {
    pub(super) networks: Vec<Eye>,
    /// Pixels of the square that each network sees.
    pub(super) sides: Vec<u32>,
    pub(super) views: Vec<View>,
    pub(super) filter: Filter,
    pub(super) color: bool,
}

/// A frozen network on its device.
#[derive(Clone, Debug)]
pub(super) enum Eye {
    /// EfficientNet-Lite.
    Lite(Box<Backbone>),
    /// CLIP's, on the processor.
    Clip(Arc<Brought>),
}

impl Eye {
    fn new(frozen: &Frozen, device: &Device) -> Self {
        match frozen {
            Frozen::Lite(weights) => Self::Lite(Box::new(Backbone::new(weights, device))),
            Frozen::Clip(brought) => Self::Clip(brought.clone()),
        }
    }

    fn network(&self) -> Network {
        match self {
            Self::Lite(backbone) => Network::Lite(backbone.variant()),
            Self::Clip(brought) => Network::Clip(brought.tower.shape()),
        }
    }

    /// The features of a square picture.
    pub(super) fn describe(
        &self,
        view: &Picture,
        work: &mut Workspace,
        threads: usize,
    ) -> Result<Vec<f32>, FeelError> {
        match self {
            Self::Lite(backbone) => Ok(backbone.describe(view, work, threads)?),
            Self::Clip(brought) => Ok(brought.tower.embed(view)),
        }
    }
}

/// Buffers of one worker thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(super) workspace: Workspace,
}

impl Extractor {
    /// Makes `weights` (one per backbone of `settings`) ready on `device`.
    ///
    /// # Errors
    /// [`FeelError::Unfit`] where no view is named.
    pub(crate) fn new(
        settings: &FeatureSettings,
        weights: &[Frozen],
        device: &Device,
    ) -> Result<Self, FeelError> {
        if settings.views.is_empty() {
            return Err(FeelError::Unfit {
                what: "no views".into(),
            });
        }
        Ok(Self {
            networks: weights.par_iter().map(|w| Eye::new(w, device)).collect(),
            sides: settings
                .backbones
                .iter()
                .zip(weights)
                .map(|(backbone, w)| backbone.side(w.network()))
                .collect(),
            views: settings.views.clone(),
            filter: settings.filter,
            color: settings.sees_color(),
        })
    }

    /// Length of [`Extractor::features`].
    pub(crate) fn len(&self) -> usize {
        self.parts().iter().sum()
    }

    /// Which networks these are.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Network> {
        self.networks.iter().map(Eye::network)
    }

    /// Columns of each part, in order: the networks one by one, then the colors if they take part.
    pub(crate) fn parts(&self) -> Vec<usize> {
        let color = self.color.then_some(COLOR_FEATURES_LEN);
        let networks = self.kinds().map(Network::len);
        networks.chain(color).collect()
    }

    /// An extractor of these [`parts`](Self::parts) alone, ascending.
    pub(crate) fn only(&self, parts: &[usize]) -> Self {
        let networks = || parts.iter().filter(|&&part| part < self.networks.len());
        Self {
            networks: networks().map(|&n| self.networks[n].clone()).collect(),
            sides: networks().map(|&n| self.sides[n]).collect(),
            views: self.views.clone(),
            filter: self.filter,
            color: parts.contains(&self.networks.len()),
        }
    }

    /// The raw features of `picture`. `threads` > 1 splits each network's work.
    ///
    /// # Errors
    /// [`FeelError::Net`] where a GPU does not answer; never on the CPU.
    pub(crate) fn features(
        &self,
        picture: &Picture,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Vec<f32>, FeelError> {
        let mut features = Vec::with_capacity(self.len());
        for (network, &side) in self.networks.iter().zip(&self.sides) {
            let mut mean = vec![0.0_f32; network.network().len()];
            for view in views(picture, &self.views, side, self.filter) {
                let descriptor = network.describe(&view, &mut scratch.workspace, threads)?;
                let share = 1.0 / self.views.len() as f32;
                mean.iter_mut()
                    .zip(descriptor)
                    .for_each(|(m, d)| *m += d * share);
            }
            features.extend(mean);
        }
        if self.color {
            features.extend(color_features(picture));
        }
        Ok(features)
    }
}

#[cfg(all(test, feature = "weights"))]
mod tests {
    use super::*;

    /// Parts are kept apart in the cache: what they measure must not depend on the others.
    #[test]
    fn parts_alone_measure_what_they_measure_together() {
        let predictor = crate::Predictor::embedded(&Device::Cpu).expect("embedded");
        let extractor = predictor.extractor();
        let pixels = (0..40 * 30).flat_map(|n: u32| [n % 251, n / 7 % 199, n % 97]);
        let pixels = pixels.map(|v| v as u8).collect();
        let picture = Picture::new(40, 30, pixels).expect("sizes fit");
        let mut scratch = Scratch::default();
        let mut features = |extractor: &Extractor| {
            let features = extractor.features(&picture, &mut scratch, 1);
            features.expect("measured on the processor")
        };
        let parts = extractor.parts();
        assert_eq!(parts.len(), 4, "three networks and the colors");
        let alone: Vec<Vec<f32>> = (0..parts.len())
            .map(|n| features(&extractor.only(&[n])))
            .collect();
        for (one, width) in alone.iter().zip(&parts) {
            assert_eq!(one.len(), *width);
        }
        assert!(alone.concat() == features(extractor));
        let ends = features(&extractor.only(&[0, 3]));
        assert!(ends == [alone[0].clone(), alone[3].clone()].concat());
    }
}
