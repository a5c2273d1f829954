//! How much a picture may cost before it is refused.

use crate::{error::PictureError, picture::MAX_SIDE};

/// Bounds on what one picture may take. They are checked from the header, before any pixel is
/// decoded, so that refusing is quick and takes little memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest file, in bytes, inclusive. Default 256 MiB.
    pub max_bytes: u64,
    /// Most pixels (width times height), inclusive. Default 150 million, so that the 108 and 150
    /// megapixel pictures of today's cameras pass and take 450 MB.
    pub max_pixels: u64,
    /// Longest side, in pixels, inclusive. Default, and at most, [`MAX_SIDE`]: what JPEG can
    /// express.
    pub max_side: u32,
    /// Most memory that decoding may take, in bytes, inclusive: the pixels and what the decoder
    /// keeps besides them, estimated from the header. Default 1 GiB.
    pub max_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_pixels: 150_000_000,
            max_side: MAX_SIDE,
            max_memory: 1 << 30,
        }
    }
}

impl Limits {
    /// Checks the length of a file, in bytes.
    ///
    /// # Errors
    /// [`PictureError::TooManyBytes`].
    pub fn check_bytes(&self, bytes: u64) -> Result<(), PictureError> {
        if bytes > self.max_bytes {
            return Err(PictureError::TooManyBytes {
                bytes,
                limit: self.max_bytes,
            });
        }
        Ok(())
    }

    /// Checks a size in pixels and the memory that decoding it takes, in bytes.
    ///
    /// # Errors
    /// [`PictureError::SideTooLong`], [`PictureError::TooManyPixels`] or
    /// [`PictureError::TooMuchMemory`], in this order.
    pub fn check_size(&self, width: u32, height: u32, needed: u64) -> Result<(), PictureError> {
        let max_side = self.max_side.min(MAX_SIDE);
        if width.max(height) > max_side {
            return Err(PictureError::SideTooLong {
                width,
                height,
                limit: max_side,
            });
        }
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(PictureError::TooManyPixels {
                width,
                height,
                limit: self.max_pixels,
            });
        }
        if needed > self.max_memory {
            let limit = self.max_memory;
            return Err(PictureError::TooMuchMemory {
                width,
                height,
                needed,
                limit,
            });
        }
        Ok(())
    }
}

/// How to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// When to refuse.
    pub limits: Limits,
    /// sRGB color behind transparent pixels. Default white.
    pub background: [u8; 3],
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            background: [255; 3],
        }
    }
}
