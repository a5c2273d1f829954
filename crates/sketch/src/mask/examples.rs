//! Pictures with the teacher's map of each.
//!
//! - **Layout** `MAPS/{paintings,oasis,bsds500,met}/ID.png`, 8-bit gray of any size, stretched over
//!   the whole picture; `peers/u2netp_maps.py` makes them.
//! - **Output** [`Example`]s, by the splits of their sets: what a mask network learns from, what
//!   chooses its epoch, and what is held out.
//! - **Deviation** pictures without a map are left out.

use std::path::{Path, PathBuf};

use affetti_data::{Limits, Split, bsds, oasis, paintings};
use affetti_picture::{DecodeOptions, Picture, read};

use crate::error::SketchError;

/// What an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The split train of paintings and OASIS, and BSDS500 train.
    Learn,
    /// The split val of paintings and OASIS.
    Choose,
    /// The split test of paintings and OASIS, BSDS500 val, and all of `met`.
    Held,
}

/// A picture and its map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// `paintings`, `oasis`, `bsds500` or `met`.
    pub set: &'static str,
    /// The picture.
    pub picture: PathBuf,
    /// The map.
    pub map: PathBuf,
}

/// A teacher's map.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherMap {
    /// In pixels, at least 1.
    pub width: usize,
    /// In pixels, at least 1.
    pub height: usize,
    /// Row by row, 0..=1.
    pub values: Vec<f32>,
}

/// The examples of one use below `data`, with maps below `maps`.
///
/// # Errors
/// Sets that cannot be read; [`SketchError::NoExamples`] where no picture has a map.
pub fn examples(data: &Path, maps: &Path, wanted: Use) -> Result<Vec<Example>, SketchError> {
    let limits = Limits::default();
    let split = match wanted {
        Use::Learn => Split::Train,
        Use::Choose => Split::Val,
        Use::Held => Split::Test,
    };
    let mut found: Vec<(&'static str, PathBuf)> = Vec::new();
    let painted = paintings::read(&data.join("paintings/labelled.csv"), &limits)?.rows;
    let painted = painted.into_iter().filter(|p| p.split == split);
    found.extend(painted.map(|p| ("paintings", p.file)));
    let photos = oasis::read(&data.join("oasis/oasis.csv"), &limits)?.rows;
    let photos = photos.into_iter().filter(|p| p.split == split);
    found.extend(photos.map(|p| ("oasis", p.file)));
    let part = match wanted {
        Use::Learn => Some(bsds::Part::Train),
        Use::Choose => None,
        Use::Held => Some(bsds::Part::Val),
    };
    if let Some(part) = part {
        let photos = bsds::read(&data.join("bsds500"), part)?;
        found.extend(photos.into_iter().map(|p| ("bsds500", p.picture)));
    }
    if wanted == Use::Held {
        found.extend(
            folder(&data.join("met/images"))?
                .into_iter()
                .map(|p| ("met", p)),
        );
    }
    let examples: Vec<Example> = found
        .into_iter()
        .filter_map(|(set, picture)| {
            let name = picture.file_stem()?.to_str()?;
            let map = maps.join(set).join(format!("{name}.png"));
            let example = Example { set, picture, map };
            (example.picture.is_file() && example.map.is_file()).then_some(example)
        })
        .collect();
    if examples.is_empty() {
        return Err(SketchError::NoExamples {
            folder: maps.to_owned(),
        });
    }
    Ok(examples)
}

/// The JPEG files of a folder by name.
fn folder(path: &Path) -> Result<Vec<PathBuf>, SketchError> {
    let io = |source| SketchError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        if file.extension().is_some_and(|e| e == "jpg") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

impl Example {
    /// Picture and map.
    ///
    /// # Errors
    /// Files that are no pictures.
    pub fn open(&self) -> Result<(Picture, TeacherMap), SketchError> {
        let options = DecodeOptions::default();
        let picture = read(&self.picture, &options)?;
        let map = read(&self.map, &options)?;
        let values = map.pixels().iter().step_by(3);
        let map = TeacherMap {
            width: map.width() as usize,
            height: map.height() as usize,
            values: values.map(|v| f32::from(*v) / 255.0).collect(),
        };
        Ok((picture, map))
    }
}

impl TeacherMap {
    /// Whether the teacher sees one clear object: at most a tenth of the pixels is between .1 and
    /// .9, and the object covers 2 to 80 %.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        let share = |good: &dyn Fn(f32) -> bool| {
            let count = self.values.iter().filter(|v| good(**v)).count();
            count as f64 / self.values.len().max(1) as f64
        };
        let object = share(&|v| v >= 0.5);
        share(&|v| (0.1..0.9).contains(&v)) <= 0.1 && (0.02..=0.8).contains(&object)
    }
}

#[cfg(test)]
mod tests {
    use super::TeacherMap;

    #[test]
    fn what_is_definite() {
        let map = |values: Vec<f32>| TeacherMap {
            width: 10,
            height: values.len() / 10,
            values,
        };
        let mut values = vec![0.0; 100];
        values[..30].fill(1.0);
        assert!(map(values.clone()).is_definite());
        values[30..45].fill(0.4);
        assert!(!map(values).is_definite());
        assert!(!map(vec![0.0; 100]).is_definite());
        assert!(!map(vec![1.0; 100]).is_definite());
    }
}
