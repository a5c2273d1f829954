//! Drawings of a collection: a stream of inputs becomes a stream of drawings.
//!
//! One picture after the other: within a picture all cores work.
//!
//! | step | where |
//! |---|---|
//! | strokes along edges, or by the method of CLIPasso | here, `clipasso` |
//! | the best of several seeds, for as long as there is time | `seeds` |
//! | pulled toward an emotion | `emotion` |

mod clipasso;
mod emotion;
mod seeds;

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use affetti_emotion::Emotion;
use affetti_picture::{DecodeOptions, Filter, Picture, decode};
use affetti_sketch::{
    Drawing, EdgeMap, EdgeSource, Scene, Settings, Sketch, export::Metadata, is_bright, opacity,
};

use crate::{
    answers::Sketched,
    models::Models,
    pipeline::{self, Control, Fault, Found, Outcome, Task, Work},
    shares::round4,
};
pub use clipasso::{ClipassoRecipe, tower};
pub use emotion::{Pulled, pull};
use seeds::{Seeds, fitted};

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

/// Draws every picture of `inputs` and hands the outcomes to `sink`, on this thread and in the
/// order of the inputs, until the sink breaks. What is cancelled keeps the best so far.
pub fn sketch(
    models: &Models,
    inputs: impl Iterator<Item = Found> + Send,
    options: &SketchOptions,
    control: &Control<'_>,
    sink: impl FnMut(Outcome<Sketched>) -> ControlFlow<()>,
) {
    pipeline::run(&Sketching { models, options }, inputs, control, sink);
}

/// The work of [`sketch`](fn@sketch) on one picture.
pub struct Sketching<'a> {
    /// Edges, mask, encoder and predictor, as far as the options ask for them.
    pub models: &'a Models,
    /// How it is drawn.
    pub options: &'a SketchOptions,
}

impl Work for Sketching<'_> {
    type State = ();
    type Answer = Sketched;

    fn state(&self) {}

    fn threads(&self) -> usize {
        self.models.threads()
    }

    fn side_by_side(&self) -> bool {
        false
    }

    fn answer(&self, task: &Task<'_>, (): &mut ()) -> Result<Sketched, Fault> {
        let options = self.options;
        // Asked before the picture is read: a wrong setting is told at once.
        options.settings.check()?;
        let bytes = task.bytes(&options.decode.limits)?;
        let seeds = Seeds {
            task,
            options,
            begun: Instant::now(),
        };
        let mut picture = decode(&bytes, &options.decode)?;
        let alpha = match opacity(&bytes, &picture, &options.decode)? {
            None if options.object => Some(self.models.mask()?.object(&picture)?),
            Some(alpha) if is_bright(&picture, &alpha) => {
                // White on white has no edges.
                let dark = DecodeOptions {
                    background: [0; 3],
                    ..options.decode
                };
                picture = decode(&bytes, &dark)?;
                Some(alpha)
            }
            other => other,
        };
        drop(bytes);
        let mut sketched = match &options.clipasso {
            Some(recipe) => recipe.draw(&picture, alpha.as_deref(), &seeds)?,
            None => self.trace(picture, alpha.as_deref(), &seeds)?,
        };
        sketched.seconds = seeds.begun.elapsed().as_secs_f64();
        Ok(sketched)
    }
}

impl Sketching<'_> {
    /// Strokes along edges.
    fn trace(
        &self,
        picture: Picture,
        alpha: Option<&[u8]>,
        seeds: &Seeds<'_>,
    ) -> Result<Sketched, Fault> {
        let (models, options) = (self.models, self.options);
        let source = match &options.edges {
            Some(map) => EdgeSource::Map(map),
            None => models.edges()?,
        };
        let mut scene = Scene::new(&picture, alpha, &source)?;
        if options.meaning {
            scene.read_by(Arc::clone(models.encoder()?));
        }
        drop(picture);
        let begin = fitted(options.begin.as_ref(), scene.view());
        let strokes = options.settings.strokes.max(begin.len());
        // The first drawing is finished whatever the time: there is nothing else to give.
        let (mut levels, stopped) = seeds.best(false, |n, told| {
            let settings = Settings {
                seed: options.settings.seed.wrapping_add(n),
                strokes,
                ..options.settings
            };
            if options.sweep.is_empty() {
                return Ok(vec![scene.draw(&settings, &begin, told)?]);
            }
            scene.sweep(&settings, &options.sweep, told)
        })?;
        let mut shares = Vec::new();
        if let Some(emotion) = options.emotion {
            for sketch in &mut levels {
                let predictor = models.predictor()?;
                let pulled = pull(&sketch.drawing, emotion, predictor, models.threads())?;
                sketch.drawing = pulled.drawing;
                shares.push([pulled.before, pulled.after]);
            }
        }
        let fit = |sketch: &Sketch| scene.recall_and_precision(&sketch.drawing, NEAR);
        let fits = levels.iter().map(fit).collect();
        let with_metadata = |(level, sketch): (usize, Sketch)| {
            let asked = options.sweep.get(level).copied().unwrap_or(strokes);
            let quality = options.settings.quality.name();
            let metadata = metadata(&sketch, asked, quality, source.name(), scene.region);
            (sketch, metadata)
        };
        let levels = levels.into_iter().enumerate().map(with_metadata);
        Ok(Sketched {
            levels: levels.collect(),
            fits,
            shares,
            stopped,
            ..sketched(seeds.task, scene.picture())
        })
    }
}

/// Without drawings yet.
fn sketched(task: &Task<'_>, shown: &Picture) -> Sketched {
    Sketched {
        path: task.job.source.name(),
        levels: Vec::new(),
        fits: Vec::new(),
        shares: Vec::new(),
        thumbnail: shown
            .fit_within(THUMBNAIL_SIDE, Filter::Bicubic)
            .encode_jpeg(80),
        seconds: 0.0,
        stopped: false,
    }
}

fn metadata(
    sketch: &Sketch,
    asked: usize,
    quality: &str,
    edges: &str,
    region: [u32; 4],
) -> Metadata {
    Metadata {
        program: format!("affetti {}", env!("CARGO_PKG_VERSION")),
        strokes: asked,
        quality: quality.to_owned(),
        seed: sketch.seed,
        iterations: sketch.iterations,
        loss: round4(sketch.loss),
        edges: edges.to_owned(),
        region,
    }
}
