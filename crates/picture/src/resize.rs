//! Resizing with antialiasing, the way Pillow does it.
//!
//! When a picture becomes smaller, the filter is widened by the same factor, so that every source
//! pixel counts. The kernels, their normalization and the order of the passes are those of Pillow's
//! `Image.resize`; one sample in some hundreds differs by one level (`tests/reference.rs`). The work
//! is done by fast_image_resize, with AVX2 where the processor has it.
//!
//! Samples are averaged as they are stored, in sRGB and not in linear light,
//! as in Pillow and so in the training of every published network.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};

use crate::{
    error::PictureError,
    picture::{MAX_SIDE, Picture},
};

/// How neighbors mix when a picture is resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// The pixel whose area holds the center; no antialiasing. For masks and label maps.
    Nearest,
    /// Triangle, support 1. Pillow's `BILINEAR`.
    #[default]
    Bilinear,
    /// Catmull-Rom cubic, a = -0.5, support 2. Pillow's `BICUBIC`, used by CLIP.
    Bicubic,
    /// Mitchell-Netravali cubic, B = C = 1/3, support 2: softer, with less ringing.
    Mitchell,
    /// Windowed sinc, support 3. Pillow's `LANCZOS`.
    Lanczos3,
}

impl Filter {
    /// All filters, from fast to slow.
    pub const ALL: [Self; 5] = [
        Self::Nearest,
        Self::Bilinear,
        Self::Bicubic,
        Self::Mitchell,
        Self::Lanczos3,
    ];

    /// Lower-case name; the inverse of parsing.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::Mitchell => "mitchell",
            Self::Lanczos3 => "lanczos3",
        }
    }

    /// Reach of the kernel on each side, in pixels of the result when that is smaller, else of the
    /// source.
    fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Bilinear => 1.0,
            Self::Bicubic | Self::Mitchell => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    fn algorithm(self) -> ResizeAlg {
        ResizeAlg::Convolution(match self {
            Self::Nearest => return ResizeAlg::Nearest,
            Self::Bilinear => FilterType::Bilinear,
            Self::Bicubic => FilterType::CatmullRom,
            Self::Mitchell => FilterType::Mitchell,
            Self::Lanczos3 => FilterType::Lanczos3,
        })
    }
}

impl FromStr for Filter {
    type Err = PictureError;

    /// Parses a name in any case of letters; `lanczos` and `catmull-rom` are accepted too.
    fn from_str(name: &str) -> Result<Self, PictureError> {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "lanczos" => Ok(Self::Lanczos3),
            "catmull-rom" => Ok(Self::Bicubic),
            _ => Self::ALL
                .into_iter()
                .find(|filter| filter.name() == lower)
                .ok_or_else(|| PictureError::UnknownFilter {
                    name: name.to_owned(),
                }),
        }
    }
}

impl Picture {
    /// Resizes to `width` x `height` pixels, whatever that does to the aspect ratio. Sides are
    /// clamped to 1 to [`MAX_SIDE`].
    #[must_use]
    pub fn resize(&self, width: u32, height: u32, filter: Filter) -> Self {
        self.resample([0, 0, self.width(), self.height()], width, height, filter)
    }

    /// Resizes the box `region` = `[x, y, w, h]` (pixels, half-open) to `width` x `height` pixels,
    /// without a copy of the box. As in Pillow's `resize(box=…)`, pixels just outside of the box
    /// count where the filter reaches them.
    ///
    /// # Errors
    /// [`PictureError::BadRegion`] when the box is empty or reaches outside of the picture.
    pub fn resize_region(
        &self,
        region: [u32; 4],
        width: u32,
        height: u32,
        filter: Filter,
    ) -> Result<Self, PictureError> {
        self.check_region(region)?;
        Ok(self.resample(region, width, height, filter))
    }

    /// Resizes the largest square around the center to `side` x `side` pixels: what "resize the
    /// short side, then crop the center" gives, without the detour, which a very long and thin
    /// picture would make expensive.
    #[must_use]
    pub fn resize_center_square(&self, side: u32, filter: Filter) -> Self {
        self.resample(self.center_square(), side, side, filter)
    }

    /// Resizes so that the short side has `side` pixels; the long side keeps the aspect ratio,
    /// rounded down as in torchvision's `Resize`, and is at most [`MAX_SIDE`].
    #[must_use]
    pub fn resize_short_side(&self, side: u32, filter: Filter) -> Self {
        let short = u64::from(self.width().min(self.height()));
        let scaled = |length: u32| {
            let scaled = u64::from(length) * u64::from(side.clamp(1, MAX_SIDE)) / short;
            u32::try_from(scaled).unwrap_or(MAX_SIDE)
        };
        self.resize(scaled(self.width()), scaled(self.height()), filter)
    }

    /// A thumbnail: the same aspect ratio with no side longer than `max_side` pixels. A picture
    /// that fits is returned as it is. Sides are rounded to the nearest and at least 1.
    #[must_use]
    pub fn fit_within(&self, max_side: u32, filter: Filter) -> Self {
        let long = self.width().max(self.height());
        let max_side = max_side.max(1);
        if long <= max_side {
            return self.clone();
        }
        let scaled = |length: u32| {
            let product = 2 * u64::from(length) * u64::from(max_side) + u64::from(long);
            u32::try_from(product / (2 * u64::from(long))).unwrap_or(MAX_SIDE)
        };
        self.resize(scaled(self.width()), scaled(self.height()), filter)
    }

    /// Resizes a box that is known to be inside: columns first, then rows, with eight bits between
    /// the passes. This is Pillow's order, and what makes the results equal to its own; the other
    /// order, which the library would choose, is not faster on pictures of this kind.
    fn resample(&self, region: [u32; 4], width: u32, height: u32, filter: Filter) -> Self {
        let (width, height) = (width.clamp(1, MAX_SIDE), height.clamp(1, MAX_SIDE));
        let [x, y, w, h] = region;
        if filter == Filter::Nearest || w == width || h == height {
            return pass(self, region, width, height, filter);
        }
        // Only the rows that the second pass will ask for.
        let scale = (f64::from(h) / f64::from(height)).max(1.0);
        let reach = (filter.support() * scale).ceil() as u32 + 1;
        let first = y.saturating_sub(reach);
        let last = y.saturating_add(h).saturating_add(reach).min(self.height());
        let columns = pass(
            self,
            [x, first, w, last - first],
            width,
            last - first,
            filter,
        );
        pass(&columns, [0, y - first, width, h], width, height, filter)
    }
}

/// One call of the library; the box is known to be inside.
fn pass(source: &Picture, region: [u32; 4], width: u32, height: u32, filter: Filter) -> Picture {
    let mut out = vec![0; width as usize * height as usize * 3];
    let [x, y, w, h] = region.map(f64::from);
    let options = ResizeOptions::new()
        .resize_alg(filter.algorithm())
        .crop(x, y, w, h);
    let from = TypedImageRef::<U8x3>::from_buffer(source.width(), source.height(), source.pixels());
    let to = TypedImage::<U8x3>::from_buffer(width, height, &mut out);
    let done = match (from, to) {
        (Ok(from), Ok(mut to)) => Resizer::new()
            .resize_typed(&from, &mut to, &options)
            .is_ok(),
        _ => false,
    };
    // The buffers fit their sides and the box is inside: nothing is left to go wrong.
    debug_assert!(
        done,
        "resize of {source:?} {region:?} to {width} x {height}"
    );
    Picture::from_parts(width, height, out)
}
