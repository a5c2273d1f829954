//! `affetti feel`: pictures in, feelings out.

mod csv;
mod index;
mod sinks;

use std::{
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use affetti::{
    Aim, Control, FeelOptions, Found, Fusion, Input, Inputs, ModelId, Outcome, Reading, Target,
    feel::Reference, report::ReportMeta,
};
use anyhow::{Error, Result, bail};

use crate::{
    Exit,
    args::FeelArgs,
    device,
    inputs::{inputs, paths},
    out_file::spare,
    output,
    progress::Progress,
    settings::Settings,
};
use index::{Keeper, Known};
use sinks::{FileSink, Form, Screen};

/// The total while the inputs are still being counted.
const UNKNOWN: usize = usize::MAX;

pub(crate) fn run(args: &FeelArgs, settings: &Settings) -> Result<Exit> {
    let inputs = inputs(&args.inputs)?;
    let target: Option<Target> = args.intend.as_deref().map(str::parse).transpose()?;
    let form = settings.out.as_deref().map(Form::of).transpose()?;
    let weights = args.weights.as_deref();
    let read: Vec<&Path> = paths(&inputs).chain(weights).collect();
    spare(settings.out.as_deref(), &read)?;
    spare(args.index.as_deref(), &read)?;
    if args.index.is_some() && args.index == settings.out {
        bail!("--index and --out name the same file");
    }
    if args.index.is_some() && args.intend.is_some() && settings.out.is_none() && !settings.json {
        bail!("--intend shows nothing beside --index alone; add --json or --out");
    }
    let models = device::models(weights, settings);
    let predictor = models.predictor()?;
    let aim = target
        .map(|target| {
            let reference = Reference::for_predictor(predictor, weights)?;
            anyhow::Ok(Aim::new(target, &reference))
        })
        .transpose()?;
    let model = predictor.model();
    // Begun before the work: a folder that cannot be written to is told at once.
    let file = match (&settings.out, form) {
        (Some(path), Some(form)) => {
            let meta = meta(&inputs, model);
            Some(FileSink::create(form, path, &meta, aim.is_some())?)
        }
        _ => None,
    };
    let screen = Screen::of(settings, file.is_some() || args.index.is_some());
    let fresh = settings.json || file.is_some();
    let opened = args
        .index
        .as_deref()
        .map(|path| Keeper::open(path, model, &inputs, fresh, settings))
        .transpose()?;
    let (keeper, known) = opened.map_or((None, Known::default()), |(k, known)| (Some(k), known));
    let bar = Progress::new("pictures", !settings.quiet && !screen.is_on_terminal());
    let counted = Counted {
        bar: &bar,
        known: &known,
        total: Arc::new(AtomicUsize::new(UNKNOWN)),
    };
    if bar.is_wanted() {
        count(inputs.clone(), Arc::clone(&counted.total));
    }
    let mut run = Run {
        settings,
        file,
        keeper,
        known: &known,
        screen,
        aim,
        bar: &bar,
        good: 0,
        bad: 0,
        error: None,
    };
    let report = form == Some(Form::Html);
    let options = FeelOptions {
        thumbnails: report,
        regions: args.regions.then(|| Fusion {
            heat: report,
            ..Fusion::default()
        }),
        traces: run.keeper.is_some(),
        ..FeelOptions::default()
    };
    let stream = if report {
        Inputs::new(inputs).with_credits()
    } else {
        Inputs::new(inputs)
    };
    let begun = Instant::now();
    let stream = stream.filter(|found| !known.has(found));
    let control = Control {
        progress: &counted,
        ..Control::default()
    };
    affetti::feel(&models, stream, &options, &control, |outcome| {
        run.take(outcome)
    })?;
    run.finish(begun)
}

/// The bar with the pictures that need not be felt again.
struct Counted<'a> {
    bar: &'a Progress,
    known: &'a Known,
    total: Arc<AtomicUsize>,
}

impl affetti::Progress for Counted<'_> {
    fn pictures(&self, done: usize) {
        let total = self.total.load(Ordering::Relaxed);
        let total = (total != UNKNOWN).then_some(total);
        self.bar.at(done + self.known.count(), total);
    }
}

/// One run: where outcomes go and what has come of them.
struct Run<'a> {
    settings: &'a Settings,
    file: Option<FileSink>,
    keeper: Option<Keeper>,
    known: &'a Known,
    screen: Screen,
    aim: Option<Aim>,
    bar: &'a Progress,
    good: usize,
    bad: usize,
    /// What ended the run early.
    error: Option<Error>,
}

impl Run<'_> {
    fn take(&mut self, mut outcome: Outcome<Reading>) -> ControlFlow<()> {
        let written = match &mut outcome {
            Outcome::Note(note) => {
                if self.settings.verbose {
                    self.bar.say(note);
                }
                return ControlFlow::Continue(());
            }
            Outcome::Failed(failure) => {
                self.bad += 1;
                self.bar.complain(&failure.to_string());
                let to_file = self
                    .file
                    .as_mut()
                    .map_or(Ok(()), |file| file.failed(failure));
                to_file.and_then(|()| self.on_screen(|screen| screen.failed(failure)))
            }
            Outcome::Done(reading) => {
                self.good += 1;
                if let Some(aim) = &self.aim {
                    reading.hold(aim);
                }
                let to_index = self
                    .keeper
                    .as_mut()
                    .map_or(Ok(()), |index| index.felt(reading));
                let to_file =
                    |file: Option<&mut FileSink>| file.map_or(Ok(()), |f| f.felt(reading));
                to_index
                    .and_then(|()| to_file(self.file.as_mut()))
                    .and_then(|()| self.on_screen(|screen| screen.felt(reading)))
            }
        };
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Whoever reads standard output may leave; a report that was asked for is still written.
    fn on_screen(&mut self, write: impl FnOnce(&mut Screen) -> Result<()>) -> Result<()> {
        match write(&mut self.screen) {
            Err(error) if error.is::<output::Closed>() && self.file.is_some() => {
                self.screen = Screen::Silent;
                Ok(())
            }
            other => other,
        }
    }

    fn finish(self, begun: Instant) -> Result<Exit> {
        self.bar.finish();
        if let Some(error) = self.error {
            return Err(error);
        }
        let exit = Exit::of(self.good + self.known.count(), self.bad);
        if let Some(keeper) = self.keeper.filter(|_| exit != Exit::NoneSucceeded) {
            self.settings.summary(&keeper.finish(self.known)?);
        }
        let Some(file) = self.file else {
            return Ok(exit);
        };
        let name = file.path().display().to_string();
        if exit == Exit::NoneSucceeded {
            // An earlier report is worth more than one that holds nothing.
            output::complain(&format!("no input could be felt; {name} was not written"));
            return Ok(exit);
        }
        file.finish()?;
        let failed = match self.bad {
            0 => String::new(),
            n => format!(", {n} failed,"),
        };
        self.settings.summary(&format!(
            "{} felt{failed} in {:.1} s → {name}",
            pictures(self.good),
            begun.elapsed().as_secs_f64()
        ));
        Ok(exit)
    }
}

fn pictures(count: usize) -> String {
    let unit = if count == 1 { "picture" } else { "pictures" };
    format!("{count} {unit}")
}

/// Counts what there is to do on the side, so that the first picture does not wait for the walk.
/// The thread is left alone: it only reads, and it ends with the process.
fn count(inputs: Vec<Input>, total: Arc<AtomicUsize>) {
    let counting = move || {
        let all = Inputs::new(inputs).filter(|found| !matches!(found, Found::Note(_)));
        total.store(all.count(), Ordering::Relaxed);
    };
    // Without it there is no estimate, and nothing else is lost.
    let _ = thread::Builder::new().spawn(counting);
}

fn meta(inputs: &[Input], model: &ModelId) -> ReportMeta {
    let only = match inputs {
        [Input::Path(path)] => name(path),
        _ => None,
    };
    ReportMeta {
        title: only.unwrap_or_else(|| "Pictures and what they evoke".to_owned()),
        model: model.name.clone(),
        model_sha256: model.sha256.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The last part of a path; of `.` and the like there is none.
fn name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}
