//! CSV and TSV readers, and tar shards. The first byte chooses the layout.

use std::{cell::RefCell, ops::ControlFlow, path::PathBuf};

use affetti_data::{
    Limits, abstract_art, affective, artemis, artgan, oasis, paintings, table, wikiart_emotions,
};

thread_local! {
    /// One file for all runs: the readers want a path.
    static FILE: RefCell<(tempfile::TempDir, PathBuf)> = RefCell::new({
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("list");
        (folder, file)
    });
}

/// One run.
pub fn run(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else {
        return;
    };
    let limits = Limits {
        max_rows: 1000,
        max_field: 1 << 10,
        max_record: 1 << 14,
        ..Limits::default()
    };
    // These two read from memory, which is far quicker.
    match choice % 12 {
        0 => return drop(artemis::read_from(text, "x.csv".as_ref(), &limits)),
        1 => {
            let options = table::TableOptions {
                path_column: None,
                limits,
            };
            return drop(table::read_from(text, "x.csv".as_ref(), &options));
        }
        2 => {
            let mut report = affective::shards::ShardReport::default();
            let mut take = |_| ControlFlow::Continue(());
            let read = affective::shards::read_from(
                text,
                "x.tar".as_ref(),
                1 << 16,
                &mut report,
                &mut take,
            );
            return drop(read);
        }
        _ => {}
    }
    FILE.with_borrow(|(_, file)| {
        std::fs::write(file, text).expect("the temporary folder is writable");
        match choice % 12 {
            3 => drop(oasis::read(file, &limits)),
            4 => drop(paintings::read(file, &limits)),
            5 => drop(artgan::read_classes(file, &limits)),
            6 => drop(artgan::read_list(file, 27, &limits)),
            7 => drop(abstract_art::labelled(file, &limits)),
            8 => {
                if let Ok(set) = wikiart_emotions::read(file, &limits) {
                    for piece in &set.rows {
                        let _ = (piece.cgan(), piece.sentiment());
                    }
                }
            }
            9 => drop(affective::iapsa::read(file, &limits)),
            10 => drop(affective::twitter::read(file, &limits)),
            _ => drop(affective::flickr::read(file, &limits)),
        }
    });
}
