//! Samples of any type that PNG and WebP hold to RGB of eight bits, in the decoder's own buffer.
//!
//! The buffer is made large enough for both, and the decoder writes to its end. Going forward, a
//! pixel's place in the result never lies beyond the samples that are still to be read: after i of
//! n pixels, 3 i bytes are written and reading starts at size - (n - i) b, where b is the bytes
//! of a source pixel and size = n max(3, b). For b < 3, 3 i <= 3 n - (n - i) b because i <= n; for
//! b >= 3, 3 i <= i b. So a 12 megapixel picture needs no second buffer.

use image::ColorType;

use super::profile::Transform;

/// Pixels that are converted at a time: enough to amortise a call, few enough for the cache.
const CHUNK: usize = 2048;

/// Bytes before the decoder's output in [`buffer`].
pub(super) fn offset(width: u32, height: u32, color: ColorType) -> usize {
    let pixels = width as usize * height as usize;
    pixels * 3usize.saturating_sub(usize::from(color.bytes_per_pixel()))
}

/// A buffer of zeros with room for the source samples and for the result.
pub(super) fn buffer(width: u32, height: u32, color: ColorType) -> Vec<u8> {
    let pixels = width as usize * height as usize;
    vec![0; pixels * usize::from(color.bytes_per_pixel().max(3))]
}

/// Turns a [`buffer`] into RGB: levels to eight bits, profile to sRGB, alpha over `background`. None
/// where no pixel is visible.
pub(super) fn to_rgb(
    mut buffer: Vec<u8>,
    width: u32,
    height: u32,
    color: ColorType,
    transform: Option<&Transform>,
    background: [u8; 3],
) -> Option<Vec<u8>> {
    if color == ColorType::Rgb8 && transform.is_none() {
        return Some(buffer);
    }
    let pixels = width as usize * height as usize;
    let size = usize::from(color.bytes_per_pixel());
    let start = offset(width, height, color);
    let mut rgb = vec![[0; 3]; CHUNK.min(pixels)];
    let mut alpha = vec![255; CHUNK.min(pixels)];
    let mut visible = false;
    for first in (0..pixels).step_by(CHUNK) {
        let count = CHUNK.min(pixels - first);
        let (rgb, alpha) = (&mut rgb[..count], &mut alpha[..count]);
        unpack(
            &buffer[start + first * size..][..count * size],
            color,
            rgb,
            alpha,
        );
        if let Some(transform) = transform {
            transform.apply(rgb.as_flattened_mut());
        }
        visible = visible || alpha.iter().any(|&alpha| alpha != 0);
        if color.has_alpha() {
            for (rgb, &alpha) in rgb.iter_mut().zip(&*alpha) {
                over(rgb, alpha, background);
            }
        }
        buffer[first * 3..][..count * 3].copy_from_slice(rgb.as_flattened());
    }
    buffer.truncate(pixels * 3);
    // Gives a third of an RGBA picture back; the allocator does it without moving large blocks.
    buffer.shrink_to_fit();
    visible.then_some(buffer)
}

/// Source samples to RGB and alpha of eight bits.
fn unpack(source: &[u8], color: ColorType, rgb: &mut [[u8; 3]], alpha: &mut [u8]) {
    let pixels = rgb.iter_mut().zip(alpha);
    match color {
        ColorType::L8 => {
            for ((rgb, _), &gray) in pixels.zip(source) {
                *rgb = [gray; 3];
            }
        }
        ColorType::La8 => {
            for ((rgb, alpha), &[gray, a]) in pixels.zip(source.as_chunks().0) {
                (*rgb, *alpha) = ([gray; 3], a);
            }
        }
        ColorType::Rgba8 => {
            for ((rgb, alpha), &[r, g, b, a]) in pixels.zip(source.as_chunks().0) {
                (*rgb, *alpha) = ([r, g, b], a);
            }
        }
        ColorType::L16 => {
            for ((rgb, _), &[g0, g1]) in pixels.zip(source.as_chunks().0) {
                *rgb = [level(g0, g1); 3];
            }
        }
        ColorType::La16 => {
            for ((rgb, alpha), &[g0, g1, a0, a1]) in pixels.zip(source.as_chunks().0) {
                (*rgb, *alpha) = ([level(g0, g1); 3], level(a0, a1));
            }
        }
        ColorType::Rgb16 => {
            for ((rgb, _), &[r0, r1, g0, g1, b0, b1]) in pixels.zip(source.as_chunks().0) {
                *rgb = [level(r0, r1), level(g0, g1), level(b0, b1)];
            }
        }
        ColorType::Rgba16 => {
            for ((rgb, alpha), &[r0, r1, g0, g1, b0, b1, a0, a1]) in
                pixels.zip(source.as_chunks().0)
            {
                *rgb = [level(r0, r1), level(g0, g1), level(b0, b1)];
                *alpha = level(a0, a1);
            }
        }
        // Rgb8; `image` has floating point types too, which none of the formats that come here can hold.
        _ => {
            for ((rgb, _), &color) in pixels.zip(source.as_chunks().0) {
                *rgb = color;
            }
        }
    }
}

/// The nearest of 256 levels to a sample of 65,536, given as the decoder wrote it.
fn level(first: u8, second: u8) -> u8 {
    level16(u16::from_ne_bytes([first, second]))
}

/// The nearest of 256 levels to a sample of 65,536.
pub(super) fn level16(sample: u16) -> u8 {
    // 65535 = 255 * 257, and 255 * 257 / 257 is the largest that comes out.
    ((u32::from(sample) + 128) / 257) as u8
}

/// Puts a color over an opaque background: the weighted mean, rounded to the nearest.
pub(super) fn over(rgb: &mut [u8; 3], alpha: u8, background: [u8; 3]) {
    let (over, under) = (u32::from(alpha), 255 - u32::from(alpha));
    for (sample, behind) in rgb.iter_mut().zip(background) {
        // At most 255 * 255 + 127, which divides to 255.
        *sample = ((u32::from(*sample) * over + u32::from(behind) * under + 127) / 255) as u8;
    }
}
