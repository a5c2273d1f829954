//! A distribution in files: a map from name to probability.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{Distribution, EmotionError, Label};

impl<L: Label> Serialize for Distribution<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(L::ALL.len()))?;
        for (label, probability) in self.iter() {
            map.serialize_entry(label.name(), &probability)?;
        }
        map.end()
    }
}

impl<'de, L: Label> Deserialize<'de> for Distribution<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Names(PhantomData))
    }
}

struct Names<L>(PhantomData<L>);

impl<'de, L: Label> Visitor<'de> for Names<L> {
    type Value = Distribution<L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a map from each {} label to its probability",
            L::TAXONOMY
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found: Vec<Option<f64>> = vec![None; L::ALL.len()];
        while let Some((name, probability)) = map.next_entry::<Cow<'_, str>, f64>()? {
            let label = L::parse(&name).map_err(A::Error::custom)?;
            if found[label.index()].replace(probability).is_some() {
                return Err(A::Error::custom(EmotionError::DuplicateLabel {
                    taxonomy: L::TAXONOMY,
                    name: label.name(),
                }));
            }
        }
        complete::<L>(&found).map_err(A::Error::custom)
    }
}

/// A missing name is refused, not read as 0: the usual cause is a file of
/// another taxonomy.
fn complete<L: Label>(found: &[Option<f64>]) -> Result<Distribution<L>, EmotionError> {
    let values: Result<Vec<f64>, EmotionError> = L::ALL
        .iter()
        .zip(found)
        .map(|(label, value)| {
            value.ok_or(EmotionError::MissingLabel {
                taxonomy: L::TAXONOMY,
                name: label.name(),
            })
        })
        .collect();
    Distribution::from_probabilities(&values?)
}
