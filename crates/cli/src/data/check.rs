//! `affetti data check`: every picture of a set is opened.

use std::{ops::ControlFlow, path::Path};

use affetti::{
    data::{
        Limits, ReadReport, artemis,
        artgan::KNOWN_BROKEN,
        check::{CheckOptions, CheckReport, CheckSet, Item, Step, check, check_shards},
        folder::{Folder, FolderOptions},
    },
    printable,
};
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::{entries, labelled, name, painted, photos, tell, utterances};
use crate::{
    Exit,
    args::Set,
    out_file::spare,
    output::{self, Form, TEXTS},
    progress::Progress,
    settings::Settings,
    table::counted,
};

/// What is to be opened, and how reading the lists went.
struct Task {
    set: CheckSet,
    rows: ReadReport,
    /// Parts of a folder that could not be walked.
    skipped: usize,
}

pub(super) fn run(
    set: Set,
    path: &Path,
    pictures: Option<&Path>,
    settings: &Settings,
) -> Result<Exit> {
    if pictures.is_some() && !matches!(set, Set::Artemis | Set::Artgan | Set::WikiartEmotions) {
        bail!(
            "--pictures goes with artemis, artgan and wikiart-emotions only: the other sets name \
             their pictures"
        );
    }
    let inputs = [Some(path), pictures];
    let inputs: Vec<&Path> = inputs.into_iter().flatten().collect();
    spare(settings.out.as_deref(), &inputs)?;
    Form::of(&TEXTS, settings)?;
    let options = CheckOptions {
        threads: settings.threads,
        ..CheckOptions::default()
    };
    let progress = Progress::new("pictures", !settings.quiet);
    if set == Set::Shards {
        let counting = |step: Step<'_>| {
            progress.at(step.done, None);
            ControlFlow::Continue(())
        };
        let checked = check_shards(path, &options, &counting);
        progress.finish();
        let (report, skipped) = checked.with_context(|| "data check shards".to_owned())?;
        if skipped > 0 {
            output::complain(&format!("{}: {skipped} members skipped", path.display()));
        }
        return tell_all(
            set,
            path,
            &report,
            &ReadReport::default(),
            skipped,
            settings,
        );
    }
    let task = collect(set, path, pictures, settings)?;
    tell(path, &task.rows, settings);
    let report = check(&task.set, &options, &|step: Step<'_>| {
        progress.at(step.done, Some(step.total));
        ControlFlow::Continue(())
    });
    progress.finish();
    let report = report.with_context(|| format!("data check {}", name(set)))?;
    tell_all(set, path, &report, &task.rows, task.skipped, settings)
}

/// Writes the report; the exit code says whether all is well.
fn tell_all(
    set: Set,
    path: &Path,
    report: &CheckReport,
    rows: &ReadReport,
    skipped: usize,
    settings: &Settings,
) -> Result<Exit> {
    let text = if let Form::Json = Form::of(&TEXTS, settings)? {
        let line = json!({
            "set": name(set),
            "path": path.to_string_lossy(),
            "clean": report.is_clean(),
            "report": report,
            "rows": rows,
        });
        format!("{line}\n")
    } else {
        format!(
            "{}: {}\n\n{}",
            name(set),
            printable(&path.to_string_lossy()),
            text(report)
        )
    };
    output::emit(settings, &text)?;
    let clean = report.is_clean() && rows.bad == 0 && skipped == 0;
    Ok(if clean { Exit::Done } else { Exit::SomeFailed })
}

fn collect(set: Set, path: &Path, pictures: Option<&Path>, settings: &Settings) -> Result<Task> {
    let task = |set, rows| Task {
        set,
        rows,
        skipped: 0,
    };
    Ok(match set {
        Set::Artemis => illustrated(path, pictures)?,
        Set::Oasis => {
            let loaded = photos(path)?;
            task(loaded.rows.iter().collect(), loaded.report)
        }
        Set::Paintings => {
            let loaded = painted(path)?;
            task(loaded.rows.iter().collect(), loaded.report)
        }
        Set::Table => {
            let loaded = entries(path)?;
            task(loaded.rows.iter().collect(), loaded.report)
        }
        Set::WikiartEmotions
        | Set::Artgan
        | Set::Abstract
        | Set::Artphoto
        | Set::Iapsa
        | Set::Twitter1
        | Set::Twitter2
        | Set::EmotionRoi
        | Set::Fi
        | Set::Flickr
        | Set::Classes
        | Set::Shards => {
            let loaded = labelled(set, path, pictures)?;
            task(loaded.rows.iter().collect(), loaded.report)
        }
        Set::Folder => {
            let mut skipped = 0;
            let mut items: Vec<Item> = Vec::new();
            for found in Folder::open(path, &FolderOptions::default())? {
                match found {
                    Ok(file) => items.push(file.into()),
                    Err(link) if link.is_harmless() => settings.note(&link.to_string()),
                    Err(error) => {
                        output::complain(&error.to_string());
                        skipped += 1;
                    }
                }
            }
            Task {
                set: items.into_iter().collect(),
                rows: ReadReport::default(),
                skipped,
            }
        }
    })
}

/// ArtEmis names paintings, not files: they are WikiArt's, or those of the collection beside it.
fn illustrated(path: &Path, pictures: Option<&Path>) -> Result<Task> {
    let utterances = utterances(path)?;
    let votes = artemis::group(&utterances.rows);
    let beside = |name: &str| path.with_file_name(name);
    let labelled = beside("paintings").join("labelled.csv");
    let set = if let Some(folder) = pictures {
        CheckSet {
            items: votes
                .keys()
                .map(|key| Item {
                    file: artemis::picture(folder, key),
                    key: Some(key.clone()),
                    group: None,
                    split: None,
                })
                .collect(),
            keys: votes.into_keys().collect(),
        }
    } else if labelled.is_file() {
        let paintings = painted(&labelled)?.rows;
        let in_artemis = paintings.iter().filter(|p| {
            p.artemis_key
                .as_ref()
                .is_some_and(|key| votes.contains_key(key))
        });
        let splits = beside("artemis-splits.csv");
        let expected = if splits.is_file() {
            artemis::read_splits(&splits, &Limits::default())?.rows
        } else {
            Vec::new()
        };
        let expected = expected.into_iter().filter(|row| row.pictured);
        CheckSet {
            items: in_artemis.map(Item::from).collect(),
            keys: expected.map(|row| row.artemis_key).collect(),
        }
    } else {
        bail!(
            "{}: ArtEmis comes without pictures; name WikiArt's folder with --pictures",
            path.display()
        );
    };
    Ok(Task {
        set,
        rows: utterances.report,
        skipped: 0,
    })
}

fn text(report: &CheckReport) -> String {
    let mut text = format!(
        "{}, {} good, {} unreadable, {} missing\n",
        counted(report.pictures, "picture"),
        report.good,
        report.unreadable.len(),
        report.missing.len()
    );
    let mut line = |line: String| {
        text.push_str(&printable(&line));
        text.push('\n');
    };
    let known = |file: &Path| {
        let path = file.to_string_lossy();
        if KNOWN_BROKEN.iter().any(|broken| path.contains(broken)) {
            " (broken in the published archive too)"
        } else {
            ""
        }
    };
    for bad in &report.unreadable {
        line(format!(
            "unreadable: {}: {}{}",
            bad.file.display(),
            bad.reason,
            known(&bad.file)
        ));
    }
    for file in &report.missing {
        line(format!("missing: {}{}", file.display(), known(file)));
    }
    for same in &report.duplicates {
        let files: Vec<String> = same
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let leak = if same.splits.len() > 1 {
            " in different splits"
        } else {
            ""
        };
        line(format!("the same bytes{leak}: {}", files.join(", ")));
    }
    for group in &report.spanning {
        let splits: Vec<String> = group.splits.iter().map(ToString::to_string).collect();
        line(format!(
            "group {} is in {}",
            group.group,
            splits.join(" and ")
        ));
    }
    for key in &report.keys_without_pictures {
        line(format!("no picture for {key}"));
    }
    text
}
