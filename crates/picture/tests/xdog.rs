//! Lines of a picture against SciPy and scikit-image; expected rows: peers/xdog.py, versions in the
//! first line of the fixture.

use affetti_picture::xdog;

const FIXTURE: &str = include_str!("fixtures/xdog.txt");
const WIDTH: usize = 52;
const HEIGHT: usize = 44;

/// The closed formula of the peer.
fn picture() -> Vec<[f32; 3]> {
    let color = |i: usize| {
        let (x, y) = ((i % WIDTH) as f64, (i / WIDTH) as f64);
        let inside = f64::from(u8::from((x - 20.3).hypot(y - 19.6) < 12.2));
        let bar = f64::from(u8::from((x - 41.0).abs() < 2.5 && y > 8.0));
        [
            0.6 + 0.3 * (x * 0.21).sin() - 0.5 * inside,
            0.5 + 0.3 * (y * 0.17).cos() - 0.4 * bar,
            0.4 + 0.004 * x * y / 10.0 - 0.2 * inside,
        ]
        .map(|v| v as f32)
    };
    (0..WIDTH * HEIGHT).map(color).collect()
}

#[test]
fn lines_are_the_peers() {
    let plain = picture();
    let spread: Vec<[f32; 3]> = plain.iter().map(|p| p.map(|v| (v - 0.45) / 0.27)).collect();
    for (name, colors) in [("= plain", plain), ("= spread", spread)] {
        let mut lines = FIXTURE.lines().skip_while(|line| *line != name);
        lines.next();
        let expected: Vec<bool> = lines
            .take(HEIGHT)
            .flat_map(|row| row.bytes().map(|b| b == b'.'))
            .collect();
        let found = xdog(&colors, WIDTH, HEIGHT);
        assert_eq!(found.len(), expected.len());
        let off = found.iter().zip(&expected).filter(|(a, b)| a != b).count();
        // The threshold parts two heaps: hardly a pixel lies within rounding of it.
        assert!(off <= 2, "{name}: {off} pixels");
    }
}
