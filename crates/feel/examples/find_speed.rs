//! Times searches in a generated index: `cargo run --release -p affetti-feel --example find_speed --
//! [ROWS] [THREADS]`, by default 1,000,000 rows on all cores. Prints the median and the slowest of
//! eleven runs of each kind, opening included; the first run, which may wait for the disk, is apart.
//!
//! Components are random with a spread that falls, component c about as 1 / (1 + c / 8), as that of
//! principal components does: with equal spreads no leading component would bound anything.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and stops at the first thing that is wrong"
)]

use affetti_emotion::Distribution;
use affetti_feel::index::{Entry, Index, IndexBuilder, Query};
use affetti_feel::{ModelId, Target};
use std::io::BufWriter;
use std::time::Instant;

const COMPONENTS: usize = 192;

fn entry(i: usize, rng: &mut fastrand::Rng) -> Entry {
    let shares: [f64; 9] = std::array::from_fn(|_| (3.0 * rng.f64()).exp());
    Entry {
        path: format!("pictures/{:03}/{i:07}.jpg", i / 1000).into_bytes(),
        emotions: Distribution::from_counts(&shares).unwrap(),
        valence: 1.0 + 6.0 * rng.f64(),
        arousal: 1.0 + 6.0 * rng.f64(),
        components: (0..COMPONENTS)
            .map(|c| (rng.f32() + rng.f32() - 1.0) / (1.0 + c as f32 / 8.0))
            .collect(),
        stamp: None,
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows: usize = arguments.next().map_or(1_000_000, |n| n.parse().unwrap());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: usize = arguments.next().map_or(cores, |n| n.parse().unwrap());
    let mut rng = fastrand::Rng::with_seed(1);
    let mut builder = IndexBuilder::new(&ModelId {
        name: "generated".into(),
        sha256: "00".repeat(32),
    });
    for i in 0..rows {
        builder.push(&entry(i, &mut rng)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut out = BufWriter::new(std::fs::File::create(&path).unwrap());
    builder.write(&mut out).unwrap();
    drop((out, builder));
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!(
        "{rows} rows, {:.0} MB, {threads} threads",
        bytes as f64 / 1e6
    );
    let target: Target = "awe=.6,fear=.4".parse().unwrap();
    let affect = Query::Affect {
        valence: Some(6.0),
        arousal: Some(2.0),
    };
    for (name, query) in [
        ("--like", Query::Like(target)),
        ("--valence --arousal", affect),
        ("--picture", Query::Near(entry(0, &mut rng).components)),
    ] {
        let time = || {
            let begun = Instant::now();
            let index = Index::open(&path).unwrap();
            let hits = index.find(&query, 10, threads).unwrap();
            assert_eq!(hits.len(), 10.min(rows));
            begun.elapsed().as_secs_f64() * 1e3
        };
        let first = time();
        let mut times: Vec<f64> = (0..11).map(|_| time()).collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{name}: median {:.1} ms, slowest {:.1} ms, first {first:.1} ms",
            times[5], times[10]
        );
    }
}
