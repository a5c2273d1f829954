//! Pictures that turn into one another: a way from seed to seed, or from one feeling to another.

use affetti_paint::{
    Feeling, Generator, PaintError, Wish,
    generator::Seedling,
    wish::{Kind, Subject},
};
use affetti_picture::Picture;

use super::paint::PaintOptions;
use crate::pipeline::Control;

/// Frames from one picture to the next.
pub const TURN_FRAMES: u64 = 16;
/// Hundredths of a second of a frame.
pub const TURN_DELAY: u16 = 8;

/// The frames of a way through the pictures of all seeds of `options` and back to the first, or, where there is `to`,
/// from the first picture to the same noise in that feeling and back. All are in memory together. Fewer where it
/// is stopped.
///
/// # Errors
/// [`PaintError::NoSuch`] for a wish that this generator cannot be asked.
pub fn turning(
    generator: &Generator,
    options: &PaintOptions,
    to: Option<Feeling>,
    control: &Control<'_>,
) -> Result<Vec<Picture>, PaintError> {
    let at = |wish: &Wish, seed: u64| -> Result<Seedling, PaintError> {
        let choices = generator.choices(wish)?;
        Ok(generator.seedling(seed, options.truncation, &choices).0)
    };
    let stations: Vec<Seedling> = match to {
        Some(feeling) => {
            let other = Wish {
                feeling,
                subjects: with_genre(generator, options)?,
                notes: Vec::new(),
            };
            let from = at(&options.wish, options.seed)?;
            vec![from, at(&other, options.seed)?]
        }
        None => {
            let seeds = (0..options.count).map(|n| options.seed.wrapping_add(n));
            let stations: Result<_, PaintError> =
                seeds.map(|seed| at(&options.wish, seed)).collect();
            stations?
        }
    };
    let mut frames = Vec::new();
    for (n, from) in stations.iter().enumerate() {
        if control.cancel.is_cancelled() {
            break;
        }
        let to = &stations[(n + 1) % stations.len()];
        let steps: Vec<Seedling> = (0..TURN_FRAMES)
            .map(|step| from.toward(to, eased(step as f32 / TURN_FRAMES as f32)))
            .collect();
        let pictures = generator.paint(&steps).into_iter();
        frames.extend(pictures.map(|picture| options.sized(picture)));
        control.progress.pictures(n + 1);
    }
    Ok(frames)
}

/// The subjects that are asked for, and where there is no genre among them, that of the first picture: both ends of
/// a way have the same.
fn with_genre(generator: &Generator, options: &PaintOptions) -> Result<Vec<Subject>, PaintError> {
    let mut subjects = options.wish.subjects.clone();
    if options.wish.subject(Kind::Genre).is_none() {
        let choices = generator.choices(&options.wish)?;
        let (_, choice) = generator.seedling(options.seed, options.truncation, &choices);
        let genres = choice.subjects.iter().filter(|s| s.kind == Kind::Genre);
        subjects.extend(genres.cloned());
    }
    Ok(subjects)
}

/// Slow at both ends.
fn eased(part: f32) -> f32 {
    part * part * (3.0 - 2.0 * part)
}
