//! The findings, gathered.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
};

use serde::Serialize;

use super::{CheckSet, open::Outcome};
use crate::{
    ErrorKind, Split,
    splits::{Spanning, spanning},
};

/// A picture that is there but does not decode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The picture.
    #[serde(serialize_with = "crate::lossy::path")]
    pub file: PathBuf,
    /// Who is at fault.
    pub kind: ErrorKind,
    /// Why, in words.
    pub reason: String,
}

/// Files with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The files, at least two, in the order of the set.
    #[serde(serialize_with = "crate::lossy::paths")]
    pub files: Vec<PathBuf>,
    /// The splits that they stand in; more than one is a leak.
    pub splits: Vec<Split>,
}

/// What a check found. All lists are in the order of the set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Pictures of the set.
    pub pictures: usize,
    /// Pictures that decode.
    pub good: usize,
    /// Pictures not reached because the check was stopped.
    pub unchecked: usize,
    /// Pictures that are there but do not decode.
    pub unreadable: Vec<Unreadable>,
    /// Pictures that do not exist.
    #[serde(serialize_with = "crate::lossy::paths")]
    pub missing: Vec<PathBuf>,
    /// Files with the same bytes, by their first member.
    pub duplicates: Vec<Duplicates>,
    /// Groups that stand in more than one split, sorted by name.
    pub spanning: Vec<Spanning>,
    /// Expected keys without a good picture, in their order. Empty after a
    /// check that was stopped.
    pub keys_without_pictures: Vec<String>,
}

impl CheckReport {
    pub(super) fn new(set: &CheckSet, outcomes: &[Option<Outcome>]) -> Self {
        let mut report = Self {
            pictures: set.items.len(),
            ..Self::default()
        };
        let mut have: HashSet<&str> = HashSet::new();
        for (item, outcome) in set.items.iter().zip(outcomes) {
            match outcome {
                None => report.unchecked += 1,
                Some(Outcome::Good { .. }) => {
                    report.good += 1;
                    have.extend(item.key.as_deref());
                }
                Some(Outcome::Missing) => report.missing.push(item.file.clone()),
                Some(Outcome::Unreadable { kind, reason, .. }) => {
                    report.unreadable.push(Unreadable {
                        file: item.file.clone(),
                        kind: *kind,
                        reason: reason.clone(),
                    });
                }
            }
        }
        report.duplicates = duplicates(set, outcomes);
        let grouped = set.items.iter();
        report.spanning = spanning(grouped.filter_map(|i| Some((i.group.as_deref()?, i.split?))));
        if report.unchecked == 0 {
            let without = set.keys.iter().filter(|key| !have.contains(key.as_str()));
            report.keys_without_pictures = without.cloned().collect();
        }
        report
    }

    /// Whether everything was looked at and nothing is wrong. Duplicates within
    /// one split are no fault: they cost time, not honesty.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.good == self.pictures
            && self.spanning.is_empty()
            && self.keys_without_pictures.is_empty()
            && self.duplicates.iter().all(|d| d.splits.len() < 2)
    }
}

fn duplicates(set: &CheckSet, outcomes: &[Option<Outcome>]) -> Vec<Duplicates> {
    let mut places: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        if let Some(sha256) = outcome.as_ref().and_then(Outcome::sha256) {
            places.entry(sha256).or_default().push(index);
        }
    }
    let mut same: Vec<_> = places.into_iter().filter(|(_, at)| at.len() > 1).collect();
    same.sort_unstable_by_key(|(_, at)| at.first().copied());
    same.into_iter()
        .map(|(sha256, at)| {
            let items = at.iter().filter_map(|&index| set.items.get(index));
            let splits: BTreeSet<Split> = items.clone().filter_map(|item| item.split).collect();
            Duplicates {
                sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
                files: items.map(|item| item.file.clone()).collect(),
                splits: splits.into_iter().collect(),
            }
        })
        .collect()
}
