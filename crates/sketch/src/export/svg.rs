//! SVG: one path a stroke, two decimals, metadata.

use std::fmt::Write;

use serde::Serialize;

use super::{hex, short};
use crate::stroke::{Drawing, Stroke};

/// Seconds that a drawing draws itself, and that it then stands.
const DRAWS: f32 = 4.0;

/// How a drawing came about; written into its files, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metadata {
    /// Name and version of the program.
    pub program: String,
    /// Number of strokes asked for.
    pub strokes: usize,
    /// Name of the quality.
    pub quality: String,
    /// Seed of the run.
    pub seed: u64,
    /// Steps of refinement.
    pub iterations: usize,
    /// Geometry loss, lower is better.
    pub loss: f64,
    /// Where the edges came from: `gradient`, `file`, or a model's name and the beginning of its
    /// SHA-256.
    pub edges: String,
    /// Part of the picture in the view, `[x, y, w, h]` in its pixels.
    pub region: [u32; 4],
}

/// The drawing as an SVG document.
#[must_use]
pub fn svg(drawing: &Drawing, metadata: Option<&Metadata>) -> String {
    document(drawing, metadata, |_, _| String::new(), "")
}

/// As [`svg`], drawing itself stroke by stroke when it is shown, once.
#[must_use]
pub fn animated_svg(drawing: &Drawing, metadata: Option<&Metadata>) -> String {
    let lengths: Vec<f32> = drawing.strokes.iter().map(|s| s.curve.length()).collect();
    let whole = lengths.iter().sum::<f32>().max(1e-6);
    let mut before = 0.0;
    // A path of length 1 by its own measure is hidden by a dash of 1 that begins at 1.
    let rule = "<style>path{stroke-dasharray:1;animation:d 1s linear both}\
                @keyframes d{from{stroke-dashoffset:1;visibility:hidden}1%{visibility:visible}to{stroke-dashoffset:0}}</style>\n";
    let mut times = lengths.iter().map(|length| {
        let begin = DRAWS * before / whole;
        before += length;
        (begin, DRAWS * length / whole)
    });
    let attributes = |_: usize, _: &Stroke| {
        let (begin, lasts) = times.next().unwrap_or_default();
        format!(
            " pathLength=\"1\" style=\"animation-delay:{}s;animation-duration:{}s\"",
            short(begin),
            short(lasts.max(0.01))
        )
    };
    document(drawing, metadata, attributes, rule)
}

fn document(
    drawing: &Drawing,
    metadata: Option<&Metadata>,
    mut attributes: impl FnMut(usize, &Stroke) -> String,
    rule: &str,
) -> String {
    let (width, height) = (short(drawing.width), short(drawing.height));
    let mut out =
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\">\n");
    if let Some(metadata) = metadata {
        // JSON inside of XML: the three characters that XML would read.
        let text = serde_json::to_string(metadata).unwrap_or_default();
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        put(&mut out, format_args!("<metadata>{text}</metadata>\n"));
    }
    out.push_str(rule);
    put(
        &mut out,
        format_args!(
            "<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
            hex(drawing.background)
        ),
    );
    // What most strokes have is said once.
    let common = drawing.strokes.first().copied();
    let (ink, wide) = common.map_or(([0.0; 3], 1.0), |s| (s.color, s.width));
    put(
        &mut out,
        format_args!(
            "<g fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n",
            hex(ink),
            short(wide)
        ),
    );
    for (i, stroke) in drawing.strokes.iter().enumerate() {
        put(&mut out, format_args!("<path d=\"{}\"", path(stroke)));
        if hex(stroke.color) != hex(ink) {
            put(&mut out, format_args!(" stroke=\"{}\"", hex(stroke.color)));
        }
        if short(stroke.width) != short(wide) {
            put(
                &mut out,
                format_args!(" stroke-width=\"{}\"", short(stroke.width)),
            );
        }
        if short(stroke.opacity) != "1" {
            put(
                &mut out,
                format_args!(" stroke-opacity=\"{}\"", short(stroke.opacity)),
            );
        }
        out.push_str(&attributes(i, stroke));
        out.push_str("/>\n");
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// `M x y C x y x y x y`.
fn path(stroke: &Stroke) -> String {
    let [a, b, c, d] = stroke.curve.0.map(|p| p.map(short));
    format!(
        "M{} {}C{} {} {} {} {} {}",
        a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]
    )
}

/// A string takes everything.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
