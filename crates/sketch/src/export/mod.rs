//! Drawings as files.
//!
//! | format | where | for |
//! |---|---|---|
//! | SVG, still and drawing itself | [`svg`] | the web, editing, continuing |
//! | PDF | [`pdf`] | print |
//! | DXF | [`dxf`] | plotters and cutters |
//! | GIF of the drawing | [`gif()`] | messages |
//! | JSON of the strokes | [`json`] | programs |
//!
//! PNG is [`exact::render`](crate::exact::render) and
//! [`Picture::encode_png`](affetti_picture::Picture::encode_png).

mod animation;
mod dxf;
mod json;
mod pdf;
mod svg;

pub use animation::gif;
pub use dxf::dxf;
pub use json::json;
pub use pdf::pdf;
pub use svg::{Metadata, animated_svg, svg};

/// A number with two decimals at most, without a tail of zeros.
fn short(v: f32) -> String {
    let text = format!("{v:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        other => other.to_owned(),
    }
}

/// `#rrggbb`.
fn hex(color: [f32; 3]) -> String {
    let [r, g, b] = color.map(|v| (v * 255.0).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let found = [0.0, -0.001, 1.0, 12.5, 4.14159, -100.0, 0.996].map(short);
        assert_eq!(found, ["0", "0", "1", "12.5", "4.14", "-100", "1"]);
        assert_eq!(hex([1.0, 0.5, 0.0]), "#ff8000");
    }
}
