//! Edge strength from networks: ours, and HED.
//!
//! - **Computes** what [`affetti_nets::edge_net`] and [`affetti_nets::hed`] compute.
//! - **Input** a [`Picture`] of any size; both learned from photographs of about 500 pixels, and
//!   what is an edge depends on the size.
//! - **Output** `[height, width]`, 0..=1: thick ridges, see [`thin`](super::thin()).

use std::sync::Mutex;

use affetti_nets::{
    edge_net::{self, EdgeNet, Workspace},
    hed::{self, Hed},
};
use affetti_picture::Picture;
use affetti_weights::{registry, store};

use crate::{Map, RegionsError};

/// The network inside the program.
pub const EMBEDDED: &str = "edges-1";

/// Our edge network.
#[derive(Debug)]
pub struct EdgeNetwork {
    net: EdgeNet,
    threads: usize,
    /// Fresh memory for the maps would cost as much as a third of the arithmetic.
    spare: Mutex<Vec<Workspace>>,
}

impl EdgeNetwork {
    /// The embedded network, or the imported one of a build without weights. `threads` are used
    /// for each picture.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn embedded(threads: usize) -> Result<Self, RegionsError> {
        let card = registry::card(EMBEDDED)?;
        Self::from_bytes(&registry::weights(&card)?, &card.file, threads)
    }

    /// The network of a weight file's bytes; `file` is named in messages.
    ///
    /// # Errors
    /// Damaged weights.
    pub fn from_bytes(bytes: &[u8], file: &str, threads: usize) -> Result<Self, RegionsError> {
        let weights = edge_net::Weights::from_tensors(store::from_bytes(bytes, file)?)?;
        Ok(Self::new(&weights, threads))
    }

    /// The network of these weights.
    #[must_use]
    pub fn new(weights: &edge_net::Weights, threads: usize) -> Self {
        Self {
            net: EdgeNet::new(weights),
            threads: threads.max(1),
            spare: Mutex::default(),
        }
    }

    /// Edge strength of a picture.
    #[must_use]
    pub fn strength(&self, picture: &Picture) -> Map {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut work = spare.unwrap_or_default();
        let values = self.net.edges(picture, &mut work, self.threads);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(work);
        }
        map(picture, values)
    }
}

/// HED with its published weights.
#[derive(Debug)]
pub struct HedNetwork(Hed);

impl HedNetwork {
    /// The imported weights.
    ///
    /// # Errors
    /// Where nobody imported them, or they are damaged.
    pub fn imported() -> Result<Self, RegionsError> {
        let weights = hed::Weights::from_tensors(registry::tensors(hed::NAME)?)?;
        Ok(Self(Hed::new(weights)))
    }

    /// Edge strength of a picture, on all threads.
    #[must_use]
    pub fn strength(&self, picture: &Picture) -> Map {
        map(picture, self.0.edges(picture))
    }
}

/// Rounding, or weights that are no numbers, must not leave 0..=1: a NaN is no edge.
fn map(picture: &Picture, values: Vec<f32>) -> Map {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Map::from_parts(width, height, values).map(|v| if v >= 0.0 { v.min(1.0) } else { 0.0 })
}
