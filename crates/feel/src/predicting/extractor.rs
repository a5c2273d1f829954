//! Picture → raw features: the descriptors of the frozen backbones, averaged over views, and the
//! color features.

use crate::error::FeelError;
use crate::view::{View, views};
use affetti_nets::device::{Backbone, Device, Observed};
use affetti_nets::efficientnet_lite::{FEATURES, UnitBox, Variant, Weights, Workspace};
use affetti_picture::{COLOR_FEATURES_LEN, Filter, Picture, color_features};
use rayon::prelude::*;
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
    /// Share of the color features in the mean squared length of a head's rows; 0 in both leaves
    /// them out.
    pub color: PerHead<f64>,
    /// Principal components that are kept.
    pub components: PerHead<usize>,
}

/// One thing for each head: what tells paintings apart by their emotions is not what makes
/// photographs of the same valence alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerHead<T> {
    /// For the nine emotions.
    pub emotions: T,
    /// For valence and arousal.
    pub affect: T,
}

/// Neighbouring columns of the raw features: the pooled ones of a backbone, its stage statistics, or
/// the colors.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) columns: std::ops::Range<usize>,
    /// Share in the mean squared length of a head's rows; see `Standardizer`.
    pub(crate) share: PerHead<f64>,
}

impl FeatureSettings {
    /// Whether the color features are measured.
    pub(crate) fn sees_color(&self) -> bool {
        self.color.emotions > 0.0 || self.color.affect > 0.0
    }

    /// The blocks of the raw features, in order; `variants` are those of the backbones.
    pub(crate) fn blocks(&self, variants: impl Iterator<Item = Variant>) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut push = |columns: usize, share: PerHead<f64>| {
            let start = blocks.last().map_or(0, |block| block.columns.end);
            blocks.push(Block {
                columns: start..start + columns,
                share,
            });
        };
        for (variant, backbone) in variants.zip(&self.backbones) {
            push(FEATURES, backbone.pooled);
            push(variant.descriptor_len() - FEATURES, backbone.stages);
        }
        if self.sees_color() {
            push(COLOR_FEATURES_LEN, self.color);
        }
        blocks
    }
}

/// One backbone in a config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneSettings {
    /// Card name; with `network`, the name of weights of our own.
    pub name: String,
    /// The network of weights of our own, which `affetti train art` wrote as `NAME.safetensors`
    /// into the folder of models, or which the embedded predictor has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// `full`, `half` or `byte`.
    pub precision: String,
    /// Share of the pooled features in the mean squared length of a head's rows; 0 leaves them out.
    pub pooled: PerHead<f64>,
    /// Share of mean and deviation of each channel at the end of every stage.
    pub stages: PerHead<f64>,
    /// Whether the weights have learned from the labels of the pictures that figures out of fold
    /// are computed on (`affetti train affect`): then `NAME-fold1` to `NAME-fold5`, of which each
    /// left one fold out, stand in for them wherever a picture must be new to the model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folds: bool,
    /// Pixels of the square that the network sees, 32 to 512; the network's own resolution where
    /// none is named. Weights that learned from small pictures see best at their size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<u32>,
}

impl BackboneSettings {
    /// Which network it is; none where the name is unknown.
    #[must_use]
    pub fn variant(&self) -> Option<Variant> {
        Variant::parse(self.network.as_ref().unwrap_or(&self.name))
    }

    /// Whether the square that the network is to see has a size that it can have.
    pub(crate) fn side_is_possible(&self) -> bool {
        self.side.is_none_or(|side| (32..=512).contains(&side))
    }

    /// Pixels of the square that `variant` is shown.
    #[must_use]
    pub fn side(&self, variant: Variant) -> u32 {
        let own = || u32::try_from(variant.resolution()).unwrap_or(u32::MAX);
        self.side.unwrap_or_else(own)
    }
}

/// The frozen part of the predictor.
#[derive(Clone, Debug)]
pub struct Extractor {
    networks: Vec<Backbone>,
    /// Pixels of the square that each network sees.
    sides: Vec<u32>,
    views: Vec<View>,
    filter: Filter,
    color: bool,
}

/// How regions of a picture are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionWay {
    /// Each region is cut out and stretched to the networks' resolution: as a picture of its own,
    /// one view. Exact and slow.
    Crop,
    /// One pass over the whole picture, its long side so many pixels; regions are pooled from its
    /// maps.
    Roi(u32),
}

impl RegionWay {
    /// Pooling at the resolution of `docs/regions.md`.
    pub const FAST: Self = Self::Roi(640);
}

impl Default for RegionWay {
    fn default() -> Self {
        Self::FAST
    }
}

/// Long side of the picture in which the colors of pooled regions are measured, in pixels: they
/// are means and histograms, which hardly change with size.
const COLOR_SIDE: u32 = 160;

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
            networks: weights
                .par_iter()
                .map(|w| Backbone::new(w, device))
                .collect(),
            sides: settings
                .backbones
                .iter()
                .zip(weights)
                .map(|(backbone, w)| backbone.side(w.variant()))
                .collect(),
            views: settings.views.clone(),
            filter,
            color: settings.sees_color(),
        })
    }

    /// Length of [`Extractor::features`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts().iter().sum()
    }

    /// Which networks these are.
    pub(crate) fn variants(&self) -> impl Iterator<Item = Variant> {
        self.networks.iter().map(Backbone::variant)
    }

    /// Columns of each part, in order: the networks one by one, then the colors if they take part.
    pub(crate) fn parts(&self) -> Vec<usize> {
        let color = self.color.then_some(COLOR_FEATURES_LEN);
        let networks = self.variants().map(Variant::descriptor_len);
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

    /// Never true: there is always a backbone or color.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        for (network, &side) in self.networks.iter().zip(&self.sides) {
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

    /// The raw features of `regions` of `picture`, boxes `[x, y, w, h]` in its pixels.
    ///
    /// # Errors
    /// [`FeelError::Picture`] for a box that is empty or not inside; otherwise as
    /// [`features`](Self::features).
    pub fn region_features(
        &self,
        picture: &Picture,
        regions: &[[u32; 4]],
        way: RegionWay,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<Vec<Vec<f32>>, FeelError> {
        for &region in regions {
            // One pixel of each: what cannot be cut out is refused either way.
            picture.resize_region(region, 1, 1, Filter::Nearest)?;
        }
        if let RegionWay::Roi(side) = way {
            let observed = self.observe(picture, side, scratch, threads);
            return self.pooled(picture, &observed, regions, threads);
        }
        let mut rows = vec![Vec::with_capacity(self.len()); regions.len()];
        for (network, &side) in self.networks.iter().zip(&self.sides) {
            for (row, &region) in rows.iter_mut().zip(regions) {
                let view = picture.resize_region(region, side, side, self.filter)?;
                row.extend(network.describe(&view, &mut scratch.workspace, threads)?);
            }
        }
        if self.color {
            append_colors(picture, regions, &mut rows)?;
        }
        Ok(rows)
    }

    /// One pass of each network over `picture`, its long side `side` pixels, for
    /// [`pooled`](Self::pooled): regions need not be known yet.
    #[must_use]
    pub fn observe(
        &self,
        picture: &Picture,
        side: u32,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Vec<Observed> {
        let view = to_long_side(picture, side, self.filter);
        let observe = |n: &Backbone| n.observe(view.clone(), &mut scratch.workspace, threads);
        self.networks.iter().map(observe).collect()
    }

    /// The raw features of `regions` of a picture that was observed.
    ///
    /// # Errors
    /// As [`region_features`](Self::region_features).
    pub fn pooled(
        &self,
        picture: &Picture,
        observed: &[Observed],
        regions: &[[u32; 4]],
        threads: usize,
    ) -> Result<Vec<Vec<f32>>, FeelError> {
        let boxes: Vec<UnitBox> = regions.iter().map(|r| unit(picture, *r)).collect();
        let mut rows = vec![Vec::with_capacity(self.len()); regions.len()];
        for (network, observed) in self.networks.iter().zip(observed) {
            let described = network.describe_boxes(observed, &boxes, threads)?;
            for (row, descriptor) in rows.iter_mut().zip(described) {
                row.extend(descriptor);
            }
        }
        if self.color {
            let small = picture.fit_within(COLOR_SIDE, Filter::Bilinear);
            let places: Vec<[u32; 4]> = regions
                .iter()
                .map(|&region| scaled(picture, region, &small))
                .collect();
            append_colors(&small, &places, &mut rows)?;
        }
        Ok(rows)
    }
}

/// Appends the colors of each region of `picture` to its row.
fn append_colors(
    picture: &Picture,
    regions: &[[u32; 4]],
    rows: &mut [Vec<f32>],
) -> Result<(), FeelError> {
    let append = |(row, &[x, y, w, h]): (&mut Vec<f32>, &[u32; 4])| -> Result<(), FeelError> {
        row.extend(color_features(&picture.crop(x, y, w, h)?));
        Ok(())
    };
    rows.par_iter_mut().zip(regions).try_for_each(append)
}

/// The picture with its long side at `side` pixels, larger or smaller than it was.
fn to_long_side(picture: &Picture, side: u32, filter: Filter) -> Picture {
    let (w, h) = (u64::from(picture.width()), u64::from(picture.height()));
    let long = w.max(h);
    let scale = |length: u64| {
        u32::try_from((length * u64::from(side) + long / 2) / long).map_or(side, |v| v.max(1))
    };
    picture.resize(scale(w), scale(h), filter)
}

fn unit(picture: &Picture, [x, y, w, h]: [u32; 4]) -> UnitBox {
    let (across, down) = (picture.width() as f32, picture.height() as f32);
    [
        x as f32 / across,
        y as f32 / down,
        (x + w) as f32 / across,
        (y + h) as f32 / down,
    ]
}

/// The same box in `small`, at least one pixel.
fn scaled(picture: &Picture, region: [u32; 4], small: &Picture) -> [u32; 4] {
    let [left, top, right, bottom] = unit(picture, region);
    let range = |from: f32, to: f32, side: u32| {
        let place = |v: f32| ((v * side as f32).round() as u32).min(side);
        let start = place(from).min(side - 1);
        [start, place(to).max(start + 1) - start]
    };
    let [x, w] = range(left, right, small.width());
    let [y, h] = range(top, bottom, small.height());
    [x, y, w, h]
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
