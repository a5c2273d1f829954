//! Seconds of each caption metric on two tables of pictures and captions, beside which
//! `peers/captions.py measure` prints those of the reference packages.
//!
//! ```sh
//! cargo run --release -p affetti-words --example caption_speed -- references.csv captions.csv
//! ```
#![expect(clippy::print_stdout, reason = "it is a program")]

use affetti_data::{Limits, captions::read};
use affetti_words::metrics::meteor::{NoSynonyms, meteor};
use affetti_words::metrics::{Caption, bleu::bleu, cider, rouge::rouge_l};
use affetti_words::text::normal::words;
use std::{collections::HashMap, error::Error, path::PathBuf, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [references, captions] = &paths[..] else {
        return Err("two tables: references, captions".into());
    };
    let limits = Limits::default();
    let mut of: HashMap<String, Vec<Caption>> = HashMap::new();
    for row in read(references, &limits)?.rows {
        of.entry(row.picture).or_default().push(words(&row.caption));
    }
    let rows = read(captions, &limits)?.rows;
    let captions: Vec<Caption> = rows.iter().map(|row| words(&row.caption)).collect();
    let own = |picture: &String| of.get(picture).cloned().unwrap_or_default();
    let references: Vec<Vec<Caption>> = rows.iter().map(|row| own(&row.picture)).collect();
    let timed = |name: &str, work: &dyn Fn() -> Result<f64, Box<dyn Error>>| {
        let begun = Instant::now();
        let value = work()?;
        println!(
            "{name:<8} {value:.8}  {:.4} s",
            begun.elapsed().as_secs_f64()
        );
        Ok::<(), Box<dyn Error>>(())
    };
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    timed("BLEU-4", &|| Ok(bleu(&captions, &references)?[3]))?;
    timed("ROUGE-L", &|| Ok(mean(rouge_l(&captions, &references)?)))?;
    timed("CIDEr-D", &|| {
        Ok(mean(cider::cider(
            cider::Kind::Clipped,
            &captions,
            &references,
        )?))
    })?;
    timed("METEOR", &|| {
        Ok(mean(meteor(&captions, &references, &NoSynonyms)?))
    })
}
