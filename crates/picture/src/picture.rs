//! The one picture type of the house.

use crate::error::PictureError;

/// Longest side of a [`Picture`], in pixels: the longest that JPEG can express.
pub const MAX_SIDE: u32 = 65_535;

/// An upright 8-bit sRGB picture.
///
/// Pixels lie in rows from top to bottom, in a row from left to right, three bytes (red, green,
/// blue) each, without padding: shape `[height, width, 3]`. Both sides are 1 to [`MAX_SIDE`].
/// These facts hold for every value of the type.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Picture {
    /// Takes pixels as they are.
    ///
    /// # Errors
    /// [`PictureError::BadPixels`] when a side is 0 or longer than [`MAX_SIDE`], or when `pixels`
    /// does not have `width * height * 3` bytes.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, PictureError> {
        let sides = 1..=MAX_SIDE;
        // Sides first: the product of two that are not in range may overflow.
        if sides.contains(&width)
            && sides.contains(&height)
            && u64::from(width) * u64::from(height) * 3 == pixels.len() as u64
        {
            Ok(Self {
                width,
                height,
                pixels,
            })
        } else {
            Err(PictureError::BadPixels {
                width,
                height,
                bytes: pixels.len(),
            })
        }
    }

    /// For callers in this crate that made both the sides and the pixels.
    pub(crate) fn from_parts(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(
            u64::from(width) * u64::from(height) * 3,
            pixels.len() as u64
        );
        debug_assert!((1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height));
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All samples, shape `[height, width, 3]`, red first.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Gives the samples away; the same as [`Picture::pixels`] without a copy.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Red, green and blue at column `x` and row `y`. Coordinates outside of the picture give the
    /// nearest pixel on its border.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let (x, y) = (
            x.min(self.width - 1) as usize,
            y.min(self.height - 1) as usize,
        );
        let at = (y * self.width as usize + x) * 3;
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// Samples of row `y`, `width * 3` of them.
    pub(crate) fn row(&self, y: u32) -> &[u8] {
        let bytes = self.width as usize * 3;
        &self.pixels[y as usize * bytes..][..bytes]
    }

    /// All pixels as triples, in storage order.
    pub(crate) fn colors(&self) -> &[[u8; 3]] {
        self.pixels.as_chunks::<3>().0
    }
}

/// Sides only: nobody wants 36 million numbers in a failing assertion.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}
