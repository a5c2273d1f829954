//! `affetti sketch`: pictures in, drawings out.

mod clipasso;
mod eval;
mod target;

use std::{
    fs::File,
    io::Read,
    ops::ControlFlow,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use affetti::{
    Cancel, Control, Inputs, Models, Outcome, SketchOptions,
    emotion::{Emotion, Label as _},
    nets::device::Device,
    picture::{DecodeOptions, read},
    sketch::{
        Drawing, EdgeMap, MAX_SVG_BYTES, Moment, Quality, Settings as Wanted, Stroke, export::svg,
        read_svg,
    },
};
use anyhow::{Result, anyhow, bail};

use crate::{
    Exit,
    args::{MaskArg, SketchArgs, SketchQuality},
    device,
    inputs::{inputs, paths},
    interrupt,
    out_file::{put, spare},
    progress::Progress,
    settings::Settings,
};
pub(crate) use eval::eval;
use target::Target;

/// Time between two versions of the preview.
const PREVIEW: Duration = Duration::from_millis(250);

pub(crate) fn run(args: &SketchArgs, settings: &Settings) -> Result<Exit> {
    let inputs = inputs(&args.inputs)?;
    let options = options(args, settings)?;
    let others = [args.begin.as_deref(), args.edges.as_deref()];
    let read: Vec<&Path> = paths(&inputs).chain(others.into_iter().flatten()).collect();
    spare(settings.out.as_deref(), &read)?;
    spare(args.preview.as_deref(), &read)?;
    let mut target = Target::new(args, settings, &inputs)?;
    let models = models(options.emotion, settings);
    let cancel = Cancel::default();
    interrupt::gently(&cancel, "stopping with the best so far");
    let steps = Steps {
        bar: Progress::new("steps", !settings.quiet),
        args,
        shown: Mutex::default(),
    };
    let control = Control {
        cancel: cancel.clone(),
        progress: &steps,
        ..Control::default()
    };
    let (mut good, mut bad, mut stopped) = (0, 0, false);
    let mut written = Ok(());
    affetti::sketch(
        &models,
        Inputs::new(inputs),
        &options,
        &control,
        |outcome| {
            stopped = cancel.is_cancelled();
            written = match outcome {
                Outcome::Note(note) => {
                    settings.note(&note);
                    Ok(())
                }
                Outcome::Failed(failure) => {
                    bad += 1;
                    steps.bar.complain(&failure.to_string());
                    target.failed(&failure)
                }
                Outcome::Done(sketched) => {
                    good += 1;
                    target.write(&sketched, args)
                }
            };
            if stopped || written.is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
    );
    steps.bar.finish();
    written?;
    stopped |= cancel.is_cancelled();
    target.summary(good, bad, settings);
    Ok(if stopped {
        Exit::Stopped
    } else {
        Exit::of(good, bad)
    })
}

/// The predictor is asked for an emotion only.
fn models(emotion: Option<Emotion>, settings: &Settings) -> Models {
    match emotion {
        Some(_) => device::models(None, settings),
        None => Models::new(Device::Cpu, settings.threads),
    }
}

/// Steps on a bar, and the preview.
struct Steps<'a> {
    bar: Progress,
    args: &'a SketchArgs,
    /// Of which picture the preview is, and since when.
    shown: Mutex<Option<(String, Instant)>>,
}

impl affetti::Progress for Steps<'_> {
    fn step(&self, path: &str, moment: &Moment<'_>) {
        let name = affetti::printable(path);
        let stage = format!("steps of {name}, loss {:.2}", moment.loss);
        self.bar.stage(&stage, moment.step, moment.of);
        let Some(file) = &self.args.preview else {
            return;
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(of, at): &(String, Instant)| of == path && at.elapsed() < PREVIEW;
        if !shown.as_ref().is_some_and(fresh) {
            *shown = Some((path.to_owned(), Instant::now()));
            // A preview that cannot be written is no reason to stop; the drawing itself tells.
            let _ = preview(file, moment, self.args.width);
        }
    }
}

fn preview(path: &Path, moment: &Moment<'_>, width: f32) -> Result<()> {
    let mut drawing = Drawing::white(moment.view[0], moment.view[1]);
    let strokes = moment.curves.iter().map(|c| Stroke::black(*c, width));
    drawing.strokes.extend(strokes);
    put(path, svg(&drawing, None).as_bytes())
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
    let limit = MAX_SVG_BYTES as u64 + 1;
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
