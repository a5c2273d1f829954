//! Files by their content: pictures that visitors bring, and what was made of them. Two that are equal are
//! one; what was used longest ago goes when there is no more room.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use affetti::{
    ground::{FileError, read_within, write_whole},
    pipeline::{ErrorKind, Fault},
    weights::store::sha256,
};
use serde_json::{Value, json};

use super::store::Store;
use crate::{
    error::StudioError,
    work::{Made, Media},
};

/// The folder of files.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    limit: u64,
    /// Files that work under way still needs, each with how often. Held while files come and go.
    held: Mutex<HashMap<String, usize>>,
}

/// Keeps files from going, as long as it lives.
#[derive(Debug)]
pub struct Hold<'a> {
    files: &'a Files,
    names: Vec<String>,
}

impl Hold<'_> {
    /// Of this file, too.
    fn add(&mut self, held: &mut HashMap<String, usize>, name: &str) {
        *held.entry(name.to_owned()).or_default() += 1;
        self.names.push(name.to_owned());
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut held = self.files.lock();
        for name in &self.names {
            if let Some(count) = held.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    held.remove(name);
                }
            }
        }
    }
}

impl Files {
    /// In a folder below `data`, with at most `limit` bytes. What the list does not know goes, as a program that was
    /// killed may leave it, and what is not there is struck from the list.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn open(data: &Path, store: &Store, limit: u64) -> Result<Self, StudioError> {
        let folder = data.join("files");
        let failed = |source: io::Error| StudioError::Folder {
            path: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        // A folder that takes no file is told before the first visitor.
        let probe = folder.join(".probe");
        fs::write(&probe, b"").map_err(failed)?;
        fs::remove_file(&probe).map_err(failed)?;
        let files = Self {
            folder: folder.clone(),
            limit,
            held: Mutex::default(),
        };
        files.tidy(store);
        Ok(files)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cannot be tidied is left: it does no harm but take room.
    fn tidy(&self, store: &Store) {
        let Ok(listed) = store.files() else { return };
        for name in &listed {
            if self.path(name).is_none_or(|path| !path.is_file()) {
                let _ = store.drop_file(name);
            }
        }
        let listed: HashSet<String> = listed.into_iter().collect();
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
        for file in files.flatten() {
            if !listed.contains(&*file.file_name().to_string_lossy()) {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// Holds nothing yet.
    #[must_use]
    pub fn hold(&self) -> Hold<'_> {
        Hold {
            files: self,
            names: Vec::new(),
        }
    }

    /// Keeps a file, which does not go before `hold` does, and gives its hash.
    ///
    /// # Errors
    /// What the disk says; no room, because all that is there is needed.
    pub fn keep(
        &self,
        store: &Store,
        media: Media,
        bytes: &[u8],
        hold: &mut Hold<'_>,
    ) -> Result<String, Fault> {
        let name = sha256(bytes);
        let path = self.path(&name).ok_or_else(|| no_file(&name))?;
        let disk =
            |error: &dyn std::fmt::Display| Fault::new(ErrorKind::Io, format!("the disk: {error}"));
        // Hashed before: others may come and go meanwhile.
        let mut held = self.lock();
        if !path.is_file() {
            let folder = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(folder).map_err(|error| disk(&error))?;
            write_whole(&path, bytes).map_err(|error| match error {
                FileError::Io { source, .. } => disk(&source),
                other => disk(&other),
            })?;
        }
        store.keep(&name, media.mime(), bytes.len())?;
        hold.add(&mut held, &name);
        let (struck, left) = store.strike(self.limit, &|name| held.contains_key(name))?;
        for struck in struck {
            // One that is gone already is no loss.
            let _ = self.path(&struck).map(fs::remove_file);
        }
        let needed = held.get(&name).is_some_and(|count| *count > 1);
        if left > self.limit && !needed {
            store.drop_file(&name)?;
            let _ = fs::remove_file(&path);
            let message =
                "no room is left: all that is kept is needed by jobs; try again when some are done";
            return Err(Fault::new(ErrorKind::Limit, message));
        }
        Ok(name)
    }

    /// The file of that hash, and what it is.
    ///
    /// # Errors
    /// One that is not here, or no more.
    pub fn read(&self, store: &Store, name: &str) -> Result<(Media, Arc<[u8]>), Fault> {
        let path = self.path(name).ok_or_else(|| no_file(name))?;
        let _held = self.lock();
        let listed = store.file(name)?.ok_or_else(|| no_file(name))?;
        let bytes = read_within(&path, self.limit).map_err(|_| no_file(name))?;
        let media = Media::of_mime(&listed.media).unwrap_or(Media::Brought);
        Ok((media, bytes.into()))
    }

    /// Only a hash is a name: no other word becomes a path.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let is_hash = name.len() == 64
            && name
                .bytes()
                .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        is_hash.then(|| self.folder.join(&name[..2]).join(name))
    }

    /// What an answer says of a file that is kept.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    pub fn kept(&self, store: &Store, made: &Made, hold: &mut Hold<'_>) -> Result<Value, Fault> {
        let sha256 = self.keep(store, made.media, &made.bytes, hold)?;
        Ok(json!({
            "name": made.name,
            "type": made.media.mime(),
            "bytes": made.bytes.len(),
            "url": format!("/api/v1/files/{sha256}"),
        }))
    }
}

fn no_file(name: &str) -> Fault {
    let name: String = name.chars().take(64).collect();
    Fault::new(
        ErrorKind::Input,
        format!("no file {name:?} is kept here, or no more"),
    )
}

#[cfg(test)]
mod tests {
    use super::Files;
    use crate::{jobs::store::Store, work::Media};
    use std::{fs, thread::sleep, time::Duration};

    #[test]
    fn equal_files_are_one_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), &store, 25).unwrap();
        let keep = |media, byte: u8, length| {
            sleep(Duration::from_millis(3));
            files.keep(&store, media, &vec![byte; length], &mut files.hold())
        };
        let first = keep(Media::Png, 1, 10).unwrap();
        assert_eq!(keep(Media::Png, 1, 10).unwrap(), first);
        let second = keep(Media::Brought, 2, 10).unwrap();
        let (media, bytes) = files.read(&store, &second).unwrap();
        assert_eq!((media, &bytes[..]), (Media::Brought, &[2; 10][..]));
        keep(Media::Png, 3, 10).unwrap();
        assert!(files.read(&store, &first).is_err() && files.read(&store, &second).is_ok());
        // More than all room, and nothing stays of it.
        assert!(keep(Media::Png, 4, 26).is_err());
        assert!(store.files().unwrap().len() <= 2);
    }

    #[test]
    fn what_is_held_stays_and_what_finds_no_room_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), &store, 25).unwrap();
        let mut hold = files.hold();
        let first = files.keep(&store, Media::Png, &[1; 10], &mut hold).unwrap();
        let second = files.keep(&store, Media::Png, &[2; 10], &mut hold).unwrap();
        let third = files.keep(&store, Media::Png, &[3; 10], &mut files.hold());
        assert!(third.unwrap_err().message.contains("no room"));
        assert!(files.read(&store, &first).is_ok() && files.read(&store, &second).is_ok());
        drop(hold);
        files
            .keep(&store, Media::Png, &[3; 10], &mut files.hold())
            .unwrap();
        assert!(files.read(&store, &first).is_err());
    }

    #[test]
    fn what_a_killed_program_left_is_tidied() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), &store, 99).unwrap();
        let kept = files
            .keep(&store, Media::Png, &[1; 10], &mut files.hold())
            .unwrap();
        let gone = files
            .keep(&store, Media::Png, &[2; 10], &mut files.hold())
            .unwrap();
        fs::remove_file(files.path(&gone).unwrap()).unwrap();
        let half = files.path(&kept).unwrap().with_file_name(".half");
        fs::write(&half, "x").unwrap();
        let files = Files::open(folder.path(), &store, 99).unwrap();
        assert_eq!(store.files().unwrap(), std::slice::from_ref(&kept));
        assert!(!half.exists() && files.read(&store, &kept).is_ok());
    }

    #[test]
    fn only_hashes_are_names() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), &store, 25).unwrap();
        let upper = "A".repeat(64);
        let long = "../".repeat(30);
        for name in [
            "",
            "..",
            "../studio.db",
            "%2e%2e%2fstudio.db",
            "\0",
            &upper,
            &long,
        ] {
            assert!(files.path(name).is_none(), "{name:?}");
            assert!(files.read(&store, name).is_err(), "{name:?}");
        }
    }
}
