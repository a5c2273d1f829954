use super::*;
use crate::{RowFault, testing};

const HEADER: &str = "id,theme,category,source,Valence_mean,Valence_SD,Valence_N,\
    Arousal_mean,Arousal_SD,Arousal_N";

#[test]
fn ratings_pictures_and_hashed_splits() {
    let folder = testing::folder();
    let text = format!("{HEADER}\nI1,Acorns 1,Object,Pixabay,4.69,0.95,102,2.35,1.6,101\n");
    let path = testing::write(folder.path(), "oasis.csv", text);
    let set = read(&path, &Limits::default()).unwrap();
    let photo = &set.rows[0];
    assert_eq!(
        (photo.id.as_str(), photo.theme.as_str()),
        ("I1", "Acorns 1")
    );
    assert_eq!(photo.category, "Object");
    assert_eq!(photo.file, folder.path().join("images/I1.jpg"));
    assert!(photo.file.is_absolute());
    let valence = Rating {
        mean: 4.69,
        sd: 0.95,
        n: 102,
    };
    assert_eq!(photo.valence, valence);
    assert_eq!(photo.arousal.n, 101);
    // The published file has no split: the hash of the id, see splits.rs.
    assert_eq!(photo.split, Split::Train);
}

#[test]
fn a_split_column_wins_and_impossible_rows_go() {
    let folder = testing::folder();
    let text = format!(
        "split,{HEADER}\n\
        test,I1,T,Object,P,4,1,100,4,1,100\n\
        ,I2,T,Object,P,4,1,100,4,1,100\n\
        holdout,I3,T,Object,P,4,1,100,4,1,100\n\
        test,I4,T,Object,P,7.5,1,100,4,1,100\n\
        test,I5,T,Object,P,4,-1,100,4,1,100\n\
        test,I6,T,Object,P,4,1,0,4,1,100\n\
        test,I7,T,Object,P,NaN,1,100,4,1,100\n\
        test,../I8,T,Object,P,4,1,100,4,1,100\n"
    );
    let path = testing::write(folder.path(), "oasis.csv", text);
    let set = read(&path, &Limits::default()).unwrap();
    assert_eq!(set.rows.len(), 2);
    assert_eq!(set.rows[0].split, Split::Test);
    assert_eq!(set.rows[1].split, Split::of("I2"));
    let faults: Vec<_> = set.report.named.iter().map(|bad| &bad.fault).collect();
    assert!(matches!(faults[0], RowFault::UnknownName { .. }));
    assert!(matches!(faults[1], RowFault::OutOfRange { .. }));
    assert!(matches!(faults[2], RowFault::OutOfRange { .. }));
    assert!(matches!(faults[3], RowFault::OutOfRange { .. }));
    assert!(matches!(faults[4], RowFault::NotANumber { .. }));
    assert!(matches!(faults[5], RowFault::UnsafeName { .. }));
}
