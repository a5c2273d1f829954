//! BSDS500: photographs with the boundaries that several people drew on each.
//!
//! - Layout: folders `train` and `val`, in each `N.jpg` beside
//!   `N.boundaries.png`, an 8-bit gray picture of the same size whose bit k is
//!   set where annotator k drew a boundary.
//! - Output: [`Example`]s in the order of their numbers; [`Example::open`]
//!   decodes one.
//! - Source: Arbeláez, Maire, Fowlkes, Malik, *Contour Detection and
//!   Hierarchical Image Segmentation*, PAMI 33(5), 2011.
//! - Deviations: the set as published is in MATLAB files; this is a converted
//!   copy without the test photographs.
//! - Data: for research and education.
//!
//! ```no_run
//! use affetti_data::bsds::{self, Part};
//!
//! for example in bsds::read("bsds500".as_ref(), Part::Train)? {
//!     let (picture, masks) = example.open()?;
//!     println!("{}: {} x {}", example.id, picture.width(), picture.height());
//!     assert_eq!(masks.bits.len(), picture.pixels().len() / 3);
//! }
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use affetti_picture::{DecodeOptions, Picture};

use crate::DataError;

/// Bits of a mask, and so the most annotators of a picture.
pub const ANNOTATORS: usize = 8;

/// A part of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// 200 photographs to learn from.
    Train,
    /// 100 photographs to measure on.
    Val,
}

impl Part {
    /// The folder's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
        }
    }
}

/// One photograph and its annotations, not yet opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its number in the set, such as `100075`.
    pub id: String,
    /// The photograph.
    pub picture: PathBuf,
    /// The masks.
    pub boundaries: PathBuf,
}

/// What all annotators drew on one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masks {
    /// One byte a pixel, `[height, width]`; bit k belongs to annotator k.
    pub bits: Vec<u8>,
}

impl Masks {
    /// The annotators who drew anything, as bit numbers.
    pub fn annotators(&self) -> impl Iterator<Item = u32> {
        let any = self.bits.iter().fold(0, |any, bits| any | bits);
        (0..u8::BITS).filter(move |bit| any >> bit & 1 == 1)
    }

    /// What one annotator drew, `[height, width]`.
    #[must_use]
    pub fn of(&self, annotator: u32) -> Vec<bool> {
        let set = |bits: &u8| bits >> annotator & 1 == 1;
        self.bits.iter().map(set).collect()
    }
}

/// Lists a part of the set in `folder`.
///
/// # Errors
/// [`DataError::Io`] where the folder cannot be read, [`DataError::Empty`] where it has no
/// photograph with a mask.
pub fn read(folder: &Path, part: Part) -> Result<Vec<Example>, DataError> {
    let folder = folder.join(part.name());
    let io = |source| DataError::Io {
        path: folder.clone(),
        source,
    };
    let mut examples = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io)? {
        let picture = entry.map_err(io)?.path();
        let boundaries = picture.with_extension("boundaries.png");
        let id = picture.file_stem().unwrap_or_default().to_string_lossy();
        let photograph = picture.extension().is_some_and(|e| e == "jpg");
        if photograph && !id.starts_with('.') && boundaries.is_file() {
            examples.push(Example {
                id: id.into_owned(),
                picture,
                boundaries,
            });
        }
    }
    if examples.is_empty() {
        return Err(DataError::Empty { path: folder });
    }
    // By number; names that are none come last, by name.
    examples.sort_by_key(|e| (e.id.parse::<u64>().unwrap_or(u64::MAX), e.id.clone()));
    Ok(examples)
}

impl Example {
    /// Decodes photograph and masks.
    ///
    /// # Errors
    /// [`DataError::Picture`] where either cannot be decoded, [`DataError::Masks`] where they
    /// differ in size or nobody drew anything.
    pub fn open(&self) -> Result<(Picture, Masks), DataError> {
        let open = |path: &Path| {
            affetti_picture::read(path, &DecodeOptions::default()).map_err(|source| {
                DataError::Picture {
                    path: path.to_owned(),
                    source,
                }
            })
        };
        let (picture, mask) = (open(&self.picture)?, open(&self.boundaries)?);
        let wrong = |what: String| DataError::Masks {
            path: self.boundaries.clone(),
            what,
        };
        let size = |p: &Picture| (p.width(), p.height());
        if size(&picture) != size(&mask) {
            let [(a, b), (c, d)] = [size(&mask), size(&picture)];
            return Err(wrong(format!("{a} x {b}, but the picture is {c} x {d}")));
        }
        // Gray pictures are decoded to three equal channels.
        let (pixels, _) = mask.pixels().as_chunks::<3>();
        let bits: Vec<u8> = pixels.iter().map(|pixel| pixel[0]).collect();
        if bits.iter().all(|&bits| bits == 0) {
            return Err(wrong("no annotator drew anything".to_owned()));
        }
        Ok((picture, Masks { bits }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(folder: &Path, name: &str, mask: &[u8], width: u32) {
        let pixels = |values: &[u8]| values.iter().flat_map(|&v| [v; 3]).collect();
        let height = mask.len() as u32 / width;
        let gray = Picture::new(width, height, pixels(mask)).expect("a mask");
        let photo = Picture::new(2, 2, pixels(&[9, 90, 30, 200])).expect("a photo");
        let path = folder.join("train");
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join(format!("{name}.jpg")), photo.encode_jpeg(90)).expect("a file");
        let mask = path.join(format!("{name}.boundaries.png"));
        fs::write(mask, gray.encode_png()).expect("a file");
    }

    #[test]
    fn bits_are_annotators() {
        let folder = tempfile::tempdir().expect("a folder");
        example(folder.path(), "20", &[0, 0b101, 0b001, 0], 2);
        example(folder.path(), "3", &[0, 1, 1, 0], 2);
        fs::write(folder.path().join("train/7.jpg"), b"no mask").expect("a file");
        let examples = read(folder.path(), Part::Train).expect("examples");
        let ids: Vec<&str> = examples.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["3", "20"]);
        let (picture, masks) = examples[1].open().expect("an example");
        assert_eq!((picture.width(), picture.height()), (2, 2));
        assert_eq!(masks.annotators().collect::<Vec<_>>(), [0, 2]);
        assert_eq!(masks.of(2), [false, true, false, false]);
        assert!(read(folder.path(), Part::Val).is_err());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        example(folder.path(), "1", &[0, 1, 0, 1, 0, 1], 3);
        example(folder.path(), "2", &[0; 4], 2);
        let examples = read(folder.path(), Part::Train).expect("examples");
        let told = |n: usize| examples[n].open().expect_err("a bad example").to_string();
        assert!(
            told(0).contains("3 x 2, but the picture is 2 x 2"),
            "{}",
            told(0)
        );
        assert!(told(1).contains("no annotator"), "{}", told(1));
        fs::write(&examples[0].boundaries, b"not a picture").expect("a file");
        assert!(told(0).contains("1.boundaries.png"), "{}", told(0));
    }
}
