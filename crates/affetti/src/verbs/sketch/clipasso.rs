//! Drawings by the method of CLIPasso: seeds, and the networks that a user brings.

use std::{path::Path, sync::Arc};

use affetti_nets::clip::{Shape, weights::Tower};
use affetti_picture::Picture;
use affetti_sketch::{Clipasso, ClipassoSettings, Photo, Sketch, SketchError};
use affetti_weights::{NetError, registry, store};

use super::{
    metadata,
    seeds::{Seeds, fitted},
    sketched,
};
use crate::answers::Sketched;

/// Between the seeds of one picture, as the published program has it.
const BETWEEN_SEEDS: u64 = 1000;

/// The method with its networks and settings. Number of strokes, width and first seed are those of
/// [`SketchOptions::settings`](super::SketchOptions::settings).
#[derive(Debug, Clone)]
pub struct ClipassoRecipe {
    /// Shared by all pictures.
    pub method: Arc<Clipasso>,
    /// What [`SketchOptions::settings`](super::SketchOptions::settings) does not say.
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
    /// The best drawing of the seeds.
    pub(super) fn draw(
        &self,
        picture: &Picture,
        alpha: Option<&[u8]>,
        seeds: &Seeds<'_>,
    ) -> Result<Sketched, SketchError> {
        if alpha.is_some_and(|alpha| alpha.iter().all(|a| *a < 128)) {
            return Err(SketchError::Nothing {
                reason: "the picture is transparent everywhere",
            });
        }
        let options = seeds.options;
        let side = self.method.side();
        // What is transparent has been put on white already; a mask of the object comes the same way.
        let photo = Photo::new(picture, alpha, side, self.settings.quirks)?;
        let begin = fitted(options.begin.as_ref(), [side as f32; 2]);
        let strokes = options.settings.strokes.max(begin.len());
        // A step of the first drawing takes seconds already, and every look is a drawing.
        let (levels, stopped) = seeds.best(true, |n, told| {
            let settings = ClipassoSettings {
                strokes,
                width: options.settings.width,
                seed: options.settings.seed.wrapping_add(BETWEEN_SEEDS * n),
                ..self.settings
            };
            Ok(vec![self.method.draw(&photo, &settings, &begin, told)?])
        })?;
        let whole = [0, 0, picture.width(), picture.height()];
        let with_metadata = |sketch: Sketch| {
            let metadata = metadata(&sketch, strokes, "clipasso", &self.models, whole);
            (sketch, metadata)
        };
        Ok(Sketched {
            levels: levels.into_iter().map(with_metadata).collect(),
            stopped,
            ..sketched(seeds.task, picture)
        })
    }
}
