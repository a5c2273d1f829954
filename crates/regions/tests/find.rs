//! The whole way from a picture to its regions, with the embedded predictor.

use affetti_feel::{Predictor, RegionWay, Scratch};
use affetti_nets::{
    device::Device,
    efficientnet_lite::{EfficientNetLite, Workspace},
};
use affetti_picture::{DecodeOptions, Picture, read};
use affetti_regions::{
    ErrorKind,
    edges::{Detector, Kind},
    find::{Options, find},
    occlusion::{self, occlusion},
};
use affetti_testkit::{assert_all_close, noise, pixels, workspace};

fn predictor() -> Predictor {
    Predictor::embedded(&Device::Cpu).expect("embedded weights")
}

fn detector() -> Detector {
    Detector::load(Kind::usual(), 2).expect("embedded weights")
}

fn painting() -> Picture {
    let path = workspace().join("gallery/whalers.jpg");
    read(&path, &DecodeOptions::default()).expect("a picture")
}

fn flat(width: u32, height: u32) -> Picture {
    Picture::new(width, height, pixels(width, height, |_, _| [90, 120, 60])).expect("a picture")
}

#[test]
fn a_painting_has_regions_and_the_same_ones_again() {
    let (predictor, detector) = (predictor(), detector());
    let picture = painting();
    let mut scratch = Scratch::default();
    let options = Options::default();
    let found = find(&picture, &predictor, &detector, &options, &mut scratch, 1).expect("regions");
    assert!(found.proposals > 100);
    assert!((2..=50).contains(&found.regions.len()));
    assert!(found.regions.is_sorted_by(|a, b| a.score >= b.score));
    for region in &found.regions {
        let [x, y, w, h] = region.region;
        assert!(w > 0 && h > 0 && x + w <= picture.width() && y + h <= picture.height());
        assert!((0.0..=1.0).contains(&region.objectness));
        assert!((0.0..=1.0).contains(&region.sentiment));
    }
    let again = find(&picture, &predictor, &detector, &options, &mut scratch, 2).expect("regions");
    assert_eq!(again, found);
    // Twice the size is the same picture: boxes are in its own pixels.
    let large = picture.resize(
        2 * picture.width(),
        2 * picture.height(),
        affetti_picture::Filter::Nearest,
    );
    let of_large = find(&large, &predictor, &detector, &options, &mut scratch, 1).expect("regions");
    let [_, _, w, h] = of_large.regions[0].region;
    assert!(w > 0 && h > 0);
    let right = of_large
        .regions
        .iter()
        .map(|r| r.region[0] + r.region[2])
        .max();
    assert!(right > Some(picture.width()));
}

#[test]
fn what_has_no_edges_has_no_regions() {
    let (predictor, detector) = (predictor(), detector());
    let mut scratch = Scratch::default();
    let tiny = Picture::new(10, 10, noise(10, 10, 7)).expect("a picture");
    for picture in [flat(300, 200), flat(1, 1), flat(1, 3000), tiny] {
        let found = find(
            &picture,
            &predictor,
            &detector,
            &Options::default(),
            &mut scratch,
            1,
        );
        assert!(found.expect("none").regions.is_empty());
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let predictor = predictor();
    let mut scratch = Scratch::default();
    let bad = Options {
        alpha: 1.5,
        ..Options::default()
    };
    let error =
        find(&painting(), &predictor, &detector(), &bad, &mut scratch, 1).expect_err("alpha");
    assert_eq!(error.kind(), ErrorKind::Parameter);
    let bad = occlusion::Options {
        steps: 1,
        ..occlusion::Options::default()
    };
    assert!(occlusion(&flat(9, 9), &predictor, &bad).is_err());
}

#[test]
fn pooling_the_whole_picture_is_describing_it() {
    let predictor = predictor();
    let network = EfficientNetLite::new(predictor.weights().backbones[0].lite().expect("ours"));
    let picture = painting().resize(150, 110, affetti_picture::Filter::Bilinear);
    let mut work = Workspace::default();
    let plain = network.describe(&picture, &mut work, 1);
    let boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5]];
    let pooled = network.describe_boxes(&picture, &boxes, &mut work, 1);
    // Sums in the same order; shares of 1 change nothing but the rounding of the last division.
    assert_all_close(&pooled[0], &plain, 1e-4);
    assert_ne!(pooled[1], plain);
    assert!(pooled[1].iter().all(|v| v.is_finite()));
}

#[test]
fn pooled_regions_resemble_those_cut_out() {
    let predictor = predictor();
    let picture = painting();
    let mut scratch = Scratch::default();
    let whole = [0, 0, picture.width(), picture.height()];
    let mut of = |way| {
        predictor
            .region_emotions(&picture, &[whole], way, &mut scratch, 1)
            .expect("emotions")
            .swap_remove(0)
    };
    let (crop, roi) = (of(RegionWay::Crop), of(RegionWay::FAST));
    let apart: f64 = crop
        .as_slice()
        .iter()
        .zip(roi.as_slice())
        .map(|(a, b)| (a - b).abs())
        .sum();
    // Of at most 2; two unrelated paintings are often .8 apart.
    assert!(apart < 0.6, "{apart}: {crop:?} {roi:?}");
    let outside = [0, 0, picture.width() + 1, 10];
    for way in [RegionWay::Crop, RegionWay::FAST] {
        let refused = predictor.region_emotions(&picture, &[outside], way, &mut scratch, 1);
        assert_eq!(refused.expect_err("outside").kind(), ErrorKind::Parameter);
    }
}

#[test]
fn hiding_a_flat_picture_changes_nothing() {
    let heat =
        occlusion(&flat(60, 40), &predictor(), &occlusion::Options::default()).expect("a heat map");
    assert_eq!(heat.map.size(), (60, 40));
    assert!(heat.map.values().iter().all(|v| v.abs() < 1e-6));
}
