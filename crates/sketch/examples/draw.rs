//! Draws pictures: `draw OUT STROKES QUALITY PICTURE…` writes a PNG of all of them, each beside its
//! original. `PICTURE:EDGES` takes an edge map from a picture.
#![expect(clippy::print_stdout, reason = "an example prints")]
#![expect(clippy::unwrap_used, reason = "an example that fails ends")]

use std::{ops::ControlFlow, path::Path, time::Instant};

use affetti_picture::{DecodeOptions, Filter, Picture, read};
use affetti_sketch::{EdgeMap, EdgeSource, Quality, Scene, Settings, exact};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let levels: Vec<usize> = arguments[1]
        .split(',')
        .map(|v| v.parse().unwrap())
        .collect();
    let quality = Quality::ALL
        .into_iter()
        .find(|q| q.name() == arguments[2])
        .unwrap();
    let side = 224_usize;
    let columns = levels.len() + 1;
    let pictures = &arguments[3..];
    let width = side * columns;
    let mut sheet = vec![255_u8; width * side * pictures.len() * 3];
    for (row, name) in pictures.iter().enumerate() {
        let (name, edges) = name
            .split_once(':')
            .map_or((name.as_str(), None), |(a, b)| (a, Some(b)));
        let load = |name: &str| read(Path::new(name), &DecodeOptions::default()).unwrap();
        let picture = load(name);
        let map = edges.map(|e| EdgeMap::from_picture(&load(e)));
        let source = map.as_ref().map_or(EdgeSource::Gradient, EdgeSource::Map);
        let begun = Instant::now();
        let scene = Scene::new(&picture, None, &source).unwrap();
        let looked = begun.elapsed();
        let mut put = |column: usize, p: &Picture| {
            for y in 0..p.height() as usize {
                let at = ((row * side + y) * width + column * side) * 3;
                let bytes = p.width() as usize * 3;
                sheet[at..at + bytes].copy_from_slice(&p.pixels()[y * bytes..][..bytes]);
            }
        };
        put(
            0,
            &scene.picture().fit_within(side as u32, Filter::Bilinear),
        );
        for (i, &strokes) in levels.iter().enumerate() {
            let begun = Instant::now();
            let settings = Settings {
                strokes,
                quality,
                ..Settings::default()
            };
            let sketch = scene
                .draw(&settings, &[], &mut |_| ControlFlow::Continue(()))
                .unwrap();
            let [recall, precision] = scene.recall_and_precision(&sketch.drawing, 3.0);
            println!(
                "{name} {strokes}: looked {:.0} ms, drew {:.0} ms, loss {:.3}, recall {recall:.2}, precision {precision:.2}, {} strokes",
                looked.as_secs_f64() * 1e3,
                begun.elapsed().as_secs_f64() * 1e3,
                sketch.loss,
                sketch.drawing.strokes.len()
            );
            put(i + 1, &exact::render(&sketch.drawing, 1.0).unwrap());
        }
    }
    let sheet = Picture::new(width as u32, (side * pictures.len()) as u32, sheet).unwrap();
    std::fs::write(&arguments[0], sheet.encode_png()).unwrap();
}
