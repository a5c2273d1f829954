//! `affetti regions`: pictures in, affective regions out.

use std::{
    collections::HashSet,
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use affetti::{
    Control, Drawings, Inputs, Outcome, RegionsOptions, RegionsReading, STDIN,
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
    device,
    inputs::{inputs, paths},
    out_file::{OutFile, cannot_write, spare},
    output,
    progress::Progress,
    settings::Settings,
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
    let options = options(args, settings)?;
    let models = device::models(args.weights.as_deref(), settings);
    models.predictor()?;
    let bar = Progress::new("pictures", !settings.quiet && settings.out.is_some());
    let mut run = Run {
        settings,
        shown: args.top,
        out: Out::create(settings)?,
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
fn options(args: &RegionsArgs, settings: &Settings) -> Result<RegionsOptions> {
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
        drawings: settings.out.is_some() && !settings.wants_json_file(),
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
    let maps = Edges {
        strength: npy::read(edges)?,
        orientation: npy::read(orientation)?,
    };
    let found = propose(&maps, &proposals::Params::default().check()?)?;
    let line = serde_json::json!({ "proposals": found }).to_string() + "\n";
    output::emit(settings, &line)?;
    Ok(Exit::Done)
}

/// Where results go.
enum Out {
    /// A card or a line per picture on standard output.
    Screen,
    /// JSON Lines in a file.
    Lines(Box<OutFile>, PathBuf),
    /// Drawings in a folder, and the names taken there.
    Folder(PathBuf, HashSet<String>),
}

impl Out {
    fn create(settings: &Settings) -> Result<Self> {
        let Some(path) = &settings.out else {
            return Ok(Self::Screen);
        };
        if settings.wants_json_file() {
            return Ok(Self::Lines(Box::new(OutFile::create(path)?), path.clone()));
        }
        fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self::Folder(path.clone(), HashSet::new()))
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
        if let (Out::Folder(folder, taken), Some(drawings)) = (&mut self.out, &reading.drawings) {
            save(folder, taken, &reading.path, drawings)?;
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
            Out::Lines(_, path) => {
                output::complain(&format!("no regions; {} was not written", path.display()))
            }
            Out::Folder(folder, _) => {
                self.settings
                    .summary(&format!("{} pictures → {}", self.good, folder.display()))
            }
        }
        Ok(exit)
    }
}

/// Three files a picture, whole or not at all.
fn save(folder: &Path, taken: &mut HashSet<String>, path: &str, drawings: &Drawings) -> Result<()> {
    let stem = if path == STDIN {
        "stdin".to_owned()
    } else {
        let stem = Path::new(path).file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    };
    // Pictures of one name from two folders must not take each other's place.
    let name = (1_usize..)
        .map(|n| match n {
            1 => stem.clone(),
            n => format!("{stem}-{n}"),
        })
        .find(|name| taken.insert(name.clone()))
        .unwrap_or(stem);
    let files: [(&str, &[u8]); 3] = [
        ("regions.png", &drawings.annotated),
        ("regions.svg", drawings.svg.as_bytes()),
        ("figure.png", &drawings.figure),
    ];
    for (ending, bytes) in files {
        let path = folder.join(format!("{name}.{ending}"));
        let mut file = OutFile::create(&path)?;
        file.write_all(bytes)
            .map_err(|error| cannot_write(&path, &error))?;
        file.commit()?;
    }
    Ok(())
}
