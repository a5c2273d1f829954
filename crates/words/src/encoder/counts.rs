//! A linear reader: counts of words, of pairs of words and of pieces of words.
//!
//! - **Computes** the sum of a vector for each n-gram of a text (words, pairs, runs of three to five
//!   letters within a word and its ends), divided by the root of their number. With a linear head above it
//!   all is linear in the counts.
//! - **Input** n-grams as numbers of buckets ([`buckets`]). **Output** `[texts, width]`, unbounded.
//! - **Source** Joulin et al., "Bag of tricks for efficient text classification" (2017), with Wieting et
//!   al.'s (2016) runs of letters.
//! - **Deviations** n-grams that fall into one bucket share a vector.

use affetti_weights::tensors::Taker;
use serde::{Deserialize, Serialize};

/// Letters of the shortest and of the longest run.
const RUNS: std::ops::RangeInclusive<usize> = 3..=5;
/// N-grams of a text that are counted, at most.
const MOST: usize = 4096;

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Vectors; the first is of no n-gram.
    pub buckets: usize,
    /// Floats of a vector.
    pub width: usize,
}

impl Shape {
    /// Whether it is one that no hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        (2..=1 << 22).contains(&self.buckets) && (1..=1024).contains(&self.width)
    }

    /// Numbers of its matrix.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.buckets * self.width
    }
}

/// The buckets of a text's n-grams, in the order of its words; none of a text without words. `0` is none.
#[must_use]
pub fn buckets(words: &[String], count: usize) -> Vec<u32> {
    let mut found = Vec::new();
    for (n, word) in words.iter().enumerate() {
        found.push(bucket(&[word], count));
        if let Some(next) = words.get(n + 1) {
            found.push(bucket(&[word, " ", next], count));
        }
        let framed: Vec<char> = format!("<{word}>").chars().collect();
        for length in RUNS {
            let runs = framed
                .windows(length)
                .map(|run| run.iter().collect::<String>());
            found.extend(runs.map(|run| bucket(&["#", &run], count)));
        }
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    found
}

/// FNV-1a of the parts, 1 to `count` − 1.
fn bucket(parts: &[&str], count: usize) -> u32 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The low bits of this hash are its poorest.
    let mixed = hash ^ (hash >> 32);
    (mixed % (count as u64 - 1)) as u32 + 1
}

/// The vectors.
#[derive(Clone, Debug)]
pub struct Counts {
    shape: Shape,
    vectors: Vec<f32>,
}

impl Counts {
    /// From our tensors; others are left in `taker`.
    ///
    /// # Errors
    /// Sizes that no model has.
    pub(crate) fn take(shape: Shape, taker: &mut Taker) -> Result<Self, &'static str> {
        if !shape.sound() {
            return Err("its sizes are not those of a model");
        }
        Ok(Self {
            vectors: taker.take("words", &[shape.buckets, shape.width]),
            shape,
        })
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The vectors of texts, `[texts, width]`.
    ///
    /// # Panics
    /// Where a bucket is not there: a bug of the caller.
    #[must_use]
    pub fn run(&self, texts: &[&[u32]]) -> Vec<f32> {
        let width = self.shape.width;
        let mut out = Vec::with_capacity(texts.len() * width);
        for text in texts {
            let mut sum = vec![0.0_f32; width];
            let counted: Vec<&u32> = text.iter().filter(|id| **id > 0).collect();
            for id in &counted {
                let vector = &self.vectors[**id as usize * width..][..width];
                sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x);
            }
            let root = (counted.len().max(1) as f32).sqrt();
            out.extend(sum.iter().map(|s| s / root));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_grams_have_buckets_of_their_own() {
        let words = ["sea", "is"].map(str::to_owned);
        let found = buckets(&words, 1 << 20);
        // sea, "sea is", <se sea ea> <sea sea> <sea>, is, <is is> <is>.
        assert_eq!(found.len(), 12);
        let different: std::collections::HashSet<_> = found.iter().collect();
        assert_eq!(different.len(), found.len());
        assert!(found.iter().all(|id| (1..1 << 20).contains(id)));
        assert!(buckets(&words, 2).iter().all(|id| *id == 1));
        assert_eq!(buckets(&vec!["x".repeat(99); 999], 64).len(), MOST);
        assert!(buckets(&[], 64).is_empty());
    }
}
