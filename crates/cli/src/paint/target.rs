//! Where painted pictures go: a folder, a sheet, or an animation.

use std::{
    fs,
    path::{Path, PathBuf},
};

use affetti::{
    Control, PaintOptions, Painted, TURN_DELAY, TURN_FRAMES, feeling_named,
    paint::{animation::gif, brush::Painting, sheet::grid},
    picture::Picture,
    turning,
};
use anyhow::{Result, bail};

use super::{TOGETHER, source::Source};
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
/// Pixels of a file.
const MOST_PIXELS: u64 = 160_000_000;

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
    /// What files say inside.
    command: String,
    /// How they are called.
    stem: String,
    sheet: bool,
}

impl Target {
    /// Told before the work: what cannot be written.
    pub(super) fn new(
        args: &PaintArgs,
        settings: &Settings,
        (count, side): (u64, u32),
        stem: &str,
    ) -> Result<Self> {
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
        let frames = if form == Form::Animation {
            TURN_FRAMES
        } else {
            1
        };
        let pixels = count.saturating_mul(frames * u64::from(side).pow(2));
        if (sheet || form != Form::Files) && (count > TOGETHER || pixels > MOST_PIXELS) {
            bail!(
                "{count} pictures of {side} pixels are too much for one file; a folder takes any number"
            );
        }
        if form == Form::Animation && args.brush != BrushArg::None {
            bail!("--out {}: no brush for animations", path.display());
        }
        if args.to.is_some() && count > 1 {
            bail!("--to goes from one picture to the same in another feeling: ask for one");
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
            command: String::new(),
            stem: plain(stem),
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
            file.push(format!("{}-{:06}.png", self.stem, painted.asked.seed));
            mine(&file)?;
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
            if self.kept.is_empty() {
                self.command = painted.asked.line(None);
            }
            self.kept.push(painted.picture.clone());
        }
        Ok(())
    }

    /// Writes what all pictures make together; in words, where they are.
    pub(super) fn finish(&self) -> Result<String> {
        let sheet = || grid(&self.kept, columns(self.kept.len()));
        match self.form {
            // The note of a sheet is that of its first picture.
            Form::Sheet if self.kept.len() == 1 => self.sheet(&self.path, &self.kept[0])?,
            Form::Sheet => self.sheet(&self.path, &sheet())?,
            Form::Files if self.sheet => self.sheet(&self.path.join("sheet.png"), &sheet())?,
            Form::Files | Form::Animation | Form::Svg => {}
        }
        let slash = if self.form == Form::Files { "/" } else { "" };
        let path = self.path.display().to_string();
        Ok(format!("{}{slash}", path.trim_end_matches('/')))
    }

    fn sheet(&self, path: &Path, picture: &Picture) -> Result<()> {
        mine(path)?;
        put(path, &picture.encode_png_with(affetti::NOTE, &self.command))
    }

    /// Writes an animation.
    pub(super) fn put(&self, frames: &[Picture], count: u64, settings: &Settings) -> Result<Exit> {
        let file = gif(frames, TURN_DELAY, &|| false).unwrap_or_default();
        put(&self.path, &file)?;
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

/// Refuses to take the place of a picture that is not one of ours.
fn mine(path: &Path) -> Result<()> {
    // What cannot be read is told when it is written.
    let there = fs::read(path).unwrap_or_default();
    let note = affetti::NOTE.as_bytes();
    if !there.is_empty() && !there.windows(note.len()).any(|part| part == note) {
        bail!(
            "{}: that is a picture of yours; name another folder",
            path.display()
        );
    }
    Ok(())
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

/// The frames of a way from picture to picture, or from one feeling to another.
pub(super) fn animation(
    source: &Source,
    options: &PaintOptions,
    args: &PaintArgs,
) -> Result<Vec<Picture>> {
    let to = args.to.as_deref().map(feeling_named).transpose()?;
    if to.is_none() && options.count < 2 {
        bail!("a GIF goes from picture to picture: ask for at least 2, or add --to EMOTION");
    }
    Ok(turning(
        &source.generator,
        options,
        to,
        &Control::default(),
    )?)
}
