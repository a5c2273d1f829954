//! Pictures of an index by one wish, or by several together.

use std::ops::RangeInclusive;

use affetti_emotion::Emotion;
use affetti_feel::{
    Target,
    index::{Described, Hit, Index, Query},
    matching,
};
use affetti_words::space::dot;

use crate::{
    answers::Measured,
    models::Models,
    pipeline::{ErrorKind, Fault},
};

/// What is looked for. Without any wish there is nothing to find.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// What is to be seen, in words.
    pub text: Option<String>,
    /// Shares of the nine emotions.
    pub like: Option<Target>,
    /// 1 to 7.
    pub valence: Option<f64>,
    /// 1 to 7.
    pub arousal: Option<f64>,
    /// Emotions that are unwanted.
    pub not: Vec<Emotion>,
    /// Only these: valence and arousal from and to, ends included.
    pub within: Option<[RangeInclusive<f64>; 2]>,
    /// The predictor's description of a picture, to which others are to be near; goes with nothing else.
    pub near: Option<Vec<f32>>,
}

impl Wishes {
    /// Whether a plain search answers it.
    fn query(&self) -> Option<Query> {
        if self.text.is_some() || !self.not.is_empty() || self.within.is_some() {
            return None;
        }
        let affect = self.valence.is_some() || self.arousal.is_some();
        match (&self.near, &self.like) {
            (Some(near), _) => Some(Query::Near(near.clone())),
            (None, Some(like)) if !affect => Some(Query::Like(like.clone())),
            (None, None) => Some(Query::Affect {
                valence: self.valence,
                arousal: self.arousal,
            }),
            _ => None,
        }
    }
}

/// The `top` pictures of `index` that answer best, best first.
///
/// # Errors
/// Values out of range, a text of which no word is known, an index whose predictor knows no words, a file that
/// cannot be read.
pub fn find(
    models: &Models,
    index: &Index,
    wishes: &Wishes,
    top: usize,
) -> Result<(Vec<Hit>, Measured), Fault> {
    for wished in [wishes.valence, wishes.arousal].into_iter().flatten() {
        if !(1.0..=7.0).contains(&wished) {
            let told = format!("{wished} is outside of the scale from 1 to 7");
            return Err(Fault::new(ErrorKind::Parameter, told));
        }
    }
    let others = Wishes {
        near: None,
        ..wishes.clone()
    };
    if wishes.near.is_some() && others != Wishes::default() {
        let told = "a picture and other wishes do not go together; ask for one of them";
        return Err(Fault::new(ErrorKind::Parameter, told));
    }
    if let Some(query) = wishes.query() {
        let hits = index.find(&query, top, models.threads())?;
        return Ok((hits, Measured::of(&query)));
    }
    let text = match &wishes.text {
        Some(text) => {
            let space = models.space()?;
            if space.predictor() != index.model().sha256 {
                let name = &index.model().name;
                let told = format!(
                    "made with the weights {name}, which know no words; words need an index that the program's own \
                     predictor made"
                );
                return Err(Fault::new(ErrorKind::Unsupported, told));
            }
            Some((space, space.text(text)?))
        }
        None => None,
    };
    let judge = |picture: &Described| {
        if let Some([valence, arousal]) = &wishes.within
            && !(valence.contains(&picture.valence) && arousal.contains(&picture.arousal))
        {
            return None;
        }
        let mut parts = Vec::new();
        if let Some((space, text)) = &text {
            let vector = space.picture(&picture.components);
            parts.push(vector.map_or(-1.0, |vector| f64::from(dot(&vector, text))));
        }
        if let Some(target) = &wishes.like {
            parts.push(matching(&picture.emotions, target.shares()));
        }
        parts.extend(wishes.valence.map(|wish| -(picture.valence - wish).abs()));
        parts.extend(wishes.arousal.map(|wish| -(picture.arousal - wish).abs()));
        let unwanted = wishes.not.iter();
        parts.extend(unwanted.map(|emotion| -picture.emotions.get(*emotion)));
        if parts.is_empty() {
            // Whoever is among them is as good as any other.
            parts.push(0.0);
        }
        Some(parts)
    };
    let wished = [
        wishes.text.is_some(),
        wishes.like.is_some(),
        wishes.valence.is_some(),
        wishes.arousal.is_some(),
    ];
    let parts = wished.into_iter().filter(|wished| *wished).count() + wishes.not.len();
    Ok((index.rank(parts.max(1), &judge, top)?, Measured::Fit))
}
