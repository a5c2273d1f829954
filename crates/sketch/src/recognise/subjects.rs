//! Photographs and stamps whose things have names.

use std::path::{Path, PathBuf};

use affetti_data::{Limits, oasis, splits};

use crate::error::SketchError;

/// Where Debian installs the stamps.
pub const STAMPS: &str = "/usr/share/tuxpaint/stamps";

/// Name, folders of stamps, themes of OASIS.
type Class = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

pub(super) const CLASSES: [Class; 7] = [
    ("dog", &["animals/mammals/dogs"], &["Dog"]),
    (
        "cat",
        &["animals/mammals/cats"],
        &["Cat", "Lion", "Tiger", "Scared cat"],
    ),
    (
        "hoofed animal",
        &[
            "animals/mammals/bovines",
            "animals/mammals/deer",
            "animals/mammals/equines",
            "animals/mammals/camel",
        ],
        &["Horse", "Goat", "Zebra"],
    ),
    (
        "bird",
        &["animals/birds"],
        &["Pigeon", "Bird", "Crow", "Penguins", "Rooster"],
    ),
    ("fish", &["animals/fish"], &["Shark", "Stingray"]),
    ("flower", &["plants/flowers"], &["Flowers"]),
    ("fruit", &["food/fruit"], &[]),
];

/// A picture to draw.
pub(super) struct Subject {
    pub(super) file: PathBuf,
    pub(super) class: Option<usize>,
    pub(super) photograph: bool,
}

/// The pictures, and whether there are stamps.
pub(super) fn subjects(
    data: &Path,
    stamps: &Path,
    limit: usize,
) -> Result<(Vec<Subject>, bool), SketchError> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let file = data.join("oasis/oasis.csv");
    let mut photos = oasis::read(&file, &Limits::default())?.rows;
    photos.retain(|p| ["Animal", "Object"].contains(&p.category.as_str()));
    photos.sort_by_key(|p| splits::hash(&p.id));
    let mut subjects: Vec<Subject> = photos
        .into_iter()
        .filter(|p| p.file.is_file())
        .take(limit)
        .map(|p| {
            let theme = p.theme.trim_end_matches(|c: char| c.is_ascii_digit());
            let theme = theme.trim_end();
            Subject {
                class: CLASSES.iter().position(|c| c.2.contains(&theme)),
                file: p.file,
                photograph: true,
            }
        })
        .collect();
    let mut stamped = Vec::new();
    for (class, (_, folders, _)) in CLASSES.iter().enumerate() {
        for folder in *folders {
            for file in pngs(&stamps.join(folder)) {
                stamped.push(Subject {
                    file,
                    class: Some(class),
                    photograph: false,
                });
            }
        }
    }
    stamped.sort_by_key(|s| {
        let name = s.file.strip_prefix(stamps).unwrap_or(&s.file);
        splits::hash(&name.to_string_lossy())
    });
    let any = !stamped.is_empty();
    subjects.extend(stamped.into_iter().take(limit));
    Ok((subjects, any))
}

/// PNG files below a folder, without cartoons; none where it is missing.
fn pngs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                let name = path.file_name().unwrap_or_default();
                if name != "cartoon" && name != "toys" && name != "plastic" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "png") {
                found.push(path);
            }
        }
    }
    found
}
