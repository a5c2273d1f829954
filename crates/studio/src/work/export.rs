//! Pictures of a collection copied into folders by feeling, and XMP sidecars.
//!
//! `FOLDER/COLLECTION/EMOTION/way/picture.jpg`, and `picture.jpg.xmp` beside it. The collection itself is never written
//! to, and nothing that lies in the folder already is written over, unless it is an older sidecar of ours.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    ops::ControlFlow,
    path::Path,
};

use affetti::{
    ModelId,
    emotion::Label as _,
    feel::index::Hit,
    ground::{read_within, write_whole},
    pipeline::{ErrorKind, Fault},
    sidecar,
};
use serde_json::{Value, json};

use super::{Commission, Workshop};
use crate::{collections::Collection, order};

/// The text that stands for all pictures.
const ALL: &str = "*";
/// Failures that are named; the rest is counted.
const NAMED: usize = 20;
/// Bytes of a picture that is copied.
const LARGEST: u64 = 1 << 30;
/// What every sidecar of ours has in it.
const OURS: &str = "urn:affetti:";

/// What was done.
#[derive(Debug, Default)]
struct Done {
    copied: usize,
    sidecars: usize,
    there: usize,
    failed: Vec<Value>,
    failures: usize,
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
        index.each(|hit| {
            if control.cancel.is_cancelled() {
                return ControlFlow::Break(());
            }
            let key = collection.key(&hit.path);
            let is_wanted = |key: &str| wanted.as_ref().is_none_or(|keys| keys.contains(key));
            if key.as_deref().is_some_and(is_wanted) {
                if let Err(told) = one(&mut done, (collection, &folder), &hit, index.model(), order)
                {
                    done.fail(collection, &hit.path, &told);
                }
                control.progress.pictures(done.seen());
            }
            ControlFlow::Continue(())
        })?;
        Ok(json!({
            "collection": collection.id,
            "folder": folder.display().to_string(),
            "copied": done.copied,
            "sidecars": done.sidecars,
            "there": done.there,
            "failed": done.failures,
            "failures": done.failed,
            "model": index.model(),
        }))
    }
}

impl Done {
    fn seen(&self) -> usize {
        self.copied.max(self.sidecars) + self.there + self.failures
    }

    fn fail(&mut self, collection: &Collection, file: &Path, told: &str) {
        self.failures += 1;
        if self.failed.len() < NAMED {
            let way = file.strip_prefix(&collection.folder).unwrap_or(file);
            let way = way.display().to_string();
            self.failed.push(json!({ "path": way, "error": told }));
        }
    }
}

/// The names of pictures in a text, one in each line; none is all of them.
fn wanted(text: &[u8]) -> Result<Option<HashSet<&str>>, Fault> {
    let text = str::from_utf8(text).map_err(|_| Fault::new(ErrorKind::Input, "no UTF-8"))?;
    if text.trim() == ALL {
        return Ok(None);
    }
    let names: HashSet<&str> = text.split_ascii_whitespace().collect();
    if names.is_empty() {
        let told = "send the names of pictures, one in each line, or * for all";
        return Err(Fault::new(ErrorKind::Input, told));
    }
    Ok(Some(names))
}

/// One picture; the error is in words for the user.
fn one(
    done: &mut Done,
    (collection, folder): (&Collection, &Path),
    hit: &Hit,
    model: &ModelId,
    order: &order::Export,
) -> Result<(), String> {
    let way = collection
        .way(&hit.path)
        .ok_or("it is no longer in this folder")?;
    let feeling = hit.emotions.dominant().name().replace(' ', "-");
    let target = folder.join(feeling).join(way);
    if order.copies {
        match copied(&hit.path, &target)? {
            true => done.copied += 1,
            false => done.there += 1,
        }
    }
    if order.sidecars {
        let mut name = target.into_os_string();
        name.push(".xmp");
        let target = Path::new(&name);
        let theirs = fs::read_to_string(target).is_ok_and(|text| !text.contains(OURS));
        if theirs {
            return Err(format!(
                "{} is a sidecar of another program",
                target.display()
            ));
        }
        write_whole(target, sidecar(hit, model).as_bytes()).map_err(|error| error.to_string())?;
        done.sidecars += 1;
    }
    Ok(())
}

/// Copies a file whole or not at all; false where the same lies there already.
fn copied(file: &Path, target: &Path) -> Result<bool, String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot be copied: {error}");
    let bytes = read_within(file, LARGEST).map_err(|error| told(&error))?;
    match fs::read(target) {
        Ok(there) if there == bytes => return Ok(false),
        Ok(_) => return Err(format!("{} is another picture", target.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(told(&error)),
    }
    write_whole(target, &bytes).map_err(|error| told(&error))?;
    // The time of the picture, where the system takes it; the copy is good without.
    let time = fs::metadata(file).and_then(|about| about.modified());
    if let (Ok(time), Ok(copy)) = (time, File::options().write(true).open(target)) {
        let _ = copy.set_modified(time);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn names_or_all_of_them() {
        assert_eq!(wanted(b"*\n").unwrap(), None);
        assert_eq!(wanted(b"aa\r\nbb\naa").unwrap().unwrap().len(), 2);
        assert!(wanted(b" \n").is_err() && wanted(&[0xff]).is_err());
    }
}
