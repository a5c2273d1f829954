//! `affetti data`: what a set holds and whether it is sound.

mod check;
mod stats;

use std::path::{Path, PathBuf};

use affetti::data::{Limits, Loaded, ReadReport, artemis, oasis, paintings, table};
use anyhow::{Result, bail};

use crate::{
    Exit,
    args::{DataVerb, Set},
    output,
    settings::{Settings, data_folder},
};

pub(crate) fn run(verb: DataVerb, settings: &Settings) -> Result<Exit> {
    match verb {
        DataVerb::Stats { set, path } => {
            let path = match path {
                Some(path) => path,
                None if home(set).is_empty() => bail!("data stats {}: name its path", name(set)),
                None => data_folder(None)?,
            };
            stats::run(set, &locate(set, path)?, settings)
        }
        DataVerb::Check {
            set,
            path,
            pictures,
        } => check::run(set, &locate(set, path)?, pictures.as_deref(), settings),
    }
}

fn name(set: Set) -> &'static str {
    match set {
        Set::Artemis => "artemis",
        Set::Oasis => "oasis",
        Set::Paintings => "paintings",
        Set::Folder => "folder",
        Set::Table => "table",
    }
}

/// Where a set's file lies below the folder that the user names.
fn home(set: Set) -> &'static [&'static str] {
    match set {
        Set::Artemis => &["artemis.csv", "artemis_dataset_release_v0.csv"],
        Set::Oasis => &["oasis.csv", "oasis/oasis.csv"],
        Set::Paintings => &["labelled.csv", "paintings/labelled.csv"],
        Set::Folder | Set::Table => &[],
    }
}

/// The set's file, given it or a folder that holds it.
fn locate(set: Set, path: PathBuf) -> Result<PathBuf> {
    if set == Set::Folder || !path.is_dir() {
        return Ok(path);
    }
    let candidates = home(set).iter().map(|below| path.join(below));
    if let Some(file) = candidates.into_iter().find(|file| file.is_file()) {
        return Ok(file);
    }
    match home(set) {
        [] => bail!("{}: a folder; name the CSV file", path.display()),
        names => bail!("{}: holds no {}", path.display(), names.join(" or ")),
    }
}

fn utterances(path: &Path) -> Result<Loaded<artemis::Utterance>> {
    Ok(artemis::read(path, &Limits::default())?)
}

fn photos(path: &Path) -> Result<Loaded<oasis::Photo>> {
    Ok(oasis::read(path, &Limits::default())?)
}

fn painted(path: &Path) -> Result<Loaded<paintings::Painting>> {
    Ok(paintings::read(path, &Limits::default())?)
}

fn entries(path: &Path) -> Result<Loaded<table::Entry>> {
    Ok(table::read(path, &table::TableOptions::default())?)
}

/// Names the rows that were left out, on standard error.
fn tell(path: &Path, report: &ReadReport, settings: &Settings) {
    for bad in &report.named {
        output::complain(&format!("{}:{}: {}", path.display(), bad.line, bad.fault));
    }
    let unnamed = report.bad - report.named.len() as u64;
    if unnamed > 0 {
        output::complain(&format!("{}: {unnamed} more bad rows", path.display()));
    }
    if report.lossy > 0 {
        settings.note(&format!(
            "{}: {} rows are not UTF-8",
            path.display(),
            report.lossy
        ));
    }
}
