use std::ffi::OsStr;

use super::*;
use crate::{ErrorKind, testing};

/// The walk, as names below the root.
fn walk(root: &Path, options: &FolderOptions) -> (Vec<String>, Vec<Skipped>) {
    let mut names = Vec::new();
    let mut skipped = Vec::new();
    for found in Folder::open(root, options).unwrap() {
        match found {
            Ok(file) => names.push(key(root, &file)),
            Err(fault) => skipped.push(fault),
        }
    }
    (names, skipped)
}

#[test]
fn sorted_recursive_known_extensions_only() {
    let folder = testing::folder();
    for name in [
        "b.JPG",
        "a/z.png",
        "a/y/x.WebP",
        "c.jpeg",
        "notes.txt",
        "d.jpg.bak",
        "jpg",
        "gif",
        ".b.gif",
        ".hidden.jpg",
        ".trash/e.jpg",
        "a/._z.png",
        "ab.jpg",
    ] {
        testing::write(folder.path(), name, b"");
    }
    let (names, skipped) = walk(folder.path(), &FolderOptions::default());
    assert_eq!(
        names,
        ["a/y/x.WebP", "a/z.png", "ab.jpg", "b.JPG", "c.jpeg"]
    );
    assert!(skipped.is_empty());
    let options = FolderOptions {
        hidden: true,
        ..FolderOptions::default()
    };
    // `.b.gif`, `.hidden.jpg`, `.trash/e.jpg` and `a/._z.png` besides.
    assert_eq!(walk(folder.path(), &options).0.len(), 9);
}

#[test]
fn formats_that_are_not_read_are_named() {
    let folder = testing::folder();
    for name in ["a.avif", "b.HEIF", "c.heic", "d.jxl", "e.svg.txt"] {
        testing::write(folder.path(), name, b"");
    }
    let (names, skipped) = walk(folder.path(), &FolderOptions::default());
    assert!(names.is_empty());
    let formats: Vec<_> = skipped
        .iter()
        .map(|skipped| match skipped {
            Skipped::Unsupported { format, .. } => *format,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(formats, ["AVIF", "HEIF", "HEIC", "JPEG XL"]);
    assert!(skipped.iter().all(|skipped| !skipped.is_harmless()));
}

#[test]
fn a_folder_named_like_a_picture_is_a_folder() {
    let folder = testing::folder();
    testing::write(folder.path(), "album.jpg/a.jpg", b"");
    let (names, _) = walk(folder.path(), &FolderOptions::default());
    assert_eq!(names, ["album.jpg/a.jpg"]);
}

#[test]
fn depth_is_limited_and_told() {
    let folder = testing::folder();
    testing::write(folder.path(), "0.jpg", b"");
    testing::write(folder.path(), "a/1.jpg", b"");
    testing::write(folder.path(), "a/b/2.jpg", b"");
    let options = FolderOptions {
        max_depth: 1,
        ..FolderOptions::default()
    };
    let (names, skipped) = walk(folder.path(), &options);
    assert_eq!(names, ["0.jpg", "a/1.jpg"]);
    assert!(matches!(
        &skipped[..],
        [Skipped::TooDeep { max_depth: 1, .. }]
    ));
    assert_eq!(skipped[0].path(), folder.path().join("a/b"));
}

#[test]
fn what_is_no_folder() {
    let folder = testing::folder();
    let file = testing::write(folder.path(), "a.jpg", b"");
    let options = FolderOptions::default();
    let error = Folder::open(&file, &options).unwrap_err();
    assert!(matches!(error, DataError::NotAFolder { .. }));
    let error = Folder::open(&folder.path().join("none"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn thousands_of_pictures_come_one_by_one() {
    let folder = testing::folder();
    for i in 0..3_000 {
        testing::write(folder.path(), &format!("{}/{i:04}.jpg", i % 7), b"");
    }
    let mut walk = Folder::open(folder.path(), &FolderOptions::default()).unwrap();
    let first = walk.next().unwrap().unwrap();
    assert_eq!(key(folder.path(), &first), "0/0000.jpg");
    // Only the root's and the first sub-folder's entries are held.
    let held: usize = walk.levels.iter().map(ExactSizeIterator::len).sum();
    assert!(held < 6 + 3_000 / 7 + 1, "{held}");
    assert_eq!(walk.count(), 2_999);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn loops_end_and_links_are_followed_once() {
        let folder = testing::folder();
        let root = folder.path();
        testing::write(root, "a/1.jpg", b"");
        symlink(root, root.join("a/up")).unwrap();
        symlink(root.join("a"), root.join("b")).unwrap();
        symlink(root.join("a/1.jpg"), root.join("link.jpg")).unwrap();
        symlink(root.join("gone"), root.join("dangling.jpg")).unwrap();
        symlink(root.join("gone"), root.join("dangling.txt")).unwrap();
        symlink(root.join("self"), root.join("self")).unwrap();
        let (names, skipped) = walk(root, &FolderOptions::default());
        assert_eq!(names, ["a/1.jpg", "link.jpg"]);
        let paths: Vec<_> = skipped.iter().map(|s| key(root, s.path())).collect();
        assert_eq!(paths, ["a/up", "b", "dangling.jpg", "self"]);
        assert!(matches!(skipped[0], Skipped::SeenBefore { .. }));
        assert!(matches!(skipped[1], Skipped::SeenBefore { .. }));
        assert!(matches!(skipped[2], Skipped::Unreadable { .. }));
        assert!(matches!(skipped[3], Skipped::Unreadable { .. }));
    }

    #[test]
    fn names_that_are_not_utf8_survive() {
        let folder = testing::folder();
        let name = OsStr::from_bytes(b"caf\xE9.jpg");
        if fs::write(folder.path().join(name), b"").is_err() {
            println!("skipped: this file system wants UTF-8");
            return;
        }
        let mut walk = Folder::open(folder.path(), &FolderOptions::default()).unwrap();
        let found = walk.next().unwrap().unwrap();
        assert_eq!(found.file_name(), Some(name));
        assert_eq!(key(folder.path(), &found), "caf\u{FFFD}.jpg");
    }

    #[test]
    fn sockets_and_pipes_are_no_pictures() {
        let folder = testing::folder();
        let _socket = UnixListener::bind(folder.path().join("s.jpg")).unwrap();
        let _unnamed = UnixListener::bind(folder.path().join("s")).unwrap();
        let (names, skipped) = walk(folder.path(), &FolderOptions::default());
        assert!(names.is_empty());
        assert!(matches!(&skipped[..], [Skipped::NotAFile { path }] if path.ends_with("s.jpg")));
    }

    #[test]
    fn links_to_folders_elsewhere_are_not_followed() {
        let folder = testing::folder();
        let root = folder.path().join("root");
        testing::write(&root, "a/1.jpg", b"");
        testing::write(folder.path(), "elsewhere/2.jpg", b"");
        symlink("../elsewhere", root.join("b")).unwrap();
        symlink("../elsewhere/2.jpg", root.join("c.jpg")).unwrap();
        let (names, skipped) = walk(&root, &FolderOptions::default());
        assert_eq!(names, ["a/1.jpg", "c.jpg"]);
        assert!(matches!(&skipped[..], [Skipped::Outside { path }] if path.ends_with("b")));
        assert!(skipped[0].is_harmless());
        // The folder that is named may be a link itself.
        symlink(&root, folder.path().join("link")).unwrap();
        let linked = walk(&folder.path().join("link"), &FolderOptions::default());
        assert_eq!(linked.0, ["a/1.jpg", "c.jpg"]);
    }

    #[test]
    fn an_unreadable_sub_folder_is_reported() {
        use std::os::unix::fs::PermissionsExt;
        let folder = testing::folder();
        testing::write(folder.path(), "a/1.jpg", b"");
        testing::write(folder.path(), "b/2.jpg", b"");
        let closed = folder.path().join("a");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let as_root = fs::read_dir(&closed).is_ok();
        let (names, skipped) = walk(folder.path(), &FolderOptions::default());
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        if as_root {
            println!("skipped: root may read everything");
            return;
        }
        assert_eq!(names, ["b/2.jpg"]);
        assert!(matches!(&skipped[..], [Skipped::Unreadable { .. }]));
    }
}
