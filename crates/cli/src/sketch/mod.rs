//! `affetti sketch`: pictures in, drawings out.

mod clipasso;
mod eval;
mod target;

use std::{
    fs::File,
    io::{Read, Write},
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use affetti::{
    Found, Input, Inputs, Job,
    emotion::{Emotion, Label as _},
    picture::{DecodeOptions, read},
    sketch::{SketchOptions, Sketched, sketch},
    sketching::{
        Drawing, EdgeMap, Moment, Quality, Settings as Wanted, Stroke, export::svg, read_svg,
    },
};
use anyhow::{Result, anyhow, bail};

use crate::{
    Exit,
    args::{MaskArg, SketchArgs, SketchQuality},
    interrupt,
    out_file::{OutFile, cannot_write, spare},
    progress::Progress,
    settings::Settings,
};
pub(crate) use eval::eval;
use target::Target;

/// Time between two versions of the preview.
const PREVIEW: Duration = Duration::from_millis(250);

pub(crate) fn run(args: &SketchArgs, settings: &Settings) -> Result<Exit> {
    let inputs: Vec<Input> = args.inputs.iter().map(|i| i.as_os_str().into()).collect();
    let stdin = inputs.iter().filter(|i| **i == Input::Stdin).count();
    if stdin > 1 {
        bail!("standard input (-) can be read once only");
    }
    let options = options(args, settings)?;
    let read = inputs.iter().filter_map(|input| match input {
        Input::Path(path) => Some(path.as_path()),
        Input::Stdin => None,
    });
    let read: Vec<&Path> = read
        .chain(args.begin.as_deref())
        .chain(args.edges.as_deref())
        .collect();
    spare(settings.out.as_deref(), &read)?;
    spare(args.preview.as_deref(), &read)?;
    let mut target = Target::new(args, settings, &inputs)?;
    interrupt::gently();
    let progress = Progress::new("steps", !settings.quiet);
    let (mut good, mut bad, mut stopped) = (0, 0, false);
    for found in Inputs::new(inputs) {
        if stopped {
            break;
        }
        let job = match found {
            Found::Note(note) => {
                settings.note(&note);
                continue;
            }
            Found::Failed(failure) => {
                bad += 1;
                progress.complain(&failure.to_string());
                target.failed(&failure)?;
                continue;
            }
            Found::Picture(job) => job,
        };
        match draw(&job, &options, args, &progress) {
            Ok(sketched) => {
                good += 1;
                stopped = sketched.stopped || interrupt::stopped();
                target.write(&sketched, args)?;
            }
            Err(failure) => {
                bad += 1;
                stopped = interrupt::stopped();
                progress.complain(&failure.to_string());
                target.failed(&failure)?;
            }
        }
    }
    progress.finish();
    target.summary(good, bad, settings);
    Ok(if stopped {
        Exit::Stopped
    } else {
        Exit::of(good, bad)
    })
}

fn draw(
    job: &Job,
    options: &SketchOptions,
    args: &SketchArgs,
    progress: &Progress,
) -> Result<Sketched, affetti::Failure> {
    let name = affetti::printable(&job.source.name()).to_string();
    let mut shown: Option<Instant> = None;
    let mut watch = |moment: Moment<'_>| {
        let stage = format!("steps of {name}, loss {:.2}", moment.loss);
        progress.stage(&stage, moment.step, moment.of);
        if let Some(path) = &args.preview
            && shown.is_none_or(|at| at.elapsed() >= PREVIEW)
        {
            shown = Some(Instant::now());
            // A preview that cannot be written is no reason to stop; the drawing itself tells.
            let _ = preview(path, &moment, args.width);
        }
        if interrupt::stopped() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    sketch(job, options, &mut watch)
}

fn preview(path: &Path, moment: &Moment<'_>, width: f32) -> Result<()> {
    let mut drawing = Drawing::white(moment.view[0], moment.view[1]);
    let strokes = moment.curves.iter().map(|c| Stroke::black(*c, width));
    drawing.strokes.extend(strokes);
    let mut file = OutFile::create(path)?;
    file.write_all(svg(&drawing, None).as_bytes())
        .map_err(|error| cannot_write(path, &error))?;
    file.commit()
}

/// Arguments made ready; what is wrong with them is told before any picture is read.
fn options(args: &SketchArgs, settings: &Settings) -> Result<SketchOptions> {
    let wanted = Wanted {
        strokes: args.sweep.first().copied().unwrap_or(args.strokes),
        width: args.width,
        quality: quality(args.quality),
        ink: args.ink,
        color: args.color,
        seed: settings.seed.unwrap_or(0),
    };
    wanted.check()?;
    for pair in args.sweep.windows(2) {
        if pair[1] == 0 || pair[1] >= pair[0] {
            bail!("--sweep: the numbers have to fall, such as 32,16,8,4");
        }
    }
    let time = match args.seconds {
        Some(s) if s > 0.0 && s <= 86_400.0 => Some(Duration::from_secs_f64(s)),
        Some(s) => bail!("--seconds is {s}, it has to be above 0 and at most 86400"),
        None => None,
    };
    let begin = args.begin.as_deref().map(begin).transpose()?;
    clipasso::check(args)?;
    let edges = match &args.edges {
        Some(path) => Some(EdgeMap::from_picture(
            &self::read(path, &DecodeOptions::default())
                .map_err(|error| anyhow!("{}: {error}", path.display()))?,
        )),
        None => None,
    };
    Ok(SketchOptions {
        decode: DecodeOptions::default(),
        settings: wanted,
        seeds: args.seeds,
        time,
        sweep: args.sweep.clone(),
        begin,
        edges,
        clipasso: clipasso::recipe(args)?,
        object: args.mask == MaskArg::Object,
        meaning: args.meaning,
        emotion: args.emotion.as_deref().map(Emotion::parse).transpose()?,
    })
}

/// The strokes of an SVG file; one byte more than allowed is read at most.
fn begin(path: &Path) -> Result<Drawing> {
    let mut bytes = Vec::new();
    let limit = affetti::sketching::MAX_SVG_BYTES as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| anyhow!("cannot read {}: {error}", path.display()))?;
    let drawing = read_svg(&String::from_utf8_lossy(&bytes))
        .map_err(|error| anyhow!("{}: {error}", path.display()))?;
    Ok(drawing)
}

fn quality(argument: SketchQuality) -> Quality {
    match argument {
        SketchQuality::Draft => Quality::Draft,
        SketchQuality::Normal => Quality::Normal,
        SketchQuality::Best => Quality::Best,
    }
}
