//! JSON of the strokes.

use serde_json::json;

use super::svg::Metadata;
use crate::stroke::Drawing;

/// One object: `width`, `height`, `background`, `strokes` (each with `points`, four pairs; `width`,
/// a diameter; `color`; `opacity`), all in units of the drawing with three decimals, and `made`.
#[must_use]
pub fn json(drawing: &Drawing, metadata: Option<&Metadata>) -> String {
    let round = |v: f32| (f64::from(v) * 1000.0).round() / 1000.0;
    let strokes: Vec<_> = drawing
        .strokes
        .iter()
        .map(|s| {
            json!({
                "points": s.curve.0.map(|p| p.map(round)),
                "width": round(s.width),
                "color": s.color.map(round),
                "opacity": round(s.opacity),
            })
        })
        .collect();
    let whole = json!({
        "width": round(drawing.width),
        "height": round(drawing.height),
        "background": drawing.background.map(round),
        "strokes": strokes,
        "made": metadata,
    });
    whole.to_string() + "\n"
}
