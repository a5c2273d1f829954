//! The parts that need no published weights: reading, crops, names.

use super::{Art, Config, Labels, Painted, PaintingSet, folded, load};
use affetti_data::Split;
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_picture::Picture;
#[cfg(feature = "weights")]
use affetti_train::values;
use burn::tensor::Device;
use std::path::Path;

const HEADER: &str = "id,file,artist,title,year,style,genre,artemis_key,captions,dvisa_emotion,\
                      dvisa_vad,width,height,stretched,source,group,split";

/// A folder with the tar and the table of `set`: `(id, style, artist, split)`; `broken` is no picture.
fn replica(folder: &Path, set: &str, rows: &[(&str, &str, &str, &str)], broken: &str) {
    let paintings = folder.join("paintings");
    std::fs::create_dir_all(&paintings).expect("writable");
    let mut table = HEADER.to_owned() + "\n";
    let file = std::fs::File::create(paintings.join(format!("{set}.tar"))).expect("writable");
    let mut tar = tar::Builder::new(file);
    for (id, style, artist, split) in rows {
        table += &format!(
            "{id},{id}.webp,{artist},The Storm (at sea) The,,{style},,,0,,,20,10,0,s,{id},{split}\n"
        );
        let picture = Picture::new(20, 10, vec![90; 600]).expect("sizes fit");
        let bytes = if *id == broken {
            b"no picture".to_vec()
        } else {
            picture.encode_png()
        };
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{id}.webp"), &bytes[..])
            .expect("writable");
    }
    tar.finish().expect("writable");
    std::fs::write(paintings.join(format!("{set}.csv")), table).expect("writable");
}

#[test]
fn test_paintings_and_rare_classes_stay_out() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let rows = [
        ("a1", "Baroque", "rembrandt", "train"),
        ("a2", "Baroque", "rembrandt", "train"),
        ("a3", "Realism", "courbet", "train"),
        ("a4", "Baroque", "", "val"),
        ("a5", "Cubism", "picasso", "test"),
        ("a6", "Baroque", "rembrandt", "train"),
    ];
    replica(folder.path(), "wikiart-128", &rows, "a6");
    let (painted, labels, unreadable) =
        load(folder.path(), &[PaintingSet::Wikiart], 2).expect("reads");
    // a5 is a test painting, a6 no picture.
    assert_eq!((painted.len(), unreadable), (4, 1));
    let names = |n: usize| labels.0[n].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        [names(0), names(1), names(2), names(3)],
        [
            vec!["Baroque"],
            vec![],
            vec!["rembrandt"],
            vec!["sea", "storm"]
        ]
    );
    let classes: Vec<_> = painted.iter().map(|p| p.classes.clone()).collect();
    let both = [vec![0], vec![], vec![0], vec![0, 1]];
    let words = [vec![], vec![], vec![], vec![0, 1]];
    let baroque = [vec![0], vec![], vec![], vec![0, 1]];
    assert_eq!(classes, [both.clone(), both, words, baroque]);
}

#[test]
fn of_several_sets_each_painting_is_seen_once_and_a_test_painting_of_one_in_none() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let first = [
        ("a1", "Baroque", "", "train"),
        ("a2", "Baroque", "", "train"),
        ("a3", "Cubism", "", "val"),
    ];
    let second = [
        ("a1", "Baroque", "", "train"),
        ("a2", "Baroque", "", "test"),
        ("b1", "Cubism", "", "train"),
        ("b2", "Cubism", "", "train"),
    ];
    replica(folder.path(), "wikiart-128", &first, "");
    replica(folder.path(), "votes-224", &second, "");
    let sets = [PaintingSet::Wikiart, PaintingSet::Votes];
    let (painted, labels, unreadable) = load(folder.path(), &sets, 2).expect("reads");
    // a1 once; a2 is tested on in the second set.
    assert_eq!(unreadable, 0);
    assert_eq!(labels.0[0], ["Cubism"]);
    let styles: Vec<_> = painted
        .iter()
        .map(|p| (p.split, p.classes[0].clone()))
        .collect();
    let cubist = |split| (split, vec![0]);
    assert_eq!(
        styles,
        [
            (Split::Train, vec![]),
            cubist(Split::Val),
            cubist(Split::Train),
            cubist(Split::Train)
        ]
    );
}

fn config() -> Config {
    let path = affetti_testkit::workspace().join("configs/art-1.toml");
    Config::read(&path, |_| ()).expect("the config of the repository is good")
}

#[test]
fn crops_stay_inside_and_differ() {
    // Columns count up: a crop shows which part it took.
    let pixels = (0..40)
        .flat_map(|_| (0..60).flat_map(|x| [x * 4; 3]))
        .collect();
    let painted = Painted {
        picture: Picture::new(60, 40, pixels).expect("sizes fit"),
        split: Split::Train,
        classes: Default::default(),
    };
    let art = Art {
        config: config(),
        unreadable: 0,
        labels: Labels::default(),
        learn: Vec::new(),
        measure: Vec::new(),
    };
    let views: Vec<Vec<f32>> = (0..50)
        .map(|row| art.view(&painted, &[1, 0, 0, row]))
        .collect();
    let side = art.config.own.side as usize;
    for view in &views {
        assert_eq!(view.len(), side * side * 3);
        assert!(view.iter().all(|v| (-1.0..=1.01).contains(v)));
    }
    assert_eq!(views[3], art.view(&painted, &[1, 0, 0, 3]));
    assert!(views[3] != views[4]);
    let mirrored = views
        .iter()
        .filter(|view| view[0] > view[(side - 1) * 3])
        .count();
    // A half of 50, five deviations of 3.5 either way.
    assert!((8..=42).contains(&mirrored), "{mirrored}");
}

/// The embedded predictor's first backbone goes through the layers and back unchanged.
#[cfg(feature = "weights")]
#[test]
fn a_trained_trunk_has_the_names_of_a_weight_file() {
    let cpu = affetti_nets::device::Device::Cpu;
    let predictor = crate::Predictor::embedded(&cpu).expect("embedded");
    let start = predictor.weights().backbones[0].lite().expect("ours");
    let trunk = LiteLayers::from_weights(start, &Device::flex().autodiff());
    let back = folded(values(&trunk));
    let back = Weights::from_folded(Variant::Lite0, back).expect("all names and shapes fit");
    assert!(back.to_folded().map == start.to_folded().map);
}
