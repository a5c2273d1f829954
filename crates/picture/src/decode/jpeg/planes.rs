//! Coefficients of a JPEG to samples: inverse transform, and planes to the size of the picture.
//!
//! What it computes: the inverse transform of T.81, A.3.3, in `f32`, and samples between the known
//! ones by linear interpolation around their centers, which for twice as many is the "fancy
//! upsampling" of libjpeg. Deviation from libjpeg: other ratios than 2 are interpolated too, where
//! it repeats samples.

use std::sync::LazyLock;

use super::scans::{Blocks, Coefficients};

/// A component as samples.
struct Plane {
    samples: Vec<u8>,
    /// Samples from row to row.
    stride: usize,
    /// Samples that belong to the picture.
    sides: [usize; 2],
    sampling: [usize; 2],
}

/// Interleaved samples of all components, at the size of the picture.
pub(super) fn samples(picture: Coefficients) -> Vec<u8> {
    let Coefficients {
        sides: [width, height],
        sampling,
        components,
    } = picture;
    let planes: Vec<Plane> = components.into_iter().map(plane).collect();
    let channels = planes.len();
    let mut samples = vec![0; width * height * channels];
    let columns: Vec<Vec<Between>> = planes
        .iter()
        .map(|plane| between(plane, 0, sampling[0], width))
        .collect();
    let lines: Vec<Vec<Between>> = planes
        .iter()
        .map(|plane| between(plane, 1, sampling[1], height))
        .collect();
    for (y, row) in samples.chunks_exact_mut(width * channels).enumerate() {
        for (channel, plane) in planes.iter().enumerate() {
            let line = lines[channel][y];
            let [above, below] = line.near.map(|y| &plane.samples[y * plane.stride..]);
            let places = row[channel..].iter_mut().step_by(channels);
            for (place, column) in places.zip(&columns[channel]) {
                let at = |row: &[u8]| column.mix(column.near.map(|x| u32::from(row[x])));
                *place = ((line.mix([at(above), at(below)]) + (1 << 15)) >> 16) as u8;
            }
        }
    }
    samples
}

/// A place between two samples.
#[derive(Clone, Copy)]
struct Between {
    near: [usize; 2],
    /// How much of the second counts, of 256.
    second: u32,
}

impl Between {
    fn mix(self, values: [u32; 2]) -> u32 {
        values[0] * (256 - self.second) + values[1] * self.second
    }
}

/// Where each pixel of a row (`axis` 0) or column lies among the samples of a plane.
fn between(plane: &Plane, axis: usize, finest: usize, pixels: usize) -> Vec<Between> {
    let (own, last) = (plane.sampling[axis], plane.sides[axis] - 1);
    (0..pixels)
        .map(|pixel| {
            // (pixel + 1/2) own / finest - 1/2, in units of 1 / 256, from the first sample on.
            let place = ((2 * pixel + 1) * own * 128 / finest).saturating_sub(128);
            let first = (place / 256).min(last);
            Between {
                near: [first, (first + 1).min(last)],
                second: (place % 256) as u32,
            }
        })
        .collect()
}

fn plane(component: Blocks) -> Plane {
    let stride = component.columns * 8;
    let mut samples = vec![0; stride * component.rows * 8];
    let steps = component.steps.unwrap_or([0; 64]).map(f32::from);
    for (i, block) in component.blocks.iter().enumerate() {
        let start = i / component.columns * 8 * stride + i % component.columns * 8;
        let block = inverse(block, &steps);
        for (y, row) in block.as_chunks::<8>().0.iter().enumerate() {
            samples[start + y * stride..][..8].copy_from_slice(row);
        }
    }
    Plane {
        samples,
        stride,
        sides: component.sides,
        sampling: component.sampling,
    }
}

/// Half the cosines of T.81, A.3.3, with the factor of the first: `[frequency][place]`.
static WAVES: LazyLock<[[f32; 8]; 8]> = LazyLock::new(|| {
    std::array::from_fn(|u| {
        std::array::from_fn(|x| {
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            let first = if u == 0 {
                std::f64::consts::FRAC_1_SQRT_2
            } else {
                1.0
            };
            (angle.cos() * first / 2.0) as f32
        })
    })
});

/// The 64 samples of a block.
fn inverse(block: &[i16; 64], steps: &[f32; 64]) -> [u8; 64] {
    let waves = &*WAVES;
    let mut rows = [[0.0_f32; 8]; 8];
    for (v, row) in rows.iter_mut().enumerate() {
        for u in 0..8 {
            let value = f32::from(block[v * 8 + u]) * steps[v * 8 + u];
            if value != 0.0 {
                row.iter_mut()
                    .zip(waves[u])
                    .for_each(|(sum, wave)| *sum += value * wave);
            }
        }
    }
    let mut samples = [0; 64];
    for (y, out) in samples.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let mut sums = [128.5_f32; 8];
        for (v, row) in rows.iter().enumerate() {
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += value * waves[v][y]);
        }
        // `as` cuts to 0 and 255, and the half above rounds.
        *out = sums.map(|sum| sum as u8);
    }
    samples
}
