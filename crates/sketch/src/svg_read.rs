//! Strokes from an SVG, to go on from them.
//!
//! Only what this project writes, and the same from other programs, is read: `path` elements whose
//! data are one or more cubic curves (`M`, `C`, `L`, also in lower case), with `stroke`,
//! `stroke-width` and `stroke-opacity` on them or on an element around them. Everything else is left
//! alone: `use`, entities, scripts, styles, transforms and links are never followed, so nothing can
//! grow. A document has limits on its bytes, paths and numbers.

use crate::{
    cubic::{Cubic, Point, add},
    error::SketchError,
    stroke::{Drawing, MAX_STROKES, Stroke},
};

/// Longest document, in bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// What a path has from the elements around it.
#[derive(Debug, Clone, Copy)]
struct Pen {
    color: [f32; 3],
    width: f32,
    opacity: f32,
}

/// The strokes of an SVG document, in the units of its view box.
///
/// # Errors
/// [`SketchError::SvgLimit`] beyond a limit, [`SketchError::BadSvg`] for what is no drawing of
/// strokes, such as a number that is none.
pub fn read_svg(text: &str) -> Result<Drawing, SketchError> {
    if text.len() > MAX_BYTES {
        return Err(SketchError::SvgLimit {
            what: "more bytes than can be read",
            limit: MAX_BYTES,
        });
    }
    let mut drawing: Option<Drawing> = None;
    let mut pen = Pen {
        color: [0.0; 3],
        width: 1.0,
        opacity: 1.0,
    };
    for tag in tags(text) {
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        match name {
            "svg" if drawing.is_none() => drawing = Some(view(attributes)?),
            "g" => pen = pen_of(attributes, pen)?,
            "path" => {
                let Some(drawing) = &mut drawing else {
                    return Err(bad("it does not begin with an svg element"));
                };
                let data = attribute(attributes, "d").unwrap_or_default();
                let own = pen_of(attributes, pen)?;
                for curve in curves(data, MAX_STROKES - drawing.strokes.len().min(MAX_STROKES))? {
                    drawing.strokes.push(Stroke {
                        curve,
                        width: own.width,
                        color: own.color,
                        opacity: own.opacity,
                    });
                }
            }
            _ => {}
        }
    }
    let drawing = drawing.ok_or_else(|| bad("there is no svg element"))?;
    if drawing.strokes.is_empty() {
        return Err(bad("there is no path of cubic curves in it"));
    }
    match drawing.check() {
        Ok(()) => Ok(drawing),
        Err(error) => Err(bad(&error.to_string())),
    }
}

fn bad(reason: &str) -> SketchError {
    SketchError::BadSvg {
        reason: reason.to_owned(),
    }
}

/// What stands between `<` and `>`, comments and declarations left out.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let begin = rest.find('<')?;
            rest = &rest[begin + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = &comment[comment.find("-->")? + 3..];
                continue;
            }
            let end = rest.find('>')?;
            let tag = rest[..end].trim_end_matches('/').trim();
            rest = &rest[end + 1..];
            if !tag.starts_with(['/', '!', '?']) {
                return Some(tag);
            }
        }
    })
}

/// The value of an attribute, as it is written.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let equals = rest.find('=')?;
        let key = rest[..equals].trim();
        let after = rest[equals + 1..].trim_start();
        let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'')?;
        let value = &after[1..];
        let end = value.find(quote)?;
        if key == name {
            return Some(&value[..end]);
        }
        rest = &value[end + 1..];
    }
}

/// The view box, else width and height.
fn view(attributes: &str) -> Result<Drawing, SketchError> {
    let side = |name: &str| {
        let text = attribute(attributes, name)?;
        text.trim_end_matches("px").parse().ok()
    };
    let sides: Option<[f32; 2]> = match attribute(attributes, "viewBox") {
        Some(text) => {
            let numbers: Vec<f32> = text
                .split([' ', ',', '\n', '\t'])
                .filter(|t| !t.is_empty())
                .filter_map(|t| t.parse().ok())
                .collect();
            match numbers[..] {
                [0.0, 0.0, w, h] => Some([w, h]),
                [_, _, _, _] => return Err(bad("its view box does not begin at 0 0")),
                _ => None,
            }
        }
        None => side("width").zip(side("height")).map(|(w, h)| [w, h]),
    };
    let [w, h] = sides.ok_or_else(|| bad("it has no view box"))?;
    Ok(Drawing::white(w, h))
}

fn pen_of(attributes: &str, mut pen: Pen) -> Result<Pen, SketchError> {
    let number = |name: &str| match attribute(attributes, name) {
        None => Ok(None),
        Some(text) => match text.trim().trim_end_matches("px").parse::<f32>() {
            Ok(v) if v.is_finite() => Ok(Some(v)),
            _ => Err(bad(&format!("{name} is no number"))),
        },
    };
    pen.width = number("stroke-width")?.unwrap_or(pen.width);
    pen.opacity = number("stroke-opacity")?.unwrap_or(pen.opacity);
    if let Some(text) = attribute(attributes, "stroke") {
        // Names of colors and the like stay black.
        pen.color = color(text.trim()).unwrap_or([0.0; 3]);
    }
    Ok(pen)
}

/// `#rrggbb`.
fn color(text: &str) -> Option<[f32; 3]> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6)?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some([16, 8, 0].map(|shift| f32::from((value >> shift & 255) as u8) / 255.0))
}

/// The curves of path data; at most `room`.
fn curves(data: &str, room: usize) -> Result<Vec<Cubic>, SketchError> {
    let mut numbers = Numbers { rest: data };
    let mut curves = Vec::new();
    let (mut at, mut begin, mut command): (Point, Point, char) = ([0.0; 2], [0.0; 2], 'M');
    while let Some(next) = numbers.command(command) {
        command = next;
        let from = if command.is_ascii_lowercase() {
            at
        } else {
            [0.0; 2]
        };
        match command.to_ascii_uppercase() {
            'M' => {
                at = add(numbers.point()?, from);
                begin = at;
                // Pairs that follow are lines.
                command = if command == 'm' { 'l' } else { 'L' };
                continue;
            }
            'L' => {
                let to = add(numbers.point()?, from);
                curves.push(Cubic::line(at, to));
                at = to;
            }
            'C' => {
                let mut points = [at; 4];
                for p in &mut points[1..] {
                    *p = add(numbers.point()?, from);
                }
                at = points[3];
                curves.push(Cubic(points));
            }
            'Z' => {
                at = begin;
                continue;
            }
            other => {
                return Err(bad(&format!(
                    "its paths use {other:?}; only M, L, C and Z are read"
                )));
            }
        }
        if curves.len() > room {
            return Err(SketchError::SvgLimit {
                what: "more curves than a drawing may have",
                limit: MAX_STROKES,
            });
        }
    }
    Ok(curves)
}

struct Numbers<'a> {
    rest: &'a str,
}

impl Numbers<'_> {
    fn skip(&mut self) {
        self.rest = self
            .rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
    }

    /// The next letter, or the one before where a number follows; `None` at the end. `Z` is never
    /// repeated.
    fn command(&mut self, before: char) -> Option<char> {
        self.skip();
        let first = self.rest.chars().next()?;
        if first.is_ascii_alphabetic() {
            self.rest = &self.rest[1..];
            return Some(first);
        }
        // Whatever is neither letter nor number becomes an error as a number.
        Some(if before.eq_ignore_ascii_case(&'Z') {
            'L'
        } else {
            before
        })
    }

    fn point(&mut self) -> Result<Point, SketchError> {
        Ok([self.number()?, self.number()?])
    }

    fn number(&mut self) -> Result<f32, SketchError> {
        self.skip();
        let (mut end, mut dots, mut before) = (0, 0, ' ');
        for c in self.rest.chars() {
            let sign = matches!(c, '-' | '+') && (end == 0 || matches!(before, 'e' | 'E'));
            let dot = c == '.' && dots == 0 && !self.rest[..end].contains(['e', 'E']);
            let exponent = matches!(c, 'e' | 'E') && before.is_ascii_digit();
            if !(c.is_ascii_digit() || sign || dot || exponent) {
                break;
            }
            dots += usize::from(dot);
            before = c;
            end += 1;
        }
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        match number.parse::<f32>() {
            Ok(v) if v.is_finite() => Ok(v),
            _ => Err(bad("a coordinate in it is no number")),
        }
    }
}
