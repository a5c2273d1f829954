//! The whole method with small networks of random weights, and its gradient against differences.

use affetti_nets::clip::{
    Shape,
    resnet::{self, ClipResNet},
    vit::{self, ClipVit, Gate},
};
use affetti_picture::Picture;
use affetti_testkit::{Values, pixels};
use affetti_weights::tensors::{Tensor, Tensors};

use super::*;

const SIDE: usize = 64;

/// Weights of He's deviation, scales around 1.
fn tensors(shape: Shape, seed: u64) -> Tensors {
    let mut values = Values::new(seed);
    let fill = |(name, sizes): (String, Vec<usize>)| {
        let count: usize = sizes.iter().product();
        let scale = match sizes.as_slice() {
            [_] if name.ends_with("weight") || name.ends_with("running_var") => 0.3,
            [_] => 0.1,
            _ => (6.0 / (count / sizes[0]) as f32).sqrt(),
        };
        let middle =
            if name.ends_with("running_var") || (sizes.len() == 1 && name.ends_with("weight")) {
                1.0
            } else {
                0.0
            };
        let data = values
            .many(count)
            .iter()
            .map(|v| middle + scale * v)
            .collect();
        (name, Tensor { shape: sizes, data })
    };
    Tensors {
        map: shape.tensors().into_iter().map(fill).collect(),
        ..Tensors::default()
    }
}

fn method() -> Clipasso {
    let seeing = resnet::Shape {
        side: SIDE,
        width: 8,
        blocks: [1, 1, 1, 1],
        heads: 4,
        outputs: 16,
    };
    let attending = vit::Shape {
        side: SIDE,
        patch: 16,
        width: 64,
        heads: 1,
        layers: 2,
        outputs: 16,
    };
    let seen = ClipResNet::new(seeing, tensors(Shape::ResNet(seeing), 1)).expect("weights");
    let attended =
        ClipVit::new(attending, Gate::Quick, tensors(Shape::Vit(attending), 2)).expect("weights");
    Clipasso::new(seen, attended).expect("one side")
}

/// A dark disc on light ground.
fn disc() -> Picture {
    let color = |x: u32, y: u32| {
        let far = (f64::from(x) - 60.0).hypot(f64::from(y) - 50.0);
        if far < 30.0 {
            [40, 50, 90]
        } else {
            [230, 225, 210]
        }
    };
    Picture::new(120, 100, pixels(120, 100, color)).expect("a picture")
}

fn photo(quirks: Quirks) -> Photo {
    Photo::new(&disc(), None, SIDE, quirks).expect("a photo")
}

fn settings() -> ClipassoSettings {
    ClipassoSettings {
        strokes: 4,
        iterations: 41,
        views: 2,
        ..ClipassoSettings::default()
    }
}

fn draw(method: &Clipasso, settings: &ClipassoSettings) -> Sketch {
    let photo = photo(settings.quirks);
    method
        .draw(&photo, settings, &[], &mut |_| ControlFlow::Continue(()))
        .expect("good settings")
}

#[test]
fn a_drawing_gets_better_and_is_repeatable() {
    let method = method();
    let begun = draw(
        &method,
        &ClipassoSettings {
            iterations: 1,
            ..settings()
        },
    );
    let ended = draw(&method, &settings());
    assert!(
        ended.loss < 0.98 * begun.loss,
        "{} {}",
        ended.loss,
        begun.loss
    );
    assert_eq!(ended.drawing.strokes.len(), 4);
    assert!(ended.drawing.check().is_ok() && !ended.stopped);
    assert_eq!(ended.drawing.strokes[0].width, 3.0);
    assert_eq!(ended, draw(&method, &settings()));
    let other = draw(
        &method,
        &ClipassoSettings {
            seed: 1000,
            ..settings()
        },
    );
    assert_ne!(other.drawing, ended.drawing);
    // The kept drawing is the one whose loss is told.
    let photo = photo(Quirks::default());
    let mut loss = Loss::new(
        &method.seeing,
        &photo,
        ClipassoSettings {
            views: 0,
            ..settings()
        },
    );
    let again = loss.step(&Raster::new(&ended.drawing, 1.0), &mut Rng::with_seed(0));
    assert!(
        (again.plain - ended.loss).abs() < 1e-6 * ended.loss,
        "{}",
        again.plain
    );
}

#[test]
fn quirks_change_what_is_drawn() {
    let method = method();
    let usual = draw(&method, &settings());
    let late = ClipassoSettings {
        quirks: Quirks::ALL,
        ..settings()
    };
    let late = draw(&method, &late);
    // The same run, its best one step later.
    assert_eq!(late.loss, usual.loss);
    assert_ne!(late.drawing, usual.drawing);
    let far = |n: usize| {
        let pair = [&late, &usual].map(|s| s.drawing.strokes[n].curve.0);
        let points = pair[0].as_flattened().iter().zip(pair[1].as_flattened());
        points.fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()))
    };
    assert!((0..4).all(|n| far(n) < 3.0));
    for quirks in [
        Quirks {
            black_corners: false,
            ..Quirks::default()
        },
        Quirks {
            stretch: false,
            ..Quirks::default()
        },
        Quirks {
            normalized_lines: false,
            ..Quirks::default()
        },
    ] {
        let other = draw(
            &method,
            &ClipassoSettings {
                quirks,
                ..settings()
            },
        );
        assert_ne!(other.drawing, usual.drawing, "{quirks:?}");
    }
}

#[test]
fn strokes_begin_short_on_lines() {
    let method = method();
    let saliency = Saliency::new(&photo(Quirks::ALL), &method.attending, &settings());
    let mut rng = Rng::with_seed(4);
    // Ten pixels of this small picture are lines; see `xdog` for why a dark face may be none.
    let places = saliency.expect("lines").draw(8, &mut rng).expect("places");
    // The disc in the square view: half axes 30 · 64/120 and 30 · 64/100 around (32, 32).
    let near = |[x, y]: &Point| {
        let (x, y) = ((x - 32.0) / 16.0, (y - 32.0) / 19.2);
        (0.7..1.3).contains(&x.hypot(y))
    };
    assert!(places.iter().all(near), "{places:?}");
    let short = method.short([10.0, 20.0], &mut rng);
    assert_eq!(short.0[0], [10.0, 20.0]);
    for pair in short.0.windows(2) {
        // 5 % of the side, half to each way.
        assert!((0..2).all(|k| (pair[1][k] - pair[0][k]).abs() <= 0.025 * 64.0));
    }
}

/// The slope along random directions of all control points; kinks of rectifiers and of the
/// rasteriser's ramp are where two steps of the difference do not agree.
#[test]
fn the_gradient_meets_finite_differences() {
    let method = method();
    let photo = photo(Quirks::default());
    let mut loss = Loss::new(&method.seeing, &photo, settings());
    let mut random = Values::new(12);
    let curves: Vec<Cubic> = (0..4)
        .map(|_| {
            let mut value = || 32.0 + 26.0 * random.next().expect("endless");
            Cubic([(); 4].map(|()| [value(), value()]))
        })
        .collect();
    // The same views each time.
    let mut at = |curves: &[Cubic]| {
        let raster = Raster::new(&drawn(curves, SIDE as f32, 3.0), 1.0);
        let told = loss.step(&raster, &mut Rng::with_seed(6));
        (told.all, raster.backward(&told.by_pixel))
    };
    let (_, gradient) = at(&curves);
    let flat: Vec<f64> = gradient
        .iter()
        .flat_map(|g| g.points.as_flattened().to_vec())
        .map(f64::from)
        .collect();
    let norm = flat.iter().map(|v| v * v).sum::<f64>().sqrt();
    let (mut worst, mut total) = (0.0_f64, 0);
    for _ in 0..40 {
        let direction: Vec<f32> = random.many(flat.len());
        let mut moved = |h: f32| {
            let mut moved = curves.clone();
            let all = moved.iter_mut().flat_map(|c| c.0.as_flattened_mut());
            all.zip(&direction).for_each(|(v, d)| *v += h * d);
            at(&moved).0
        };
        let mut difference = |h: f32| (moved(h) - moved(-h)) / f64::from(2.0 * h);
        let (coarse, fine) = (difference(4e-3), difference(2e-3));
        if (coarse - fine).abs() > 0.02 * norm {
            continue;
        }
        let found: f64 = flat
            .iter()
            .zip(&direction)
            .map(|(g, d)| g * f64::from(*d))
            .sum();
        worst = worst.max((found - fine).abs() / norm);
        total += 1;
    }
    println!("worst {worst:.4} of the gradient's length over {total}");
    assert!(
        norm > 0.0 && total >= 20 && worst < 0.03,
        "{worst} over {total}, {norm}"
    );
}

#[test]
fn the_same_picture_costs_nothing() {
    let method = method();
    let white = Picture::new(64, 64, vec![255; 64 * 64 * 3]).expect("a picture");
    let photo = Photo::new(&white, None, SIDE, Quirks::ALL).expect("a photo");
    let mut loss = Loss::new(&method.seeing, &photo, settings());
    let raster = Raster::new(&Drawing::white(64.0, 64.0), 1.0);
    let told = loss.step(&raster, &mut Rng::with_seed(1));
    assert!(
        told.plain.abs() < 1e-7 && told.all.abs() < 1e-7,
        "{} {}",
        told.plain,
        told.all
    );
    assert!(told.by_pixel.iter().flatten().all(|g| g.abs() < 1e-6));
}

#[test]
fn bad_settings_and_pictures_are_told() {
    let method = method();
    let quiet = &mut |_: Moment<'_>| ControlFlow::Continue(());
    for wrong in [
        ClipassoSettings {
            strokes: 0,
            ..settings()
        },
        ClipassoSettings {
            strokes: 10_000,
            ..settings()
        },
        ClipassoSettings {
            width: f32::NAN,
            ..settings()
        },
        ClipassoSettings {
            iterations: 0,
            ..settings()
        },
        ClipassoSettings {
            views: 65,
            ..settings()
        },
        ClipassoSettings {
            temperature: 0.0,
            ..settings()
        },
        ClipassoSettings {
            semantic: -1.0,
            ..settings()
        },
    ] {
        let error = method.draw(&photo(Quirks::ALL), &wrong, &[], quiet);
        assert!(
            matches!(error, Err(SketchError::Parameter { .. })),
            "{wrong:?}"
        );
    }
    for (width, height) in [(300, 200), (8, 8), (1, 1), (20_000, 50)] {
        let gray = vec![200; (width * height * 3) as usize];
        let blank = Picture::new(width, height, gray).expect("a picture");
        for quirks in [Quirks::ALL, Quirks::NONE] {
            let photo = Photo::new(&blank, None, SIDE, quirks);
            let settings = ClipassoSettings {
                iterations: 1,
                quirks,
                ..settings()
            };
            let found = method.draw(&photo.expect("a photo"), &settings, &[], quiet);
            // A frame around it is a line.
            let framed = width != height && quirks == Quirks::NONE;
            match found {
                Err(SketchError::Nothing { .. }) => {}
                Ok(sketch) if framed => assert!(sketch.drawing.check().is_ok()),
                other => panic!("{width} × {height}: {other:?}"),
            }
        }
    }
}

#[test]
fn strokes_that_are_there_are_gone_on_from_and_a_watcher_stops() {
    let method = method();
    let begin = [Cubic::line([10.0, 10.0], [50.0, 50.0])];
    let settings = ClipassoSettings {
        strokes: 1,
        ..settings()
    };
    let mut steps = 0;
    let sketch = method.draw(&photo(Quirks::ALL), &settings, &begin, &mut |moment| {
        steps = moment.step;
        assert_eq!((moment.of, moment.view), (41, [64.0; 2]));
        if moment.step == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let sketch = sketch.expect("good settings");
    assert!(sketch.stopped && steps == 3 && sketch.iterations == 3);
    // Looked at before the first step, and kept one step later by the published program.
    let moved = sketch.drawing.strokes[0].curve.0[0];
    assert!((moved[0] - 10.0).abs() <= 1.01 && (moved[1] - 10.0).abs() <= 1.01);
    let other = vit::Shape {
        side: 32,
        patch: 16,
        width: 64,
        heads: 1,
        layers: 1,
        outputs: 8,
    };
    let net = ClipVit::new(other, Gate::Quick, tensors(Shape::Vit(other), 3)).expect("weights");
    assert!(Clipasso::new(method.seeing.clone(), net).is_err());
}
