//! The embedded predictor on real pictures.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_data::{Limits, Split, oasis};
use affetti_emotion::metrics::pearson;
use affetti_emotion::{Emotion, Sentiment};
use affetti_feel::{EMBEDDED, FeelError, Model, ModelId, Prediction, Predictor, Scratch};
use affetti_nets::device::Device;
use affetti_picture::{DecodeOptions, Picture, read};
use affetti_testkit::{data, workspace};
use affetti_weights::registry;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;

fn predictor() -> Predictor {
    Predictor::embedded(&Device::Cpu).unwrap()
}

fn painting(name: &str) -> Picture {
    let path = workspace().join("gallery").join(name);
    read(&path, &DecodeOptions::default()).unwrap()
}

fn feel(predictor: &Predictor, picture: &Picture, threads: usize) -> Prediction {
    predictor
        .predict(picture, &mut Scratch::default(), threads)
        .unwrap()
}

fn negative(prediction: &Prediction) -> f64 {
    prediction.emotions.polarity().get(Sentiment::Negative)
}

#[test]
fn the_weights_are_those_of_the_card() {
    registry::verify(&registry::card(EMBEDDED).unwrap()).unwrap();
}

#[test]
fn the_same_picture_feels_the_same_to_the_bit() {
    let predictor = predictor();
    let picture = painting("the-harvesters.jpg");
    let mut scratch = Scratch::default();
    let first = predictor.predict(&picture, &mut scratch, 1).unwrap();
    // Another picture in between leaves nothing behind in the buffers.
    let _ = predictor.predict(&painting("whalers.jpg"), &mut scratch, 1);
    for threads in [1, 2, 3] {
        let again = predictor.predict(&picture, &mut scratch, threads).unwrap();
        assert_eq!(first, again);
    }
}

#[test]
fn a_mirror_changes_little() {
    let predictor = predictor();
    for name in ["view-of-toledo.jpg", "self-portrait.jpg"] {
        let picture = painting(name);
        let one = feel(&predictor, &picture, 1);
        let other = feel(&predictor, &picture.flip_horizontal(), 1);
        for emotion in [Emotion::Awe, Emotion::Fear, Emotion::Sadness] {
            let off = (one.emotions.get(emotion) - other.emotions.get(emotion)).abs();
            assert!(off < 0.02, "{name} {emotion}: {off}");
        }
    }
}

/// Which of two famous paintings is the darker one is no matter of taste.
#[test]
fn the_gallery_is_told_apart() {
    let predictor = predictor();
    let of = |name: &str| feel(&predictor, &painting(name), 2);
    let samson = of("samson-captured-by-the-philistines.jpg");
    let venus = of("venus-and-cupid.jpg");
    let field = of("wheat-field-with-cypresses.jpg");
    let rembrandt = of("self-portrait.jpg");
    assert!(negative(&samson) > 1.5 * negative(&venus));
    assert!(negative(&rembrandt) > 1.5 * negative(&field));
    assert!(field.valence > rembrandt.valence + 0.5);
    let sadness = |p: &Prediction| p.emotions.get(Emotion::Sadness);
    assert!(sadness(&rembrandt) > 2.0 * sadness(&field));
}

#[test]
fn intervals_hold_the_value_and_stay_on_the_scale() {
    let predictor = predictor();
    for pixels in [[0_u8; 3], [255; 3], [200, 30, 20]] {
        let flat = Picture::new(9, 7, pixels.repeat(63)).unwrap();
        let prediction = feel(&predictor, &flat, 1);
        for (value, [low, high]) in [
            (prediction.valence, prediction.interval.valence),
            (prediction.arousal, prediction.interval.arousal),
        ] {
            assert!(1.0 <= low && low < value && value < high && high <= 7.0);
        }
    }
}

/// Paintings are nothing new; a blank page and a chart are.
#[test]
fn what_is_no_picture_is_unlike_anything_seen() {
    let predictor = predictor();
    for name in ["the-horse-fair.jpg", "whalers.jpg", "venus-and-cupid.jpg"] {
        let novelty = feel(&predictor, &painting(name), 2).novelty.unwrap();
        assert!(novelty < 0.9, "{name}: {novelty}");
    }
    let side = 300;
    let page = |ink: &dyn Fn(usize, usize) -> bool| {
        let dot = |n: usize| if ink(n % side, n / side) { 0 } else { 255 };
        let pixels = (0..side * side).flat_map(|n| [dot(n); 3]).collect();
        Picture::new(side as u32, side as u32, pixels).unwrap()
    };
    let bars = |x: usize, y: usize| x % 60 > 20 && x > 30 && (y > 280 - x * 53 % 240 && y < 285);
    for page in [page(&|_, _| false), page(&bars)] {
        let novelty = feel(&predictor, &page, 2).novelty.unwrap();
        assert!(novelty >= 1.0, "{novelty}");
    }
}

#[test]
fn a_model_survives_its_file() {
    let predictor = predictor();
    let bytes = predictor.weights().to_bytes().unwrap();
    let id = ModelId {
        name: "again".into(),
        sha256: String::new(),
    };
    let again = Model::from_bytes(&bytes, "again").unwrap();
    let again = Predictor::new(id, again, &Device::Cpu).unwrap();
    let picture = painting("the-horse-fair.jpg");
    let (one, other) = (feel(&predictor, &picture, 1), feel(&again, &picture, 1));
    assert!((one.valence - other.valence).abs() < 1e-3);
    assert!((one.novelty.unwrap() - other.novelty.unwrap()).abs() < 1e-3);
    let ends = |p: &Prediction| [p.interval.valence, p.interval.arousal].concat();
    for (a, b) in ends(&one).iter().zip(ends(&other)) {
        assert!((a - b).abs() < 1e-3);
    }
    let pairs = one.emotions.as_slice().iter();
    for (a, b) in pairs.zip(other.emotions.as_slice()) {
        assert!((a - b).abs() < 1e-3);
    }
    for cut in [0, 7, bytes.len() / 2, bytes.len() - 1] {
        assert!(Model::from_bytes(&bytes[..cut], "cut").is_err(), "{cut}");
    }
}

/// A file that contradicts itself is refused, whatever part of it is wrong.
#[test]
fn a_model_that_does_not_fit_itself_is_refused() {
    let bytes = predictor().weights().to_bytes().unwrap();
    let good = store::from_bytes(&bytes, "good").unwrap();
    let read = |tensors: &Tensors| {
        let bytes = store::to_bytes(tensors, |_| Precision::Full).unwrap();
        Model::from_bytes(&bytes, "changed").map(drop)
    };
    assert!(read(&good).is_ok());
    let settings = |from: &str, to: &str| {
        let mut changed = good.clone();
        changed.note = good.note.replacen(from, to, 1);
        assert_ne!(changed.note, good.note, "{from}");
        changed
    };
    let tensor = |name: &str, shape: &[usize]| {
        let mut changed = good.clone();
        let tensor = changed.map.get_mut(name).unwrap();
        tensor.shape = shape.to_vec();
        tensor.data.resize(shape.iter().product(), 0.0);
        changed
    };
    let without = |name: &str| {
        let mut changed = good.clone();
        changed.map.remove(name).unwrap();
        changed
    };
    let pooled = "\"pooled\":{\"emotions\":0.2";
    let color = "\"color\":{\"emotions\":0.1";
    let precision = "\"precision\":\"byte\"";
    let value = |name: &str, place: usize, value: f32| {
        let mut changed = good.clone();
        changed.map.get_mut(name).unwrap().data[place] = value;
        changed
    };
    let cases = [
        value("affect.kin.rest", 1, -0.1),
        value("affect.kin.rest", 1, 1.5),
        value("affect.kin.rest", 2, 1e6),
        value("novelty.limits", 0, 0.0),
        value("novelty.variance", 2, -1.0),
        settings(pooled, "\"pooled\":{\"emotions\":0.0"),
        settings(color, "\"color\":{\"emotions\":0.0"),
        settings(precision, "\"precision\":\"byte\",\"side\":4294967295"),
        settings("\"art-1\"", "\"art-9\""),
        tensor("emotions.basis.directions", &[1 << 15, 0]),
        tensor("affect.basis.directions", &[0, 5552]),
        tensor("affect.basis.mean", &[5551]),
        tensor("affect.support", &[612, 192]),
        tensor("emotions.weight", &[9, 200]),
        tensor("affect.kin", &[7]),
        tensor("novelty.basis.directions", &[0, 1712]),
        tensor("novelty.variance", &[3]),
        without("affect.kin.rest"),
        without("novelty.basis.mean"),
        without("affect.basis.factor"),
        without("emotions.basis.directions"),
    ];
    for (i, case) in cases.iter().enumerate() {
        let error = read(case).expect_err(&format!("case {i}"));
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

/// Words that nobody knows are told with those that are known; the others are written as they were read.
#[test]
fn settings_in_a_file_are_words_that_are_known() {
    let card = registry::card(EMBEDDED).unwrap();
    let published = store::from_bytes(&registry::weights(&card).unwrap(), "published").unwrap();
    let bytes = predictor().weights().to_bytes().unwrap();
    let good = store::from_bytes(&bytes, "good").unwrap();
    assert_eq!(good.note, published.note);
    for (word, other, known) in [
        ("\"bicubic\"", "\"bicubical\"", "`mitchell`"),
        ("\"byte\"", "\"tiny\"", "`full`, `half`, `byte`"),
        ("\"crop-flip\"", "\"corner\"", "`crop-flip`"),
        (
            "\"network\":\"efficientnet-lite0\"",
            "\"network\":\"vgg16\"",
            "`efficientnet-lite0`",
        ),
        (
            "\"name\":\"efficientnet-lite2\"",
            "\"name\":\"art-2\"",
            "clip-rn101, or weights of our own",
        ),
    ] {
        let mut changed = good.clone();
        changed.note = good.note.replacen(word, other, 1);
        assert_ne!(changed.note, good.note, "{word}");
        let bytes = store::to_bytes(&changed, |_| Precision::Full).unwrap();
        let told = Model::from_bytes(&bytes, "changed")
            .unwrap_err()
            .to_string();
        assert!(told.contains(known) && !told.contains('\n'), "{told}");
    }
}

#[test]
fn features_of_another_length_are_refused() {
    let error = predictor().predict_features(&[0.5; 3]).unwrap_err();
    assert!(matches!(error, FeelError::Unfit { .. }), "{error}");
}

/// Far below the card's figure, so that it fails only where something is broken.
#[test]
fn photographs_of_the_test_split_are_rated_as_people_do() {
    let Some(folder) = data("oasis") else { return };
    let table = oasis::read(&folder.join("oasis.csv"), &Limits::default()).unwrap();
    let test = table.rows.into_iter().filter(|p| p.split == Split::Test);
    let predictor = predictor();
    let mut scratch = Scratch::default();
    let (mut human, mut ours) = (Vec::new(), Vec::new());
    for photo in test {
        let picture = read(&photo.file, &DecodeOptions::default()).unwrap();
        let prediction = predictor.predict(&picture, &mut scratch, 2).unwrap();
        human.push([photo.valence.mean, photo.arousal.mean]);
        ours.push([prediction.valence, prediction.arousal]);
    }
    for i in 0..2 {
        let column = |rows: &[[f64; 2]]| rows.iter().map(|r| r[i]).collect::<Vec<_>>();
        let r = pearson(&column(&human), &column(&ours)).unwrap();
        assert!(r > 0.5, "r = {r}");
    }
}
