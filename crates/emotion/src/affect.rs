//! Valence, arousal and dominance, and the scales on which they are published.

use serde::{Deserialize, Serialize};

use crate::EmotionError;
use crate::check::in_range;

/// A rating scale, by its ends.
///
/// Conversion is linear between the ends. That is the custom, not a fact about
/// people: a 3 of 9 and a 2 of 7 need not mean the same to a rater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scale {
    /// 0..=1, as in the NRC lexicon 1.0 and D-ViSA.
    Unit,
    /// 1..=7, as in OASIS; the scale of the house.
    Oasis,
    /// 1..=9, the Self-Assessment Manikin, as in IAPS.
    Sam,
    /// −3..=3, as in the liking of WikiArt-Emotions.
    PlusMinusThree,
    /// −1..=1, as in circumplex plots.
    PlusMinusOne,
}

impl Scale {
    /// Lowest rating, inclusive.
    #[must_use]
    pub fn low(self) -> f64 {
        match self {
            Self::Unit => 0.0,
            Self::Oasis | Self::Sam => 1.0,
            Self::PlusMinusThree => -3.0,
            Self::PlusMinusOne => -1.0,
        }
    }

    /// Highest rating, inclusive.
    #[must_use]
    pub fn high(self) -> f64 {
        match self {
            Self::Unit | Self::PlusMinusOne => 1.0,
            Self::Oasis => 7.0,
            Self::Sam => 9.0,
            Self::PlusMinusThree => 3.0,
        }
    }

    /// Highest minus lowest rating.
    #[must_use]
    pub fn width(self) -> f64 {
        self.high() - self.low()
    }

    /// The rating halfway between the ends.
    #[must_use]
    pub fn middle(self) -> f64 {
        self.low() + self.width() / 2.0
    }

    /// A rating of this scale on another one, linearly.
    ///
    /// # Errors
    /// [`EmotionError::OutOfRange`] if `value` is not on this scale.
    pub fn convert(self, value: f64, to: Self) -> Result<f64, EmotionError> {
        in_range("rating", &[value], self.low(), self.high())?;
        if self == to {
            return Ok(value);
        }
        let share = (value - self.low()) / self.width();
        // Rounding may not carry an end of one scale past the end of the other.
        Ok((to.low() + share * to.width()).clamp(to.low(), to.high()))
    }

    /// A rating of this scale on 1..=7.
    ///
    /// # Errors
    /// [`EmotionError::OutOfRange`] if `value` is not on this scale.
    pub fn to_oasis(self, value: f64) -> Result<f64, EmotionError> {
        self.convert(value, Self::Oasis)
    }
}

/// How pleasant, how stirring and, where known, how controllable a picture
/// feels. All three are on 1..=7, checked on construction.
///
/// ```
/// use affetti_emotion::{Affect, Scale};
///
/// # fn main() -> Result<(), affetti_emotion::EmotionError> {
/// let read = Affect::on(Scale::Unit, 0.5, 1.0, None)?;
/// assert_eq!((read.valence(), read.arousal()), (4.0, 7.0));
/// assert!(Affect::new(0.5, 4.0, None).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Affect {
    valence: f64,
    arousal: f64,
    dominance: Option<f64>,
}

impl Affect {
    /// From ratings on 1..=7.
    ///
    /// # Errors
    /// [`EmotionError::OutOfRange`] names the rating that is not on the scale.
    pub fn new(valence: f64, arousal: f64, dominance: Option<f64>) -> Result<Self, EmotionError> {
        Self::on(Scale::Oasis, valence, arousal, dominance)
    }

    /// From ratings on `scale`, converted to 1..=7.
    ///
    /// # Errors
    /// [`EmotionError::OutOfRange`] names the rating that is not on the scale.
    pub fn on(
        scale: Scale,
        valence: f64,
        arousal: f64,
        dominance: Option<f64>,
    ) -> Result<Self, EmotionError> {
        let read = |what, value| {
            in_range(what, &[value], scale.low(), scale.high())?;
            scale.to_oasis(value)
        };
        Ok(Self {
            valence: read("valence", valence)?,
            arousal: read("arousal", arousal)?,
            dominance: dominance.map(|d| read("dominance", d)).transpose()?,
        })
    }

    /// From estimates that may fall off the scale, such as a regression's:
    /// values beyond an end are moved to that end.
    ///
    /// # Errors
    /// [`EmotionError::OutOfRange`] if a value is NaN.
    pub fn clamped(
        valence: f64,
        arousal: f64,
        dominance: Option<f64>,
    ) -> Result<Self, EmotionError> {
        let clamp = |v: f64| v.clamp(Scale::Oasis.low(), Scale::Oasis.high());
        Self::new(clamp(valence), clamp(arousal), dominance.map(clamp))
    }

    /// Unpleasant 1 to pleasant 7.
    #[must_use]
    pub fn valence(self) -> f64 {
        self.valence
    }

    /// Calm 1 to stirring 7.
    #[must_use]
    pub fn arousal(self) -> f64 {
        self.arousal
    }

    /// Controlled 1 to in control 7, where it was rated.
    #[must_use]
    pub fn dominance(self) -> Option<f64> {
        self.dominance
    }
}

/// The fields before they are checked, and the form in files.
#[derive(Serialize, Deserialize)]
struct Raw {
    valence: f64,
    arousal: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dominance: Option<f64>,
}

impl TryFrom<Raw> for Affect {
    type Error = EmotionError;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        Self::new(raw.valence, raw.arousal, raw.dominance)
    }
}

impl From<Affect> for Raw {
    fn from(affect: Affect) -> Self {
        Self {
            valence: affect.valence,
            arousal: affect.arousal,
            dominance: affect.dominance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALES: [Scale; 5] = [
        Scale::Unit,
        Scale::Oasis,
        Scale::Sam,
        Scale::PlusMinusThree,
        Scale::PlusMinusOne,
    ];

    #[test]
    fn ends_and_middle_of_every_scale_meet() {
        for scale in SCALES {
            assert_eq!(scale.to_oasis(scale.low()), Ok(1.0));
            assert_eq!(scale.to_oasis(scale.middle()), Ok(4.0));
            assert_eq!(scale.to_oasis(scale.high()), Ok(7.0));
        }
        // 3 of 9 is a quarter of the way, and so is 2.5 of 7.
        assert_eq!(Scale::Sam.to_oasis(3.0), Ok(2.5));
        assert_eq!(Scale::Sam.convert(3.0, Scale::PlusMinusOne), Ok(-0.5));
    }

    #[test]
    fn what_is_off_the_scale_is_refused() {
        for value in [f64::NAN, f64::INFINITY, -3.1, 3.000_1] {
            assert!(Scale::PlusMinusThree.to_oasis(value).is_err());
        }
        let error = Affect::new(4.0, 7.5, None).expect_err("arousal is too high");
        assert!(error.to_string().starts_with("arousal"), "{error}");
        assert!(Affect::new(4.0, 4.0, Some(0.0)).is_err());
    }

    #[test]
    fn estimates_are_moved_to_the_ends_but_nan_is_refused() {
        let affect = Affect::clamped(-2.0, f64::INFINITY, Some(4.0)).expect("clamps");
        assert_eq!((affect.valence(), affect.arousal()), (1.0, 7.0));
        assert_eq!(affect.dominance(), Some(4.0));
        assert!(Affect::clamped(f64::NAN, 4.0, None).is_err());
    }

    #[test]
    fn files_are_checked_too() {
        let affect: Affect = serde_json::from_str(r#"{"valence":2,"arousal":3}"#).expect("reads");
        assert_eq!(affect.dominance(), None);
        let text = serde_json::to_string(&affect).expect("writes");
        assert_eq!(text, r#"{"valence":2.0,"arousal":3.0}"#);
        assert!(serde_json::from_str::<Affect>(r#"{"valence":0,"arousal":3}"#).is_err());
    }
}
