//! What is said of a finished training: its figures and its card.

use affetti_data::bsds::{self, Part};
use affetti_nets::efficientnet_lite::Variant;
use affetti_train::card::{Parts, start};
use affetti_train::{Figures, Places, Stored};
use affetti_weights::registry::{self, InputContract};

use super::Config;
use crate::RegionsError;
use crate::edges::{Detector, EdgeFigures, EdgeNetwork, EvaluateOptions, evaluate};

/// The published trunk.
pub(super) const START: &str = Variant::Lite0.name();
/// Thresholds of the card's figures, those of the published benchmark.
const THRESHOLDS: usize = crate::boundary::THRESHOLDS;

/// On BSDS500 val.
pub(super) fn measure(
    config: &Config,
    places: &Places<'_>,
    stored: &Stored,
) -> Result<EdgeFigures, RegionsError> {
    let examples = bsds::read(&places.data.join("bsds500"), Part::Val)?;
    let detector = Detector::Net(EdgeNetwork::from_bytes(&stored.bytes, &stored.file, 1)?);
    let how = EvaluateOptions {
        thresholds: THRESHOLDS,
        seed: config.common.seed,
        progress: &|done, all| (places.stage)("pictures measured", done, all),
    };
    evaluate(&detector, &examples, "BSDS500 val", &how)
}

pub(super) fn card(figures: &EdgeFigures) -> Result<Parts, RegionsError> {
    Ok(Parts {
        kind: "edges",
        embedded: true,
        input: InputContract {
            resolution: Vec::new(),
            channels: "RGB, any size, best about 500 pixels".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "none".into(),
            views: vec!["full".into()],
        },
        starts: vec![start(&registry::card(START)?)],
        data: "BSDS500 train: boundaries drawn on 200 photographs, a tenth of them held out to choose the epoch (Arbelaez, Maire, Fowlkes & Malik 2011; research use, not redistributed)"
            .into(),
        options: "",
        metrics: figures.metrics(),
        cautions: &CAUTIONS,
    })
}

const CAUTIONS: [&str; 2] = [
    "Learned from photographs of about 500 pixels: on paintings it finds what would be a boundary in a photograph, and no figure says how well.",
    "What counts as a boundary is what a few annotators drew.",
];

impl Figures for EdgeFigures {
    fn table(&self) -> String {
        Self::table(self)
    }

    fn csv(&self) -> String {
        Self::csv(self)
    }

    fn json(&self) -> String {
        Self::json(self)
    }
}
