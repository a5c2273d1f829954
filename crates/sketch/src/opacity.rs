//! What is transparent in a picture that was decoded onto a ground.

use affetti_picture::{DecodeOptions, Format, Picture, PictureError, decode};

/// The opacity of every pixel, or nothing where all are opaque. Over white a pixel is lighter than
/// over black by what shines through.
///
/// # Errors
/// Those of decoding.
pub fn opacity(
    bytes: &[u8],
    picture: &Picture,
    options: &DecodeOptions,
) -> Result<Option<Vec<u8>>, PictureError> {
    if Format::of(bytes)? == Format::Jpeg {
        return Ok(None);
    }
    let other = if options.background == [0; 3] { 255 } else { 0 };
    let over = decode(
        bytes,
        &DecodeOptions {
            background: [other; 3],
            ..*options
        },
    )?;
    let ground = options.background.map(i32::from);
    let pairs = picture
        .pixels()
        .chunks_exact(3)
        .zip(over.pixels().chunks_exact(3));
    let opacity: Vec<u8> = pairs
        .map(|(a, b)| {
            let shine = (0..3).map(|c| {
                let most = (ground[c] - i32::from(other)).abs().max(1);
                (i32::from(a[c]) - i32::from(b[c])).abs() * 255 / most
            });
            255 - shine.max().unwrap_or(0).min(255) as u8
        })
        .collect();
    Ok(opacity.iter().any(|a| *a < 255).then_some(opacity))
}
