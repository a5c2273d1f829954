//! What a table knows of pictures: genre, style, and what viewers said.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

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
pub(super) struct Known(HashMap<String, Vec<Row>>);

/// The way of a picture as the table writes it, and what is known of it.
#[derive(Debug, Clone)]
struct Row {
    way: PathBuf,
    what: What,
}

impl Known {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut known: HashMap<String, Vec<Row>> = HashMap::new();
        for entry in table::read(path, &TableOptions::default())?.rows {
            let way = PathBuf::from(&entry.written);
            if let Some(name) = name_of(&way) {
                let what = What {
                    votes: entry.emotions,
                    ..What::default()
                };
                known.entry(name).or_default().push(Row { way, what });
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
            let Some(way) = cell(file).map(PathBuf::from) else {
                continue;
            };
            let rows = name_of(&way).and_then(|name| known.get_mut(&name));
            for row in rows.into_iter().flatten().filter(|row| row.way == way) {
                row.what.genre = cell(genre);
                row.what.style = cell(style);
            }
        }
        Ok(Self(known))
    }

    /// Of the picture at `path`: tables and folders name the ways to it differently, so that of several rows
    /// with the name of the file the one counts whose way has most in common from its end. Nothing where the
    /// table does not have it, or several alike.
    pub(super) fn of(&self, path: &Path) -> What {
        let rows = name_of(path).and_then(|name| self.0.get(&name));
        let mut rows: Vec<(usize, &Row)> = rows
            .into_iter()
            .flatten()
            .map(|row| (in_common(path, &row.way), row))
            .collect();
        rows.sort_by_key(|(common, _)| std::cmp::Reverse(*common));
        match rows[..] {
            [(_, only)] => only.what.clone(),
            [(first, row), (second, _), ..] if first > second => row.what.clone(),
            _ => What::default(),
        }
    }
}

/// Parts of two ways that are the same, from their ends.
fn in_common(a: &Path, b: &Path) -> usize {
    let pairs = a.components().rev().zip(b.components().rev());
    pairs.take_while(|(a, b)| a == b).count()
}

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

    #[test]
    fn of_two_with_one_name_the_nearer_way_counts() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("t.csv");
        std::fs::write(&table, "file,genre\na/1.png,landscape\nb/1.png,portrait\n").unwrap();
        let known = Known::read(&table).unwrap();
        let genre = |path: &str| known.of(Path::new(path)).genre;
        assert_eq!(genre("/x/b/1.png").as_deref(), Some("portrait"));
        assert_eq!(genre("a/1.png").as_deref(), Some("landscape"));
        assert_eq!(genre("/x/c/1.png"), None);
    }
}
