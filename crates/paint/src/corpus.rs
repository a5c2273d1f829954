//! The paintings that a generator learns from, with what they are and evoke.

use crate::error::PaintError;
use crate::feelings::remembered;
use crate::pictures::{self, Labels, Painting};
use crate::repertoire::{FEELING, numbers, shares_of};
use affetti_data::Split;
use affetti_data::table::{self, TableOptions};
use affetti_emotion::{Distribution, Emotion};
use affetti_feel::Predictor;
use affetti_feel::art::PaintingSet;
use affetti_nets::device::Device as Place;
use affetti_picture::{Filter, Picture};
use affetti_train::Places;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// What generators begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// Random weights.
    Nothing,
}

/// Paintings of the split train, and those of val.
#[derive(Debug)]
pub struct Corpus {
    /// Learned from.
    pub learned: Vec<Painting>,
    /// What the learned ones evoke, see [`crate::repertoire::numbers`].
    pub felt: Vec<[f64; FEELING]>,
    /// Of how many of them viewers' votes are known, too.
    pub voted: usize,
    /// Measured against.
    pub measured: Vec<Painting>,
    /// How many could not be read.
    pub unreadable: usize,
}

/// Reads the paintings of `sets` that `wanted` agrees to, and feels the learned ones by the predictor
/// `labels` of the folder of models. At least `least` of them are needed.
///
/// # Errors
/// Missing files, and too few paintings.
pub fn corpus(
    places: &Places<'_>,
    sets: &[PaintingSet],
    labels: &str,
    least: usize,
    wanted: impl Fn(&Labels<'_>) -> bool,
) -> Result<Corpus, PaintError> {
    let (all, unreadable) = pictures::load(places.data, sets, wanted)?;
    let (learned, rest): (Vec<Painting>, Vec<Painting>) =
        all.into_iter().partition(|p| p.split == Split::Train);
    if learned.len() < least {
        return Err(PaintError::TooLittle {
            what: format!(
                "{}: {} paintings of what the config names; its batch needs at least {least}",
                places.data.display(),
                learned.len()
            ),
        });
    }
    let file = places.models.join(format!("{labels}.safetensors"));
    let predictor = Predictor::from_file(&file, &Place::default())?.with_views(1);
    let named: Vec<_> = learned
        .iter()
        .map(|p| (p.id.as_str(), &p.picture))
        .collect();
    let mut felt = remembered(&predictor, &named, places.stage)?;
    let voted = heard(places.data, &learned, &mut felt)?;
    let measured = rest.into_iter().filter(|p| p.split == Split::Val).collect();
    Ok(Corpus {
        learned,
        felt,
        voted,
        measured,
        unreadable,
    })
}

/// How many votes what the predictor says of shares counts as.
const SAID: f64 = 3.0;

/// Lets the votes of viewers, where the table of them has a painting, speak with the shares of `felt`: a few
/// votes say much, and not all. Of how many paintings they do.
fn heard(
    data: &Path,
    paintings: &[Painting],
    felt: &mut [[f64; FEELING]],
) -> Result<usize, PaintError> {
    let table = data.join("paintings").join("votes-224.csv");
    if !table.is_file() {
        return Ok(0);
    }
    let rows = table::read(&table, &TableOptions::default())?.rows;
    let votes: HashMap<String, (Distribution<Emotion>, f64)> = rows
        .into_iter()
        .filter_map(|row| {
            let id = Path::new(&row.written).file_stem()?.to_str()?.to_owned();
            Some((id, (row.emotions?, row.votes.unwrap_or(1.0))))
        })
        .collect();
    let mut count = 0;
    for (painting, felt) in paintings.iter().zip(felt) {
        if let Some((shares, votes)) = votes.get(&painting.id) {
            count += 1;
            let said: Vec<f64> = shares_of(felt)
                .iter()
                .zip(shares.as_slice())
                .map(|(said, voted)| (SAID * said + votes * voted) / (SAID + votes))
                .collect();
            if let Ok(both) = Distribution::from_counts(&said) {
                *felt = numbers(&both, felt[9], felt[10]);
            }
        }
    }
    Ok(count)
}

/// A random square that keeps at least the share `least` of the largest one's side, perhaps mirrored;
/// `draw(k)` is the k-th random number in 0..1.
pub(crate) fn square(
    picture: &Picture,
    least: f64,
    side: u32,
    draw: &dyn Fn(u64) -> f64,
) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let largest = f64::from(width.min(height));
    let size = (largest * (least + (1.0 - least) * draw(0)))
        .round()
        .max(1.0) as u32;
    let x = (f64::from(width - size) * draw(1)).round() as u32;
    let y = (f64::from(height - size) * draw(2)).round() as u32;
    let crop = picture.crop(x, y, size, size);
    let square = crop
        .as_ref()
        .unwrap_or(picture)
        .resize(side, side, Filter::Bicubic);
    if draw(3) < 0.5 {
        square.flip_horizontal()
    } else {
        square
    }
}

/// Bytes in −1..1.
pub(crate) fn scaled(picture: &Picture) -> Vec<f32> {
    let pixels = picture.pixels().iter();
    pixels.map(|v| f32::from(*v) / 127.5 - 1.0).collect()
}
