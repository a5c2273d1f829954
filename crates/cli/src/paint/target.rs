//! Where painted pictures go: a folder, a sheet, or an animation.

use std::{fs, path::PathBuf};

use affetti::{
    PaintOptions, Painted,
    paint::{Wish, brush::Painting, generator::Seedling, sheet::grid, wish::Kind},
    picture::Picture,
    sized,
};
use anyhow::{Result, bail};

use super::{TOGETHER, named, source::Source};
use crate::{
    Exit,
    args::{BrushArg, PaintArgs},
    destination::{Destination, Writes},
    out_file::{OutFile, cannot_write, put},
    output,
    settings::Settings,
};

/// The folder of pictures where none is named.
const FOLDER: &str = "painted";
/// Frames from one picture to the next.
const FRAMES: usize = 16;
/// Hundredths of a second of a frame.
const DELAY: u16 = 8;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A file for each picture.
    Files,
    /// All on one.
    Sheet,
    /// A way from each to the next.
    Animation,
    /// Strokes.
    Svg,
}

const WRITES: Writes<Form> = Writes {
    files: &[
        ("png", Form::Sheet),
        ("gif", Form::Animation),
        ("svg", Form::Svg),
    ],
    plain: Form::Sheet,
    folder: true,
};

/// Takes pictures as they come.
#[derive(Debug)]
pub(super) struct Target {
    form: Form,
    path: PathBuf,
    json: bool,
    /// Those of a sheet.
    kept: Vec<Picture>,
    /// What the file says inside, where it is of one picture.
    note: Option<String>,
    sheet: bool,
}

impl Target {
    /// Told before the work: what cannot be written.
    pub(super) fn new(args: &PaintArgs, settings: &Settings, count: u64) -> Result<Self> {
        let (form, path) = match WRITES.destination(settings.out.as_deref())? {
            Destination::Screen => (Form::Files, PathBuf::from(FOLDER)),
            Destination::Folder(path) => (Form::Files, path),
            Destination::File(path, form) => (form, path),
        };
        if form == Form::Svg && args.brush == BrushArg::None {
            bail!(
                "--out {}: only strokes can be an SVG; add --brush oil",
                path.display()
            );
        }
        if form == Form::Svg && count > 1 {
            bail!("--out {}: one picture fits; name a folder", path.display());
        }
        let sheet = args.grid && form == Form::Files;
        if (sheet || form != Form::Files) && count > TOGETHER {
            bail!(
                "{count} pictures are too many for one file; at most {TOGETHER} fit, a folder takes any number"
            );
        }
        if args.to.is_some() && form != Form::Animation {
            bail!(
                "--to shows a way from one feeling to another: name a file for it, --out FILE.gif"
            );
        }
        if form == Form::Files {
            fs::create_dir_all(&path).map_err(|error| cannot_write(&path, &error))?;
            drop(OutFile::create(&path.join(".affetti-probe"))?);
        } else {
            drop(OutFile::create(&path)?);
        }
        Ok(Self {
            form,
            path,
            json: settings.json,
            kept: Vec::new(),
            note: None,
            sheet,
        })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// One more picture.
    pub(super) fn take(&mut self, painted: &Painted, strokes: Option<&Painting>) -> Result<()> {
        let mut file = self.path.clone();
        if self.form == Form::Files {
            file.push(format!("{}.png", name(painted)));
            put(&file, &painted.png())?;
        }
        if let (Form::Svg, Some(strokes)) = (self.form, strokes) {
            put(&file, strokes.svg(&painted.asked.line(None)).as_bytes())?;
        }
        if self.json {
            let line = painted.asked.line(Some(&file.display().to_string()));
            output::print(&format!("{line}\n"))?;
        }
        if self.form == Form::Sheet || self.sheet {
            self.note = Some(painted.asked.line(None));
            self.kept.push(painted.picture.clone());
        }
        Ok(())
    }

    /// Writes what all pictures make together; in words, where they are.
    pub(super) fn finish(&self) -> Result<String> {
        let sheet = || grid(&self.kept, columns(self.kept.len()));
        match self.form {
            Form::Sheet => match (&self.kept[..], &self.note) {
                ([picture], Some(note)) => {
                    put(&self.path, &picture.encode_png_with(affetti::NOTE, note))?;
                }
                _ => put(&self.path, &sheet().encode_png())?,
            },
            Form::Files if self.sheet => put(&self.path.join("sheet.png"), &sheet().encode_png())?,
            Form::Files | Form::Animation | Form::Svg => {}
        }
        let slash = if self.form == Form::Files { "/" } else { "" };
        let path = self.path.display().to_string();
        Ok(format!("{}{slash}", path.trim_end_matches('/')))
    }

    /// Writes an animation.
    pub(super) fn put(&self, frames: &[Picture], count: u64, settings: &Settings) -> Result<Exit> {
        put(&self.path, &affetti::paint::animation::gif(frames, DELAY))?;
        let path = self.path.display();
        settings.summary(&format!(
            "{} frames of {count} pictures \u{2192} {path}",
            frames.len()
        ));
        Ok(Exit::Done)
    }
}

/// Columns of a sheet: a little wider than high.
fn columns(count: usize) -> usize {
    (1..=count).find(|n| n * n >= count).unwrap_or(1).max(1)
}

/// What a picture is called: what was asked, and its seed.
fn name(painted: &Painted) -> String {
    let asked = &painted.asked;
    let kinds = [Kind::Genre, Kind::Artist];
    let subject = kinds.iter().find_map(|kind| asked.subject(*kind));
    let subject = subject.or_else(|| asked.subject(Kind::Style));
    let words = [subject, asked.emotion()];
    let mut name: Vec<String> = words.into_iter().flatten().map(plain).collect();
    name.push(format!("{:06}", asked.seed));
    name.join("-")
}

/// Letters and digits that every file system takes.
fn plain(word: &str) -> String {
    let good = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    word.chars().map(good).collect()
}

/// The frames of a way through the pictures of all seeds and back to the first, or from one feeling to
/// another with the same noise and back.
pub(super) fn animation(
    source: &Source,
    options: &PaintOptions,
    args: &PaintArgs,
) -> Result<Vec<Picture>> {
    let generator = &source.generator;
    let at = |wish: &Wish, seed: u64| -> Result<Seedling> {
        let choices = generator.choices(wish)?;
        Ok(generator.seedling(seed, options.truncation, &choices).0)
    };
    let stations: Vec<Seedling> = match &args.to {
        Some(to) => {
            let other = Wish {
                feeling: named(to)?,
                ..options.wish.clone()
            };
            vec![at(&options.wish, options.seed)?, at(&other, options.seed)?]
        }
        None if options.count < 2 => {
            bail!("a GIF goes from picture to picture: ask for at least 2, or add --to EMOTION")
        }
        None => {
            let seeds = (0..options.count).map(|n| options.seed.wrapping_add(n));
            let stations: Result<_> = seeds.map(|seed| at(&options.wish, seed)).collect();
            stations?
        }
    };
    let mut frames = Vec::new();
    for (n, from) in stations.iter().enumerate() {
        let to = &stations[(n + 1) % stations.len()];
        let steps: Vec<Seedling> = (0..FRAMES)
            .map(|step| from.toward(to, eased(step as f32 / FRAMES as f32)))
            .collect();
        let pictures = generator.paint(&steps).into_iter();
        frames.extend(pictures.map(|picture| sized(picture, options.size)));
    }
    Ok(frames)
}

/// Slow at both ends.
fn eased(part: f32) -> f32 {
    part * part * (3.0 - 2.0 * part)
}
