//! One labelled picture, reduced to the numbers that fusion needs.

use affetti_emotion::{Distribution, Emotion};
use affetti_feel::{Config, Matrix, Study};
use rayon::prelude::*;

use super::measure::Measured;
use crate::{
    affective::{
        ALPHA, Normalization, REGIONS, ar_score, normalize_objectness, sentiment_score, top,
    },
    error::RegionsError,
    find::{Classes, shares},
};

/// Middle of the scales of valence and arousal.
const NEUTRAL: f64 = 4.0;

/// What is asked of which pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Valence of photographs.
    Valence,
    /// Arousal of photographs.
    Arousal,
    /// Positive or negative, of paintings.
    Polarity,
}

impl Question {
    pub(super) fn set(self) -> &'static str {
        match self {
            Self::Valence | Self::Arousal => "photographs",
            Self::Polarity => "paintings",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Valence => "photographs, valence",
            Self::Arousal => "photographs, arousal",
            Self::Polarity => "paintings, polarity",
        }
    }

    /// The word in file names.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Valence => "valence",
            Self::Arousal => "arousal",
            Self::Polarity => "polarity",
        }
    }

    /// The largest cue that there can be.
    pub(super) fn range(self) -> f64 {
        match self {
            Self::Valence | Self::Arousal => 3.0,
            Self::Polarity => 1.0,
        }
    }

    /// Whether the sign of the cue is a class. Hardly a photograph is above the middle in arousal.
    pub(super) fn has_sides(self) -> bool {
        self != Self::Arousal
    }
}

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    pub(super) fold: usize,
    /// What people said, on the scale of the cue.
    pub(super) truth: f64,
    /// Of the whole picture.
    pub(super) global: f64,
    /// Of the mean of the best regions' components, by heads fitted on such means (of a picture
    /// without regions that of the whole picture); none where only a part of the set was measured, and where
    /// the folds share no components ([`Study::refit`]).
    pub(super) refit: Option<f64>,
    /// Of each region.
    pub(super) regions: Vec<Part>,
}

/// One region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// 0..=1.
    pub(super) objectness: f32,
    /// 0..=1.
    pub(super) sentiment: f32,
    pub(super) cue: f64,
}

/// All that is said of any components: the certainty of the sentiment, and the cue of each question.
fn told(
    study: &Study,
    i: usize,
    components: &[f32],
    questions: &[Question],
) -> Result<(f32, Vec<f64>), RegionsError> {
    let emotions = study.emotions(i, components)?;
    let [valence, arousal] = study.affect(i, components)?.unwrap_or([NEUTRAL; 2]);
    let cue = |question: &Question| match question {
        Question::Valence => valence - NEUTRAL,
        Question::Arousal => arousal - NEUTRAL,
        Question::Polarity => emotions.balance(),
    };
    let sentiment = sentiment_score(&shares(&emotions, Classes::Two))?;
    Ok((sentiment, questions.iter().map(cue).collect()))
}

/// The target of a question from what a head or people said.
fn target(question: Question, values: &[f64]) -> Result<f64, RegionsError> {
    Ok(match question {
        Question::Valence => values[0] - NEUTRAL,
        Question::Arousal => values[1] - NEUTRAL,
        Question::Polarity => Distribution::<Emotion>::from_counts(values)?.balance(),
    })
}

/// The cases of each of `questions`, of the pictures that were measured.
pub(super) fn cases(
    study: &Study,
    config: &Config,
    measured: &[Measured],
    questions: &[Question],
) -> Result<Vec<Vec<Case>>, RegionsError> {
    let pictures: Vec<(Vec<Case>, Vec<f32>)> = measured
        .par_iter()
        .enumerate()
        .map(|(i, picture)| one(study, i, picture, questions))
        .collect::<Result<_, RegionsError>>()?;
    let mut cases = vec![Vec::with_capacity(pictures.len()); questions.len()];
    let mut means = Matrix::default();
    for (of_picture, mean) in pictures {
        means.columns = mean.len();
        means.data.extend(mean);
        for (all, case) in cases.iter_mut().zip(of_picture) {
            all.push(case);
        }
    }
    // Heads are fitted on whole sets; of a part of one there are none.
    if measured.len() == study.len() {
        for values in study.refit(config, means)?.iter() {
            for (&question, cases) in questions.iter().zip(&mut cases) {
                for (case, values) in cases.iter_mut().zip(values) {
                    case.refit = Some(target(question, values)?);
                }
            }
        }
    }
    Ok(cases)
}

/// The cases of picture `i`, and the mean components of its best regions.
fn one(
    study: &Study,
    i: usize,
    picture: &Measured,
    questions: &[Question],
) -> Result<(Vec<Case>, Vec<f32>), RegionsError> {
    let whole = study.components(i);
    let (_, global) = told(study, i, &whole, questions)?;
    let objectness = normalize_objectness(&picture.objectness, Normalization::Max)?;
    let regions = picture
        .components
        .iter()
        .map(|components| told(study, i, components, questions))
        .collect::<Result<Vec<_>, _>>()?;
    let mut made = Vec::with_capacity(questions.len());
    for (q, &question) in questions.iter().enumerate() {
        let parts = regions.iter().zip(&objectness);
        made.push(Case {
            fold: study.fold(i),
            truth: target(question, study.target(i))?,
            global: global[q],
            refit: None,
            regions: parts
                .map(|((sentiment, cues), &objectness)| Part {
                    objectness,
                    sentiment: *sentiment,
                    cue: cues[q],
                })
                .collect(),
        });
    }
    let scores = regions
        .iter()
        .zip(&objectness)
        .map(|((sentiment, _), &objectness)| ar_score(objectness, *sentiment, ALPHA))
        .collect::<Result<Vec<f32>, _>>()?;
    let best = top(&scores, REGIONS);
    let mut mean = vec![0.0_f32; whole.len()];
    for &region in &best {
        let row = &picture.components[region];
        mean.iter_mut()
            .zip(row)
            .for_each(|(m, v)| *m += v / best.len() as f32);
    }
    Ok((made, if best.is_empty() { whole } else { mean }))
}
