//! Strokes as a vector file.

use super::{Painting, Stroke};
use std::fmt::Write;

/// The painting as SVG 1.1: a path per stroke, with round ends.
pub(super) fn write(painting: &Painting, comment: &str) -> String {
    let (w, h) = (painting.picture.width(), painting.picture.height());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
         <desc>{}</desc>\n<g fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n",
        escaped(comment)
    );
    for stroke in &painting.strokes {
        let [r, g, b] = stroke
            .color
            .map(|c| (c * 255.0).round().clamp(0.0, 255.0) as u8);
        // Writing to memory cannot fail.
        let _ = writeln!(
            svg,
            "<path d=\"{}\" stroke=\"#{r:02x}{g:02x}{b:02x}\" stroke-width=\"{:.1}\"/>",
            path(stroke),
            2.0 * stroke.radius
        );
    }
    svg + "</g>\n</svg>\n"
}

/// Quadratic curves through the middles of the pieces.
fn path(stroke: &Stroke) -> String {
    let points = &stroke.points;
    let at = |p: [f32; 2]| format!("{:.1} {:.1}", p[0], p[1]);
    let mut path = format!("M{}", at(points[0]));
    match points.len() {
        // A dot: a line to itself has round ends.
        1 => path += &format!("L{}", at(points[0])),
        2 => path += &format!("L{}", at(points[1])),
        count => {
            for pair in points[1..].windows(2) {
                let middle = [0, 1].map(|n| (pair[0][n] + pair[1][n]) / 2.0);
                path += &format!("Q{} {}", at(pair[0]), at(middle));
            }
            path += &format!("L{}", at(points[count - 1]));
        }
    }
    path
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
