//! Where a pen would go: edge strength of a picture without a network.
//!
//! - **Computes** the length of the color gradient in CIELAB at three scales, each relative to its
//!   neighbourhood, averaged; then cut at its 99th percentile.
//! - **Input** a picture, best about 448 px on its long side.
//! - **Output** `[height, width]`, 0..=1; all 0 for a flat picture.
//! - **Source** `docs/facts.md`, "Edges by color gradient"; S. Di Zenzo, "A note on the gradient
//!   of a multi-image" (1986).
//! - **Deviations** coarse scales weigh more than in a boundary detector: a pen with sixteen strokes
//!   has none for texture.

use affetti_picture::{Picture, color};

use crate::{error::SketchError, field::Field};

/// Smoothing before the derivatives, in pixels, and weight of each scale.
const SCALES: [(usize, f32); 3] = [(1, 0.6), (2, 1.0), (4, 1.4)];
/// Radius of the neighbourhood, in pixels, and Lab units a pixel added to its mean.
const AROUND: usize = 8;
const FLOOR: f32 = 2.5;
/// Strength before scaling that is never stretched to 1: about what JPEG noise leaves.
const FAINTEST: f32 = 0.15;

/// Edge strength from anywhere: a network, another program, a drawing by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeMap(pub(crate) Field);

impl EdgeMap {
    /// `values` are of 0..=1, row by row, one a pixel.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] where they are not, or do not fill the map.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Result<Self, SketchError> {
        use crate::error::require;
        let good = width > 0 && height > 0 && width.checked_mul(height) == Some(values.len());
        require(
            good,
            "the number of edge values",
            values.len() as f64,
            "width times height, and not 0",
        )?;
        for &v in &values {
            require(
                (0.0..=1.0).contains(&v),
                "an edge value",
                f64::from(v),
                "0 to 1",
            )?;
        }
        Ok(Self(Field::new(width, height, values)))
    }

    /// From a picture of edges, light on dark.
    #[must_use]
    pub fn from_picture(picture: &Picture) -> Self {
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let level = |p: &[u8; 3]| color::lab(*p)[0] / 100.0;
        Self(Field::new(
            picture.width() as usize,
            picture.height() as usize,
            pixels.iter().map(|p| level(p).clamp(0.0, 1.0)).collect(),
        ))
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.0.width, self.0.height)
    }

    /// Strengths, row by row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.0.values
    }
}

/// Edge strength of a picture.
#[must_use]
pub fn gradient(picture: &Picture) -> EdgeMap {
    let channels = lab(picture);
    let (width, height) = (channels[0].width, channels[0].height);
    let mut sum = vec![0.0; width * height];
    for (radius, weight) in SCALES {
        let slopes = slopes(&channels, radius);
        let around = slopes.boxed(AROUND * radius.min(2));
        for ((s, g), m) in sum.iter_mut().zip(&slopes.values).zip(&around.values) {
            *s += weight * g / (m + FLOOR);
        }
    }
    let top = percentile(&sum, 0.99).max(FAINTEST);
    let values = sum.iter().map(|v| (v / top).min(1.0)).collect();
    EdgeMap(Field::new(width, height, values))
}

/// L*, a* and b*.
pub(crate) fn lab(picture: &Picture) -> [Field; 3] {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let colors: Vec<[f32; 3]> = pixels.iter().map(|&p| color::lab(p)).collect();
    [0, 1, 2].map(|c| {
        Field::new(
            picture.width() as usize,
            picture.height() as usize,
            colors.iter().map(|p| p[c]).collect(),
        )
    })
}

/// Length of the gradient over all channels, in Lab units a pixel, times the smoothing's radius: a
/// clean step counts alike at every scale.
fn slopes(channels: &[Field; 3], radius: usize) -> Field {
    let (width, height) = (channels[0].width, channels[0].height);
    let mut squares = vec![0.0; width * height];
    for channel in channels {
        let smooth = channel.smooth(radius);
        for (i, square) in squares.iter_mut().enumerate() {
            let (x, y) = ((i % width) as isize, (i / width) as isize);
            let dx = smooth.at(x + 1, y) - smooth.at(x - 1, y);
            let dy = smooth.at(x, y + 1) - smooth.at(x, y - 1);
            *square += 0.25 * (dx * dx + dy * dy);
        }
    }
    let length = |v: f32| v.sqrt() * radius as f32;
    Field::new(width, height, squares.into_iter().map(length).collect())
}

/// The value below which a share of the values lies; the values are not empty.
pub(crate) fn percentile(values: &[f32], share: f32) -> f32 {
    let mut values = values.to_vec();
    let rank = ((values.len() - 1) as f32 * share).round() as usize;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}
