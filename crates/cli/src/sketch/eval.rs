//! `affetti eval sketch`: how much of the edges drawings draw, and how much beside them.

use std::ops::ControlFlow;

use affetti::{
    Found, Input, Inputs, round4,
    sketch::{SketchOptions, sketch},
    sketching::Settings as Wanted,
};
use anyhow::Result;
use serde_json::json;

use crate::{Exit, args::SketchEvalArgs, output, progress::Progress, settings::Settings};

/// Sums over pictures of one number of strokes.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    recall: f64,
    precision: f64,
    loss: f64,
    seconds: f64,
}

pub(crate) fn eval(args: &SketchEvalArgs, settings: &Settings) -> Result<Exit> {
    let inputs: Vec<Input> = args.inputs.iter().map(|i| i.as_os_str().into()).collect();
    let progress = Progress::new("drawings", !settings.quiet);
    let mut sums = vec![Sums::default(); args.strokes.len()];
    let (mut good, mut bad) = (0_usize, 0_usize);
    for found in Inputs::new(inputs) {
        let job = match found {
            Found::Note(_) => continue,
            Found::Failed(failure) => {
                bad += 1;
                progress.complain(&failure.to_string());
                continue;
            }
            Found::Picture(job) => job,
        };
        let mut whole = true;
        for (level, &strokes) in args.strokes.iter().enumerate() {
            let options = SketchOptions {
                settings: Wanted {
                    strokes,
                    quality: super::quality(args.quality),
                    seed: settings.seed.unwrap_or(0),
                    ..Wanted::default()
                },
                ..SketchOptions::default()
            };
            match sketch(&job, &options, &mut |_| ControlFlow::Continue(())) {
                Ok(sketched) => {
                    let sum = &mut sums[level];
                    let [recall, precision] = sketched.fits[0];
                    sum.recall += recall;
                    sum.precision += precision;
                    sum.loss += sketched.levels[0].0.loss;
                    sum.seconds += sketched.seconds;
                }
                Err(failure) => {
                    whole = false;
                    progress.complain(&failure.to_string());
                    // The next level would fail alike; nothing of this picture has been counted.
                    break;
                }
            }
        }
        good += usize::from(whole);
        bad += usize::from(!whole);
        progress.at(good + bad, None);
    }
    progress.finish();
    if good > 0 {
        output::emit(settings, &table(args, &sums, good, settings.wants_json()))?;
    }
    Ok(Exit::of(good, bad))
}

fn table(args: &SketchEvalArgs, sums: &[Sums], count: usize, json: bool) -> String {
    let mean = |sum: f64| sum / count as f64;
    let mut text = if json {
        String::new()
    } else {
        format!("mean over {count} pictures\nstrokes  recall  precision  loss   seconds\n")
    };
    for (strokes, sum) in args.strokes.iter().zip(sums) {
        text += &if json {
            let line = json!({
                "strokes": strokes,
                "pictures": count,
                "recall": round4(mean(sum.recall)),
                "precision": round4(mean(sum.precision)),
                "loss": round4(mean(sum.loss)),
                "seconds": round4(mean(sum.seconds)),
            });
            format!("{line}\n")
        } else {
            format!(
                "{strokes:>7}  {:>6.3}  {:>9.3}  {:>5.3}  {:>7.2}\n",
                mean(sum.recall),
                mean(sum.precision),
                mean(sum.loss),
                mean(sum.seconds)
            )
        };
    }
    text
}
