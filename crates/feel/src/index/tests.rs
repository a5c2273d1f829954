use super::{Entry, Index, IndexBuilder, Query, Stamp};
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
            path: format!("p/{i:05}.jpg"),
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

/// The paths by ascending cost, by a plain sort.
fn ranked(entries: &[Entry], cost: impl Fn(&Entry) -> f64) -> Vec<String> {
    let mut all: Vec<(f64, &str)> = entries.iter().map(|e| (cost(e), e.path.as_str())).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.into_iter().map(|(_, path)| path.to_owned()).collect()
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
        hits.into_iter().map(|hit| hit.path).collect()
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
    let first = entries.iter().find(|e| e.path == hits[0].path).unwrap();
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
    assert_eq!(paths(&near, 2)[0], probe.path);
}

#[test]
fn few_components_have_no_tail() {
    let folder = tempfile::tempdir().unwrap();
    let entries = entries(50, 5, 2);
    let index = Index::open(&written(folder.path(), &entries)).unwrap();
    let near = Query::Near(entries[9].components.clone());
    let hits = index.find(&near, 1000, 8).unwrap();
    assert_eq!((hits.len(), hits[0].path.as_str()), (50, "p/00009.jpg"));
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
    assert_eq!(builder.retain(|path| path.starts_with("p/")), 1);
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
            path: "x".repeat(70_000),
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
        (8, 2, "version 2"),
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
    // Any byte changed: an answer or an error, never a panic.
    let like = Query::Like("awe".parse().unwrap());
    let near = Query::Near(entries[0].components.clone());
    let mut values = Values::new(5);
    for _ in 0..400 {
        let mut bytes = good.clone();
        for _ in 0..4 {
            let at = values.bits() as usize % bytes.len();
            bytes[at] = (values.bits() >> 40) as u8;
        }
        let Ok(index) = open(&bytes) else { continue };
        let _ = index.find(&like, 5, 2);
        let _ = index.find(&near, 5, 2);
        let _ = IndexBuilder::from_index(&index, &model());
    }
}
