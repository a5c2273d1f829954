//! Config files: TOML that becomes typed settings, or one line that says what to change.
//!
//! - **Input** a file of at most [`MOST`] bytes; **output** what a type takes from it.
//! - **Errors** name the file, the key from the top (`training.optimizer.rate`) and what is allowed
//!   there; of an unknown key or word, the nearest known one.
//! - **Deviation** inside of a type that serde buffers (tagged and untagged enums) the key of a wrong
//!   type is that of the whole.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{ErrorKind, FileError, read_within};

/// Settings are text that people write.
pub const MOST: u64 = 1 << 20;

/// Why a config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something in it is wrong.
    #[error("{}: {what}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The key, and what would be right; one line.
        what: String,
    },
}

impl ConfigError {
    /// Of `file`, in which `what` is wrong.
    #[must_use]
    pub fn wrong(file: &Path, what: &str) -> Self {
        Self::Wrong {
            file: file.to_owned(),
            what: what.replace(['\n', '\r'], " "),
        }
    }

    /// Who is at fault.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::File(error) => error.kind(),
            Self::Wrong { .. } => ErrorKind::Parameter,
        }
    }
}

/// What a file says, as far as no type has taken it.
#[derive(Clone, Debug)]
pub struct Draft {
    file: PathBuf,
    table: Table,
    /// Keys of the top that were taken already: they are known, too.
    taken: Vec<&'static str>,
}

impl Draft {
    /// Reads `file`.
    ///
    /// # Errors
    /// [`ConfigError`]: no such file, no text, no TOML.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let bytes = read_within(file, MOST)?;
        let text = String::from_utf8(bytes);
        Self::parse(
            file,
            &text.map_err(|_| ConfigError::wrong(file, "no UTF-8 text"))?,
        )
    }

    /// As [`read`](Self::read), of the text of `file`.
    ///
    /// # Errors
    /// [`ConfigError`]: no TOML.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let table = text.parse::<Table>();
        Ok(Self {
            file: file.to_owned(),
            table: table.map_err(|e| ConfigError::wrong(file, &without_excerpt(&e.to_string())))?,
            taken: Vec::new(),
        })
    }

    /// Has `key` say `value` where it says nothing.
    pub fn assume(&mut self, key: &str, value: &str) {
        let value = || value.to_owned().into();
        self.table.entry(key).or_insert_with(value);
    }

    /// Takes these keys of the top out.
    ///
    /// # Errors
    /// [`ConfigError`]: a key is missing, or has another type.
    pub fn take<T: DeserializeOwned>(&mut self, keys: &[&'static str]) -> Result<T, ConfigError> {
        let missing = keys.iter().filter(|key| !self.table.contains_key(**key));
        for key in missing {
            // One slip away from a key that is missing, it is meant.
            let slip = |other: &&String| strsim::damerau_levenshtein(other, key) == 1;
            if let Some(slip) = self.table.keys().find(slip) {
                return Err(ConfigError::wrong(&self.file, &unknown(slip, Some(key))));
            }
        }
        let taken = keys.iter().filter_map(|key| self.table.remove_entry(*key));
        let taken = taken.collect();
        self.taken.extend(keys);
        self.become_typed(taken)
    }

    /// Takes all that is left.
    ///
    /// # Errors
    /// [`ConfigError`]: a key is missing, unknown, or has another type.
    pub fn rest<T: DeserializeOwned>(mut self) -> Result<T, ConfigError> {
        let rest = std::mem::take(&mut self.table);
        self.become_typed(rest)
    }

    fn become_typed<T: DeserializeOwned>(&self, table: Table) -> Result<T, ConfigError> {
        let typed = table.try_into();
        typed.map_err(|error| {
            let what = explain(&error.to_string(), &self.taken);
            ConfigError::wrong(&self.file, &what)
        })
    }
}

/// The settings of `file`.
///
/// # Errors
/// [`ConfigError`].
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, ConfigError> {
    Draft::read(file)?.rest()
}

/// The first of `checks` that fails, in words: key and what is allowed.
///
/// # Errors
/// Those words.
pub fn first_wrong(checks: &[(bool, &str)]) -> Result<(), String> {
    let wrong = checks.iter().find(|(good, _)| !good);
    wrong.map_or(Ok(()), |(_, what)| Err((*what).to_owned()))
}

/// Joins the lines of a syntax error, but for those that quote the file: `3 | seed = x` and the marks
/// below. The file may be none that its user wants to see.
fn without_excerpt(text: &str) -> String {
    let quotes = |line: &str| {
        let after = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        after.starts_with('|')
    };
    let lines: Vec<&str> = text.lines().filter(|line| !quotes(line)).collect();
    lines.join(": ")
}

/// An error of serde, ``unknown field `x`, expected `a` or `b` `` with toml's line ``in `key` ``, as key
/// and what to do. `known` are keys of the top that serde does not know.
fn explain(told: &str, known: &[&str]) -> String {
    let told = told.trim_end();
    let (message, place) = match told.rsplit_once("\nin `") {
        Some((message, place)) => (message, place.trim_end_matches('`')),
        None => (told, ""),
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next().unwrap_or_default();
    let mut allowed: Vec<&str> = quoted.collect();
    let key = match place {
        "" => found.to_owned(),
        _ => format!("{place}.{found}"),
    };
    if message.starts_with("unknown field") {
        if place.is_empty() {
            allowed.extend(known);
        }
        return unknown(&key, nearest(found, &allowed).map(|(near, _)| near));
    }
    if message.starts_with("unknown variant") {
        let near = nearest(found, &allowed).map(|(near, _)| format!("; the nearest is {near}"));
        let near = near.filter(|_| allowed.len() > 1).unwrap_or_default();
        return format!("{place}: {}, not {found:?}{near}", list(&allowed));
    }
    if message.starts_with("missing field") {
        return format!("{key}: missing");
    }
    let message = match message.split_once(", expected ") {
        // Of words toml does not tell what it found.
        Some((_, "string only")) => "a word in quotes".to_owned(),
        Some((found, expected)) => {
            let found = found.split_once(": ").map_or(found, |(_, found)| found);
            let found = found.trim_start_matches("invalid ");
            format!("{}, not {}", in_words(expected), found.replace('`', ""))
        }
        None => message.to_owned(),
    };
    match place {
        "" => message,
        _ => format!("{place}: {message}"),
    }
}

/// Of a key that nobody knows.
fn unknown(key: &str, nearest: Option<&str>) -> String {
    let near = nearest.map(|near| format!("; the nearest known one is {near}"));
    format!("{key}: no such key{}", near.unwrap_or_default())
}

/// What serde calls a type.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a word in quotes",
        _ if expected.starts_with("struct") || expected.contains("enum") => "a table",
        _ => expected,
    }
}

/// "a, b or c".
fn list(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// The word that the fewest slips of the keyboard separate from `found`, and how many.
#[must_use]
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<(&'a str, usize)> {
    let slips = |word: &&'a str| (*word, strsim::damerau_levenshtein(found, word));
    known.iter().map(slips).min_by_key(|(_, slips)| *slips)
}

/// A name that can be part of a file's name anywhere, and leads to no other folder: letters, digits,
/// `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// What is allowed, in words.
    pub const ALLOWED: &str = "letters, digits, - and _ only";

    /// Whether `name` is one.
    #[must_use]
    pub fn is_good(name: &str) -> bool {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !name.is_empty() && name.chars().all(good)
    }
}

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if Self::is_good(&name) {
            return Ok(Self(name));
        }
        Err(Self::ALLOWED)
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        Half,
        Byte,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        rate: f64,
        steps: Option<usize>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: Name,
        precision: Word,
        inner: Inner,
        scale: Option<[f64; 2]>,
    }

    const GOOD: &str = "seed = 1\nname = \"a-1\"\nprecision = \"half\"\n[inner]\nrate = 1\n";

    fn read(text: &str) -> Result<(u64, Outer), String> {
        #[derive(Deserialize)]
        struct Common {
            seed: u64,
        }
        let mut draft = Draft::parse("c.toml".as_ref(), text).map_err(|e| e.to_string())?;
        let common: Common = draft.take(&["seed"]).map_err(|e| e.to_string())?;
        let rest = draft.rest().map_err(|e| e.to_string())?;
        Ok((common.seed, rest))
    }

    #[test]
    fn what_is_taken_and_what_is_left() {
        let (seed, outer) = read(GOOD).expect("good");
        assert_eq!((seed, &*outer.name, outer.inner.rate), (1, "a-1", 1.0));
    }

    #[test]
    fn mistakes_are_one_line_with_file_key_and_what_is_right() {
        for (from, to, told) in [
            ("seed = 1", "", "c.toml: seed: missing"),
            (
                "seed = 1",
                "sede = 1",
                "c.toml: sede: no such key; the nearest known one is seed",
            ),
            (
                "seed = 1",
                "seed = \"x\"",
                "c.toml: seed: a whole number from 0 on, not string \"x\"",
            ),
            (
                "seed = 1",
                "seed = -1",
                "c.toml: seed: a whole number from 0 on, not integer -1",
            ),
            (
                "seed = 1",
                "seed = 1\nprecison = 3",
                "c.toml: precison: no such key; the nearest known one is precision",
            ),
            // A key that another type took is known, too.
            (
                "seed = 1",
                "seed = 1\nseeds = 3",
                "c.toml: seeds: no such key; the nearest known one is seed",
            ),
            (
                "rate = 1",
                "rat = 1",
                "c.toml: inner.rat: no such key; the nearest known one is rate",
            ),
            (
                "rate = 1",
                "rate = true",
                "c.toml: inner.rate: a number, not boolean true",
            ),
            ("\"half\"", "3", "c.toml: precision: a word in quotes"),
            (
                "\"half\"",
                "\"hlaf\"",
                "c.toml: precision: half or byte, not \"hlaf\"; the nearest is half",
            ),
            (
                "\"a-1\"",
                "\"../a\"",
                "c.toml: name: letters, digits, - and _ only",
            ),
            (
                "\"a-1\"",
                "\"\"",
                "c.toml: name: letters, digits, - and _ only",
            ),
            (
                "[inner]\nrate = 1",
                "inner = 3",
                "c.toml: inner: a table, not integer 3",
            ),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            assert_eq!(read(&text).expect_err(&text), told);
        }
    }

    #[test]
    fn syntax_errors_are_one_line_without_the_text() {
        let told = "TOML parse error at line 3, column 5\n  |\n3 | seed\n  |     ^\nno value\n";
        let line = "TOML parse error at line 3, column 5: no value";
        assert_eq!(without_excerpt(told), line);
        let told = read("name = \"x\"\nsecret\n").expect_err("no TOML");
        assert!(
            told.starts_with("c.toml: TOML parse error at line 2"),
            "{told}"
        );
        assert!(
            !told.contains("secret") && told.lines().count() == 1,
            "{told}"
        );
    }

    #[test]
    fn the_file_is_named_where_it_cannot_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = Draft::read(&folder.path().join("none.toml")).expect_err("none");
        assert_eq!(told.kind(), ErrorKind::Io);
        assert!(told.to_string().contains("none.toml"), "{told}");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, [b'#', 0xff]).expect("writable");
        let told = Draft::read(&file).expect_err("no text").to_string();
        assert!(told.ends_with("c.toml: no UTF-8 text"), "{told}");
    }

    #[test]
    fn the_first_wrong_of_checks() {
        assert_eq!(
            first_wrong(&[(true, "a"), (false, "b"), (false, "c")]),
            Err("b".into())
        );
        assert_eq!(first_wrong(&[(true, "a")]), Ok(()));
    }
}
