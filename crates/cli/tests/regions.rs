//! `affetti regions` and `affetti feel --regions`: contract, files and refusals.

mod common;

use std::path::Path;

use common::{folder, names, picture, run, run_in, write};

/// A `.npy` file of one value, version 1.
fn map(width: usize, height: usize, value: f32) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    for _ in 0..width * height {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn painting() -> String {
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../gallery/whalers.jpg"))
}

#[test]
fn a_line_per_picture() {
    let root = folder();
    let flat = affetti_picture::Picture::new(60, 40, vec![80; 7200]).unwrap();
    let flat = text(&write(root.path(), "flat.png", &flat.encode_png()));
    let run = run(["regions", &painting(), &flat, "missing.jpg", "--json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let lines = run.json();
    let regions = lines[0]["regions"].as_array().unwrap();
    assert!(!regions.is_empty() && lines[0]["proposals"].as_u64() > Some(50));
    let keys: Vec<&String> = regions[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["box", "objectness", "sentiment", "score", "emotions"]
    );
    assert_eq!(regions[0]["emotions"].as_object().unwrap().len(), 9);
    let score = |i: usize| regions[i]["score"].as_f64().unwrap();
    assert!((1..regions.len()).all(|i| score(i) <= score(i - 1)));
    assert_eq!(lines[1]["regions"].as_array().unwrap().len(), 0);
    assert_eq!(lines[2]["error"]["kind"], "io");
}

#[test]
fn drawings_go_to_a_folder() {
    let root = folder();
    let small = picture(120, 90, 40).encode_png();
    let one = text(&write(root.path(), "a/x.png", &small));
    let two = text(&write(root.path(), "b/x.png", &small));
    let out = text(&root.path().join("out"));
    let run = run(["regions", &one, &two, "--out", &out]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let expected = [
        "x-2.figure.png",
        "x-2.regions.png",
        "x-2.regions.svg",
        "x.figure.png",
        "x.regions.png",
        "x.regions.svg",
    ];
    assert_eq!(names(Path::new(&out)), expected);
}

#[test]
fn one_picture_is_drawn_into_one_file() {
    let root = folder();
    let at = root.path();
    write(at, "x.png", &picture(120, 90, 40).encode_png());
    for (out, start) in [("z.svg", &b"<svg"[..]), ("z.png", b"\x89PNG")] {
        let run = run_in(at, &["regions", "x.png", "--out", out]);
        assert_eq!((run.code, run.err), (0, format!("1 picture → {out}\n")));
        assert!(std::fs::read(at.join(out)).unwrap().starts_with(start));
    }
    for (inputs, out) in [(&["x.png", "x.png"][..], "y.svg"), (&["x.png"], "y.pdf")] {
        let run = run_in(at, &[&["regions"], inputs, &["--out", out]].concat());
        assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
    }
    assert_eq!(names(at), ["x.png", "z.png", "z.svg"]);
}

#[test]
fn maps_give_raw_proposals_or_a_clear_error() {
    let root = folder();
    let file = |name: &str, bytes: &[u8]| text(&write(root.path(), name, bytes));
    let edges = file("e.npy", &map(40, 30, 0.0));
    let orientation = file("o.npy", &map(40, 30, 1.0));
    let maps = |edges: &str, orientation: &str| {
        run([
            "regions",
            "--edges",
            edges,
            "--orientation",
            orientation,
            "--proposals-json",
        ])
    };
    let good = maps(&edges, &orientation);
    assert_eq!((good.code, good.out.as_str()), (0, "{\"proposals\":[]}\n"));
    let other = file("other.npy", &map(41, 30, 1.0));
    let bad = maps(&edges, &other);
    assert_eq!(bad.code, 2);
    assert!(
        bad.err.contains("40 x 30") && bad.err.contains("41 x 30"),
        "{}",
        bad.err
    );
    let nan = file("nan.npy", &map(40, 30, f32::NAN));
    let bad = maps(&nan, &orientation);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("NaN"), "{}", bad.err);
    let bad = maps(&file("cut.npy", &map(40, 30, 0.5)[..200]), &orientation);
    assert_eq!(bad.code, 2);
    for arguments in [
        vec!["regions", "--edges", &edges],
        vec!["regions", "--edges", &edges, "--orientation", &orientation],
        vec!["regions"],
        vec!["regions", &edges, "--proposals-json"],
        vec!["regions", &edges, "--alpha", "2"],
    ] {
        let refused = run(&arguments);
        assert_eq!(
            (refused.code, refused.out.as_str()),
            (2, ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn feel_takes_the_regions_in() {
    let alone = &run(["feel", &painting(), "--json"]).json()[0];
    let fused = &run(["feel", &painting(), "--regions", "--json"]).json()[0];
    assert!(alone.get("regions").is_none());
    assert!(!fused["regions"].as_array().unwrap().is_empty());
    assert_ne!(alone["emotions"], fused["emotions"]);
    assert_eq!(alone["valence"], fused["valence"]);
    let total: f64 = fused["emotions"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_f64)
        .sum();
    assert!((total - 1.0).abs() < 1e-3);
}

#[test]
fn an_intention_names_the_regions_that_pull_away() {
    let line = &run([
        "feel",
        &painting(),
        "--regions",
        "--intend",
        "fear",
        "--json",
    ])
    .json()[0];
    let regions = line["regions"].as_array().unwrap();
    let away = line["intention"]["away"].as_array().unwrap();
    assert!((1..=3).contains(&away.len()), "{away:?}");
    let distance = |region: &serde_json::Value| -> f64 {
        // To all fear: half the summed differences is the share that is not fear.
        1.0 - region["emotions"]["fear"].as_f64().unwrap()
    };
    let shown = &regions[..regions.len().min(8)];
    let mean = shown.iter().map(distance).sum::<f64>() / shown.len() as f64;
    for pull in away {
        let region = &shown[pull["region"].as_u64().unwrap() as usize];
        let expected = distance(region) - mean;
        let told = pull["distance"].as_f64().unwrap();
        assert!(
            told > 0.0 && (told - expected).abs() < 2e-3,
            "{pull} {expected}"
        );
        assert_ne!(pull["towards"], "fear");
    }
    let alone = &run(["feel", &painting(), "--intend", "fear", "--json"]).json()[0];
    assert!(alone["intention"].get("away").is_none());
}

#[test]
fn the_result_does_not_depend_on_the_threads() {
    let of = |threads: &str| run(["regions", &painting(), "--json", "--threads", threads]).out;
    assert_eq!(of("1"), of("2"));
}
