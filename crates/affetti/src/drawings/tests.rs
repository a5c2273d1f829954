//! Drawings of made-up regions.

use affetti_emotion::{Distribution, Emotion, Label};
use affetti_picture::{DecodeOptions, Picture, decode};
use affetti_regions::{
    Map,
    find::{AffectiveRegion, Found},
    occlusion::Heat,
};

use super::drawings;

fn region(region: [u32; 4], emotion: Emotion, score: f32) -> AffectiveRegion {
    let shares: Vec<f64> = Emotion::ALL
        .iter()
        .map(|&e| if e == emotion { 0.6 } else { 0.05 })
        .collect();
    AffectiveRegion {
        region,
        objectness: 0.5,
        sentiment: 0.25,
        score,
        emotions: Distribution::from_counts(&shares).unwrap(),
    }
}

/// Also used by the tests of lines and cards.
pub(crate) fn found() -> Found {
    Found {
        proposals: 1234,
        regions: vec![
            region([20, 10, 100, 60], Emotion::Fear, 0.8),
            region([100, 40, 80, 90], Emotion::Awe, 0.4),
        ],
    }
}

#[test]
fn drawings_are_whole_files() {
    for (width, height) in [(200, 150), (1, 1), (900, 30)] {
        let picture = Picture::new(width, height, vec![90; (width * height * 3) as usize]).unwrap();
        let small = picture.fit_within(500, affetti_picture::Filter::Bilinear);
        let (w, h) = (small.width() as usize, small.height() as usize);
        let heat = Heat {
            map: Map::new(w, h, vec![0.1; w * h]).unwrap(),
            emotion: Emotion::Fear,
        };
        let all = if width == 200 {
            found()
        } else {
            Found::default()
        };
        let drawn = drawings(&picture, &all, &heat, 8);
        let back = |png: &[u8]| decode(png, &DecodeOptions::default()).unwrap();
        assert_eq!(back(&drawn.annotated).width(), small.width());
        assert!(back(&drawn.figure).width() >= 5 * small.width());
        assert_eq!(drawn.svg.matches("<rect").count(), all.regions.len());
        assert!(drawn.svg.ends_with("</svg>\n"));
    }
    // The corner of the best box has its emotion's color.
    let picture = Picture::new(200, 150, vec![90; 90_000]).unwrap();
    let annotated = super::draw::annotated(&picture, &found().regions, 1.0);
    assert_eq!(annotated.pixel(20, 10), super::draw::color(Emotion::Fear));
    assert_eq!(annotated.pixel(5, 5), [90; 3]);
}
