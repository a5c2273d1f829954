//! Index files: opened, asked in every way, and taken into an update.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use affetti_feel::{
    ModelId,
    index::{Index, IndexBuilder, Journal, Query},
};

thread_local! {
    static FILE: RefCell<(tempfile::TempDir, PathBuf)> = RefCell::new({
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("index");
        (folder, file)
    });
}

const HEADER: usize = 128;
const BLOCK: usize = 4096;

/// Makes the checksums right, so that what lies behind them is reached.
fn seal(bytes: &mut [u8]) {
    let Some(rest) = bytes.len().checked_sub(HEADER + 4) else {
        return;
    };
    let blocks = rest.div_ceil(BLOCK + 4);
    let end = bytes.len().checked_sub(4 * (blocks + 1));
    let Some(end) = end.filter(|&end| end >= HEADER) else {
        return;
    };
    let (content, table) = bytes.split_at_mut(end);
    let mut all = crc32fast::Hasher::new();
    all.update(&content[..HEADER]);
    let (sums, whole) = table.split_at_mut(4 * blocks);
    for (sum, block) in sums.chunks_exact_mut(4).zip(content[HEADER..].chunks(BLOCK)) {
        sum.copy_from_slice(&crc32fast::hash(block).to_le_bytes());
    }
    all.update(sums);
    whole.copy_from_slice(&all.finalize().to_le_bytes());
}

/// A journal with one record, which holds `bytes`, taken up into an empty index.
fn journal(bytes: &[u8], file: &Path) {
    let model = ModelId {
        name: "m".into(),
        sha256: "ab".repeat(32),
    };
    let mut content = b"AFFJOURN\x01\0\0\0".to_vec();
    content.extend(model.sha256.as_bytes());
    content.extend((bytes.len() as u32).to_le_bytes());
    content.extend(crc32fast::hash(bytes).to_le_bytes());
    content.extend(bytes);
    let path = affetti_ground::unfinished_path(file);
    std::fs::write(&path, content).expect("the temporary folder is writable");
    let mut builder = IndexBuilder::new(&model);
    let mut journal = Journal::open(file).expect("a header of ours");
    let taken = builder.take_up(&mut journal).expect("readable");
    assert!(taken <= 1 && builder.len() == taken);
    if taken > 0 {
        builder
            .write(&mut Vec::new())
            .expect("what was read can be written");
    }
}

/// One run.
pub fn run(bytes: &[u8]) {
    FILE.with_borrow(|(_, file)| {
        journal(bytes, file);
        let mut bytes = bytes.to_vec();
        seal(&mut bytes);
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
                assert!(hit.measure.is_finite() && hit.path.as_os_str().len() <= 2 * 65_535);
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
