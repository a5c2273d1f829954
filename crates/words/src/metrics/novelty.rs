//! How near a caption is to what was learned from: longest common subsequences.
//!
//! - **Computes** for each caption the longest common subsequence with each of many sentences, a word
//!   of the machine for 64 of its words at once; of these lengths the largest and the mean.
//! - **Input** captions and sentences. **Output** lengths in words.
//! - **Source** Achlioptas et al., *ArtEmis* (2021), which compare 800 captions with 25,000 sentences;
//!   Hyyrö, "Bit-parallel LCS-length computation revisited" (2004).
//! - **Deviations** none.

use super::Caption;
use rayon::prelude::*;
use std::collections::HashMap;

/// A caption, ready to be compared with many sentences.
#[derive(Debug)]
pub struct Pattern<'a> {
    /// Where each of its words stands, a bit a place.
    places: HashMap<&'a str, Vec<u64>>,
    length: usize,
}

impl<'a> Pattern<'a> {
    /// Of `caption`.
    #[must_use]
    pub fn new(caption: &'a [String]) -> Self {
        let mut places: HashMap<&str, Vec<u64>> = HashMap::new();
        let blocks = caption.len().div_ceil(64);
        for (n, word) in caption.iter().enumerate() {
            let bits = places.entry(word).or_insert_with(|| vec![0; blocks]);
            bits[n / 64] |= 1 << (n % 64);
        }
        Self {
            places,
            length: caption.len(),
        }
    }

    /// Length of the longest common subsequence with `sentence`.
    #[must_use]
    pub fn common(&self, sentence: &[String]) -> usize {
        let bits = sentence
            .iter()
            .filter_map(|word| self.places.get(word.as_str()));
        self.follow(bits.map(Vec::as_slice))
    }

    /// The same from the places of the sentence's words, those without any left out.
    fn follow<'b>(&self, words: impl Iterator<Item = &'b [u64]>) -> usize {
        let mut open = vec![u64::MAX; self.length.div_ceil(64)];
        for bits in words {
            let mut carry = false;
            for (open, bits) in open.iter_mut().zip(bits) {
                let used = *open & bits;
                let (sum, first) = open.overflowing_add(used);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                carry = first || second;
                *open = sum | (*open & !used);
            }
        }
        let closed: u32 = open.iter().map(|block| block.count_zeros()).sum();
        // Bits behind the last word are never closed: none of its words is there.
        closed as usize
    }
}

/// What is found for one caption.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nearness {
    /// Words of the caption.
    pub length: usize,
    /// Words in common with the sentence that has most.
    pub most: usize,
    /// Which sentence that is, the first of several.
    pub nearest: usize,
    /// Words in common, mean over the sentences.
    pub mean: f64,
}

/// How near each of `captions` is to `sentences`; all 0 where there are none.
#[must_use]
pub fn nearness(captions: &[Caption], sentences: &[Caption]) -> Vec<Nearness> {
    // Numbers instead of words: a place in a list instead of a search, 25,000 times.
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for word in captions.iter().flatten() {
        let next = numbers.len();
        numbers.entry(word).or_insert(next);
    }
    let known = |sentence: &Caption| -> Vec<usize> {
        let found = sentence
            .iter()
            .filter_map(|word| numbers.get(word.as_str()));
        found.copied().collect()
    };
    let sentences: Vec<Vec<usize>> = sentences.par_iter().map(known).collect();
    let one = |caption: &Caption| {
        let pattern = Pattern::new(caption);
        let mut places: Vec<&[u64]> = vec![&[]; numbers.len()];
        for (word, bits) in &pattern.places {
            places[numbers[word]] = bits;
        }
        let mut found = Nearness {
            length: caption.len(),
            ..Nearness::default()
        };
        let mut total = 0;
        for (n, sentence) in sentences.iter().enumerate() {
            let bits = sentence.iter().map(|word| places[*word]);
            let common = pattern.follow(bits.filter(|bits| !bits.is_empty()));
            total += common;
            if common > found.most {
                (found.most, found.nearest) = (common, n);
            }
        }
        found.mean = total as f64 / sentences.len().max(1) as f64;
        found
    };
    captions.par_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Caption {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// The textbook's table.
    fn by_table(a: &[String], b: &[String]) -> usize {
        let mut row = vec![0; b.len() + 1];
        for x in a {
            let mut corner = 0;
            for (n, y) in b.iter().enumerate() {
                let above = row[n + 1];
                row[n + 1] = if x == y {
                    corner + 1
                } else {
                    above.max(row[n])
                };
                corner = above;
            }
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn bits_find_what_the_table_finds(
            a in proptest::collection::vec("[a-e]", 0..150),
            b in proptest::collection::vec("[a-e]", 0..150),
        ) {
            let expected = by_table(&a, &b);
            prop_assert_eq!(Pattern::new(&a).common(&b), expected);
            let found = nearness(std::slice::from_ref(&a), std::slice::from_ref(&b));
            prop_assert_eq!(found[0].most, expected);
        }
    }

    #[test]
    fn the_nearest_sentence_is_named() {
        let sentences = ["a dog", "the sea is so calm", "the calm sea"].map(words);
        let found = nearness(&[words("the sea looks calm")], &sentences);
        let expected = Nearness {
            length: 4,
            most: 3,
            nearest: 1,
            mean: 5.0 / 3.0,
        };
        assert_eq!(found, [expected]);
        assert_eq!(nearness(&[words("a")], &[])[0].mean, 0.0);
    }
}
