//! Which examples a model may learn from, and which it may only be tested on.
//!
//! - Computes: a split or a cross-validation fold from a key, by hashing.
//! - Inputs: keys are text, hashed as their UTF-8 bytes, exactly as given.
//! - Outputs: train, val or test at 80 : 10 : 10; or a fold in `0..k`.
//! - Source: ours. Hashing needs no stored list, gives every machine the same
//!   answer, and does not move old examples when new ones are added (a shuffle
//!   with a seed does). Where a data set carries a `split` column, that column
//!   wins; this function is for the others.
//! - Deviations: folds are dealt, not hashed outright (see [`folds`]).
//!
//! ```
//! use affetti_data::Split;
//!
//! assert_eq!(Split::of("affetti"), Split::Test);
//! assert_eq!(Split::of("I1"), Split::Train);
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::DataError;

/// The use to which an example may be put.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// For learning.
    Train,
    /// For choosing settings.
    Val,
    /// For the final figures; excluded from every training, caption and generator.
    Test,
    /// For none of the three. Only ever read from a file: ArtEmis's own
    /// preprocessing sets aside works with more than 40 annotations this way.
    #[default]
    Rest,
}

impl Split {
    /// Every split, in the order of their use.
    pub const ALL: [Self; 4] = [Self::Train, Self::Val, Self::Test, Self::Rest];

    /// The split of a key that no file assigns: [`percent`] below 80 is
    /// train, below 90 val, else test. Never [`Split::Rest`].
    #[must_use]
    pub fn of(key: &str) -> Self {
        match percent(key) {
            0..80 => Self::Train,
            80..90 => Self::Val,
            _ => Self::Test,
        }
    }

    /// The name as it stands in files: `train`, `val`, `test` or `rest`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
            Self::Rest => "rest",
        }
    }

    /// Reads a name, whatever its case; `training`, `valid`, `validation`,
    /// `dev` and `testing` are understood too. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Self::Train),
            "val" | "valid" | "validation" | "dev" => Some(Self::Val),
            "test" | "testing" => Some(Self::Test),
            "rest" => Some(Self::Rest),
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The first 8 bytes of the SHA-256 of the key's UTF-8 bytes, as a big-endian
/// number.
#[must_use]
pub fn hash(key: &str) -> u64 {
    let digest = Sha256::digest(key.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

/// [`hash`] modulo 100: where the key stands in `0..100`.
#[must_use]
pub fn percent(key: &str) -> u64 {
    hash(key) % 100
}

/// Deals items into `k` folds so that items of one group share a fold.
///
/// The distinct groups are ordered by [`hash`] (ties by name) and each goes to
/// the fold that holds the fewest items so far (ties to the lowest number). A
/// plain `hash % k` would leave folds empty or lopsided on sets of a few dozen
/// pictures, where cross-validation is needed most. The answer depends on the
/// groups and their sizes only, never on the order of the items.
///
/// Returns one fold number in `0..k` per item, in the items' order.
///
/// # Errors
/// [`DataError::Parameter`] if `k` is below 2 or above the number of distinct
/// groups (a fold would be empty).
pub fn folds<S: AsRef<str>>(k: usize, groups: &[S]) -> Result<Vec<usize>, DataError> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for group in groups {
        *sizes.entry(group.as_ref()).or_default() += 1;
    }
    if k < 2 || k > sizes.len() {
        return Err(DataError::Parameter {
            name: "folds",
            value: format!("{k} with {} groups", sizes.len()),
            expected: "at least 2 and at most the number of groups",
        });
    }
    let mut order: Vec<(u64, &str, usize)> = sizes
        .iter()
        .map(|(&group, &size)| (hash(group), group, size))
        .collect();
    order.sort_unstable();
    let mut filled = vec![0_usize; k];
    let mut fold_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, group, size) in order {
        let fold = (0..k).min_by_key(|&fold| filled[fold]).unwrap_or(0);
        filled[fold] += size;
        fold_of.insert(group, fold);
    }
    Ok(groups
        .iter()
        .map(|group| fold_of.get(group.as_ref()).copied().unwrap_or(0))
        .collect())
}

/// A group whose members stand in more than one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spanning {
    /// The group.
    pub group: String,
    /// The splits that it touches, at least two, in the order of [`Split::ALL`].
    pub splits: Vec<Split>,
}

/// The groups that leak from one split into another, sorted by name.
///
/// Near-copies of one painting share a group; if one copy is in train and
/// another in test, the test measures memory.
pub fn spanning<'a>(items: impl IntoIterator<Item = (&'a str, Split)>) -> Vec<Spanning> {
    let mut seen: BTreeMap<&str, BTreeSet<Split>> = BTreeMap::new();
    for (group, split) in items {
        seen.entry(group).or_default().insert(split);
    }
    seen.into_iter()
        .filter(|(_, splits)| splits.len() > 1)
        .map(|(group, splits)| Spanning {
            group: group.to_owned(),
            splits: splits.into_iter().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by Python 3:
    /// `int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")`
    /// and the same `% 100`.
    const VECTORS: [(&str, u64, u64, Split); 7] = [
        ("", 16_406_829_232_824_261_652, 52, Split::Train),
        ("a", 14_598_278_634_844_962_250, 50, Split::Train),
        ("affetti", 2_038_065_720_513_446_496, 96, Split::Test),
        ("I1", 14_015_637_193_141_013_220, 20, Split::Train),
        ("ünïcode", 13_312_228_627_868_171_954, 54, Split::Train),
        ("I22", 11_392_247_184_937_360_980, 80, Split::Val),
        (
            "Impressionism/claude-monet_water-lilies-6",
            5_594_373_907_569_638_169,
            69,
            Split::Train,
        ),
    ];

    #[test]
    fn hashes_agree_with_hashlib() {
        for (key, number, place, split) in VECTORS {
            assert_eq!(hash(key), number, "{key:?}");
            assert_eq!(percent(key), place, "{key:?}");
            assert_eq!(Split::of(key), split, "{key:?}");
        }
    }

    #[test]
    fn names_round_trip_and_aliases_are_read() {
        for split in Split::ALL {
            assert_eq!(Split::parse(split.name()), Some(split));
        }
        assert_eq!(Split::parse(" Validation "), Some(Split::Val));
        assert_eq!(Split::parse("training set"), None);
    }

    #[test]
    fn folds_keep_groups_whole_and_balanced_in_any_order() {
        let groups: Vec<String> = (0..40).map(|i| format!("g{}", i / 2)).collect();
        let dealt = folds(5, &groups).unwrap();
        for pair in dealt.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        // 20 groups of 2 over 5 folds: dealing gives every fold exactly 8.
        for fold in 0..5 {
            assert_eq!(dealt.iter().filter(|&&f| f == fold).count(), 8);
        }
        let backwards: Vec<&String> = groups.iter().rev().collect();
        let mut again = folds(5, &backwards).unwrap();
        again.reverse();
        assert_eq!(again, dealt);
    }

    #[test]
    fn impossible_folds_are_refused() {
        for k in [0, 1, 3] {
            let error = folds(k, &["a", "b", "b"]).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Parameter);
        }
    }

    #[test]
    fn leaking_groups_are_named() {
        let found = spanning([
            ("b", Split::Test),
            ("a", Split::Train),
            ("b", Split::Train),
            ("a", Split::Train),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].group, "b");
        assert_eq!(found[0].splits, [Split::Train, Split::Test]);
    }
}
