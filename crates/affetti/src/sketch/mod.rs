//! From inputs to drawings.
//!
//! One picture after the other: within a picture all cores work. [`sketch`] goes from the bytes of
//! one picture to its drawings, [`sheet`] puts these beside the picture on a page.

mod clipasso;
mod edges;
mod emotion;
mod object;
mod reader;
mod recognise;
mod sheet;

use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use affetti_emotion::Emotion;
use affetti_picture::{DecodeOptions, Filter, Format, Picture, decode};
use affetti_sketch::{
    Cubic, Drawing, EdgeMap, EdgeSource, Moment, Scene, Settings, Sketch, SketchError,
    export::Metadata,
};
use serde_json::json;

pub use clipasso::{ClipassoRecipe, tower};
pub use emotion::{Pulled, pull};
use object::object;
pub use recognise::{LEAST, RANKED, RecogniseOptions, Recognition, Row, STAMPS, Share, recognise};
pub use sheet::sheet;

use crate::{
    failure::{ErrorKind, Failure},
    inputs::Job,
    load, round4,
};

/// How near a stroke has to be to an edge, in units, to count as drawing it.
const NEAR: f32 = 3.0;
/// Longest side of the picture on a sheet, in pixels.
const THUMBNAIL_SIDE: u32 = 448;

/// How pictures are drawn.
#[derive(Debug, Clone, Default)]
pub struct SketchOptions {
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// The settings of each drawing; its seed is the first one.
    pub settings: Settings,
    /// Drawings of which the best is kept; 0 is 1.
    pub seeds: u64,
    /// Go on with further seeds for so long.
    pub time: Option<Duration>,
    /// Falling numbers of strokes, in place of the settings' one; empty for none.
    pub sweep: Vec<usize>,
    /// Strokes to go on from.
    pub begin: Option<Drawing>,
    /// Edges in place of our own.
    pub edges: Option<EdgeMap>,
    /// The method of CLIPasso in place of tracing; it knows no levels, edges, quality, ink and color.
    pub clipasso: Option<ClipassoRecipe>,
    /// Draw the object alone that stands out, or what is opaque where there is transparency.
    pub object: bool,
    /// Let the encoder say which edges matter and which drawing is best.
    pub meaning: bool,
    /// Pull the drawings toward this emotion.
    pub emotion: Option<Emotion>,
}

/// The drawings of one picture.
#[derive(Debug, Clone)]
pub struct Sketched {
    /// The input, as the user gave it or as it was found.
    pub path: String,
    /// One drawing per level.
    pub levels: Vec<(Sketch, Metadata)>,
    /// Edge recall and precision of each level at 3 units, 0..=1 (`Scene::recall_and_precision`);
    /// empty where no edges were looked for.
    pub fits: Vec<[f64; 2]>,
    /// Predicted share of the emotion asked for, before and after, of each level; empty where none
    /// was asked for.
    pub shares: Vec<[f64; 2]>,
    /// What was drawn, small, as JPEG.
    pub thumbnail: Vec<u8>,
    /// Time from bytes to drawings, in seconds.
    pub seconds: f64,
    /// Whether the watcher ended the work early.
    pub stopped: bool,
}

impl Sketched {
    /// The JSON line of a level, without a line feed. `svg` is the file that holds the drawing, or
    /// the drawing itself.
    ///
    /// # Panics
    /// When there is no such level.
    #[must_use]
    pub fn json(&self, level: usize, svg: &str) -> String {
        let sketch = &self.levels[level].0;
        let mut line = json!({
            "path": self.path,
            "svg": svg,
            "strokes": sketch.drawing.strokes.len(),
            "seed": sketch.seed,
            "iterations": sketch.iterations,
            "seconds": round4(self.seconds),
            "loss": round4(sketch.loss),
        });
        if let Some([before, after]) = self.shares.get(level) {
            line["share_before"] = round4(*before).into();
            line["share"] = round4(*after).into();
        }
        line.to_string()
    }
}

/// Draws one picture. `watch` is told of every step and may stop the work; the best so far is kept.
///
/// # Errors
/// The [`Failure`] of this picture; one that makes the program panic becomes one like any other.
pub fn sketch(
    job: &Job,
    options: &SketchOptions,
    watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
) -> Result<Sketched, Failure> {
    let path = job.source.name();
    match catch_unwind(AssertUnwindSafe(|| one(job, options, watch))) {
        Ok(done) => done,
        Err(_) => {
            let message = "the program gave up on this picture: a bug of affetti; please report it";
            Err(Failure::new(path, ErrorKind::Model, message))
        }
    }
}

fn one(
    job: &Job,
    options: &SketchOptions,
    watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
) -> Result<Sketched, Failure> {
    let path = job.source.name();
    let failed = |error: SketchError| Failure::from_sketch(path.clone(), &error);
    // Asked before the picture is read: a wrong setting is told at once.
    options.settings.check().map_err(failed)?;
    let bytes = load::bytes(&job.source, &options.decode.limits)?;
    let begun = Instant::now();
    let bad = |error| Failure::from_picture(path.clone(), &error);
    let picture = decode(&bytes, &options.decode).map_err(bad)?;
    let alpha = alpha(&bytes, &picture, &options.decode).map_err(bad)?;
    let alpha = match alpha {
        None if options.object => Some(object(&picture).map_err(failed)?),
        other => other,
    };
    if let Some(recipe) = &options.clipasso {
        let drawn = recipe.draw(&picture, alpha.as_deref(), options, begun, watch);
        return drawn
            .map(|(levels, stopped)| Sketched {
                levels,
                fits: Vec::new(),
                shares: Vec::new(),
                thumbnail: picture
                    .fit_within(THUMBNAIL_SIDE, Filter::Bicubic)
                    .encode_jpeg(80),
                seconds: begun.elapsed().as_secs_f64(),
                path: path.clone(),
                stopped,
            })
            .map_err(failed);
    }
    let source = match &options.edges {
        Some(map) => EdgeSource::Map(map),
        None => edges::source(),
    };
    let mut scene = Scene::new(&picture, alpha.as_deref(), &source).map_err(failed)?;
    if options.meaning {
        scene.read_by(reader::encoder().map_err(failed)?);
    }
    drop((bytes, picture));
    let levels = levels(&scene, options, begun, watch).map_err(failed)?;
    let mut levels = levels;
    let mut shares = Vec::new();
    if let Some(emotion) = options.emotion {
        let predictor = emotion::predictor().map_err(failed)?;
        for sketch in &mut levels {
            let threads = crate::available_threads();
            let pulled = pull(&sketch.drawing, emotion, predictor, threads).map_err(failed)?;
            sketch.drawing = pulled.drawing;
            shares.push([pulled.before, pulled.after]);
        }
    }
    let stopped = levels.iter().any(|level| level.stopped);
    let fit = |sketch: &Sketch| scene.recall_and_precision(&sketch.drawing, NEAR);
    let fits = levels.iter().map(fit).collect();
    let with_metadata = |(level, sketch): (usize, Sketch)| {
        let begun = options.begin.as_ref().map_or(0, |d| d.strokes.len());
        let one = options.settings.strokes.max(begun);
        let asked = options.sweep.get(level).copied().unwrap_or(one);
        let metadata = metadata(&sketch, &scene, options, asked);
        (sketch, metadata)
    };
    Ok(Sketched {
        levels: levels.into_iter().enumerate().map(with_metadata).collect(),
        fits,
        shares,
        thumbnail: scene
            .picture()
            .fit_within(THUMBNAIL_SIDE, Filter::Bicubic)
            .encode_jpeg(80),
        seconds: begun.elapsed().as_secs_f64(),
        path,
        stopped,
    })
}

/// The best of the seeds, level by level.
fn levels(
    scene: &Scene,
    options: &SketchOptions,
    begun: Instant,
    watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
) -> Result<Vec<Sketch>, SketchError> {
    let begin = options.begin.as_ref().map(|drawing| fitted(drawing, scene));
    let begin: Vec<Cubic> = begin.unwrap_or_default();
    let late = || options.time.is_some_and(|time| begun.elapsed() >= time);
    let mut best: Option<Vec<Sketch>> = None;
    for n in 0.. {
        let settings = Settings {
            seed: options.settings.seed.wrapping_add(n),
            strokes: options.settings.strokes.max(begin.len()),
            ..options.settings
        };
        let mut told = |moment: Moment<'_>| {
            watch(moment)?;
            // The first drawing is finished whatever the time: there is nothing else to give.
            if n > 0 && late() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let found = if options.sweep.is_empty() {
            vec![scene.draw(&settings, &begin, &mut told)?]
        } else {
            scene.sweep(&settings, &options.sweep, &mut told)?
        };
        let stopped = found.iter().any(|sketch| sketch.stopped);
        let loss = |sketches: &[Sketch]| sketches.iter().map(|s| s.loss).sum::<f64>();
        // A sweep that was stopped has fewer levels, which cost less.
        let whole = |b: &Vec<Sketch>| b.len() == found.len() && loss(b) <= loss(&found);
        if !best
            .as_ref()
            .is_some_and(|b| whole(b) || b.len() > found.len())
        {
            best = Some(found);
        }
        let enough = match options.time {
            Some(_) => late(),
            None => n + 1 >= options.seeds.max(1),
        };
        if stopped
            && !late()
            && let Some(last) = best.as_mut().and_then(|b| b.last_mut())
        {
            last.stopped = true;
        }
        if stopped || enough {
            break;
        }
    }
    Ok(best.unwrap_or_default())
}

/// The strokes of a drawing in the units of the scene's view.
fn fitted(drawing: &Drawing, scene: &Scene) -> Vec<Cubic> {
    let view = scene.view();
    let (sx, sy) = (view[0] / drawing.width, view[1] / drawing.height);
    let strokes = drawing.strokes.iter();
    strokes
        .map(|s| s.curve.map(|p| [p[0] * sx, p[1] * sy]))
        .collect()
}

/// The opacity of every pixel, or nothing where all are opaque. Over white a pixel is lighter than
/// over black by what shines through.
fn alpha(
    bytes: &[u8],
    picture: &Picture,
    options: &DecodeOptions,
) -> Result<Option<Vec<u8>>, affetti_picture::PictureError> {
    if Format::of(bytes)? == Format::Jpeg {
        return Ok(None);
    }
    let other = if options.background == [0; 3] { 255 } else { 0 };
    let over = decode(
        bytes,
        &DecodeOptions {
            background: [other; 3],
            ..*options
        },
    )?;
    let ground = options.background.map(i32::from);
    let pairs = picture
        .pixels()
        .chunks_exact(3)
        .zip(over.pixels().chunks_exact(3));
    let alpha: Vec<u8> = pairs
        .map(|(a, b)| {
            let shine = (0..3).map(|c| {
                let most = (ground[c] - i32::from(other)).abs().max(1);
                (i32::from(a[c]) - i32::from(b[c])).abs() * 255 / most
            });
            255 - shine.max().unwrap_or(0).min(255) as u8
        })
        .collect();
    Ok(alpha.iter().any(|a| *a < 255).then_some(alpha))
}

fn metadata(sketch: &Sketch, scene: &Scene, options: &SketchOptions, asked: usize) -> Metadata {
    Metadata {
        program: format!("affetti {}", env!("CARGO_PKG_VERSION")),
        strokes: asked,
        quality: options.settings.quality.name().to_owned(),
        seed: sketch.seed,
        iterations: sketch.iterations,
        loss: round4(sketch.loss),
        edges: if options.edges.is_some() {
            "file"
        } else {
            edges::name()
        }
        .to_owned(),
        region: scene.region,
    }
}
