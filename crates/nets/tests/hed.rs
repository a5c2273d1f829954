//! HED against PyTorch, and the reader of its weights; expected numbers: peers/hed.py, versions
//! inside the fixture.

use affetti_kernels::Batch;
use affetti_nets::hed::{Hed, MEANS_RGB, NAME, Weights};
use affetti_nets::vgg16;
use affetti_picture::Picture;
use affetti_testkit::{pixels, relative_difference};
use affetti_weights::hdf5;
use affetti_weights::registry::{cached_file, card, weights};
use affetti_weights::store;
use proptest::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

#[test]
fn published_weights_give_the_peers_edges() {
    let card = card(NAME).unwrap();
    if !cached_file(&card).is_file() {
        println!("skipped: no imported {}", card.file);
        return;
    }
    let text = std::fs::read_to_string(fixture("hed.json")).unwrap();
    let peer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(peer["sha256"], card.sha256.as_str());
    let (width, height) = (61, 47);
    let picture = Picture::new(width, height, peers_pixels(width, height)).unwrap();
    let tensors = store::from_bytes(&weights(&card).unwrap(), &card.file).unwrap();
    let ours = Hed::new(Weights::from_tensors(tensors).unwrap()).edges(&picture);
    let theirs: Vec<f32> = peer["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap() as f32)
        .collect();
    let off = relative_difference(&ours, &theirs);
    assert!(off <= 1e-4, "{off}");
}

/// The picture of the peer, `width` × `height` of it.
fn peers_pixels(width: u32, height: u32) -> Vec<u8> {
    let formula = |x: u32, y: u32| {
        [0, 1, 2].map(|c| ((x * 2 + y * 3 + c * 29 + (x / 9 + y / 7) % 2 * 90) % 256) as u8)
    };
    pixels(width, height, formula)
}

#[test]
fn the_convolutions_are_vgg16s_with_red_first() {
    let card = card(NAME).unwrap();
    if !cached_file(&card).is_file() {
        println!("skipped: no imported {}", card.file);
        return;
    }
    let text = std::fs::read_to_string(fixture("hed.json")).unwrap();
    let peer: Value = serde_json::from_str(&text).unwrap();
    let theirs: Vec<Vec<f32>> = serde_json::from_value(peer["vgg16"].clone()).unwrap();
    let tensors = store::from_bytes(&weights(&card).unwrap(), &card.file).unwrap();
    let weights = vgg16::Weights::from_hed(&Weights::from_tensors(tensors).unwrap());
    let input = peers_pixels(32, 32);
    let input = input.iter().enumerate();
    let input: Vec<f32> = input
        .map(|(i, v)| f32::from(*v) - MEANS_RGB[i % 3])
        .collect();
    let mut ours: Vec<Vec<f32>> = Vec::new();
    let mut work = vgg16::Workspace::default();
    let network = vgg16::Vgg16::new(&weights);
    let shape = Batch::new([1, 32, 32, 3]);
    let (_, last) = network.features(shape, &input, &mut work, &mut |_, map| {
        ours.push(map.iter().step_by(97).copied().collect());
    });
    ours.push(last.to_vec());
    assert_eq!(ours.len(), theirs.len());
    for (block, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let off = relative_difference(ours, theirs);
        assert!(off <= 1e-4, "block {block}: {off}");
    }
}

#[test]
fn arrays_of_a_keras_file() {
    let bytes = std::fs::read(fixture("keras.h5")).unwrap();
    let tensors = hdf5::read(&bytes, "keras.h5").unwrap();
    // As peers/hed.py wrote them.
    let kernel = &tensors.map["block1/layers/conv2d/vars/0"];
    assert_eq!(kernel.shape, [2, 3, 2, 2]);
    assert_eq!(kernel.data, (0..24).map(|i| i as f32).collect::<Vec<_>>());
    let bias = &tensors.map["block1/layers/conv2d/vars/1"];
    assert_eq!((&bias.shape, &bias.data), (&vec![2], &vec![0.5, -2.0]));
    for n in 0..20 {
        assert_eq!(tensors.map[&format!("many/array_{n}")].data, [n as f32]);
    }
    assert_eq!(tensors.map.len(), 22);
}

#[test]
fn files_of_other_kinds_are_named() {
    let told = |bytes: &[u8]| {
        hdf5::read(bytes, "x.h5")
            .expect_err("a bad file")
            .to_string()
    };
    assert!(told(b"").contains("x.h5: not a readable HDF5 file"));
    assert!(told(&[7; 4000]).contains("signature"));
    let mut newer = std::fs::read(fixture("keras.h5")).unwrap();
    newer[8] = 3;
    assert!(told(&newer).contains("superblock version 3"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever is changed or cut: an answer or an error, soon.
    #[test]
    fn hostile_files_are_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = std::fs::read(fixture("keras.h5")).unwrap();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Ok(tensors) = hdf5::read(&bytes, "x.h5") {
            let floats: usize = tensors.map.values().map(|t| t.data.len()).sum();
            prop_assert!(floats < 100_000);
        }
    }
}
