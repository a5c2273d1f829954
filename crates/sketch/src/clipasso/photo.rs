//! The photograph as the method works on it.

use affetti_picture::{Filter, Picture};

use super::Quirks;
use crate::error::{SketchError, require};

/// White around a picture that is put on a square, in pixels of the picture, both sides together.
const MARGIN: u32 = 20;

/// A square photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    pub(super) side: usize,
    /// Red, green and blue of 0..=1, row by row.
    pub(super) pixels: Vec<[f32; 3]>,
}

impl Photo {
    /// Makes a picture square, `side` pixels a side. Where `mask` (one value a pixel, 0 to 255) is
    /// below half, the picture is white.
    ///
    /// # Errors
    /// [`SketchError::Parameter`] for a mask of another size, [`SketchError::Nothing`] for an empty
    /// one, and those of the picture's limits.
    pub fn new(
        picture: &Picture,
        mask: Option<&[u8]>,
        side: usize,
        quirks: Quirks,
    ) -> Result<Self, SketchError> {
        let masked = mask.map(|mask| whitened(picture, mask)).transpose()?;
        let picture = masked.as_ref().unwrap_or(picture);
        let framed = if quirks.stretch || picture.width() == picture.height() {
            None
        } else {
            Some(framed(picture)?)
        };
        let square = framed.as_ref().unwrap_or(picture);
        let square = square.resize(side as u32, side as u32, Filter::Bicubic);
        let (pixels, _) = square.pixels().as_chunks::<3>();
        let pixels = pixels.iter().map(|p| p.map(|v| f32::from(v) / 255.0));
        Ok(Self {
            side,
            pixels: pixels.collect(),
        })
    }
}

fn whitened(picture: &Picture, mask: &[u8]) -> Result<Picture, SketchError> {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    require(
        mask.len() == pixels.len(),
        "the number of mask values",
        mask.len() as f64,
        "one a pixel",
    )?;
    if mask.iter().all(|m| *m < 128) {
        return Err(SketchError::Nothing {
            reason: "the mask is empty",
        });
    }
    let kept = pixels.iter().zip(mask);
    let colors = kept.flat_map(|(p, m)| if *m < 128 { [255; 3] } else { *p });
    Ok(Picture::new(
        picture.width(),
        picture.height(),
        colors.collect(),
    )?)
}

/// In the middle of a white square, a margin wider than the longer side.
fn framed(picture: &Picture) -> Result<Picture, SketchError> {
    let (width, height) = (picture.width(), picture.height());
    // Squares of long pictures would be large: they are made small first.
    let small = picture.fit_within(2048, Filter::Bicubic);
    let scale = f64::from(small.width().max(small.height())) / f64::from(width.max(height));
    let margin = (f64::from(MARGIN) * scale).round() as u32;
    let side = small.width().max(small.height()) + margin;
    let (left, top) = ((side - small.width()) / 2, (side - small.height()) / 2);
    let row = side as usize * 3;
    let mut pixels = vec![255; row * side as usize];
    let lines = small.pixels().chunks_exact(small.width() as usize * 3);
    for (y, line) in lines.enumerate() {
        let start = (y + top as usize) * row + left as usize * 3;
        pixels[start..start + line.len()].copy_from_slice(line);
    }
    Ok(Picture::new(side, side, pixels)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_red() -> Picture {
        let pixels = (0..40 * 20).flat_map(|i| if i % 40 < 20 { [255, 0, 0] } else { [0; 3] });
        Picture::new(40, 20, pixels.collect()).expect("a picture")
    }

    #[test]
    fn long_pictures_are_stretched_or_framed() {
        let at = |photo: &Photo, x: usize, y: usize| photo.pixels[y * photo.side + x];
        let stretched = Photo::new(&half_red(), None, 30, Quirks::ALL).expect("a photo");
        assert_eq!(at(&stretched, 5, 0), [1.0, 0.0, 0.0]);
        assert_eq!(at(&stretched, 25, 29), [0.0; 3]);
        // 40 × 20 in the middle of 60 × 60, at half of that.
        let framed = Photo::new(&half_red(), None, 30, Quirks::NONE).expect("a photo");
        assert_eq!(at(&framed, 2, 15), [1.0; 3]);
        assert_eq!(at(&framed, 10, 5), [1.0; 3]);
        assert_eq!(at(&framed, 10, 15), [1.0, 0.0, 0.0]);
        assert_eq!(at(&framed, 20, 15), [0.0; 3]);
    }

    #[test]
    fn what_is_masked_is_white() {
        let mask: Vec<u8> = (0..40 * 20)
            .map(|i| if i % 40 < 20 { 255 } else { 0 })
            .collect();
        let photo = Photo::new(&half_red(), Some(&mask), 20, Quirks::ALL).expect("a photo");
        assert_eq!(photo.pixels[5], [1.0, 0.0, 0.0]);
        assert_eq!(photo.pixels[15], [1.0; 3]);
        let empty = Photo::new(&half_red(), Some(&[0; 800]), 20, Quirks::ALL);
        assert!(matches!(empty, Err(SketchError::Nothing { .. })));
        assert!(Photo::new(&half_red(), Some(&[0; 8]), 20, Quirks::ALL).is_err());
    }
}
