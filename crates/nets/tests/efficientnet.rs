//! EfficientNet-Lite against PyTorch; expected numbers: peers/efficientnet_lite.py, versions inside
//! the fixture.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_kernels::Isa;
use affetti_nets::efficientnet_lite::{EfficientNetLite, Variant, Weights, Workspace};
use affetti_picture::{DecodeOptions, Picture, read};
use affetti_weights::NetError;
use affetti_weights::registry::{cached_file, card};
use affetti_weights::store;
use affetti_weights::tensors::{Tensor, Tensors};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The bar of the project: relative difference of logits.
const TOLERANCE: f32 = 1e-4;
const SIZES: [Variant; 2] = [Variant::Lite0, Variant::Lite2];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn fixture() -> Value {
    let text = std::fs::read_to_string(fixtures().join("efficientnet_lite.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap() as f32)
        .collect()
}

fn relative(ours: &[f32], theirs: &[f32]) -> f32 {
    let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    let pairs = ours.iter().zip(theirs);
    pairs.fold(0.0_f32, |m, (a, b)| m.max((a - b).abs())) / largest
}

/// The same closed formula as the peer's.
fn closed_form(name: &str, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let seed = f64::from(name.bytes().map(u32::from).sum::<u32>());
    let wave = (0..count).map(|i| (0.618 * (i as f64 + 1.0) + seed).sin());
    let fan_in = (count / shape[0]) as f64;
    let data = wave.map(|w| {
        let value = if name.ends_with("running_var") {
            1.0 + 0.5 * w
        } else if name.contains("_bn") && name.ends_with(".weight") {
            1.0 + 0.2 * w
        } else if name.ends_with(".weight") {
            w * (2.0 / fan_in).sqrt()
        } else {
            0.3 * w
        };
        value as f32
    });
    Tensor {
        shape: shape.to_vec(),
        data: data.collect(),
    }
}

/// The published names and shapes, taken from what a file that lacks everything is told.
fn closed_tensors(variant: Variant) -> Tensors {
    let mut tensors = Tensors::default();
    // Every round names all missing tensors; shapes come from the complaint about a wrong one.
    let error = Weights::from_published(variant, tensors.clone(), true).unwrap_err();
    let NetError::Mismatch { problems, .. } = error else {
        panic!("an empty file must not fit")
    };
    for problem in problems {
        let name = problem.strip_suffix(" is missing").unwrap().to_owned();
        let data = vec![0.0];
        tensors.map.insert(
            name,
            Tensor {
                shape: vec![1],
                data,
            },
        );
    }
    let error = Weights::from_published(variant, tensors.clone(), true).unwrap_err();
    let NetError::Mismatch { problems, .. } = error else {
        panic!("wrong shapes must not fit")
    };
    for problem in problems {
        let (name, rest) = problem.split_once(" has shape ").unwrap();
        let shape = rest.split_once("expected ").unwrap().1;
        let shape: Vec<usize> = serde_json::from_str(shape).unwrap();
        let tensor = closed_form(name, &shape);
        tensors.map.insert(name.to_owned(), tensor);
    }
    tensors
}

fn closed_picture(side: usize) -> Picture {
    let mut pixels = Vec::with_capacity(side * side * 3);
    for y in 0..side {
        for x in 0..side {
            for c in 0..3 {
                pixels.push(((x * 7 + y * 13 + c * 29 + (x * y) % 31) % 256) as u8);
            }
        }
    }
    Picture::new(side as u32, side as u32, pixels).unwrap()
}

fn every_eighth(network: &EfficientNetLite, picture: &Picture, threads: usize) -> Vec<f32> {
    let descriptor = network.describe(picture, &mut Workspace::default(), threads);
    assert_eq!(descriptor.len(), network.variant().descriptor_len());
    let logits = network.logits(&descriptor).unwrap();
    logits.into_iter().step_by(8).collect()
}

#[test]
fn closed_form_weights_give_pytorchs_logits() {
    let expected = fixture();
    for variant in SIZES {
        let weights = Weights::from_published(variant, closed_tensors(variant), true).unwrap();
        let picture = closed_picture(variant.resolution());
        let theirs = numbers(&expected["closed"][variant.name()]);
        for isa in Isa::available() {
            let network = EfficientNetLite::with_isa(&weights, isa);
            let off = relative(&every_eighth(&network, &picture, 1), &theirs);
            assert!(off <= TOLERANCE, "{} {isa:?}: {off:e}", variant.name());
        }
    }
}

#[test]
fn published_weights_give_pytorchs_logits_on_paintings() {
    let expected = fixture();
    for variant in SIZES {
        let card = card(variant.name()).unwrap();
        let path = cached_file(&card);
        if !path.is_file() {
            println!("skipped: run `affetti models import {}` first", card.file);
            continue;
        }
        let tensors = store::from_bytes(&store::read_file(&path).unwrap(), &card.file).unwrap();
        let network = EfficientNetLite::new(&Weights::from_folded(variant, tensors).unwrap());
        let theirs = expected["published"][variant.name()].as_object().unwrap();
        assert!(theirs.len() >= 2);
        for (name, theirs) in theirs {
            let picture = read(&fixtures().join(name), &DecodeOptions::default()).unwrap();
            let side = variant.resolution() as u32;
            let picture = picture.crop(0, 0, side, side).unwrap();
            for threads in [1, 2] {
                let off = relative(&every_eighth(&network, &picture, threads), &numbers(theirs));
                assert!(off <= TOLERANCE, "{} {name}: {off:e}", variant.name());
            }
        }
    }
}

#[test]
fn a_missing_and_an_extra_tensor_are_listed() {
    let mut tensors = closed_tensors(Variant::Lite0);
    tensors.map.remove("_blocks.3._bn1.bias");
    let extra = closed_form("surprise", &[2]);
    tensors.map.insert("surprise".into(), extra);
    let error = Weights::from_published(Variant::Lite0, tensors, false).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("_blocks.3._bn1.bias is missing"), "{text}");
    assert!(text.contains("surprise is not expected"), "{text}");
}

#[test]
fn any_size_is_a_picture() {
    let weights = Weights::from_published(Variant::Lite0, closed_tensors(Variant::Lite0), true);
    let network = EfficientNetLite::new(&weights.unwrap());
    for (width, height) in [(1, 1), (1, 300), (37, 5), (226, 225)] {
        let picture = Picture::new(width, height, vec![90; (3 * width * height) as usize]).unwrap();
        let descriptor = network.describe(&picture, &mut Workspace::default(), 1);
        assert!(descriptor.iter().all(|v| v.is_finite()), "{width}×{height}");
    }
}

#[test]
fn storing_keeps_what_it_promises() {
    let weights = Weights::from_published(Variant::Lite0, closed_tensors(Variant::Lite0), false);
    let folded = weights.unwrap().to_folded();
    for (precision, step) in [
        (store::Precision::Full, 0.0),
        (store::Precision::Half, 1.0 / 2048.0),
        (store::Precision::Byte, 0.51 / 127.0),
    ] {
        let bytes = store::to_bytes(&folded, |_| precision).unwrap();
        assert_eq!(
            bytes,
            store::to_bytes(&folded, |_| precision).unwrap(),
            "same bytes"
        );
        let back = store::from_bytes(&bytes, "test").unwrap();
        assert_eq!(back.map.len(), folded.map.len());
        for (name, tensor) in &folded.map {
            let largest = tensor.data.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
            for (a, b) in tensor.data.iter().zip(&back.map[name].data) {
                assert!((a - b).abs() <= step * largest + 1e-7, "{name}: {a} {b}");
            }
        }
    }
}
