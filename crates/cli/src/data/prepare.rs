//! `affetti data prepare`: a corpus of utterances made ready for training.

use std::{collections::HashMap, fs, path::Path};

use affetti::{
    data::{Limits, Split, artemis, captions},
    words::prepare::{PrepareOptions, prepare},
};
use anyhow::{Result, bail};

use crate::{
    Exit,
    out_file::{cannot_write, put, spare},
    settings::{Settings, data_folder},
    table::counted,
};

pub(super) fn run(
    table: &Path,
    splits: Option<&Path>,
    options: &PrepareOptions,
    settings: &Settings,
) -> Result<Exit> {
    let Some(out) = &settings.out else {
        bail!(
            "--out names the folder for preprocessed.csv, vocabulary.json, references.json and config.json"
        );
    };
    let inputs: Vec<&Path> = [table].into_iter().chain(splits).collect();
    spare(Some(out), &inputs)?;
    let limits = Limits::default();
    // "artemis" is the set of that name, as for `data stats`.
    let home = (table == Path::new("artemis") && !table.exists())
        .then(|| data_folder(None).map(|folder| folder.join("artemis.csv")))
        .transpose()?;
    let table = home.as_deref().unwrap_or(table);
    let beside = table.with_file_name("artemis-splits.csv");
    let splits = splits.or(beside.is_file().then_some(&beside));
    let splits: HashMap<String, Split> = match splits {
        Some(path) => {
            let rows = artemis::read_splits(path, &limits)?.rows;
            rows.into_iter()
                .map(|row| (row.artemis_key, row.split))
                .collect()
        }
        None => HashMap::new(),
    };
    let loaded = captions::read_texts(table, &limits)?;
    if let Some(bad) = loaded.report.named.first() {
        let count = counted(usize::try_from(loaded.report.bad)?, "row");
        settings.summary(&format!(
            "{}: {count} left out; line {}: {}",
            table.display(),
            bad.line,
            bad.fault
        ));
    }
    let corpus = prepare(loaded.rows, &splits, options)?;
    fs::create_dir_all(out).map_err(|error| cannot_write(out, &error))?;
    for (name, text) in corpus.files(options)? {
        put(&out.join(name), text.as_bytes())?;
    }
    settings.summary(&format!(
        "{} of at most {} words, {} too short or too long; {} \u{2192} {}",
        counted(corpus.rows.len(), "utterance"),
        corpus.longest,
        corpus.left_out,
        counted(corpus.vocabulary.words().len(), "word"),
        out.display()
    ));
    Ok(Exit::Done)
}
