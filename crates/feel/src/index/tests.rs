use super::{Entry, Index, IndexBuilder, Journal, Query, Stamp};
use crate::error::FeelError;
use crate::predicting::intention::matching;
use crate::predicting::predictor::ModelId;
use affetti_emotion::{Distribution, Emotion};
use affetti_testkit::Values;
use std::path::{Path, PathBuf};

fn model() -> ModelId {
    ModelId {
        name: "m".into(),
        sha256: "ab".repeat(32),
    }
}

/// Pictures with random shares, ratings and components whose spread falls, as principal ones do.
fn entries(count: usize, components: usize, seed: u64) -> Vec<Entry> {
    let mut values = Values::new(seed);
    let mut next = move || f64::from(values.next().unwrap_or(0.0));
    (0..count)
        .map(|i| Entry {
            path: format!("p/{i:05}.jpg").into_bytes(),
            emotions: Distribution::from_counts(&std::array::from_fn::<f64, 9, _>(|_| {
                (3.0 * next()).exp()
            }))
            .unwrap(),
            valence: 4.0 + 3.0 * next(),
            arousal: 4.0 + 3.0 * next(),
            components: (0..components)
                .map(|c| (next() / (1.0 + c as f64 / 8.0)) as f32)
                .collect(),
            stamp: (i % 3 > 0).then_some(Stamp {
                length: i as u64,
                modified: -5 + i as i64,
            }),
        })
        .collect()
}

fn written(folder: &Path, entries: &[Entry]) -> PathBuf {
    let mut builder = IndexBuilder::new(&model());
    for entry in entries {
        builder.push(entry).unwrap();
    }
    let path = folder.join("index");
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// The name of a hit of the index that lies in `folder`.
fn name(folder: &Path, path: &Path) -> String {
    let name = path.strip_prefix(folder).unwrap();
    name.to_str().unwrap().to_owned()
}

/// The paths by ascending cost, by a plain sort.
fn ranked(entries: &[Entry], cost: impl Fn(&Entry) -> f64) -> Vec<String> {
    let mut all: Vec<(f64, String)> = entries.iter().map(|e| (cost(e), text(&e.path))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.into_iter().map(|(_, path)| path).collect()
}

#[test]
fn the_nearest_are_those_of_a_plain_sort() {
    let folder = tempfile::tempdir().unwrap();
    // More rows than one thread takes, more components than the leading ones.
    let entries = entries(9000, 100, 1);
    let index = Index::open(&written(folder.path(), &entries)).unwrap();
    assert_eq!((index.len(), index.components()), (9000, 100));
    let paths = |query: &Query, threads: usize| -> Vec<String> {
        let hits = index.find(query, 20, threads).unwrap();
        hits.iter()
            .map(|hit| name(folder.path(), &hit.path))
            .collect()
    };
    // Shares and ratings are stored to four decimals: neighbours closer than that may swap, and
    // none of these are.
    let target: crate::Target = "awe=.6,fear=.4".parse().unwrap();
    let like = Query::Like(target.clone());
    let expected = ranked(&entries, |e| -matching(&e.emotions, target.shares()));
    for threads in [1, 2, 3] {
        assert_eq!(paths(&like, threads), expected[..20]);
    }
    let hits = index.find(&like, 20, 2).unwrap();
    let first = entries
        .iter()
        .find(|e| text(&e.path) == name(folder.path(), &hits[0].path))
        .unwrap();
    assert!((hits[0].measure - matching(&first.emotions, target.shares())).abs() < 1e-3);
    assert!((hits[0].valence - first.valence).abs() < 1e-4);
    assert!((hits[0].emotions.get(Emotion::Awe) - first.emotions.get(Emotion::Awe)).abs() < 2e-4);

    let affect = Query::Affect {
        valence: Some(6.0),
        arousal: Some(2.0),
    };
    let expected = ranked(&entries, |e| (e.valence - 6.0).hypot(e.arousal - 2.0));
    assert_eq!(paths(&affect, 2), expected[..20]);
    let calm = Query::Affect {
        valence: None,
        arousal: Some(1.0),
    };
    assert_eq!(paths(&calm, 2)[0], ranked(&entries, |e| e.arousal)[0]);

    // Components are stored in eight bits; the plain distance is taken between what is stored.
    let stored = |e: &Entry| -> Vec<f64> {
        let largest = e.components.iter().fold(0.0_f32, |m, c| m.max(c.abs()));
        let scale = largest / 127.0;
        let code = |c: &f32| f64::from((c / scale).round() * scale);
        e.components.iter().map(code).collect()
    };
    let probe = &entries[77];
    let near = Query::Near(probe.components.clone());
    let expected = ranked(&entries, |e| {
        let pairs = stored(e).into_iter().zip(&probe.components);
        pairs.map(|(a, &b)| (a - f64::from(b)).powi(2)).sum()
    });
    for threads in [1, 2, 3] {
        assert_eq!(paths(&near, threads), expected[..20]);
    }
    assert_eq!(paths(&near, 2)[0], text(&probe.path));
}

#[test]
fn few_components_have_no_tail() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries(50, 5, 2);
    let index = Index::open(&written(folder.path(), &entries)).unwrap();
    let near = Query::Near(entries[9].components.clone());
    let hits = index.find(&near, 1000, 8).unwrap();
    let first = name(folder.path(), &hits[0].path);
    assert_eq!((hits.len(), first.as_str()), (50, "p/00009.jpg"));
    assert!(
        hits.windows(2)
            .all(|pair| pair[0].measure <= pair[1].measure)
    );
    let error = index.find(&Query::Near(vec![0.0; 6]), 1, 1).unwrap_err();
    assert!(matches!(error, FeelError::Unfit { .. }));
    for bad in [f32::NAN, f32::INFINITY] {
        assert!(index.find(&Query::Near(vec![bad; 5]), 1, 1).is_err());
    }
    let high = Query::Affect {
        valence: Some(f64::NAN),
        arousal: None,
    };
    assert!(index.find(&high, 1, 1).is_err());
}

#[test]
fn an_update_gives_the_bytes_of_a_fresh_index() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries(40, 70, 3);
    let whole = std::fs::read(written(folder.path(), &entries)).unwrap();
    let path = written(folder.path(), &entries[..25]);
    let mut builder = IndexBuilder::from_index(&Index::open(&path).unwrap(), &model()).unwrap();
    assert_eq!(builder.len(), 25);
    let stamps: Vec<_> = builder.stamps().map(|(_, stamp)| stamp).collect();
    assert_eq!((stamps[0], stamps[1]), (None, entries[1].stamp));
    // In another order, some for the second time, and one too many.
    for entry in entries[20..].iter().rev() {
        builder.push(entry).unwrap();
    }
    let stray = Entry {
        path: "q.jpg".into(),
        ..entries[0].clone()
    };
    builder.push(&stray).unwrap();
    assert_eq!(builder.retain(|path| path.starts_with(b"p/")), 1);
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    assert!(bytes == whole);
    let other = ModelId {
        sha256: "cd".repeat(32),
        ..model()
    };
    let error = IndexBuilder::from_index(&Index::open(&path).unwrap(), &other).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("made with the weights m (abababab…)"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let mut builder = IndexBuilder::new(&model());
    let good = entries(1, 4, 1).remove(0);
    builder.push(&good).unwrap();
    for bad in [
        Entry {
            components: vec![0.0; 3],
            ..good.clone()
        },
        Entry {
            components: vec![f32::NAN; 4],
            ..good.clone()
        },
        Entry {
            path: vec![b'x'; 70_000],
            ..good
        },
    ] {
        assert!(matches!(builder.push(&bad), Err(FeelError::Unfit { .. })));
    }
    assert!(IndexBuilder::new(&model()).write(&mut Vec::new()).is_err());
}

#[test]
fn hostile_files_are_refused_or_answered() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries(30, 70, 4);
    let path = written(folder.path(), &entries);
    let good = std::fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Index::open(&path)
    };
    for (bytes, part) in [
        (&b""[..], "no index of affetti"),
        (b"Dear diary", "no index of affetti"),
        (&good[..100], "no index of affetti"),
        (&good[..good.len() - 1], "bytes where its header says"),
        (&[&good[..], b"x"].concat(), "bytes where its header says"),
    ] {
        let told = open(bytes).unwrap_err().to_string();
        assert!(told.contains(part), "{told}");
    }
    for (at, value, part) in [
        (8, 1, "version 1"),
        (14, 0xFF, "components"),
        (31, 0xFF, "pictures"),
        (39, 0xFF, "pictures"),
        (72, 200, "name of the model"),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        let told = open(&bytes).unwrap_err().to_string();
        assert!(told.contains(part), "{at}: {told}");
    }
    assert!(Index::open(folder.path()).is_err(), "a folder");
    assert!(Index::open(&folder.path().join("none")).is_err());
    // Any byte changed, those of checksums included, is told.
    let mut values = Values::new(5);
    for _ in 0..400 {
        let mut bytes = good.clone();
        for _ in 0..4 {
            let at = values.bits() as usize % bytes.len();
            bytes[at] = (values.bits() >> 40) as u8;
        }
        assert!(bytes == good || open(&bytes).is_err());
    }
}

#[test]
fn a_search_checks_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries(6000, 90, 6);
    let path = written(folder.path(), &entries);
    let good = std::fs::read(&path).unwrap();
    // Opened before the change, as a file that is too long to be read as a whole would be.
    let index = Index::open(&path).unwrap();
    let queries = [
        Query::Like("awe".parse().unwrap()),
        Query::Affect {
            valence: Some(2.0),
            arousal: None,
        },
        Query::Near(entries[0].components.clone()),
    ];
    let sections = [
        index.sections.shares,
        index.sections.affect,
        index.sections.heads,
    ];
    for (query, section) in queries.iter().zip(sections) {
        let mut bytes = good.clone();
        bytes[section as usize + 9000] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
        let told = index.find(query, 5, 2).unwrap_err().to_string();
        assert!(told.contains("bytes that were changed"), "{told}");
        std::fs::write(&path, &good).unwrap();
        assert_eq!(index.find(query, 5, 2).unwrap().len(), 5);
    }
    // What is not asked about need not be sound; an update reads all.
    let mut bytes = good.clone();
    bytes[index.sections.stamps as usize + 9000] ^= 4;
    std::fs::write(&path, &bytes).unwrap();
    assert!(index.find(&queries[0], 5, 2).is_ok());
    assert!(IndexBuilder::from_index(&index, &model()).is_err());
}

#[test]
fn what_a_killed_run_leaves_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let file = affetti_ground::unfinished_path(&path);
    let entries = entries(20, 70, 7);
    let open = |model: &ModelId| {
        let mut builder = IndexBuilder::new(model);
        let mut journal = Journal::open(&path).unwrap();
        let taken = builder.take_up(&mut journal).unwrap();
        (builder, journal, taken)
    };
    let (_, mut journal, taken) = open(&model());
    assert_eq!(taken, 0);
    entries[..12].iter().for_each(|e| journal.push(e).unwrap());
    // Another run waits for this one.
    let told = Journal::open(&path).unwrap_err();
    assert!(told.to_string().contains("another run"), "{told}");
    drop(journal);
    let whole = std::fs::read(&file).unwrap();
    let record = (whole.len() - 76) / 12;
    // Cut anywhere, changed anywhere: what is whole before is taken up, and goes on from there.
    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(&file, &whole[..cut]).unwrap();
        let (builder, mut journal, taken) = open(&model());
        assert_eq!(taken, cut.saturating_sub(76) / record);
        assert_eq!(builder.len(), taken);
        journal.push(&entries[19]).unwrap();
        drop(journal);
        assert_eq!(open(&model()).2, taken + 1);
        let mut bytes = whole.clone();
        bytes[cut] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        if cut < 8 {
            // No journal at all: it stays.
            assert!(Journal::open(&path).is_err());
            assert!(std::fs::read(&file).unwrap() == bytes);
            continue;
        }
        assert_eq!(open(&model()).2, cut.saturating_sub(76) / record, "{cut}");
    }
    // Another model's is of no use.
    std::fs::write(&file, &whole).unwrap();
    let other = ModelId {
        sha256: "cd".repeat(32),
        ..model()
    };
    assert_eq!(open(&other).2, 0);
    // The index is the one that was never interrupted.
    std::fs::write(&file, &whole).unwrap();
    let (mut builder, journal, taken) = open(&model());
    assert_eq!(taken, 12);
    entries[12..].iter().for_each(|e| builder.push(e).unwrap());
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    journal.remove().unwrap();
    assert!(!file.exists());
    assert!(bytes == std::fs::read(written(folder.path(), &entries)).unwrap());
}
