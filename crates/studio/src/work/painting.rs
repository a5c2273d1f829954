//! New pictures for a wish, and pictures painted over.

use std::ops::ControlFlow;

use affetti::{
    Cancel, Control, NOTE, PaintOptions, Painted, TURN_DELAY, paint,
    paint::{Generator, Wish, animation::gif, brush},
    pipeline::{ErrorKind, Fault},
    turning,
};
use serde_json::{Value, json};

use super::{Commission, Keep, Made, Media, Workshop};
use crate::order;

/// Pixels of a side after the brush.
const BRUSHED: u32 = 1024;
/// Bytes that the brush takes for each pixel of a square canvas.
const CANVAS: u64 = 100;

impl Workshop {
    pub(super) fn paint(
        &self,
        order: &order::Paint,
        commission: &Commission<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<Value, Fault> {
        let (generator, model) = self.models.generator()?;
        let words: Vec<&str> = order.words.split_whitespace().collect();
        let wish = Wish::read(&words, &generator.subjects())?;
        let notes = wish.notes.clone();
        let asked = order.asked();
        let feeling = asked.feeling(wish.feeling)?;
        let options = PaintOptions {
            wish: Wish { feeling, ..wish },
            count: order.count,
            seed: order.seed,
            truncation: order.truncation,
            command: asked.command(),
            size: order.size.filter(|_| !order.oil),
        };
        let control = commission.control();
        if order.moves() {
            let (made, frames) = self.moving(order, generator, &options, &control)?;
            return Ok(json!({ "moving": keep(made)?, "frames": frames, "notes": notes }));
        }
        let mut pictures = Vec::new();
        let mut failed = None;
        paint((generator, model), &options, &control, |painted| {
            let side = order.size.unwrap_or(BRUSHED);
            let _room = order.oil.then(|| self.room(canvas(side)));
            let Some(painted) = brushed(order, painted, &control.cancel) else {
                return ControlFlow::Break(());
            };
            let seed = painted.asked.seed;
            let made = Made {
                name: format!("painted-{seed}.png"),
                media: Media::Png,
                bytes: painted.png(),
            };
            match keep(made) {
                Ok(file) => pictures.push(line(&painted, file)),
                Err(fault) => {
                    failed = Some(fault);
                    return ControlFlow::Break(());
                }
            }
            control.progress.pictures(pictures.len());
            match control.cancel.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        match failed {
            Some(fault) => Err(fault),
            None => Ok(json!({ "pictures": pictures, "notes": notes })),
        }
    }

    /// Pictures that turn into one another, and how many frames that takes.
    fn moving(
        &self,
        order: &order::Paint,
        generator: &Generator,
        options: &PaintOptions,
        control: &Control<'_>,
    ) -> Result<(Made, usize), Fault> {
        let own = u32::try_from(generator.side()).unwrap_or(u32::MAX);
        let side = order.size.unwrap_or(own);
        order.turns_fit(side)?;
        let _room = self.room(order.frames() * u64::from(side).pow(2) * 3);
        let frames = turning(generator, options, order.toward()?, control)?;
        let stopped = || control.cancel.is_cancelled();
        let bytes = gif(&frames, TURN_DELAY, &stopped).filter(|_| !stopped());
        let made = Made {
            name: format!("turning-{}.gif", order.seed),
            media: Media::Gif,
            bytes: bytes.ok_or_else(gave_up)?,
        };
        Ok((made, frames.len()))
    }

    pub(super) fn brush(
        &self,
        order: &order::Brush,
        commission: &Commission<'_>,
        keep: &mut Keep<'_>,
    ) -> Result<Value, Fault> {
        let (picture, _room) = self.opened(&commission.input, canvas(order.size))?;
        let stopped = || commission.cancel.is_cancelled();
        let painting =
            brush::oil_unless(&picture, order.size, order.seed, &stopped).ok_or_else(gave_up)?;
        let told = format!("brush --seed {}", order.seed);
        let (media, ending, bytes) = match order.format {
            order::Painted::Svg => (Media::Svg, "svg", painting.svg(&told).into_bytes()),
            order::Painted::Png => {
                let note = json!({"command": told}).to_string();
                let png = painting.picture.encode_png_with(NOTE, &note);
                (Media::Png, "png", png)
            }
        };
        let name = format!("brush-{}.{ending}", order.seed);
        let mut answer = keep(Made { name, media, bytes })?;
        answer["strokes"] = painting.strokes.len().into();
        Ok(answer)
    }
}

/// What a work says that was stopped; nobody waits for it any more.
fn gave_up() -> Fault {
    Fault::new(ErrorKind::Limit, "stopped")
}

/// Bytes that the brush takes for a canvas.
fn canvas(side: u32) -> u64 {
    u64::from(side) * u64::from(side) * CANVAS
}

/// The line of the command line, with where the file is.
fn line(painted: &Painted, file: Value) -> Value {
    let mut line: Value = serde_json::from_str(&painted.asked.line(None)).unwrap_or_default();
    line["file"] = file;
    line
}

/// Nothing where it is stopped.
fn brushed(order: &order::Paint, painted: Painted, cancel: &Cancel) -> Option<Painted> {
    if !order.oil {
        return Some(painted);
    }
    let side = order.size.unwrap_or(BRUSHED);
    let stopped = || cancel.is_cancelled();
    let painting = brush::oil_unless(&painted.picture, side, painted.asked.seed, &stopped)?;
    Some(Painted {
        picture: painting.picture,
        ..painted
    })
}

/// What the generator can be asked, as JSON.
///
/// # Errors
/// Missing or damaged weights.
pub fn repertoire(workshop: &Workshop) -> Result<Value, Fault> {
    let (generator, model) = workshop.models.generator()?;
    Ok(affetti::offer(generator, &model.name))
}
