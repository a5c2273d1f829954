//! Holds what is decoded here against what others decode.
//!
//! Run: `cargo run -p affetti-picture --example variants -- FOLDER` on a folder that
//! `peers/decode_variants.py` filled. Each line of its `variants.csv` is a file, a plain PNG of the
//! right pixels, and the mean difference of samples that the codec explains. Prints one line for
//! each file that is not equal, and how many are equal, refused by name, refused as damaged, or
//! different without a word; only the first two are right, and anything else fails the run.

#![expect(clippy::print_stdout, reason = "its lines are what it is for")]

use std::{error::Error, fs, path::Path, process::ExitCode};

use affetti_picture::{DecodeOptions, ErrorKind, Picture, read};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder")?;
    let folder = Path::new(&folder);
    let list = fs::read_to_string(folder.join("variants.csv"))?;
    let options = DecodeOptions::default();
    let [mut equal, mut named, mut damaged, mut different] = [0; 4];
    for line in list.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let &[file, reference, allowed] = fields.as_slice() else {
            return Err(format!("{line} has not three fields").into());
        };
        let expected = read(&folder.join(reference), &options)?;
        match read(&folder.join(file), &options) {
            Ok(picture) => match difference(&picture, &expected) {
                Some(mean) if mean <= allowed.parse()? => equal += 1,
                mean => {
                    different += 1;
                    let mean = mean.map_or("other sides".to_owned(), |mean| format!("{mean:.3}"));
                    println!("{file}: {mean}, allowed {allowed}");
                }
            },
            Err(error) => {
                if error.kind() == ErrorKind::Unsupported {
                    named += 1;
                } else {
                    damaged += 1;
                }
                println!("{file}: {error}");
            }
        }
    }
    println!(
        "{equal} equal, {named} refused by name, {damaged} called damaged, {different} different"
    );
    Ok(if damaged + different == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Mean absolute difference of the samples; none where the sides differ.
fn difference(one: &Picture, other: &Picture) -> Option<f64> {
    if (one.width(), one.height()) != (other.width(), other.height()) {
        return None;
    }
    let pairs = one.pixels().iter().zip(other.pixels());
    let sum: f64 = pairs
        .map(|(one, other)| f64::from(one.abs_diff(*other)))
        .sum();
    Some(sum / one.pixels().len() as f64)
}
