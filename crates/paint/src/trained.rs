//! What trained layers paint is what inference paints from their weights.

use crate::artgan::{self, ArtGan, Label};
use crate::cgan::{self, Cgan, Statistics};
use crate::generator::Seedling;
use crate::painter::{self, Painter, Shape};
use crate::repertoire::{FEELING, Feeling, Repertoire, Sentiment};
use affetti_picture::Picture;
use affetti_testkit::uniform;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

fn numbers(name: &str, count: usize) -> Vec<f32> {
    uniform(name, count).into_iter().map(|x| x as f32).collect()
}

fn tensor(values: &[f32], width: usize, device: &Device) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [values.len() / width, width]);
    Tensor::from_data(data, device)
}

/// At most one level of gray apart, and not all the same.
fn same(painted: &[Picture], forward: Tensor<4>) {
    let values: Vec<f32> = forward.into_data().iter::<f32>().collect();
    let pixels: Vec<u8> = painted.iter().flat_map(|p| p.pixels().to_vec()).collect();
    assert_eq!(pixels.len(), values.len());
    let (mut least, mut most) = (255, 0);
    for (pixel, value) in pixels.iter().zip(values) {
        (least, most) = (least.min(*pixel), most.max(*pixel));
        let wanted = value * 127.5 + 127.5;
        assert!(
            (f32::from(*pixel) - wanted).abs() <= 1.0,
            "{pixel} {wanted}"
        );
    }
    assert!(most > least + 10, "{least} {most}");
}

/// Steps of training bring the running moments from where they begin to what the weights make of them; until
/// then small weights paint nothing but gray.
fn settle(step: &dyn Fn()) {
    (0..40).for_each(|_| step());
}

fn repertoire() -> Repertoire {
    let names = |all: [&str; 2]| all.map(str::to_owned).to_vec();
    let classes = [(0, 0), (1, 0), (1, 1)];
    let feelings: Vec<[f64; FEELING]> = (0..3)
        .map(|n| std::array::from_fn(|k| (n * k) as f64 / 3.0 - 1.0))
        .collect();
    Repertoire::of(
        (names(["landscape", "portrait"]), names(["Cubism", "other"])),
        &classes,
        &feelings,
    )
}

#[test]
fn the_painter() {
    let shape = Shape {
        noise: 8,
        mixed: 12,
        channels: vec![16, 12, 8],
    };
    let repertoire = repertoire();
    let device = Device::flex().autodiff();
    let width = repertoire.width();
    let layers = painter::layers::PainterLayers::init((&shape, width), false, 3, &device);
    let noise = numbers("noise", 2 * 8);
    let condition = numbers("condition", 2 * width);
    // A step of training moves the running moments away from where they begin.
    for early in [true, false] {
        let _ = layers.forward(
            tensor(&noise, 8, &device),
            tensor(&condition, width, &device),
            early,
        );
    }
    let valid = layers.valid();
    let plain = Device::flex();
    let wanted = valid.forward(
        tensor(&noise, 8, &plain),
        tensor(&condition, width, &plain),
        false,
    );
    let mut weights = valid.weights();
    repertoire.write(&mut weights);
    weights.note = painter::note(&shape, &repertoire);
    let painter = Painter::new(weights).unwrap();
    assert_eq!(painter.repertoire(), &repertoire);
    let pairs = noise.chunks_exact(8).zip(condition.chunks_exact(width));
    let seedlings: Vec<Seedling> = pairs
        .map(|(noise, condition)| Seedling {
            noise: noise.to_vec(),
            condition: condition.to_vec(),
        })
        .collect();
    same(&painter.paint(&seedlings), wanted);
}

#[test]
fn cgan() {
    let device = Device::flex().autodiff();
    let generator = cgan::layers::Generator::init(3, &device);
    let inputs = numbers("inputs", 4 * 103);
    settle(&|| drop(generator.forward(tensor(&inputs, 103, &device))));
    let valid = generator.valid();
    let wanted = valid.forward(tensor(&inputs, 103, &Device::flex()));
    let mut weights = valid.weights();
    weights.note = cgan::note("landscape");
    let cgan = Cgan::new(weights).unwrap();
    assert_eq!(cgan.subject(), "landscape");
    let rows: Vec<Vec<f32>> = inputs.chunks_exact(103).map(<[f32]>::to_vec).collect();
    same(&cgan.paint(&rows, Statistics::Running), wanted);
}

#[test]
fn artgan() {
    let device = Device::flex().autodiff();
    let generator = artgan::layers::Generator::init(3, 5, &device);
    let inputs = numbers("inputs", 2 * 103);
    settle(&|| drop(generator.forward(tensor(&inputs, 103, &device))));
    let valid = generator.valid();
    let wanted = valid.forward(tensor(&inputs, 103, &Device::flex()));
    let label = Label {
        name: "style".to_owned(),
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
    };
    let mut weights = valid.weights();
    weights.note = artgan::note(&[label], &[(vec![0], 4), (vec![2], 1)]);
    let artgan = ArtGan::new(weights).unwrap();
    assert_eq!(artgan.combinations().len(), 2);
    let rows: Vec<Vec<f32>> = inputs.chunks_exact(103).map(<[f32]>::to_vec).collect();
    same(&artgan.paint(&rows), wanted);
}

#[test]
fn wishes_find_the_paintings_that_come_nearest() {
    let all = repertoire();
    let balances: Vec<f64> = all.rows.iter().map(|row| all.balance(row)).collect();
    let most = balances.iter().fold(f64::MIN, |m, b| m.max(*b));
    let positive = Feeling::Sentiment(Sentiment::Positive);
    let found = all.nearest(None, None, positive, 1).unwrap();
    assert!((all.balance(found[0]) - most).abs() < 1e-9, "{balances:?}");
    assert_eq!(
        all.nearest(Some(1), None, Feeling::Any, 60).unwrap().len(),
        2
    );
    let told = all.nearest(Some(0), Some(1), Feeling::Any, 60).unwrap_err();
    assert!(
        told.to_string().contains("both landscape and other"),
        "{told}"
    );
    let valence = all.affect(&all.rows[1])[0];
    let feeling = Feeling::Affect {
        valence: Some(valence),
        arousal: None,
    };
    let found = all.nearest(None, None, feeling, 1).unwrap();
    assert!((all.affect(found[0])[0] - valence).abs() < 1e-6);
}
