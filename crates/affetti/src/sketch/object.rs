//! The object of a picture, by the embedded mask network.

use std::sync::OnceLock;

use affetti_picture::Picture;
use affetti_sketch::{SketchError, mask::MaskNetwork};

/// One value a pixel, 128 and more is the object.
///
/// # Errors
/// A build without weights; a picture in which nothing stands out.
pub(super) fn object(picture: &Picture) -> Result<Vec<u8>, SketchError> {
    static NETWORK: OnceLock<MaskNetwork> = OnceLock::new();
    let network = match NETWORK.get() {
        Some(network) => network,
        None => {
            let loaded = MaskNetwork::embedded()?;
            NETWORK.get_or_init(|| loaded)
        }
    };
    let alpha = network.alpha(picture);
    if alpha.iter().all(|a| *a < 128) {
        return Err(SketchError::Nothing {
            reason: "no object stands out of its ground; --mask none draws all of the picture",
        });
    }
    Ok(alpha)
}
