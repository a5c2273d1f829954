//! Which parts of a picture matter, without a network.
//!
//! - **Computes** how much the color of a place differs from all others and from the border of the
//!   picture, where the ground usually is; a little more in the middle.
//! - **Input** a picture.
//! - **Output** `[height, width]` of a thumbnail, 0..=1 with 1 reached, or all 1 for a flat picture.
//! - **Source** M.-M. Cheng et al., "Global Contrast Based Salient Region Detection" (2011), for the
//!   contrast; Y. Wei et al., "Geodesic Saliency" (2012), for the border as ground.
//! - **Deviations** distances of colors alone, on a thumbnail: milliseconds.

use affetti_picture::{Filter, Picture, color};

use crate::field::Field;

/// Longest side of the thumbnail, in pixels.
const SIDE: u32 = 40;

pub(crate) fn saliency(picture: &Picture) -> Field {
    let small = picture.fit_within(SIDE, Filter::Bilinear);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let (pixels, _) = small.pixels().as_chunks::<3>();
    let colors: Vec<[f32; 3]> = pixels.iter().map(|&p| color::lab(p)).collect();
    let on_border = |i: usize| {
        let (x, y) = (i % width, i / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    };
    let border: Vec<[f32; 3]> = (0..colors.len())
        .filter(|&i| on_border(i))
        .map(|i| colors[i])
        .collect();
    let values = colors.iter().enumerate().map(|(i, &own)| {
        let all: f32 = colors.iter().map(|&c| color::delta_e(own, c)).sum();
        // The nearest fifth of the border: the ground may have several colors.
        let mut ground: Vec<f32> = border.iter().map(|&c| color::delta_e(own, c)).collect();
        ground.sort_by(f32::total_cmp);
        let fifth = ground.len().div_ceil(5);
        let ground = ground[..fifth].iter().sum::<f32>() / fifth as f32;
        let (x, y) = (
            (i % width) as f32 / width as f32 - 0.5,
            (i / width) as f32 / height as f32 - 0.5,
        );
        let middle = (-(x * x + y * y) / 0.18).exp();
        (all / colors.len() as f32 + 2.0 * ground + 4.0) * (0.35 + 0.65 * middle)
    });
    let field = Field::new(width, height, values.collect()).smooth(1);
    let low = field.values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = field.values.iter().copied().fold(0.0, f32::max);
    let span = (high - low).max(1e-6);
    let values = field.values.iter().map(|v| (v - low) / span);
    Field::new(width, height, values.collect())
}
