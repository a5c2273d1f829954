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
use affetti_train::order::mix;
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

/// A number in 0..1 that depends on all of `parts`.
pub(crate) fn chance(parts: &[u64]) -> f64 {
    (mix(parts) >> 11) as f64 / (1_u64 << 53) as f64
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

#[cfg(test)]
mod tests {
    use super::{corpus, shares_of};
    use crate::corpus::heard;
    use crate::pictures::{self, Labels};
    use crate::repertoire::{balance, numbers};
    use affetti_emotion::{Distribution, Emotion};
    use affetti_feel::art::PaintingSet;
    use affetti_picture::Picture;
    use affetti_train::Places;
    use std::fs;
    use std::path::Path;

    const HEADER: &str = "id,file,artist,title,year,style,genre,artemis_key,captions,dvisa_emotion,dvisa_vad,width,height,stretched,source,group,split";

    /// A set of paintings with style, genre and split; one of its files is no picture.
    fn set(data: &Path, rows: &[(&str, &str, &str, &str)]) {
        let folder = data.join("paintings");
        fs::create_dir_all(&folder).unwrap();
        let mut table = format!("{HEADER}\n");
        let mut tar = tar::Builder::new(Vec::new());
        for (n, (id, style, genre, split)) in rows.iter().enumerate() {
            table += &format!(
                "{id},{id}.png,,title {n},,{style},{genre},,0,,,8,8,0,test,{id},{split}\n"
            );
            let picture = Picture::new(8, 8, vec![n as u8 * 20; 192]).unwrap();
            let bytes = if *id == "bad" {
                b"no picture".to_vec()
            } else {
                picture.encode_png()
            };
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            tar.append_data(&mut header, format!("{id}.png"), &bytes[..])
                .unwrap();
        }
        fs::write(folder.join("wikiart-128.csv"), table).unwrap();
        fs::write(folder.join("wikiart-128.tar"), tar.into_inner().unwrap()).unwrap();
    }

    #[test]
    fn what_is_learned_from_and_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        set(
            folder.path(),
            &[
                ("a", "Baroque", "landscape", "train"),
                ("bad", "Baroque", "landscape", "train"),
                ("b", "Minimalism", "", "train"),
                ("c", "Baroque", "portrait", "train"),
                ("d", "Baroque", "landscape", "test"),
            ],
        );
        let wanted = |labels: &Labels<'_>| labels.genre == "landscape";
        let sets = [PaintingSet::Wikiart];
        let (found, unreadable) = pictures::load(folder.path(), &sets, wanted).unwrap();
        let ids: Vec<&str> = found.iter().map(|p| p.id.as_str()).collect();
        assert_eq!((ids, unreadable), (vec!["a", "d"], 1));
        // What is abstract by its style has the genre.
        let wanted = |labels: &Labels<'_>| labels.genre == pictures::ABSTRACT_GENRE;
        assert_eq!(
            pictures::load(folder.path(), &sets, wanted).unwrap().0[0].id,
            "b"
        );
        let places = Places {
            data: folder.path(),
            models: folder.path(),
            run: folder.path(),
            resume: false,
            stage: &|_, _, _| {},
        };
        for (genre, count) in [("landscape", "1 paintings"), ("still_life", "0 paintings")] {
            let told = corpus(&places, &sets, "labels", 8, |l| l.genre == genre).unwrap_err();
            let told = told.to_string();
            assert!(
                told.contains(count) && told.contains("at least 8"),
                "{told}"
            );
        }
    }

    #[test]
    fn votes_speak_with_what_is_predicted() {
        let folder = tempfile::tempdir().unwrap();
        set(
            folder.path(),
            &[
                ("a", "Baroque", "landscape", "train"),
                ("b", "Baroque", "landscape", "train"),
            ],
        );
        let nine = "amusement,awe,contentment,excitement,anger,disgust,fear,sadness,something else";
        let table = format!("file,votes,{nine}\na.png,3,0,0,0,0,0,0,0,1,0\n");
        fs::write(folder.path().join("paintings/votes-224.csv"), table).unwrap();
        let sets = [PaintingSet::Wikiart];
        let (paintings, _) = pictures::load(folder.path(), &sets, |_| true).unwrap();
        let said = numbers(&Distribution::one_hot(Emotion::Awe), 5.0, 4.0);
        let mut felt = vec![said; 2];
        assert_eq!(heard(folder.path(), &paintings, &mut felt).unwrap(), 1);
        // Three votes against what counts as three.
        let shares = shares_of(&felt[0]);
        assert!(
            (shares[1] - 0.5).abs() < 0.01 && (shares[7] - 0.5).abs() < 0.01,
            "{shares:?}"
        );
        assert!(balance(&felt[0]).abs() < 0.01);
        assert_eq!(felt[1], said);
    }
}
