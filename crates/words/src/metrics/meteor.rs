//! METEOR: words aligned by form, stem and meaning, in order.
//!
//! - **Computes** a harmonic mean of the shares of words that have a partner, less where partners stand
//!   in another order: (1 − γ · (chunks / partners)^β) · P · R / (α · P + (1 − α) · R).
//! - **Input** captions, and the references of each. **Output** a number each, 0..1, higher is better.
//! - **Source** Banerjee & Lavie (2005); parameters α = .9, β = 3, γ = .5 and the order in which
//!   partners are sought as in NLTK's `meteor_score`.
//! - **Deviations** synonyms count where a [`Synonyms`] is given, and are sought by stems, as NLTK does; METEOR 1.5's paraphrases and weights of
//!   function words are not here, so that its numbers differ.

use super::stem::stem;
use super::{Caption, paired};
use crate::error::WordsError;
use rayon::prelude::*;
use std::collections::HashMap;

const ALPHA: f64 = 0.9;
const BETA: i32 = 3;
const GAMMA: f64 = 0.5;

/// What knows whether two words mean the same.
pub trait Synonyms: Sync {
    /// Whether `word` may mean what `other` does.
    fn alike(&self, word: &str, other: &str) -> bool;
}

/// No word means the same as another.
#[derive(Clone, Copy, Debug)]
pub struct NoSynonyms;

impl Synonyms for NoSynonyms {
    fn alike(&self, _: &str, _: &str) -> bool {
        false
    }
}

/// A word with its stem and place.
struct Placed<'a> {
    place: usize,
    word: &'a str,
    stem: &'a str,
}

/// Words in lower case with their stems, each found once.
type Stems<'a> = HashMap<&'a str, (String, String)>;

fn stems<'a>(captions: impl Iterator<Item = &'a Caption>) -> Stems<'a> {
    let mut stems = Stems::new();
    for word in captions.flatten() {
        stems.entry(word).or_insert_with(|| {
            let lower = word.to_lowercase();
            let stem = stem(&lower);
            (lower, stem)
        });
    }
    stems
}

fn placed<'a>(caption: &[String], stems: &'a Stems<'_>) -> Vec<Placed<'a>> {
    let one = |(place, word): (usize, &String)| {
        let (word, stem) = &stems[word.as_str()];
        Placed { place, word, stem }
    };
    caption.iter().enumerate().map(one).collect()
}

/// METEOR of each caption: that of the reference which suits it best.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn meteor(
    captions: &[Caption],
    references: &[Vec<Caption>],
    synonyms: &dyn Synonyms,
) -> Result<Vec<f64>, WordsError> {
    paired(captions, references)?;
    let stems = stems(captions.iter().chain(references.iter().flatten()));
    let each = captions.par_iter().zip(references);
    let best = |(caption, references): (&Caption, &Vec<Caption>)| {
        let all = references
            .iter()
            .map(|reference| one(caption, reference, &stems, synonyms));
        all.fold(0.0, f64::max)
    };
    Ok(each.map(best).collect())
}

fn one(
    caption: &[String],
    reference: &[String],
    stems: &Stems<'_>,
    synonyms: &dyn Synonyms,
) -> f64 {
    let (mut left, mut right) = (placed(caption, stems), placed(reference, stems));
    let mut partners = Vec::new();
    partners.extend(pair(&mut left, &mut right, |a, b| a.word == b.word));
    partners.extend(pair(&mut left, &mut right, |a, b| a.stem == b.stem));
    partners.extend(pair(&mut left, &mut right, |a, b| {
        synonyms.alike(a.stem, b.stem)
    }));
    partners.sort_unstable();
    if partners.is_empty() {
        return 0.0;
    }
    let count = partners.len() as f64;
    let (precision, recall) = (count / caption.len() as f64, count / reference.len() as f64);
    let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
    let follows = |pair: &&[(usize, usize)]| pair[1] == (pair[0].0 + 1, pair[0].1 + 1);
    let chunks = count - partners.windows(2).filter(follows).count() as f64;
    (1.0 - GAMMA * (chunks / count).powi(BETA)) * mean
}

/// Takes partners out of both lists, the last ones first, each word with the last that fits.
fn pair(
    left: &mut Vec<Placed<'_>>,
    right: &mut Vec<Placed<'_>>,
    fit: impl Fn(&Placed<'_>, &Placed<'_>) -> bool,
) -> Vec<(usize, usize)> {
    let mut partners = Vec::new();
    for n in (0..left.len()).rev() {
        if let Some(m) = right.iter().rposition(|other| fit(&left[n], other)) {
            partners.push((left.remove(n).place, right.remove(m).place));
        }
    }
    partners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Caption {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn by_hand() {
        let references = vec![vec![words("a calming blue sea")]];
        let score =
            |text: &str| meteor(&[words(text)], &references, &NoSynonyms).expect("paired")[0];
        // Three of four, "calm" by its stem, in two chunks: P = R = ¾.
        let expected = (1.0 - 0.5 * (2.0_f64 / 3.0).powi(3)) * 0.75;
        assert!((score("a calm dark sea") - expected).abs() < 1e-12);
        assert_eq!(score("dog"), 0.0);
        struct Sea;
        impl Synonyms for Sea {
            fn alike(&self, word: &str, other: &str) -> bool {
                (word, other) == ("ocean", "sea")
            }
        }
        let found = meteor(&[words("ocean")], &references, &Sea).expect("paired")[0];
        // One word, one chunk: P = 1, R = ¼.
        assert!((found - 0.5 * 0.25 / (0.9 + 0.1 * 0.25)).abs() < 1e-12);
    }
}
