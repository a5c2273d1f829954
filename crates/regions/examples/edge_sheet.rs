//! A sheet of pictures beside their edges: each row a picture, then thin edges of the gradient, of
//! the network and, where it is imported, of HED.
//!
//! ```text
//! edge_sheet OUT.png PICTURE…
//! ```

use std::{env, error::Error, fs, path::Path};

use affetti_picture::{DecodeOptions, Filter, Picture, read};
use affetti_regions::edges::{Detector, Kind};

/// Longest side of the pictures whose edges are found, in pixels.
const WORKING_SIDE: u32 = 500;
/// Longest side on the sheet, and the space between.
const SHOWN_SIDE: u32 = 240;
const GAP: u32 = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (out, paths) = args
        .split_first()
        .filter(|(_, paths)| !paths.is_empty())
        .ok_or("edge_sheet OUT.png PICTURE…")?;
    let mut detectors = vec![Detector::Gradient, Detector::load(Kind::Net, 2)?];
    detectors.extend(Detector::load(Kind::Hed, 2));
    let mut rows = Vec::new();
    for path in paths {
        let picture = read(Path::new(path), &DecodeOptions::default())?;
        let picture = picture.fit_within(WORKING_SIDE, Filter::Bicubic);
        let mut row = vec![picture.fit_within(SHOWN_SIDE, Filter::Bicubic)];
        for detector in &detectors {
            row.push(drawing(&picture, detector)?.fit_within(SHOWN_SIDE, Filter::Bilinear));
        }
        rows.push(row);
    }
    fs::write(out, sheet(&rows)?.encode_png())?;
    Ok(())
}

/// Thin edges, dark on white; 1 is black.
fn drawing(picture: &Picture, detector: &Detector) -> Result<Picture, Box<dyn Error>> {
    let edges = detector.edges(picture).strength;
    let gray = |v: &f32| [(255.0 * (1.0 - v)) as u8; 3];
    let pixels = edges.values().iter().flat_map(gray).collect();
    Ok(Picture::new(picture.width(), picture.height(), pixels)?)
}

fn sheet(rows: &[Vec<Picture>]) -> Result<Picture, Box<dyn Error>> {
    let columns = rows.first().map_or(0, Vec::len) as u32;
    let heights: Vec<u32> = rows.iter().map(|row| row[0].height()).collect();
    let width = columns * (SHOWN_SIDE + GAP) - GAP;
    let height = heights.iter().map(|h| h + GAP).sum::<u32>() - GAP;
    let mut pixels = vec![255; 3 * (width * height) as usize];
    let mut top = 0;
    for (row, row_height) in rows.iter().zip(heights) {
        for (n, picture) in row.iter().enumerate() {
            let left = n as u32 * (SHOWN_SIDE + GAP) + (SHOWN_SIDE - picture.width()) / 2;
            let line = 3 * picture.width() as usize;
            for (y, from) in picture.pixels().chunks_exact(line).enumerate() {
                let at = 3 * ((top + y as u32) * width + left) as usize;
                pixels[at..at + line].copy_from_slice(from);
            }
        }
        top += row_height + GAP;
    }
    Ok(Picture::new(width, height, pixels)?)
}
