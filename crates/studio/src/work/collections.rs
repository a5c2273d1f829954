//! A collection is read: an index of what its pictures evoke.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    sync::PoisonError,
};

use affetti::{
    Control, FeelOptions, Feeling, Found, Outcome, Source,
    feel::index::{Index, IndexBuilder, Stamp},
    ground::write_whole,
    pipeline::{self, ErrorKind, Fault},
};
use serde_json::{Value, json};

use super::{Commission, Workshop, pictures::Spread};
use crate::collections::Collection;

impl Workshop {
    /// Feels what is new or changed in a collection. What was done when it is stopped is kept.
    pub(super) fn index(
        &self,
        collection: &Collection,
        commission: &Commission<'_>,
    ) -> Result<Value, Fault> {
        let _alone = self.indexing.lock().unwrap_or_else(PoisonError::into_inner);
        let predictor = self.models.predictor()?;
        let model = predictor.model();
        let home = collection.home()?;
        let old = Index::open(&collection.index).ok();
        let old = old.filter(|old| old.model().sha256 == model.sha256);
        let mut builder = match &old {
            Some(old) => IndexBuilder::from_index(old, model)?,
            None => IndexBuilder::new(model),
        };
        let stamps = builder.stamps();
        let stamps: HashMap<Vec<u8>, Stamp> = stamps
            .filter_map(|(name, stamp)| Some((name.to_owned(), stamp?)))
            .collect();
        let mut there: HashSet<Vec<u8>> = HashSet::new();
        let mut todo = Vec::new();
        let mut failed = Vec::new();
        for found in collection.pictures() {
            let job = match &found {
                Found::Picture(job) => job,
                Found::Failed(failure) => {
                    failed.push(failure.clone());
                    continue;
                }
                Found::Note(_) => continue,
            };
            let Source::File(file) = &job.source else {
                continue;
            };
            let name = home.key(file);
            let known = stamps.get(&name);
            if known.is_none() || known != Stamp::of(file).as_ref() {
                todo.push(found);
            }
            there.insert(name);
        }
        // What lies below a folder that cannot be read is not gone.
        let whole = failed.is_empty();
        let gone = builder.retain(|name| !whole || there.contains(name));
        let (wanted, mut felt) = (todo.len(), 0);
        let options = &FeelOptions {
            decode: self.decode(),
            traces: true,
            ..FeelOptions::default()
        };
        let models = &self.models;
        let work = Spread(&Feeling { models, options }, commission.threads);
        let mut broken = None;
        let control = Control {
            pixel_bytes: self.bounds.pixel_bytes,
            ..commission.control()
        };
        pipeline::run(&work, todo.into_iter(), &control, |outcome| {
            match outcome {
                Outcome::Done(reading) => {
                    if let Some(entry) = reading.indexed(&home)
                        && let Err(error) = builder.push(&entry)
                    {
                        broken = Some(Fault::from(error));
                        return ControlFlow::Break(());
                    }
                    felt += 1;
                }
                Outcome::Failed(failure) => failed.push(failure),
                Outcome::Note(_) => {}
            }
            ControlFlow::Continue(())
        });
        if let Some(fault) = broken {
            return Err(fault);
        }
        if builder.is_empty() {
            let told = format!("{} has no picture that can be read", collection.name);
            return Err(Fault::new(ErrorKind::Input, told));
        }
        let mut bytes = Vec::new();
        builder
            .write(&mut bytes)
            .and_then(|()| write_whole(&collection.index, &bytes).map_err(std::io::Error::other))
            .map_err(|error| Fault::new(ErrorKind::Io, error))?;
        Ok(json!({
            "collection": collection.id,
            "pictures": builder.len(),
            "felt": felt,
            "unchanged": there.len() - wanted,
            "gone": gone,
            "failed": failed.len(),
            "failures": collection.named(&failed),
            "model": model,
        }))
    }
}
