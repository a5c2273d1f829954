//! Lines, cards and drawings of made-up regions.

use affetti_emotion::{Distribution, Emotion, Label};
use affetti_picture::{DecodeOptions, Picture, decode};
use affetti_regions::{
    Map,
    find::{AffectiveRegion, Found},
    occlusion::Heat,
};

use super::{RegionsReading, card, drawings};
use crate::card::CardStyle;

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

fn found() -> Found {
    Found {
        proposals: 1234,
        regions: vec![
            region([20, 10, 100, 60], Emotion::Fear, 0.8),
            region([100, 40, 80, 90], Emotion::Awe, 0.4),
        ],
    }
}

fn reading(found: Found) -> RegionsReading {
    RegionsReading {
        path: "a\u{202e}.jpg".into(),
        width: 200,
        height: 150,
        found,
        drawings: None,
    }
}

#[test]
fn the_line_is_the_contract() {
    let one = Found {
        proposals: 7,
        regions: found().regions[..1].to_vec(),
    };
    assert_eq!(
        reading(one).json().unwrap(),
        "{\"path\":\"a\u{202e}.jpg\",\"proposals\":7,\"regions\":[{\"box\":[20,10,100,60],\
         \"objectness\":0.5,\"sentiment\":0.25,\"score\":0.8,\"emotions\":{\"amusement\":0.05,\
         \"awe\":0.05,\"contentment\":0.05,\"excitement\":0.05,\"anger\":0.05,\"disgust\":0.05,\
         \"fear\":0.6,\"sadness\":0.05,\"something else\":0.05}}]}"
    );
}

#[test]
fn the_card_names_the_best_and_hides_tricks() {
    let text = card(&reading(found()), &CardStyle::default(), 1);
    assert!(text.contains("2 regions of 1234 proposals"), "{text}");
    assert!(
        text.contains("20, 10, 100, 60          fear 60 %"),
        "{text}"
    );
    assert!(!text.contains('\u{202e}'));
    let none = card(&reading(Found::default()), &CardStyle::default(), 8);
    assert!(none.contains("no regions"), "{none}");
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
