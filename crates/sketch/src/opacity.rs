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

/// Whether what can be seen of a picture, of this opacity, is about as light as paper: over white it has
/// no outline.
#[must_use]
pub fn is_bright(picture: &Picture, opacity: &[u8]) -> bool {
    /// Mean of the darkest channel from which on a shape is lost.
    const LOST: u64 = 215;
    let pixels = picture.pixels().chunks_exact(3).zip(opacity);
    let seen = pixels.filter(|(_, opacity)| **opacity >= 128);
    let (mut sum, mut count) = (0, 0);
    for (pixel, _) in seen {
        sum += u64::from(pixel.iter().copied().min().unwrap_or(0));
        count += 1;
    }
    count > 0 && sum >= LOST * count
}

#[cfg(test)]
mod tests {
    use super::is_bright;
    use affetti_picture::Picture;

    #[test]
    fn shapes_as_light_as_paper_are_bright() {
        let of = |gray: u8| {
            let pixels = [[255; 6], [gray; 6]].concat();
            is_bright(
                &Picture::new(4, 1, pixels).expect("four pixels"),
                &[0, 0, 255, 255],
            )
        };
        assert!(of(255) && of(230));
        assert!(!of(200) && !of(0));
        let white = Picture::new(1, 1, vec![255; 3]).expect("a pixel");
        assert!(!is_bright(&white, &[0]));
    }
}
