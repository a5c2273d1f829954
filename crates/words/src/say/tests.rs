//! The decoder word by word against its twin, which says all words at once; and what a speaker may say.

use super::decoder::{Context, Decoder, EMOTIONS, Shape, Voice};
use super::decoder_layers::{DecoderLayers, Told};
use super::speaker::{About, Judges, SayOptions, Sizes, Speaker};
use crate::encoder::lstm_layers::flatten;
use crate::sight::{CELL, GRID, Lens, Sight};
use crate::text::vocabulary::{BEGIN, SPECIAL};
use affetti_emotion::Emotion;
use affetti_testkit::closed_form;
use affetti_train::values;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::tensor::{Device, Tensor, TensorData};

const SMALL: Shape = Shape {
    words: 24,
    places: 9,
    width: 12,
    heads: 3,
    layers: 2,
    wide: 20,
    whole: 5,
    cell: 4,
};

fn layers(device: &Device) -> DecoderLayers {
    DecoderLayers::new(SMALL, closed_form("bias", &[SMALL.words]), 4, device)
}

fn stored(layers: &DecoderLayers) -> Tensors {
    let mut tensors = values(layers);
    let names: Vec<String> = tensors.map.keys().cloned().collect();
    names.iter().for_each(|name| flatten(&mut tensors, name));
    tensors
}

#[test]
fn word_by_word_is_all_at_once() {
    let device = Device::flex();
    let twin = layers(&device);
    let mut taker = stored(&twin).take_for("a test");
    let decoder = Decoder::take(SMALL, &mut taker).expect("sound");
    taker.finish().expect("nothing is left");
    let contexts = [Some(2), None].map(|emotion| Context {
        emotion,
        whole: closed_form("whole", &[SMALL.whole]),
        cells: closed_form("cells", &[GRID * GRID * SMALL.cell]),
    });
    let sentences = [[BEGIN, 7, 9, 23], [BEGIN, 11, 4, 7]];
    let data = |values: Vec<f32>, shape: Vec<usize>| TensorData::new(values, shape);
    let ids = |values: Vec<i64>, shape: Vec<usize>| TensorData::new(values, shape);
    let words = sentences.concat().into_iter().map(i64::from).collect();
    let told = Told {
        emotions: Tensor::from_data(ids(vec![2, EMOTIONS as i64 - 1], vec![2]), &device),
        whole: Tensor::from_data(
            data(
                contexts.iter().flat_map(|c| c.whole.clone()).collect(),
                vec![2, SMALL.whole],
            ),
            &device,
        ),
        cells: Tensor::from_data(
            data(
                contexts.iter().flat_map(|c| c.cells.clone()).collect(),
                vec![2, GRID * GRID, SMALL.cell],
            ),
            &device,
        ),
        words: Tensor::from_data(ids(words, vec![2, 4]), &device),
    };
    let expected: Vec<f32> = twin
        .forward(told, &mut |x| x)
        .into_data()
        .iter::<f32>()
        .collect();
    let mut streams = contexts.map(|context| decoder.begin(&context));
    for place in 0..4 {
        let found = decoder.say(&mut streams, &[sentences[0][place], sentences[1][place]]);
        for (stream, found) in found.chunks_exact(SMALL.words).enumerate() {
            let row = &expected[(stream * 4 + place) * SMALL.words..][..SMALL.words];
            for (a, b) in found.iter().zip(row) {
                assert!((a - b).abs() < 1e-4, "{stream} {place}: {a} {b}");
            }
        }
        // What a word looks at are parts of one; the emotion, the picture and words have the rest.
        for stream in &streams {
            let looked: f32 = Decoder::looked(stream).iter().sum();
            assert!(looked > 0.0 && looked < 1.0, "{looked}");
        }
    }
}

fn speaker() -> Speaker {
    let device = Device::flex();
    let mut tensors = stored(&layers(&device));
    let lens = |name: &str, outputs: usize| Lens {
        mean: closed_form(name, &[CELL]),
        directions: closed_form(&format!("{name}.weight"), &[outputs, CELL]),
    };
    tensors.map.extend(Speaker::lenses(
        &lens("w", SMALL.whole),
        &lens("c", SMALL.cell),
    ));
    let about = About {
        shape: Sizes::Transformer(SMALL),
        words: (SPECIAL.len()..SMALL.words)
            .map(|n| {
                if n == 5 {
                    "and".into()
                } else {
                    format!("w{n}")
                }
            })
            .collect(),
        features: [CELL, CELL],
    };
    tensors.note = serde_json::to_string(&about).expect("JSON");
    let bytes = store::to_bytes(&tensors, |_| Precision::Full).expect("finite");
    Speaker::from_bytes(&bytes, "a test").expect("fits")
}

fn sight() -> Sight {
    Sight {
        cells: closed_form("s", &[GRID * GRID * CELL]),
        pooled: closed_form("p", &[2 * CELL]),
    }
}

#[test]
fn no_pair_twice_no_unknown_word_and_never_too_long() {
    let options = SayOptions {
        count: 60,
        candidates: 60,
        temperature: 2.0,
        nucleus: 1.0,
        ..SayOptions::default()
    };
    let said = speaker()
        .say(&sight(), Some(Emotion::Awe), &options, Judges::default())
        .expect("said");
    assert!(said.len() > 20, "{}", said.len());
    for said in &said {
        let words = &said.words;
        assert!((3..=SMALL.places - 1).contains(&words.len()), "{words:?}");
        assert_eq!(words.len(), said.looked.len());
        assert!(words.iter().all(|word| !word.starts_with('<')), "{words:?}");
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "{words:?}");
        let pairs: Vec<&[String]> = words.windows(2).collect();
        let different: std::collections::HashSet<_> = pairs.iter().collect();
        assert_eq!(different.len(), pairs.len(), "{words:?}");
        let and = |three: &[String]| three[1] == "and" && three[0] == three[2];
        assert!(!words.windows(3).any(and), "{words:?}");
    }
}

#[test]
fn a_seed_says_the_same_and_more_candidates_leave_the_first_as_they_are() {
    let speaker = speaker();
    let say = |candidates: usize, seed: u64| {
        let options = SayOptions {
            count: candidates,
            candidates,
            seed,
            ..SayOptions::default()
        };
        let said = speaker
            .say(&sight(), None, &options, Judges::default())
            .expect("said");
        said.into_iter().map(|said| said.text).collect::<Vec<_>>()
    };
    let few = say(4, 1);
    assert_eq!(few, say(4, 1));
    assert_ne!(few, say(4, 2));
    let many = say(8, 1);
    assert!(few.iter().all(|text| many.contains(text)));
}

#[test]
fn the_sight_of_another_predictor_is_refused() {
    let mut other = sight();
    other.pooled.truncate(7);
    let options = SayOptions::default();
    let told = speaker()
        .say(&other, None, &options, Judges::default())
        .expect_err("unfit");
    assert!(told.to_string().contains("another predictor"), "{told}");
}

mod attending {
    use super::super::attend::{Attend, Shape};
    use super::super::attend_layers::AttendLayers;
    use super::super::decoder_layers::Voiced;
    use super::*;

    const GROUNDED: Shape = Shape {
        words: 24,
        places: 9,
        vector: 5,
        width: 6,
        attention: 7,
        cell: 4,
        emotion: 9,
    };

    #[test]
    fn attending_word_by_word_is_all_at_once() {
        for shape in [
            GROUNDED,
            Shape {
                emotion: 0,
                ..GROUNDED
            },
        ] {
            let device = Device::flex();
            let twin = AttendLayers::new(shape, closed_form("bias", &[shape.words]), 4, &device);
            let mut tensors = values(&twin);
            let names: Vec<String> = tensors.map.keys().cloned().collect();
            names.iter().for_each(|name| flatten(&mut tensors, name));
            let mut taker = tensors.take_for("a test");
            let attend = Attend::take(shape, &mut taker).expect("sound");
            taker.finish().expect("nothing is left");
            let cells = closed_form("cells", &[GRID * GRID * shape.cell]);
            let context = Context {
                emotion: Some(3),
                whole: vec![0.0],
                cells: cells.clone(),
            };
            let sentence = [BEGIN, 7, 9, 23];
            let ids = sentence.map(i64::from).to_vec();
            let told = Told {
                emotions: Tensor::from_data(TensorData::new(vec![3_i64], [1]), &device),
                whole: Tensor::zeros([1, 1], &device),
                cells: Tensor::from_data(
                    TensorData::new(cells, [1, GRID * GRID, shape.cell]),
                    &device,
                ),
                words: Tensor::from_data(TensorData::new(ids, [1, 4]), &device),
            };
            let spoken = twin.values(told, &mut |x| x);
            let expected: Vec<f32> = spoken.values.into_data().iter::<f32>().collect();
            let mut streams = [attend.begin(&context)];
            for (word, expected) in sentence.iter().zip(expected.chunks_exact(shape.words)) {
                let found = attend.say(&mut streams, &[*word]);
                for (a, b) in found.iter().zip(expected) {
                    assert!((a - b).abs() < 1e-5, "{a} {b}");
                }
                let looked: f32 = Attend::looked(&streams[0]).iter().sum();
                assert!((looked - 1.0).abs() < 1e-5, "{looked}");
            }
            let uneven: f32 = spoken.besides.expect("a penalty").into_scalar();
            assert!(uneven > 0.0);
        }
    }
}

#[test]
fn beams_are_few_different_and_the_same_again() {
    let speaker = speaker();
    let options = SayOptions {
        count: 4,
        beams: 4,
        temperature: 1.0,
        ..SayOptions::default()
    };
    let say = || {
        speaker
            .say(&sight(), Some(Emotion::Fear), &options, Judges::default())
            .expect("said")
    };
    let said = say();
    assert!((1..=4).contains(&said.len()), "{}", said.len());
    assert_eq!(said, say());
    // The likeliest of many draws is no likelier than what beams find, but for their narrowness.
    let drawn = SayOptions {
        count: 40,
        candidates: 40,
        beams: 0,
        ..options
    };
    let drawn = speaker
        .say(&sight(), Some(Emotion::Fear), &drawn, Judges::default())
        .expect("said");
    let mean = drawn.iter().map(|said| said.likelihood).sum::<f64>() / drawn.len() as f64;
    assert!(said[0].likelihood > mean, "{} {mean}", said[0].likelihood);
}
