//! Descriptors of many boxes from one pass over the whole picture.
//!
//! - **Computes** what [`EfficientNetLite::describe`] computes, but with mean and deviation taken
//!   inside a box of each stage's map: cells count by the share of them that the box covers.
//! - **Input** a picture of any size and boxes `[left, top, right, bottom]` in parts of it, 0..=1.
//! - **Output** one descriptor of [`Variant::descriptor_len`](super::Variant::descriptor_len)
//!   values a box; of a box without area, that of the cell it lies in.
//! - **Source** pooling of regions on a shared map: R. Girshick, "Fast R-CNN", ICCV 2015.
//! - **Deviation** from a descriptor of the cut-out box: things appear at the scale of the whole
//!   picture, the border of the box sees what lies around it, and the last map has one cell for 32
//!   pixels. The box `[0, 0, 1, 1]` gives the descriptor of the picture itself.

use super::{EfficientNetLite, FEATURES, Part, Workspace};
use affetti_kernels::Map;
use affetti_picture::Picture;
use rayon::prelude::*;

/// Left, top, right and bottom in parts of width and height, 0..=1.
pub type UnitBox = [f32; 4];

/// The maps of one picture at the end of every stage, then the head's.
#[derive(Clone, Debug, Default)]
pub struct Maps(Vec<(Part, Map)>);

impl EfficientNetLite {
    /// One pass over the picture; boxes are asked for later, by [`pool`](Self::pool).
    #[must_use]
    pub fn maps(&self, picture: &Picture, work: &mut Workspace, threads: usize) -> Maps {
        let mut maps = Vec::new();
        self.forward(picture, work, threads, |part, map| {
            let mut copy = Map::default();
            copy.reshape(map.shape()).copy_from_slice(map.data());
            maps.push((part, copy));
        });
        Maps(maps)
    }

    /// The descriptors of `boxes`; see the module. `threads` > 1 shares them out over rayon's pool.
    #[must_use]
    pub fn pool(maps: &Maps, boxes: &[UnitBox], threads: usize) -> Vec<Vec<f32>> {
        let describe = |unit: &UnitBox| {
            let mut descriptor = vec![0.0; FEATURES];
            for (part, map) in &maps.0 {
                let window = Window::new(map, unit);
                let mean = window.mean(map);
                match part {
                    Part::Stage => {
                        let deviation = window.deviation(map, &mean);
                        descriptor.extend(mean);
                        descriptor.extend(deviation);
                    }
                    Part::Head => descriptor[..FEATURES].copy_from_slice(&mean),
                }
            }
            descriptor
        };
        if threads > 1 {
            boxes.par_iter().map(describe).collect()
        } else {
            boxes.iter().map(describe).collect()
        }
    }

    /// [`maps`](Self::maps), then [`pool`](Self::pool).
    #[must_use]
    pub fn describe_boxes(
        &self,
        picture: &Picture,
        boxes: &[UnitBox],
        work: &mut Workspace,
        threads: usize,
    ) -> Vec<Vec<f32>> {
        Self::pool(&self.maps(picture, work, threads), boxes, threads)
    }
}

/// The cells of a map that a box covers, with the share of each.
struct Window {
    rows: Vec<(usize, f32)>,
    columns: Vec<(usize, f32)>,
    /// Sum of all shares.
    total: f32,
}

impl Window {
    fn new(map: &Map, &[left, top, right, bottom]: &UnitBox) -> Self {
        let shape = map.shape();
        let rows = covered(top, bottom, shape.height);
        let columns = covered(left, right, shape.width);
        let sum = |cells: &[(usize, f32)]| cells.iter().map(|c| c.1).sum::<f32>();
        Self {
            total: sum(&rows) * sum(&columns),
            rows,
            columns,
        }
    }

    fn mean(&self, map: &Map) -> Vec<f32> {
        let mut mean = vec![0.0_f32; map.shape().channels];
        self.each(map, |share, pixel| {
            mean.iter_mut()
                .zip(pixel)
                .for_each(|(m, v)| *m += share * v);
        });
        mean.iter_mut().for_each(|m| *m /= self.total);
        mean
    }

    /// In a second pass, as of the whole map.
    fn deviation(&self, map: &Map, mean: &[f32]) -> Vec<f32> {
        let mut variance = vec![0.0_f32; mean.len()];
        self.each(map, |share, pixel| {
            for ((s, m), v) in variance.iter_mut().zip(mean).zip(pixel) {
                *s += share * (v - m) * (v - m);
            }
        });
        variance.iter().map(|s| (s / self.total).sqrt()).collect()
    }

    fn each(&self, map: &Map, mut visit: impl FnMut(f32, &[f32])) {
        for &(row, down) in &self.rows {
            for &(column, across) in &self.columns {
                visit(down * across, map.pixel(row, column));
            }
        }
    }
}

/// The cells that `from..to` of a line of `count` cells covers, each with its covered share, above
/// 0; never none.
fn covered(from: f32, to: f32, count: usize) -> Vec<(usize, f32)> {
    let end = count as f32;
    // NaN becomes 0.
    let [from, to] = [from, to].map(|v| (v * end).max(0.0).min(end));
    let first = (from as usize).min(count - 1);
    let last = (to.ceil() as usize).clamp(first + 1, count);
    let share = |cell: usize| (to.min((cell + 1) as f32) - from.max(cell as f32)).max(1e-3);
    (first..last).map(|cell| (cell, share(cell))).collect()
}

#[cfg(test)]
mod tests {
    use super::covered;

    #[test]
    fn cells_count_by_what_is_covered() {
        assert_eq!(covered(0.0, 1.0, 3), [(0, 1.0), (1, 1.0), (2, 1.0)]);
        // 1..2.5 of 4 cells.
        assert_eq!(covered(0.25, 0.625, 4), [(1, 1.0), (2, 0.5)]);
        assert_eq!(covered(0.5, 0.5, 4), [(2, 1e-3)]);
        assert_eq!(covered(1.0, 1.0, 4).len(), 1);
        assert_eq!(covered(f32::NAN, 2.0, 2).len(), 2);
    }
}
