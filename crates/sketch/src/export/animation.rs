//! A GIF in which the drawing comes into being.

use gif::{Encoder, Frame, Repeat};

use crate::{
    error::{SketchError, require},
    exact,
    stroke::Drawing,
};

/// Frames of the drawing, besides the last one, which stands.
const FRAMES: usize = 40;
/// Hundredths of a second of each frame, and of the last one.
const DELAY: u16 = 8;
const STANDS: u16 = 250;
/// Levels of each of red, green and blue in the palette, 6³ = 216 colors; the rest are grays.
const LEVELS: usize = 6;
const GRAYS: usize = 40;

/// The drawing as an animation of `side` pixels on its long side, 16 to 2048, that repeats.
///
/// # Errors
/// [`SketchError::Parameter`] for a side out of range.
pub fn gif(drawing: &Drawing, side: u32) -> Result<Vec<u8>, SketchError> {
    require(
        (16..=2048).contains(&side),
        "the side of a GIF",
        f64::from(side),
        "16 to 2048",
    )?;
    let scale = side as f32 / drawing.width.max(drawing.height);
    let (width, height) = drawing.pixels(scale);
    let palette: Vec<u8> = palette().into_iter().flatten().collect();
    let mut file = Vec::new();
    // A vector takes every byte, and the sides are checked: encoding cannot fail.
    let unwritten = "a picture of at most 2048 pixels can be written to memory";
    let mut encoder =
        Encoder::new(&mut file, width as u16, height as u16, &palette).expect(unwritten);
    encoder.set_repeat(Repeat::Infinite).expect(unwritten);
    let lengths: Vec<f32> = drawing.strokes.iter().map(|s| s.curve.length()).collect();
    let whole: f32 = lengths.iter().sum();
    for i in 0..=FRAMES {
        let picture = exact::render(
            &begun(drawing, &lengths, whole * i as f32 / FRAMES as f32),
            scale,
        )?;
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let frame = Frame {
            width: width as u16,
            height: height as u16,
            delay: if i == FRAMES { STANDS } else { DELAY },
            buffer: pixels.iter().map(|&p| index(p)).collect(),
            ..Frame::default()
        };
        encoder.write_frame(&frame).expect(unwritten);
    }
    drop(encoder);
    Ok(file)
}

/// The strokes as far as `length` units of them are drawn.
fn begun(drawing: &Drawing, lengths: &[f32], length: f32) -> Drawing {
    let mut left = length;
    let mut part = Drawing {
        strokes: Vec::new(),
        ..drawing.clone()
    };
    for (stroke, &whole) in drawing.strokes.iter().zip(lengths) {
        if left <= 0.0 {
            break;
        }
        let mut stroke = *stroke;
        if left < whole {
            stroke.curve = stroke.curve.part(0.0, left / whole);
        }
        part.strokes.push(stroke);
        left -= whole;
    }
    part
}

fn palette() -> Vec<[u8; 3]> {
    let level = |i: usize| (i * 255 / (LEVELS - 1)) as u8;
    let colors = (0..LEVELS.pow(3))
        .map(|i| [i / (LEVELS * LEVELS), i / LEVELS % LEVELS, i % LEVELS].map(level));
    let grays = (0..GRAYS).map(|i| [(i * 255 / (GRAYS - 1)) as u8; 3]);
    colors.chain(grays).collect()
}

/// The nearest gray for grays, else the nearest of the colors.
fn index(p: [u8; 3]) -> u8 {
    let nearest = |v: u8, count: usize| (usize::from(v) * (count - 1) + 127) / 255;
    let [r, g, b] = p;
    if r.abs_diff(g).max(g.abs_diff(b)) < 12 {
        return (LEVELS.pow(3) + nearest(g, GRAYS)) as u8;
    }
    let [r, g, b] = p.map(|v| nearest(v, LEVELS));
    ((r * LEVELS + g) * LEVELS + b) as u8
}
