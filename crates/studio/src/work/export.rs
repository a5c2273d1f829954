//! Pictures of a collection copied into folders by feeling, and XMP sidecars.
//!
//! `FOLDER/COLLECTION/EMOTION/way/picture.jpg`, and `picture.jpg.xmp` beside it. The collection itself is never written
//! to, and nothing that lies in the folder already is written over, unless it is a sidecar that this program was the
//! last to write.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    ops::ControlFlow,
    path::Path,
};

use affetti::{
    Failure, ModelId,
    emotion::Label as _,
    feel::index::Hit,
    ground::{FileError, read_within, write_new, write_whole},
    pipeline::{ErrorKind, Fault},
    sidecar,
};
use serde_json::{Value, json};

use super::{Commission, Workshop};
use crate::{collections::Collection, order};

/// The text that stands for all pictures.
const ALL: &str = "*";
/// Names that may be sent, in bytes.
const LONGEST: usize = 4 << 20;
/// Who writes a sidecar signs it so; other programs that change it sign it themselves.
const SIGNED: &[u8] = b"x:xmptk=\"Affetti ";

/// What was done.
#[derive(Debug, Default)]
struct Done {
    seen: usize,
    copied: usize,
    sidecars: usize,
    there: usize,
    failed: Vec<Failure>,
}

impl Workshop {
    pub(super) fn export(
        &self,
        order: &order::Export,
        commission: &Commission<'_>,
    ) -> Result<Value, Fault> {
        let collection = self.collections.get(&order.collection)?;
        let folder = self.collections.exports()?.join(&collection.name);
        let index = collection.open_index()?;
        let wanted = wanted(&commission.input)?;
        let mut done = Done::default();
        let control = commission.control();
        let limit = self.decode().limits.max_bytes;
        let task = Task {
            collection,
            folder: &folder,
            model: index.model(),
            order,
            limit,
        };
        index.each(|hit| {
            if control.cancel.is_cancelled() {
                return ControlFlow::Break(());
            }
            let key = collection.key(&hit.path);
            let is_wanted = |key: &str| wanted.as_ref().is_none_or(|keys| keys.contains(key));
            if key.as_deref().is_some_and(is_wanted) {
                done.seen += 1;
                if let Err(fault) = task.one(&mut done, &hit) {
                    done.failed.push(fault.of(hit.path.as_path()));
                }
                control.progress.pictures(done.seen);
            }
            ControlFlow::Continue(())
        })?;
        let missing = wanted.map_or(0, |keys| keys.len().saturating_sub(done.seen));
        Ok(json!({
            "collection": collection.id,
            // Where that lies is nobody's concern.
            "folder": collection.name,
            "copied": done.copied,
            "sidecars": done.sidecars,
            "there": done.there,
            "missing": missing,
            "failed": done.failed.len(),
            "failures": collection.named(&done.failed),
            "model": index.model(),
        }))
    }
}

/// The names of pictures in a text, one in each line; none is all of them.
///
/// # Errors
/// No text, no names, too many of them.
pub fn wanted(text: &[u8]) -> Result<Option<HashSet<&str>>, Fault> {
    if text.len() > LONGEST {
        let told = format!("names of more than {} MiB; * stands for all", LONGEST >> 20);
        return Err(Fault::new(ErrorKind::Limit, told));
    }
    let told = "send the names of pictures, hexadecimal as a search gives them, one in each line, or * for all";
    let wrong = || Fault::new(ErrorKind::Parameter, told);
    let text = str::from_utf8(text).map_err(|_| wrong())?;
    if text.trim() == ALL {
        return Ok(None);
    }
    let names: HashSet<&str> = text.split_ascii_whitespace().collect();
    let is_name = |name: &&str| name.bytes().all(|c| c.is_ascii_hexdigit());
    match !names.is_empty() && names.iter().all(is_name) {
        true => Ok(Some(names)),
        false => Err(wrong()),
    }
}

/// What is the same for all pictures.
struct Task<'a> {
    collection: &'a Collection,
    folder: &'a Path,
    model: &'a ModelId,
    order: &'a order::Export,
    limit: u64,
}

impl Task<'_> {
    /// One picture; its fault does not say where things lie.
    fn one(&self, done: &mut Done, hit: &Hit) -> Result<(), Fault> {
        let way = self.collection.way(&hit.path);
        let way = way.ok_or_else(|| input("it is no longer in this folder"))?;
        let feeling = hit.emotions.dominant().name().replace(' ', "-");
        let target = self.folder.join(feeling).join(way);
        if self.order.copies {
            match self.copied(&hit.path, &target)? {
                true => done.copied += 1,
                false => done.there += 1,
            }
        }
        if self.order.sidecars {
            let mut name = target.into_os_string();
            name.push(".xmp");
            beside(Path::new(&name), sidecar(hit, self.model).as_bytes())?;
            done.sidecars += 1;
        }
        Ok(())
    }

    /// Copies a file whole or not at all; false where the same lies there already.
    fn copied(&self, file: &Path, target: &Path) -> Result<bool, Fault> {
        let bytes = read_within(file, self.limit).map_err(|error| plain(&error))?;
        match write_new(target, &bytes) {
            Ok(()) => {}
            Err(error) if is_there(&error) => {
                let same = read_within(target, self.limit).is_ok_and(|there| there == bytes);
                let other = "another picture of this name lies there";
                return same.then_some(false).ok_or_else(|| input(other));
            }
            Err(error) => return Err(plain(&error)),
        }
        // The time of the picture, where the system takes it; the copy is good without.
        let time = fs::metadata(file).and_then(|about| about.modified());
        if let (Ok(time), Ok(copy)) = (time, File::options().write(true).open(target)) {
            let _ = copy.set_modified(time);
        }
        Ok(true)
    }
}

/// Writes a sidecar, where there is none, or one that this program was the last to write.
fn beside(target: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let written = match write_new(target, bytes) {
        Err(error) if is_there(&error) => {
            let there = fs::read(target).map_err(|error| Fault::new(ErrorKind::Io, error))?;
            if !there.windows(SIGNED.len()).any(|part| part == SIGNED) {
                return Err(input("a sidecar of another program lies there"));
            }
            write_whole(target, bytes)
        }
        other => other,
    };
    written.map_err(|error| plain(&error))
}

fn is_there(error: &FileError) -> bool {
    matches!(error, FileError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
}

fn input(message: &str) -> Fault {
    Fault::new(ErrorKind::Input, message)
}

/// What went wrong, without the path.
fn plain(error: &FileError) -> Fault {
    let told = match error {
        FileError::Io { action, source, .. } => format!("cannot {action} it: {source}"),
        FileError::TooLarge { limit, .. } => format!("it is larger than {limit} bytes"),
    };
    Fault::new(error.kind(), told)
}

#[cfg(test)]
mod tests {
    use super::{beside, wanted};
    use std::fs;

    #[test]
    fn names_or_all_of_them() {
        assert_eq!(wanted(b"*\n").unwrap(), None);
        assert_eq!(wanted(b"aa\r\nbb\naa").unwrap().unwrap().len(), 2);
        for wrong in [&b" \n"[..], &[0xff], b"hello", b"aa *"] {
            assert!(wanted(wrong).is_err(), "{wrong:?}");
        }
        assert!(wanted(&vec![b'a'; 5 << 20]).is_err());
    }

    #[test]
    fn sidecars_of_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("below/a.jpg.xmp");
        let ours = b"<x:xmpmeta x:xmptk=\"Affetti 1\"/>";
        beside(&file, ours).unwrap();
        beside(&file, b"<x:xmpmeta x:xmptk=\"Affetti 2\"/>").unwrap();
        // Others keep what was ours and sign it themselves, and may write in other letters.
        for theirs in [
            &b"<x:xmpmeta x:xmptk=\"XMP Core 4.4\" affetti=\"urn:affetti:feel:1#\"/>"[..],
            &[0xff, 0xfe, b'<', 0],
        ] {
            fs::write(&file, theirs).unwrap();
            assert!(beside(&file, ours).is_err());
            assert_eq!(fs::read(&file).unwrap(), theirs);
        }
    }
}
