//! What the limits of the search and of the screening, and its quick solver, change.
//!
//! ```text
//! region_limits PICTURE…
//! ```
//!
//! For each limit the regions that are kept with it and without it: how many of those without have
//! the same box among those with it, and the mean overlap (IoU) with the nearest one. Beside them
//! another seed of k-means: what no limit is the cause of.

use std::{env, error::Error, path::Path};

use affetti_picture::{DecodeOptions, Filter, read};
use affetti_regions::{
    boxes::{Proposal, iou},
    edges::{Detector, Kind},
    find::{Options, WORKING_SIDE},
    proposals::propose,
    screening::{Solver, screen_by},
};

/// Of some regions, the share that others have too, and the mean overlap with the nearest other.
fn alike(wanted: &[Proposal], found: &[Proposal]) -> [f64; 2] {
    let nearest = |w: &Proposal| {
        let overlaps = found.iter().map(|f| iou(w.region, f.region));
        overlaps.fold(0.0_f32, f32::max)
    };
    let all: Vec<f32> = wanted.iter().map(nearest).collect();
    let count = all.len().max(1) as f64;
    let same = all.iter().filter(|v| **v >= 1.0).count() as f64 / count;
    [same, all.iter().map(|v| f64::from(*v)).sum::<f64>() / count]
}

fn main() -> Result<(), Box<dyn Error>> {
    let net = Detector::load(Kind::Net, 2)?;
    let mut sums = [[0.0; 2]; 4];
    let mut count = 0.0;
    for path in env::args().skip(1) {
        let picture = read(Path::new(&path), &DecodeOptions::default())?;
        let edges = net.edges_for_proposals(&picture.fit_within(WORKING_SIDE, Filter::Bilinear));
        let kept = |refined, boxes, seed, solver: fn(usize) -> Solver| {
            let mut options = Options::default();
            options.screening.seed = seed;
            options.proposals.refined = refined;
            options.screening.max_boxes = boxes;
            let proposals = propose(&edges, &options.proposals.check()?)?;
            screen_by(&proposals, &options.screening.check()?, solver)
        };
        let Options {
            proposals,
            screening,
            ..
        } = Options::default();
        let (refined, boxes) = (proposals.refined, screening.max_boxes);
        let seed = screening.seed;
        let usual = kept(refined, boxes, seed, Solver::for_size)?;
        let others = [
            kept(refined, boxes, seed + 1, Solver::for_size)?,
            kept(refined, boxes, seed, |_| Solver::Dense)?,
            kept(usize::MAX, boxes, seed, Solver::for_size)?,
            kept(refined, 2 * boxes, seed, Solver::for_size)?,
        ];
        count += 1.0;
        for (sum, other) in sums.iter_mut().zip(&others) {
            let found = alike(other, &usual);
            *sum = [sum[0] + found[0], sum[1] + found[1]];
        }
    }
    for (name, [same, overlap]) in [
        "another seed",
        "all eigenvectors",
        "all windows refined",
        "twice the boxes",
    ]
    .into_iter()
    .zip(sums)
    {
        line(&format!(
            "{name}: {:.3} of the regions the same, mean overlap {:.3}",
            same / count,
            overlap / count
        ));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn line(text: &str) {
    println!("{text}");
}
