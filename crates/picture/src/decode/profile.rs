//! ICC profiles: photos in Display P3 or Adobe RGB, gray scans and printed inks to sRGB.
//!
//! Without this a phone's photo would be read as less colorful than it is. Profiles are converted
//! by moxcms with relative colorimetric intent. Most profiles in the wild are sRGB under one of
//! many names and bytes, so that what a profile is called is not asked: it is tried on a few
//! colors, and if none moves by more than one level, the pixels are left alone.

use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, RenderingIntent, Transform8BitExecutor, TransformOptions,
};

/// A conversion to sRGB of samples that are RGB, or gray three times over.
pub(super) enum Transform {
    /// From RGB.
    Color(Arc<Transform8BitExecutor>),
    /// From gray: the color of each level.
    Gray(Box<[[u8; 3]; 256]>),
}

impl Transform {
    /// Whether it is for pictures of this kind: in color, or gray.
    pub(super) fn is_for(&self, color: bool) -> bool {
        matches!(self, Self::Color(_)) == color
    }

    /// Converts interleaved samples in place; a length that is no multiple of 3 is left alone.
    pub(super) fn apply(&self, rgb: &mut [u8]) {
        match self {
            Self::Color(transform) => in_pieces(transform.as_ref(), rgb),
            Self::Gray(levels) => {
                for pixel in rgb.as_chunks_mut::<3>().0 {
                    *pixel = levels[usize::from(pixel[0])];
                }
            }
        }
    }
}

fn in_pieces(transform: &Transform8BitExecutor, rgb: &mut [u8]) {
    // Few at a time, so that the copy of the source stays in the cache.
    let mut source = [0; 3 * 1024];
    for chunk in rgb.chunks_mut(source.len()) {
        let source = &mut source[..chunk.len()];
        source.copy_from_slice(chunk);
        if transform.transform(source, chunk).is_err() {
            chunk.copy_from_slice(source);
        }
    }
}

/// The conversion from a profile to sRGB; none when the profile is of neither RGB nor gray, cannot
/// be read, or is sRGB in all but name.
pub(super) fn to_srgb(profile: &[u8]) -> Option<Transform> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let transform = match profile.color_space {
        DataColorSpace::Rgb => Transform::Color(transform(&profile, Layout::Rgb)?),
        DataColorSpace::Gray => Transform::Gray(gray(&profile)?),
        _ => return None,
    };
    let probe: Vec<u8> = match transform {
        Transform::Color(_) => probe_colors().as_flattened().to_vec(),
        Transform::Gray(_) => (0..=255).flat_map(|v| [v; 3]).collect(),
    };
    let mut moved = probe.clone();
    transform.apply(&mut moved);
    let moves = probe
        .iter()
        .zip(&moved)
        .any(|(before, after)| before.abs_diff(*after) > 1);
    moves.then_some(transform)
}

fn transform(profile: &ColorProfile, layout: Layout) -> Option<Arc<Transform8BitExecutor>> {
    let options = TransformOptions {
        rendering_intent: RenderingIntent::RelativeColorimetric,
        ..TransformOptions::default()
    };
    profile
        .create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .ok()
}

fn gray(profile: &ColorProfile) -> Option<Box<[[u8; 3]; 256]>> {
    let transform = transform(profile, Layout::Gray)?;
    let levels: [u8; 256] = std::array::from_fn(|i| i as u8);
    let mut colors = Box::new([[0; 3]; 256]);
    transform
        .transform(&levels, colors.as_flattened_mut())
        .ok()?;
    Some(colors)
}

/// Inks (cyan, magenta, yellow, black; 255 is full) to RGB: by the profile where it is one of CMYK
/// that can be read, else by (1 - ink)(1 - black).
pub(super) fn inks_to_rgb(inks: &[u8], profile: Option<&[u8]>) -> Vec<u8> {
    let pixels = inks.len() / 4;
    let mut rgb = vec![0; pixels * 3];
    let profile = profile
        .and_then(|profile| ColorProfile::new_from_slice(profile).ok())
        .filter(|profile| profile.color_space == DataColorSpace::Cmyk);
    let transform = profile.and_then(|profile| transform(&profile, Layout::Rgba));
    if let Some(transform) = transform
        && transform.transform(&inks[..pixels * 4], &mut rgb).is_ok()
    {
        return rgb;
    }
    for (rgb, &[c, m, y, k]) in rgb
        .as_chunks_mut::<3>()
        .0
        .iter_mut()
        .zip(inks.as_chunks().0)
    {
        *rgb = [c, m, y].map(|ink| {
            let light = (255 - u32::from(ink)) * (255 - u32::from(k));
            ((light + 127) / 255) as u8
        });
    }
    rgb
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
