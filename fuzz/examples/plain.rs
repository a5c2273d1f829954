//! Changes the files of the corpus at random and runs a target on them, without coverage: for machines
//! without libFuzzer. `cargo run --release --example plain -- TARGET RUNS SEED [CORPUS]`

use std::{
    env, fs, panic,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Longer runs are findings too: the files are small.
const SLOW: Duration = Duration::from_secs(5);

/// SplitMix64.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 1) as usize
}

/// One to eight changes: a byte set, a bit turned, a piece cut out, doubled, or taken from another
/// file, the end cut off, a number made extreme.
fn change(bytes: &mut Vec<u8>, other: &[u8], state: &mut u64) {
    for _ in 0..1 + next(state) % 8 {
        let length = bytes.len().max(1);
        let at = next(state) % length;
        let end = (at + 1 + next(state) % 16).min(bytes.len());
        if bytes.is_empty() {
            bytes.push(next(state) as u8);
            continue;
        }
        match next(state) % 8 {
            0 | 1 => bytes[at] = next(state) as u8,
            2 => bytes[at] ^= 1 << (next(state) % 8),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 if !other.is_empty() => {
                let from = next(state) % other.len();
                let piece = &other[from..(from + 24).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            6 if next(state) % 8 == 0 => bytes.truncate(at),
            _ => {
                let value = [0, 0xFF, 0x7F, 0x80][next(state) % 4];
                bytes[at..end.min(at + 4)].fill(value);
            }
        }
    }
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let [target, runs, seed, rest @ ..] = words.as_slice() else {
        panic!("TARGET RUNS SEED [CORPUS]");
    };
    let run: fn(&[u8]) = match target.as_str() {
        "decode" => affetti_fuzz::decode::run,
        "tables" => affetti_fuzz::tables::run,
        #[cfg(feature = "nets")]
        "weights" => affetti_fuzz::weights::run,
        #[cfg(feature = "nets")]
        "index" => affetti_fuzz::index::run,
        #[cfg(feature = "nets")]
        "words" => affetti_fuzz::words::run,
        other => panic!("no target {other}"),
    };
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let corpus = rest.first().map_or(beside, PathBuf::from).join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&corpus)
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("a file")).collect();
    let runs: u64 = runs.parse().expect("a number");
    let mut state: u64 = seed.parse().expect("a number");
    let mut found = 0_u64;
    let mut slowest = Duration::ZERO;
    let all = Instant::now();
    // A decoder's panic that became an error is no finding: only what comes out of `run` counts.
    panic::set_hook(Box::new(|_| {}));
    for i in 0..runs {
        let pick = |state: &mut u64| &files[next(state) % files.len()];
        let other = pick(&mut state).clone();
        let mut bytes = pick(&mut state).clone();
        change(&mut bytes, &other, &mut state);
        let begun = Instant::now();
        let panics = panic::catch_unwind(|| run(&bytes)).is_err();
        let spent = begun.elapsed();
        slowest = slowest.max(spent);
        if panics || spent > SLOW {
            found += 1;
            let name = format!("{target}-{seed}-{i}");
            fs::write(&name, &bytes).expect("the current folder is writable");
            let what = if panics { "panics" } else { "is slow" };
            println!("run {i} {what} ({spent:.1?}): {name}");
            if found >= 10 {
                break;
            }
        }
    }
    println!(
        "{target}: {runs} runs in {:.0?}, {found} findings, slowest run {slowest:.1?}",
        all.elapsed()
    );
}
