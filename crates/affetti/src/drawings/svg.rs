//! Regions as vectors over the picture: sharp at any size, each with a tooltip.

use std::fmt::Write;

use affetti_picture::Picture;
use affetti_regions::find::AffectiveRegion;

use super::draw::color;
use crate::{report::base64, shares::leading};

/// JPEG quality of the picture below the boxes.
const QUALITY: u8 = 85;

/// An SVG in pixels of the original, `size`, with the picture inside.
pub(super) fn annotated(small: &Picture, size: (u32, u32), regions: &[AffectiveRegion]) -> String {
    let (width, height) = size;
    let long = f64::from(width.max(height));
    let (line, text) = (long / 220.0, long / 38.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"{text:.1}\">\n\
         <image width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         href=\"data:image/jpeg;base64,{}\"/>\n",
        base64::encode(&small.encode_jpeg(QUALITY))
    );
    // The best on top.
    for (rank, region) in regions.iter().enumerate().rev() {
        let [x, y, w, h] = region.region;
        let dominant = region.emotions.dominant();
        let [r, g, b] = color(dominant);
        let label = format!("{}. {dominant}", rank + 1);
        let _ = write!(
            svg,
            "<g><title>{}. {}; AR {:.2}, objectness {:.2}, sentiment {:.2}</title>\n\
             <rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"#000\" \
             fill-opacity=\"0\" stroke=\"#{r:02x}{g:02x}{b:02x}\" stroke-width=\"{line:.1}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"{:.1}\" \
             paint-order=\"stroke\">{label}</text></g>\n",
            rank + 1,
            leading(&region.emotions),
            region.score,
            region.objectness,
            region.sentiment,
            f64::from(x) + line * 2.0,
            f64::from(y) + text,
            line * 1.5,
        );
    }
    svg.push_str("</svg>\n");
    svg
}
