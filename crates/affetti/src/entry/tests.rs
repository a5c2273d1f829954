//! What tests of report, verdict and card share.

use super::ReportEntry;

/// The painting of [`sample`], whose model says how unsure its shares are and how unusual it is.
pub(crate) fn unsure(novelty: f64) -> ReportEntry {
    let around = |share: f64| [(share - 0.1).max(0.0), share + 0.105];
    ReportEntry {
        share_intervals: Some(sample().emotions.map(around)),
        novelty: Some(novelty),
        ..sample()
    }
}

/// A made-up painting.
pub(crate) fn sample() -> ReportEntry {
    ReportEntry {
        path: "gallery/storm.jpg".into(),
        width: 1200,
        height: 900,
        emotions: [0.02, 0.52, 0.11, 0.05, 0.01, 0.01, 0.19, 0.04, 0.05],
        polarity: [0.70, 0.25, 0.05],
        valence: 4.62,
        arousal: 5.05,
        share_intervals: None,
        novelty: None,
        valence_interval: [3.58, 5.66],
        arousal_interval: [4.21, 5.89],
        dominant: 1,
        entropy: 1.5,
        warmth: -0.21,
        saturation: 0.34,
        brightness: 0.41,
        contrast: 0.22,
        palette: vec![
            ([0x1e, 0x2a, 0x4f], 0.41),
            ([0x6b, 0x7c, 0x93], 0.25),
            ([0xc9, 0xb9, 0x8a], 0.17),
            ([0x3a, 0x2f, 0x2b], 0.12),
            ([0xf2, 0xee, 0xe3], 0.05),
        ],
        thumbnail_jpeg: b"foobar".to_vec(),
        link: None,
        ranks: None,
        caption: Some("A painter, Storm, 1850".into()),
        regions: Vec::new(),
        heat: None,
        said: None,
        intention: None,
    }
}
