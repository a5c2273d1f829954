//! Regions as pixels: boxes on the picture, and one figure of five panels.
//!
//! The figure follows Figure 9 of Yang et al. 2018: the picture, what an occlusion test finds, and
//! the maps of objectness, sentiment and AR score, so that one sees what each source says.

use affetti_emotion::{Emotion, Label};
use affetti_picture::Picture;
use affetti_regions::{
    boxes::Region,
    find::{AffectiveRegion, Found},
    occlusion::Heat,
};

use super::glyphs;

/// The report's colors of the nine emotions on light ground.
const COLORS: [[u8; 3]; 9] = [
    [0xc0, 0x85, 0x08],
    [0x1a, 0x95, 0xcf],
    [0x10, 0x83, 0x5a],
    [0xcc, 0x4f, 0x0c],
    [0x98, 0x10, 0x3a],
    [0x39, 0x46, 0x04],
    [0x5d, 0x16, 0x78],
    [0x3a, 0x53, 0xb0],
    [0x96, 0x8e, 0x87],
];
const WHITE: [u8; 3] = [255; 3];
const INK: [u8; 3] = [0x26, 0x21, 0x1b];
/// Size of letters: pixels per pixel of the glyphs.
const LETTERS: usize = 2;
/// Space between panels, and around titles.
const GAP: usize = 6;
/// How much of a heat map's color covers the picture.
const COVER: f32 = 0.6;

/// The color of an emotion.
pub(super) fn color(emotion: Emotion) -> [u8; 3] {
    COLORS[emotion.index()]
}

/// Pixels to draw on.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize, color: [u8; 3]) -> Self {
        Self {
            width,
            height,
            pixels: color.repeat(width * height),
        }
    }

    fn of(picture: &Picture) -> Self {
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            pixels: picture.pixels().to_vec(),
        }
    }

    fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            self.pixels[at..at + 3].copy_from_slice(&color);
        }
    }

    fn fill(&mut self, [x, y, w, h]: [usize; 4], color: [u8; 3]) {
        for row in y..(y + h).min(self.height) {
            for column in x..(x + w).min(self.width) {
                self.set(column, row, color);
            }
        }
    }

    /// The outline of a box, inside of it.
    fn outline(&mut self, [x, y, w, h]: [usize; 4], line: usize, color: [u8; 3]) {
        let line = line.min(w).min(h);
        self.fill([x, y, w, line], color);
        self.fill([x, y + h - line, w, line], color);
        self.fill([x, y, line, h], color);
        self.fill([x + w - line, y, line, h], color);
    }

    fn text(&mut self, text: &str, x: usize, y: usize, color: [u8; 3]) {
        glyphs::write(text, LETTERS, |dx, dy| self.set(x + dx, y + dy, color));
    }

    /// Text on a ground of its own.
    fn label(&mut self, text: &str, x: usize, y: usize, ground: [u8; 3]) {
        let (w, h) = (glyphs::width(text, LETTERS), glyphs::height(LETTERS));
        self.fill([x, y, w + 2 * LETTERS, h + 2 * LETTERS], ground);
        self.text(text, x + LETTERS, y + LETTERS, WHITE);
    }

    fn paste(&mut self, other: &Self, x: usize, y: usize) {
        for row in 0..other.height {
            for column in 0..other.width {
                let at = 3 * (row * other.width + column);
                let color = [0, 1, 2].map(|c| other.pixels[at + c]);
                self.set(x + column, y + row, color);
            }
        }
    }

    fn into_picture(self) -> Picture {
        let (width, height) = (self.width as u32, self.height as u32);
        // The sides are a few pictures of working size: always in range.
        Picture::new(width, height, self.pixels).unwrap_or_else(|_| unreachable!("sides in range"))
    }
}

/// A box of the original on the small picture.
fn place(region: Region, scale: f64, small: &Picture) -> [usize; 4] {
    let [x, y, w, h] = region.map(|v| f64::from(v) * scale);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let left = (x.round() as usize).min(width - 1);
    let top = (y.round() as usize).min(height - 1);
    let right = ((x + w).round() as usize).clamp(left + 1, width);
    let bottom = ((y + h).round() as usize).clamp(top + 1, height);
    [left, top, right - left, bottom - top]
}

/// The picture with `regions` outlined in the colors of their emotions and numbered by rank.
pub(super) fn annotated(small: &Picture, regions: &[AffectiveRegion], scale: f64) -> Picture {
    let mut canvas = Canvas::of(small);
    // The best last, on top.
    for (rank, region) in regions.iter().enumerate().rev() {
        let dominant = region.emotions.dominant();
        let spot = place(region.region, scale, small);
        let line = if rank == 0 { 4 } else { 2 };
        canvas.outline(spot, line + 1, WHITE);
        canvas.outline(spot, line, color(dominant));
        let label = format!("{} {dominant}", rank + 1);
        canvas.label(&label, spot[0] + line, spot[1] + line, color(dominant));
    }
    canvas.into_picture()
}

/// Five panels with their titles, from left to right.
pub(super) fn figure(small: &Picture, found: &Found, heat: &Heat, scale: f64) -> Picture {
    let map = |score: fn(&AffectiveRegion) -> f32| {
        let map = coverage(small, &found.regions, scale, score);
        overlay(small, &map)
    };
    // Only what supports the emotion: what weakens it is another question.
    let support: Vec<f32> = heat.map.values().iter().map(|v| v.max(0.0)).collect();
    let title = format!("occlusion {}", heat.emotion);
    let panels = [
        ("picture", Canvas::of(small)),
        (title.as_str(), overlay(small, &support)),
        ("objectness", map(|r| r.objectness)),
        ("sentiment", map(|r| r.sentiment)),
        ("AR score", map(|r| r.score)),
    ];
    let top = glyphs::height(LETTERS) + 2 * GAP;
    let widest = panels
        .iter()
        .map(|(title, _)| glyphs::width(title, LETTERS))
        .chain([small.width() as usize])
        .max()
        .unwrap_or(1);
    let width = panels.len() * (widest + GAP) + GAP;
    let mut canvas = Canvas::new(width, small.height() as usize + top + GAP, WHITE);
    for (i, (title, panel)) in panels.iter().enumerate() {
        let x = GAP + i * (widest + GAP);
        canvas.text(title, x, GAP, INK);
        canvas.paste(panel, x, top);
    }
    canvas.into_picture()
}

/// For each pixel the mean score of the regions that hold it, times the share of all regions that
/// do: what lies in many regions of a high score is bright.
fn coverage(
    small: &Picture,
    regions: &[AffectiveRegion],
    scale: f64,
    score: impl Fn(&AffectiveRegion) -> f32,
) -> Vec<f32> {
    let width = small.width() as usize;
    let mut sums = vec![0.0_f32; width * small.height() as usize];
    for region in regions {
        let [x, y, w, h] = place(region.region, scale, small);
        for row in y..y + h {
            for sum in &mut sums[row * width + x..row * width + x + w] {
                *sum += score(region);
            }
        }
    }
    sums
}

/// The picture in gray under a map in colors from dark blue to yellow, its largest value brightest.
fn overlay(small: &Picture, map: &[f32]) -> Canvas {
    let largest = map.iter().copied().fold(0.0_f32, f32::max);
    let mut canvas = Canvas::of(small);
    for (pixel, &value) in canvas.pixels.chunks_exact_mut(3).zip(map) {
        let part = if largest > 0.0 { value / largest } else { 0.0 };
        let gray = (299 * u32::from(pixel[0])
            + 587 * u32::from(pixel[1])
            + 114 * u32::from(pixel[2])) as f32
            / 1000.0;
        for (channel, hot) in pixel.iter_mut().zip(ramp(part)) {
            *channel = (gray * (1.0 - COVER) + hot * COVER).round() as u8;
        }
    }
    canvas
}

/// 0 dark blue, .5 red, 1 yellow; brightness rises all the way, so that it also reads in gray.
fn ramp(part: f32) -> [f32; 3] {
    const STOPS: [[f32; 3]; 4] = [
        [10.0, 10.0, 60.0],
        [110.0, 20.0, 120.0],
        [230.0, 80.0, 40.0],
        [255.0, 240.0, 100.0],
    ];
    let at = part.clamp(0.0, 1.0) * 3.0;
    let from = (at as usize).min(2);
    let rest = at - from as f32;
    [0, 1, 2].map(|c| STOPS[from][c] * (1.0 - rest) + STOPS[from + 1][c] * rest)
}
