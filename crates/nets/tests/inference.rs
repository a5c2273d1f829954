//! ResNet and VGG16 without burn against PyTorch; expected numbers: peers/networks.py, versions
//! inside the fixture.

mod closed;

use affetti_kernels::{Batch, Isa};
use affetti_nets::resnet::{self, ResNet, Variant};
use affetti_nets::vgg16::{self, Vgg16};
use closed::{Case, tensors};

/// The bar of the project: relative difference of outputs.
const TOLERANCE: f32 = 1e-4;

fn resnet(variant: Variant) -> resnet::Weights {
    closed::filled(|file| resnet::Weights::from_published(variant, file))
}

fn vgg16() -> vgg16::Weights {
    closed::filled(vgg16::Weights::from_published)
}

#[test]
fn resnets_are_pytorchs() {
    for variant in [Variant::ResNet34, Variant::ResNet50] {
        let (case, weights) = (Case::new(variant.name()), resnet(variant));
        let shape = Batch::new(case.shape());
        for isa in Isa::available() {
            let net = ResNet::with_isa(&weights, isa);
            let mut work = resnet::Workspace::default();
            let features = net.features(shape, &case.input(), &mut work);
            assert_eq!(features.len(), shape.batch * variant.features());
            case.check("output", features, TOLERANCE);
        }
    }
}

#[test]
fn vgg16_is_pytorchs() {
    let (case, weights) = (Case::new("vgg16"), vgg16());
    let shape = Batch::new(case.shape());
    for isa in Isa::available() {
        let net = Vgg16::with_isa(&weights, isa);
        let (mut work, mut seen) = (vgg16::Workspace::default(), Vec::new());
        let mut visit = |shape: Batch, map: &[f32]| {
            assert_eq!(map.len(), shape.len());
            seen.push((shape.height, shape.channels));
        };
        let (to, last) = net.features(shape, &case.input(), &mut work, &mut visit);
        assert_eq!(to.dims(), [1, 2, 3, 512]);
        case.check("output", last, TOLERANCE);
        assert_eq!(seen, [(64, 64), (32, 128), (16, 256), (8, 512), (4, 512)]);
    }
}

#[test]
fn classifiers_and_counters_are_left_out_and_the_rest_is_listed() {
    let read = |tensors| resnet::Weights::from_published(Variant::ResNet34, tensors);
    let mut file = tensors(read);
    let some = file.map["bn1.bias"].clone();
    file.map.insert("fc.weight".into(), some.clone());
    file.map
        .insert("bn1.num_batches_tracked".into(), some.clone());
    assert!(read(file.clone()).is_ok());
    file.map.remove("layer3.5.bn2.running_mean");
    file.map.insert("layer3.6.bn2.bias".into(), some);
    let text = read(file).unwrap_err().to_string();
    assert!(
        text.contains("layer3.5.bn2.running_mean is missing"),
        "{text}"
    );
    assert!(text.contains("layer3.6.bn2.bias is not expected"), "{text}");
}

/// After some runs on a shape nothing is allocated, not even a list of tasks.
#[test]
fn a_warm_network_allocates_nothing() {
    let weights = (resnet(Variant::ResNet50), vgg16());
    let nets = (ResNet::new(&weights.0), Vgg16::new(&weights.1));
    let shape = Batch::new([1, 64, 64, 3]);
    let pictures = vec![0.5; shape.len()];
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let mut work = (resnet::Workspace::default(), vgg16::Workspace::default());
            let mut run = || {
                nets.0.features(shape, &pictures, &mut work.0);
                nets.1
                    .features(shape, &pictures, &mut work.1, &mut |_, _| {});
            };
            (0..3).for_each(|_| run());
            // A thread's buffers grow when it first gets a layer's work, which may be late.
            let mut found = (0..8).map(|_| allocation_counter::measure(&mut run).count_total);
            assert!(found.any(|count| count == 0), "{threads} threads");
        });
    }
}

/// The same bits whatever the number of threads.
#[test]
fn threads_change_no_bit() {
    let net = ResNet::new(&resnet(Variant::ResNet34));
    let shape = Batch::new([2, 64, 64, 3]);
    let pictures = closed::values("input", shape.len());
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let mut work = resnet::Workspace::default();
        let run = || net.features(shape, &pictures, &mut work).to_vec();
        pool.build().unwrap().install(run)
    };
    let one = run(1);
    for threads in [2, 3, 16] {
        assert_eq!(one, run(threads), "{threads} threads");
    }
}
