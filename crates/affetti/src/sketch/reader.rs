//! The embedded encoder of lines, loaded once.

use std::sync::{Arc, OnceLock};

use affetti_sketch::{SketchError, encoder::Encoder};

/// # Errors
/// A build without weights.
pub(super) fn encoder() -> Result<Arc<Encoder>, SketchError> {
    static ENCODER: OnceLock<Arc<Encoder>> = OnceLock::new();
    if let Some(encoder) = ENCODER.get() {
        return Ok(Arc::clone(encoder));
    }
    let loaded = Arc::new(Encoder::embedded(crate::available_threads())?);
    Ok(Arc::clone(ENCODER.get_or_init(|| loaded)))
}
