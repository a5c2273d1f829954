//! The embedded networks on pictures made by hand.
#![cfg(feature = "weights")]

use affetti_picture::Picture;
use affetti_sketch::{
    Cubic, Drawing, ErrorKind, Stroke,
    encoder::{Encoder, Ink},
    mask::MaskNetwork,
};
use affetti_testkit::pixels;

/// A colored disc on an even ground; the middle and the radius.
fn disc(x0: f64, y0: f64, radius: f64) -> Picture {
    let color = |x: u32, y: u32| {
        if (f64::from(x) - x0).hypot(f64::from(y) - y0) < radius {
            [200, 60, 40]
        } else {
            [90, 130, 90]
        }
    };
    Picture::new(240, 180, pixels(240, 180, color)).expect("a picture")
}

#[test]
fn a_disc_stands_out_where_it_is() {
    let Ok(network) = MaskNetwork::embedded() else {
        println!("skipped: this build has no mask network");
        return;
    };
    for (x0, y0) in [(120.0, 90.0), (90.0, 100.0)] {
        let alpha = network.alpha(&disc(x0, y0, 50.0));
        assert_eq!(alpha.len(), 240 * 180);
        let (mut both, mut either) = (0, 0);
        for (i, a) in alpha.iter().enumerate() {
            let (x, y) = ((i % 240) as f64, (i / 240) as f64);
            let (found, there) = (*a >= 128, (x - x0).hypot(y - y0) < 50.0);
            both += usize::from(found && there);
            either += usize::from(found || there);
        }
        // The bar for agreement with the teacher on photographs; this is easier.
        assert!(both as f64 / either as f64 > 0.85, "{both} of {either}");
    }
}

#[test]
fn damaged_weights_are_told() {
    for bytes in [&b""[..], b"nothing", &[0xff; 64]] {
        let error = MaskNetwork::from_bytes(bytes, "x").expect_err("no weights");
        // A file that is none of ours: the fault of who named it.
        assert_eq!(error.kind(), ErrorKind::Input);
        let error = Encoder::from_bytes(bytes, "x", 1).expect_err("no weights");
        // A file that is none of ours: the fault of who named it.
        assert_eq!(error.kind(), ErrorKind::Input);
    }
}

#[test]
fn a_drawing_is_like_itself_and_less_like_another() {
    let Ok(encoder) = Encoder::embedded(1) else {
        println!("skipped: this build has no encoder of lines");
        return;
    };
    let circle = |shift: f32| {
        let mut drawing = Drawing::white(224.0, 224.0);
        let k = 0.5523 * 60.0;
        let (x, y, r) = (112.0 + shift, 112.0, 60.0);
        for (sx, sy) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
            let curve = Cubic([
                [x + sx * r, y],
                [x + sx * r, y + sy * k],
                [x + sx * k, y + sy * r],
                [x, y + sy * r],
            ]);
            drawing.strokes.push(Stroke::black(curve, 3.0));
        }
        drawing
    };
    let mut lines = Drawing::white(224.0, 224.0);
    for n in 0..6 {
        let y = 30.0 + 30.0 * n as f32;
        let line = Cubic::line([10.0, y], [210.0, y + 8.0]);
        lines.strokes.push(Stroke::black(line, 3.0));
    }
    let embed = |drawing: &Drawing| encoder.embed(&Ink::of_drawing(drawing));
    let whole = embed(&circle(0.0));
    assert!((whole.likeness(&whole) - 1.0).abs() < 1e-4);
    let moved = whole.likeness(&embed(&circle(8.0)));
    let other = whole.likeness(&embed(&lines));
    assert!(moved > other, "{moved} {other}");
}
