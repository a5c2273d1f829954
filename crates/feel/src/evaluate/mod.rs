//! Every figure of a card, computed again: on the test split, and out of fold over all labelled
//! pictures, each beside the prior and beside a baseline: a plain head on one frozen network, or
//! another predictor.
//!
//! Out of fold, heads and their settings are chosen anew in every fold; the basis, which sees no
//! label, is not. The coverage of prior and baseline is that of the model's half-width around their
//! predictions. Photographs of one theme (`Acorns 1`, `Acorns 2`) may stand on both sides, as they do
//! in the published set.

mod answers;
mod judge;

use crate::config::Config;
use crate::dataset::{Set, measure, painted, photographs};
use crate::error::FeelError;
use crate::figures::Figures;
use crate::predictor::{ModelId, Predictor};
use crate::train::{LEARN, Step, TrainOptions, fingerprint, split_rows};
use affetti_data::{Split, splits::folds};
use affetti_emotion::Bootstrap;
pub(crate) use answers::Fitted;
use answers::{Answers, Contestant, Frozen, Part};
use judge::Judge;

/// Folds of the out-of-fold figures.
const FOLDS: usize = 5;

/// A predictor and the config it was trained by.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Chooses heads out of fold.
    pub config: &'a Config,
    /// Measures features and answers on the test split.
    pub predictor: &'a Predictor,
}

/// The labelled pictures with the features of one predictor.
struct Pictures {
    photos: Set,
    paintings: Set,
}

/// Measures the predictor of `entry` on the data that its config names, beside `rival`, or beside a
/// plain head on frozen features where there is none.
///
/// # Errors
/// Missing or unreadable data.
pub fn evaluate(
    entry: Entry<'_>,
    rival: Option<Entry<'_>>,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let config = settings(entry);
    let pictures = pictures(&config, entry.predictor, options)?;
    let fitted = Fitted {
        config: &config,
        predictor: entry.predictor,
    };
    let Some(rival) = rival else {
        return figures_of(fitted, &pictures.photos, &pictures.paintings, options);
    };
    let theirs = settings(rival);
    let seen = self::pictures(&theirs, rival.predictor, options)?;
    let name = named(rival.predictor.model());
    let rival = Fitted {
        config: &theirs,
        predictor: rival.predictor,
    };
    let ours = [&pictures.photos, &pictures.paintings];
    figures(
        fitted,
        ours,
        &rival,
        [&seen.photos, &seen.paintings],
        &name,
        options,
    )
}

/// The config with the features that the predictor measures.
fn settings(entry: Entry<'_>) -> Config {
    Config {
        features: entry.predictor.weights().settings.clone(),
        ..entry.config.clone()
    }
}

fn pictures(
    config: &Config,
    predictor: &Predictor,
    options: &TrainOptions<'_>,
) -> Result<Pictures, FeelError> {
    let print = fingerprint(config, &predictor.weights().backbones)?;
    let extractor = predictor.extractor();
    let measured = |samples, stage| measure(samples, extractor, &print, stage, options);
    Ok(Pictures {
        photos: measured(photographs(options.data)?, "photographs")?,
        paintings: measured(painted(options.data)?, "paintings")?,
    })
}

/// The figures beside those of the frozen baseline, given the features.
pub(crate) fn figures_of(
    fitted: Fitted<'_>,
    photos: &Set,
    paintings: &Set,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let frozen = Frozen::of(fitted.config, fitted.predictor.weights());
    let sets = [photos, paintings];
    let name = "plain head on the pooled features of the last backbone";
    figures(fitted, sets, &frozen, sets, name, options)
}

fn named(ModelId { name, sha256 }: &ModelId) -> String {
    format!("{name}, sha256 {}", &sha256[..16.min(sha256.len())])
}

/// The figures of `fitted` on `ours` beside those of `baseline` on `theirs`, the same pictures.
fn figures(
    fitted: Fitted<'_>,
    ours: [&Set; 2],
    baseline: &dyn Contestant,
    theirs: [&Set; 2],
    name: &str,
    options: &TrainOptions<'_>,
) -> Result<Figures, FeelError> {
    let judge = Judge {
        bootstrap: Bootstrap::seeded(fitted.config.seed).check()?,
    };
    let mut figures = Vec::new();
    let stages = [
        "photographs: test",
        "paintings: test",
        "photographs: 5-fold",
        "paintings: 5-fold",
    ];
    for (done, stage) in stages.into_iter().enumerate() {
        let total = stages.len();
        (options.progress)(Step { stage, done, total });
        let (ours, theirs) = (ours[done % 2], theirs[done % 2]);
        let parts = if done < 2 {
            vec![Part::test(ours)]
        } else {
            Part::folds(ours)?
        };
        figures.extend(if done % 2 == 0 {
            let ask = |who: &dyn Contestant, set: &Set, part: &Part| who.affect(set, part);
            judge.affect_figures(
                &Answers::of(&fitted, ours, baseline, theirs, &parts, ask)?,
                stage,
            )?
        } else {
            let ask = |who: &dyn Contestant, set: &Set, part: &Part| who.emotions(set, part);
            judge.emotion_figures(
                &Answers::of(&fitted, ours, baseline, theirs, &parts, ask)?,
                stage,
            )?
        });
    }
    Ok(Figures {
        model: named(fitted.predictor.model()),
        against: name.to_owned(),
        figures,
    })
}

impl Part {
    /// The test split, which no finished predictor has learned from.
    fn test(set: &Set) -> Self {
        Self {
            seen: set.rows(&LEARN),
            held: set.rows(&[Split::Test]),
            finished: true,
        }
    }

    /// Every picture in the part that it is left out of.
    fn folds(set: &Set) -> Result<Vec<Self>, FeelError> {
        let all: Vec<usize> = (0..set.samples.len()).collect();
        let fold_of = folds(FOLDS, &set.groups(&all))?;
        let part = |fold| {
            let (held, seen) = split_rows(&fold_of, fold);
            Self {
                seen,
                held,
                finished: false,
            }
        };
        Ok((0..FOLDS).map(part).collect())
    }
}
