use super::*;
use crate::{ErrorKind, testing};

#[test]
fn the_artist_lists_quirks() {
    // Header, blank line, double commas, as published.
    let folder = testing::folder();
    let text = "(Path to image),, (Groundtruth class) \n\n\
        Realism/a_b.jpg,,1\nBaroque/\"c\"_d,,e.jpg,,0\n\"Rococo/e,f_g.jpg\",,0\n";
    let path = testing::write(folder.path(), "artist_train", text);
    let list = read_list(&path, 2, &Limits::default()).unwrap();
    let files: Vec<_> = list.rows.iter().map(|row| row.file.as_str()).collect();
    assert_eq!(files, ["Realism/a_b.jpg", "Rococo/e,f_g.jpg"]);
    assert_eq!(list.rows[0].class, 1);
    assert_eq!(list.rows[0].key(), "Realism/a_b");
    // An unquoted comma in a title cannot be told from a column.
    assert_eq!((list.report.rows, list.report.bad), (3, 1));
    assert_eq!(list.report.named[0].line, 4);
}

#[test]
fn only_the_first_line_may_be_a_header() {
    let folder = testing::folder();
    let text = "S/a.jpg,0\nS/b.jpg,zero\nS/c.jpg,7\n../d.jpg,0\n/e.jpg,0\n";
    let path = testing::write(folder.path(), "style_val.csv", text);
    let list = read_list(&path, 2, &Limits::default()).unwrap();
    assert_eq!(list.rows.len(), 1);
    let faults: Vec<_> = list.report.named.iter().map(|bad| &bad.fault).collect();
    assert!(matches!(faults[0], RowFault::NotANumber { .. }));
    assert!(matches!(faults[1], RowFault::OutOfRange { .. }));
    assert!(matches!(faults[2], RowFault::UnsafeName { .. }));
    assert!(matches!(faults[3], RowFault::UnsafeName { .. }));
}

#[test]
fn class_lists_are_complete_or_refused() {
    let folder = testing::folder();
    let path = testing::write(folder.path(), "a", "0 Action_painting\r\n1 Art_Nouveau\r\n");
    let classes = read_classes(&path, &Limits::default()).unwrap();
    assert_eq!(classes, ["Action_painting", "Art_Nouveau_Modern"]);

    let path = testing::write(folder.path(), "b", "0 Baroque\n2 Cubism\n");
    let limits = Limits {
        max_named: 0,
        ..Limits::default()
    };
    let error = read_classes(&path, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(
        matches!(error, DataError::BadRow { line: 2, .. }),
        "{error}"
    );
}

#[test]
fn lists_find_their_classes_and_the_folder_of_art_nouveau() {
    let folder = testing::folder();
    testing::write(
        folder.path(),
        "style_class.txt",
        "0 Action_painting\n1 Art_Nouveau\n",
    );
    let text = "Art_Nouveau_Modern/a_b.jpg,1\nAction_painting/c_d.jpg,0\n";
    let path = testing::write(folder.path(), "style_val.csv", text);
    let wikiart = Path::new("/wikiart");
    let set = labelled(&path, Some(wikiart), &Limits::default()).unwrap();
    assert_eq!(set.rows[0].file, wikiart.join("Art_Nouveau_Modern/a_b.jpg"));
    assert_eq!(set.rows[0].label, "Art_Nouveau_Modern");
    assert_eq!(set.rows[1].split, Split::Val);
    // A copy of the pictures in the folders of the class list would be missing, not mislabelled.
    let other = testing::write(folder.path(), "genre_val.csv", text);
    assert!(
        labelled(&other, None, &Limits::default()).is_err(),
        "no genre_class"
    );
}
