//! The time that each detector takes for a picture: the median of twenty runs (three of HED).
//!
//! ```text
//! edge_speed PICTURE [THREADS]
//! ```

use std::{env, error::Error, path::Path, time::Instant};

use affetti_picture::{DecodeOptions, Filter, read};
use affetti_regions::edges::{Detector, Kind};

/// Longest side of the picture, in pixels.
const SIDE: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let path = args.next().ok_or("edge_speed PICTURE [THREADS]")?;
    let threads = args.next().map_or(Ok(2), |t| t.parse())?;
    affetti_nets::device::limit_threads(threads);
    let picture = read(Path::new(&path), &DecodeOptions::default())?;
    let picture = picture.fit_within(SIDE, Filter::Bicubic);
    for (kind, runs) in [(Kind::Gradient, 20), (Kind::Net, 20), (Kind::Hed, 3)] {
        let Ok(detector) = Detector::load(kind, threads) else {
            continue;
        };
        let mut times: Vec<f64> = (0..=runs)
            .map(|_| {
                let start = Instant::now();
                let map = detector.strength(&picture);
                assert_eq!(map.width(), picture.width() as usize);
                1e3 * start.elapsed().as_secs_f64()
            })
            .collect();
        // The first run finds no memory ready.
        times.remove(0);
        times.sort_by(f64::total_cmp);
        print(&format!(
            "{} {} x {}: {:.1} ms with {threads} threads",
            kind.name(),
            picture.width(),
            picture.height(),
            times[times.len() / 2]
        ));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn print(line: &str) {
    println!("{line}");
}
