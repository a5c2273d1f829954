//! Files by their content: pictures that visitors bring, and what was made of them. Two that are equal are
//! one; what was used longest ago goes when there is no more room.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use affetti::{
    ground::{read_within, write_whole},
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
}

impl Files {
    /// In a folder below `data`, with at most `limit` bytes.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(data: &Path, limit: u64) -> Result<Self, StudioError> {
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
        Ok(Self { folder, limit })
    }

    /// Keeps a file and gives its hash.
    ///
    /// # Errors
    /// What the disk says; a file that is larger than all room.
    pub fn keep(&self, store: &Store, media: Media, bytes: &[u8]) -> Result<String, Fault> {
        if bytes.len() as u64 > self.limit {
            let message = format!("{} bytes are more than there is room for", bytes.len());
            return Err(Fault::new(ErrorKind::Limit, message));
        }
        let name = sha256(bytes);
        let path = self.path(&name).ok_or_else(|| no_file(&name))?;
        if !path.is_file() {
            let folder = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(folder).map_err(|error| Fault::new(ErrorKind::Io, error))?;
            write_whole(&path, bytes).map_err(|error| Fault::new(ErrorKind::Io, error))?;
        }
        store.keep(&name, media.mime(), bytes.len())?;
        for struck in store.strike(self.limit)? {
            // One that is gone already is no loss.
            let _ = self.path(&struck).map(fs::remove_file);
        }
        Ok(name)
    }

    /// The file of that hash, and what it is.
    ///
    /// # Errors
    /// One that is not here, or no more.
    pub fn read(&self, store: &Store, name: &str) -> Result<(Media, Arc<[u8]>), Fault> {
        let path = self.path(name).ok_or_else(|| no_file(name))?;
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
    pub fn kept(&self, store: &Store, made: &Made) -> Result<Value, Fault> {
        let sha256 = self.keep(store, made.media, &made.bytes)?;
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

    #[test]
    fn equal_files_are_one_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), 25).unwrap();
        let first = files.keep(&store, Media::Png, &[1; 10]).unwrap();
        assert_eq!(files.keep(&store, Media::Png, &[1; 10]).unwrap(), first);
        std::thread::sleep(std::time::Duration::from_millis(3));
        let second = files.keep(&store, Media::Brought, &[2; 10]).unwrap();
        let (media, bytes) = files.read(&store, &second).unwrap();
        assert_eq!((media, &bytes[..]), (Media::Brought, &[2; 10][..]));
        std::thread::sleep(std::time::Duration::from_millis(3));
        files.keep(&store, Media::Png, &[3; 10]).unwrap();
        assert!(files.read(&store, &first).is_err() && files.read(&store, &second).is_ok());
        assert!(files.keep(&store, Media::Png, &[4; 26]).is_err());
    }

    #[test]
    fn only_hashes_are_names() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("studio.db")).unwrap();
        let files = Files::open(folder.path(), 25).unwrap();
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
