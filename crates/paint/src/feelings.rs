//! What pictures evoke, by a predictor, kept in the folder of the cache.

use crate::error::PaintError;
use crate::repertoire::{FEELING, numbers};
use affetti_feel::{Predictor, Scratch};
use affetti_ground::write_whole;
use affetti_picture::Picture;
use affetti_weights::registry::cache_folder;
use affetti_weights::store::sha256;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The numbers of feelings of `pictures` by `predictor`.
///
/// # Errors
/// Damaged weights.
pub fn feel(
    predictor: &Predictor,
    pictures: &[&Picture],
    stage: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<Vec<[f64; FEELING]>, PaintError> {
    let done = AtomicUsize::new(0);
    pictures
        .par_iter()
        .map_init(Scratch::default, |scratch, picture| {
            let prediction = predictor.predict(picture, scratch, 1)?;
            let now = done.fetch_add(1, Ordering::Relaxed) + 1;
            stage("feeling", now, pictures.len());
            Ok(numbers(
                &prediction.emotions,
                prediction.valence,
                prediction.arousal,
            ))
        })
        .collect()
}

/// [`feel`], remembered under the predictor's hash and what the pictures are called and hold.
///
/// # Errors
/// Damaged weights.
pub fn remembered(
    predictor: &Predictor,
    pictures: &[(&str, &Picture)],
    stage: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<Vec<[f64; FEELING]>, PaintError> {
    let mut names = predictor.model().sha256.clone();
    names.push_str(&predictor.weights().settings.views.len().to_string());
    for (name, picture) in pictures {
        names.push_str(&format!("\n{name} {}", sha256(picture.pixels())));
    }
    let file = format!("{}.f64", sha256(names.as_bytes()));
    let path = cache_folder().join("feelings").join(file);
    let length = pictures.len() * FEELING * 8;
    if let Ok(bytes) = std::fs::read(&path)
        && bytes.len() == length
    {
        let (words, _) = bytes.as_chunks::<8>();
        let values: Vec<f64> = words.iter().map(|w| f64::from_le_bytes(*w)).collect();
        let (rows, _) = values.as_chunks::<FEELING>();
        return Ok(rows.to_vec());
    }
    let all: Vec<&Picture> = pictures.iter().map(|(_, picture)| *picture).collect();
    let felt = feel(predictor, &all, stage)?;
    let bytes: Vec<u8> = felt
        .iter()
        .flatten()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    // What cannot be kept is made again.
    let _ = write_whole(&path, &bytes);
    Ok(felt)
}
