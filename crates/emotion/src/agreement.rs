//! How far the viewers of one work agree, and how often they do not.

use std::marker::PhantomData;

use crate::check::{at_least, same_length};
use crate::{Distribution, EmotionError, HasSentiment, Label, Sentiment};

/// The votes that one work received, one count for each label of `L`.
///
/// ```
/// use affetti_emotion::{Emotion, Votes};
///
/// let votes: Votes<Emotion> = [Emotion::Awe, Emotion::Awe, Emotion::Fear, Emotion::Anger]
///     .into_iter()
///     .collect();
/// assert_eq!(votes.strict_majority(), None); // 2 of 4 is not more than half
/// assert_eq!(votes.half_majority(), Some(Emotion::Awe));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Votes<L: Label> {
    counts: Box<[u32]>,
    taxonomy: PhantomData<L>,
}

impl<L: Label> Votes<L> {
    /// No votes yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counts: L::ALL.iter().map(|_| 0).collect(),
            taxonomy: PhantomData,
        }
    }

    /// From counts in taxonomy order.
    ///
    /// # Errors
    /// [`EmotionError::WrongLength`].
    pub fn from_counts(counts: &[u32]) -> Result<Self, EmotionError> {
        same_length(L::TAXONOMY, L::ALL.len(), counts.len())?;
        Ok(Self {
            counts: counts.into(),
            taxonomy: PhantomData,
        })
    }

    /// One more vote. A count stays at `u32::MAX` once there.
    pub fn add(&mut self, label: L) {
        let count = &mut self.counts[label.index()];
        *count = count.saturating_add(1);
    }

    /// The votes for one label.
    #[must_use]
    pub fn get(&self, label: L) -> u32 {
        self.counts[label.index()]
    }

    /// All counts, in taxonomy order.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        &self.counts
    }

    /// The number of votes.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|&c| u64::from(c)).sum()
    }

    /// The emotion histogram.
    ///
    /// # Errors
    /// [`EmotionError::NoMass`] if nobody voted.
    pub fn distribution(&self) -> Result<Distribution<L>, EmotionError> {
        let counts: Vec<f64> = self.counts.iter().map(|&c| f64::from(c)).collect();
        Distribution::from_counts(&counts)
    }

    /// The label with *more than half* of the votes; `None` if there is none.
    ///
    /// The rule of ArtEmis' "38.1 % of test images", on which its image
    /// classifier reaches 60.2 %.
    #[must_use]
    pub fn strict_majority(&self) -> Option<L> {
        let total = self.total();
        self.find(|votes| 2 * votes > total)
    }

    /// The label with *at least half* of the votes, if it is the only one;
    /// `None` if two labels share the votes equally, or nobody voted.
    ///
    /// The rule of ArtEmis' "45.65 % of works" and of its emotional alignment.
    #[must_use]
    pub fn half_majority(&self) -> Option<L> {
        let total = self.total();
        let enough = |votes: u64| votes > 0 && 2 * votes >= total;
        let label = self.find(enough)?;
        let holders = L::ALL.iter().filter(|&&l| enough(u64::from(self.get(l))));
        (holders.count() == 1).then_some(label)
    }

    fn find(&self, enough: impl Fn(u64) -> bool) -> Option<L> {
        let mut labels = L::ALL.iter().copied();
        labels.find(|&label| enough(u64::from(self.get(label))))
    }

    /// The same votes over another taxonomy.
    #[must_use]
    pub fn merge<M: Label>(&self, map: impl Fn(L) -> M) -> Votes<M> {
        let mut merged = Votes::new();
        for &label in L::ALL {
            let count = &mut merged.counts[map(label).index()];
            *count = count.saturating_add(self.get(label));
        }
        merged
    }
}

impl<L: Label> Default for Votes<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: Label> FromIterator<L> for Votes<L> {
    fn from_iter<I: IntoIterator<Item = L>>(labels: I) -> Self {
        let mut votes = Self::new();
        labels.into_iter().for_each(|label| votes.add(label));
        votes
    }
}

/// How often viewers of the same work feel opposite things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixedShares {
    /// Share of works, 0..=1, with a positive *and* a negative vote (ArtEmis:
    /// 0.61).
    pub positive_and_negative: f64,
    /// Share of works, 0..=1, with votes in at least two of positive, negative
    /// and other (ArtEmis: 0.79).
    pub any_two: f64,
    /// The works that were counted: those with a vote.
    pub works: usize,
}

/// The shares of works on which viewers disagree in sentiment. Works without
/// votes do not count.
///
/// # Errors
/// [`EmotionError::TooFew`] if no work has a vote.
pub fn mixed_shares<L: HasSentiment>(works: &[Votes<L>]) -> Result<MixedShares, EmotionError> {
    let (mut opposite, mut any_two, mut counted) = (0_usize, 0_usize, 0_usize);
    for votes in voted(works) {
        let votes = votes.merge(HasSentiment::sentiment);
        let has = |sentiment| votes.get(sentiment) > 0;
        let groups = Sentiment::ALL.iter().filter(|&&s| has(s)).count();
        counted += 1;
        opposite += usize::from(has(Sentiment::Positive) && has(Sentiment::Negative));
        any_two += usize::from(groups >= 2);
    }
    at_least("mixed shares", 1, counted)?;
    Ok(MixedShares {
        positive_and_negative: opposite as f64 / counted as f64,
        any_two: any_two as f64 / counted as f64,
        works: counted,
    })
}

/// The share of works, 0..=1, for which `rule` finds a majority, such as
/// [`Votes::strict_majority`]. Works without votes do not count.
///
/// # Errors
/// [`EmotionError::TooFew`] if no work has a vote.
pub fn majority_share<L: Label>(
    works: &[Votes<L>],
    rule: impl Fn(&Votes<L>) -> Option<L>,
) -> Result<f64, EmotionError> {
    let counted = voted(works).count();
    at_least("majority share", 1, counted)?;
    let agreed = voted(works).filter(|votes| rule(votes).is_some()).count();
    Ok(agreed as f64 / counted as f64)
}

fn voted<L: Label>(works: &[Votes<L>]) -> impl Iterator<Item = &Votes<L>> {
    works.iter().filter(|votes| votes.total() > 0)
}
