//! How well a generator paints.

#[cfg(feature = "train")]
mod asks;
pub mod control;
pub mod distance;
#[cfg(feature = "train")]
pub mod evaluation;
pub mod frechet;
pub mod manifold;
pub mod probe;
#[cfg(feature = "train")]
pub mod progress;
#[cfg(feature = "train")]
pub mod report;
#[cfg(feature = "train")]
mod trial;

use affetti_nets::efficientnet_lite::{EfficientNetLite, FEATURES, Workspace};
use affetti_picture::{Filter, Picture};
use rayon::prelude::*;

/// Pixels of the square that a network sees of a small picture.
pub const SEEN: u32 = 128;

/// Pooled features of `pictures`, `[n, 1280]`.
#[must_use]
pub fn features(network: &EfficientNetLite, pictures: &[Picture]) -> Vec<f32> {
    let rows: Vec<Vec<f32>> = pictures
        .par_iter()
        .map_init(Workspace::default, |work, picture| {
            let square = picture.resize(SEEN, SEEN, Filter::Bilinear);
            let mut all = network.describe(&square, work, 1);
            all.truncate(FEATURES);
            all
        })
        .collect();
    rows.concat()
}
