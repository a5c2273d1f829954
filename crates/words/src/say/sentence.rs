//! From words to a sentence as people write it.
//!
//! - **Computes** the words of [`crate::text::normal`] put together again: endings at their stems, "I"
//!   and the first letter as capitals, a full stop.
//! - **Input** words. **Output** a sentence; empty where there is none.

/// The sentence of `words`.
#[must_use]
pub fn sentence<T: AsRef<str>>(words: &[T]) -> String {
    let mut text = String::new();
    let mut open = false;
    for word in words {
        let word = word.as_ref();
        let joined = text.is_empty() || open || word.starts_with('\'') || word == ")";
        if !joined {
            text.push(' ');
        }
        open = word == "(";
        match word {
            "i" => text.push('I'),
            _ => text.push_str(word),
        }
    }
    let text = text.replace("can not", "cannot");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str() + ".",
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn words_become_a_sentence() {
        let told = |text: &str| sentence(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(
            told("the woman 's eyes ( blue ) make me sad"),
            "The woman's eyes (blue) make me sad."
        );
        assert_eq!(told("i can not look away"), "I cannot look away.");
        assert_eq!(sentence::<&str>(&[]), "");
    }
}
