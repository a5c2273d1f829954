//! Networks against PyTorch; expected numbers: peers/readers.py. And their twins with gradients against
//! them.

use super::lstm::{self, Lstm};
use super::transformer::{self, Shape, Transformer, from_published, mean};
use affetti_testkit::closed_form;
use affetti_weights::tensors::{Tensor, Tensors};
use serde_json::Value;

const IDS: [&[u32]; 2] = [&[1, 5, 9, 3, 2], &[1, 4, 4, 11, 2]];

const SMALL: Shape = Shape {
    pieces: 12,
    places: 8,
    width: 24,
    heads: 3,
    layers: 2,
    wide: 40,
};

fn fixture(name: &str) -> Vec<f32> {
    let all = include_str!("../../tests/fixtures/networks.json");
    let all: Value = serde_json::from_str(all).expect("JSON");
    let numbers = all[name].as_array().expect("numbers").iter();
    numbers
        .map(|x| x.as_f64().expect("a number") as f32)
        .collect()
}

fn tensors(names: &[(String, Vec<usize>)]) -> Tensors {
    let one = |(name, shape): &(String, Vec<usize>)| {
        let data = closed_form(name, shape);
        let shape = shape.clone();
        (name.clone(), Tensor { shape, data })
    };
    Tensors {
        map: names.iter().map(one).collect(),
        ..Tensors::default()
    }
}

/// BERT's tensors by their published names.
fn published() -> Tensors {
    let Shape { width, wide, .. } = SMALL;
    let mut names = vec![
        (
            "embeddings.word_embeddings.weight".to_owned(),
            vec![SMALL.pieces, width],
        ),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![SMALL.places, width],
        ),
        (
            "embeddings.token_type_embeddings.weight".to_owned(),
            vec![2, width],
        ),
    ];
    let mut norms = vec!["embeddings".to_owned()];
    for n in 0..SMALL.layers {
        let name = |part: &str| format!("encoder.layer.{n}.{part}");
        for (part, outputs, inputs) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", wide, width),
            ("output.dense", width, wide),
        ] {
            names.push((name(&format!("{part}.weight")), vec![outputs, inputs]));
            names.push((name(&format!("{part}.bias")), vec![outputs]));
        }
        norms.extend([name("attention.output"), name("output")]);
    }
    for norm in norms {
        names.push((format!("{norm}.LayerNorm.weight"), vec![width]));
        names.push((format!("{norm}.LayerNorm.bias"), vec![width]));
    }
    tensors(&names)
}

fn close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (n, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() < tolerance, "{n}: {a} {b}");
    }
}

fn small() -> Transformer {
    let mut taker = from_published(SMALL, published())
        .expect("fits")
        .take_for("a test");
    let net = Transformer::take(SMALL, &mut taker).expect("sound");
    taker.finish().expect("nothing is left");
    net
}

#[test]
fn the_transformer_is_bert() {
    close(
        &mean(&small().run(&IDS), 5, SMALL.width),
        &fixture("bert"),
        2e-5,
    );
}

#[test]
fn texts_beside_each_other_do_not_meet() {
    let net = small();
    let both = net.run(&IDS);
    let (first, second) = both.split_at(5 * SMALL.width);
    close(&net.run(&IDS[..1]), first, 1e-6);
    close(&net.run(&IDS[1..]), second, 1e-6);
}

#[test]
fn another_network_is_refused_with_every_difference() {
    let mut wrong = published();
    wrong.map.remove("encoder.layer.1.output.dense.bias");
    let told = from_published(SMALL, wrong)
        .expect_err("incomplete")
        .to_string();
    assert!(
        told.contains("encoder.layer.1.output.dense.bias is missing"),
        "{told}"
    );
    for shape in [
        Shape { heads: 5, ..SMALL },
        Shape { width: 0, ..SMALL },
        Shape {
            layers: 1 << 40,
            ..SMALL
        },
    ] {
        assert!(!shape.sound());
    }
}

/// The reader's tensors by our names: PyTorch has two biases of the gates and a norm of its own.
fn recurrent() -> (lstm::Shape, Tensors) {
    let shape = lstm::Shape {
        words: 12,
        vector: 6,
        width: 10,
        narrow: 7,
    };
    let get = |name: &str, sizes: &[usize]| closed_form(name, sizes);
    let mut ours = Tensors::default();
    let mut put = |name: &str, shape: &[usize], data: Vec<f32>| {
        let shape = shape.to_vec();
        ours.map.insert(name.to_owned(), Tensor { shape, data });
    };
    put("words", &[12, 6], get("words.weight", &[12, 6]));
    for (name, sizes) in [("lower", [10, 6]), ("upper", [10, 10])] {
        put(
            &format!("{name}.weight"),
            &sizes,
            get(&format!("{name}.weight"), &sizes),
        );
        put(
            &format!("{name}.beta"),
            &[10],
            get(&format!("{name}.bias"), &[10]),
        );
    }
    put(
        "gates.weight",
        &[40, 10],
        get("lstm.weight_ih_l0", &[40, 10]),
    );
    let biases = get("lstm.bias_ih_l0", &[40])
        .into_iter()
        .zip(get("lstm.bias_hh_l0", &[40]));
    put("gates.beta", &[40], biases.map(|(a, b)| a + b).collect());
    put("memory", &[40, 10], get("lstm.weight_hh_l0", &[40, 10]));
    let [weight, bias] = [get("last.weight", &[7, 10]), get("last.bias", &[7])];
    let [gamma, beta] = [get("norm.weight", &[7]), get("norm.bias", &[7])];
    let [mean, variance] = [
        get("norm.running_mean", &[7]),
        get("norm.running_var", &[7]),
    ];
    let scale: Vec<f32> = gamma
        .iter()
        .zip(&variance)
        .map(|(g, v)| g / (v + 1e-5).sqrt())
        .collect();
    put(
        "last.weight",
        &[7, 10],
        weight
            .iter()
            .enumerate()
            .map(|(n, w)| w * scale[n / 10])
            .collect(),
    );
    let shifted = (0..7).map(|n| beta[n] + (bias[n] - mean[n]) * scale[n]);
    put("last.beta", &[7], shifted.collect());
    (shape, ours)
}

#[test]
fn the_recurrent_network_is_pytorchs() {
    let (shape, ours) = recurrent();
    let mut taker = ours.take_for("a test");
    let net = Lstm::take(shape, &mut taker).expect("sound");
    taker.finish().expect("nothing is left");
    close(&net.run(&IDS), &fixture("lstm"), 2e-5);
}

#[cfg(feature = "train")]
mod twins {
    use super::*;
    use crate::encoder::lstm_layers::{LstmLayers, Whole, flatten};
    use crate::encoder::transformer_layers::TransformerLayers;
    use affetti_train::values;
    use burn::tensor::{Device, Int, Tensor, TensorData};

    fn ids(device: &Device) -> Tensor<2, Int> {
        let ids: Vec<i64> = IDS
            .iter()
            .flat_map(|text| text.iter().map(|id| i64::from(*id)))
            .collect();
        Tensor::from_data(TensorData::new(ids, [2, 5]), device)
    }

    #[test]
    fn the_transformer_with_gradients_says_the_same_and_its_weights_go_both_ways() {
        let device = Device::flex();
        let ours = from_published(SMALL, published()).expect("fits");
        let twin = TransformerLayers::new(SMALL, ours.clone(), &device).expect("fits");
        let found: Vec<f32> = twin
            .forward(ids(&device))
            .into_data()
            .iter::<f32>()
            .collect();
        close(&found, &fixture("bert"), 2e-5);
        let mut back = values(&twin);
        let names: Vec<String> = back.map.keys().cloned().collect();
        names.iter().for_each(|name| flatten(&mut back, name));
        assert!(back.map == ours.map);
        assert_eq!(ours.map.len(), transformer::Shape::tensors(&SMALL).len());
    }

    #[test]
    fn the_recurrent_twin_is_read_back_as_it_is() {
        let shape = lstm::Shape {
            words: 12,
            vector: 6,
            width: 10,
            narrow: 7,
        };
        let device = Device::flex();
        let words = closed_form("words.weight", &[12, 6]);
        let twin = LstmLayers::new(shape, words, 3, &device);
        let expected = twin.forward(ids(&device).transpose(), &mut Whole);
        let expected: Vec<f32> = expected.into_data().iter::<f32>().collect();
        let mut taker = twin.tensors().take_for("a test");
        let net = Lstm::take(shape, &mut taker).expect("sound");
        taker.finish().expect("nothing is left");
        close(&net.run(&IDS), &expected, 1e-5);
    }
}
