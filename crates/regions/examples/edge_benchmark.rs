//! ODS, OIS and AP of the gradient edges on a folder of `N.jpg` and `N.boundaries.png`, the layout
//! of the BSDS500 copy in the data sets.
//!
//! ```text
//! edge_benchmark FOLDER [THRESHOLDS]
//! ```

use std::{env, error::Error, fs, path::PathBuf};

use affetti_picture::{DecodeOptions, read};
use affetti_regions::{
    boundary::{Truth, count, summarize, thresholds},
    edges,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("edge_benchmark FOLDER [THRESHOLDS]")?);
    let thresholds = thresholds(args.next().map_or(Ok(20), |t| t.parse())?);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "jpg"));
    paths.sort();
    let options = DecodeOptions::default();
    let mut pictures = Vec::new();
    for path in &paths {
        let edges = edges::of_picture(&read(path, &options)?);
        // A gray picture: all three channels hold the mask of bits.
        let mask = read(&path.with_extension("boundaries.png"), &options)?;
        let (width, height) = (mask.width() as usize, mask.height() as usize);
        let drawn = |bit: u32| -> Vec<bool> {
            let (values, _) = mask.pixels().as_chunks::<3>();
            values.iter().map(|v| v[0] >> bit & 1 == 1).collect()
        };
        let annotators = (0..8).map(drawn).filter(|m| m.contains(&true)).collect();
        let truth = Truth::new(width, height, annotators)?;
        pictures.push(count(&edges.strength, &truth, &thresholds)?);
    }
    let s = summarize(&pictures)?;
    print(&format!(
        "{} pictures: ODS {:.4} at {:.3}, OIS {:.4}, AP {:.4}",
        pictures.len(),
        s.ods,
        s.threshold,
        s.ois,
        s.ap
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn print(line: &str) {
    println!("{line}");
}
