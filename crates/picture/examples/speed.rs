//! Times of the steps that every photo goes through, on one thread.
//!
//! `cargo run --release -p affetti-picture --example speed [PHOTO]`; without a file it makes a
//! 12 megapixel JPEG.

#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::{hint::black_box, time::Instant};

use affetti_picture::{DecodeOptions, Filter, Picture, color_features, decode, measures};

/// Runs five times and prints the median, in milliseconds.
fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what:<34} {:8.2} ms", times[2]);
}

/// Waves with a little noise: about as hard to decode as a photo.
fn photo(width: u32, height: u32) -> Result<Picture, affetti_picture::PictureError> {
    let mut noise = 1_u32;
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (noise >> 28) as f32;
            let wave = |fx: f32, fy: f32| 110.0 + 90.0 * (x as f32 * fx + y as f32 * fy).sin();
            pixels.extend(
                [wave(0.01, 0.02), wave(0.03, 0.003), wave(0.002, 0.017)]
                    .map(|v| (v + grain) as u8),
            );
        }
    }
    Picture::new(width, height, pixels)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path)?,
        None => photo(4000, 3000)?.encode_jpeg(88),
    };
    let options = DecodeOptions::default();
    let picture = decode(&file, &options)?;
    println!(
        "{} x {}, {} bytes",
        picture.width(),
        picture.height(),
        file.len()
    );
    time("decode", || decode(&file, &options));
    for filter in Filter::ALL {
        time(&format!("resize to 224 x 224, {}", filter.name()), || {
            picture.resize(224, 224, filter)
        });
    }
    time("resize center square to 224", || {
        picture.resize_center_square(224, Filter::Bicubic)
    });
    time("thumbnail of 512, lanczos3", || {
        picture.fit_within(512, Filter::Lanczos3)
    });
    time("measures", || measures(&picture));
    time("color features", || color_features(&picture));
    Ok(())
}
