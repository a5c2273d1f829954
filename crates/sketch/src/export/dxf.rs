//! DXF of AutoCAD release 12, which plotters, cutters and every CAD program read.
//!
//! That release has no splines: each stroke is a polyline within .05 units of its curve, in the
//! order of the shortest way of the pen. y runs upwards; one unit of the drawing is one of the file.

use std::fmt::Write;

use super::short;
use crate::stroke::Drawing;

const TOLERANCE: f32 = 0.05;

/// The drawing as a DXF file.
#[must_use]
pub fn dxf(drawing: &Drawing) -> String {
    let mut out = "0\nSECTION\n2\nENTITIES\n".to_owned();
    for stroke in drawing.in_pen_order().strokes {
        out.push_str("0\nPOLYLINE\n8\nsketch\n66\n1\n70\n0\n");
        for [x, y] in stroke.curve.points(stroke.curve.chords(TOLERANCE)) {
            let y = drawing.height - y;
            let _ = write!(
                out,
                "0\nVERTEX\n8\nsketch\n10\n{}\n20\n{}\n",
                short(x),
                short(y)
            );
        }
        out.push_str("0\nSEQEND\n");
    }
    out.push_str("0\nENDSEC\n0\nEOF\n");
    out
}
