//! Proposals against OpenCV's, and on inputs that are odd.

use std::path::PathBuf;

use affetti_picture::Picture;
use affetti_regions::{
    ErrorKind, Map,
    boxes::{Proposal, Region, iou},
    edges::{self, Edges},
    npy,
    proposals::{Params, propose, score, window_count},
};
use affetti_testkit::{noise, pixels, workspace};

fn fixture(name: &str) -> PathBuf {
    workspace().join("crates/regions/tests/fixtures").join(name)
}

/// `[x, y, w, h]` and score, as `peers/edgeboxes.py --fixtures` wrote them with OpenCV 5.0.0.
fn peer(name: &str) -> Vec<(Region, f32)> {
    let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |i: usize| words[i].parse().expect("a number");
            let region = [number(0), number(1), number(2), number(3)];
            (region, words[4].parse().expect("a score"))
        })
        .collect()
}

fn rectangle(inside: [u32; 4]) -> Edges {
    let [x, y, w, h] = inside;
    let color = |u, v| {
        let white = (x..x + w).contains(&u) && (y..y + h).contains(&v);
        [if white { 255 } else { 0 }; 3]
    };
    edges::of_picture(&Picture::new(200, 150, pixels(200, 150, color)).expect("a picture"))
}

#[test]
fn same_boxes_as_opencv() {
    let params = Params {
        min_box_area: 100.0,
        ..Params::default()
    };
    let params = params.check().expect("good settings");
    for kind in ["synthetic", "picture"] {
        let map = |name: &str| npy::read(&fixture(&format!("{kind}.{name}.npy"))).expect("a map");
        let edges = Edges {
            strength: map("edges"),
            orientation: map("orientation"),
        };
        let ours = propose(&edges, &params).expect("proposals");
        let theirs = peer(&format!("{kind}.txt"));
        assert!(theirs.len() >= 100, "{kind}");
        let mut found = 0;
        for (region, expected) in theirs.iter().take(100) {
            let overlap = |p: &Proposal| iou(p.region, *region);
            let best = ours
                .iter()
                .max_by(|a, b| overlap(a).total_cmp(&overlap(b)))
                .expect("some box");
            if overlap(best) > 0.95 {
                found += 1;
                let off = (best.objectness - expected).abs();
                assert!(off <= 1e-6, "{kind} {region:?}: {best:?} for {expected}");
            }
        }
        // On 20 photographs it is 100 % as well, all boxes the same to the pixel.
        assert_eq!(found, 100, "{kind}");
        // The score of a given box, without the search.
        let regions: Vec<Region> = theirs.iter().map(|t| t.0).collect();
        let scores = score(&edges, &params, &regions).expect("scores");
        for ((region, expected), found) in theirs.iter().zip(scores) {
            assert!((found - expected).abs() < 1e-4, "{kind} {region:?}");
        }
    }
}

#[test]
fn a_white_rectangle_comes_first() {
    // `docs/facts.md`, "EdgeBoxes: score".
    let params = Params::default().check().expect("good settings");
    for inside in [[60, 40, 80, 60], [30, 50, 90, 70], [20, 20, 150, 100]] {
        let edges = rectangle(inside);
        let proposals = propose(&edges, &params).expect("proposals");
        let overlap = iou(proposals[0].region, inside);
        assert!(overlap >= 0.8, "{:?} for {inside:?}", proposals[0]);
        // `docs/facts.md`, "EdgeBoxes: score": 0 where the contour crosses the box.
        let crossing = [inside[0] + inside[2] / 2, 10, 100, 135];
        let scores = score(&edges, &params, &[inside, crossing]).expect("scores");
        assert_eq!(scores[1], 0.0);
    }
}

#[test]
fn nothing_comes_of_nothing() {
    let params = Params::default().check().expect("good settings");
    for (width, height) in [(10, 10), (1, 1), (2, 300), (200, 150)] {
        let flat = pixels(width, height, |_, _| [120, 90, 60]);
        let edges = edges::of_picture(&Picture::new(width, height, flat).expect("a picture"));
        assert!(propose(&edges, &params).expect("none").is_empty());
    }
    let tiny = Picture::new(10, 10, noise(10, 10, 1)).expect("a picture");
    assert!(
        propose(&edges::of_picture(&tiny), &params)
            .expect("none")
            .is_empty()
    );
    assert_eq!(window_count(10, 10, &params), 0);
}

#[test]
fn maps_that_cannot_be_are_refused() {
    let params = Params::default().check().expect("good settings");
    let map = |side, value| Map::new(side, side, vec![value; side * side]).expect("a map");
    let message = |strength, orientation| {
        let edges = Edges {
            strength,
            orientation,
        };
        let error = propose(&edges, &params).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string()
    };
    assert!(message(map(9, f32::NAN), map(9, 0.0)).contains("edge map holds NaN"));
    assert!(message(map(9, 1.5), map(9, 0.0)).contains("0 to 1"));
    assert!(message(map(9, 0.5), map(9, f32::INFINITY)).contains("orientation"));
    assert!(message(map(9, 0.5), map(8, 0.0)).contains("9 x 9"));
    assert!(edges::of_map(&map(9, f32::NAN)).is_err());
}

#[test]
fn the_result_depends_on_the_input_only() {
    let picture = Picture::new(160, 120, noise(160, 120, 3)).expect("a picture");
    let edges = edges::of_picture(&picture);
    let params = Params {
        max_boxes: 50,
        ..Params::best_recall()
    };
    let params = params.check().expect("good settings");
    let first = propose(&edges, &params).expect("proposals");
    assert_eq!(propose(&edges, &params).expect("proposals"), first);
    assert!(first.len() <= 50);
    assert!(first.is_sorted_by(|a, b| a.objectness >= b.objectness));
    // Orientations are equal modulo π.
    let shifted = edges.orientation.values().iter().map(|v| v - 3.0).collect();
    let moved = Edges {
        strength: edges.strength.clone(),
        orientation: Map::new(160, 120, shifted).expect("a map"),
    };
    assert!(propose(&moved, &params).is_ok());
    for proposal in &first {
        let [x, y, w, h] = proposal.region;
        assert!(x + w <= 160 && y + h <= 120 && w > 0 && h > 0);
    }
}

#[test]
fn fewer_refined_windows_leave_the_best_boxes() {
    let picture = Picture::new(160, 120, noise(160, 120, 3)).expect("a picture");
    let edges = edges::of_picture(&picture);
    let of = |refined| {
        let params = Params {
            refined,
            ..Params::default()
        };
        let params = params.check().expect("good settings");
        propose(&edges, &params).expect("proposals")
    };
    let all = of(usize::MAX);
    assert!(all.len() > 20);
    assert_eq!(
        of(window_count(
            160,
            120,
            &Params::default().check().expect("good")
        )),
        all
    );
    let some = of(100);
    // Whatever window a box was refined from, its score is that of the box.
    assert!(!some.is_empty() && some.len() <= 100);
    assert!(some[0].objectness <= all[0].objectness);
    let params = Params::default().check().expect("good settings");
    let regions: Vec<Region> = some.iter().map(|p| p.region).collect();
    let scores = score(&edges, &params, &regions).expect("scores");
    for (proposal, score) in some.iter().zip(scores) {
        assert!((proposal.objectness - score).abs() < 1e-6, "{proposal:?}");
    }
}
