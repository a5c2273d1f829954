use std::sync::Mutex;

use super::*;
use crate::{ErrorKind, Limits, paintings, testing};

fn item(file: PathBuf, key: &str, group: &str, split: Split) -> Item {
    Item {
        file,
        key: Some(key.into()),
        group: Some(group.into()),
        split: Some(split),
    }
}

/// Two copies in different splits, one good picture, one of each failure.
fn broken_set(root: &Path) -> CheckSet {
    let copy = testing::write(root, "copy.png", testing::png(1));
    let same = testing::write(root, "same.png", testing::png(1));
    let good = testing::write(root, "good.png", testing::png(2));
    let cut = testing::write(root, "cut.png", &testing::png(3)[..40]);
    let text = testing::write(root, "text.jpg", b"not a picture");
    let empty = testing::write(root, "empty.jpg", b"");
    std::fs::create_dir(root.join("folder.jpg")).unwrap();
    CheckSet {
        items: vec![
            item(copy, "a", "g", Split::Train),
            item(cut, "b", "h", Split::Train),
            item(root.join("gone.png"), "c", "i", Split::Train),
            item(same, "a", "g", Split::Test),
            item(text, "d", "j", Split::Val),
            item(good, "e", "j", Split::Val),
            item(empty, "f", "k", Split::Val),
            item(root.join("folder.jpg"), "g", "k", Split::Val),
        ],
        keys: ["a", "b", "c", "e", "z"].map(String::from).to_vec(),
    }
}

#[test]
fn every_fault_is_named_in_order() {
    let folder = testing::folder();
    let set = broken_set(folder.path());
    let report = check(&set, &CheckOptions::default(), &silent).unwrap();
    assert_eq!((report.pictures, report.good, report.unchecked), (8, 3, 0));
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let unreadable: Vec<_> = report.unreadable.iter().map(|u| name(&u.file)).collect();
    assert_eq!(
        unreadable,
        ["cut.png", "text.jpg", "empty.jpg", "folder.jpg"]
    );
    assert!(
        report
            .unreadable
            .iter()
            .all(|u| u.kind == ErrorKind::Input && !u.reason.is_empty())
    );
    assert_eq!(report.missing, [folder.path().join("gone.png")]);
    let [same] = &report.duplicates[..] else {
        panic!("{:?}", report.duplicates)
    };
    let files: Vec<_> = same.files.iter().map(name).collect();
    assert_eq!(files, ["copy.png", "same.png"]);
    assert_eq!(same.splits, [Split::Train, Split::Test]);
    assert_eq!(same.sha256.len(), 64);
    assert_eq!(report.spanning.len(), 1);
    assert_eq!(report.spanning[0].group, "g");
    assert_eq!(report.keys_without_pictures, ["b", "c", "z"]);
    assert!(!report.is_clean());
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    let folder = testing::folder();
    let set = broken_set(folder.path());
    let with = |threads| {
        let options = CheckOptions {
            threads,
            ..CheckOptions::default()
        };
        check(&set, &options, &silent).unwrap()
    };
    let one = with(1);
    for threads in [0, 2, 3, 64] {
        assert_eq!(with(threads), one);
    }
}

#[test]
fn digests_are_sha256() {
    // Python: hashlib.sha256(b"abc").hexdigest() begins ba7816bf and ends f20015ad.
    let folder = testing::folder();
    let a = testing::write(folder.path(), "a.png", b"abc");
    let b = testing::write(folder.path(), "b.png", b"abc");
    let good = testing::write(folder.path(), "c.png", testing::png(0));
    let report = check(
        &[a, b, good].into_iter().collect(),
        &CheckOptions::default(),
        &silent,
    );
    let sha256 = report.unwrap().duplicates[0].sha256.clone();
    assert!(sha256.starts_with("ba7816bf") && sha256.ends_with("f20015ad"));
}

#[test]
fn progress_is_told_and_may_stop() {
    let folder = testing::folder();
    let set = broken_set(folder.path());
    let told = Mutex::new(Vec::new());
    let listen = |step: Step<'_>| {
        told.lock().unwrap().push((step.done, step.total));
        ControlFlow::Continue(())
    };
    check(&set, &CheckOptions::default(), &listen).unwrap();
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, (1..=8).map(|done| (done, 8)).collect::<Vec<_>>());

    let stop = |step: Step<'_>| {
        if step.done >= 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let one_thread = CheckOptions {
        threads: 1,
        ..CheckOptions::default()
    };
    let report = check(&set, &one_thread, &stop).unwrap();
    assert_eq!((report.unchecked, report.good), (6, 1));
    assert!(report.keys_without_pictures.is_empty());
    assert!(!report.is_clean());
}

#[test]
fn nothing_readable_and_nothing_at_all() {
    let folder = testing::folder();
    let text = testing::write(folder.path(), "a.jpg", b"no");
    let set: CheckSet = [folder.path().join("gone.jpg"), text].into_iter().collect();
    let error = check(&set, &CheckOptions::default(), &silent).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(matches!(
        &error,
        DataError::NothingReadable { pictures: 2, missing: 1, path, .. } if path.ends_with("gone.jpg")
    ));
    let error = check(&CheckSet::default(), &CheckOptions::default(), &silent).unwrap_err();
    assert!(matches!(error, DataError::NoPictures));
}

#[test]
fn files_over_the_limit_are_not_decoded() {
    let folder = testing::folder();
    let small = testing::write(folder.path(), "a.png", testing::png(0));
    let large = testing::write(
        folder.path(),
        "b.png",
        [testing::png(0), vec![0; 4_000]].concat(),
    );
    let mut options = CheckOptions::default();
    options.decode.limits.max_bytes = 1_000;
    let report = check(&[small, large].into_iter().collect(), &options, &silent).unwrap();
    assert_eq!(report.good, 1);
    assert_eq!(report.unreadable[0].kind, ErrorKind::Limit);
}

#[test]
fn rows_of_a_layout_can_be_checked() {
    let folder = testing::folder();
    testing::write(folder.path(), "images/p.png", testing::png(0));
    let text = "id,file,artist,title,style,genre,artemis_key,dvisa_emotion,dvisa_vad,width,height,\
        stretched,source,group,split\np,images/p.png,,,,,S/a,,,1,1,0,s,g,train\n";
    let path = testing::write(folder.path(), "labelled.csv", text);
    let set = paintings::read(&path, &Limits::default()).unwrap();
    let mut set: CheckSet = set.rows.iter().collect();
    set.keys.push("S/a".into());
    let report = check(&set, &CheckOptions::default(), &silent).unwrap();
    assert!(report.is_clean(), "{report:?}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["good"], 1);
}

#[cfg(unix)]
#[test]
fn odd_names_do_not_cost_the_report() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let folder = testing::folder();
    let good = testing::write(folder.path(), "a.png", testing::png(0));
    let odd = folder.path().join(OsStr::from_bytes(b"\xFF.png"));
    let set: CheckSet = [good, odd].into_iter().collect();
    let report = check(&set, &CheckOptions::default(), &silent).unwrap();
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains("\u{FFFD}.png"), "{json}");
}
