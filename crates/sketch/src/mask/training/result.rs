//! What is said of a finished training: its figures and its card.

use affetti_nets::u2net;
use affetti_train::{
    Figures, Places, Stored,
    augment::Augmentation,
    card::{Parts, start},
};
use affetti_weights::registry::{self, InputContract, Metric};
use fastrand::Rng;

use super::{
    Config,
    sample::{Taught, composite},
    task::MaskTask,
};
use crate::{
    error::SketchError,
    mask::{MaskFigures, MaskNetwork, SIDE, evaluate, evaluate::overlaps},
};

/// So many composites of pictures held out are measured.
const COMPOSITES: usize = 100;

/// Figures on pictures held out.
#[derive(Debug)]
pub struct MaskResult {
    /// Beside the teacher's maps.
    pub figures: MaskFigures,
    /// Beside true masks; none where no picture has an object that can be cut out, or all have.
    pub composites: Option<Metric>,
}

pub(super) fn measure(
    config: &Config,
    places: &Places<'_>,
    task: &MaskTask,
    stored: &Stored,
) -> Result<MaskResult, SketchError> {
    let (name, seed) = (&config.common.name, config.common.seed);
    let network = MaskNetwork::from_bytes(&stored.bytes, &stored.file)?;
    let measuring = |done, all| (places.stage)("pictures measured", done, all);
    Ok(MaskResult {
        figures: evaluate(&network, name, &task.held, seed, &measuring)?,
        composites: on_composites(&network, task, seed)?,
    })
}

/// Agreement with the true masks of composites of pictures held out, beside the start's.
fn on_composites(
    network: &MaskNetwork,
    task: &MaskTask,
    seed: u64,
) -> Result<Option<Metric>, SketchError> {
    let (mut objects, mut grounds) = (Vec::new(), Vec::new());
    for example in super::spread(task.held.clone(), 2 * COMPOSITES) {
        let (picture, map) = example.open()?;
        let taught = Taught::new(&picture, &map);
        let kind = if taught.definite {
            &mut objects
        } else {
            &mut grounds
        };
        kind.push(taught);
    }
    if objects.is_empty() || grounds.is_empty() {
        return Ok(None);
    }
    let still = Augmentation {
        scale: [1.0, 1.0],
        turn: 0.0,
        color: 0.0,
    };
    let mut random = Rng::with_seed(seed);
    let pairs: Vec<_> = (0..COMPOSITES)
        .map(|n| {
            let (object, ground) = (&objects[n % objects.len()], &grounds[n % grounds.len()]);
            let made = composite(object, ground, &still, &mut random);
            let truth = made.chances.iter().map(|v| *v >= 0.5).collect();
            (made.pixels, truth)
        })
        .collect();
    let figure = MaskFigures::mean(&overlaps(network, &pairs), seed);
    let before = MaskFigures::mean(&overlaps(&MaskNetwork::new(&task.start), &pairs), seed);
    Ok(Some(Metric {
        set: "held out: composites".into(),
        name: "mean IoU with the true mask".into(),
        value: figure.0,
        baseline: before.0,
        against: u2net::PUBLISHED.into(),
        interval: figure.1,
        n: COMPOSITES,
    }))
}

pub(super) fn card(task: &MaskTask, result: &MaskResult) -> Result<Parts, SketchError> {
    let published = registry::card(u2net::PUBLISHED)?;
    let learned = task.learned();
    let mut metrics = result.figures.metrics();
    metrics.extend(result.composites.clone());
    Ok(Parts {
        kind: "mask",
        embedded: true,
        starts: vec![start(&published)],
        input: InputContract {
            resolution: vec![SIDE],
            channels: published.input.channels,
            mean: 0.0,
            scale: 255.0,
            filter: "lanczos".into(),
            views: vec!["full".into()],
        },
        data: format!(
            "{learned} pictures of the labelled paintings, OASIS and BSDS500, splits train (research use and open access, not redistributed), with maps of U2NetP (Qin et al. 2020, MIT; peers/u2netp_maps.py), and composites of their objects"
        ),
        options: " --maps MAPS",
        metrics,
        cautions: &CAUTIONS,
    })
}

const CAUTIONS: [&str; 2] = [
    "It begins as U2NetP and is held to it, not to people: where U2NetP is wrong, it is wrong too.",
    "Pictures without a single object have no right answer, and it gives one all the same.",
];

impl Figures for MaskResult {
    fn table(&self) -> String {
        self.figures.table()
    }

    fn csv(&self) -> String {
        self.figures.csv()
    }

    fn json(&self) -> String {
        self.figures.json()
    }
}
