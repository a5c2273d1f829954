//! Earth mover's distance along the valence order.
//!
//! * **Computes** how far probability must be moved along a line on which each
//!   word has a place: ∫ |A − B| of the cumulative distributions, divided by the
//!   distance between the outermost words. 0..=1, lower is better; 1 means that
//!   everything moves from one end to the other. Mistaking sadness for disgust
//!   costs less than mistaking it for amusement, which KL cannot say.
//! * **Places** are [`ValenceOrder::valence`]: for emotions, evenly spaced ranks
//!   ([`Emotion::valence`](crate::Emotion::valence) names the source of the
//!   order). One step of the nine is 1/8.
//! * **Source.** Rubner et al., IJCV 40(2), 2000; in one dimension it is the
//!   area between the cumulative distributions.
//! * **Deviations.** The division by the range. A line is a coarse picture of
//!   emotions: fear and sadness are neighbours on it and differ in arousal.
//!
//! ```
//! use affetti_emotion::metrics::earth_mover;
//! use affetti_emotion::{Distribution, Emotion};
//!
//! let at = Distribution::<Emotion>::one_hot;
//! assert_eq!(earth_mover(&at(Emotion::Sadness), &at(Emotion::Amusement)), 1.0);
//! assert_eq!(earth_mover(&at(Emotion::Sadness), &at(Emotion::Disgust)), 0.125);
//! ```

use crate::check::{finite, same_length};
use crate::{Distribution, EmotionError, Label, ValenceOrder};

/// Earth mover's distance along the valence order, 0..=1.
#[must_use]
pub fn earth_mover<L: ValenceOrder>(a: &Distribution<L>, b: &Distribution<L>) -> f64 {
    let places: Vec<f64> = L::ALL.iter().map(|label| label.valence()).collect();
    // Valences are finite and differ, so that an error cannot arise; a foreign
    // taxonomy with one place for all words has nowhere to move to.
    earth_mover_along(a, b, &places).unwrap_or(0.0)
}

/// Earth mover's distance with one place for each label, in any unit; 0..=1
/// after division by the range of the places.
///
/// # Errors
/// [`EmotionError::WrongLength`]; [`EmotionError::OutOfRange`] if a place is not
/// finite; [`EmotionError::Undefined`] if all places are the same.
pub fn earth_mover_along<L: Label>(
    a: &Distribution<L>,
    b: &Distribution<L>,
    places: &[f64],
) -> Result<f64, EmotionError> {
    same_length("places", L::ALL.len(), places.len())?;
    finite("places", places)?;
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&i, &j| places[i].total_cmp(&places[j]));
    let steps = || {
        order
            .windows(2)
            .map(|pair| places[pair[1]] - places[pair[0]])
    };
    let range: f64 = steps().sum();
    if range == 0.0 || !range.is_finite() {
        return Err(EmotionError::Undefined {
            what: "earth mover's distance",
            reason: "the places coincide or are too far apart for f64",
        });
    }
    let mut carried = 0.0;
    let mut work = 0.0;
    for (&i, step) in order.iter().zip(steps()) {
        carried += a.as_slice()[i] - b.as_slice()[i];
        work += carried.abs() * (step / range);
    }
    Ok(work.clamp(0.0, 1.0))
}
