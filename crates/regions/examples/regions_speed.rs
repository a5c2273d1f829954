//! The time that each step from a picture to its regions takes: the median of some runs.
//!
//! ```text
//! regions_speed PICTURE [THREADS [RUNS [REFINED [BOXES]]]]
//! ```
//!
//! REFINED and BOXES take the places of the usual limits: windows that are refined, boxes that are
//! clustered.

use std::{env, error::Error, path::Path, time::Instant};

use affetti_feel::{Predictor, RegionWay, Scratch};
use affetti_nets::device::{Device, limit_threads};
use affetti_picture::{DecodeOptions, Filter, read};
use affetti_regions::{
    boxes::Region,
    edges::{self, Detector, Kind},
    find::{Options, WORKING_SIDE, find},
    proposals::propose,
    screening::screen,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let path = args
        .next()
        .ok_or("regions_speed PICTURE [THREADS [RUNS]]")?;
    let threads = args.next().map_or(Ok(2), |t| t.parse())?;
    let runs = args.next().map_or(Ok(15), |t| t.parse())?;
    limit_threads(threads);
    let start = Instant::now();
    let predictor = Predictor::embedded(&Device::Cpu)?;
    print("predictor", start, 1);
    let start = Instant::now();
    let net = Detector::load(Kind::Net, threads)?;
    print("edge network", start, 1);
    let mut options = Options::default();
    if let Some(refined) = args.next() {
        options.proposals.refined = refined.parse()?;
    }
    if let Some(boxes) = args.next() {
        options.screening.max_boxes = boxes.parse()?;
    }
    let (proposals, screening) = (options.proposals.check()?, options.screening.check()?);
    let mut scratch = Scratch::default();
    let mut times: Vec<(&str, Vec<f64>)> = Vec::new();
    let mut note = |name, start: Instant| {
        let time = 1e3 * start.elapsed().as_secs_f64();
        match times.iter_mut().find(|t| t.0 == name) {
            Some((_, all)) => all.push(time),
            None => times.push((name, vec![time])),
        }
    };
    let (mut count, mut kept) = (0, 0);
    for _ in 0..runs {
        let start = Instant::now();
        let picture = read(Path::new(&path), &DecodeOptions::default())?;
        note("decoding", start);
        let start = Instant::now();
        let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
        note("resizing", start);
        let start = Instant::now();
        let of_gradient = edges::gradient(&small);
        note("(gradient)", start);
        let start = Instant::now();
        let thin = net.edges_for_proposals(&small);
        assert_eq!(thin.strength.size(), of_gradient.size());
        note("edges of the network, thin", start);
        let start = Instant::now();
        let proposed = propose(&thin, &proposals)?;
        note("proposals", start);
        let start = Instant::now();
        let screened = screen(&proposed, &screening)?;
        note("screening", start);
        let places: Vec<Region> = screened.iter().map(|p| p.region).collect();
        let start = Instant::now();
        predictor.region_emotions(&small, &places, RegionWay::default(), &mut scratch, threads)?;
        note("emotions", start);
        let start = Instant::now();
        find(&picture, &predictor, &net, &options, &mut scratch, threads)?;
        note("all from the decoded picture", start);
        (count, kept) = (proposed.len(), screened.len());
    }
    for (name, mut all) in times {
        let first = all[0];
        all.sort_by(f64::total_cmp);
        line(&format!(
            "{name}: {:.1} ms (first {first:.1})",
            all[all.len() / 2]
        ));
    }
    line(&format!(
        "{count} proposals, {kept} regions, {threads} threads"
    ));
    Ok(())
}

fn print(name: &str, start: Instant, runs: u32) {
    let time = 1e3 * start.elapsed().as_secs_f64() / f64::from(runs);
    line(&format!("{name}: {time:.1} ms"));
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn line(text: &str) {
    println!("{text}");
}
