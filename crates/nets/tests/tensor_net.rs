//! The kernels against burn's operators: on the CPU, and on a Vulkan device where there is one.
#![cfg(feature = "burn")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_nets::device::{Device, Wish, choose};
use affetti_nets::efficientnet_lite::tensors::TensorNet;
use affetti_nets::efficientnet_lite::{EfficientNetLite, Variant, Weights, Workspace};
use affetti_picture::Picture;
use affetti_weights::registry::{card, weights};
use affetti_weights::store;

/// Sums in another order through some sixty layers.
const TOLERANCE: f32 = 2e-4;

/// An embedded backbone of this shape.
fn backbone(variant: Variant) -> Weights {
    let name = match variant {
        Variant::Lite0 => "art-1",
        Variant::Lite2 => "efficientnet-lite2",
    };
    let bytes = weights(&card("feel-4").unwrap()).unwrap();
    let mut tensors = store::from_bytes(&bytes, "feel-4").unwrap();
    let part = tensors.split_off(&format!("{name}."));
    Weights::from_folded(variant, part).unwrap()
}

fn picture(side: usize) -> Picture {
    let value = |i: usize| ((i * 31 + (i / 97) * 17) % 256) as u8;
    let pixels = (0..side * side * 3).map(value).collect();
    Picture::new(side as u32, side as u32, pixels).unwrap()
}

fn assert_same(device: &burn::tensor::Device, name: &str) {
    for variant in [Variant::Lite0, Variant::Lite2] {
        let weights = backbone(variant);
        let picture = picture(variant.resolution());
        let ours = EfficientNetLite::new(&weights).describe(&picture, &mut Workspace::default(), 2);
        let theirs = TensorNet::new(&weights, device).describe(&picture).unwrap();
        assert_eq!(ours.len(), theirs.len());
        let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        for (i, (a, b)) in ours.iter().zip(&theirs).enumerate() {
            assert!((a - b).abs() <= TOLERANCE * largest, "{name} {i}: {a} {b}");
        }
    }
}

#[test]
fn kernels_agree_with_burn_on_the_cpu() {
    assert_same(&burn::tensor::Device::flex(), "flex");
}

#[test]
fn kernels_agree_with_burn_on_vulkan() {
    let (device, line) = choose(Wish::Vulkan);
    match device {
        Device::Cpu => println!("skipped: {}", line.unwrap_or_default()),
        #[cfg(feature = "vulkan")]
        Device::Vulkan(device) => assert_same(&device, "vulkan"),
    }
}

#[test]
fn the_cpu_needs_no_apology() {
    for wish in [Wish::Auto, Wish::Cpu] {
        assert!(matches!(choose(wish), (Device::Cpu, None)));
    }
}
