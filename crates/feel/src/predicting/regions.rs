//! Regions of a picture → raw features of each, cut out one by one or pooled from one pass.

use super::extractor::{Extractor, Eye, Scratch};
use crate::error::FeelError;
use affetti_nets::device::Observed;
use affetti_nets::efficientnet_lite::{UnitBox, Workspace};
use affetti_picture::{Filter, Picture, color_features};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

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

impl Extractor {
    /// The raw features of `regions` of `picture`, boxes `[x, y, w, h]` in its pixels.
    ///
    /// # Errors
    /// [`FeelError::Picture`] for a box that is empty or not inside; [`FeelError::Net`] where a GPU
    /// does not answer, never on the CPU.
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
        // A transformer has no maps to pool from: regions are cut out for it.
        let pools = self.networks.iter().all(|n| matches!(n, Eye::Lite(_)));
        if let RegionWay::Roi(side) = way
            && pools
        {
            let observed = self.observe(picture, side, scratch, threads);
            return self.pooled(picture, &observed, regions, threads);
        }
        let mut rows = vec![Vec::with_capacity(self.len()); regions.len()];
        for (network, &side) in self.networks.iter().zip(&self.sides) {
            let work = (&mut scratch.workspace, threads);
            append(
                &mut rows,
                self.cut_out((network, side), picture, regions, work)?,
            );
        }
        if self.color {
            append_colors(picture, regions, &mut rows)?;
        }
        Ok(rows)
    }

    /// One pass of each network over `picture`, its long side `side` pixels, for
    /// [`pooled`](Self::pooled): regions need not be known yet. None of a network without maps.
    #[must_use]
    pub fn observe(
        &self,
        picture: &Picture,
        side: u32,
        scratch: &mut Scratch,
        threads: usize,
    ) -> Vec<Option<Observed>> {
        let view = to_long_side(picture, side, self.filter);
        let mut observe = |n: &Eye| match n {
            Eye::Lite(n) => Some(n.observe(view.clone(), &mut scratch.workspace, threads)),
            Eye::Clip(_) => None,
        };
        self.networks.iter().map(&mut observe).collect()
    }

    /// The raw features of `regions` of a picture that was observed.
    ///
    /// # Errors
    /// As [`region_features`](Self::region_features).
    pub fn pooled(
        &self,
        picture: &Picture,
        observed: &[Option<Observed>],
        regions: &[[u32; 4]],
        threads: usize,
    ) -> Result<Vec<Vec<f32>>, FeelError> {
        let boxes: Vec<UnitBox> = regions.iter().map(|r| unit(picture, *r)).collect();
        let mut rows = vec![Vec::with_capacity(self.len()); regions.len()];
        for ((network, &side), observed) in self.networks.iter().zip(&self.sides).zip(observed) {
            let described = match (network, observed) {
                (Eye::Lite(network), Some(observed)) => {
                    network.describe_boxes(observed, &boxes, threads)?
                }
                _ => {
                    let work = (&mut Workspace::default(), threads);
                    self.cut_out((network, side), picture, regions, work)?
                }
            };
            append(&mut rows, described);
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

    /// What `network`, which sees squares of `side` pixels, says of each region by itself.
    fn cut_out(
        &self,
        (network, side): (&Eye, u32),
        picture: &Picture,
        regions: &[[u32; 4]],
        (work, threads): (&mut Workspace, usize),
    ) -> Result<Vec<Vec<f32>>, FeelError> {
        let describe = |region: &[u32; 4]| {
            let view = picture.resize_region(*region, side, side, self.filter)?;
            network.describe(&view, work, threads)
        };
        regions.iter().map(describe).collect()
    }
}

/// Appends each of `described` to its row.
fn append(rows: &mut [Vec<f32>], described: Vec<Vec<f32>>) {
    rows.iter_mut()
        .zip(described)
        .for_each(|(row, more)| row.extend(more));
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
