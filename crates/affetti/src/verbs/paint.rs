//! New pictures for a wish: seeds become a stream of pictures with what was asked of each.

use std::ops::ControlFlow;

use affetti_paint::{
    Generator, PaintError, Wish,
    generator::{Choice, TOGETHER, TRUNCATION, sized},
};
use affetti_picture::Picture;
use rayon::prelude::*;

use crate::{
    ModelId,
    answers::{Painted, painted::Asked},
    pipeline::Control,
};

/// How pictures are painted.
#[derive(Debug, Clone, PartialEq)]
pub struct PaintOptions {
    /// What they are to show and to evoke.
    pub wish: Wish,
    /// How many.
    pub count: u64,
    /// Of the first; the next ones follow.
    pub seed: u64,
    /// How long the noise is, over the usual: below 1 pictures are more alike and better.
    pub truncation: f64,
    /// What makes the same again, for the notes of files.
    pub command: String,
    /// Pixels of a side, where another than the generator's is wanted.
    pub size: Option<u32>,
}

impl Default for PaintOptions {
    fn default() -> Self {
        Self {
            wish: Wish::any(),
            count: 1,
            seed: 0,
            truncation: TRUNCATION,
            command: String::new(),
            size: None,
        }
    }
}

impl PaintOptions {
    /// As large as is wanted.
    pub(super) fn sized(&self, picture: Picture) -> Picture {
        match self.size {
            Some(side) => sized(picture, side),
            None => picture,
        }
    }
}

/// Paints and hands each picture to `sink`, on this thread and in the order of the seeds, until the sink
/// breaks. Few pictures are in memory at once, however many are asked for.
///
/// # Errors
/// [`PaintError::NoSuch`] for a wish that this generator cannot be asked, told before the work.
pub fn paint(
    (generator, model): (&Generator, &ModelId),
    options: &PaintOptions,
    control: &Control<'_>,
    mut sink: impl FnMut(Painted) -> ControlFlow<()>,
) -> Result<(), PaintError> {
    let choices = generator.choices(&options.wish)?;
    let mut done = 0;
    while done < options.count && !control.cancel.is_cancelled() {
        let together = (options.count - done).min(TOGETHER as u64);
        let seeds: Vec<u64> = (0..together)
            .map(|n| options.seed.wrapping_add(done + n))
            .collect();
        for painted in batch(generator, model, options, &choices, &seeds) {
            if sink(painted).is_break() {
                return Ok(());
            }
        }
        done += together;
    }
    Ok(())
}

/// The pictures of `seeds`.
fn batch(
    generator: &Generator,
    model: &ModelId,
    options: &PaintOptions,
    choices: &[Choice],
    seeds: &[u64],
) -> Vec<Painted> {
    let grown = seeds
        .iter()
        .map(|seed| generator.seedling(*seed, options.truncation, choices));
    let (seedlings, chosen): (Vec<_>, Vec<_>) = grown.unzip();
    let pictures = generator.paint(&seedlings);
    let asked = seeds.iter().zip(chosen).map(|(seed, choice)| Asked {
        seed: *seed,
        command: options.command.clone(),
        subjects: choice.subjects.clone(),
        feeling: options.wish.feeling,
        affect: choice.affect,
        model: model.clone(),
    });
    let pairs: Vec<(Picture, Asked)> = pictures.into_iter().zip(asked).collect();
    pairs
        .into_par_iter()
        .map(|(picture, asked)| Painted {
            picture: options.sized(picture),
            asked,
        })
        .collect()
}
