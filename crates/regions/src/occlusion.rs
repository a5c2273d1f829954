//! What a prediction rests on: how much it changes where a part of the picture is hidden.
//!
//! - **Computes** for each place of a sliding window the share that the picture's dominant emotion
//!   loses when the window is grey; a pixel gets the mean of the windows that cover it.
//! - **Input** an upright picture. **Output** a map of the working size; above 0 where hiding makes
//!   the emotion weaker, below 0 where it makes it stronger.
//! - **Source** M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks",
//!   ECCV 2014.
//! - **Deviation** the grey is the picture's mean color: a foreign one would add a feeling of its
//!   own. The prediction is of one view, whole and stretched, with and without the window.

use affetti_emotion::Emotion;
use affetti_feel::{Predictor, RegionWay, Scratch};
use affetti_picture::{Filter, Picture};

use crate::{
    Map,
    boxes::Region,
    error::{RegionsError, require},
    find::WORKING_SIDE,
};

/// Settings of [`occlusion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Side of the window as a part of the longest side: one in so many. At least 1.
    pub window: u32,
    /// Places of the window along the longest side, at least 2; time grows with the square.
    pub steps: u32,
    /// Threads.
    pub threads: usize,
}

impl Default for Options {
    /// A window of a fifth, nine places: 81 predictions for a square picture.
    fn default() -> Self {
        Self {
            window: 5,
            steps: 9,
            threads: 1,
        }
    }
}

/// The change of one emotion by place.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    /// Loss of the emotion's share, -1..=1, of the working size.
    pub map: Map,
    /// Which emotion: the dominant one of the whole picture.
    pub emotion: Emotion,
}

/// The occlusion map of a picture for its dominant emotion.
///
/// # Errors
/// [`RegionsError::Parameter`] for settings out of range, [`RegionsError::Feel`] for damaged
/// weights.
pub fn occlusion(
    picture: &Picture,
    predictor: &Predictor,
    options: &Options,
) -> Result<Heat, RegionsError> {
    require("window", options.window, 1.., "at least 1")?;
    require("steps", options.steps, 2.., "at least 2")?;
    let small = picture.fit_within(WORKING_SIDE, Filter::Bilinear);
    let whole = [0, 0, small.width(), small.height()];
    let mut scratch = Scratch::default();
    let predict = |picture: &Picture, scratch: &mut Scratch| {
        predictor
            .region_emotions(picture, &[whole], RegionWay::Crop, scratch, 1)
            .map(|mut all| all.swap_remove(0))
    };
    let before = predict(&small, &mut scratch)?;
    let emotion = before.dominant();
    let windows = windows(&small, options);
    let gray = mean_color(&small);
    // Windows in equal shares to the threads; the result does not depend on who did which.
    let chunk = windows.len().div_ceil(options.threads.max(1)).max(1);
    let hide = |part: &[Region]| -> Result<Vec<f64>, RegionsError> {
        let mut scratch = Scratch::default();
        part.iter()
            .map(|&window| {
                let after = predict(&hidden(&small, window, gray)?, &mut scratch)?;
                Ok(before.get(emotion) - after.get(emotion))
            })
            .collect()
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = windows
            .chunks(chunk)
            .map(|part| scope.spawn(move || hide(part)))
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|e| std::panic::resume_unwind(e))
            })
            .collect::<Result<Vec<_>, _>>()
    })?;
    let losses: Vec<f64> = parts.into_iter().flatten().collect();
    Ok(Heat {
        map: spread(&small, &windows, &losses),
        emotion,
    })
}

/// All places of the window, row by row; together they cover the picture.
fn windows(picture: &Picture, options: &Options) -> Vec<Region> {
    let (width, height) = (picture.width(), picture.height());
    let long = width.max(height);
    let side = (long / options.window).max(1);
    let step = (f64::from(long.saturating_sub(side)) / f64::from(options.steps - 1)).max(1.0);
    let places = |length: u32| -> Vec<(u32, u32)> {
        let side = side.min(length);
        let free = length - side;
        // Never further apart than the window is wide.
        let step = step.min(f64::from(side));
        let count = (f64::from(free) / step).ceil() as u32;
        (0..=count)
            .map(|i| {
                let at = f64::from(free) * f64::from(i) / f64::from(count.max(1));
                (at.round() as u32, side)
            })
            .collect()
    };
    let (columns, rows) = (places(width), places(height));
    rows.iter()
        .flat_map(|&(y, h)| columns.iter().map(move |&(x, w)| [x, y, w, h]))
        .collect()
}

fn mean_color(picture: &Picture) -> [u8; 3] {
    let mut sums = [0_u64; 3];
    for pixel in picture.pixels().chunks_exact(3) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(value);
        }
    }
    let count = (picture.pixels().len() / 3).max(1) as u64;
    sums.map(|sum| (sum / count) as u8)
}

fn hidden(
    picture: &Picture,
    [x, y, w, h]: Region,
    color: [u8; 3],
) -> Result<Picture, RegionsError> {
    let width = picture.width() as usize;
    let mut pixels = picture.pixels().to_vec();
    for row in y as usize..(y + h) as usize {
        let start = 3 * (row * width + x as usize);
        for pixel in pixels[start..start + 3 * w as usize].chunks_exact_mut(3) {
            pixel.copy_from_slice(&color);
        }
    }
    Ok(Picture::new(picture.width(), picture.height(), pixels)?)
}

/// The mean loss of the windows that cover each pixel.
fn spread(picture: &Picture, windows: &[Region], losses: &[f64]) -> Map {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut sums = vec![0.0_f64; width * height];
    let mut counts = vec![0.0_f64; width * height];
    for (&[x, y, w, h], loss) in windows.iter().zip(losses) {
        for row in y as usize..(y + h) as usize {
            let line = row * width + x as usize..row * width + (x + w) as usize;
            sums[line.clone()].iter_mut().for_each(|s| *s += loss);
            counts[line].iter_mut().for_each(|c| *c += 1.0);
        }
    }
    let mean = |(s, c): (f64, &f64)| (s / c.max(1.0)) as f32;
    Map::from_parts(
        width,
        height,
        sums.into_iter().zip(&counts).map(mean).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(w: u32, h: u32) -> Picture {
        Picture::new(w, h, affetti_testkit::noise(w, h, 4)).expect("a picture")
    }

    #[test]
    fn windows_cover_every_pixel() {
        for (w, h) in [(100, 80), (500, 20), (3, 300), (1, 1)] {
            let picture = picture(w, h);
            let windows = windows(&picture, &Options::default());
            let ones = vec![1.0; windows.len()];
            let covered = spread(&picture, &windows, &ones);
            assert!(covered.values().iter().all(|&v| v == 1.0), "{w} x {h}");
            assert!(windows.len() <= 81);
        }
    }

    #[test]
    fn a_hidden_part_is_grey_and_the_rest_is_not() {
        let picture = picture(10, 8);
        let hidden = hidden(&picture, [2, 3, 4, 2], [1, 2, 3]).expect("hidden");
        for y in 0..8 {
            for x in 0..10 {
                let inside = (2..6).contains(&x) && (3..5).contains(&y);
                let expected = if inside {
                    [1, 2, 3]
                } else {
                    picture.pixel(x, y)
                };
                assert_eq!(hidden.pixel(x, y), expected);
            }
        }
    }
}
