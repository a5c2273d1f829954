//! Figures and shares as results show them.

use affetti_emotion::{Distribution, Emotion, Label};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A number as results show it: with four decimals at most, more than any of them deserves.
#[must_use]
pub fn round4(value: f64) -> f64 {
    // The sum turns −0 into 0.
    (value * 1e4).round() / 1e4 + 0.0
}

/// A distribution with rounded values.
#[derive(Debug)]
pub(crate) struct Shares<'a, L: Label>(pub(crate) &'a Distribution<L>);

impl<L: Label> Serialize for Shares<'_, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(L::ALL.len()))?;
        for (label, share) in self.0.iter() {
            map.serialize_entry(label.name(), &round4(share))?;
        }
        map.end()
    }
}

/// The two largest shares in words: `fear 41 %, awe 20 %`.
pub(crate) fn leading(emotions: &Distribution<Emotion>) -> String {
    let named: Vec<String> = emotions
        .top(2)
        .into_iter()
        .map(|(emotion, share)| format!("{emotion} {:.0} %", share * 100.0))
        .collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::round4;

    #[test]
    fn rounding() {
        assert_eq!(round4(0.123_45), 0.1235);
        assert!(round4(-0.000_01).is_sign_positive());
    }
}
