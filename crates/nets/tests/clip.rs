//! CLIP's image towers against OpenCLIP, Hugging Face's transformers and timm; expected numbers:
//! peers/clip.py, versions inside the fixture.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod closed;

use affetti_nets::clip::Shape;
use affetti_nets::clip::resnet::{self, ClipResNet, Gradients, Maps, Scratch};
use affetti_nets::clip::vit::{self, ClipVit, Gate};
use affetti_nets::clip::weights::Tower;
use affetti_testkit::Values;
use affetti_weights::NetError;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use affetti_weights::torch_file;
use closed::{Case, closed_form, values};

/// The bar of the project: relative difference.
const TOLERANCE: f32 = 1e-4;
/// Where a value lies within rounding of a rectifier's kink, one side lets its gradient through and
/// the other does not.
const GRADIENT: f32 = 1e-3;
/// A small network, with all parts.
const SMALL: resnet::Shape = resnet::Shape {
    side: 64,
    width: 8,
    blocks: [2, 1, 1, 1],
    heads: 4,
    outputs: 24,
};

fn case(name: &str) -> Case {
    Case::of("clip.json", name)
}

/// The tensors of a shape from the closed formula.
fn filled(shape: Shape) -> Tensors {
    let fill = |(name, sizes): (String, Vec<usize>)| {
        let mut tensor = closed_form(&name, &sizes);
        // As in the peer: else no 32 bits hold the gradient.
        if name.starts_with("layer") && name.ends_with("bn3.weight") {
            tensor.data.iter_mut().for_each(|v| *v *= 0.3);
        }
        (name, tensor)
    };
    Tensors {
        map: shape.tensors().into_iter().map(fill).collect(),
        ..Tensors::default()
    }
}

fn resnet(shape: resnet::Shape) -> ClipResNet {
    ClipResNet::new(shape, filled(Shape::ResNet(shape))).unwrap()
}

/// Taps, embedding and input gradient of a network.
fn check(name: &str, shape: resnet::Shape) {
    let (case, net) = (case(name), resnet(shape));
    let batch = case.shape()[0];
    let mut maps = Maps::default();
    net.forward(batch, &case.input(), &mut maps);
    let names = ["tap0", "tap1", "tap2", "tap3", "tap4"];
    for (n, name) in names.into_iter().enumerate() {
        assert_eq!(maps.tap(n).len(), shape.tap(n, batch).len());
        case.check(name, maps.tap(n), TOLERANCE);
    }
    case.check("output", maps.embedding(), TOLERANCE);
    let [second, third] = [2, 3].map(|n| values(names[n], shape.tap(n, batch).len()));
    let embedding = values("output", batch * shape.outputs);
    let gradients = Gradients {
        taps: [None, None, Some(&second), Some(&third), None],
        embedding: Some(&embedding),
    };
    let mut scratch = Scratch::default();
    let gradient = net.backward(&maps, gradients, &mut scratch);
    if shape.blocks == resnet::Shape::RN101.blocks {
        // Of its fifteen million rectifiers some lie within rounding of their kink, and one that
        // opens late in the network moves many pixels: PyTorch with its norms folded is 4·10⁻³ off
        // PyTorch, and 3.5·10⁻³ for pictures that are 3·10⁻⁷ brighter.
        case.check_most("gradient", gradient, GRADIENT, 2e-2);
    } else {
        case.check("gradient", gradient, GRADIENT);
    }
}

#[test]
fn rn50_is_open_clips() {
    check("rn50", resnet::Shape::RN50);
}

#[test]
fn rn101_is_open_clips() {
    check("rn101", resnet::Shape::RN101);
}

#[test]
fn a_small_one_is_open_clips() {
    check("small", SMALL);
}

#[test]
fn vit_and_what_it_attends_to_are_open_clips() {
    // Four of the twelve blocks, as in the peer: all are alike.
    let shape = vit::Shape {
        layers: 4,
        ..vit::Shape::B32
    };
    for (name, gate) in [("vit-quick", Gate::Quick), ("vit-exact", Gate::Exact)] {
        let (case, tensors) = (case(name), filled(Shape::Vit(shape)));
        let net = ClipVit::new(shape, gate, tensors).unwrap();
        let seen = net.look(case.shape()[0], &case.input());
        case.check("output", &seen.embedding, TOLERANCE);
        assert_eq!(seen.attention.len(), 4);
        for (n, attention) in seen.attention.iter().enumerate() {
            case.check(&format!("attention{n}"), attention, TOLERANCE);
            for row in attention.chunks_exact(shape.tokens()) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }
}

/// Slope along random directions against central differences in the small network.
#[test]
fn gradients_are_finite_differences() {
    let net = resnet(SMALL);
    let mut random = Values::new(9);
    let (mut maps, mut scratch) = (Maps::default(), Scratch::default());
    // As pictures are: smooth. On noise every rectifier is at its kink.
    let picture: Vec<f32> = (0..64 * 64 * 3)
        .map(|i| ((i / 192) as f32 * 0.1).sin() + ((i % 192) as f32 * 0.05).cos())
        .collect();
    let sizes = [SMALL.tap(0, 1), SMALL.tap(1, 1), SMALL.tap(4, 1)].map(|s| s.len());
    let [stem, first, last] = sizes.map(|n| random.many(n));
    let embedding = random.many(24);
    let gradients = Gradients {
        taps: [Some(&stem), Some(&first), None, None, Some(&last)],
        embedding: Some(&embedding),
    };
    net.forward(1, &picture, &mut maps);
    let gradient = net.backward(&maps, gradients, &mut scratch).to_vec();
    let mut loss = |picture: &[f32]| {
        net.forward(1, picture, &mut maps);
        let dot = |a: &[f32], b: &[f32]| {
            let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
            products.sum::<f64>()
        };
        dot(maps.tap(0), &stem)
            + dot(maps.tap(1), &first)
            + dot(maps.tap(4), &last)
            + dot(maps.embedding(), &embedding)
    };
    let length: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
    let length = length.sqrt();
    let (mut worst, mut total) = (0.0_f64, 0);
    for _ in 0..20 {
        let direction: Vec<f32> = random.many(picture.len());
        let mut at = |step: f32| {
            let pairs = picture.iter().zip(&direction);
            loss(&pairs.map(|(p, d)| p + step * d).collect::<Vec<f32>>())
        };
        let mut difference = |step: f32| (at(step) - at(-step)) / f64::from(2.0 * step);
        let (coarse, fine) = (difference(1e-3), difference(5e-4));
        // Where two steps differ, rectifiers open or close in between.
        if (coarse - fine).abs() > 0.005 * length {
            continue;
        }
        let products = gradient.iter().zip(&direction);
        let slope: f64 = products.map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        worst = worst.max((slope - fine).abs() / length);
        total += 1;
    }
    println!("worst {worst:.4} of the gradient's length over {total}");
    assert!(total >= 8 && worst < 0.02, "{worst} over {total}");
}

fn embedding(name: &str, tower: Tower) {
    let case = case(name);
    let batch = case.shape()[0];
    let found = match tower.shape {
        Shape::ResNet(_) => {
            let (net, mut maps) = (tower.into_resnet().unwrap(), Maps::default());
            net.forward(batch, &case.input(), &mut maps);
            maps.embedding().to_vec()
        }
        Shape::Vit(_) => {
            let net = tower.into_vit().unwrap();
            net.look(batch, &case.input()).embedding
        }
    };
    case.check("output", &found, TOLERANCE);
}

/// Files as other programs name their tensors, read without being told what they hold.
#[test]
fn other_names_are_read() {
    for name in [
        "open_clip-resnet",
        "open_clip-vit",
        "transformers-vit",
        "timm-resnet",
    ] {
        let mut tensors = case(name).listed();
        tensors
            .map
            .retain(|name, _| !name.ends_with("num_batches_tracked"));
        let bytes = store::to_bytes(&tensors, |_| Precision::Full).unwrap();
        let tower = Tower::read(&bytes, name, None).unwrap();
        // Through a file of ours and back.
        let again = Tower::read(&tower.to_bytes().unwrap(), name, Some(tower.shape)).unwrap();
        assert_eq!(again.tensors.map, tower.tensors.map, "{name}");
        embedding(name, again);
    }
}

#[test]
fn what_does_not_fit_is_listed_by_the_files_names() {
    let problems = |tensors: &Tensors, shape: Option<Shape>| {
        let bytes = store::to_bytes(tensors, |_| Precision::Full).unwrap();
        match Tower::read(&bytes, "bad.safetensors", shape) {
            Err(NetError::Mismatch { problems, .. }) => problems,
            other => panic!("{other:?}"),
        }
    };
    let mut theirs = case("transformers-vit").listed();
    let bias = "vision_model.encoder.layers.1.self_attn.k_proj.bias";
    theirs.map.remove(bias).unwrap();
    let extra = closed_form("x", &[2]);
    theirs
        .map
        .insert("vision_model.extra".into(), extra.clone());
    theirs
        .map
        .insert("vision_model.post_layernorm.bias".into(), extra);
    let found = problems(&theirs, None);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&format!("{bias} is missing")));
    assert!(found.contains(&"vision_model.extra is not expected".to_owned()));
    assert!(
        found
            .iter()
            .any(|p| p.starts_with("vision_model.post_layernorm.bias has shape [2]"))
    );
    // Of another size than the model that it is said to be.
    let found = problems(
        &case("open_clip-resnet").listed(),
        Shape::of_model("clip-rn101"),
    );
    assert!(found.len() > 100 && found.iter().all(|p| p.starts_with("visual.")));

    let bytes = store::to_bytes(&Tensors::default(), |_| Precision::Full).unwrap();
    let none = Tower::read(&bytes, "none.safetensors", None).unwrap_err();
    assert!(none.to_string().contains("no image tower"), "{none}");
}

#[test]
fn halves_stay_halves_and_the_gate_is_kept() {
    let shape = vit::Shape {
        side: 32,
        patch: 16,
        width: 64,
        heads: 1,
        layers: 1,
        outputs: 8,
    };
    let mut tensors = filled(Shape::Vit(shape));
    let full = Tower {
        shape: Shape::Vit(shape),
        gate: Gate::Exact,
        tensors: tensors.clone(),
    };
    let full = full.to_bytes().unwrap();
    for tensor in tensors.map.values_mut() {
        tensor
            .data
            .iter_mut()
            .for_each(|v| *v = (*v * 64.0).round() / 64.0);
    }
    let half = Tower {
        shape: Shape::Vit(shape),
        gate: Gate::Quick,
        tensors,
    };
    let half = half.to_bytes().unwrap();
    assert!(
        half.len() < full.len() * 6 / 10,
        "{} {}",
        half.len(),
        full.len()
    );
    let gate = |bytes: &[u8]| Tower::read(bytes, "a", None).unwrap().gate;
    assert_eq!((gate(&full), gate(&half)), (Gate::Exact, Gate::Quick));
}

const SCRIPT: &[u8] = include_bytes!("fixtures/script.pt");

#[test]
fn torchscript_is_read_without_running_it() {
    let found = torch_file::read(SCRIPT, "script.pt").unwrap();
    let names: Vec<&str> = found.map.keys().map(String::as_str).collect();
    let expected = [
        "input_resolution",
        "logit_scale",
        "visual.bn1.bias",
        "visual.bn1.num_batches_tracked",
        "visual.bn1.running_mean",
        "visual.bn1.running_var",
        "visual.bn1.weight",
        "visual.conv1.weight",
        "visual.layer1.0.bias",
        "visual.layer1.0.weight",
    ];
    assert_eq!(names, expected);
    assert_eq!(found.map["input_resolution"].data, [224.0]);
    let variance = "visual.bn1.running_var";
    // Names of the peer are those of the module before it was put into another.
    assert_eq!(found.map[variance], closed_form(variance, &[2]));
    let weight = &found.map["visual.conv1.weight"];
    let whole = closed_form("visual.conv1.weight", &[2, 3, 2, 2]);
    assert_eq!(weight.shape, whole.shape);
    for (half, whole) in weight.data.iter().zip(&whole.data) {
        // Half precision has eleven bits.
        assert!((half - whole).abs() <= whole.abs() / 2048.0 && half != whole);
    }
    let none = Tower::read(SCRIPT, "script.pt", None).unwrap_err();
    assert!(none.to_string().contains("script.pt"), "{none}");
}

#[test]
fn damaged_torchscript_is_refused_and_never_panics() {
    for length in 0..SCRIPT.len() {
        assert!(torch_file::read(&SCRIPT[..length], "cut.pt").is_err());
    }
    for at in 0..SCRIPT.len() {
        for value in [0, 0x7f, 0xff] {
            let mut bytes = SCRIPT.to_vec();
            bytes[at] = value;
            drop(torch_file::read(&bytes, "bad.pt"));
        }
    }
}
