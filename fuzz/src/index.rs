//! Index files: opened, asked in every way, and taken into an update.

use std::{cell::RefCell, path::PathBuf};

use affetti_feel::index::{Index, IndexBuilder, Query};

thread_local! {
    static FILE: RefCell<(tempfile::TempDir, PathBuf)> = RefCell::new({
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("index");
        (folder, file)
    });
}

/// One run.
pub fn run(bytes: &[u8]) {
    FILE.with_borrow(|(_, file)| {
        std::fs::write(file, bytes).expect("the temporary folder is writable");
        let Ok(index) = Index::open(file) else {
            return;
        };
        let queries = [
            Query::Like("awe=.6,fear=.4".parse().expect("a target")),
            Query::Affect {
                valence: Some(6.0),
                arousal: None,
            },
            Query::Near(vec![0.5; index.components()]),
        ];
        for query in &queries {
            for hit in index.find(query, 5, 1).unwrap_or_default() {
                assert!(hit.measure.is_finite() && hit.path.len() <= 3 * 65_535);
                assert!((1.0..=7.0).contains(&hit.valence));
            }
        }
        let model = index.model().clone();
        if let Ok(builder) = IndexBuilder::from_index(&index, &model) {
            builder
                .write(&mut Vec::new())
                .expect("what was read can be written");
        }
    });
}
