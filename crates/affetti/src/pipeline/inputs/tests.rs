//! The order of the stream, and credit lines.

use super::{Found, Input, Inputs, Source};
use std::fs;

fn names(inputs: Inputs) -> Vec<String> {
    inputs
        .map(|found| match found {
            Found::Picture(job) => {
                let file = job.source.name();
                let name = file.rsplit('/').next().unwrap_or_default().to_owned();
                name + &job.caption.map(|c| format!(" ({c})")).unwrap_or_default()
            }
            Found::Failed(failure) => format!("! {}", failure.fault.message),
            Found::Note(note) => format!("# {note}"),
        })
        .collect()
}

#[test]
fn order_is_the_users_and_folders_are_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir_all(root.join("empty")).unwrap();
    for name in ["b.jpg", "a.PNG", "notes.txt", "sub/c.webp", ".hidden.jpg"] {
        fs::write(root.join(name), b"x").unwrap();
    }
    let given = [
        Input::Stdin,
        Input::Path(root.join("notes.txt")),
        Input::Path(root.to_owned()),
        Input::Path(root.join("empty")),
    ];
    assert_eq!(
        names(Inputs::new(given)),
        [
            "-",
            "notes.txt",
            "a.PNG",
            "b.jpg",
            "c.webp",
            "! no picture in this folder or below it \
             (looked for .jpg, .jpeg, .jpe, .jfif, .png, .apng, .webp, .gif, .bmp, .dib, .tif, .tiff)"
        ]
    );
}

#[test]
fn what_is_not_read_in_a_folder_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.avif"), b"x").unwrap();
    let found = names(Inputs::new([Input::Path(folder.path().to_owned())]));
    let message = "! AVIF files are not supported; convert this one to JPEG, PNG or WebP first";
    assert_eq!(found, [message]);
}

#[cfg(unix)]
#[test]
fn links_out_of_a_folder_are_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let (root, other) = (folder.path().join("root"), folder.path().join("other"));
    fs::create_dir(&root).unwrap();
    fs::create_dir(&other).unwrap();
    fs::write(root.join("a.jpg"), b"x").unwrap();
    fs::write(other.join("b.jpg"), b"x").unwrap();
    std::os::unix::fs::symlink(&other, root.join("link")).unwrap();
    let found = names(Inputs::new([Input::Path(root)]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "a.jpg");
    assert!(found[1].starts_with("# ") && found[1].contains("/link: "));
}

#[test]
fn credits_become_captions() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir_all(root.join("bad")).unwrap();
    for name in ["a.jpg", "b.jpg", "sub/c.jpg", "sub/d.jpg", "bad/e.jpg"] {
        fs::write(root.join(name), b"x").unwrap();
    }
    let lines = "date,file,title,artist,extra\n1850,a.jpg,\"Storm,\nat night\",A. Painter,x\n\
                 ,sub/c.jpg,Calm,,\n,,,,\n";
    fs::write(root.join("credits.csv"), lines).unwrap();
    fs::write(root.join("sub/credits.csv"), "file,title\nd.jpg,Deep\n").unwrap();
    fs::write(root.join("bad/credits.csv"), "name\nx\n").unwrap();
    let found = names(Inputs::new([Input::Path(root.to_owned())]).with_credits());
    assert_eq!(
        found
            .iter()
            .map(String::as_str)
            .filter(|n| !n.starts_with('#'))
            .collect::<Vec<_>>(),
        [
            "a.jpg (Storm, at night, A. Painter, 1850)",
            "b.jpg",
            "e.jpg",
            "c.jpg (Calm)",
            "d.jpg (Deep)"
        ]
    );
    assert_eq!(
        found.iter().filter(|n| n.starts_with('#')).count(),
        1,
        "{found:?}"
    );
    // The same line when the file is named itself.
    let one = names(Inputs::new([Input::Path(root.join("sub/d.jpg"))]).with_credits());
    assert_eq!(one, ["d.jpg (Deep)"]);
}

#[test]
fn a_dash_is_standard_input() {
    assert_eq!(Input::from("-".as_ref()), Input::Stdin);
    assert_eq!(Input::from("./-".as_ref()), Input::Path("./-".into()));
    assert_eq!(Source::Stdin.name(), "-");
}
