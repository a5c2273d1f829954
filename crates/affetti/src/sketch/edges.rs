//! The edges that drawings follow: the embedded edge network's, or without weights the gradient's.

use std::sync::OnceLock;

use affetti_sketch::{EdgeSource, LearnedEdges};

/// Loaded once; nothing in a build without weights.
fn learned() -> Option<&'static LearnedEdges> {
    static NETWORK: OnceLock<Option<LearnedEdges>> = OnceLock::new();
    let load = || LearnedEdges::embedded(crate::available_threads()).ok();
    NETWORK.get_or_init(load).as_ref()
}

/// The best source there is.
pub(super) fn source() -> EdgeSource<'static> {
    learned().map_or(EdgeSource::Gradient, |network| {
        EdgeSource::Detector(network)
    })
}

/// Its name, for the metadata of drawings.
pub(super) fn name() -> &'static str {
    if learned().is_some() {
        affetti_sketch::EDGES
    } else {
        "gradient"
    }
}
