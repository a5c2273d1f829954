//! What regions add to the prediction of the whole picture.
//!
//! - **Computes** valence and arousal of OASIS photographs and polarity of paintings from the whole
//!   picture alone and from picture and regions together, on the same pictures, with the paired
//!   difference.
//! - **Input** labelled pictures through [`Study`]: every head is asked only of pictures that it has
//!   not seen. A photograph is positive above valence 4; a painting where more viewers named a
//!   positive emotion than a negative one.
//! - **Output** a [`Report`]: accuracy with the majority class beside it, balanced accuracy, area under
//!   the curve, and the correlation with what people said; sweeps of α, β and K as SVG.
//! - **Source** Yang et al. 2018; `docs/facts.md`, "Affective regions: fusion" and
//!   "Affective regions: what stands beside an accuracy".
//! - **Deviation** α, β, K, and the penalty of the regressions are chosen anew for each of five folds,
//!   on the other four, by the squared error of the cue; what is reported is of the fold left out. The
//!   *cue* of a picture or region is its out-of-fold value less 4 for valence and arousal, and
//!   P(positive) − P(negative) for paintings. Where nothing is gained on the other four folds, β may
//!   be 0.
//!
//! | step | file |
//! |---|---|
//! | regions of each picture and their components, kept in a cache | `measure` |
//! | their cues, by heads that have not seen the picture | `case` |
//! | one cue from picture and regions, settings chosen on other pictures | `fuse` |
//! | how good it is, beside the whole picture alone | `figures` |
//! | curves of α, β and K | `sweep` |

mod case;
mod figures;
mod fuse;
mod measure;
mod sweep;
#[cfg(test)]
mod tests;

use affetti_emotion::{Bootstrap, CheckedBootstrap};
use affetti_feel::{Config, Predictor, RegionWay, Study, TrainOptions};

pub use figures::{Figure, Report};

use crate::{edges::Detector, error::RegionsError, find::Options};
use case::{Case, Question, cases};
use fuse::RECALIBRATED;
use measure::{Instruments, measure};

/// What [`evaluate`] measures, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvaluateOptions {
    /// Of the search for regions; its `alpha` and `way` are not used.
    pub find: Options,
    /// How regions are described.
    pub way: RegionWay,
    /// The first so many pictures of each set; 0 for all of them.
    pub limit: usize,
}

/// Measures fusion on the data of `config`. `so_far` sees the report after each set of pictures.
///
/// # Errors
/// Missing or unreadable data.
pub fn evaluate(
    config: &Config,
    predictor: &Predictor,
    detector: &Detector,
    what: &EvaluateOptions,
    options: &TrainOptions<'_>,
    so_far: &mut dyn FnMut(&Report),
) -> Result<Report, RegionsError> {
    let mut report = Report {
        model: format!("{}, {}", predictor.model().name, way_name(what.way)),
        figures: Vec::new(),
        chosen: Vec::new(),
        plots: Vec::new(),
    };
    let bootstrap = Bootstrap::seeded(config.seed).check()?;
    for photographs in [true, false] {
        let study = if photographs {
            Study::photographs(config, predictor, options)?
        } else {
            Study::paintings(config, predictor, options)?
        };
        let questions: &[Question] = if photographs {
            &[Question::Valence, Question::Arousal]
        } else {
            &[Question::Polarity]
        };
        for (question, cases) in questions
            .iter()
            .zip(answers(&study, config, detector, what, questions, options)?)
        {
            judge(*question, &cases, &bootstrap, &mut report)?;
            so_far(&report);
        }
    }
    Ok(report)
}

/// The cases of each question.
fn answers(
    study: &Study,
    config: &Config,
    detector: &Detector,
    what: &EvaluateOptions,
    questions: &[Question],
    options: &TrainOptions<'_>,
) -> Result<Vec<Vec<Case>>, RegionsError> {
    let total = match what.limit {
        0 => study.len(),
        limit => limit.min(study.len()),
    };
    let tools = Instruments {
        detector,
        way: what.way,
        find: what.find,
    };
    let stage = questions.first().map_or("", |q| q.set());
    let measured = measure(study, total, &tools, stage, options)?;
    cases(study, config, &measured, questions)
}

fn judge(
    question: Question,
    cases: &[Case],
    bootstrap: &CheckedBootstrap,
    report: &mut Report,
) -> Result<(), RegionsError> {
    let global: Vec<f64> = cases.iter().map(|c| c.global).collect();
    let fused = fuse::all(question, cases)?;
    let recalibrated = fused.answers.iter().find(|a| a.name == RECALIBRATED);
    for fusion in &fused.answers {
        let over = match recalibrated.filter(|_| fusion.recalibrates) {
            Some(plain) => (plain.name, &plain.cues[..]),
            None => ("global", &global[..]),
        };
        let told = (fusion.name, &fusion.cues[..]);
        report
            .figures
            .extend(figures::of(question, told, over, cases, bootstrap)?);
        if !fusion.settings.is_empty() {
            report.chosen.push(format!(
                "{}, {}: {}",
                question.name(),
                fusion.name,
                fusion.settings.join("; ")
            ));
        }
    }
    report.plots.extend(sweep::plots(question, cases, &fused));
    Ok(())
}

fn way_name(way: RegionWay) -> String {
    match way {
        RegionWay::Crop => "regions cut out".into(),
        RegionWay::Roi(side) => format!("regions pooled at {side} px"),
    }
}
