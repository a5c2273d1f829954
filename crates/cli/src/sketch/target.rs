//! Where drawings go: standard output, one file, or a folder.

use std::{fs, path::PathBuf};

use affetti::{
    Failure, Input, Sketched, sheet,
    sketch::{
        Sketch, exact,
        export::{Metadata, animated_svg, dxf, gif, json, pdf, svg},
    },
};
use anyhow::{Result, bail};

use crate::{
    args::{SketchArgs, SketchFormat as Format},
    destination::{Destination, Writes},
    inputs::is_many,
    mirror::Mirror,
    out_file::{OutFile, cannot_write, put},
    output,
    settings::Settings,
    table::counted,
};

const WRITES: Writes<Format> = Writes {
    files: &[
        ("svg", Format::Svg),
        ("png", Format::Png),
        ("pdf", Format::Pdf),
        ("dxf", Format::Dxf),
        ("gif", Format::Gif),
        ("json", Format::Json),
        ("html", Format::Html),
        ("htm", Format::Html),
    ],
    plain: Format::Svg,
    folder: true,
};

#[derive(Debug)]
enum To {
    Screen,
    File(PathBuf, Format),
    Folder(PathBuf, Mirror),
}

/// Takes drawings as they come.
#[derive(Debug)]
pub(super) struct Target {
    to: To,
    json: bool,
    formats: Vec<Format>,
}

impl Target {
    /// Told before the work: what cannot be written.
    pub(super) fn new(args: &SketchArgs, settings: &Settings, inputs: &[Input]) -> Result<Self> {
        let many = is_many(inputs);
        let to = match WRITES.destination(settings.out.as_deref())? {
            Destination::Screen => {
                let more = many || args.sweep.len() > 1;
                if more && !settings.json {
                    bail!("several drawings need --out FOLDER, or --json");
                }
                if args.formats != [Format::Svg] {
                    bail!("--formats needs --out FOLDER");
                }
                To::Screen
            }
            Destination::File(path, format) => {
                let refuse = |what: &str| bail!("--out {}: {what}", path.display());
                if many {
                    return refuse("several pictures need a folder");
                }
                if args.sweep.len() > 1 && format != Format::Html {
                    return refuse("several levels need a folder or a .html");
                }
                if args.formats != [Format::Svg] {
                    return refuse("--formats is for a folder; here the extension says the format");
                }
                drop(OutFile::create(&path)?);
                To::File(path, format)
            }
            Destination::Folder(path) => {
                fs::create_dir_all(&path).map_err(|error| cannot_write(&path, &error))?;
                // A folder that takes no file is told before the work.
                drop(OutFile::create(&path.join(".affetti-probe"))?);
                let mirror = Mirror::new(&path, inputs);
                To::Folder(path, mirror)
            }
        };
        Ok(Self {
            to,
            json: settings.json,
            formats: args.formats.clone(),
        })
    }

    pub(super) fn failed(&self, failure: &Failure) -> Result<()> {
        if self.json {
            return output::print(&output::line(failure)?);
        }
        Ok(())
    }

    pub(super) fn write(&mut self, sketched: &Sketched, args: &SketchArgs) -> Result<()> {
        let mut svgs: Vec<String> = Vec::new();
        match &mut self.to {
            To::Screen => {
                for (sketch, metadata) in &sketched.levels {
                    svgs.push(svg(&sketch.drawing, Some(metadata)));
                }
                if !self.json {
                    return output::print(&svgs.concat());
                }
            }
            To::File(path, format) => {
                for level in &sketched.levels {
                    put(path, &bytes(*format, level, sketched, args.size)?)?;
                    svgs.push(path.display().to_string());
                    if *format == Format::Html {
                        svgs.resize(sketched.levels.len(), path.display().to_string());
                        break;
                    }
                }
            }
            To::Folder(_, mirror) => {
                let place = mirror.place(&sketched.path.to_path())?;
                for level in &sketched.levels {
                    let number = match sketched.levels.len() {
                        1 => String::new(),
                        _ => format!("-{}", level.1.strokes),
                    };
                    let mut first = None;
                    for &format in &self.formats {
                        let whole = format == Format::Html;
                        let number = if whole { "" } else { &number };
                        let mut path = place.clone().into_os_string();
                        path.push(format!("{number}.{}", extension(format)));
                        let path = PathBuf::from(path);
                        put(&path, &bytes(format, level, sketched, args.size)?)?;
                        first.get_or_insert(path);
                    }
                    svgs.push(first.unwrap_or_default().display().to_string());
                }
            }
        }
        if self.json {
            for (level, svg) in svgs.iter().enumerate() {
                output::print(&(sketched.json(level, svg) + "\n"))?;
            }
        }
        Ok(())
    }

    pub(super) fn summary(&self, good: usize, bad: usize, settings: &Settings) {
        let to = match &self.to {
            To::Screen => return,
            To::File(path, _) if good == 0 => {
                let path = path.display();
                let told = format!("no picture could be drawn; {path} was not written");
                return output::complain(&told);
            }
            To::File(path, _) | To::Folder(path, _) => path.display(),
        };
        let pictures = counted(good, "picture");
        let failed = if bad == 0 {
            String::new()
        } else {
            format!(", {bad} failed")
        };
        settings.summary(&format!("{pictures} drawn{failed} → {to}"));
    }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Svg => "svg",
        Format::AnimatedSvg => "animated.svg",
        Format::Png => "png",
        Format::Pdf => "pdf",
        Format::Dxf => "dxf",
        Format::Gif => "gif",
        Format::Json => "json",
        Format::Html => "html",
    }
}

fn bytes(
    format: Format,
    level: &(Sketch, Metadata),
    sketched: &Sketched,
    size: u32,
) -> Result<Vec<u8>> {
    let (Sketch { drawing, .. }, metadata) = level;
    Ok(match format {
        Format::Svg => svg(drawing, Some(metadata)).into_bytes(),
        Format::AnimatedSvg => animated_svg(drawing, Some(metadata)).into_bytes(),
        Format::Png => {
            let scale = size as f32 / drawing.width.max(drawing.height);
            exact::render(drawing, scale)?.encode_png()
        }
        Format::Pdf => pdf(drawing),
        Format::Dxf => dxf(drawing).into_bytes(),
        Format::Gif => gif(drawing, (size / 2).min(2048))?,
        Format::Json => json(drawing, Some(metadata)).into_bytes(),
        Format::Html => sheet(sketched).into_bytes(),
    })
}
