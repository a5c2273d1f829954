//! Crops, mirror images and colors that a training draws anew, from numbers alone.

use affetti_picture::{Filter, Picture};
use affetti_train::order::mix;

/// A uniform number in 0..1 from `parts`.
pub(crate) fn uniform(parts: &[u64]) -> f64 {
    (mix(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A random crop of `picture` that keeps at least the share `least` of its area, stretched to
/// `side` × `side` and perhaps mirrored; `draw(k)` is the k-th random number in 0..1.
pub(crate) fn random_square(
    picture: &Picture,
    least: f64,
    side: u32,
    filter: Filter,
    draw: &dyn Fn(u64) -> f64,
) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let area = least + (1.0 - least) * draw(0);
    // Up to a sixth longer or shorter, as pictures come in all shapes.
    let shape = (1.0 / 6.0 * (2.0 * draw(1) - 1.0)).exp();
    let part = |full: u32, share: f64| ((f64::from(full) * share).round() as u32).clamp(1, full);
    let w = part(width, (area * shape).sqrt().min(1.0));
    let h = part(height, (area / shape).sqrt().min(1.0));
    let x = (f64::from(width - w) * draw(2)).round() as u32;
    let y = (f64::from(height - h) * draw(3)).round() as u32;
    let crop = picture.crop(x, y, w, h);
    let square = crop.as_ref().unwrap_or(picture).resize(side, side, filter);
    if draw(4) < 0.5 {
        square.flip_horizontal()
    } else {
        square
    }
}

/// `picture` with saturation, contrast and brightness each multiplied by 1 ± `strength` at most;
/// `draw` as for [`random_square`], which takes the first five.
pub(crate) fn recolored(picture: Picture, strength: f64, draw: &dyn Fn(u64) -> f64) -> Picture {
    if strength == 0.0 {
        return picture;
    }
    let factor = |k: u64| (1.0 + strength * (2.0 * draw(k) - 1.0)) as f32;
    let (saturation, contrast, brightness) = (factor(5), factor(6), factor(7));
    let gray = |p: &[u8; 3]| {
        // Rec. 601, as Pillow's `L`.
        let [r, g, b] = p.map(f32::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let (width, height) = (picture.width(), picture.height());
    let mut pixels = picture.into_pixels();
    let (all, _) = pixels.as_chunks_mut::<3>();
    let mean = all.iter().map(|p| f64::from(gray(p))).sum::<f64>() / all.len().max(1) as f64;
    let mean = mean as f32;
    for pixel in all {
        let gray = gray(pixel);
        *pixel = pixel.map(|v| {
            let colored = gray + saturation * (f32::from(v) - gray);
            let value = brightness * (mean + contrast * (colored - mean));
            value.round().clamp(0.0, 255.0) as u8
        });
    }
    Picture::new(width, height, pixels).expect("as large as before")
}

/// (v − 127) / 128, as EfficientNet-Lite wants it.
pub(crate) fn normalised(pixels: &[u8]) -> Vec<f32> {
    pixels
        .iter()
        .map(|v| (f32::from(*v) - 127.0) / 128.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::recolored;
    use affetti_picture::Picture;

    #[test]
    fn colors_by_hand() {
        let picture = Picture::new(1, 1, vec![100, 150, 200]).expect("sizes fit");
        // Gray is .299·100 + .587·150 + .114·200 = 140.75, which is also the mean. Draws of 1 give
        // factors of 1.1: 100 becomes 1.1 · (140.75 + 1.1² · (100 − 140.75)) = 100.6, and so on.
        let strong = recolored(picture.clone(), 0.1, &|_| 1.0);
        assert_eq!(strong.pixel(0, 0), [101, 167, 234]);
        assert_eq!(recolored(picture.clone(), 0.1, &|_| 0.5), picture);
        assert_eq!(recolored(picture.clone(), 0.0, &|_| 1.0), picture);
    }
}
