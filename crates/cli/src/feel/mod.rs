//! `affetti feel`: pictures in, feelings out.

mod csv;
mod index;
mod rows;
mod sinks;

use std::{
    env,
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
    Aim, Cancel, Control, FeelOptions, Found, Fusion, Input, Inputs, ModelId, Outcome, Reading,
    feel::Reference, report::ReportMeta,
};
use anyhow::{Error, Result, bail};

use crate::{
    Exit,
    args::FeelArgs,
    destination::Destination,
    device,
    find::read_target,
    inputs::{inputs, paths},
    interrupt,
    out_file::spare,
    output,
    progress::Progress,
    settings::Settings,
    table::counted,
};
use csv::Header;
use index::{Keeper, Known};
use rows::Before;
use sinks::{FileSink, Form, Plan, Screen, WRITES};

/// A target that no painting of the reference comes nearer to than this is beyond them all.
const FAR: f64 = 0.25;
/// The total while the inputs are still being counted.
const UNKNOWN: usize = usize::MAX;

pub(crate) fn run(args: &FeelArgs, settings: &Settings) -> Result<Exit> {
    let inputs = inputs(&args.inputs)?;
    let target = args
        .intend
        .as_deref()
        .map(|text| read_target(text, settings));
    let target = target.transpose()?;
    let weights = args.weight_file()?;
    let weights = weights.as_deref();
    let read: Vec<&Path> = paths(&inputs).chain(weights).collect();
    spare(settings.out.as_deref(), &read)?;
    spare(args.index.as_deref(), &read)?;
    let destination = WRITES.destination(settings.out.as_deref())?;
    if args.index.is_some() && args.index == settings.out {
        bail!("--index and --out name the same file");
    }
    if args.index.is_some() && args.say && settings.out.is_none() && !settings.json {
        bail!("--say shows nothing beside --index alone; add --json or --out");
    }
    if args.index.is_some() && args.intend.is_some() && settings.out.is_none() && !settings.json {
        bail!("--intend shows nothing beside --index alone; add --json or --out");
    }
    let views = if args.fast { 1 } else { args.views };
    let models = device::models(weights, settings).with_views(views);
    let predictor = models.predictor()?;
    let aim = target
        .map(|target| {
            let reference = Reference::for_predictor(predictor, weights)?;
            anyhow::Ok(Aim::new(target, &reference))
        })
        .transpose()?;
    if let Some(aim) = aim.as_ref().filter(|aim| aim.best() < FAR) {
        settings.summary(&format!(
            "of {} paintings the nearest reaches a match of {:.2}: no picture is near this, so go by \
             the rank",
            aim.count(),
            aim.best()
        ));
    }
    let model = predictor.model();
    // Begun before the work: a folder that cannot be written to is told at once.
    let open = |path: &Path| Keeper::open(path, model, &inputs, settings);
    let keeper = args.index.as_deref().map(open).transpose()?;
    let (file, form, rows) = match destination {
        Destination::File(path, form) => {
            let meta = ReportMeta {
                said: args.say,
                ..meta(&inputs, model, aim.is_some())
            };
            let plan = Plan {
                meta: &meta,
                header: Header {
                    intended: aim.is_some(),
                    said: args.say,
                    mark: args.bom,
                },
                same: goes_on(&inputs, settings).then(|| same(args, &inputs, model)),
            };
            let (file, rows) = FileSink::create(form, &path, &plan)?;
            (Some(file), Some(form), rows)
        }
        Destination::Screen | Destination::Folder(_) => (None, None, Before::default()),
    };
    if rows.dropped {
        settings.summary("the rows that another command has left unfinished there are gone");
    }
    settings.going_on(rows.names.len());
    let screen = Screen::of(settings, file.is_some() || args.index.is_some());
    let fresh = settings.json || file.is_some();
    if fresh && keeper.as_ref().is_some_and(|keeper| !keeper.is_empty()) {
        settings.note("every picture is read again, since its result is also shown");
    }
    let known = Known::new(keeper.as_ref(), rows, fresh)?;
    let cancel = Cancel::default();
    // A picture on standard input may be long in coming; and what is only shown is shown already.
    if (file.is_some() || keeper.is_some()) && !inputs.contains(&Input::Stdin) {
        interrupt::gently(&cancel, "stopping; what is done is kept");
    }
    let bar = Progress::new("pictures", !settings.quiet && !screen.is_on_terminal());
    let progress = Counted {
        bar: &bar,
        known: &known,
        total: Arc::new(AtomicUsize::new(UNKNOWN)),
    };
    if bar.is_wanted() {
        count(inputs.clone(), Arc::clone(&progress.total));
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
        said: args.say,
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
        cancel: cancel.clone(),
        progress: &progress,
        ..Control::default()
    };
    affetti::feel(&models, stream, &options, &control, |outcome| {
        run.take(outcome)
    })?;
    if cancel.is_cancelled() {
        return run.stopped();
    }
    run.finish(begun)
}

/// Whether a run that is stopped can be gone on with: what is on standard input or was shown is gone.
fn goes_on(inputs: &[Input], settings: &Settings) -> bool {
    !settings.json && !inputs.contains(&Input::Stdin)
}

/// What tells apart runs whose rows do not go together.
fn same(args: &FeelArgs, inputs: &[Input], model: &ModelId) -> String {
    let FeelArgs {
        intend,
        regions,
        bom,
        views,
        fast,
        say,
        ..
    } = args;
    let version = env!("CARGO_PKG_VERSION");
    let from = env::current_dir().unwrap_or_default();
    let asked = (intend, regions, bom, views, fast, say, inputs, from);
    let all = format!("{version} {} {asked:?}", model.sha256);
    affetti::weights::store::sha256(all.as_bytes())
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

    /// The end of a run that a signal ended: what is done is kept.
    fn stopped(self) -> Result<Exit> {
        self.bar.finish();
        if let Some(error) = self.error {
            return Err(error);
        }
        // Rows of runs before whose pictures were not met yet are there, too.
        let done = self.good + self.known.count().max(self.known.rows());
        if done == 0 {
            self.settings.summary("stopped before the first picture");
            return Ok(Exit::Stopped);
        }
        if let Some(keeper) = self.keeper {
            let told = keeper.finish(self.known, true)?;
            self.settings.summary(&format!("stopped: {told}"));
        }
        if let Some(file) = self.file {
            let told = file.stop()?;
            let done = counted(done, "picture");
            self.settings
                .summary(&format!("stopped: {done} felt{told}"));
        }
        Ok(Exit::Stopped)
    }

    fn finish(self, begun: Instant) -> Result<Exit> {
        self.bar.finish();
        if let Some(error) = self.error {
            return Err(error);
        }
        let exit = Exit::of(self.good + self.known.count(), self.bad);
        if let Some(keeper) = self.keeper.filter(|_| exit != Exit::NoneSucceeded) {
            self.settings.summary(&keeper.finish(self.known, false)?);
        }
        let Some(file) = self.file else {
            return Ok(exit);
        };
        let name = file.path().display().to_string();
        if exit == Exit::NoneSucceeded {
            // An earlier report is worth more than one that holds nothing.
            output::complain(&format!("no input could be felt; {name} was not written"));
            file.discard()?;
            return Ok(exit);
        }
        file.finish(&self.known.met_rows())?;
        let failed = match self.bad {
            0 => String::new(),
            n => format!(", {n} failed,"),
        };
        self.settings.summary(&format!(
            "{} felt{failed} in {:.1} s → {name}",
            counted(self.good + self.known.met_rows().len(), "picture"),
            begun.elapsed().as_secs_f64()
        ));
        Ok(exit)
    }
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

fn meta(inputs: &[Input], model: &ModelId, intended: bool) -> ReportMeta {
    let only = match inputs {
        [Input::Path(path)] => name(path),
        _ => None,
    };
    ReportMeta {
        title: only.unwrap_or_else(|| "Pictures and what they evoke".to_owned()),
        model: model.name.clone(),
        model_sha256: model.sha256.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        intended,
        said: false,
    }
}

/// The last part of a path; of `.` and the like there is none.
fn name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}
