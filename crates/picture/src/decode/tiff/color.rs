//! Samples of a TIFF to RGB: palettes, inks, YCbCr, profiles, alpha.

use super::{
    super::{convert::over, damaged, ifd::Directory, jpeg, profile},
    Colors, Layout, tag,
};
use crate::{error::PictureError, format::Format};

/// Alpha that multiplies the colors already, as the tag ExtraSamples says it, and that does not.
const ASSOCIATED: u64 = 1;
const UNASSOCIATED: u64 = 2;

/// Which sample is alpha, and whether it multiplies the colors already. One sample that nothing is
/// said about is alpha; "unspecified" is as good as none, and Pillow ignores it too.
fn alpha(directory: &Directory<'_>, layout: &Layout<'_>) -> Option<(usize, bool)> {
    let own = layout.colors.channels();
    let usual = || (layout.channels == own + 1).then(|| vec![UNASSOCIATED]);
    let extra = directory.numbers(tag::EXTRA).or_else(usual)?;
    let at = extra
        .iter()
        .position(|kind| matches!(*kind, ASSOCIATED | UNASSOCIATED))?;
    (own + at < layout.channels).then_some((own + at, extra[at] == ASSOCIATED))
}

/// Samples to RGB over `background`.
pub(super) fn to_rgb(
    directory: &Directory<'_>,
    layout: &Layout<'_>,
    mut samples: Vec<u8>,
    profile: Option<&[u8]>,
    background: [u8; 3],
) -> Result<Vec<u8>, PictureError> {
    let alpha = alpha(directory, layout);
    if let Some((at, _)) = alpha
        && samples
            .chunks_exact(layout.channels)
            .all(|pixel| pixel[at] == 0)
    {
        return Err(PictureError::Invisible {
            format: Format::Tiff,
        });
    }
    let opaque = layout.channels == layout.colors.channels();
    let is_color = !matches!(layout.colors, Colors::Gray(_));
    let mut rgb: Vec<u8> = match layout.colors {
        Colors::Gray(inverted) => {
            let turn = if inverted { 255 } else { 0 };
            samples
                .chunks_exact(layout.channels)
                .flat_map(|pixel| [pixel[0] ^ turn; 3])
                .collect()
        }
        Colors::Palette => {
            let palette = palette(directory, layout.bits);
            let colors: Option<Vec<[u8; 3]>> = samples
                .chunks_exact(layout.channels)
                .map(|pixel| palette.get(usize::from(pixel[0])).copied())
                .collect();
            let missing = || damaged(Format::Tiff, "a color beyond its palette");
            colors.ok_or_else(missing)?.into_flattened()
        }
        Colors::Inks if opaque => profile::inks_to_rgb(&samples, profile),
        Colors::Inks => {
            let inks: Vec<u8> = samples
                .chunks_exact(layout.channels)
                .flat_map(|pixel| pixel[..4].iter().copied())
                .collect();
            profile::inks_to_rgb(&inks, profile)
        }
        Colors::Rgb | Colors::Ycc if opaque => std::mem::take(&mut samples),
        Colors::Rgb | Colors::Ycc => samples
            .chunks_exact(layout.channels)
            .flat_map(|pixel| pixel[..3].iter().copied())
            .collect(),
    };
    if layout.colors == Colors::Ycc {
        jpeg::ycc_to_rgb(&mut rgb);
    }
    let transform = profile.and_then(profile::to_srgb);
    if let Some(transform) = transform.filter(|transform| transform.is_for(is_color)) {
        transform.apply(&mut rgb);
    }
    if let Some((at, associated)) = alpha {
        // Alpha is blended after the profile.
        for (rgb, pixel) in rgb
            .as_chunks_mut::<3>()
            .0
            .iter_mut()
            .zip(samples.chunks_exact(layout.channels))
        {
            blend(rgb, pixel[at], associated, background);
        }
    }
    Ok(rgb)
}

fn blend(rgb: &mut [u8; 3], alpha: u8, associated: bool, background: [u8; 3]) {
    if !associated {
        return over(rgb, alpha, background);
    }
    for (sample, behind) in rgb.iter_mut().zip(background) {
        let behind = u32::from(behind) * (255 - u32::from(alpha));
        *sample = sample.saturating_add(((behind + 127) / 255) as u8);
    }
}

/// The palette: all reds, all greens, all blues, of sixteen bits each. Writers fill these from
/// eight bits by 256 as often as by 257, so the upper byte is taken; and some leave them at eight
/// bits, which shows where no value has an upper byte.
fn palette(directory: &Directory<'_>, bits: usize) -> Vec<[u8; 3]> {
    let map = directory.numbers(tag::COLOR_MAP).unwrap_or_default();
    let shift = if map.iter().all(|&value| value < 256) {
        0
    } else {
        8
    };
    // A map may have fewer colors than the bits could name.
    let count = (1 << bits).min(map.len() / 3);
    let level = |at: usize| (map[at] >> shift).min(255) as u8;
    (0..count)
        .map(|i| [i, count + i, 2 * count + i].map(level))
        .collect()
}
