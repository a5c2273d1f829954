//! Regions of a collection: a stream of inputs becomes a stream of affective regions.

use std::ops::ControlFlow;

use affetti_feel::{FeelError, Scratch};
use affetti_picture::DecodeOptions;
use affetti_regions::{
    edges::Kind,
    find,
    occlusion::{self, occlusion},
};

use crate::{
    answers::RegionsReading,
    drawings::drawings,
    models::Models,
    pipeline::{self, Control, Fault, Found, Outcome, Task, Work},
};

/// How regions of a collection are found and shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegionsOptions {
    /// How pictures are decoded, with the limits on them.
    pub decode: DecodeOptions,
    /// Whose edges the search follows.
    pub edges: Kind,
    /// Of the search.
    pub find: find::Options,
    /// Whether readings carry drawings. Default false: the occlusion map in them takes a hundred
    /// predictions.
    pub drawings: bool,
    /// Regions drawn on the picture.
    pub shown: usize,
}

impl Default for RegionsOptions {
    fn default() -> Self {
        Self {
            decode: DecodeOptions::default(),
            edges: Kind::usual(),
            find: find::Options::default(),
            drawings: false,
            shown: affetti_regions::affective::REGIONS,
        }
    }
}

/// Finds the regions of every picture of `inputs` and hands the outcomes to `sink`, on this thread
/// and in the order of the inputs, until the sink breaks.
///
/// # Errors
/// Missing or damaged weights of the predictor, told before the work; those of the edge detector are
/// the failure of each picture.
pub fn regions(
    models: &Models,
    inputs: impl Iterator<Item = Found> + Send,
    options: &RegionsOptions,
    control: &Control<'_>,
    sink: impl FnMut(Outcome<RegionsReading>) -> ControlFlow<()>,
) -> Result<(), FeelError> {
    models.predictor()?;
    // Before many workers ask for it at once; what fails is told of each picture.
    let _ = models.detector(options.edges);
    pipeline::run(&Finding { models, options }, inputs, control, sink);
    Ok(())
}

/// The work of [`regions`](fn@regions) on one picture.
pub struct Finding<'a> {
    /// The predictor and the edge detector.
    pub models: &'a Models,
    /// How it is done.
    pub options: &'a RegionsOptions,
}

impl Work for Finding<'_> {
    type State = Scratch;
    type Answer = RegionsReading;

    fn state(&self) -> Scratch {
        Scratch::default()
    }

    fn threads(&self) -> usize {
        self.models.threads()
    }

    fn answer(&self, task: &Task<'_>, scratch: &mut Scratch) -> Result<RegionsReading, Fault> {
        let (options, threads) = (self.options, task.threads);
        let predictor = self.models.predictor()?;
        let detector = self.models.detector(options.edges)?;
        let opened = task.open(&options.decode)?;
        let picture = &opened.picture;
        let found = find::find(
            picture,
            predictor,
            detector,
            &options.find,
            scratch,
            threads,
        )?;
        let drawings = if options.drawings {
            let how = occlusion::Options {
                threads,
                ..occlusion::Options::default()
            };
            let heat = occlusion(picture, predictor, &how)?;
            Some(drawings(picture, &found, &heat, options.shown))
        } else {
            None
        };
        Ok(RegionsReading {
            path: task.job.source.name(),
            width: picture.width(),
            height: picture.height(),
            found,
            drawings,
        })
    }
}
