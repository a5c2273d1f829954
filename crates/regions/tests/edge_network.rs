//! The embedded edge network on pictures.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_data::bsds::{self, Part};
use affetti_picture::Picture;
use affetti_regions::edges::{Detector, EvaluateOptions, Kind, evaluate};
use affetti_testkit::{data, noise, pixels};

fn network() -> Detector {
    Detector::load(Kind::Net, 1).unwrap()
}

#[test]
fn a_clear_border_is_found_and_a_plane_is_not() {
    // An orange disk before blue.
    let inside = |x: u32, y: u32| {
        let (dx, dy) = (f64::from(x) - 160.0, f64::from(y) - 120.0);
        dx.hypot(dy) - 60.0
    };
    let color = |x, y| {
        if inside(x, y) < 0.0 {
            [230, 140, 40]
        } else {
            [40, 60, 160]
        }
    };
    let picture = Picture::new(320, 240, pixels(320, 240, color)).unwrap();
    let strength = network().strength(&picture);
    let mean = |wanted: &dyn Fn(f64) -> bool| {
        let places = (0..320 * 240).map(|i| (i % 320, i / 320));
        let chosen = places.filter(|&(x, y)| wanted(inside(x as u32, y as u32)));
        let values: Vec<f32> = chosen.map(|(x, y)| strength.at(x, y)).collect();
        values.iter().sum::<f32>() / values.len() as f32
    };
    let (border, away) = (mean(&|d| d.abs() < 1.5), mean(&|d| d.abs() > 12.0));
    assert!(border > 0.3 && away < 0.05, "{border} and {away}");
}

#[test]
fn every_picture_has_a_map_of_its_size() {
    let network = network();
    for (width, height) in [(1, 1), (10, 10), (33, 7)] {
        let flat = Picture::new(width, height, pixels(width, height, |_, _| [90; 3])).unwrap();
        let noisy = Picture::new(width, height, noise(width, height, 3)).unwrap();
        for picture in [flat, noisy] {
            let edges = network.edges(&picture);
            let size = (width as usize, height as usize);
            assert_eq!(edges.strength.size(), size);
            assert!(
                edges
                    .strength
                    .values()
                    .iter()
                    .all(|v| (0.0..=1.0).contains(v))
            );
        }
    }
}

#[test]
fn the_network_beats_the_gradient_on_photographs() {
    let Some(folder) = data("bsds500") else {
        return;
    };
    let examples = bsds::read(&folder, Part::Val).unwrap();
    // All 100 take minutes; the figures of all are in docs/edges.md.
    let some: Vec<_> = examples.into_iter().step_by(20).collect();
    let options = EvaluateOptions {
        thresholds: 12,
        seed: 1,
        progress: &|_, _| {},
    };
    let figures = evaluate(&network(), &some, "some", &options).unwrap();
    let ods = &figures.figures[0];
    assert_eq!((ods.metric, figures.n), ("ODS", 5));
    // The bar of the project is .70 on all of them.
    assert!(ods.value > 0.7 && ods.gain[0] > 0.0, "{}", figures.table());
    assert!(figures.csv().lines().count() == 4 && figures.json().contains("\"ODS\""));
}
