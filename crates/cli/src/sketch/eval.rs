//! `affetti eval sketch`: how much of the edges drawings draw, and how much beside them; and whether
//! a judge recognises what is drawn.

use affetti::{
    Control, Found, Inputs, Models, SketchOptions, Sketching, Sources, Weights,
    emotion::{Bootstrap, Emotion, Label as _},
    nets::device::Device,
    pipeline::{Budget, answer},
    round4,
    sketch::{
        Settings as Wanted,
        recognise::{Networks, RecogniseOptions, recognise},
    },
};
use anyhow::Result;
use serde_json::json;

use crate::{
    Exit,
    args::{MaskArg, SketchEvalArgs},
    inputs::{inputs, paths},
    out_file::spare,
    output::{self, Form, TEXTS},
    progress::Progress,
    settings::{Settings, data_folder},
    table::counted,
};

/// Of the bootstrap.
const SEED: u64 = 8;

/// Sums over pictures of one number of strokes.
#[derive(Debug, Clone, Default)]
struct Sums {
    recall: f64,
    precision: f64,
    loss: f64,
    seconds: f64,
    /// Change of the emotion's share, picture by picture.
    changes: Vec<f64>,
}

pub(crate) fn eval(args: &SketchEvalArgs, settings: &Settings) -> Result<Exit> {
    if args.recognise {
        return judged(args, settings);
    }
    let form = Form::of(&TEXTS, settings)?;
    let emotion = args.emotion.as_deref().map(Emotion::parse).transpose()?;
    let inputs = inputs(&args.inputs)?;
    spare(settings.out.as_deref(), &paths(&inputs).collect::<Vec<_>>())?;
    let models = super::models(emotion, settings);
    let progress = Progress::new("drawings", !settings.quiet);
    let mut sums = vec![Sums::default(); args.strokes.len()];
    let (mut good, mut bad) = (0_usize, 0_usize);
    for found in Inputs::new(inputs) {
        if args.limit > 0 && good >= args.limit {
            break;
        }
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
                object: args.mask == MaskArg::Object,
                meaning: args.meaning,
                emotion,
                ..SketchOptions::default()
            };
            let work = Sketching {
                models: &models,
                options: &options,
            };
            let control = Control::default();
            let budget = Budget::new(control.pixel_bytes);
            match answer(&work, &job, &control, &budget) {
                Ok(sketched) => {
                    let sum = &mut sums[level];
                    let [recall, precision] = sketched.fits[0];
                    sum.recall += recall;
                    sum.precision += precision;
                    sum.loss += sketched.levels[0].0.loss;
                    sum.seconds += sketched.seconds;
                    let shares = sketched.shares.first();
                    sum.changes
                        .extend(shares.map(|[before, after]| after - before));
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
        let json = matches!(form, Form::Json);
        output::emit(settings, &table(args, &sums, good, json))?;
    }
    Ok(Exit::of(good, bad))
}

/// `--recognise`.
fn judged(args: &SketchEvalArgs, settings: &Settings) -> Result<Exit> {
    let form = Form::of(&TEXTS, settings)?;
    let data = data_folder(args.data.as_deref())?;
    spare(settings.out.as_deref(), &[data.as_path(), &args.judge])?;
    let sources = Sources {
        judge: Weights::File(args.judge.clone()),
        ..Sources::default()
    };
    let models = Models::of(sources, Device::Cpu, settings.threads);
    let object = args.mask == MaskArg::Object;
    let networks = Networks {
        judge: models.judge()?,
        edges: models.edges()?,
        mask: object.then(|| models.mask()).transpose()?,
        encoder: args.meaning.then(|| models.encoder()).transpose()?,
    };
    let progress = Progress::new("pictures", !settings.quiet);
    let options = RecogniseOptions {
        data: &data,
        stamps: &args.stamps,
        strokes: &args.strokes,
        settings: Wanted {
            quality: super::quality(args.quality),
            seed: settings.seed.unwrap_or(0),
            ..Wanted::default()
        },
        limit: args.limit,
        progress: &|done, all| progress.at(done, Some(all)),
    };
    let found = recognise(&networks, &options);
    progress.finish();
    let found = found?;
    let text = if let Form::Json = form {
        found.json() + "\n"
    } else {
        found.table()
    };
    output::emit(settings, &text)?;
    Ok(Exit::Done)
}

fn table(args: &SketchEvalArgs, sums: &[Sums], count: usize, json: bool) -> String {
    let mean = |sum: f64| sum / count as f64;
    let mut text = if json {
        String::new()
    } else {
        format!(
            "mean over {}\nstrokes  recall  precision  loss   seconds\n",
            counted(count, "picture")
        )
    };
    for (strokes, sum) in args.strokes.iter().zip(sums) {
        text += &if json {
            let mut line = json!({
                "strokes": strokes,
                "pictures": count,
                "recall": round4(mean(sum.recall)),
                "precision": round4(mean(sum.precision)),
                "loss": round4(mean(sum.loss)),
                "seconds": round4(mean(sum.seconds)),
            });
            if let Some((change, [low, high])) = change(&sum.changes) {
                line["share_change"] = round4(change).into();
                line["share_change_interval"] = json!([round4(low), round4(high)]);
            }
            format!("{line}\n")
        } else {
            let pulled = change(&sum.changes).map_or_else(String::new, |(change, [low, high])| {
                format!("  share of the emotion {change:+.3} ({low:+.3}..{high:+.3})")
            });
            format!(
                "{strokes:>7}  {:>6.3}  {:>9.3}  {:>5.3}  {:>7.2}{pulled}\n",
                mean(sum.recall),
                mean(sum.precision),
                mean(sum.loss),
                mean(sum.seconds)
            )
        };
    }
    text
}

/// Mean with its 95 % bootstrap interval over pictures; nothing where there are none.
fn change(changes: &[f64]) -> Option<(f64, [f64; 2])> {
    let mean = |draw: &[usize]| {
        let sum = draw.iter().map(|&i| changes[i]).sum::<f64>();
        Some(sum / draw.len() as f64)
    };
    let bootstrap = Bootstrap::seeded(SEED).check().ok()?;
    let estimate = bootstrap.estimate(changes.len(), mean).ok()?;
    Some((
        estimate.value,
        [estimate.interval.low, estimate.interval.high],
    ))
}
