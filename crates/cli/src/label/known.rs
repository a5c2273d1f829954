//! What a table knows of pictures: genre, style, and what viewers said.

use std::{collections::HashMap, path::Path};

use affetti::{
    data::table::{self, PATH_COLUMNS, TableOptions},
    emotion::{Distribution, Emotion},
};
use anyhow::{Result, anyhow};

/// Of one picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct What {
    pub(super) genre: Option<String>,
    pub(super) style: Option<String>,
    pub(super) votes: Option<Distribution<Emotion>>,
}

/// Of all pictures of a table, by the names of their files.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(HashMap<String, What>);

impl Known {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut known: HashMap<String, What> = HashMap::new();
        for entry in table::read(path, &TableOptions::default())?.rows {
            if let Some(name) = name_of(Path::new(&entry.written)) {
                known.entry(name).or_default().votes = entry.emotions;
            }
        }
        let wrong = |error: csv::Error| anyhow!("{}: {error}", path.display());
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_path(path)
            .map_err(wrong)?;
        let header = reader.headers().map_err(wrong)?.clone();
        let column = |name: &str| header.iter().position(|found| found.trim() == name);
        let file = PATH_COLUMNS.iter().find_map(|name| column(name));
        let (genre, style) = (column("genre"), column("style"));
        for row in reader.records() {
            let row = row.map_err(wrong)?;
            let cell = |at: Option<usize>| {
                let text = row.get(at?)?.trim();
                (!text.is_empty()).then(|| text.to_owned())
            };
            let name = cell(file).and_then(|file| name_of(Path::new(&file)));
            if let Some(what) = name.and_then(|name| known.get_mut(&name)) {
                what.genre = cell(genre);
                what.style = cell(style);
            }
        }
        Ok(Self(known))
    }

    /// Of the picture at `path`; nothing where the table does not have it.
    pub(super) fn of(&self, path: &Path) -> What {
        let what = name_of(path).and_then(|name| self.0.get(&name));
        what.cloned().unwrap_or_default()
    }
}

/// The name of a file: tables and folders name the ways to it differently.
fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::Known;
    use std::path::Path;

    #[test]
    fn genre_style_and_votes_are_found_by_the_files_name() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("t.csv");
        let text = "file,genre,style,amusement,awe,contentment,excitement,anger,disgust,fear,sadness,something else\n\
                    images/a.png,landscape,,0,2,2,0,0,0,0,0,0\nb.png,,Cubism,,,,,,,,,\n";
        std::fs::write(&table, text).unwrap();
        let known = Known::read(&table).unwrap();
        let a = known.of(Path::new("/elsewhere/a.png"));
        assert_eq!(a.genre.as_deref(), Some("landscape"));
        assert!((a.votes.unwrap().as_slice()[1] - 0.5).abs() < 1e-9);
        let b = known.of(Path::new("b.png"));
        assert_eq!(
            (b.genre, b.style.as_deref(), b.votes),
            (None, Some("Cubism"), None)
        );
        assert_eq!(known.of(Path::new("c.png")), super::What::default());
    }
}
