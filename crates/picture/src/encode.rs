//! Pictures back to files.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

use crate::picture::Picture;

/// Why the encoders below cannot fail: both formats take every side of a picture, RGB of eight
/// bits, and memory has no write errors.
const CANNOT_FAIL: &str = "a picture of 1 to 65535 pixels a side can be written to memory";

impl Picture {
    /// The picture as a baseline JPEG file. `quality` is on the usual scale of 1 (small) to 100
    /// (good) and is clamped to it; 85 to 90 is a fair choice. The same picture always gives the
    /// same bytes.
    #[must_use]
    pub fn encode_jpeg(&self, quality: u8) -> Vec<u8> {
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100))
            .write_image(
                self.pixels(),
                self.width(),
                self.height(),
                ExtendedColorType::Rgb8,
            )
            .expect(CANNOT_FAIL);
        file
    }

    /// The picture as an RGB PNG file of eight bits, without loss. The same picture always gives
    /// the same bytes.
    #[must_use]
    pub fn encode_png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        PngEncoder::new(&mut file)
            .write_image(
                self.pixels(),
                self.width(),
                self.height(),
                ExtendedColorType::Rgb8,
            )
            .expect(CANNOT_FAIL);
        file
    }
}
