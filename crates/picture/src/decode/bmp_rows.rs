//! Rows of a BMP to RGB: indices, masked words, and run lengths.
//!
//! Inputs: a [`Layout`] whose plain rows are known to be there. Source: as for `bmp`.

use super::{bmp::Layout, convert::over};

/// Plain rows to RGB, alpha over `background`.
pub(super) fn to_rgb(layout: &Layout<'_>, background: [u8; 3]) -> Vec<u8> {
    let fields = layout.masks.map(Field::new);
    // Alpha that no pixel has was not filled in.
    let has_alpha = layout.masks[3] != 0
        && rows(layout).any(|(_, row)| words(layout, row).any(|word| fields[3].level(word) != 0));
    let mut rgb = vec![0; layout.width * layout.height * 3];
    for (y, row) in rows(layout) {
        let line = &mut rgb[y * layout.width * 3..][..layout.width * 3];
        let line = line.as_chunks_mut::<3>().0;
        match layout.bits {
            1..=8 => {
                for (x, pixel) in line.iter_mut().enumerate() {
                    *pixel = color(layout, index(row, x, layout.bits as usize));
                }
            }
            24 => {
                for (pixel, bgr) in line.iter_mut().zip(row.as_chunks::<3>().0) {
                    *pixel = [bgr[2], bgr[1], bgr[0]];
                }
            }
            _ => {
                for (pixel, word) in line.iter_mut().zip(words(layout, row)) {
                    *pixel = [0, 1, 2].map(|i| fields[i].level(word));
                    if has_alpha {
                        over(pixel, fields[3].level(word), background);
                    }
                }
            }
        }
    }
    rgb
}

/// Indices to RGB.
pub(super) fn colored(layout: &Layout<'_>, indices: &[u8]) -> Vec<u8> {
    indices
        .iter()
        .flat_map(|&index| color(layout, index))
        .collect()
}

/// A color of the palette; black where it has no such color, as in other programs.
fn color(layout: &Layout<'_>, index: u8) -> [u8; 3] {
    layout
        .palette
        .get(usize::from(index))
        .copied()
        .unwrap_or_default()
}

/// Each stored row, and where it belongs counted from the top.
fn rows<'a>(layout: &'a Layout<'_>) -> impl Iterator<Item = (usize, &'a [u8])> {
    let stored = layout.data.chunks(layout.row()).take(layout.height);
    stored.enumerate().map(|(i, row)| (place(layout, i), row))
}

fn place(layout: &Layout<'_>, stored: usize) -> usize {
    if layout.from_top {
        stored
    } else {
        layout.height - 1 - stored
    }
}

fn index(row: &[u8], x: usize, bits: usize) -> u8 {
    let at = x * bits;
    // Below 8 bits the first pixel is in the upper bits.
    row[at / 8] >> (8 - bits - at % 8) & (0xFF >> (8 - bits)) as u8
}

/// Words of 16 or 32 bits.
fn words<'a>(layout: &Layout<'_>, row: &'a [u8]) -> impl Iterator<Item = u32> + use<'a> {
    let width = layout.width;
    let bytes = layout.bits as usize / 8;
    row.chunks_exact(bytes).take(width).map(|word| {
        word.iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte))
    })
}

/// The bits of a word that make a sample.
#[derive(Clone, Copy)]
struct Field {
    mask: u32,
    shift: u32,
    most: u64,
}

impl Field {
    fn new(mask: u32) -> Self {
        let shift = mask.trailing_zeros() % 32;
        let most = u64::from(mask >> shift).max(1);
        Self { mask, shift, most }
    }

    /// The nearest of 256 levels.
    fn level(self, word: u32) -> u8 {
        let value = u64::from((word & self.mask) >> self.shift);
        ((value * 255 + self.most / 2) / self.most) as u8
    }
}

/// Run lengths of 4 or 8 bits to one index a pixel; none where the data ends before the picture
/// does. Pixels that are skipped are of the first color.
pub(super) fn unpack_runs(layout: &Layout<'_>) -> Option<Vec<u8>> {
    let (width, height) = (layout.width, layout.height);
    let mut indices = vec![0; width * height];
    let mut codes = layout.data.iter().copied();
    let (mut x, mut y) = (0, 0);
    while y < height {
        let (Some(count), Some(value)) = (codes.next(), codes.next()) else {
            // The mark of the end may lack behind the last row.
            return (y + 1 == height && x >= width).then_some(indices);
        };
        let row = &mut indices[place(layout, y) * width..][..width];
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => break,
            (0, 2) => {
                x += usize::from(codes.next()?);
                y += usize::from(codes.next()?);
            }
            (0, count) => {
                let per_byte = 8 / layout.bits as usize;
                let bytes = usize::from(count).div_ceil(per_byte);
                let literal: Vec<u8> = codes.by_ref().take(bytes + bytes % 2).collect();
                if literal.len() < bytes {
                    return None;
                }
                for i in 0..usize::from(count) {
                    put(row, x + i, index(&literal, i, layout.bits as usize));
                }
                x += usize::from(count);
            }
            (count, value) => {
                // Four bits: two colors in turn.
                let pair = [value, if layout.bits == 4 { value << 4 } else { value }];
                for i in 0..usize::from(count) {
                    put(row, x + i, pair[i % 2] >> (8 - layout.bits));
                }
                x += usize::from(count);
            }
        }
    }
    Some(indices)
}

/// Runs over the end of a row are cut off.
fn put(row: &mut [u8], x: usize, index: u8) {
    if let Some(place) = row.get_mut(x) {
        *place = index;
    }
}
