//! `affetti regions`: pictures in, affective regions out.

use std::{
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use affetti::{
    Control, Drawings, Input, Inputs, Outcome, RegionsOptions, RegionsReading,
    card::regions_card,
    regions::{
        RegionWay,
        affective::Normalization,
        edges::Edges,
        find::{Classes, Options},
        npy,
        proposals::{self, propose},
    },
};
use anyhow::{Error, Result, bail};
use serde::Serialize;

use crate::{
    Exit,
    args::{ClassesArg, ObjNorm, RegionsArgs},
    destination::{Destination, Writes},
    device,
    inputs::{inputs, is_many, paths},
    mirror::Mirror,
    out_file::{OutFile, cannot_write, put, spare},
    output,
    progress::Progress,
    settings::Settings,
    table::counted,
    terminal,
};

pub(crate) fn run(args: &RegionsArgs, settings: &Settings) -> Result<Exit> {
    if let Some(edges) = &args.edges {
        return proposals_of_maps(edges, args, settings);
    }
    if args.proposals_json || args.orientation.is_some() {
        bail!("--proposals-json and --orientation go with --edges");
    }
    let inputs = inputs(&args.inputs)?;
    let read: Vec<&Path> = paths(&inputs).collect();
    spare(settings.out.as_deref(), &read)?;
    let destination = WRITES.destination(settings.out.as_deref())?;
    let options = options(args, &destination)?;
    let models = device::models(args.weights.as_deref(), settings);
    models.predictor()?;
    let bar = Progress::new("pictures", !settings.quiet && settings.out.is_some());
    let mut run = Run {
        settings,
        shown: args.top,
        out: Out::create(destination, &inputs)?,
        bar: &bar,
        begun: false,
        good: 0,
        bad: 0,
        error: None,
    };
    let control = Control {
        progress: &bar,
        ..Control::default()
    };
    let stream = Inputs::new(inputs);
    affetti::regions(&models, stream, &options, &control, |outcome| {
        run.take(outcome)
    })?;
    run.finish()
}

/// Settings from arguments, refused before any work.
fn options(args: &RegionsArgs, to: &Destination<File>) -> Result<RegionsOptions> {
    let find = Options {
        alpha: args.alpha,
        normalization: match args.obj_norm {
            ObjNorm::Raw => Normalization::Raw,
            ObjNorm::Max => Normalization::Max,
            ObjNorm::Minmax => Normalization::MinMax,
        },
        classes: match args.classes {
            ClassesArg::Two => Classes::Two,
            ClassesArg::Nine => Classes::Nine,
        },
        way: if args.crops {
            RegionWay::Crop
        } else {
            RegionWay::default()
        },
        ..Options::default()
    };
    if !(0.0..=1.0).contains(&args.alpha) {
        bail!("--alpha is {}, it has to be 0 to 1", args.alpha);
    }
    Ok(RegionsOptions {
        find,
        drawings: !matches!(to, Destination::Screen | Destination::File(_, File::Lines)),
        shown: args.top,
        ..RegionsOptions::default()
    })
}

/// Raw proposals of given maps, for comparison with other programs.
fn proposals_of_maps(edges: &Path, args: &RegionsArgs, settings: &Settings) -> Result<Exit> {
    let Some(orientation) = &args.orientation else {
        bail!("--edges needs --orientation, a map of the same size");
    };
    if !args.proposals_json {
        bail!("maps have proposals but no feelings: add --proposals-json, or give pictures");
    }
    if !args.inputs.is_empty() {
        bail!("give pictures or --edges, not both");
    }
    spare(settings.out.as_deref(), &[edges, orientation])?;
    LINES.destination(settings.out.as_deref())?;
    let maps = Edges {
        strength: npy::read(edges)?,
        orientation: npy::read(orientation)?,
    };
    let found = propose(&maps, &proposals::Params::default().check()?)?;
    let line = serde_json::json!({ "proposals": found }).to_string() + "\n";
    output::emit(settings, &line)?;
    Ok(Exit::Done)
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    Lines,
    Svg,
    Png,
}

const WRITES: Writes<File> = Writes {
    files: &[
        ("jsonl", File::Lines),
        ("json", File::Lines),
        ("svg", File::Svg),
        ("png", File::Png),
    ],
    plain: File::Lines,
    folder: true,
};

const LINES: Writes<File> = Writes {
    files: &[("jsonl", File::Lines), ("json", File::Lines)],
    plain: File::Lines,
    folder: false,
};

/// Where results go.
enum Out {
    /// A card or a line per picture on standard output.
    Screen,
    /// JSON Lines in a file.
    Lines(Box<OutFile>, PathBuf),
    /// The drawing of one picture.
    One(PathBuf, File),
    /// Drawings in a folder.
    Folder(PathBuf, Mirror),
}

impl Out {
    fn create(to: Destination<File>, inputs: &[Input]) -> Result<Self> {
        Ok(match to {
            Destination::Screen => Self::Screen,
            Destination::File(path, File::Lines) => {
                Self::Lines(Box::new(OutFile::create(&path)?), path)
            }
            Destination::File(path, form) => {
                if is_many(inputs) {
                    bail!("--out {}: several pictures need a folder", path.display());
                }
                drop(OutFile::create(&path)?);
                Self::One(path, form)
            }
            Destination::Folder(path) => {
                fs::create_dir_all(&path).map_err(|error| cannot_write(&path, &error))?;
                let mirror = Mirror::new(&path, inputs);
                Self::Folder(path, mirror)
            }
        })
    }
}

struct Run<'a> {
    settings: &'a Settings,
    shown: usize,
    out: Out,
    bar: &'a Progress,
    begun: bool,
    good: usize,
    bad: usize,
    error: Option<Error>,
}

impl Run<'_> {
    fn take(&mut self, outcome: Outcome<RegionsReading>) -> ControlFlow<()> {
        let written = match outcome {
            Outcome::Note(note) => {
                if self.settings.verbose {
                    self.bar.say(&note);
                }
                return ControlFlow::Continue(());
            }
            Outcome::Failed(failure) => {
                self.bad += 1;
                self.bar.complain(&failure.to_string());
                self.line(&failure)
            }
            Outcome::Done(reading) => {
                self.good += 1;
                self.show(&reading)
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

    fn show(&mut self, reading: &RegionsReading) -> Result<()> {
        match (&mut self.out, &reading.drawings) {
            (Out::Folder(_, mirror), Some(drawings)) => {
                save(&mirror.place(&reading.path.to_path())?, drawings)?;
            }
            (Out::One(path, File::Png), Some(drawings)) => put(path, &drawings.annotated)?,
            (Out::One(path, _), Some(drawings)) => put(path, drawings.svg.as_bytes())?,
            _ => {}
        }
        self.line(reading)?;
        let to_screen = !self.settings.json && matches!(self.out, Out::Screen);
        if to_screen {
            let gap = if self.begun { "\n" } else { "" };
            self.begun = true;
            let text = regions_card(reading, &terminal::card_style(), self.shown);
            output::print(&format!("{gap}{text}"))?;
        }
        Ok(())
    }

    /// A line of JSON where one is wanted.
    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        if let Out::Lines(file, path) = &mut self.out {
            file.write_all(output::line(value)?.as_bytes())
                .map_err(|error| cannot_write(path, &error))?;
        }
        if self.settings.json {
            output::print(&output::line(value)?)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Exit> {
        self.bar.finish();
        if let Some(error) = self.error {
            return Err(error);
        }
        let exit = Exit::of(self.good, self.bad);
        match self.out {
            Out::Screen => {}
            Out::Lines(file, _) if exit != Exit::NoneSucceeded => file.commit()?,
            Out::Lines(_, path) | Out::One(path, _) if exit == Exit::NoneSucceeded => {
                output::complain(&format!("no regions; {} was not written", path.display()))
            }
            Out::Lines(..) => {}
            Out::One(path, _) | Out::Folder(path, _) => {
                let pictures = counted(self.good, "picture");
                self.settings
                    .summary(&format!("{pictures} → {}", path.display()));
            }
        }
        Ok(exit)
    }
}

/// Three files a picture, whole or not at all; `place` is their path without endings.
fn save(place: &Path, drawings: &Drawings) -> Result<()> {
    let files: [(&str, &[u8]); 3] = [
        ("regions.png", &drawings.annotated),
        ("regions.svg", drawings.svg.as_bytes()),
        ("figure.png", &drawings.figure),
    ];
    for (ending, bytes) in files {
        let mut path = place.as_os_str().to_owned();
        path.push(format!(".{ending}"));
        put(path.as_ref(), bytes)?;
    }
    Ok(())
}
