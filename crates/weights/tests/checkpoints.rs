//! Weights as people have them: wrapped, prefixed, in newer pickles, in other numbers. The files are by
//! peers/checkpoints.py (PyTorch 2.2.2).
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use affetti_weights::NetError;
use affetti_weights::published;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};

fn expected() -> BTreeMap<String, Tensor> {
    let weight = Tensor {
        shape: vec![2, 3],
        data: (0..6_u8).map(|i| f32::from(i) / 8.0).collect(),
    };
    let bias = Tensor {
        shape: vec![2],
        data: vec![-1.5, 2.25],
    };
    BTreeMap::from([("a.weight".into(), weight), ("a.bias".into(), bias)])
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints");
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let named = paths.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read(path).unwrap())
    });
    named.collect()
}

#[test]
fn checkpoints_are_read_whatever_they_are_wrapped_in() {
    let files = files();
    assert_eq!(files.len(), 14);
    for (name, bytes) in files {
        let mut found = published::read(&bytes, &name).unwrap().map;
        if name == "parameters" {
            assert_eq!(found.remove("steps").unwrap().data, [7.0]);
            assert_eq!(found.remove("on").unwrap().data, [1.0, 0.0]);
        }
        assert_eq!(found, expected(), "{name}");
    }
}

#[test]
fn damaged_checkpoints_are_answered() {
    for (name, bytes) in files() {
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x41;
            drop(published::read(&changed, &name));
            if !name.ends_with("old") {
                assert!(
                    published::read(&bytes[..at], &name).is_err(),
                    "{name} cut at {at}"
                );
            }
        }
    }
}

#[test]
fn wrapped_safetensors_are_unwrapped_too() {
    for prefix in ["", "module.", "_orig_mod.", "model.module."] {
        let mut tensors = Tensors::default();
        for (name, tensor) in expected() {
            tensors.map.insert(format!("{prefix}{name}"), tensor);
        }
        let bytes = store::to_bytes(&tensors, |_| Precision::Full).unwrap();
        assert_eq!(
            published::read(&bytes, "x").unwrap().map,
            expected(),
            "{prefix}"
        );
        // A file of ours keeps its names.
        assert_eq!(store::from_bytes(&bytes, "x").unwrap().map, tensors.map);
    }
}

#[test]
fn what_was_never_downloaded_is_named_with_its_file() {
    let folder = std::env::temp_dir().join(format!("affetti-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (name, text, told) in [
        (
            "lfs.pth",
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "Git LFS pointer",
        ),
        ("page.pth", "<!DOCTYPE html><html></html>", "a web page"),
        ("empty.pth", "", "an empty file"),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        let error = store::read_file(&path).unwrap_err();
        assert!(matches!(error, NetError::Malformed { .. }));
        let line = error.to_string();
        assert!(line.contains(name) && line.contains(told), "{line}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
