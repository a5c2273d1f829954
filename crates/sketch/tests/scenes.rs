//! Pictures to drawings: what is drawn, and what bad pictures lead to.

use std::ops::ControlFlow;

use affetti_picture::Picture;
use affetti_sketch::{
    Cubic, EdgeMap, EdgeSource, ErrorKind, Quality, Scene, Settings, Sketch, SketchError,
};
use affetti_testkit::{noise, pixels};

/// A dark disc on light ground.
fn disc() -> Picture {
    let color = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) - 150.0, f64::from(y) - 100.0);
        if x.hypot(y) < 60.0 {
            [40, 50, 90]
        } else {
            [230, 225, 210]
        }
    };
    Picture::new(300, 200, pixels(300, 200, color)).expect("a picture")
}

fn draw(scene: &Scene, settings: Settings) -> Sketch {
    scene
        .draw(&settings, &[], &mut |_| ControlFlow::Continue(()))
        .expect("good settings")
}

fn with(strokes: usize, quality: Quality) -> Settings {
    Settings {
        strokes,
        quality,
        ..Settings::default()
    }
}

fn scene(picture: &Picture) -> Result<Scene, SketchError> {
    Scene::new(picture, None, &EdgeSource::Gradient)
}

#[test]
fn a_disc_becomes_a_circle() {
    let scene = scene(&disc()).expect("a scene");
    for quality in Quality::ALL {
        let sketch = draw(&scene, with(6, quality));
        let [recall, precision] = scene.recall_and_precision(&sketch.drawing, 3.0);
        assert!(
            recall > 0.85 && precision > 0.9,
            "{quality:?}: {recall} {precision}"
        );
        // The view is 224 units wide for 300 pixels: the circle is around (112, 74.7) with 44.8.
        for stroke in &sketch.drawing.strokes {
            // A trace may be off by the tolerance of its fits, 7 units at 6 strokes.
            let bar = if quality == Quality::Draft { 8.5 } else { 6.0 };
            for [x, y] in stroke.curve.points(8) {
                let radius = f64::from(x - 112.0).hypot(f64::from(y - 74.7));
                assert!((radius - 44.8).abs() < bar, "{quality:?}: {radius}");
            }
        }
    }
}

#[test]
fn same_seed_same_drawing() {
    let scene = scene(&disc()).expect("a scene");
    let one = draw(&scene, with(5, Quality::Normal));
    assert_eq!(one, draw(&scene, with(5, Quality::Normal)));
}

#[test]
fn refining_does_not_make_it_worse() {
    let noisy = Picture::new(200, 150, noise(200, 150, 3)).expect("a picture");
    for picture in [
        disc(),
        noisy.resize(12, 9, affetti_picture::Filter::Bicubic),
    ] {
        let scene = scene(&picture).expect("a scene");
        let draft = draw(&scene, with(8, Quality::Draft));
        let normal = draw(&scene, with(8, Quality::Normal));
        assert!(normal.loss <= draft.loss, "{} {}", normal.loss, draft.loss);
        assert!(normal.iterations > 0 && draft.iterations == 0);
    }
}

#[test]
fn blank_and_transparent_pictures_are_named() {
    for (width, height) in [(300, 200), (8, 8), (1, 1), (20_000, 50)] {
        let blank = Picture::new(width, height, pixels(width, height, |_, _| [200, 180, 90]));
        let error = scene(&blank.expect("a picture")).expect_err("blank");
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains("no edges"), "{error}");
    }
    let clear = vec![0; 300 * 200];
    let error = Scene::new(&disc(), Some(&clear), &EdgeSource::Gradient).expect_err("clear");
    assert!(error.to_string().contains("transparent"), "{error}");
    assert!(Scene::new(&disc(), Some(&[255]), &EdgeSource::Gradient).is_err());
}

#[test]
fn tiny_and_thin_pictures_are_drawn_or_refused() {
    for (width, height) in [(8, 8), (2, 2), (1, 1), (1, 300), (20_000, 50)] {
        let picture = Picture::new(width, height, noise(width, height, 1)).expect("a picture");
        if let Ok(scene) = scene(&picture) {
            let sketch = draw(&scene, with(4, Quality::Normal));
            assert!(sketch.drawing.check().is_ok());
            assert!(sketch.loss.is_finite());
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let scene = scene(&disc()).expect("a scene");
    for (strokes, width) in [(0, 3.0), (10_000, 3.0), (4, 0.0), (4, f32::NAN)] {
        let settings = Settings {
            strokes,
            width,
            ..Settings::default()
        };
        let error = scene
            .draw(&settings, &[], &mut |_| ControlFlow::Continue(()))
            .expect_err("out of range");
        assert_eq!(error.kind(), ErrorKind::Parameter);
    }
    let sweep = scene.sweep(&Settings::default(), &[8, 8], &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(sweep.is_err());
}

#[test]
fn only_what_is_opaque_is_drawn() {
    let alpha: Vec<u8> = (0..300 * 200)
        .map(|i| if i % 300 < 150 { 255 } else { 0 })
        .collect();
    let scene = Scene::new(&disc(), Some(&alpha), &EdgeSource::Gradient).expect("a scene");
    // The left half and its margin of 6 % of the longer side, 200 pixels: 12 pixels to the right.
    assert_eq!(scene.region, [0, 0, 162, 200]);
    let sketch = draw(&scene, with(6, Quality::Draft));
    let scale = 224.0 / 200.0;
    for stroke in &sketch.drawing.strokes {
        assert!(
            stroke.curve.points(8).all(|p| p[0] < 156.0 * scale),
            "{stroke:?}"
        );
    }
}

#[test]
fn maps_of_another_shape_are_refused() {
    let map = EdgeMap::new(30, 30, vec![0.5; 900]).expect("a map");
    assert!(matches!(
        Scene::new(&disc(), None, &EdgeSource::Map(&map)),
        Err(SketchError::Shapes { .. })
    ));
    assert!(EdgeMap::new(2, 2, vec![0.0; 3]).is_err());
    assert!(EdgeMap::new(1, 1, vec![f32::NAN]).is_err());
    let same = EdgeMap::new(150, 100, vec![0.0; 15_000]).expect("a map");
    assert!(matches!(
        Scene::new(&disc(), None, &EdgeSource::Map(&same)),
        Err(SketchError::Nothing { .. })
    ));
}

#[test]
fn strokes_that_are_there_are_kept_or_bettered() {
    let scene = scene(&disc()).expect("a scene");
    let begin = [Cubic::line([60.0, 40.0], [160.0, 40.0])];
    let settings = with(1, Quality::Draft);
    let sketch = scene
        .draw(&settings, &begin, &mut |_| ControlFlow::Continue(()))
        .expect("good settings");
    assert_eq!(sketch.drawing.strokes[0].curve, begin[0]);
}

#[test]
fn a_watcher_stops_the_work() {
    let scene = scene(&disc()).expect("a scene");
    let mut steps = 0;
    let sketch = scene.draw(&with(4, Quality::Best), &[], &mut |moment| {
        steps = moment.step;
        if moment.step >= 5 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let sketch = sketch.expect("good settings");
    assert!(sketch.stopped && steps == 5 && !sketch.drawing.strokes.is_empty());
}

#[test]
fn color_and_ink_follow_the_picture() {
    let scene = scene(&disc()).expect("a scene");
    let settings = Settings {
        color: true,
        ink: true,
        ..with(5, Quality::Draft)
    };
    let sketch = draw(&scene, settings);
    for stroke in &sketch.drawing.strokes {
        // The darker side is the disc: (40, 50, 90) of 255, a little of the blur with it.
        let wanted = [40.0, 50.0, 90.0].map(|v: f32| v / 255.0);
        let near = stroke
            .color
            .iter()
            .zip(wanted)
            .all(|(a, b)| (a - b).abs() < 0.15);
        assert!(near, "{:?}", stroke.color);
        assert!((0.5 * 3.0..=1.5 * 3.0).contains(&stroke.width));
    }
}

#[test]
fn fewer_strokes_grow_out_of_more() {
    let scene = scene(&disc()).expect("a scene");
    let levels = scene.sweep(&Settings::default(), &[8, 4, 2], &mut |_| {
        ControlFlow::Continue(())
    });
    let levels = levels.expect("falling levels");
    let counts: Vec<usize> = levels.iter().map(|s| s.drawing.strokes.len()).collect();
    assert!(
        counts[0] <= 8 && counts[1] <= 4 && counts[2] <= 2,
        "{counts:?}"
    );
}
