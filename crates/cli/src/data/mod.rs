//! `affetti data`: what a set holds and whether it is sound.

mod check;
mod prepare;
mod stats;

use std::path::{Path, PathBuf};

use affetti::data::{
    Limits, Loaded, ReadReport, abstract_art, affective, artemis, artgan, labelled::Labelled,
    oasis, paintings, table, wikiart_emotions,
};
use affetti::words::prepare::PrepareOptions;
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
        DataVerb::Prepare {
            table,
            splits,
            least,
            shortest,
            within,
        } => {
            let options = PrepareOptions {
                least,
                shortest,
                within: within as f64 / 100.0,
                ..PrepareOptions::default()
            };
            prepare::run(&table, splits.as_deref(), &options, settings)
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
        Set::WikiartEmotions => "wikiart-emotions",
        Set::Artgan => "artgan",
        Set::Abstract => "abstract",
        Set::Artphoto => "artphoto",
        Set::Iapsa => "iapsa",
        Set::Twitter1 => "twitter1",
        Set::Twitter2 => "twitter2",
        Set::EmotionRoi => "emotion-roi",
        Set::Fi => "fi",
        Set::Flickr => "flickr",
        Set::Classes => "classes",
        Set::Shards => "shards",
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
        Set::WikiartEmotions => &["WikiArt-Emotions-Ag4.tsv"],
        Set::Abstract => &[
            "ABSTRACT_groundTruth.csv",
            "abstract/ABSTRACT_groundTruth.csv",
        ],
        Set::Artphoto => &["testImages_artphoto"],
        Set::Iapsa => &["iapsa.csv", "iapsa.txt"],
        Set::Twitter1 => &["3agree.csv"],
        Set::Twitter2 => &["twitter_testing_2.csv"],
        Set::Flickr => &["flickr.csv", "flickr.txt"],
        Set::Artgan
        | Set::EmotionRoi
        | Set::Fi
        | Set::Classes
        | Set::Shards
        | Set::Folder
        | Set::Table => &[],
    }
}

/// Whether the set is a folder rather than a file.
fn is_folder(set: Set) -> bool {
    matches!(
        set,
        Set::Artphoto | Set::EmotionRoi | Set::Fi | Set::Classes | Set::Shards | Set::Folder
    )
}

/// Positive, negative and all pictures, as the article on affective regions gives them (Yang et al.,
/// IEEE TMM 20(9), 2018, Table 1).
fn published(set: Set) -> Option<[usize; 3]> {
    Some(match set {
        Set::Iapsa => [209, 186, 395],
        Set::Abstract => [139, 89, 228],
        Set::Artphoto => [378, 428, 806],
        Set::Twitter1 => [769, 500, 1269],
        Set::Twitter2 => [463, 133, 596],
        Set::EmotionRoi => [660, 1320, 1980],
        Set::Fi => [16_430, 6878, 23_308],
        Set::Flickr => [435_798, 48_424, 484_222],
        _ => return None,
    })
}

/// The rows of a set with one label per picture; `None` for the other sets.
fn labelled(set: Set, path: &Path, pictures: Option<&Path>) -> Result<Loaded<Labelled>> {
    let limits = Limits::default();
    Ok(match set {
        Set::WikiartEmotions => {
            let pieces = wikiart_emotions::read(path, &limits)?;
            let beside = path.parent().unwrap_or(Path::new(""));
            Loaded {
                rows: wikiart_emotions::labelled(&pieces.rows, pictures.unwrap_or(beside)),
                report: pieces.report,
            }
        }
        Set::Artgan => artgan::labelled(path, pictures, &limits)?,
        Set::Abstract => abstract_art::labelled(path, &limits)?,
        Set::Artphoto => affective::artphoto::read(path, &limits)?,
        Set::Iapsa => affective::iapsa::read(path, &limits)?,
        Set::Twitter1 | Set::Twitter2 => affective::twitter::read(path, &limits)?,
        Set::EmotionRoi => affective::emotion_roi::read(path, &limits)?,
        Set::Fi => affective::fi::read(path, &limits)?,
        Set::Flickr => affective::flickr::read(path, &limits)?,
        Set::Classes => affective::classes::read(path, &limits)?,
        Set::Artemis | Set::Oasis | Set::Paintings | Set::Shards | Set::Folder | Set::Table => {
            bail!("{}: no labelled set", name(set));
        }
    })
}

/// The set's file, given it or a folder that holds it.
fn locate(set: Set, path: PathBuf) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path);
    }
    let mut candidates = home(set).iter().map(|below| path.join(below));
    if let Some(found) = candidates.find(|found| found.exists()) {
        return Ok(found);
    }
    if is_folder(set) {
        return Ok(path);
    }
    match home(set) {
        [] => bail!("{}: a folder; name the file", path.display()),
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
