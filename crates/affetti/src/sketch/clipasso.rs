//! Drawings by the method of CLIPasso: seeds, and the networks that a user brings.

use std::{ops::ControlFlow, path::Path, sync::Arc, time::Instant};

use affetti_nets::{
    NetError,
    clip::{Shape, weights::Tower},
    registry, store,
};
use affetti_picture::Picture;
use affetti_sketch::{
    Clipasso, ClipassoSettings, Cubic, Drawing, Moment, Photo, Sketch, SketchError,
    export::Metadata,
};

use super::{SketchOptions, round4};

/// Between the seeds of one picture, as the published program has it.
const BETWEEN_SEEDS: u64 = 1000;

/// The method with its networks and settings. Number of strokes, width and first seed are those of
/// [`SketchOptions::settings`].
#[derive(Debug, Clone)]
pub struct ClipassoRecipe {
    /// Shared by all pictures.
    pub method: Arc<Clipasso>,
    /// What [`SketchOptions::settings`] does not say.
    pub settings: ClipassoSettings,
    /// Names of the networks, for the metadata of drawings.
    pub models: String,
}

/// The network called `model`, or in the file of that name; and the name with the beginning of the
/// SHA-256 of what was read, for metadata.
///
/// # Errors
/// [`NetError::Missing`] with what to do, and reading errors.
pub fn tower(model: &str) -> Result<(Tower, String), NetError> {
    let named = |name: &str, hash: &str| format!("{name} {}", &hash[..16.min(hash.len())]);
    if Shape::of_model(model).is_some() {
        let card = registry::card(model)?;
        let bytes = registry::weights(&card)?;
        let tower = Tower::read(&bytes, model, Shape::of_model(model))?;
        return Ok((tower, named(model, &store::sha256(&bytes))));
    }
    let path = Path::new(model);
    let bytes = store::read_file(path)?;
    let file = path.file_name().unwrap_or(path.as_os_str());
    let name = named(&file.to_string_lossy(), &store::sha256(&bytes));
    Ok((Tower::read(&bytes, model, None)?, name))
}

impl ClipassoRecipe {
    /// The best drawing of the seeds, and whether the watcher ended the work.
    pub(super) fn draw(
        &self,
        picture: &Picture,
        alpha: Option<&[u8]>,
        options: &SketchOptions,
        begun: Instant,
        watch: &mut dyn FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<(Vec<(Sketch, Metadata)>, bool), SketchError> {
        if alpha.is_some_and(|alpha| alpha.iter().all(|a| *a < 128)) {
            return Err(SketchError::Nothing {
                reason: "the picture is transparent everywhere",
            });
        }
        let side = self.method.side();
        // What is transparent has been put on white already; a mask of the object comes the same way.
        let photo = Photo::new(picture, alpha, side, self.settings.quirks)?;
        let begin = options.begin.as_ref().map(|drawing| fitted(drawing, side));
        let begin = begin.unwrap_or_default();
        let late = || options.time.is_some_and(|time| begun.elapsed() >= time);
        let mut best: Option<Sketch> = None;
        let mut stopped = false;
        for n in 0.. {
            let settings = ClipassoSettings {
                strokes: options.settings.strokes.max(begin.len()),
                width: options.settings.width,
                seed: options.settings.seed.wrapping_add(BETWEEN_SEEDS * n),
                ..self.settings
            };
            let mut told = |moment: Moment<'_>| {
                watch(moment)?;
                // Also the first drawing: a step of it takes seconds, and every look is a drawing.
                if late() {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            };
            let found = self.method.draw(&photo, &settings, &begin, &mut told)?;
            stopped = found.stopped && !late();
            let ended = found.stopped;
            if best.as_ref().is_none_or(|best| found.loss < best.loss) {
                best = Some(found);
            }
            let enough = match options.time {
                Some(_) => late(),
                None => n + 1 >= options.seeds.max(1),
            };
            if ended || enough {
                break;
            }
        }
        let whole = [0, 0, picture.width(), picture.height()];
        let level = best.map(|sketch| {
            let metadata = Metadata {
                program: format!("affetti {}", env!("CARGO_PKG_VERSION")),
                strokes: options.settings.strokes.max(begin.len()),
                quality: "clipasso".to_owned(),
                seed: sketch.seed,
                iterations: sketch.iterations,
                loss: round4(sketch.loss),
                edges: self.models.clone(),
                region: whole,
            };
            (sketch, metadata)
        });
        Ok((level.into_iter().collect(), stopped))
    }
}

/// The strokes of a drawing in the units of the square view.
fn fitted(drawing: &Drawing, side: usize) -> Vec<Cubic> {
    let (sx, sy) = (side as f32 / drawing.width, side as f32 / drawing.height);
    let strokes = drawing.strokes.iter();
    strokes
        .map(|s| s.curve.map(|p| [p[0] * sx, p[1] * sy]))
        .collect()
}
