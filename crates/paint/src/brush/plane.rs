//! Pictures as numbers, and their blur.

use affetti_picture::Picture;
use rayon::prelude::*;

/// `[height, width, 3]`, 0 to 1.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: Vec<[f32; 3]>,
}

impl Plane {
    pub(super) fn of(picture: &Picture) -> Self {
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let unit = |p: &[u8; 3]| p.map(|v| f32::from(v) / 255.0);
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            data: pixels.iter().map(unit).collect(),
        }
    }

    /// The pixel nearest to a place.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> [f32; 3] {
        let x = (x.max(0.0) as usize).min(self.width - 1);
        let y = (y.max(0.0) as usize).min(self.height - 1);
        self.data[y * self.width + x]
    }

    /// Twice averaged over boxes, about a Gaussian of deviation `radius`.
    pub(super) fn blurred(&self, radius: f32) -> Self {
        let reach = (radius * 1.2).round() as usize;
        if reach == 0 {
            return self.clone();
        }
        let (w, h) = (self.width, self.height);
        let mut data = self.data.clone();
        for _ in 0..2 {
            data = turned(&rows(&data, w, reach), w);
            data = turned(&rows(&data, h, reach), h);
        }
        Self { data, ..*self }
    }
}

/// Each row averaged over boxes that reach `reach` pixels to both sides, where there are pixels.
fn rows<const N: usize>(data: &[[f32; N]], width: usize, reach: usize) -> Vec<[f32; N]> {
    let mut out = vec![[0.0; N]; data.len()];
    let pairs = out
        .par_chunks_exact_mut(width)
        .zip(data.par_chunks_exact(width));
    pairs.for_each(|(out, row)| average(row, reach, out));
    out
}

fn average<const N: usize>(row: &[[f32; N]], reach: usize, out: &mut [[f32; N]]) {
    let width = row.len();
    let mut sum = [0.0_f64; N];
    let add = |sum: &mut [f64; N], x: usize, sign: f64| {
        (0..N).for_each(|c| sum[c] += sign * f64::from(row[x][c]));
    };
    (0..reach.min(width)).for_each(|x| add(&mut sum, x, 1.0));
    for (x, out) in out.iter_mut().enumerate() {
        if x + reach < width {
            add(&mut sum, x + reach, 1.0);
        }
        if x > reach {
            add(&mut sum, x - reach - 1, -1.0);
        }
        let count = (x + reach + 1).min(width) - x.saturating_sub(reach);
        *out = sum.map(|s| (s / count as f64) as f32);
    }
}

/// Columns that are turned together, so that what is read for one serves the next.
const TOGETHER: usize = 16;

/// Rows become columns.
fn turned<const N: usize>(data: &[[f32; N]], width: usize) -> Vec<[f32; N]> {
    let height = data.len() / width;
    let mut out = vec![[0.0; N]; data.len()];
    let parts = out.par_chunks_mut(TOGETHER * height).enumerate();
    parts.for_each(|(part, out)| {
        let columns = out.len() / height;
        for y in 0..height {
            let from = &data[y * width + part * TOGETHER..][..columns];
            for (column, value) in from.iter().enumerate() {
                out[column * height + y] = *value;
            }
        }
    });
    out
}

/// Each number averaged around its place.
pub(super) fn smooth<const N: usize>(
    data: &[[f32; N]],
    [width, height]: [usize; 2],
    reach: usize,
) -> Vec<[f32; N]> {
    let once = turned(&rows(data, width, reach), width);
    turned(&rows(&once, height, reach), height)
}

#[cfg(test)]
mod tests {
    use super::smooth;

    #[test]
    fn a_box_at_the_edge_counts_what_is_there() {
        let row: Vec<[f32; 1]> = [0.0, 3.0, 6.0, 9.0].map(|x| [x]).to_vec();
        let found = smooth(&row, [4, 1], 1);
        let wanted = [1.5, 3.0, 6.0, 7.5];
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found[0] - wanted).abs() < 1e-6, "{found:?}");
        }
    }
}
