//! What several test modules need: small files in a folder that goes away.

use std::{
    fs,
    path::{Path, PathBuf},
};

use affetti_picture::Picture;
use tempfile::TempDir;

/// A fresh folder.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file below a folder, making sub-folders on the way.
pub(crate) fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(&path, bytes).expect("a file");
    path
}

/// A PNG file of one pixel; different shades are different files.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    let pixels = vec![shade; 3];
    Picture::new(1, 1, pixels).expect("a pixel").encode_png()
}
