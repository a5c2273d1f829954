//! The folder in which the README's commands run.
//!
//! It lies inside the build folder and links to everything in the workspace root, so that a command
//! finds what it names and cargo finds the workspace above it, while what the command writes stays
//! out of the working tree. `Cargo.toml` is not linked: cargo would take the folder for a second
//! workspace and build everything again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// What is not linked, besides names that begin with a dot: what cargo looks for upwards, its
/// build folder, and what commands of the README write.
const LEFT_OUT: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    "target",
    "report.html",
    "feelings.csv",
    "runs",
];
/// The one thing of the build folder that the README names.
const PROGRAM: &str = "target/release/affetti";

/// Makes the folder anew. Links are removed, never what they point to.
pub(crate) fn prepare(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target").join("readme");
    let failed = || folder.display().to_string();
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(failed);
        }
        _ => fs::create_dir_all(&folder).with_context(failed)?,
    }
    for entry in fs::read_dir(root).with_context(|| root.display().to_string())? {
        let entry = entry.with_context(|| root.display().to_string())?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if !text.starts_with('.') && !LEFT_OUT.contains(&&*text) {
            link(&entry.path(), &folder.join(&name)).with_context(failed)?;
        }
    }
    // The link leads nowhere until the README's first command has built the program.
    let program = folder.join(PROGRAM);
    fs::create_dir_all(folder.join("target/release")).with_context(failed)?;
    link(&root.join(PROGRAM), &program).with_context(failed)?;
    Ok(folder)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        std::os::windows::fs::symlink_dir(from, to)
    } else {
        std::os::windows::fs::symlink_file(from, to)
    }
}
