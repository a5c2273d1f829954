//! Where drawings go: standard output, one file, or a folder.

use std::{
    collections::HashSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

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
    out_file::{OutFile, cannot_write},
    output,
    settings::Settings,
};

#[derive(Debug)]
enum To {
    Screen,
    File(PathBuf, Format),
    Folder(PathBuf),
}

/// Takes drawings as they come.
#[derive(Debug)]
pub(super) struct Target {
    to: To,
    json: bool,
    formats: Vec<Format>,
    /// Names that are taken: two folders may hold pictures of one name.
    taken: HashSet<String>,
}

impl Target {
    /// Told before the work: what cannot be written.
    pub(super) fn new(args: &SketchArgs, settings: &Settings, inputs: &[Input]) -> Result<Self> {
        let many = inputs.len() > 1
            || inputs
                .iter()
                .any(|i| matches!(i, Input::Path(p) if p.is_dir()));
        let to = match &settings.out {
            None => {
                let more = many || args.sweep.len() > 1;
                if more && !settings.json {
                    bail!("several drawings need --out FOLDER, or --json");
                }
                if args.formats != [Format::Svg] {
                    bail!("--formats needs --out FOLDER");
                }
                To::Screen
            }
            Some(path) => match format_of(path) {
                Some(format) if !path.is_dir() => {
                    if many {
                        bail!("--out {}: several pictures need a folder", path.display());
                    }
                    if args.sweep.len() > 1 && format != Format::Html {
                        bail!(
                            "--out {}: several levels need a folder or a .html",
                            path.display()
                        );
                    }
                    drop(OutFile::create(path)?);
                    To::File(path.clone(), format)
                }
                _ => {
                    fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))?;
                    // A folder that takes no file is told before the work.
                    drop(OutFile::create(&path.join(".affetti-probe"))?);
                    To::Folder(path.clone())
                }
            },
        };
        Ok(Self {
            to,
            json: settings.json,
            formats: args.formats.clone(),
            taken: HashSet::new(),
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
        match &self.to {
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
            To::Folder(folder) => {
                let stem = free_name(&sketched.path, &mut self.taken);
                for level in &sketched.levels {
                    let name = if sketched.levels.len() > 1 {
                        format!("{stem}-{}", level.1.strokes)
                    } else {
                        stem.clone()
                    };
                    let mut first = None;
                    for &format in &self.formats {
                        let whole = format == Format::Html;
                        let base = if whole { &stem } else { &name };
                        let path = folder.join(format!("{base}.{}", extension(format)));
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
            To::File(path, _) | To::Folder(path) => path.display(),
        };
        let unit = if good == 1 { "picture" } else { "pictures" };
        let failed = if bad == 0 {
            String::new()
        } else {
            format!(", {bad} failed")
        };
        settings.summary(&format!("{good} {unit} drawn{failed} → {to}"));
    }
}

fn format_of(path: &Path) -> Option<Format> {
    Some(match output::extension(path).as_str() {
        "svg" => Format::Svg,
        "png" => Format::Png,
        "pdf" => Format::Pdf,
        "dxf" => Format::Dxf,
        "gif" => Format::Gif,
        "json" => Format::Json,
        "html" | "htm" => Format::Html,
        _ => return None,
    })
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

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OutFile::create(path)?;
    file.write_all(bytes)
        .map_err(|error| cannot_write(path, &error))?;
    file.commit()
}

/// The picture's name without its extension, with a number where that is taken.
fn free_name(path: &str, taken: &mut HashSet<String>) -> String {
    let stem = Path::new(path)
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned());
    let stem = stem
        .filter(|s| s != "-")
        .unwrap_or_else(|| "sketch".to_owned());
    let mut name = stem.clone();
    let mut n = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{stem}-{n}");
        n += 1;
    }
    name
}
