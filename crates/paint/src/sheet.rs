//! Many pictures on one.

use affetti_picture::Picture;

/// Pixels between pictures.
const GAP: usize = 2;
/// Of the ground.
const GRAY: u8 = 24;

/// `pictures`, all of the first one's size, in rows of `columns`.
///
/// # Panics
/// Where a picture is smaller than the first: a bug of the caller.
#[must_use]
pub fn grid(pictures: &[Picture], columns: usize) -> Picture {
    let columns = columns.clamp(1, pictures.len().max(1));
    let size = pictures.first().map_or([1, 1], |p| [p.width(), p.height()]);
    let [w, h] = size.map(|n| n as usize);
    let rows = pictures.len().div_ceil(columns).max(1);
    let (width, height) = (columns * (w + GAP) - GAP, rows * (h + GAP) - GAP);
    let mut pixels = vec![GRAY; width * height * 3];
    for (n, picture) in pictures.iter().enumerate() {
        let (x, y) = ((n % columns) * (w + GAP), (n / columns) * (h + GAP));
        for (row, line) in picture.pixels().chunks_exact(3 * w).take(h).enumerate() {
            let at = ((y + row) * width + x) * 3;
            pixels[at..at + 3 * w].copy_from_slice(line);
        }
    }
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Picture::new(side(width), side(height), pixels).expect("three bytes a pixel")
}

#[cfg(test)]
mod tests {
    use super::{GRAY, grid};
    use affetti_picture::Picture;

    #[test]
    fn three_in_two_columns() {
        let one = |v: u8| Picture::new(1, 1, vec![v; 3]).expect("sizes fit");
        let all = grid(&[one(1), one(2), one(3)], 2);
        assert_eq!((all.width(), all.height()), (4, 4));
        assert_eq!(all.pixel(0, 0), [1; 3]);
        assert_eq!(all.pixel(3, 0), [2; 3]);
        assert_eq!(all.pixel(0, 3), [3; 3]);
        assert_eq!(all.pixel(3, 3), [GRAY; 3]);
    }
}
