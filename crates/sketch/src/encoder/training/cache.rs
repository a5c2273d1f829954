//! What is computed once of each picture, kept in the run folder.
//!
//! - **Computes** what the teacher says of it as a whole and cell by cell; the picture in gray and
//!   its edge strength on squares of [`SIDE`] pixels; curves traced at four levels.
//! - **Layout** `lines.bin`: a line that names the settings behind it, then records of little-endian
//!   numbers. A file of other settings, or a damaged one, is made anew.
//! - **Deviation** small paintings are enlarged to twice their size for the edge network, which
//!   learned from photographs of about 500 pixels.

use std::sync::atomic::{AtomicUsize, Ordering};

use affetti_ground::write_whole;
use affetti_nets::efficientnet_lite::{Cells, EfficientNetLite, FEATURES, Workspace};
use affetti_picture::{Filter, Picture, color};
use affetti_train::Places;
use affetti_weights::registry;
use rayon::prelude::*;

use super::{
    super::{SIDE, ink::square, photo_features, teacher},
    Config, EncoderRecipe,
    pictures::{Cutter, Shown, Source, sources},
};
use crate::{
    cubic::Cubic,
    edges::EdgeMap,
    error::SketchError,
    learned::LearnedEdges,
    mask::MaskNetwork,
    scene::{Detector, EdgeSource, Scene},
};

/// Strokes of each traced level.
pub(super) const LEVELS: [usize; 4] = [32, 16, 8, 4];
/// Longest side for the edge network, in pixels.
const EDGES: u32 = 448;

/// What is known of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rendered {
    /// What the teacher says.
    pub(super) described: Cells,
    /// L* of 0..=255.
    pub(super) gray: Vec<u8>,
    /// Edge strength of 0..=255.
    pub(super) soft: Vec<u8>,
    /// Of the curves, in units.
    pub(super) view: [f32; 2],
    /// As [`LEVELS`].
    pub(super) levels: Vec<Vec<[f32; 8]>>,
}

/// All pictures of a training.
#[derive(Debug)]
pub(super) struct Renditions {
    pub(super) learned: Vec<Rendered>,
    pub(super) chosen: Vec<Rendered>,
}

impl Renditions {
    fn write(&self, bytes: &mut Vec<u8>) {
        for part in [&self.learned, &self.chosen] {
            put_count(bytes, part.len());
            part.iter().for_each(|r| r.write(bytes));
        }
    }
}

/// What the run folder has, or what is made for it.
///
/// # Errors
/// Missing data and weights, an unwritable folder.
pub(super) fn load_or_make(
    config: &Config,
    places: &Places<'_>,
    cutter: Option<&Cutter>,
) -> Result<Renditions, SketchError> {
    let path = places.run.join("lines.bin");
    let head = head(config, cutter)?;
    if let Ok(bytes) = std::fs::read(&path)
        && let Some(found) = parse(&bytes, &head)
    {
        return Ok(found);
    }
    let made = make(config, places, cutter)?;
    let mut bytes = head.into_bytes();
    made.write(&mut bytes);
    write_whole(&path, &bytes)?;
    Ok(made)
}

/// What the file depends on: settings, and weights by their hash.
fn head(config: &Config, cutter: Option<&Cutter>) -> Result<String, SketchError> {
    let sha256 = |name: &str| registry::card(name).map(|card| card.sha256);
    let mask = cutter.map_or("none", |cutter| cutter.sha256.as_str());
    let EncoderRecipe {
        half,
        pictures,
        chosen,
        teacher,
        ..
    } = &config.own;
    let seed = config.common.seed;
    Ok(format!(
        "affetti lines 3: seed {seed}, half {half} of {pictures} and {chosen} pictures, {}, edges {}, mask {mask}\n",
        sha256(teacher.name())?,
        sha256(crate::learned::EMBEDDED)?,
    ))
}

struct Maker<'a> {
    teacher: EfficientNetLite,
    edges: LearnedEdges,
    mask: Option<&'a MaskNetwork>,
    seed: u64,
}

fn make(
    config: &Config,
    places: &Places<'_>,
    cutter: Option<&Cutter>,
) -> Result<Renditions, SketchError> {
    let [learned, chosen] = sources(&config.own, places.data)?;
    let maker = Maker {
        teacher: teacher(config.own.teacher.name())?,
        edges: LearnedEdges::embedded(1)?,
        mask: cutter.map(|cutter| &cutter.network),
        seed: config.common.seed,
    };
    let done = AtomicUsize::new(0);
    let all = learned.len() + chosen.len();
    let rendered = |sources: &[Source]| -> Vec<Rendered> {
        let each = sources.par_iter().enumerate().map_init(
            Workspace::default,
            |work, (n, source)| -> Vec<Rendered> {
                let shown = source.open(maker.mask);
                let made = shown.iter().filter_map(|s| maker.render(s, n, work));
                let made = made.collect();
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                (places.stage)("pictures drawn", done, all);
                made
            },
        );
        each.flatten_iter().collect()
    };
    let (learned, chosen) = (rendered(&learned), rendered(&chosen));
    if learned.len() < 2 || chosen.is_empty() {
        return Err(SketchError::NoExamples {
            folder: places.data.to_owned(),
        });
    }
    Ok(Renditions { learned, chosen })
}

impl Maker<'_> {
    /// Nothing for a picture in which nothing can be drawn.
    fn render(&self, shown: &Shown, n: usize, work: &mut Workspace) -> Option<Rendered> {
        let long = shown.picture.width().max(shown.picture.height());
        let side = EDGES.min(2 * long);
        let scale = f64::from(side) / f64::from(long);
        let size = |v: u32| ((f64::from(v) * scale).round() as u32).max(1);
        let (width, height) = (size(shown.picture.width()), size(shown.picture.height()));
        let sized = shown.picture.resize(width, height, Filter::Bicubic);
        let strength = self.edges.edges(&sized);
        let map = EdgeMap::new(width as usize, height as usize, strength).ok()?;
        let source = EdgeSource::Map(&map);
        let scene = Scene::new(&shown.picture, shown.alpha.as_deref(), &source).ok()?;
        let traced = scene.traces(&LEVELS, self.seed.wrapping_add(n as u64));
        let flat = |curve: &Cubic| {
            let mut values = [0.0; 8];
            values.copy_from_slice(curve.0.as_flattened());
            values
        };
        Some(Rendered {
            described: photo_features(&self.teacher, &seen_by_teacher(shown, &scene), work),
            gray: lightness(&square(scene.picture())),
            soft: scene.edge_ink().0,
            view: scene.view(),
            levels: traced
                .iter()
                .map(|curves| curves.iter().map(flat).collect())
                .collect(),
        })
    }
}

/// The part of the picture that is in the view.
fn seen_by_teacher(shown: &Shown, scene: &Scene) -> Picture {
    let [x, y, w, h] = scene.region;
    let part = shown.picture.crop(x, y, w, h);
    part.unwrap_or_else(|_| shown.picture.clone())
}

fn lightness(picture: &Picture) -> Vec<u8> {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let level = |p: &[u8; 3]| (color::lab(*p)[0] * 2.55).round().clamp(0.0, 255.0) as u8;
    pixels.iter().map(level).collect()
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u32).to_le_bytes());
}

fn put_floats(bytes: &mut Vec<u8>, values: &[f32]) {
    values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
}

impl Rendered {
    fn write(&self, bytes: &mut Vec<u8>) {
        for values in [&self.described.pooled, &self.described.cells] {
            put_count(bytes, values.len());
            put_floats(bytes, values);
        }
        bytes.extend(&self.gray);
        bytes.extend(&self.soft);
        put_floats(bytes, &self.view);
        put_count(bytes, self.levels.len());
        for curves in &self.levels {
            put_count(bytes, curves.len());
            put_floats(bytes, curves.as_flattened());
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let mut values = || {
            let count = take_count(from)?;
            take_floats(from, count)
        };
        let described = Cells {
            pooled: values()?,
            cells: values()?,
        };
        let gray = from.split_off(..SIDE * SIDE)?.to_vec();
        let soft = from.split_off(..SIDE * SIDE)?.to_vec();
        let view = take_floats(from, 2)?;
        let mut levels = Vec::new();
        for _ in 0..take_count(from)?.min(LEVELS.len()) {
            let count = take_count(from)?;
            let values = take_floats(from, 8 * count)?;
            levels.push(values.as_chunks::<8>().0.to_vec());
        }
        Some(Self {
            described,
            gray,
            soft,
            view: [view[0], view[1]],
            levels,
        })
    }
}

fn take_count(from: &mut &[u8]) -> Option<usize> {
    let bytes = from.split_off(..4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}

fn take_floats(from: &mut &[u8], count: usize) -> Option<Vec<f32>> {
    let bytes = from.split_off(..count.checked_mul(4)?)?;
    let (values, _) = bytes.as_chunks::<4>();
    Some(values.iter().map(|v| f32::from_le_bytes(*v)).collect())
}

/// Nothing where the file has other settings or is damaged.
fn parse(bytes: &[u8], head: &str) -> Option<Renditions> {
    let mut from = bytes.strip_prefix(head.as_bytes())?;
    let mut part = || -> Option<Vec<Rendered>> {
        let count = take_count(&mut from)?;
        let found: Option<Vec<Rendered>> = (0..count).map(|_| Rendered::read(&mut from)).collect();
        let found = found?;
        let cells = found.first()?.described.cells.len();
        let good = found.iter().all(|r| {
            r.described.pooled.len() == FEATURES && r.described.cells.len() == cells && cells > 0
        });
        good.then_some(found)
    };
    let (learned, chosen) = (part()?, part()?);
    from.is_empty().then_some(Renditions { learned, chosen })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered() -> Rendered {
        Rendered {
            described: Cells {
                pooled: (0..FEATURES).map(|i| i as f32).collect(),
                cells: vec![1.5, 2.5],
            },
            gray: (0..SIDE * SIDE).map(|i| i as u8).collect(),
            soft: (0..SIDE * SIDE).map(|i| (i / 7) as u8).collect(),
            view: [224.0, 150.0],
            levels: vec![vec![[0.5; 8], [1.5; 8]], vec![]],
        }
    }

    #[test]
    fn what_is_written_is_read_and_damage_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Renditions {
            learned: vec![rendered(), rendered()],
            chosen: vec![rendered()],
        };
        let path = folder.path().join("lines.bin");
        let mut bytes = b"head\n".to_vec();
        made.write(&mut bytes);
        std::fs::write(&path, &bytes).expect("writes");
        let read = parse(&std::fs::read(&path).expect("bytes"), "head\n").expect("reads");
        assert_eq!(read.learned, made.learned);
        assert_eq!(read.chosen, made.chosen);
        for cut in [0, 4, 5, 8, 100, bytes.len() - 1] {
            assert!(parse(&bytes[..cut], "head\n").is_none(), "{cut}");
        }
        assert!(parse(&[bytes.as_slice(), &[0]].concat(), "head\n").is_none());
        assert!(parse(&bytes, "other\n").is_none());
    }
}
