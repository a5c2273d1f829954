//! Palette: the few colors that a person would name.
//!
//! What it computes: k-means in CIELAB with k of at most five.
//! Inputs: pixels in CIELAB.
//! Output: one to five [`Swatch`]es, largest share first; shares add up to 1.
//! Source: S. Lloyd 1982 for the iteration; T. Gonzalez 1985 (farthest point first) for the start,
//! with distances weighted by the root of the share so that a few odd pixels start no cluster.
//! Deviations: pixels are first counted in 16 levels per sRGB sample, which makes the work
//! independent of the picture's size; nothing is random, so the same picture gives the same palette.
//! Clusters closer than ΔE 6 are merged, so that a flat picture has one color and not five.

use serde::{Serialize, ser::SerializeStruct};

use crate::color::{delta_e, lab, srgb_from_lab};

/// Most colors in a palette.
pub(crate) const MAX_SWATCHES: usize = 5;
/// Lloyd's iterations; on bins of photos the centers stop moving after about ten.
const ITERATIONS: usize = 16;
/// Centers nearer than this are one color to a person who does not compare them side by side:
/// about two and a half times the just noticeable 2.3.
const MERGE_DELTA_E: f32 = 6.0;

/// One color of a palette. Serializes as `{"color": "#rrggbb", "share": 0..1}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swatch {
    /// sRGB.
    pub color: [u8; 3],
    /// Part of the picture's area, above 0 and at most 1.
    pub share: f32,
}

impl Swatch {
    /// The color as CSS writes it: `#rrggbb`, lower-case.
    #[must_use]
    pub fn hex(&self) -> String {
        let [r, g, b] = self.color;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

impl Serialize for Swatch {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Swatch", 2)?;
        fields.serialize_field("color", &self.hex())?;
        fields.serialize_field("share", &self.share)?;
        fields.end()
    }
}

/// A group of pixels: their mean in CIELAB and their part of all.
#[derive(Clone, Copy)]
struct Bin {
    mean: [f32; 3],
    share: f32,
}

/// The palette of some pixels, at least one.
pub(crate) fn palette(colors: &[[u8; 3]]) -> Vec<Swatch> {
    let bins = bins(colors);
    let mut clusters: Vec<Bin> = starts(&bins)
        .into_iter()
        .map(|mean| Bin { mean, share: 0.0 })
        .collect();
    for _ in 0..ITERATIONS {
        clusters = lloyd(&bins, &clusters);
    }
    merge(&mut clusters);
    clusters.sort_by(|one, other| other.share.total_cmp(&one.share));
    clusters
        .into_iter()
        .map(|cluster| Swatch {
            color: srgb_from_lab(cluster.mean),
            share: cluster.share,
        })
        .collect()
}

/// Counts pixels in 16 x 16 x 16 boxes of sRGB; empty boxes are left out.
fn bins(colors: &[[u8; 3]]) -> Vec<Bin> {
    let mut sums = vec![([0.0; 3], 0.0); 16 * 16 * 16];
    for &color in colors {
        let [r, g, b] = color.map(|sample| usize::from(sample >> 4));
        let (sum, count): &mut ([f64; 3], f64) = &mut sums[(r * 16 + g) * 16 + b];
        for (sum, value) in sum.iter_mut().zip(lab(color)) {
            *sum += f64::from(value);
        }
        *count += 1.0;
    }
    sums.into_iter()
        .filter(|(_, count)| *count > 0.0)
        .map(|(sum, count)| Bin {
            mean: sum.map(|sum| (sum / count) as f32),
            share: (count / colors.len() as f64) as f32,
        })
        .collect()
}

/// First centers: the largest bin, then again and again the bin that is farthest from all centers.
fn starts(bins: &[Bin]) -> Vec<[f32; 3]> {
    let Some(largest) = bins
        .iter()
        .reduce(|a, b| if b.share > a.share { b } else { a })
    else {
        return Vec::new();
    };
    let mut centers = vec![largest.mean];
    while centers.len() < MAX_SWATCHES.min(bins.len()) {
        let pull = |bin: &Bin| nearest(&centers, bin.mean).1 * bin.share.sqrt();
        let Some(next) = bins
            .iter()
            .reduce(|a, b| if pull(b) > pull(a) { b } else { a })
        else {
            break;
        };
        centers.push(next.mean);
    }
    centers
}

/// Gives every bin to its nearest center and moves the centers; a center without bins is dropped.
fn lloyd(bins: &[Bin], clusters: &[Bin]) -> Vec<Bin> {
    let centers: Vec<[f32; 3]> = clusters.iter().map(|cluster| cluster.mean).collect();
    let mut sums = vec![([0.0_f64; 3], 0.0_f64); centers.len()];
    for bin in bins {
        let (sum, weight) = &mut sums[nearest(&centers, bin.mean).0];
        for (sum, value) in sum.iter_mut().zip(bin.mean) {
            *sum += f64::from(value) * f64::from(bin.share);
        }
        *weight += f64::from(bin.share);
    }
    sums.into_iter()
        .filter(|(_, weight)| *weight > 0.0)
        .map(|(sum, weight)| Bin {
            mean: sum.map(|sum| (sum / weight) as f32),
            share: weight as f32,
        })
        .collect()
}

/// Joins the two nearest clusters until all are far enough apart.
fn merge(clusters: &mut Vec<Bin>) {
    loop {
        let mut closest = (0, 0, MERGE_DELTA_E);
        for first in 0..clusters.len() {
            for second in first + 1..clusters.len() {
                let distance = delta_e(clusters[first].mean, clusters[second].mean);
                if distance < closest.2 {
                    closest = (first, second, distance);
                }
            }
        }
        let (first, second, _) = closest;
        if first == second {
            return;
        }
        let gone = clusters.remove(second);
        let kept = &mut clusters[first];
        let share = kept.share + gone.share;
        for (mean, other) in kept.mean.iter_mut().zip(gone.mean) {
            *mean = (*mean * kept.share + other * gone.share) / share;
        }
        kept.share = share;
    }
}

/// Index of and distance to the nearest of some centers, the first of equals.
fn nearest(centers: &[[f32; 3]], color: [f32; 3]) -> (usize, f32) {
    let mut best = (0, f32::INFINITY);
    for (index, &center) in centers.iter().enumerate() {
        let distance = delta_e(center, color);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best
}
