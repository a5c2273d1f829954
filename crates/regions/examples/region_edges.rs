//! A sheet of pictures with the regions that are left by the screening, once on the edges of the
//! gradient and once on those of the network: boxes brighter by objectness, the best eight in red.
//!
//! ```text
//! region_edges OUT.png PICTURE…
//! ```

use std::{env, error::Error, fs, path::Path, time::Instant};

use affetti_picture::{DecodeOptions, Filter, Picture, read};
use affetti_regions::{
    boxes::{Proposal, iou},
    edges::{Detector, Kind},
    find::{Options, WORKING_SIDE, candidates},
};

/// Longest side on the sheet, and the space between.
const SHOWN_SIDE: u32 = 320;
const GAP: u32 = 6;
/// Best regions in red.
const BEST: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (out, paths) = args
        .split_first()
        .filter(|(_, paths)| !paths.is_empty())
        .ok_or("region_edges OUT.png PICTURE…")?;
    let mut rows = Vec::new();
    let detectors = [Detector::Gradient, Detector::load(Kind::Net, 2)?];
    let options = Options::default();
    for path in paths {
        let picture = read(Path::new(path), &DecodeOptions::default())?;
        let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
        let mut row = Vec::new();
        let mut found: Vec<Vec<Proposal>> = Vec::new();
        for detector in &detectors {
            candidates(&small, detector, &options)?;
            let start = Instant::now();
            let (count, screened) = candidates(&small, detector, &options)?;
            let time = 1e3 * start.elapsed().as_secs_f64();
            line(&format!(
                "{path}: {} {count} proposals, {} regions, best {:.3}, eighth {:.3}, {time:.0} ms",
                detector.kind().name(),
                screened.len(),
                screened.first().map_or(0.0, |p| p.objectness),
                screened.get(BEST - 1).map_or(0.0, |p| p.objectness),
            ));
            row.push(drawing(&small, &screened)?.fit_within(SHOWN_SIDE, Filter::Bilinear));
            found.push(screened);
        }
        let near = |p: &&Proposal| found[1].iter().any(|q| iou(p.region, q.region) > 0.5);
        let shared = found[0].iter().filter(near).count();
        line(&format!(
            "  {shared} of {} have one of the other near",
            found[0].len()
        ));
        rows.push(row);
    }
    fs::write(out, sheet(&rows)?.encode_png())?;
    Ok(())
}

fn drawing(picture: &Picture, screened: &[Proposal]) -> Result<Picture, Box<dyn Error>> {
    let (width, height) = (picture.width(), picture.height());
    let mut pixels: Vec<u8> = picture.pixels().iter().map(|v| v / 2).collect();
    let best = screened.first().map_or(1.0, |p| p.objectness);
    for (rank, proposal) in screened.iter().enumerate().rev() {
        let gray = (255.0 * proposal.objectness / best) as u8;
        let color = if rank < BEST {
            [255, 60, 40]
        } else {
            [gray; 3]
        };
        let [x, y, w, h] = proposal.region;
        let (right, bottom) = ((x + w).min(width) - 1, (y + h).min(height) - 1);
        let mut dot = |x: u32, y: u32| {
            let at = 3 * (y * width + x) as usize;
            pixels[at..at + 3].copy_from_slice(&color);
        };
        (x..=right).for_each(|x| [y, bottom].into_iter().for_each(|y| dot(x, y)));
        (y..=bottom).for_each(|y| [x, right].into_iter().for_each(|x| dot(x, y)));
    }
    Ok(Picture::new(width, height, pixels)?)
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
            let left = n as u32 * (SHOWN_SIDE + GAP);
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

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn line(text: &str) {
    println!("{text}");
}
