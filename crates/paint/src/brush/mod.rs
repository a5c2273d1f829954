//! The brush: a small picture painted over, large, in curved strokes.
//!
//! - **Computes** layers of strokes from coarse to fine. A stroke begins where the canvas misses the picture
//!   most, takes the color there and follows what edges and texture do, until the picture has another color.
//! - **Input** an sRGB picture of any size; **output** strokes, and a picture of them.
//! - **Source** Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes" (1998); Kyprianidis &
//!   Döllner, "Image abstraction by structure adaptive filtering" (2008), for the directions.
//! - **Deviations** directions by the smoothed structure tensor rather than by the gradient; strokes have
//!   bristles, and paint lies as high as they leave it and is lit from the upper left.

mod canvas;
mod field;
pub mod mood;
mod place;
mod plane;
mod svg;

use affetti_picture::{Filter, Picture};
use canvas::Canvas;
use plane::Plane;

/// Radii of the brushes over the picture's side.
const RADII: [f32; 5] = [0.035, 0.018, 0.0095, 0.0055, 0.0032];
/// Smallest radius in pixels.
const FINEST: f32 = 1.2;

/// Whether somebody wants the work to end; asked often, by several threads.
pub type Stopped<'a> = dyn Fn() -> bool + Sync + 'a;

/// One stroke of the brush.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Where it goes, in pixels; at least one point.
    pub points: Vec<[f32; 2]>,
    /// Half its width in pixels.
    pub radius: f32,
    /// sRGB, 0 to 1.
    pub color: [f32; 3],
    /// Of its bristles.
    pub seed: u64,
}

/// A picture in strokes.
#[derive(Clone, Debug, PartialEq)]
pub struct Painting {
    /// In the order in which they were painted.
    pub strokes: Vec<Stroke>,
    /// What they look like, with their bristles and the light on them.
    pub picture: Picture,
}

/// Paints `picture` over, `side` pixels on its longer side.
#[must_use]
pub fn oil(picture: &Picture, side: u32, seed: u64) -> Painting {
    oil_unless(picture, side, seed, &|| false).expect("nobody stops it")
}

/// [`oil`], or nothing soon after `stopped` says so.
#[must_use]
pub fn oil_unless(
    picture: &Picture,
    side: u32,
    seed: u64,
    stopped: &Stopped<'_>,
) -> Option<Painting> {
    let longer = picture.width().max(picture.height());
    let scaled = |n: u32| {
        let wanted = f64::from(n) * f64::from(side) / f64::from(longer);
        (wanted.round() as u32).max(1)
    };
    let (width, height) = (scaled(picture.width()), scaled(picture.height()));
    let large = picture.resize(width, height, Filter::Bicubic);
    let picture = Plane::of(&large);
    let mut canvas = Canvas::new(width as usize, height as usize);
    let mut strokes = Vec::new();
    for (layer, share) in RADII.iter().enumerate() {
        let radius = share * side as f32;
        if layer > 0 && radius < FINEST {
            break;
        }
        let placed = place::layer(
            &picture,
            &canvas,
            radius.max(FINEST),
            (layer, seed),
            stopped,
        );
        canvas.paint(&placed, stopped);
        strokes.extend(placed);
    }
    (!stopped()).then(|| Painting {
        strokes,
        picture: canvas.lit(),
    })
}

impl Painting {
    /// The strokes as an SVG file, without bristles. `comment` says what it is.
    #[must_use]
    pub fn svg(&self, comment: &str) -> String {
        svg::write(self, comment)
    }
}

#[cfg(test)]
mod tests {
    use super::{oil, oil_unless};
    use affetti_picture::Picture;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Left half dark red, right half light blue.
    fn halves() -> Picture {
        let pixel = |n: usize| {
            if n % 48 < 24 {
                [90, 20, 20]
            } else {
                [150, 190, 240]
            }
        };
        let pixels = (0..48 * 32).flat_map(pixel).collect();
        Picture::new(48, 32, pixels).unwrap()
    }

    #[test]
    fn strokes_cover_the_picture_and_keep_its_colors_apart() {
        let painting = oil(&halves(), 240, 1);
        let picture = &painting.picture;
        assert_eq!((picture.width(), picture.height()), (240, 160));
        let mean = |x0: u32| {
            let mut sum = [0.0_f64; 3];
            for y in 10..150 {
                for x in x0..x0 + 60 {
                    let pixel = picture.pixel(x, y);
                    (0..3).for_each(|c| sum[c] += f64::from(pixel[c]) / (140.0 * 60.0));
                }
            }
            sum
        };
        for (x0, wanted) in [(20, [90.0, 20.0, 20.0]), (160, [150.0, 190.0, 240.0])] {
            let found = mean(x0);
            for c in 0..3 {
                assert!((found[c] - wanted[c]).abs() < 14.0, "{found:?}");
            }
        }
        // Along the edge, strokes run along it, not across.
        let across = painting.strokes.iter().filter(|s| s.radius < 3.0);
        let crossing = |s: &&super::Stroke| {
            let xs = s.points.iter().map(|p| p[0]);
            let (least, most) = xs.fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(x), b.max(x)));
            least < 112.0 && most > 128.0
        };
        assert_eq!(across.filter(crossing).count(), 0);
    }

    #[test]
    fn the_same_seed_paints_the_same() {
        assert_eq!(oil(&halves(), 120, 5), oil(&halves(), 120, 5));
        assert_ne!(oil(&halves(), 120, 5), oil(&halves(), 120, 6));
        let svg = oil(&halves(), 120, 5).svg("a & b");
        assert!(svg.contains("<path") && svg.contains("a &amp; b"));
    }

    #[test]
    fn who_stops_it_gets_nothing() {
        assert_eq!(oil_unless(&halves(), 120, 5, &|| true), None);
        let asked = AtomicUsize::new(0);
        let soon = || asked.fetch_add(1, Ordering::Relaxed) > 20;
        assert_eq!(oil_unless(&halves(), 120, 5, &soon), None);
    }

    #[test]
    fn one_pixel_is_a_picture() {
        let one = Picture::new(1, 1, vec![200, 100, 50]).unwrap();
        let large = oil(&one, 64, 0).picture;
        assert_eq!((large.width(), large.height()), (64, 64));
    }
}
