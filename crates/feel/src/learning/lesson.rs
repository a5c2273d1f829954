//! Labelled pictures on their way into a head: what the head sees of them, and what people said.

use super::config::Config;
use super::dataset::Set;
use super::folds::LEARN;
use crate::error::FeelError;
use crate::heads::kin::Kin;
use crate::heads::linear::{Linear, Matrix};
use crate::heads::softmax::Problem;
use crate::heads::spread::Cue;
use crate::predicting::basis::Basis;
use crate::predicting::extractor::Extractor;
use crate::predicting::predictor::cue;
use crate::predicting::settings::PerHead;
use affetti_emotion::Distribution;

/// What each head sees, from all pictures that may be learned from; no label takes part.
pub(crate) fn bases(
    config: &Config,
    extractor: &Extractor,
    sets: &[&Set],
) -> Result<PerHead<Basis>, FeelError> {
    let mut all = Matrix {
        columns: extractor.len(),
        data: Vec::new(),
    };
    for set in sets {
        all.data.extend(set.features.select(&set.rows(&LEARN)).data);
    }
    let blocks = config.features.blocks(extractor.kinds());
    let components = config.features.components;
    let emotions = (components.emotions, config.seed);
    let affect = (components.affect, config.seed);
    Ok(PerHead {
        emotions: Basis::fit(&all, &blocks, |block| block.share.emotions, emotions)?,
        affect: Basis::fit(&all, &blocks, |block| block.share.affect, affect)?,
    })
}

/// The components of `rows` of `set`.
pub(crate) fn project(basis: &Basis, set: &Set, rows: &[usize]) -> Matrix {
    basis.project_all(&set.features.select(rows))
}

/// `rows` of `set` as components with their targets.
pub(crate) fn lesson<'a>(basis: &Basis, set: &'a Set, rows: &[usize]) -> Lesson<'a> {
    Lesson::new(project(basis, set, rows), set, rows)
}

/// `rows` of photographs as the head of valence and arousal sees them, with the cues that `emotions`
/// gives of them.
pub(crate) fn affect_lesson<'a>(
    bases: &PerHead<Basis>,
    emotions: &Linear,
    set: &'a Set,
    rows: &[usize],
) -> Result<Lesson<'a>, FeelError> {
    let seen = project(&bases.emotions, set, rows);
    lesson(&bases.affect, set, rows).with_cues(emotions, &seen)
}

/// So many paintings are enough to tell what photographs are not.
const STRANGERS: usize = 1000;

/// Pictures of another kind than those of a lesson as its head sees them, and what share of the likeness
/// counts for them.
pub(crate) type Strangers = (Matrix, f64);

/// Those of `paintings` that may be learned from, evenly spread, at most [`STRANGERS`], as `basis` shows them;
/// none where `config` makes no difference between them and photographs.
pub(crate) fn strangers(config: &Config, basis: &Basis, paintings: &Set) -> Option<Strangers> {
    let share = config.affect.on_paintings;
    if share >= 1.0 {
        return None;
    }
    let rows = paintings.rows(&LEARN);
    let step = rows.len().div_ceil(STRANGERS).max(1);
    let rows: Vec<usize> = rows.into_iter().step_by(step).collect();
    Some((project(basis, paintings, &rows), share))
}

/// Rows to learn from, on their way into a head.
pub(crate) struct Lesson<'a> {
    pub(crate) z: Matrix,
    /// None: all pictures are of one kind.
    pub(crate) others: Option<Strangers>,
    /// What the emotion head says of each; empty before there is one.
    pub(crate) cues: Vec<Cue>,
    /// What the head is to say.
    pub(crate) targets: Vec<Vec<f64>>,
    /// What people said, by which settings are chosen; mostly the same.
    pub(crate) truth: Vec<Vec<f64>>,
    pub(crate) votes: Vec<f64>,
    pub(crate) groups: Vec<&'a str>,
}

impl<'a> Lesson<'a> {
    pub(crate) fn new(z: Matrix, set: &'a Set, rows: &[usize]) -> Self {
        Self {
            z,
            others: None,
            cues: Vec::new(),
            targets: set.taught(rows),
            truth: set.targets(rows),
            votes: set.votes(rows),
            groups: set.groups(rows),
        }
    }

    /// Adds what `emotions` says of every row, whose components it sees in `seen`.
    pub(crate) fn with_cues(mut self, emotions: &Linear, seen: &Matrix) -> Result<Self, FeelError> {
        let logits = emotions.apply_all(seen);
        self.cues = logits
            .iter()
            .map(|logits| Ok(cue(&Distribution::from_logits(logits)?)))
            .collect::<Result<_, FeelError>>()?;
        Ok(self)
    }

    /// What tells the kind of these pictures from the others, if there are any.
    pub(crate) fn kin(&self) -> Option<Kin> {
        let (others, share) = self.others.as_ref()?;
        Kin::fit(&self.z, others, *share)
    }

    pub(super) fn problem(&self) -> Problem<'_> {
        Problem {
            x: &self.z,
            targets: &self.targets,
            weights: &self.votes,
        }
    }

    /// P(positive) − P(negative) of every row.
    pub(crate) fn balances(&self) -> Vec<f64> {
        self.cues.iter().map(|cue| cue.balance).collect()
    }

    /// The part of this lesson in `rows`.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            z: self.z.select(rows),
            others: self.others.clone(),
            cues: rows
                .iter()
                .filter_map(|&i| self.cues.get(i).copied())
                .collect(),
            targets: rows.iter().map(|&i| self.targets[i].clone()).collect(),
            truth: rows.iter().map(|&i| self.truth[i].clone()).collect(),
            votes: rows.iter().map(|&i| self.votes[i]).collect(),
            groups: rows.iter().map(|&i| self.groups[i]).collect(),
        }
    }
}
