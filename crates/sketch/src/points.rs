//! From an edge map to the points that strokes are made of.
//!
//! - **Computes** the crests of the smoothed strength, kept where they hang together and are strong
//!   somewhere, each with the direction along the edge and a weight.
//! - **Input** strength of 0..=1 at [`FINER`] pixels a unit, saliency, and a mask or none.
//! - **Output** points in units of the drawing.
//! - **Source** J. Canny, "A Computational Approach to Edge Detection" (1986), for suppression and
//!   hysteresis; the direction is that of the Hessian, as a crest has no gradient.
//! - **Deviations** none beyond the weights, which `weights` explains.

use crate::{cubic::Point, edges::percentile, field::Field};

/// Pixels of the edge map a unit of the drawing.
pub(crate) const FINER: usize = 2;
/// Shortest chain, in pixels of the edge map.
const SHORTEST: usize = 16;
/// Strengths below this say nothing.
const SILENT: f32 = 0.05;
/// Least strength of the strongest point of a chain; its weakest may have half as much.
const STRONG: f32 = 0.2;

/// A place on an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EdgePoint {
    pub(crate) at: Point,
    /// Unit vector along the edge; its sign means nothing.
    pub(crate) along: Point,
    /// Above 0; the mean is 1.
    pub(crate) weight: f32,
}

/// Points of a map, in an order that the map alone decides.
pub(crate) fn points(strength: &Field, saliency: &Field, mask: Option<&Field>) -> Vec<EdgePoint> {
    let (width, height) = (strength.width, strength.height);
    let smooth = strength.boxed(1);
    let bent = smooth.boxed(1);
    let along: Vec<Point> = (0..width * height)
        .map(|i| direction(&bent, (i % width) as isize, (i / width) as isize))
        .collect();
    let loud: Vec<f32> = strength
        .values
        .iter()
        .copied()
        .filter(|v| *v > SILENT)
        .collect();
    if loud.is_empty() {
        return Vec::new();
    }
    let strong = percentile(&loud, 0.5).clamp(STRONG, 0.5);
    let crest: Vec<bool> = (0..width * height)
        .map(|i| {
            let inside = mask.is_none_or(|m| m.values[i] > 0.5);
            inside && smooth.values[i] > 0.5 * strong && is_crest(&smooth, i, along[i])
        })
        .collect();
    let kept = chains(&crest, &smooth, strong);
    let scale = 1.0 / FINER as f32;
    let mut points: Vec<EdgePoint> = kept
        .into_iter()
        .map(|(i, length)| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let share = |of: &Field| {
                let (sx, sy) = (
                    of.width as f32 / width as f32,
                    of.height as f32 / height as f32,
                );
                of.between((x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5)
            };
            EdgePoint {
                at: [(x + 0.5) * scale, (y + 0.5) * scale],
                along: along[i],
                weight: weight(smooth.values[i], share(saliency), length as f32 * scale)
                    * frame(x, y, width, height),
            }
        })
        .collect();
    calm(&mut points, width.max(height) as f32 * scale);
    points
}

/// Strength to the power of .75 as in the prototype; saliency from .15 to one; chains of 40
/// units count twice as much as the shortest.
fn weight(strength: f32, saliency: f32, length: f32) -> f32 {
    strength.powf(0.75) * (0.15 + 0.85 * saliency) * (0.4 + length / (length + 40.0))
}

/// Edges along the border are the frames of paintings and the rims of scans: an eighth there.
fn frame(x: f32, y: f32, width: usize, height: usize) -> f32 {
    const RIM: f32 = 12.0;
    let inside = x
        .min(y)
        .min(width as f32 - 1.0 - x)
        .min(height as f32 - 1.0 - y);
    if inside < RIM.min(0.1 * width.min(height) as f32) {
        0.125
    } else {
        1.0
    }
}

/// Where points are crowded, as in fur and leaves, each counts less; then the mean becomes 1.
fn calm(points: &mut [EdgePoint], side: f32) {
    const CELL: f32 = 8.0;
    // Two lines through a cell are form, six are texture.
    const FORM: f32 = 2.0 * CELL * FINER as f32;
    let columns = (side / CELL).ceil() as usize + 1;
    let cell = |p: &EdgePoint| (p.at[1] / CELL) as usize * columns + (p.at[0] / CELL) as usize;
    let mut counts = vec![0.0_f32; columns * columns];
    for p in points.iter() {
        counts[cell(p)] += 1.0;
    }
    for p in points.iter_mut() {
        p.weight /= (counts[cell(p)] / FORM).max(1.0);
    }
    let mean = points.iter().map(|p| p.weight).sum::<f32>() / points.len().max(1) as f32;
    for p in points.iter_mut() {
        p.weight /= mean.max(1e-12);
    }
}

/// Along the crest: the eigenvector of the Hessian with the larger eigenvalue.
fn direction(smooth: &Field, x: isize, y: isize) -> Point {
    let v = |dx: isize, dy: isize| smooth.at(x + dx, y + dy);
    let xx = v(2, 0) - 2.0 * v(0, 0) + v(-2, 0);
    let yy = v(0, 2) - 2.0 * v(0, 0) + v(0, -2);
    let xy = v(1, 1) - v(1, -1) - v(-1, 1) + v(-1, -1);
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    [angle.cos(), angle.sin()]
}

/// Whether no neighbour across the edge is stronger; of equals the one to the right or below wins.
fn is_crest(smooth: &Field, i: usize, along: Point) -> bool {
    let (x, y) = ((i % smooth.width) as f32, (i / smooth.width) as f32);
    let own = smooth.values[i];
    let across = [-along[1], along[0]];
    let side = |by: f32| smooth.between(x + by * across[0], y + by * across[1]);
    own > side(1.0) && own >= side(-1.0)
}

/// Chains of crest pixels that touch, each pixel with the number of pixels of its chain.
fn chains(crest: &[bool], smooth: &Field, strong: f32) -> Vec<(usize, usize)> {
    let width = smooth.width;
    let mut seen = vec![false; crest.len()];
    let mut kept = Vec::new();
    for (start, &is_crest) in crest.iter().enumerate() {
        if !is_crest || seen[start] {
            continue;
        }
        let mut chain = vec![start];
        seen[start] = true;
        let mut next = 0;
        while next < chain.len() {
            let (x, y) = (chain[next] % width, chain[next] / width);
            next += 1;
            for ny in y.saturating_sub(1)..(y + 2).min(smooth.height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let n = ny * width + nx;
                    if crest[n] && !seen[n] {
                        seen[n] = true;
                        chain.push(n);
                    }
                }
            }
        }
        let top = chain.iter().map(|&i| smooth.values[i]).fold(0.0, f32::max);
        if chain.len() >= SHORTEST && top >= strong {
            let length = chain.len();
            kept.extend(chain.into_iter().map(|i| (i, length)));
        }
    }
    kept
}

/// Points by the square cell in which they lie, to find those around a place.
#[derive(Debug)]
pub(crate) struct Grid {
    cell: f32,
    columns: usize,
    rows: usize,
    /// Where the points of each cell begin in `order`.
    begins: Vec<usize>,
    order: Vec<usize>,
}

impl Grid {
    pub(crate) fn new(points: &[EdgePoint], cell: f32) -> Self {
        let far = |axis: usize| points.iter().map(|p| p.at[axis]).fold(0.0, f32::max);
        let (columns, rows) = ((far(0) / cell) as usize + 1, (far(1) / cell) as usize + 1);
        let of = |p: &EdgePoint| (p.at[1] / cell) as usize * columns + (p.at[0] / cell) as usize;
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by_key(|&i| of(&points[i]));
        let mut begins = vec![0; columns * rows + 1];
        for p in points {
            begins[of(p) + 1] += 1;
        }
        for i in 1..begins.len() {
            begins[i] += begins[i - 1];
        }
        Self {
            cell,
            columns,
            rows,
            begins,
            order,
        }
    }

    /// Points of the cells that a box around `at` touches.
    pub(crate) fn around(&self, at: Point, reach: f32) -> impl Iterator<Item = usize> + '_ {
        let range = |v: f32, count: usize| {
            let low = ((v - reach) / self.cell).max(0.0) as usize;
            let high = (((v + reach) / self.cell).floor() + 1.0).max(0.0) as usize;
            low.min(count)..high.min(count)
        };
        let columns = range(at[0], self.columns);
        range(at[1], self.rows).flat_map(move |row| {
            let from = self.begins[row * self.columns + columns.start];
            let to = self.begins[row * self.columns + columns.end.max(columns.start)];
            self.order[from..to].iter().copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Field {
        let value = |i: usize| {
            let (x, y) = ((i % 96) as f32 - 47.5, (i / 96) as f32 - 47.5);
            (1.0 - ((x * x + y * y).sqrt() - 30.0).abs() / 4.0).clamp(0.0, 1.0)
        };
        Field::new(96, 96, (0..96 * 96).map(value).collect())
    }

    #[test]
    fn a_ring_becomes_a_thin_ring() {
        let even = Field::new(1, 1, vec![1.0]);
        let points = points(&ring(), &even, None);
        // A circle of 30 pixels has a circumference of 188; diagonal steps are longer than one.
        assert!((140..=260).contains(&points.len()), "{}", points.len());
        for p in &points {
            let from = [p.at[0] - 24.0, p.at[1] - 24.0];
            let radius = (from[0] * from[0] + from[1] * from[1]).sqrt();
            assert!((radius - 15.0).abs() < 0.8, "{radius}");
            let turn = (from[0] * p.along[0] + from[1] * p.along[1]) / radius;
            assert!(turn.abs() < 0.35, "{turn}");
        }
        let half = Field::new(
            96,
            96,
            (0..96 * 96)
                .map(|i| f32::from(u8::from(i % 96 < 48)))
                .collect(),
        );
        assert!(
            super::points(&ring(), &even, Some(&half))
                .iter()
                .all(|p| p.at[0] < 24.5)
        );
    }

    #[test]
    fn nothing_gives_nothing() {
        let even = Field::new(1, 1, vec![1.0]);
        assert!(points(&Field::new(9, 9, vec![0.0; 81]), &even, None).is_empty());
        assert!(points(&Field::new(1, 1, vec![1.0]), &even, None).is_empty());
    }

    #[test]
    fn the_grid_finds_what_is_near() {
        let even = Field::new(1, 1, vec![1.0]);
        let points = points(&ring(), &even, None);
        let grid = Grid::new(&points, 5.0);
        let near = |i: usize| crate::cubic::distance(points[i].at, [10.0, 20.0]) < 7.0;
        let mut found: Vec<usize> = grid
            .around([10.0, 20.0], 7.0)
            .filter(|&i| near(i))
            .collect();
        found.sort_unstable();
        let all: Vec<usize> = (0..points.len()).filter(|&i| near(i)).collect();
        assert_eq!(found, all);
        assert_eq!(grid.around([-90.0, 900.0], 7.0).count(), 0);
    }
}
