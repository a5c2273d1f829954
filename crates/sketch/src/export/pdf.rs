//! PDF 1.4: one page, one path a stroke.
//!
//! Source: ISO 32000-1, sections 7.5 (structure), 8.4 and 8.5 (graphics state, paths). Units become
//! points times [`POINTS`]; the page's y runs upwards, so one matrix turns it.

use std::fmt::Write;

use super::short;
use crate::stroke::Drawing;

/// Points (1/72 inch) a unit: a drawing of 224 units is 7.8 inches, which fits A4 and Letter.
const POINTS: f32 = 2.5;

/// The drawing as a PDF file.
#[must_use]
pub fn pdf(drawing: &Drawing) -> Vec<u8> {
    let (width, height) = (drawing.width * POINTS, drawing.height * POINTS);
    // One graphics state per opacity in percent that occurs.
    let percent = |v: f32| (v * 100.0).round() as u32;
    let mut opacities: Vec<u32> = drawing.strokes.iter().map(|s| percent(s.opacity)).collect();
    opacities.sort_unstable();
    opacities.dedup();
    let states = opacities.iter().fold(String::new(), |mut all, p| {
        let _ = write!(all, "/G{p} <</CA {}>> ", short(*p as f32 / 100.0));
        all
    });
    let content = content(drawing, height, percent);
    let objects = [
        "<</Type /Catalog /Pages 2 0 R>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        format!(
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Resources <</ExtGState <<{states}>>>> /Contents 4 0 R>>",
            short(width),
            short(height)
        ),
        format!("<</Length {}>>\nstream\n{content}endstream", content.len()),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let table = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(file, "{place:010} 00000 n ");
    }
    let _ = write!(
        file,
        "trailer\n<</Size {} /Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    file.into_bytes()
}

fn content(drawing: &Drawing, height: f32, percent: impl Fn(f32) -> u32) -> String {
    let color = |c: [f32; 3]| c.map(short).join(" ");
    let mut out = format!(
        "{POINTS} 0 0 -{POINTS} 0 {} cm\n{} rg 0 0 {} {} re f\n1 J 1 j\n",
        short(height),
        color(drawing.background),
        short(drawing.width),
        short(drawing.height)
    );
    for stroke in &drawing.strokes {
        let [a, b, c, d] = stroke.curve.0.map(|p| p.map(short).join(" "));
        let _ = writeln!(
            out,
            "/G{} gs {} RG {} w {a} m {b} {c} {d} c S",
            percent(stroke.opacity),
            color(stroke.color),
            short(stroke.width)
        );
    }
    out
}
