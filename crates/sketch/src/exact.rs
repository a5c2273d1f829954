//! The exact rasteriser: what a drawing looks like, at any size.
//!
//! tiny-skia draws it, finer than asked for where memory allows, and the mean is taken: its own
//! anti-aliasing has few levels, and lines of less than a pixel come out too dark. A curve without
//! length is drawn as the disc that its round caps make.

use affetti_picture::{MAX_SIDE, Picture};
use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Transform};

use crate::{
    error::{SketchError, require},
    stroke::{Drawing, Stroke},
};

/// Below this length, in units, a curve is a point.
const POINT: f32 = 1e-3;
/// Most pixels of a picture that is drawn: 16,384 squared would take 1 GiB.
const MAX_PIXELS: f64 = 268_435_456.0;

/// The drawing at `scale` pixels a unit.
///
/// # Errors
/// [`SketchError::Parameter`] where the picture would be too large or a number is not one.
pub fn render(drawing: &Drawing, scale: f32) -> Result<Picture, SketchError> {
    drawing.check()?;
    let good = scale.is_finite() && scale > 0.0;
    require(good, "the scale", f64::from(scale), "above 0")?;
    let largest = drawing.width.max(drawing.height) * scale;
    let sides = "1 to 65535 pixels";
    require(
        largest <= MAX_SIDE as f32,
        "the longest side",
        f64::from(largest),
        sides,
    )?;
    let (width, height) = drawing.pixels(scale);
    let count = width as f64 * height as f64;
    require(
        count <= MAX_PIXELS,
        "the number of pixels",
        count,
        "at most 268435456",
    )?;
    let finer = match width * height {
        0..=2_500_000 => 4,
        2_500_001..=16_000_000 => 2,
        _ => 1,
    };
    let large = paint(drawing, scale, (width, height), finer);
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            pixels.extend(mean(&large, x * finer, y * finer, finer));
        }
    }
    Ok(Picture::new(width as u32, height as u32, pixels)?)
}

/// Mean color of a square of `side` pixels; the ground is opaque, so nothing is transparent.
fn mean(pixmap: &Pixmap, x: usize, y: usize, side: usize) -> [u8; 3] {
    let width = pixmap.width() as usize;
    let mut sum = [0_usize; 3];
    for row in y..y + side {
        for p in &pixmap.pixels()[row * width + x..row * width + x + side] {
            for (s, v) in sum.iter_mut().zip([p.red(), p.green(), p.blue()]) {
                *s += usize::from(v);
            }
        }
    }
    let count = side * side;
    sum.map(|s| ((s + count / 2) / count) as u8)
}

/// The drawing on a canvas `finer` times as fine as asked for.
fn paint(drawing: &Drawing, scale: f32, (width, height): (usize, usize), finer: usize) -> Pixmap {
    let (wide, high) = ((width * finer) as u32, (height * finer) as u32);
    let mut pixmap = Pixmap::new(wide, high).expect("the number of pixels is checked");
    let scale = scale * finer as f32;
    let [r, g, b] = drawing.background.map(|v| v.clamp(0.0, 1.0));
    pixmap.fill(Color::from_rgba(r, g, b, 1.0).unwrap_or(Color::WHITE));
    let transform = Transform::from_scale(scale, scale);
    for stroke in &drawing.strokes {
        paint_stroke(&mut pixmap, stroke, transform);
    }
    pixmap
}

fn paint_stroke(pixmap: &mut Pixmap, stroke: &Stroke, transform: Transform) {
    let [r, g, b] = stroke.color;
    let Some(color) = Color::from_rgba(r, g, b, stroke.opacity) else {
        return;
    };
    let mut paint = Paint::default();
    paint.set_color(color);
    paint.anti_alias = true;
    let [a, p1, p2, d] = stroke.curve.0;
    // tiny-skia takes a width of 0 for the thinnest line, we for none.
    if stroke.width <= 0.0 {
        return;
    }
    if stroke.curve.length() < POINT {
        if let Some(disc) = PathBuilder::from_circle(a[0], a[1], 0.5 * stroke.width) {
            pixmap.fill_path(&disc, &paint, FillRule::Winding, transform, None);
        }
        return;
    }
    let mut path = PathBuilder::new();
    path.move_to(a[0], a[1]);
    path.cubic_to(p1[0], p1[1], p2[0], p2[1], d[0], d[1]);
    let Some(path) = path.finish() else { return };
    let pen = tiny_skia::Stroke {
        width: stroke.width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..tiny_skia::Stroke::default()
    };
    pixmap.stroke_path(&path, &paint, &pen, transform, None);
}
