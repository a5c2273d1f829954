//! How differently a network sees a drawing and the photograph.
//!
//! - **Computes** Σ over layers 2 and 3 of the mean squared difference, over all elements of all
//!   views, plus a share of the mean of 1 − cosine of the embeddings; and its gradient by every
//!   pixel of the drawing.
//! - **Input** a raster; **output** a loss ≥ 0, 0 where both are the same.
//! - **Source** Vinker et al. (2022), section 3.2; the published program's weights of the five maps
//!   are 0, 0, 1, 1, 0.
//! - **Deviations** the photograph's own view is looked at once, not at every step.

use affetti_nets::clip::{
    DEVIATION,
    resnet::{ClipResNet, Gradients, Maps, Scratch},
};
use fastrand::Rng;

use super::{ClipassoSettings, Photo, saliency::normalized, views::View};
use crate::soft::Raster;

/// The maps that are compared.
const TAPS: [usize; 2] = [2, 3];

/// What a network sees of some views.
#[derive(Debug, Clone, Default)]
struct Seen {
    taps: [Vec<f32>; 2],
    embedding: Vec<f32>,
}

impl Seen {
    fn of(maps: &Maps) -> Self {
        Self {
            taps: TAPS.map(|n| maps.tap(n).to_vec()),
            embedding: maps.embedding().to_vec(),
        }
    }

    fn extend(&mut self, other: Self) {
        for (own, more) in self.taps.iter_mut().zip(other.taps) {
            own.extend(more);
        }
        self.embedding.extend(other.embedding);
    }
}

/// The loss of one step.
pub(super) struct Told {
    /// Of the plain view alone, without chance.
    pub(super) plain: f64,
    /// Of all views.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests take differences of it"))]
    pub(super) all: f64,
    /// Gradient of `all`.
    pub(super) by_pixel: Vec<[f32; 3]>,
}

pub(super) struct Loss<'a> {
    net: &'a ClipResNet,
    photo: &'a Photo,
    settings: ClipassoSettings,
    plain: Seen,
    maps: Maps,
    scratch: Scratch,
}

impl<'a> Loss<'a> {
    pub(super) fn new(net: &'a ClipResNet, photo: &'a Photo, settings: ClipassoSettings) -> Self {
        let mut maps = Maps::default();
        let colors = normalized(&photo.pixels);
        net.forward(1, colors.as_flattened(), &mut maps);
        Self {
            net,
            photo,
            settings,
            plain: Seen::of(&maps),
            maps,
            scratch: Scratch::default(),
        }
    }

    /// The loss of a drawing, with new random views.
    pub(super) fn step(&mut self, raster: &Raster, rng: &mut Rng) -> Told {
        let fill = f32::from(u8::from(!self.settings.quirks.black_corners));
        let views: Vec<View> = (0..self.settings.views)
            .map(|_| View::random(self.photo.side, fill, rng))
            .collect();
        let mut wanted = self.plain.clone();
        if !views.is_empty() {
            let photos = views
                .iter()
                .flat_map(|v| normalized(&v.of(&self.photo.pixels)));
            let photos: Vec<[f32; 3]> = photos.collect();
            self.net
                .forward(views.len(), photos.as_flattened(), &mut self.maps);
            wanted.extend(Seen::of(&self.maps));
        }
        let mut drawings = normalized(raster.pixels());
        for view in &views {
            drawings.extend(normalized(&view.of(raster.pixels())));
        }
        let batch = views.len() + 1;
        self.net
            .forward(batch, drawings.as_flattened(), &mut self.maps);
        let (mut plain, mut all) = (0.0, 0.0);
        let by_tap = [0, 1].map(|n| {
            let found = self.maps.tap(TAPS[n]);
            let (one, whole, gradient) = squares(found, &wanted.taps[n], batch);
            plain += one;
            all += whole;
            gradient
        });
        let share = self.settings.semantic;
        let (one, whole, by_embedding) =
            cosines(self.maps.embedding(), &wanted.embedding, batch, share);
        plain += one;
        all += whole;
        let mut taps = [None; 5];
        for (n, gradient) in TAPS.into_iter().zip(&by_tap) {
            taps[n] = Some(gradient.as_slice());
        }
        let gradients = Gradients {
            taps,
            embedding: Some(&by_embedding),
        };
        let back = self.net.backward(&self.maps, gradients, &mut self.scratch);
        let (pixels, _) = back.as_chunks::<3>();
        let pixels: Vec<[f32; 3]> = pixels
            .iter()
            .map(|p| [0, 1, 2].map(|c| p[c] / DEVIATION[c]))
            .collect();
        let mut each = pixels.chunks_exact(raster.pixels().len());
        let mut by_pixel = each.next().map(<[_]>::to_vec).unwrap_or_default();
        for (view, gradient) in views.iter().zip(each) {
            let sums = by_pixel.iter_mut().zip(view.back(gradient));
            sums.for_each(|(sum, g)| sum.iter_mut().zip(g).for_each(|(s, g)| *s += g));
        }
        Told {
            plain,
            all,
            by_pixel,
        }
    }
}

/// Mean squared difference of the first of `batch` parts and of all, and the gradient of the latter.
fn squares(found: &[f32], wanted: &[f32], batch: usize) -> (f64, f64, Vec<f32>) {
    let scale = 2.0 / found.len().max(1) as f32;
    let pairs = found.iter().zip(wanted);
    let gradient: Vec<f32> = pairs.map(|(a, b)| scale * (a - b)).collect();
    // The gradient is 2/n of the difference.
    let sum = |part: &[f32]| -> f64 { part.iter().map(|g| f64::from(*g).powi(2)).sum() };
    let per_square = 1.0 / f64::from(scale).powi(2) / found.len().max(1) as f64;
    let one = sum(&gradient[..found.len() / batch]) * batch as f64 * per_square;
    (one, sum(&gradient) * per_square, gradient)
}

/// `share` times 1 − cosine of the first row and of the mean of all, and the gradient of the latter.
fn cosines(found: &[f32], wanted: &[f32], batch: usize, share: f32) -> (f64, f64, Vec<f32>) {
    let width = (found.len() / batch).max(1);
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let share = f64::from(share);
    let mut gradient = Vec::with_capacity(found.len());
    let mut losses = Vec::with_capacity(batch);
    for (a, b) in found.chunks_exact(width).zip(wanted.chunks_exact(width)) {
        // As in PyTorch: lengths are held above a bound, so that nothing is no direction.
        let lengths = [a, b].map(|v| dot(v, v).sqrt().max(1e-8));
        let cosine = dot(a, b) / (lengths[0] * lengths[1]);
        losses.push(share * (1.0 - cosine));
        let factor = -share / batch as f64 / lengths[0];
        gradient.extend(a.iter().zip(b).map(|(a, b)| {
            let (a, b) = (f64::from(*a) / lengths[0], f64::from(*b) / lengths[1]);
            (factor * (b - cosine * a)) as f32
        }));
    }
    let all = losses.iter().sum::<f64>() / batch as f64;
    (losses.first().copied().unwrap_or(0.0), all, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_by_hand() {
        // Squares 1, 4, 9, 0: the first half's mean 2.5, all 3.5; gradient difference / 2.
        let (one, all, gradient) = squares(&[1.0, 2.0, 3.0, 4.0], &[0.0, 0.0, 0.0, 4.0], 2);
        assert!(
            (one - 2.5).abs() < 1e-6 && (all - 3.5).abs() < 1e-6,
            "{one} {all}"
        );
        assert_eq!(gradient, [0.5, 1.0, 1.5, 0.0]);
        // At right angles and along: 1 and 0.
        let (one, all, gradient) = cosines(&[2.0, 0.0, 3.0, 3.0], &[0.0, 5.0, 1.0, 1.0], 2, 0.1);
        assert!((one - 0.1).abs() < 1e-7 && (all - 0.05).abs() < 1e-7);
        // d(1 − cos)/da = −b̂/|a| = (0, −½), times .1 over 2.
        let expected = [0.0, -0.025, 0.0, 0.0];
        assert!(
            gradient
                .iter()
                .zip(expected)
                .all(|(g, e)| (g - e).abs() < 1e-7)
        );
        let (one, all, gradient) = squares(&[1.0, 2.0], &[1.0, 2.0], 1);
        assert_eq!((one, all, gradient), (0.0, 0.0, vec![0.0; 2]));
    }
}
