//! Drawings to files and back, and hostile SVGs.

mod common;

use affetti_sketch::{
    Drawing, ErrorKind, MAX_STROKES,
    export::{Metadata, animated_svg, dxf, gif, json, pdf, svg},
    read_svg,
};
use common::drawing;

fn metadata() -> Metadata {
    Metadata {
        program: "affetti 0.1.0".to_owned(),
        strokes: 16,
        quality: "normal".to_owned(),
        seed: 7,
        iterations: 120,
        loss: 0.25,
        edges: "a <&> b".to_owned(),
        region: [0, 0, 640, 480],
    }
}

#[test]
fn svg_comes_back_as_it_was() {
    let before = drawing(1, 16, 224.0, 80.0);
    let text = svg(&before, Some(&metadata()));
    let after = read_svg(&text).expect("our own SVG");
    assert_eq!((after.width, after.height), (224.0, 224.0));
    assert_eq!(after.strokes.len(), 16);
    for (a, b) in before.strokes.iter().zip(&after.strokes) {
        let pairs = a
            .curve
            .0
            .as_flattened()
            .iter()
            .zip(b.curve.0.as_flattened());
        // Two decimals, colors in 256 levels.
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() <= 0.0051));
        assert!((a.width - b.width).abs() <= 0.0051 && (a.opacity - b.opacity).abs() <= 0.0051);
        assert!(
            a.color
                .iter()
                .zip(b.color)
                .all(|(a, b)| (a - b).abs() < 0.004)
        );
    }
    assert!(text.contains("a &lt;&amp;&gt; b"));
}

#[test]
fn sixteen_black_strokes_are_small() {
    let mut drawing = drawing(2, 16, 224.0, 80.0);
    for stroke in &mut drawing.strokes {
        (stroke.color, stroke.opacity, stroke.width) = ([0.0; 3], 1.0, 3.0);
    }
    let text = svg(&drawing, Some(&metadata()));
    // The bar of the project is 2.5 kB.
    assert!(text.len() <= 2500, "{} bytes", text.len());
}

#[test]
fn other_programs_curves_are_read() {
    let text = "<?xml version='1.0'?><!-- <path d='M0 0L9 9'/> --><svg width='20px' height='10'>\
                <g stroke='#ff0000'><path stroke-width='2' d='m1,1c1-1 2.5.5,3,3 1 1 2 2 3 3L.5-1e0z'/></g></svg>";
    let drawing = read_svg(text).expect("three curves");
    let ends: Vec<[f32; 2]> = drawing.strokes.iter().map(|s| s.curve.0[3]).collect();
    // By hand: (1, 1) + (3, 3), wherever that leads + (3, 3), then the line to (.5, −1).
    assert_eq!(ends, [[4.0, 4.0], [7.0, 7.0], [0.5, -1.0]]);
    assert_eq!(drawing.strokes[0].curve.0[1], [2.0, 0.0]);
    assert_eq!(drawing.strokes[0].curve.0[2], [3.5, 1.5]);
    assert_eq!(
        (drawing.strokes[0].width, drawing.strokes[0].color),
        (2.0, [1.0, 0.0, 0.0])
    );
}

#[test]
fn hostile_svgs_are_refused() {
    let around = |inside: &str| format!("<svg viewBox='0 0 9 9'>{inside}</svg>");
    let many = "L1 1".repeat(MAX_STROKES + 1);
    let bombs = "<use href='#a'/>".repeat(1000);
    let nested = format!("<defs><g id='a'><use href='#a'/>{bombs}</g></defs>");
    for (text, kind) in [
        (String::new(), ErrorKind::Input),
        ("no SVG at all".to_owned(), ErrorKind::Input),
        (around(""), ErrorKind::Input),
        (around("<path d='M0 0CNaN 1 2 3 4 5'/>"), ErrorKind::Input),
        (around("<path d='M0 0C1e99 1 2 3 4 5'/>"), ErrorKind::Input),
        (around("<path d='M0 0L1e9 0'/>"), ErrorKind::Input),
        (around("<path d='M0 0C1 2'/>"), ErrorKind::Input),
        (around("<path d='M0 0A1 1 0 0 0 5 5'/>"), ErrorKind::Input),
        (
            around("<path d='M0 0L1 1' stroke-width='NaN'/>"),
            ErrorKind::Input,
        ),
        (
            around("<path d='M0 0L1 1' stroke-width='-3'/>"),
            ErrorKind::Input,
        ),
        (around(&nested), ErrorKind::Input),
        (around(&format!("<path d='M0 0{many}'/>")), ErrorKind::Limit),
        (
            "<svg viewBox='0 0 NaN 9'><path d='M0 0L1 1'/></svg>".to_owned(),
            ErrorKind::Input,
        ),
        (
            "<svg viewBox='0 0 -9 9'><path d='M0 0L1 1'/></svg>".to_owned(),
            ErrorKind::Input,
        ),
        (
            "<svg><path d='M0 0L1 1'/></svg>".to_owned(),
            ErrorKind::Input,
        ),
        (" ".repeat(9 << 20), ErrorKind::Limit),
    ] {
        let error = read_svg(&text).expect_err(&text[..text.len().min(80)]);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[test]
fn cut_svgs_do_not_panic() {
    let text = svg(&drawing(3, 4, 224.0, 60.0), Some(&metadata()));
    for end in 0..text.len() {
        if text.is_char_boundary(end) {
            // Either the strokes that are whole, or an error.
            let _ = read_svg(&text[..end]);
        }
        let mut changed = text.clone().into_bytes();
        changed[end] ^= 5;
        if let Ok(changed) = String::from_utf8(changed) {
            let _ = read_svg(&changed);
        }
    }
}

#[test]
fn all_formats_are_written() {
    let drawing = drawing(4, 5, 100.0, 50.0);
    assert!(pdf(&drawing).starts_with(b"%PDF-1.4\n"));
    // The table of objects is where the end says.
    let text = String::from_utf8(pdf(&drawing)).expect("text");
    let place = text
        .lines()
        .rev()
        .nth(1)
        .and_then(|l| l.parse::<usize>().ok());
    assert!(place.is_some_and(|p| text[p..].starts_with("xref\n")));
    assert_eq!(dxf(&drawing).matches("POLYLINE").count(), 5);
    let value: serde_json::Value = serde_json::from_str(&json(&drawing, None)).expect("JSON");
    assert_eq!(value["strokes"].as_array().map(Vec::len), Some(5));
    let moving = animated_svg(&drawing, None);
    assert_eq!(moving.matches("animation-delay").count(), 5);
    assert_eq!(read_svg(&moving).map(|d| d.strokes.len()).ok(), Some(5));
    let file = gif(&drawing, 64).expect("a small GIF");
    assert!(file.starts_with(b"GIF89a") && file.ends_with(b";"));
    assert!(gif(&drawing, 0).is_err());
    let nothing = Drawing::white(10.0, 4.0);
    assert!(gif(&nothing, 64).is_ok() && read_svg(&svg(&nothing, None)).is_err());
}

#[test]
fn a_pen_travels_less_in_its_order() {
    let drawing = drawing(5, 40, 224.0, 40.0);
    let ordered = drawing.in_pen_order();
    assert_eq!(ordered.strokes.len(), 40);
    assert!(
        ordered.pen_up() < 0.5 * drawing.pen_up(),
        "{} {}",
        ordered.pen_up(),
        drawing.pen_up()
    );
}
