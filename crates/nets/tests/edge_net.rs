//! The edge network for inference against the same weights on the training layers.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_kernels::Isa;
use affetti_nets::edge_net::layers::EdgeLayers;
use affetti_nets::edge_net::{CELL, EdgeNet, Weights, Workspace};
use affetti_nets::efficientnet_lite::Variant;
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_picture::Picture;
use affetti_testkit::{noise, relative_difference};
use affetti_weights::store::{self, Precision};
use burn::tensor::{Device, Tensor, TensorData};

fn layers() -> EdgeLayers {
    let device = Device::flex();
    let trunk = LiteLayers::init(Variant::Lite0, 3, &device);
    EdgeLayers::init(trunk, 4, &device)
}

/// Probabilities of a picture whose sides are multiples of 16, through the training layers.
fn slow(layers: &EdgeLayers, picture: &Picture) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let values = picture
        .pixels()
        .iter()
        .map(|&v| (f32::from(v) - 127.0) / 128.0);
    let data = TensorData::new(values.collect::<Vec<f32>>(), [1, height, width, 3]);
    let logits = layers.forward(Tensor::from_data(data, &Device::flex()));
    for (side, cell) in logits.sides.iter().zip([16, 8, 4]) {
        assert_eq!(side.dims(), [1, height / cell, width / cell, 1]);
    }
    let cells: Vec<f32> = logits.fine.into_data().try_to_vec().unwrap();
    (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let cell = (y / 2 * width / 2 + x / 2) * 4;
            1.0 / (1.0 + (-cells[cell + 2 * (y % 2) + x % 2]).exp())
        })
        .collect()
}

fn picture(width: u32, height: u32) -> Picture {
    Picture::new(width, height, noise(width, height, 9)).unwrap()
}

#[test]
fn both_implementations_agree() {
    let layers = layers();
    let picture = picture(64, 48);
    let expected = slow(&layers, &picture);
    for isa in Isa::available() {
        let net = EdgeNet::with_isa(&layers.weights(), isa);
        let mut work = Workspace::default();
        for threads in [1, 2] {
            let found = net.edges(&picture, &mut work, threads);
            // Rounding of sums in another order.
            let off = relative_difference(&found, &expected);
            assert!(off < 1e-4, "{isa:?}: {off}");
        }
    }
}

#[test]
fn any_size_is_mirrored_to_whole_cells() {
    let layers = layers();
    let net = EdgeNet::new(&layers.weights());
    let mut work = Workspace::default();
    for (width, height) in [(1, 1), (17, 5), (40, 33)] {
        let small = picture(width, height);
        let found = net.edges(&small, &mut work, 1);
        let [w, h] = [width, height].map(|side| side.next_multiple_of(CELL as u32));
        let mirror = |place: u32, length: u32| {
            let place = place % (2 * length);
            place.min(2 * length - 1 - place)
        };
        let pixels = affetti_testkit::pixels(w, h, |x, y| {
            small.pixel(mirror(x, width), mirror(y, height))
        });
        let whole = slow(&layers, &Picture::new(w, h, pixels).unwrap());
        let expected: Vec<f32> = (0..width * height)
            .map(|i| whole[(i / width * w + i % width) as usize])
            .collect();
        assert!(
            relative_difference(&found, &expected) < 1e-4,
            "{width} x {height}"
        );
    }
}

#[test]
fn weights_survive_their_file() {
    let weights = layers().weights();
    let bytes = store::to_bytes(&weights.to_tensors(), |_| Precision::Full).unwrap();
    let read = Weights::from_tensors(store::from_bytes(&bytes, "x").unwrap()).unwrap();
    assert_eq!(read.to_tensors().map, weights.to_tensors().map);
    let mut less = weights.to_tensors();
    less.map.remove("head.bias");
    let told = Weights::from_tensors(less)
        .expect_err("a missing bias")
        .to_string();
    assert!(told.contains("head.bias is missing"), "{told}");
}
