//! WikiArt-Emotions: 4,105 pieces of art, each with the emotions that ten viewers or more felt.
//!
//! - Layout: `WikiArt-Emotions-Ag3.tsv`, `-Ag4`, `-Ag5` (an emotion is present where 30, 40, 50 % of
//!   the viewers chose it) or `-All` (the shares themselves): tabs and no quoting, titles hold
//!   quotation marks; `ID, Style, Category, Artist, Title, Year, Image URL, Painting Info URL, Artist
//!   Info URL, Is painting, Face/body, Ave. art rating`, then for each of twenty emotions `Art
//!   (image+title): NAME`, `ImageOnly: NAME` and `TitleOnly: NAME`. Columns may stand in any order.
//!   Pictures are not part of the set; by custom they are kept as `images/ID.jpg`.
//! - Output: [`Piece`]s. [`Piece::cgan`] and [`Piece::sentiment`] are the two merges of
//!   CGAN-Emotion-Art, of which the first takes an emotion that either question found.
//! - Source: Mohammad and Kiritchenko, *WikiArt Emotions*, LREC 2018; columns as their README and
//!   public programs that read the files name them.
//! - Deviations: in `-All`, an emotion with .4 or more is present, as in Ag4.
//! - Data: not to be redistributed; to be had from its authors' page.

use std::path::{Path, PathBuf};

use affetti_emotion::{CganEmotion, Label, Sentiment, WikiArtEmotion, cgan_sentiment};

use crate::{
    DataError, Limits, Loaded,
    labelled::{Labelled, pictures_below},
    sheet::{self, Column, Row, RowFault, Sheet},
};

/// From this share of viewers on, an emotion is present: the authors' recommendation (Ag4).
const PRESENT: f64 = 0.4;
/// Heads of the columns of the two questions that show the picture.
const HEADS: [&str; 2] = ["ImageOnly: ", "Art (image+title): "];

/// One piece of art.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its name in the set.
    pub id: String,
    /// The title, perhaps empty.
    pub title: String,
    /// The mean rating, −3 (disliked) to 3, if there is one.
    pub rating: Option<f64>,
    /// Emotions that viewers felt who saw the picture alone.
    pub image_only: Vec<WikiArtEmotion>,
    /// Emotions that viewers felt who saw picture and title.
    pub with_title: Vec<WikiArtEmotion>,
}

impl Piece {
    /// Emotions that either question found, in the order of the taxonomy.
    #[must_use]
    pub fn either(&self) -> Vec<WikiArtEmotion> {
        let all = WikiArtEmotion::ALL.iter().copied();
        all.filter(|e| self.image_only.contains(e) || self.with_title.contains(e))
            .collect()
    }

    /// The first merge of CGAN-Emotion-Art: the classes of all emotions that either question
    /// found; neutral where there is none.
    #[must_use]
    pub fn cgan(&self) -> Vec<CganEmotion> {
        let found = self.either();
        let all = CganEmotion::ALL.iter().copied();
        let classes: Vec<CganEmotion> = all
            .filter(|c| found.iter().any(|e| e.cgan() == *c))
            .collect();
        if classes.is_empty() {
            vec![CganEmotion::Neutral]
        } else {
            classes
        }
    }

    /// The second merge: one sentiment, ties are other.
    #[must_use]
    pub fn sentiment(&self) -> Sentiment {
        cgan_sentiment(&self.either())
    }
}

/// Reads one of the four files.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the limits, or holds no good
/// row. Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Piece>, DataError> {
    let sheet = Sheet::tabbed(sheet::open(path)?, path, limits)?;
    let id = sheet.column("ID")?;
    let title = sheet.column("Title")?;
    let rating = sheet.find("Ave. art rating")?;
    let mut columns: [Vec<(WikiArtEmotion, Column)>; 2] = Default::default();
    for (columns, head) in columns.iter_mut().zip(HEADS) {
        for &emotion in WikiArtEmotion::ALL {
            let name = format!("{head}{}", emotion.name());
            columns.push((emotion, sheet.column(&name)?));
        }
    }
    sheet.load(|row| {
        Ok(Some(Piece {
            id: row.component(&id)?,
            title: row.optional(&title)?.unwrap_or_default(),
            rating: row.maybe_number(rating.as_ref(), -3.0, 3.0)?,
            image_only: present(row, &columns[0])?,
            with_title: present(row, &columns[1])?,
        }))
    })
}

fn present(
    row: &Row<'_>,
    columns: &[(WikiArtEmotion, Column)],
) -> Result<Vec<WikiArtEmotion>, RowFault> {
    let mut found = Vec::new();
    for (emotion, column) in columns {
        if row.number(column, 0.0, 1.0)? >= PRESENT {
            found.push(*emotion);
        }
    }
    Ok(found)
}

/// The pieces with their pictures and their merged sentiment as label.
#[must_use]
pub fn labelled(pieces: &[Piece], folder: &Path) -> Vec<Labelled> {
    let pictures: PathBuf = pictures_below(folder, &["images"]);
    let label = |piece: &Piece| {
        let sentiment = piece.sentiment();
        let key = format!("{}.jpg", piece.id);
        Labelled::new(&pictures, key, sentiment.name(), Some(sentiment), None)
    };
    pieces.iter().map(label).collect()
}

#[cfg(test)]
mod tests;
