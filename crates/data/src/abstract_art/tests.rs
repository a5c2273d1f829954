use super::*;
use crate::testing;

#[test]
fn single_quotes_and_lone_carriage_returns() {
    let folder = testing::folder();
    let text = ",'Sad','Anger','Awe','Content','Disgust','Excitement','Fear','Amusement'\r\
        'abstract_0001.jpg',5,0,0,7,1,1,1,2\r'abstract_0002.jpg',0,0,0,0,0,0,0,0\r\
        'abstract_0003.jpg',1,0,0,x,0,0,0,0\r";
    let path = testing::write(folder.path(), "ABSTRACT_groundTruth.csv", text);
    let set = read(&path, &Limits::default()).unwrap();
    assert_eq!(set.rows.len(), 1);
    assert_eq!(set.rows[0].file, "abstract_0001.jpg");
    let votes = &set.rows[0].votes;
    assert_eq!(votes.get(Mikels::Sadness), 5);
    assert_eq!(votes.get(Mikels::Contentment), 7);
    assert_eq!(votes.get(Mikels::Amusement), 2);
    let lines: Vec<u64> = set.report.named.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn a_missing_emotion_is_named() {
    let folder = testing::folder();
    let path = testing::write(
        folder.path(),
        "a.csv",
        ",'Amusement','Anger'\r'a.jpg',1,2\r",
    );
    let error = read(&path, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("no column \"awe\""), "{error}");
}
