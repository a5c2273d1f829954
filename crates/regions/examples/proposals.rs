//! Proposals of maps in NumPy files, for `peers/edgeboxes.py`, as one JSON object.
//!
//! ```text
//! proposals maps EDGES.npy ORIENTATION.npy     proposals, best first, and the best time of five, on
//!                                              one thread
//! proposals score EDGES.npy ORIENTATION.npy x,y,w,h …
//! proposals edges PICTURE EDGES.npy ORIENTATION.npy [SIDE]   writes both maps
//! ```

use std::{env, error::Error, path::Path, time::Instant};

use affetti_picture::{DecodeOptions, Filter, read};
use affetti_regions::{
    edges::{self, Edges},
    npy,
    proposals::{Params, propose, score},
};

/// Longest side of the pictures that edges are made of, in pixels.
const WORKING_SIDE: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    // As the peer.
    affetti_nets::device::limit_threads(1);
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["maps", edges, orientation] => print_proposals(&load(edges, orientation)?),
        ["score", edges, orientation, boxes @ ..] => {
            let mut regions = Vec::new();
            for text in boxes {
                let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
                regions.push(<[u32; 4]>::try_from(numbers?).map_err(|_| "a box is x,y,w,h")?);
            }
            let params = Params::default().check()?;
            print(&format!(
                "{:?}",
                score(&load(edges, orientation)?, &params, &regions)?
            ));
            Ok(())
        }
        ["edges", picture, edges, orientation, side @ ..] => {
            let side = side.first().map_or(Ok(WORKING_SIDE), |s| s.parse())?;
            let picture = read(Path::new(picture), &DecodeOptions::default())?;
            let made = edges::of_picture(&picture.fit_within(side, Filter::Bilinear));
            npy::write(Path::new(edges), &made.strength)?;
            npy::write(Path::new(orientation), &made.orientation)?;
            Ok(())
        }
        _ => Err("see the first lines of examples/proposals.rs".into()),
    }
}

fn load(strength: &str, orientation: &str) -> Result<Edges, Box<dyn Error>> {
    Ok(Edges {
        strength: npy::read(Path::new(strength))?,
        orientation: npy::read(Path::new(orientation))?,
    })
}

fn print_proposals(edges: &Edges) -> Result<(), Box<dyn Error>> {
    let params = Params::default().check()?;
    let mut best = f64::INFINITY;
    let mut proposals = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        proposals = propose(edges, &params)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    let list: Vec<String> = proposals
        .iter()
        .map(|p| format!("{{\"box\":{:?},\"objectness\":{}}}", p.region, p.objectness))
        .collect();
    print(&format!(
        "{{\"proposals\":[{}],\"seconds\":{best}}}",
        list.join(",")
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints its result")]
fn print(line: &str) {
    println!("{line}");
}
