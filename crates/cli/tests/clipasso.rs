//! `affetti sketch --recipe clipasso` with small networks of random weights, and the verbs that bring
//! weights here.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    thread,
};

use affetti::nets::clip::{Shape, resnet, vit};
use affetti::weights::{
    store::{Precision, to_bytes},
    tensors::{Tensor, Tensors},
};
use affetti_picture::Picture;
use common::{Run, affetti, folder, jpeg, write};

fn run(at: &Path, arguments: &[&str]) -> Run {
    let mut command = affetti();
    command.env("AFFETTI_CACHE", at.join("cache"));
    command.env_remove("AFFETTI_MODELS_URL");
    command
        .current_dir(at)
        .args(arguments)
        .output()
        .unwrap()
        .into()
}

/// Random weights around what such weights are.
fn network(shape: Shape) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut fill = |(name, sizes): (String, Vec<usize>)| {
        let count: usize = sizes.iter().product();
        let around_one = sizes.len() == 1 && (name.ends_with("weight") || name.ends_with("var"));
        let scale = match sizes.len() {
            1 => 0.2,
            _ => (6.0 / (count / sizes[0]) as f32).sqrt(),
        };
        let value = |v: f32| f32::from(u8::from(around_one)) + scale * v;
        let data = (0..count).map(|_| value(next())).collect();
        // As OpenCLIP names them.
        (format!("visual.{name}"), Tensor { shape: sizes, data })
    };
    let tensors = Tensors {
        map: shape.tensors().into_iter().map(&mut fill).collect(),
        ..Tensors::default()
    };
    to_bytes(&tensors, |_| Precision::Full).unwrap()
}

/// Two networks and a picture.
fn studio() -> tempfile::TempDir {
    let root = folder();
    let seeing = resnet::Shape {
        side: 64,
        width: 8,
        blocks: [1, 1, 1, 1],
        heads: 4,
        outputs: 16,
    };
    let attending = vit::Shape {
        side: 64,
        patch: 16,
        width: 64,
        heads: 1,
        layers: 2,
        outputs: 16,
    };
    write(
        root.path(),
        "seeing.safetensors",
        &network(Shape::ResNet(seeing)),
    );
    write(
        root.path(),
        "attending.safetensors",
        &network(Shape::Vit(attending)),
    );
    let color = |i: u32| {
        let (x, y) = (f64::from(i % 90) - 40.0, f64::from(i / 90) - 30.0);
        if x.hypot(y) < 20.0 {
            [30, 40, 80]
        } else {
            [230, 220, 210]
        }
    };
    let disc = Picture::new(90, 60, (0..90 * 60).flat_map(color).collect()).unwrap();
    write(root.path(), "p/disc.png", &disc.encode_png());
    root
}

const RECIPE: [&str; 9] = [
    "--recipe",
    "clipasso",
    "--clip",
    "seeing.safetensors",
    "--saliency",
    "attending.safetensors",
    "--strokes",
    "3",
    "--iterations=11",
];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, &RECIPE, more].concat()
}

#[test]
fn a_picture_is_drawn_whole() {
    let root = studio();
    let at = root.path();
    let more = ["--seeds", "2", "--json", "--out", "x.svg"];
    let drawn = run(at, &with(&["sketch", "p/disc.png"], &more));
    assert_eq!(drawn.code, 0, "{drawn:?}");
    let line = &drawn.json()[0];
    // Seeds 0 and 1000, as in the published program.
    assert!(
        [0, 1000].contains(&line["seed"].as_u64().unwrap()),
        "{line}"
    );
    assert_eq!(
        (&line["strokes"], &line["iterations"]),
        (&3.into(), &11.into())
    );
    let svg = fs::read_to_string(at.join("x.svg")).unwrap();
    assert_eq!(svg.matches("<path").count(), 3);
    assert!(
        svg.contains("viewBox=\"0 0 64 64\"") && svg.contains("clipasso"),
        "{svg}"
    );
    assert!(svg.contains("\"edges\":\"seeing.safetensors "));
    let again = run(at, &with(&["sketch", "p/disc.png"], &more));
    assert_eq!(again.code, 0);
    assert_eq!(fs::read_to_string(at.join("x.svg")).unwrap(), svg);
    // Going on from there, a folder, every quirk, several formats.
    let more = [
        "--begin",
        "x.svg",
        "--quirks",
        "all",
        "--formats",
        "svg,png,json",
        "--out",
        "d",
    ];
    let drawn = run(at, &with(&["sketch", "p"], &more));
    assert_eq!(drawn.code, 0, "{drawn:?}");
    let mut made: Vec<_> = fs::read_dir(at.join("d"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    made.sort();
    assert_eq!(made, ["disc.json", "disc.png", "disc.svg"]);
    // To standard output.
    let drawn = run(
        at,
        &with(&["sketch", "p/disc.png"], &["--quirks", "late,stretch"]),
    );
    assert!(
        drawn.code == 0 && drawn.out.starts_with("<svg"),
        "{drawn:?}"
    );
}

#[test]
fn what_is_missing_or_wrong_is_one_line() {
    let root = studio();
    let at = root.path();
    let missing = run(at, &["sketch", "p/disc.png", "--recipe", "clipasso"]);
    assert_eq!(
        (missing.code, missing.err.lines().count()),
        (2, 1),
        "{missing:?}"
    );
    assert!(
        missing.err.contains("affetti models pull clip-rn101"),
        "{}",
        missing.err
    );
    for arguments in [
        &["sketch", "p/disc.png", "--iterations", "5"][..],
        &["sketch", "p/disc.png", "--quirks", "all"],
        &["sketch", "p/disc.png", "--clip", "clip-rn50"],
        &with(&["sketch", "p/disc.png"], &["--ink"]),
        &with(&["sketch", "p/disc.png"], &["--quality", "draft"]),
        &with(&["sketch", "p/disc.png"], &["--edges", "p/disc.png"]),
        &with(&["sketch", "p/disc.png"], &["--quirks", "all,late"]),
        &[
            "sketch",
            "p/disc.png",
            "--recipe",
            "clipasso",
            "--iterations",
            "0",
        ],
        &[
            "sketch",
            "p/disc.png",
            "--recipe",
            "clipasso",
            "--clip",
            "nowhere.pt",
        ],
        &[
            "sketch",
            "p/disc.png",
            "--recipe",
            "clipasso",
            "--clip",
            "p/disc.png",
        ],
        // The networks exchanged.
        &[
            "sketch",
            "p/disc.png",
            "--recipe",
            "clipasso",
            "--clip",
            "attending.safetensors",
            "--saliency",
            "attending.safetensors",
        ],
        &["models", "import", "seeing.safetensors", "--as", "clip-vit"],
        &["models", "import", "nowhere.pt", "--as", "clip-rn50"],
        &["models", "import", "p/disc.png", "--as", "clip-rn50"],
        &["models", "pull", "nobody"],
        &["models", "pull", "feel-4"],
    ] {
        let run = run(at, arguments);
        assert_eq!(
            (run.code, run.err.lines().count()),
            (2, 1),
            "{arguments:?}: {run:?}"
        );
        assert_eq!(run.out, "", "{arguments:?}");
    }
    let misfit = run(
        at,
        &[
            "models",
            "import",
            "seeing.safetensors",
            "--as",
            "clip-rn50",
        ],
    );
    assert_eq!(misfit.code, 2);
    assert!(
        misfit
            .err
            .contains("visual.conv1.weight has shape [4, 3, 3, 3], expected [32, 3, 3, 3]")
    );
    assert!(misfit.err.contains("visual.layer4.2.bn3.bias is missing"));
    let blank = Picture::new(40, 40, vec![200; 40 * 40 * 3]).unwrap();
    write(at, "blank.png", &blank.encode_png());
    let blank = run(at, &with(&["sketch", "blank.png"], &[]));
    assert_eq!((blank.code, blank.err.lines().count()), (2, 1), "{blank:?}");
    assert!(blank.err.contains("nothing to draw"), "{}", blank.err);
}

/// Answers every request with `bytes`, or with `status` where that is no 200.
fn serve(status: u16, bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head = lines.take_while(|line| !line.as_ref().unwrap().is_empty());
            assert!(head.count() > 0);
            let length = bytes.len();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
            // A client that went away is no news.
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&bytes);
        }
    });
    url
}

#[test]
fn downloads_that_are_not_the_file_leave_nothing() {
    let root = folder();
    let at = root.path();
    let other = serve(200, jpeg(3));
    let wrong = run(at, &["models", "pull", "clip-rn101", "--url", &other]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.err.contains("sha256") && wrong.err.contains("8fa8567bab74a42d"),
        "{wrong:?}"
    );
    let none = serve(404, Vec::new());
    let mut command = affetti();
    command.env("AFFETTI_CACHE", at.join("cache"));
    command.env("AFFETTI_MODELS_URL", format!("{none}/mirror/"));
    let none: Run = command
        .args(["models", "pull", "clip-rn50"])
        .output()
        .unwrap()
        .into();
    assert_eq!(none.code, 2);
    let told = none.err.lines().last().unwrap();
    assert!(
        told.contains("/mirror/RN50.pt") && told.contains("404"),
        "{none:?}"
    );
    let left = fs::read_dir(at.join("cache/models")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}
