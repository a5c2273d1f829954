//! The mask network against PyTorch, ONNX Runtime and itself; expected numbers: peers/u2net.py,
//! versions inside the fixture.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod closed;

use affetti_nets::u2net::layers::U2NetLayers;
use affetti_nets::u2net::{PUBLISHED, SIDE, U2Net, Weights, prepare};
use affetti_picture::Picture;
use affetti_testkit::{noise, pixels, relative_difference};
use affetti_weights::registry::{cached_file, card, weights};
use affetti_weights::store;
use burn::tensor::{Device, Tensor, TensorData};
use closed::{Case, filled, values};

const FIXTURE: &str = "u2net.json";

fn logits(weights: &Weights, pictures: Vec<f32>, shape: [usize; 4]) -> Vec<f32> {
    let device = Device::flex();
    let input = Tensor::from_data(TensorData::new(pictures, shape), &device);
    let layers = U2NetLayers::from_weights(weights, &device);
    layers.forward(input).into_data().try_to_vec().unwrap()
}

#[test]
fn closed_form_weights_give_the_peers_logits() {
    let case = Case::of(FIXTURE, "u2net");
    let shape = case.shape();
    let weights = filled(Weights::from_tensors);
    let found = logits(&weights, values("picture", shape.iter().product()), shape);
    case.check("output", &found, 1e-4);
}

#[test]
fn inference_and_training_agree() {
    let mut tensors = closed::tensors(Weights::from_tensors);
    // Smaller last layers, so that logits are not so large that every chance is 0 or 1.
    for (name, tensor) in &mut tensors.map {
        if name.starts_with("sides.") {
            tensor.data.iter_mut().for_each(|v| *v *= 1e-3);
        }
    }
    let weights = Weights::from_tensors(tensors).unwrap();
    let side = SIDE as u32;
    let picture = Picture::new(side, side, noise(side, side, 4)).unwrap();
    let prepared = prepare(&picture);
    let found = U2Net::new(&weights).chances(&prepared);
    let expected = logits(&weights, prepared, [1, SIDE, SIDE, 3]);
    let expected: Vec<f32> = expected.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
    let unsure = expected.iter().filter(|p| (0.05..0.95).contains(*p));
    assert!(unsure.count() > SIDE * SIDE / 4);
    let off = relative_difference(&found, &expected);
    assert!(off <= 1e-4, "{off}");
}

#[test]
fn published_weights_give_the_peers_chances() {
    let card = card(PUBLISHED).unwrap();
    if !cached_file(&card).is_file() {
        println!("skipped: no imported {}", card.file);
        return;
    }
    let tensors = store::from_bytes(&weights(&card).unwrap(), &card.file).unwrap();
    let network = U2Net::new(&Weights::from_tensors(tensors).unwrap());
    let side = SIDE as u32;
    let color = |x: u32, y: u32| {
        let inside = x.abs_diff(150).pow(2) + y.abs_diff(170).pow(2) < 8100;
        [
            (x * 255 / 319) as u8,
            (y * 255 / 319) as u8,
            if inside { 255 } else { 40 },
        ]
    };
    let picture = Picture::new(side, side, pixels(side, side, color)).unwrap();
    let found = network.chances(&prepare(&picture));
    let peer = Case::whole(FIXTURE);
    // It enlarges its coarse maps in one step, we in several: chances differ along borders.
    peer.check_most("published", &found, 5e-3, 0.1);
}
