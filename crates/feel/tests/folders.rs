//! What the folders of this room may know, read from their sources: to predict takes no data sets and
//! no training.

use std::path::Path;

#[test]
fn prediction_knows_no_data_sets_and_no_training() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let learning = ["affetti_data", "affetti_train", "burn::", "crate::learning"];
    let above = ["crate::predicting", "crate::index", "affetti_picture"];
    for (folder, foreign) in [
        ("heads", [learning.as_slice(), &above].concat()),
        ("predicting", [learning.as_slice(), &above[1..2]].concat()),
        ("index", learning.to_vec()),
    ] {
        for entry in std::fs::read_dir(source.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let found = foreign.iter().find(|name| text.contains(*name));
            assert!(found.is_none(), "{}: {found:?}", path.display());
        }
    }
}
