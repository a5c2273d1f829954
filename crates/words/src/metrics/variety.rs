//! How varied captions are.
//!
//! - **Computes** shares of different captions and of different runs of words, the most frequent
//!   caption's share, how many words are used, the mean length, and the share of captions with a simile.
//! - **Input** captions. **Output** numbers of the whole collection.
//! - **Source** Li et al. (2016) for distinct-n; Achlioptas et al., *ArtEmis* (2021), whose thirteen
//!   phrases are [`affetti_data::stats::METAPHORS`].
//! - **Deviations** none.

use super::Caption;
use affetti_data::stats::has_metaphor;
use std::collections::{HashMap, HashSet};

/// Numbers of a collection of captions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Variety {
    /// Captions.
    pub captions: usize,
    /// Share of captions that no earlier one equals, 0..1.
    pub different: f64,
    /// The share of captions that are the most frequent one, 0..1.
    pub most_frequent: f64,
    /// Different runs of one and of two words over all of them, 0..1.
    pub distinct: [f64; 2],
    /// Different words.
    pub words: usize,
    /// Words of a caption.
    pub length: f64,
    /// Share of captions with a simile, 0..1.
    pub similes: f64,
}

/// How varied `captions` are; all 0 where there are none.
#[must_use]
pub fn variety(captions: &[Caption]) -> Variety {
    let count = captions.len().max(1) as f64;
    let mut times: HashMap<&Caption, usize> = HashMap::new();
    for caption in captions {
        *times.entry(caption).or_default() += 1;
    }
    let distinct = |n: usize| {
        let all = || captions.iter().flat_map(|caption| caption.windows(n));
        all().collect::<HashSet<_>>().len() as f64 / all().count().max(1) as f64
    };
    let words: HashSet<&String> = captions.iter().flatten().collect();
    let similes = captions
        .iter()
        .filter(|caption| has_metaphor(&caption.join(" ")));
    Variety {
        captions: captions.len(),
        different: times.len() as f64 / count,
        most_frequent: times
            .values()
            .max()
            .map_or(0.0, |most| *most as f64 / count),
        distinct: [distinct(1), distinct(2)],
        words: words.len(),
        length: captions.iter().map(Vec::len).sum::<usize>() as f64 / count,
        similes: similes.count() as f64 / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let words = |text: &str| -> Caption { text.split(' ').map(str::to_owned).collect() };
        let captions = ["a sea", "a sea", "it looks like a dog"].map(words);
        let expected = Variety {
            captions: 3,
            different: 2.0 / 3.0,
            most_frequent: 2.0 / 3.0,
            // a, sea, it, looks, like, dog of 9; "a sea", "it looks", "looks like", "like a", "a dog" of 6.
            distinct: [6.0 / 9.0, 5.0 / 6.0],
            words: 6,
            length: 3.0,
            similes: 1.0 / 3.0,
        };
        assert_eq!(variety(&captions), expected);
        assert_eq!(variety(&[]), Variety::default());
    }
}
