//! One taxonomy is one enum that implements [`Label`].

use std::fmt::Debug;

use crate::EmotionError;

/// Longest piece of an unknown word that is repeated in the error message; the
/// word comes from a file or the network and may be of any length.
const QUOTED_CHARS: usize = 60;

/// A closed list of words, such as the nine emotions of ArtEmis.
///
/// Implementations keep three promises: [`ALL`](Label::ALL) is not empty and
/// holds every label once; `Self::ALL[label.index()] == label`; names differ
/// when compared as [`parse`](Label::parse) compares them.
pub trait Label: Copy + Eq + Debug + Send + Sync + 'static {
    /// Short name of the taxonomy, for messages and files.
    const TAXONOMY: &'static str;
    /// Where the words and their order come from.
    const SOURCE: &'static str;
    /// Every label, in the order of the indices.
    const ALL: &'static [Self];

    /// Position in [`ALL`](Label::ALL), from 0.
    fn index(self) -> usize;

    /// The word, lower case, as it appears in files and JSON.
    fn name(self) -> &'static str;

    /// Other spellings that [`parse`](Label::parse) accepts.
    fn aliases(self) -> &'static [&'static str] {
        &[]
    }

    /// The label with this name or alias.
    ///
    /// Letter case and surrounding space do not matter; `_` and `-` stand for a
    /// space, so that `something_else` is read as well.
    ///
    /// # Errors
    /// [`EmotionError::UnknownLabel`], which lists the allowed names.
    fn parse(text: &str) -> Result<Self, EmotionError> {
        let wanted = fold(text);
        Self::ALL
            .iter()
            .copied()
            .find(|label| {
                fold(label.name()) == wanted || label.aliases().iter().any(|a| fold(a) == wanted)
            })
            .ok_or_else(|| unknown::<Self>(text))
    }

    /// The label at this position, or `None` beyond the last.
    fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }
}

/// The form in which words are compared.
fn fold(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| if matches!(c, '_' | '-') { ' ' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

fn unknown<L: Label>(given: &str) -> EmotionError {
    let names: Vec<&str> = L::ALL.iter().map(|label| label.name()).collect();
    EmotionError::UnknownLabel {
        taxonomy: L::TAXONOMY,
        given: given.chars().take(QUOTED_CHARS).collect(),
        allowed: names.join(", "),
    }
}

/// Defines one taxonomy: the enum, [`Label`], `Display`, `FromStr`, and serde
/// as the name.
///
/// A macro, because the word must stand once beside its variant: three parallel
/// tables (variants, names, order) are how label files go wrong.
macro_rules! taxonomy {
    (
        $(#[$meta:meta])*
        $type:ident($taxonomy:literal, $source:literal) {
            $( $(#[$note:meta])* $variant:ident = $name:literal $(| $alias:literal)* ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $( $(#[$note])* $variant ),+ }

        impl $crate::Label for $type {
            const TAXONOMY: &'static str = $taxonomy;
            const SOURCE: &'static str = $source;
            const ALL: &'static [Self] = &[ $( Self::$variant ),+ ];

            fn index(self) -> usize { self as usize }

            fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),+ }
            }

            fn aliases(self) -> &'static [&'static str] {
                match self { $( Self::$variant => &[ $( $alias ),* ] ),+ }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad($crate::Label::name(*self))
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::EmotionError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::Label>::parse(text)
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::Label::name(*self))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'_, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                <Self as $crate::Label>::parse(&text).map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use taxonomy;
