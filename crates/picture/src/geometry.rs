//! Cropping, flipping and turning: pixels move, none changes.

use image::metadata::Orientation;

use crate::{error::PictureError, picture::Picture};

impl Picture {
    /// Copies the box with its left top corner at column `x` and row `y`, `w` pixels wide and `h`
    /// high.
    ///
    /// To crop and resize, [`Picture::resize_region`] does both without this copy.
    ///
    /// # Errors
    /// [`PictureError::BadRegion`] when the box is empty or reaches outside of the picture.
    pub fn crop(&self, x: u32, y: u32, w: u32, h: u32) -> Result<Self, PictureError> {
        self.check_region([x, y, w, h])?;
        let bytes = x as usize * 3..(x as usize + w as usize) * 3;
        let mut pixels = Vec::with_capacity(w as usize * h as usize * 3);
        for row in y..y + h {
            pixels.extend_from_slice(&self.row(row)[bytes.clone()]);
        }
        Ok(Self::from_parts(w, h, pixels))
    }

    /// The box of [`Picture::center_crop_square`]: `[x, y, side, side]`, in pixels. When the long
    /// side has one pixel too many, it is left out on the right or at the bottom.
    #[must_use]
    pub fn center_square(&self) -> [u32; 4] {
        let side = self.width().min(self.height());
        [
            (self.width() - side) / 2,
            (self.height() - side) / 2,
            side,
            side,
        ]
    }

    /// Copies the largest square around the center.
    #[must_use]
    pub fn center_crop_square(&self) -> Self {
        let [x, y, w, h] = self.center_square();
        // A box made from the sides is inside, so that the copy is only for the type's sake.
        self.crop(x, y, w, h).unwrap_or_else(|_| self.clone())
    }

    /// Mirrors left and right.
    #[must_use]
    pub fn flip_horizontal(&self) -> Self {
        let mut pixels = self.pixels().to_vec();
        flip_rows(&mut pixels, self.width());
        Self::from_parts(self.width(), self.height(), pixels)
    }

    /// Refuses a box `[x, y, w, h]` that is empty or not inside.
    pub(crate) fn check_region(&self, region: [u32; 4]) -> Result<(), PictureError> {
        let [x, y, w, h] = region;
        let inside = |from: u32, len: u32, side: u32| {
            len > 0 && from.checked_add(len).is_some_and(|end| end <= side)
        };
        let (width, height) = (self.width(), self.height());
        if inside(x, w, width) && inside(y, h, height) {
            Ok(())
        } else {
            Err(PictureError::BadRegion {
                region,
                width,
                height,
            })
        }
    }
}

/// Whether the orientation exchanges width and height.
pub(crate) fn swaps_sides(orientation: Orientation) -> bool {
    use Orientation as O;
    matches!(
        orientation,
        O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH
    )
}

/// Makes `pixels` (RGB, `width` x `height` as stored) upright; returns sides and pixels.
///
/// The four orientations that keep the sides work in place; the other four take one copy.
pub(crate) fn upright(
    width: u32,
    height: u32,
    mut pixels: Vec<u8>,
    orientation: Orientation,
) -> (u32, u32, Vec<u8>) {
    // The names of image::Orientation say what is done to the stored picture.
    match orientation {
        Orientation::NoTransforms => {}
        Orientation::FlipHorizontal => flip_rows(&mut pixels, width),
        Orientation::FlipVertical => reverse_rows(&mut pixels, width),
        Orientation::Rotate180 => pixels.as_chunks_mut::<3>().0.reverse(),
        Orientation::Rotate90FlipH => return transposed(width, height, &pixels, [false, false]),
        Orientation::Rotate90 => return transposed(width, height, &pixels, [false, true]),
        Orientation::Rotate270FlipH => return transposed(width, height, &pixels, [true, true]),
        Orientation::Rotate270 => return transposed(width, height, &pixels, [true, false]),
    }
    (width, height, pixels)
}

/// Mirrors every row in place.
fn flip_rows(pixels: &mut [u8], width: u32) {
    for row in pixels.chunks_exact_mut(width as usize * 3) {
        row.as_chunks_mut::<3>().0.reverse();
    }
}

/// Puts the last row first, in place.
fn reverse_rows(pixels: &mut [u8], width: u32) {
    let bytes = width as usize * 3;
    let rows = pixels.len() / bytes;
    let (top, bottom) = pixels.split_at_mut(rows / 2 * bytes);
    for (above, below) in top
        .chunks_exact_mut(bytes)
        .zip(bottom.rchunks_exact_mut(bytes))
    {
        above.swap_with_slice(below);
    }
}

/// Exchanges rows and columns; `flips` mirror the source's columns and rows first.
///
/// Works in square tiles: a column of a large picture touches one cache line per pixel, a tile
/// uses each line completely before it leaves the cache.
fn transposed(width: u32, height: u32, pixels: &[u8], flips: [bool; 2]) -> (u32, u32, Vec<u8>) {
    const TILE: usize = 32;
    let (w, h) = (width as usize, height as usize);
    let source = pixels.as_chunks::<3>().0;
    let mut out = vec![0; pixels.len()];
    let target = out.as_chunks_mut::<3>().0;
    for tile_y in (0..w).step_by(TILE) {
        for tile_x in (0..h).step_by(TILE) {
            for y in tile_y..(tile_y + TILE).min(w) {
                let column = if flips[0] { w - 1 - y } else { y };
                for x in tile_x..(tile_x + TILE).min(h) {
                    let row = if flips[1] { h - 1 - x } else { x };
                    target[y * h + x] = source[row * w + column];
                }
            }
        }
    }
    (height, width, out)
}
