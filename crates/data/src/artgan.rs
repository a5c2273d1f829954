//! ArtGAN's WikiArt lists: which painting has which style, genre or artist.
//!
//! - Layout: `{style,genre,artist}_class…`, lines of `index name`, index from
//!   0; and `…_{train,val}…` without a header, `Style_Folder/artist_title.jpg,
//!   class`. The artist lists begin with a header and a blank line and have a
//!   double comma (`path,,class`), both accepted anywhere.
//! - Output: class names by index, [`Listed`] paintings.
//! - Source: Tan, Chan, Aguirre, Tanaka, *ArtGAN*, 2017; files as in the
//!   repository cs-chan/ArtGAN.
//! - Deviations: the class list's `Art_Nouveau` becomes `Art_Nouveau_Modern`,
//!   see [`style_name`].
//!
//! ```no_run
//! use affetti_data::{Limits, artgan};
//!
//! let limits = Limits::default();
//! let styles = artgan::read_classes("artgan/style_class.txt".as_ref(), &limits)?;
//! let list = artgan::read_list("artgan/style_val.csv".as_ref(), styles.len(), &limits)?;
//! println!("{} is {}", list.rows[0].file, styles[list.rows[0].class]);
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::path::Path;

use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, Split,
    labelled::Labelled,
    paintings::style_name,
    sheet::{self, RowFault, Sheet, shorten},
};

/// One painting of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// `Style_Folder/artist_title.jpg`, relative to the WikiArt folder. Its
    /// stem is the painting's ArtEmis key where it is in both sets.
    pub file: String,
    /// Index into the class list.
    pub class: usize,
}

impl Listed {
    /// The file without its extension: `Style_Folder/artist_title`.
    #[must_use]
    pub fn key(&self) -> &str {
        self.file.strip_suffix(".jpg").unwrap_or(&self.file)
    }
}

/// Reads a class list; the position in the result is the class index.
///
/// # Errors
/// [`DataError`] if the file cannot be read or is empty, or if any line is not
/// the next index and a name: a gap would shift every class after it.
pub fn read_classes(path: &Path, limits: &Limits) -> Result<Vec<String>, DataError> {
    let mut next = 0;
    let limits = Limits {
        // The first bad line is the error below.
        max_named: 1,
        ..limits.clone()
    };
    let loaded = Sheet::headless(sheet::open(path)?, path, &limits)?.load(|row| {
        let fields = row.filled_fields()?;
        let line = fields.join(",");
        let fault = || RowFault::UnknownName {
            column: "the line".to_owned(),
            value: shorten(&line, 40),
            expected: "next index and a class name",
        };
        let (index, name) = line
            .trim()
            .split_once(char::is_whitespace)
            .ok_or_else(fault)?;
        if index.parse() != Ok(next) {
            return Err(fault());
        }
        next += 1;
        Ok(Some(style_name(name.trim()).to_owned()))
    })?;
    match loaded.report.named.into_iter().next() {
        Some(bad) => Err(DataError::BadRow {
            path: path.to_owned(),
            line: bad.line,
            fault: bad.fault,
        }),
        None => Ok(loaded.rows),
    }
}

/// Reads a list of paintings whose classes are `0..classes`.
///
/// # Errors
/// [`DataError`] if the file cannot be read, exceeds the limits, or holds no
/// good row. Single bad rows are in the report.
pub fn read_list(
    path: &Path,
    classes: usize,
    limits: &Limits,
) -> Result<Loaded<Listed>, DataError> {
    Sheet::headless(sheet::open(path)?, path, limits)?.load(|row| {
        let fields = row.filled_fields()?;
        let (Some(file), Some(class), true) = (fields.first(), fields.last(), fields.len() == 2)
        else {
            return Err(RowFault::Width {
                expected: 2,
                found: fields.len(),
            });
        };
        let Ok(class) = class.trim().parse::<usize>() else {
            if row.line() == 1 {
                return Ok(None);
            }
            return Err(RowFault::NotANumber {
                column: "class".to_owned(),
                value: shorten(class, 40),
            });
        };
        if class >= classes {
            return Err(RowFault::OutOfRange {
                column: "class".to_owned(),
                value: class as f64,
                low: 0.0,
                high: classes as f64 - 1.0,
            });
        }
        let file = file.trim().to_owned();
        // The path is joined to a folder later on and must stay below it.
        if file.starts_with('/') || file.contains('\\') || file.split('/').any(|c| c == "..") {
            return Err(RowFault::UnsafeName {
                column: "path".to_owned(),
                value: shorten(&file, 40),
            });
        }
        Ok(Some(Listed { file, class }))
    })
}

/// Pictures that are broken in the published archive itself, by what their paths hold: issues of
/// cs-chan/ArtGAN (4, 13, 14, 17) and of optas/artemis (13).
pub const KNOWN_BROKEN: [&str; 2] = [
    "Baroque/rembrandt_woman-standing-with-raised-hands",
    "Post_Impressionism/vincent-van-gogh_l-arlesienne-portrait-of-madame-ginoux",
];

/// A list with its class list (`style_val.csv` with `style_class` or `style_class.txt` beside it)
/// as labelled pictures below WikiArt's folder `pictures`, else below the list's own. Lists named
/// `…_train` are train, `…_val` are val.
///
/// # Errors
/// As [`read_classes`] and [`read_list`].
pub fn labelled(
    path: &Path,
    pictures: Option<&Path>,
    limits: &Limits,
) -> Result<Loaded<Labelled>, DataError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (kind, part) = stem.split_once('_').unwrap_or((&stem, ""));
    let plain = path.with_file_name(format!("{kind}_class"));
    let classes = if plain.is_file() {
        plain
    } else {
        path.with_file_name(format!("{kind}_class.txt"))
    };
    let classes = read_classes(&classes, limits)?;
    let list = read_list(path, classes.len(), limits)?;
    let folder = match pictures {
        Some(folder) => folder.to_owned(),
        None => sheet::folder_of(path)?,
    };
    let split = Split::parse(part);
    let row = |row: Listed| Labelled::new(&folder, row.file, &classes[row.class], None, split);
    Ok(Loaded {
        rows: list.rows.into_iter().map(row).collect(),
        report: list.report,
    })
}

#[cfg(test)]
mod tests;
