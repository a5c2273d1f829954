//! `affetti paint`: words in, pictures out.

pub(crate) mod source;
mod target;

use std::{ops::ControlFlow, path::Path};

use affetti::{
    Cancel, Control, PaintOptions, PaintWords, Painted,
    emotion::Label as _,
    paint,
    paint::{
        Feeling, Wish,
        brush::{self, Painting, mood::Mood},
    },
    picture::{DecodeOptions, Picture, read},
};
use anyhow::{Result, anyhow, bail};

use crate::{
    Exit,
    args::{BrushArg, NormArg, PaintArgs},
    interrupt,
    out_file::{extension, put, spare},
    progress::Progress,
    settings::Settings,
    table::counted,
};
use source::Source;
use target::{Form, Target};

/// Pixels of a side after a brush.
const BRUSHED: u32 = 1024;
/// Pictures that say what light and colors a feeling has.
const MOODS: u64 = 48;
/// Pictures of a sheet or a GIF, which are in memory together.
const TOGETHER: u64 = 400;

pub(crate) fn run(args: &PaintArgs, settings: &Settings) -> Result<Exit> {
    asked(args, &[]).check()?;
    if let Some(picture) = &args.from {
        return over(args, picture, settings);
    }
    if args.list {
        return source::list(args, settings);
    }
    let (words, count) = split(&args.words)?;
    let source = Source::find(args, &words)?;
    for note in &source.wish.notes {
        settings.summary(note);
    }
    let options = PaintOptions {
        wish: Wish {
            feeling: asked(args, &words).feeling(source.wish.feeling)?,
            ..source.wish.clone()
        },
        count,
        seed: settings.seed.unwrap_or(0),
        truncation: args.truncation,
        command: command(args, &words),
        size: match args.brush {
            BrushArg::None => args.size,
            BrushArg::Oil => None,
        },
    };
    // What cannot be asked is told before anything is written.
    source.generator.choices(&options.wish)?;
    let side = match args.brush {
        BrushArg::Oil => args.size.unwrap_or(BRUSHED),
        BrushArg::None => args.size.unwrap_or(u32::try_from(source.generator.side())?),
    };
    let mut target = Target::new(args, settings, (count, side), &stem(&options.wish))?;
    if target.form() == Form::Animation {
        let turns = target::animation(&source, &options, args)?;
        return target.put(&turns, count, settings);
    }
    painted(&source, &options, &mut target, (args, settings))
}

/// The arguments as the facade knows them.
fn asked(args: &PaintArgs, words: &[&str]) -> PaintWords {
    PaintWords {
        words: words.join(" "),
        emotion: args.emotion.clone(),
        valence: args.valence,
        arousal: args.arousal,
        truncation: args.truncation,
        size: args.size,
        oil: args.brush == BrushArg::Oil,
    }
}

/// What was asked, as one would ask it again.
fn command(args: &PaintArgs, words: &[&str]) -> String {
    let norm = match args.bn {
        NormArg::Batch => " --bn batch",
        NormArg::Running => "",
    };
    asked(args, words).command() + norm
}

/// How files of a wish begin: what was asked.
fn stem(wish: &Wish) -> String {
    let mut words: Vec<String> = wish.subjects.iter().map(ToString::to_string).collect();
    words.extend(match wish.feeling {
        Feeling::Any => None,
        Feeling::Emotion(emotion) => Some(emotion.name().to_owned()),
        Feeling::Sentiment(sentiment) => Some(sentiment.name().to_owned()),
        Feeling::Affect { valence, arousal } => {
            let part = |letter: &str, x: Option<f64>| x.map(|x| format!("{letter}{x}"));
            let parts = [part("valence", valence), part("arousal", arousal)];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
        }
    });
    if words.is_empty() {
        words.push("any".to_owned());
    }
    words.join("-")
}

/// Words, and the number among them.
fn split(words: &[String]) -> Result<(Vec<&str>, u64)> {
    let is_number = |word: &&str| word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty();
    let words = words.iter().flat_map(|word| word.split_whitespace());
    let (numbers, words): (Vec<&str>, Vec<&str>) = words.partition(is_number);
    let count = match numbers[..] {
        [] => 1,
        [number] => match number.parse() {
            Ok(0) => bail!("0 pictures: ask for at least 1"),
            Ok(count) if count <= 1_000_000_000 => count,
            _ => bail!("{number} pictures are too many; at most 1000000000 at once"),
        },
        [first, second, ..] => {
            bail!("{first} and {second}: only one number says how many pictures")
        }
    };
    Ok((words, count))
}

fn painted(
    source: &Source,
    options: &PaintOptions,
    target: &mut Target,
    (args, settings): (&PaintArgs, &Settings),
) -> Result<Exit> {
    let bar = Progress::new("pictures", !settings.quiet);
    let cancel = Cancel::default();
    interrupt::gently(&cancel, "stopping after this picture");
    let control = Control {
        cancel: cancel.clone(),
        ..Control::default()
    };
    let total = usize::try_from(options.count).ok();
    let (mut done, mut written) = (0_usize, Ok(()));
    let pair = (&source.generator, &source.model);
    paint(pair, options, &control, |picture| {
        done += 1;
        bar.at(done, total);
        let (picture, strokes) = brushed(args, picture);
        written = target.take(&picture, strokes.as_ref());
        if written.is_err() || cancel.is_cancelled() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    bar.finish();
    written?;
    let told = target.finish()?;
    let by = &source.model.name;
    settings.summary(&format!(
        "{} by {by} \u{2192} {told}",
        counted(done, "picture")
    ));
    Ok(match cancel.is_cancelled() {
        true => Exit::Stopped,
        false => Exit::Done,
    })
}

/// `--from`: a picture of the user's, painted over.
fn over(args: &PaintArgs, path: &Path, settings: &Settings) -> Result<Exit> {
    if args.brush == BrushArg::None {
        bail!("--from needs a brush to paint with: --brush oil");
    }
    let Some(out) = &settings.out else {
        bail!("where does the picture go? --out FILE.png or FILE.svg");
    };
    if !["png", "svg"].contains(&extension(out).as_str()) {
        bail!("--out {}: .png or .svg", out.display());
    }
    spare(Some(out), &[path])?;
    let picture = read(path, &DecodeOptions::default())
        .map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let seed = settings.seed.unwrap_or(0);
    let feeling = asked(args, &[]).feeling(Feeling::Any)?;
    let picture = match feeling {
        Feeling::Any => picture,
        felt => mood(args, felt)?.given_to(&picture, 1.0),
    };
    let painting = brush::oil(&picture, args.size.unwrap_or(BRUSHED), seed);
    match extension(out).as_str() {
        "svg" => put(
            out,
            painting
                .svg(&format!("painted over, seed {seed}"))
                .as_bytes(),
        )?,
        _ => {
            let note = serde_json::json!({"command": command(args, &["--from"]), "seed": seed});
            let png = painting
                .picture
                .encode_png_with(affetti::NOTE, &note.to_string());
            put(out, &png)?;
        }
    }
    let strokes = counted(painting.strokes.len(), "stroke");
    settings.summary(&format!("{strokes} \u{2192} {}", out.display()));
    Ok(Exit::Done)
}

/// How the generator's pictures for a feeling differ from its others.
fn mood(args: &PaintArgs, felt: Feeling) -> Result<Mood> {
    let (generator, _) = source::generator(args.model.as_deref(), args.weights.as_deref())?;
    let painted = |feeling: Feeling| -> Result<Vec<Picture>> {
        let choices = generator.choices(&Wish {
            feeling,
            ..Wish::any()
        })?;
        let grown = (0..MOODS).map(|seed| generator.seedling(seed, 1.0, &choices).0);
        Ok(generator.paint(&grown.collect::<Vec<_>>()))
    };
    Ok(Mood::between(&painted(Feeling::Any)?, &painted(felt)?))
}

/// The picture after the brush, and its strokes.
fn brushed(args: &PaintArgs, painted: Painted) -> (Painted, Option<Painting>) {
    if args.brush == BrushArg::None {
        return (painted, None);
    }
    let side = args.size.unwrap_or(BRUSHED);
    let painting = brush::oil(&painted.picture, side, painted.asked.seed);
    let picture = painting.picture.clone();
    (Painted { picture, ..painted }, Some(painting))
}
