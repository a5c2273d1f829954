//! Words, as far as counting them goes.

/// The punctuation that ArtEmis's preprocessing turns into spaces, its dashes
/// spelled out (hyphen to horizontal bar).
const SEPARATORS: &str =
    ".?!,:;/\\-~*_=[]{}$^@|%#<>\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}";

/// Quotes and brackets that may cling to a word.
const CLINGING: &str = "'\"`()\u{2018}\u{2019}\u{201C}\u{201D}";

/// The substrings by which ArtEmis recognises a simile; its authors call such
/// captions metaphors.
pub const METAPHORS: [&str; 13] = [
    "could be",
    "appears to be",
    "appear to be",
    "reminds me",
    "remind me",
    "seems like",
    "looks like",
    "look like",
    "is like",
    "are like",
    "think of",
    "resembles",
    "resembling",
];

/// The tokens of an utterance, by a rule that fits in one sentence: lower the
/// case, split at white space and at `. ? ! , : ; / \ - ~ * _ = [ ] { } $ ^ @ |
/// % # < >` and dashes, and strip quotes and parentheses from both ends.
///
/// The published counts come from NLTK's tokeniser after contractions were
/// expanded: there `don't` is two tokens and a parenthesis is one, here `don't`
/// is one and a parenthesis none. So counts differ slightly: on 36 274 of
/// ArtEmis's utterances the mean length is 15.78 by this rule, and 15.92 in
/// print for all of them.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    split_lower(&text.to_lowercase())
        .map(str::to_owned)
        .collect()
}

/// [`tokens`] of a text that is in lower case already, without copies.
pub(super) fn split_lower(lower: &str) -> impl Iterator<Item = &str> {
    lower
        .split(|c: char| c.is_whitespace() || SEPARATORS.contains(c))
        .map(|token| token.trim_matches(|c| CLINGING.contains(c)))
        .filter(|token| !token.is_empty())
}

/// Whether an utterance holds one of [`METAPHORS`], in any case.
#[must_use]
pub fn has_metaphor(text: &str) -> bool {
    lower_has_metaphor(&text.to_lowercase())
}

/// [`has_metaphor`] of a text that is in lower case already.
pub(super) fn lower_has_metaphor(lower: &str) -> bool {
    METAPHORS.iter().any(|simile| lower.contains(simile))
}
