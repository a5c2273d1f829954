//! The edges that drawings follow, by the embedded edge network.

use std::{path::Path, sync::Mutex};

use affetti_nets::edge_net::{EdgeNet, Weights, Workspace};
use affetti_picture::Picture;
use affetti_weights::{registry, store};

use crate::{error::SketchError, scene::Detector};

/// The network inside the program.
pub const EMBEDDED: &str = "edges-1";
/// The network's strengths are low: its best threshold on photographs is .2 (its card). Doubled,
/// what people draw is above the tracer's half.
const GAIN: f32 = 2.0;
/// Parts of the long side: photographs of paintings show a rim of canvas or frame, and a stroke
/// spent on it is one less for the picture.
const RIM: usize = 40;

/// The edge network as the tracer asks it.
#[derive(Debug)]
pub struct LearnedEdges {
    name: String,
    net: EdgeNet,
    threads: usize,
    spare: Mutex<Vec<Workspace>>,
}

impl LearnedEdges {
    /// The embedded network, or the imported one of a build without weights; `threads` for each
    /// picture.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn embedded(threads: usize) -> Result<Self, SketchError> {
        let card = registry::card(EMBEDDED)?;
        Self::from_bytes(&registry::weights(&card)?, &card.file, threads)
    }

    /// The network of a weight file's bytes; `file` is named in messages.
    ///
    /// # Errors
    /// Damaged weights.
    pub fn from_bytes(bytes: &[u8], file: &str, threads: usize) -> Result<Self, SketchError> {
        let name = Path::new(file).file_stem().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            net: EdgeNet::new(&Weights::from_tensors(store::from_bytes(bytes, file)?)?),
            threads: threads.max(1),
            spare: Mutex::default(),
        })
    }
}

impl Detector for LearnedEdges {
    fn name(&self) -> &str {
        &self.name
    }

    fn edges(&self, picture: &Picture) -> Vec<f32> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut work = spare.unwrap_or_default();
        let mut strength = self.net.edges(picture, &mut work, self.threads);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(work);
        }
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let rim = width.max(height) / RIM;
        let inside = |at: usize, length: usize| at >= rim && at + rim < length;
        for (i, v) in strength.iter_mut().enumerate() {
            // A NaN is no edge.
            *v = if inside(i % width, width) && inside(i / width, height) && *v >= 0.0 {
                (GAIN * *v).min(1.0)
            } else {
                0.0
            };
        }
        strength
    }
}
