//! Picture → raw features: the descriptors of the frozen backbones, averaged over views, and the
//! colour features.

use crate::error::FeelError;
use crate::view::{View, views};
use affetti_nets::device::{Backbone, Device};
use affetti_nets::efficientnet_lite::{FEATURES, Variant, Weights, Workspace};
use affetti_picture::{COLOR_FEATURES_LEN, Filter, Picture, color_features};
use serde::{Deserialize, Serialize};

/// What is measured on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSettings {
    /// Backbones by card name, each with how it is stored.
    pub backbones: Vec<BackboneSettings>,
    /// Crops and flips that are averaged.
    pub views: Vec<View>,
    /// Resize filter: `bicubic`, `bilinear`, …
    pub filter: String,
    /// Share of all pooled features in a row's length; see `Standardizer`.
    pub pooled_share: f64,
    /// Share of the backbones' stage statistics.
    pub stage_share: f64,
    /// Share of the colour features; 0 leaves them out.
    pub color_share: f64,
    /// Principal components that are kept.
    pub components: usize,
}

/// One backbone in a config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneSettings {
    /// Card name.
    pub name: String,
    /// `full`, `half` or `byte`.
    pub precision: String,
    /// This backbone's part of the shares above.
    pub share: f64,
}

/// The frozen part of the predictor.
#[derive(Clone, Debug)]
pub struct Extractor {
    networks: Vec<Backbone>,
    views: Vec<View>,
    filter: Filter,
    color: bool,
}

/// Buffers of one worker thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    workspace: Workspace,
}

impl Extractor {
    /// Makes `weights` (one per backbone of `settings`) ready on `device`.
    ///
    /// # Errors
    /// [`FeelError::Unfit`] where the filter is unknown or no view is named.
    pub fn new(
        settings: &FeatureSettings,
        weights: &[Weights],
        device: &Device,
    ) -> Result<Self, FeelError> {
        let filter = Filter::ALL
            .into_iter()
            .find(|f| f.name() == settings.filter);
        let (Some(filter), false) = (filter, settings.views.is_empty()) else {
            return Err(FeelError::Unfit {
                what: format!("no filter {:?} or no views", settings.filter),
            });
        };
        Ok(Self {
            networks: weights.iter().map(|w| Backbone::new(w, device)).collect(),
            views: settings.views.clone(),
            filter,
            color: settings.color_share > 0.0,
        })
    }

    /// Length of [`Extractor::features`].
    #[must_use]
    pub fn len(&self) -> usize {
        let deep: usize = self
            .networks
            .iter()
            .map(|n| n.variant().descriptor_len())
            .sum();
        deep + if self.color { COLOR_FEATURES_LEN } else { 0 }
    }

    /// Never true: there is always a backbone or colour.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// (columns, share) of each block of features, in order.
    #[must_use]
    pub fn blocks(&self, settings: &FeatureSettings) -> Vec<(usize, f64)> {
        let mut blocks = Vec::new();
        for (network, backbone) in self.networks.iter().zip(&settings.backbones) {
            let stages = network.variant().descriptor_len() - FEATURES;
            blocks.push((FEATURES, settings.pooled_share * backbone.share));
            blocks.push((stages, settings.stage_share * backbone.share));
        }
        if self.color {
            blocks.push((COLOR_FEATURES_LEN, settings.color_share));
        }
        blocks
    }

    /// The raw features of `picture`. `threads` > 1 splits each network's work.
    ///
    /// # Errors
    /// [`FeelError::Net`] where a GPU does not answer; never on the CPU.
    pub fn features(
        &self,
        picture: &Picture,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Vec<f32>, FeelError> {
        let mut features = Vec::with_capacity(self.len());
        for network in &self.networks {
            let side = side(network.variant());
            let mut mean = vec![0.0_f32; network.variant().descriptor_len()];
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

fn side(variant: Variant) -> u32 {
    u32::try_from(variant.resolution()).unwrap_or(u32::MAX)
}
