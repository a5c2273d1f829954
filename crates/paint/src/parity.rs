//! The generators of two articles against PyTorch; expected numbers: peers/paint.py, versions inside the
//! fixture.

use crate::artgan::{self, ArtGan};
use crate::cgan::{Cgan, Statistics};
use affetti_testkit::{closed_form, uniform};
use affetti_weights::tensors::{Tensor, Tensors};

const FIXTURE: &str = include_str!("../tests/fixtures/generators.json");
/// The bar of the project: relative difference of outputs.
const TOLERANCE: f32 = 1e-4;

fn check(case: &str, found: &[f32]) {
    let all: serde_json::Value = serde_json::from_str(FIXTURE).unwrap();
    let case = &all["cases"][case];
    let step = case["step"].as_u64().unwrap() as usize;
    let wanted = case["values"].as_array().unwrap();
    assert_eq!(found.len().div_ceil(step), wanted.len());
    let wanted = wanted.iter().map(|x| x.as_f64().unwrap() as f32);
    let largest = wanted.clone().fold(0.0_f32, |m, x| m.max(x.abs()));
    for (found, wanted) in found.iter().step_by(step).zip(wanted) {
        assert!(
            (found - wanted).abs() <= TOLERANCE * largest,
            "{found} {wanted}"
        );
    }
}

fn tensors(names: &[(String, Vec<usize>)]) -> Tensors {
    let tensor = |(name, shape): &(String, Vec<usize>)| {
        let data = closed_form(name, shape);
        let shape = shape.clone();
        (name.clone(), Tensor { shape, data })
    };
    Tensors {
        map: names.iter().map(tensor).collect(),
        ..Tensors::default()
    }
}

fn numbers(count: usize, width: usize) -> Vec<Vec<f32>> {
    let all: Vec<f32> = uniform("input", count * width)
        .iter()
        .map(|x| *x as f32)
        .collect();
    all.chunks_exact(width).map(<[f32]>::to_vec).collect()
}

/// As PyTorch's `Sequential` names them: nothing in the names says which layer is which.
fn cgan() -> Tensors {
    let sizes = [103, 512, 256, 128, 64, 3];
    let mut names = Vec::new();
    for n in 0..5 {
        names.push((
            format!("{}.weight", 3 * n),
            vec![sizes[n], sizes[n + 1], 4, 4],
        ));
        for part in ["weight", "bias", "running_mean", "running_var"] {
            if n < 4 {
                names.push((format!("{}.{part}", 3 * n + 1), vec![sizes[n + 1]]));
            }
        }
    }
    let mut all = tensors(&names);
    let counter = Tensor {
        shape: vec![],
        data: vec![7.0],
    };
    all.map.insert("1.num_batches_tracked".into(), counter);
    all
}

#[test]
fn published_weights_of_cgan_paint_as_pytorch_does() {
    let parameters: usize = cgan()
        .map
        .iter()
        .filter(|(name, _)| !name.contains("running") && !name.contains("tracked"))
        .map(|(_, tensor)| tensor.data.len())
        .sum();
    assert_eq!(parameters, 3_601_280);
    let generator = Cgan::new(cgan()).unwrap();
    for (case, statistics) in [
        ("cgan-running", Statistics::Running),
        ("cgan-batch", Statistics::Batch),
    ] {
        check(case, &generator.maps(&numbers(5, 103), statistics).data);
    }
}

#[test]
fn weights_of_another_architecture_are_told_apart_tensor_by_tensor() {
    let mut wrong = cgan();
    wrong.map.remove("3.weight");
    let other = Tensor {
        shape: vec![77],
        data: vec![0.0; 77],
    };
    wrong.map.insert("9.weird".into(), other);
    let told = Cgan::new(wrong).unwrap_err().to_string();
    assert!(told.contains("layers.1.weight is missing"), "{told}");
    assert!(told.contains("9.weird is not expected"), "{told}");
}

#[test]
fn artgan_paints_as_pytorch_does() {
    let steps = [
        (512, 512),
        (512, 256),
        (256, 128),
        (128, 64),
        (64, 64),
        (64, 32),
    ];
    let mut all = Tensors::default();
    let mut put = |name: &str, shape: &[usize], data: Vec<f32>| {
        let shape = shape.to_vec();
        all.map.insert(name.to_owned(), Tensor { shape, data });
    };
    // What follows a sum is folded into it, as `affetti train artgan` does.
    let folded = |weight: &str, norm: &str, shape: &[usize]| {
        let row = |part: &str| closed_form(&format!("{norm}.{part}"), &shape[..1]);
        let parts = row("weight").into_iter().zip(row("running_var"));
        let scales: Vec<f32> = parts
            .map(|(g, v)| g / (v + artgan::EPSILON).sqrt())
            .collect();
        let length = shape.iter().product::<usize>() / shape[0];
        let mut data = closed_form(weight, shape);
        for (row, scale) in data.chunks_exact_mut(length).zip(&scales) {
            row.iter_mut().for_each(|w| *w *= scale);
        }
        let parts = row("bias").into_iter().zip(row("running_mean")).zip(scales);
        let bias: Vec<f32> = parts.map(|((b, m), s)| b - m * s).collect();
        (data, bias)
    };
    let (weight, bias) = folded("begin.weight", "begin_norm", &[8192, 127]);
    put("begin.weight", &[8192, 127], weight);
    put("begin.bias", &[8192], bias);
    for (n, (inputs, outputs)) in steps.into_iter().enumerate() {
        let shape = [outputs, inputs, 3, 3];
        let (weight, bias) = folded(&format!("convs.{n}.weight"), &format!("norms.{n}"), &shape);
        put(&format!("steps.{n}.weight"), &shape, weight);
        put(&format!("steps.{n}.bias"), &[outputs], bias);
    }
    let shape = [3, 32, 3, 3];
    put("last.weight", &shape, closed_form("last.weight", &shape));
    let classes: Vec<String> = (0..27).map(|n| format!("style {n}")).collect();
    let labels = serde_json::json!([{"name": "style", "classes": classes}]);
    all.note = serde_json::json!({"kind": "artgan", "labels": labels}).to_string();
    let generator = ArtGan::new(all).unwrap();
    check("artgan", &generator.maps(&numbers(3, 127)).data);
}
