//! ICC profiles: photos in Display P3 or Adobe RGB to sRGB.
//!
//! Without this a phone's photo would be read as less colorful than it is. Profiles are converted
//! by moxcms with relative colorimetric intent. Most profiles in the wild are sRGB under one of
//! many names and bytes, so that what a profile is called is not asked: it is tried on a few
//! colors, and if none moves by more than one level, the pixels are left alone.

use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, RenderingIntent, Transform8BitExecutor, TransformOptions,
};

/// A conversion of RGB samples to sRGB.
pub(super) struct Transform(Arc<Transform8BitExecutor>);

impl Transform {
    /// Converts interleaved RGB samples in place; a length that is no multiple of 3 is left alone.
    pub(super) fn apply(&self, rgb: &mut [u8]) {
        // Few at a time, so that the copy of the source stays in the cache.
        let mut source = [0; 3 * 1024];
        for chunk in rgb.chunks_mut(source.len()) {
            let source = &mut source[..chunk.len()];
            source.copy_from_slice(chunk);
            if self.0.transform(source, chunk).is_err() {
                chunk.copy_from_slice(source);
            }
        }
    }
}

/// The conversion from a profile to sRGB; none when the profile is not of RGB, cannot be read, or
/// is sRGB in all but name.
pub(super) fn to_srgb(profile: &[u8]) -> Option<Transform> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    if profile.color_space != DataColorSpace::Rgb {
        return None;
    }
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    };
    let transform = profile
        .create_transform_8bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .ok()?;
    let transform = Transform(transform);
    let probe: Vec<u8> = probe_colors().as_flattened().to_vec();
    let mut moved = probe.clone();
    transform.apply(&mut moved);
    let moves = probe
        .iter()
        .zip(&moved)
        .any(|(before, after)| before.abs_diff(*after) > 1);
    moves.then_some(transform)
}

/// A grid of colors that shows both other primaries and another tone curve.
fn probe_colors() -> Vec<[u8; 3]> {
    const LEVELS: [u8; 5] = [0, 48, 112, 190, 255];
    let mut colors = Vec::with_capacity(125);
    for r in LEVELS {
        for g in LEVELS {
            colors.extend(LEVELS.map(|b| [r, g, b]));
        }
    }
    colors
}
