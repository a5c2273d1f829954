//! The rows of a user's table, every one of them good, and their pictures' features.

use super::Said;
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::learning::dataset::Sample;
use crate::learning::folds::FOLDS;
use crate::learning::measure::Gauge;
use crate::learning::options::TrainOptions;
use crate::predicting::predictor::Predictor;
use affetti_data::Split;
use affetti_data::table::{self, Entry, TableOptions};
use affetti_emotion::{Distribution, Emotion, Label, Sentiment};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Fewer pictures teach nothing that could be told from chance.
const LEAST_TO_LEARN: usize = 20;
/// Fewer have no figure worth an interval.
const LEAST_TO_MEASURE: usize = 10;
/// More rated pictures make a system that takes minutes and gigabytes; nothing is gained by then.
const MOST_RATED: usize = 3000;
/// More votes than these say no more, and must not drown every other picture.
const MOST_VOTES: f64 = 1000.0;

/// The pictures of a table that could be read, row by row.
pub(super) struct Own {
    pub(super) table: PathBuf,
    pub(super) samples: Vec<Sample>,
    /// Valence and arousal.
    pub(super) ratings: Vec<[Option<f64>; 2]>,
    pub(super) sentiments: Vec<Option<Sentiment>>,
    /// Empty before they are measured.
    pub(super) features: Matrix,
}

impl Own {
    /// # Errors
    /// The first thing that is wrong, with its line: a bad cell, a file that is missing, a picture that
    /// comes twice, a table that says nothing of its pictures.
    pub(super) fn read(path: &Path) -> Result<Self, FeelError> {
        let read = table::read(path, &TableOptions::default())?;
        if let Some(bad) = read.report.named.first() {
            return Err(wrong(path, bad.line, &bad.fault.to_string()));
        }
        let mut seen: BTreeMap<PathBuf, u64> = BTreeMap::new();
        let mut own = Self {
            table: path.to_owned(),
            samples: Vec::new(),
            ratings: Vec::new(),
            sentiments: Vec::new(),
            features: Matrix::default(),
        };
        for entry in read.rows {
            let line = entry.line;
            let real = std::fs::canonicalize(&entry.file).map_err(|error| {
                wrong(
                    path,
                    line,
                    &format!("path: {}: {error}", entry.file.display()),
                )
            })?;
            if let Some(before) = seen.insert(real, line) {
                let what = format!("path: {:?} is the picture of line {before}", entry.written);
                return Err(wrong(path, line, &what));
            }
            own.push(entry);
        }
        let known = own.with_shares().len() + own.with_sentiment().len();
        if known + own.with_either_rating().len() == 0 {
            let what = format!(
                "{}: no row says what its picture evokes; columns may be the nine emotions, emotion, \
                 sentiment, valence, arousal",
                path.display()
            );
            return Err(FeelError::NothingToLearn { what });
        }
        own.deal()?;
        Ok(own)
    }

    fn push(&mut self, entry: Entry) {
        let target = entry.target().map(|shares| shares.as_slice().to_vec());
        let known = entry.votes.filter(|_| entry.emotions.is_some());
        let votes = known.unwrap_or(1.0).min(MOST_VOTES);
        self.ratings.push([entry.valence, entry.arousal]);
        self.sentiments.push(entry.sentiment);
        self.samples.push(Sample {
            group: entry.group.unwrap_or_else(|| entry.written.clone()),
            file: entry.file,
            split: Split::Train,
            target: target.unwrap_or_default(),
            votes,
            ..Sample::default()
        });
    }

    /// Deals the groups into folds.
    fn deal(&mut self) -> Result<(), FeelError> {
        let groups = self.samples.iter().map(|sample| sample.group.as_str());
        let fold_of = crate::learning::dataset::dealt(groups)?;
        for (sample, fold) in self.samples.iter_mut().zip(fold_of) {
            sample.fold = fold;
        }
        Ok(())
    }

    /// The same with features; pictures that cannot be read are told by the progress and left out.
    pub(super) fn measure(
        self,
        predictor: &Predictor,
        options: &TrainOptions<'_>,
    ) -> Result<Self, FeelError> {
        let set = Gauge::of(predictor, options)?.measure(self.samples.clone(), "pictures")?;
        let kept: BTreeSet<&Path> = set.samples.iter().map(|s| s.file.as_path()).collect();
        let rows = || (0..self.samples.len()).filter(|&i| kept.contains(&*self.samples[i].file));
        let mut own = Self {
            ratings: rows().map(|i| self.ratings[i]).collect(),
            sentiments: rows().map(|i| self.sentiments[i]).collect(),
            table: self.table.clone(),
            features: set.features,
            samples: Vec::new(),
        };
        own.samples = set.samples;
        own.deal()?;
        Ok(own)
    }

    /// Rows that say something of the nine emotions.
    pub(super) fn with_shares(&self) -> Vec<usize> {
        let known = |i: &usize| !self.samples[*i].target.is_empty();
        (0..self.samples.len()).filter(known).collect()
    }

    /// Those of them whose votes are counted: one vote says nothing of how far shares are off.
    pub(super) fn with_votes(&self) -> Vec<usize> {
        let counted = |i: &usize| self.samples[*i].votes > 1.0;
        self.with_shares().into_iter().filter(counted).collect()
    }

    pub(super) fn shares(&self, row: usize) -> Vec<f64> {
        self.samples[row].target.clone()
    }

    /// Rows with valence (0) or arousal (1).
    pub(super) fn with_rating(&self, output: usize) -> Vec<usize> {
        let known = |i: &usize| self.ratings[*i][output].is_some();
        (0..self.samples.len()).filter(known).collect()
    }

    /// Rows with one of the two, or both.
    pub(super) fn with_either_rating(&self) -> Vec<usize> {
        let known = |i: &usize| self.ratings[*i].iter().any(Option::is_some);
        (0..self.samples.len()).filter(known).collect()
    }

    /// Rows that say something of emotions, be it their sentiment alone.
    pub(super) fn with_emotions(&self) -> Vec<usize> {
        let known =
            |i: &usize| !self.samples[*i].target.is_empty() || self.sentiments[*i].is_some();
        (0..self.samples.len()).filter(known).collect()
    }

    /// What is learned, and the rows that speak of it.
    fn kinds(&self) -> [(Vec<usize>, &'static str); 3] {
        [
            (self.with_emotions(), "emotions"),
            (self.with_rating(0), "valence"),
            (self.with_rating(1), "arousal"),
        ]
    }

    /// Rows that are pleasant (true) or unpleasant.
    pub(super) fn with_sentiment(&self) -> Vec<(usize, bool)> {
        let side = |i: usize| match self.sentiments[i]? {
            Sentiment::Positive => Some((i, true)),
            Sentiment::Negative => Some((i, false)),
            Sentiment::Other => None,
        };
        (0..self.samples.len()).filter_map(side).collect()
    }

    /// Rows with a sentiment, of any kind, and without shares.
    fn with_sentiment_alone(&self) -> Vec<usize> {
        let known = |i: &usize| self.sentiments[*i].is_some() && self.samples[*i].target.is_empty();
        (0..self.samples.len()).filter(known).collect()
    }

    pub(super) fn enough_to_measure(&self) -> Result<(), FeelError> {
        self.enough(LEAST_TO_MEASURE, "to measure on")
    }

    /// Enough pictures of every kind of label that is there, and not all alike.
    pub(super) fn enough_to_learn(&self) -> Result<(), FeelError> {
        self.enough(LEAST_TO_LEARN, "to learn from")?;
        let voted = self.with_shares();
        for (rows, kind) in &self.kinds() {
            let groups: BTreeSet<&str> = rows.iter().map(|&i| &*self.samples[i].group).collect();
            let folds: BTreeSet<usize> = rows.iter().map(|&i| self.samples[i].fold).collect();
            if !rows.is_empty() && (groups.len() < FOLDS || folds.len() < 2) {
                let n = groups.len();
                return Err(self.nothing(&format!(
                    "the pictures with {kind} are of {n} {}: {FOLDS} at least, so that every picture \
                     can be asked of heads that have not seen its group",
                    if n == 1 { "group" } else { "groups" }
                )));
            }
            if *kind != "emotions" && rows.len() > MOST_RATED {
                return Err(self.nothing(&format!(
                    "{} pictures with {kind} are more than {MOST_RATED}; take a part of them",
                    rows.len()
                )));
            }
        }
        let alike = |of: &dyn Fn(usize, usize) -> bool, rows: &[usize]| {
            rows.len() > 1 && rows.windows(2).all(|pair| of(pair[0], pair[1]))
        };
        let same_shares = |a: usize, b: usize| self.samples[a].target == self.samples[b].target;
        let sided = self.with_sentiment_alone();
        if sided.is_empty() && alike(&same_shares, &voted) {
            let name = Distribution::<Emotion>::from_counts(&self.shares(voted[0]))?.dominant();
            let name = name.name();
            return Err(self.nothing(&format!(
                "every picture evokes {name} alike: nothing to tell apart"
            )));
        }
        let same_side = |a: usize, b: usize| self.sentiments[a] == self.sentiments[b];
        if voted.is_empty() && alike(&same_side, &sided) {
            return Err(self.nothing("every picture has one sentiment: nothing to tell apart"));
        }
        for (output, word) in ["valence", "arousal"].into_iter().enumerate() {
            let same = |a: usize, b: usize| self.ratings[a][output] == self.ratings[b][output];
            if alike(&same, &self.with_rating(output)) {
                return Err(self.nothing(&format!(
                    "every picture has one {word}: nothing to tell apart"
                )));
            }
        }
        Ok(())
    }

    /// Whether every kind of label has so many pictures.
    fn enough(&self, least: usize, purpose: &str) -> Result<(), FeelError> {
        let counted = self.kinds().map(|(rows, kind)| (rows.len(), kind));
        match counted.iter().find(|(n, _)| *n > 0 && *n < least) {
            Some((n, kind)) => Err(self.nothing(&format!(
                "{n} {} with {kind} {} too few {purpose}: {least} at least",
                if *n == 1 { "picture" } else { "pictures" },
                if *n == 1 { "is" } else { "are" },
            ))),
            None => Ok(()),
        }
    }

    fn nothing(&self, what: &str) -> FeelError {
        FeelError::NothingToLearn {
            what: format!("{}: {what}", self.table.display()),
        }
    }

    /// What `predictor` says of every row.
    pub(super) fn told_by(&self, predictor: &Predictor) -> Result<Vec<Said>, FeelError> {
        let said = |i: usize| {
            let row = self.features.row(i);
            let (told, half) = predictor.predict_with_half(row)?;
            let shares = told.emotions.as_slice().to_vec();
            Ok(Said {
                concentration: predictor.weights().sure.map(|sure| sure.of(&shares)),
                half,
                affect: [told.valence, told.arousal],
                shares,
            })
        };
        (0..self.samples.len()).map(said).collect()
    }
}

fn wrong(path: &Path, line: u64, what: &str) -> FeelError {
    FeelError::NothingToLearn {
        what: format!("{}:{line}: {what}", path.display()),
    }
}
