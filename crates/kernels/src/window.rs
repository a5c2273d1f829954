//! Copies a rectangle of a picture that may reach over its edges, with zeros outside.
//!
//! - **Computes** the zero-padded input of one block of outputs, small enough to stay in cache.
//! - **Input** a channels-last picture, a rectangle with signed corner; **output** a dense map.
//! - **Source** ours. Copying costs one read per `kernel²·outputs` multiplications.
//! - **Deviations** none.

use super::shape::Batch;

/// A rectangle in pixels; the corner may lie outside of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) top: isize,
    pub(super) left: isize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Rectangle {
    /// True where no pixel of it is outside of a picture of this size.
    pub(super) fn inside(&self, height: usize, width: usize) -> bool {
        let fits = |start: isize, length: usize, size: usize| {
            usize::try_from(start).is_ok_and(|start| start + length <= size)
        };
        fits(self.top, self.rows, height) && fits(self.left, self.columns, width)
    }
}

/// Fills `out` (`rows · columns · channels` floats) from picture `picture` of `data`.
pub(super) fn copy(data: &[f32], shape: Batch, picture: usize, area: Rectangle, out: &mut [f32]) {
    let channels = shape.channels;
    let source = &data[picture * shape.picture()..][..shape.picture()];
    let (left, columns) = (area.left, area.columns);
    // Columns of the rectangle before, inside and behind the picture.
    let before = usize::try_from(-left).unwrap_or(0).min(columns);
    let from = usize::try_from(left).unwrap_or(0).min(shape.width);
    let inside = (shape.width - from).min(columns - before);
    for (y, line) in out
        .chunks_exact_mut((columns * channels).max(1))
        .take(area.rows)
        .enumerate()
    {
        let row = area.top + y as isize;
        match usize::try_from(row).ok().filter(|&row| row < shape.height) {
            Some(row) if inside > 0 => {
                let start = (row * shape.width + from) * channels;
                line[..before * channels].fill(0.0);
                line[before * channels..][..inside * channels]
                    .copy_from_slice(&source[start..start + inside * channels]);
                line[(before + inside) * channels..].fill(0.0);
            }
            _ => line.fill(0.0),
        }
    }
}

/// At least `length` floats of `buffer`, whatever they hold.
pub(super) fn grow(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}
