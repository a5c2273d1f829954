//! What strokes leave: color, and paint that lies higher where bristles have left more of it.

use super::{Stopped, Stroke};
use affetti_picture::Picture;
use rayon::prelude::*;

/// Bristles across a stroke.
const BRISTLES: usize = 24;
/// How much lighter or darker a bristle is.
const STREAK: f32 = 0.05;
/// Rows that are painted by one thread.
const BAND: usize = 64;
/// Strokes between two looks at whether it is stopped.
const BETWEEN: usize = 256;
/// How strongly light shows the height of paint.
const RELIEF: f32 = 0.16;

/// The canvas.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    color: Vec<[f32; 3]>,
    /// Below 0 where there is no paint yet.
    paint: Vec<f32>,
}

/// Some rows of the canvas.
struct Band<'a> {
    width: usize,
    /// The first, and the one behind the last.
    rows: [usize; 2],
    color: &'a mut [[f32; 3]],
    paint: &'a mut [f32],
    /// Of the stroke that is painted: its cover, and the height of its paint.
    cover: Vec<[f32; 2]>,
}

impl Band<'_> {
    fn add(&mut self, stroke: &Stroke) {
        let reach = stroke.radius + 1.0;
        let ys = stroke.points.iter().map(|p| p[1]);
        let (least, most) = ys.fold((f32::MAX, f32::MIN), |(a, b), y| (a.min(y), b.max(y)));
        if most + reach < self.rows[0] as f32 || least - reach > self.rows[1] as f32 {
            return;
        }
        let bristles = Bristles::new(stroke.seed);
        let mut whole = Bounds::empty();
        let last = stroke.points.len() - 1;
        for (n, from) in stroke.points.iter().enumerate() {
            if n == last && n > 0 {
                break;
            }
            let to = stroke.points[(n + 1).min(last)];
            let bounds = Bounds::around(*from, to, reach, self.width, self.rows);
            self.cover_segment(*from, to, stroke.radius, &bristles, &bounds);
            whole.join(&bounds);
        }
        for y in whole.y0..whole.y1 {
            let row = (y - self.rows[0]) * self.width;
            for n in row + whole.x0..row + whole.x1 {
                let [cover, height] = std::mem::take(&mut self.cover[n]);
                if cover > 0.0 {
                    let streak = (height - 0.5) * 2.0 * STREAK;
                    for c in 0..3 {
                        let paint = stroke.color[c] + streak;
                        self.color[n][c] += cover * (paint - self.color[n][c]);
                    }
                    let before = self.paint[n].max(0.0);
                    self.paint[n] = before + cover * (height - before);
                }
            }
        }
    }

    /// Covers what a straight piece of a stroke covers.
    fn cover_segment(
        &mut self,
        from: [f32; 2],
        to: [f32; 2],
        radius: f32,
        bristles: &Bristles,
        bounds: &Bounds,
    ) {
        let way = [to[0] - from[0], to[1] - from[1]];
        let square = way[0] * way[0] + way[1] * way[1];
        let length = square.sqrt();
        let parts = if square > 0.0 { 1.0 / square } else { 0.0 };
        let farthest = (radius + 0.5) * (radius + 0.5);
        for y in bounds.y0..bounds.y1 {
            for x in bounds.x0..bounds.x1 {
                let off = [x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]];
                let part = ((off[0] * way[0] + off[1] * way[1]) * parts).clamp(0.0, 1.0);
                let near = [off[0] - part * way[0], off[1] - part * way[1]];
                let far = near[0] * near[0] + near[1] * near[1];
                // A third of the pixels around a slanted piece.
                if far >= farthest {
                    continue;
                }
                let far = far.sqrt();
                let cover = (radius - far + 0.5).min(1.0);
                let n = (y - self.rows[0]) * self.width + x;
                if cover >= self.cover[n][0] {
                    let across = match length > 0.0 {
                        true => (off[0] * way[1] - off[1] * way[0]) / (length * radius),
                        false => near[0] / radius,
                    };
                    // Less paint at the rim.
                    let rim = (far / radius) * (far / radius);
                    let rim = 1.0 - (rim * rim).min(1.0) * 0.5;
                    self.cover[n] = [cover, bristles.at(across) * rim];
                }
            }
        }
    }
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            // Ground of a warm gray, where no stroke comes.
            color: vec![[0.62, 0.58, 0.52]; width * height],
            paint: vec![-1.0; width * height],
        }
    }

    /// The color of pixel `n`, where there is paint.
    pub(super) fn at(&self, n: usize) -> Option<[f32; 3]> {
        (self.paint[n] >= 0.0).then(|| self.color[n])
    }

    /// Adds strokes, in their order, until it is stopped. Bands of the canvas are painted at once.
    pub(super) fn paint(&mut self, strokes: &[Stroke], stopped: &Stopped<'_>) {
        let length = BAND * self.width;
        let (width, height) = (self.width, self.height);
        let bands = self.color.par_chunks_mut(length);
        let bands = bands.zip(self.paint.par_chunks_mut(length)).enumerate();
        bands.for_each(|(n, (color, paint))| {
            let mut band = Band {
                width,
                rows: [n * BAND, ((n + 1) * BAND).min(height)],
                cover: vec![[0.0; 2]; color.len()],
                color,
                paint,
            };
            for some in strokes.chunks(BETWEEN) {
                if stopped() {
                    return;
                }
                some.iter().for_each(|stroke| band.add(stroke));
            }
        });
    }

    /// The picture, lit from the upper left.
    pub(super) fn lit(&self) -> Picture {
        let (w, h) = (self.width, self.height);
        let paint = |x: usize, y: usize| self.paint[y * w + x].max(0.0);
        let mut pixels = Vec::with_capacity(3 * w * h);
        for y in 0..h {
            let (up, down) = (y.saturating_sub(1), (y + 1).min(h - 1));
            for x in 0..w {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(w - 1));
                let slope = paint(right, y) - paint(left, y) + paint(x, down) - paint(x, up);
                let light = RELIEF * slope * 0.5;
                let color = self.color[y * w + x];
                pixels.extend(color.map(|c| ((c + light) * 255.0).round().clamp(0.0, 255.0) as u8));
            }
        }
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Picture::new(side(w), side(h), pixels).expect("three bytes a pixel")
    }
}

/// How much paint each bristle leaves, 0 to 1.
struct Bristles([f32; BRISTLES + 1]);

impl Bristles {
    fn new(seed: u64) -> Self {
        let mut random = affetti_ground::SplitMix64::new(seed);
        Self(std::array::from_fn(|_| random.unit() as f32))
    }

    /// At `across`, −1 to 1.
    fn at(&self, across: f32) -> f32 {
        let at = (across * 0.5 + 0.5).clamp(0.0, 1.0) * BRISTLES as f32;
        let n = (at as usize).min(BRISTLES - 1);
        let part = at - n as f32;
        self.0[n] * (1.0 - part) + self.0[n + 1] * part
    }
}

/// Pixels from the first to before the second.
#[derive(Debug)]
struct Bounds {
    x0: usize,
    y0: usize,
    x1: usize,
    y1: usize,
}

impl Bounds {
    fn empty() -> Self {
        Self {
            x0: usize::MAX,
            y0: usize::MAX,
            x1: 0,
            y1: 0,
        }
    }

    /// Around the way from `a` to `b`, as far as it lies within `width` and `rows`.
    fn around(a: [f32; 2], b: [f32; 2], reach: f32, width: usize, rows: [usize; 2]) -> Self {
        let low = |n: usize| (a[n].min(b[n]) - reach).floor().max(0.0) as usize;
        let high = |n: usize| (a[n].max(b[n]) + reach).ceil().max(0.0) as usize;
        Self {
            x0: low(0).min(width),
            y0: low(1).clamp(rows[0], rows[1]),
            x1: high(0).min(width),
            y1: high(1).clamp(rows[0], rows[1]),
        }
    }

    fn join(&mut self, other: &Self) {
        self.x0 = self.x0.min(other.x0);
        self.y0 = self.y0.min(other.y0);
        self.x1 = self.x1.max(other.x1);
        self.y1 = self.y1.max(other.y1);
    }
}
