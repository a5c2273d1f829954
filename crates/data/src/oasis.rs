//! OASIS: photographs rated for valence and arousal.
//!
//! - Layout: `oasis.csv` with the columns `id, theme, category, valence_mean,
//!   valence_sd, valence_n, arousal_mean, arousal_sd, arousal_n` and, if
//!   present, `split`; the pictures are `images/ID.jpg` beside it.
//! - Output: [`Photo`]s, ratings on 1..7.
//! - Source: Kurdi, Lozano, Banaji, *Introducing the Open Affective
//!   Standardized Image Set (OASIS)*, 2017.
//! - Deviations: a file without `split` gets one from the id by hashing.
//! - Data: open access.
//!
//! ```no_run
//! use affetti_data::{Limits, oasis};
//!
//! let set = oasis::read("oasis/oasis.csv".as_ref(), &Limits::default())?;
//! println!("{}: {:.1}", set.rows[0].theme, set.rows[0].valence.mean);
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::path::{Path, PathBuf};

use affetti_emotion::Scale;
use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, Split,
    sheet::{self, Column, Row, RowFault, Sheet},
};

/// What a crowd of raters said about one picture on one scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rating {
    /// Mean, 1 to 7.
    pub mean: f64,
    /// Standard deviation over the raters, 0 to 6.
    pub sd: f64,
    /// How many raters, at least 1.
    pub n: u32,
}

/// One photograph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Photo {
    /// Its name in the set, such as `I1`.
    pub id: String,
    /// What it shows, such as `Acorns 1`.
    pub theme: String,
    /// `Animal`, `Object`, `Person` or `Scenery`.
    pub category: String,
    /// The picture, absolute.
    #[serde(serialize_with = "crate::lossy::path")]
    pub file: PathBuf,
    /// From very negative (1) to very positive (7).
    pub valence: Rating,
    /// From very low (1) to very high (7).
    pub arousal: Rating,
    /// Its use.
    pub split: Split,
}

/// Reads the ratings.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the
/// limits, or holds no good row. Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Photo>, DataError> {
    let images = sheet::folder_of(path)?.join("images");
    let sheet = Sheet::new(sheet::open(path)?, path, limits)?;
    let id = sheet.column("id")?;
    let theme = sheet.column("theme")?;
    let category = sheet.column("category")?;
    let valence = scale(&sheet, ["valence_mean", "valence_sd", "valence_n"])?;
    let arousal = scale(&sheet, ["arousal_mean", "arousal_sd", "arousal_n"])?;
    let split = sheet.find("split")?;
    sheet.load(|row| {
        let id = row.component(&id)?;
        Ok(Some(Photo {
            theme: row.filled(&theme)?,
            category: row.filled(&category)?,
            file: images.join(format!("{id}.jpg")),
            valence: rating(row, &valence)?,
            arousal: rating(row, &arousal)?,
            split: row
                .maybe_named(split.as_ref(), "split", Split::parse)?
                .unwrap_or_else(|| Split::of(&id)),
            id,
        }))
    })
}

fn scale<R: std::io::Read>(sheet: &Sheet<R>, names: [&str; 3]) -> Result<[Column; 3], DataError> {
    let [mean, sd, n] = names;
    Ok([sheet.column(mean)?, sheet.column(sd)?, sheet.column(n)?])
}

fn rating(row: &Row<'_>, [mean, sd, n]: &[Column; 3]) -> Result<Rating, RowFault> {
    let scale = Scale::Oasis;
    Ok(Rating {
        mean: row.number(mean, scale.low(), scale.high())?,
        // No set of ratings varies more than the scale is wide.
        sd: row.number(sd, 0.0, scale.width())?,
        n: row.count(n, 1)?,
    })
}

#[cfg(test)]
mod tests;
