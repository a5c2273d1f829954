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

    /// As [`encode_png`](Self::encode_png), with a note in a chunk of text (`iTXt`, UTF-8) under `keyword`,
    /// 1 to 79 letters such as `Software`.
    #[must_use]
    pub fn encode_png_with(&self, keyword: &str, text: &str) -> Vec<u8> {
        let mut file = self.encode_png();
        // Neither compressed, nor in a language that is told, nor with a translated keyword.
        let mut chunk = b"iTXt".to_vec();
        chunk.extend(keyword.as_bytes());
        chunk.extend([0; 5]);
        chunk.extend(text.as_bytes());
        let length = u32::try_from(chunk.len() - 4).unwrap_or(0).to_be_bytes();
        let sum = crc32fast::hash(&chunk).to_be_bytes();
        let whole = length.into_iter().chain(chunk).chain(sum);
        file.splice(AFTER_HEADER..AFTER_HEADER, whole);
        file
    }
}

/// Bytes of a PNG's signature and of its first chunk.
const AFTER_HEADER: usize = 8 + 12 + 13;

#[cfg(test)]
mod tests {
    use crate::picture::Picture;

    #[test]
    fn a_note_lies_in_the_file_and_the_picture_stays() {
        let picture = Picture::new(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let file = picture.encode_png_with("affetti", "{\"seed\":7,\"é\":1}");
        // The decoder checks the sums of chunks.
        let again = image::load_from_memory(&file).unwrap();
        assert_eq!(again.to_rgb8().into_raw(), picture.pixels());
        let text = "affetti\0\0\0\0\0{\"seed\":7,\"é\":1}".as_bytes();
        assert!(file.windows(text.len()).any(|part| part == text));
    }
}
