//! Whether what documents and comments name is there.
//!
//! | named | where it is looked for |
//! |---|---|
//! | links of Markdown, with their `#anchor` | beside the document |
//! | `docs/NAME.md, "Heading"` | the headings of that document |
//! | paths | from the root, or as the end of any path: `kernels/src/conv.rs` |
//! | `affetti VERB …` and options | the completions that the program prints |
//! | `cargo …`, `python peers/…` | tasks, packages and targets; the script's text |
//!
//! - **Input** a [`House`]: paths, texts, and the verbs of the program.
//! - **Output** one line per thing that is missing: `FILE:LINE: what`.
//! - **Not looked at** words with placeholders (`NAME`, `*`, `…`); of dated benchmarks all but links,
//!   and older versions in the list of changes: they name what was.

mod house;
#[cfg(test)]
mod tests;

pub(crate) use house::House;
use house::{blocks, slug};

/// Folders of the root in which nothing is made, but checked in.
const TOP: &str = " .ci benchmarks configs crates deploy docs fuzz gallery models peers xtask ";
/// Options of cargo and of tests that documents name by themselves.
const FOREIGN: &str = " --features --no-default-features --bench --test --release --workspace ";

/// All that is missing, by file and line.
pub(crate) fn missing(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for file in house.texts.keys() {
        for (line, text) in blocks(file, &house.texts[file]) {
            // Of the same length: a place in one is a place in the other.
            let flat = &text.replace('\n', " ");
            let mut check = Check {
                house,
                file,
                found: Vec::new(),
            };
            check.block(flat);
            found.extend(check.found.into_iter().map(|(at, what)| {
                let line = line + text[..at].matches('\n').count();
                format!("{file}:{line}: {what}")
            }));
        }
    }
    found
}

/// One block of one file, and what is missing at which of its bytes.
struct Check<'a> {
    house: &'a House,
    file: &'a str,
    found: Vec<(usize, String)>,
}

impl Check<'_> {
    fn block(&mut self, text: &str) {
        if self.file.ends_with(".md") {
            self.links(text);
        }
        if self.file.starts_with("benchmarks/2") {
            return;
        }
        self.words(text);
        self.citations(text);
        let mut at = 0;
        for (i, part) in text.split('`').enumerate() {
            // Every second part is code.
            if i % 2 == 1 {
                self.code(at, part.trim());
            }
            at += part.len() + 1;
        }
    }

    fn need(&mut self, there: bool, at: usize, what: impl FnOnce() -> String) {
        if !there {
            self.found.push((at, what()));
        }
    }

    fn links(&mut self, text: &str) {
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            if target.contains(':') || text[..at].matches('`').count() % 2 == 1 {
                continue;
            }
            let (name, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if name.is_empty() {
                self.file.to_owned()
            } else {
                beside(self.file, name)
            };
            let good = self.house.has(&path)
                && (anchor.is_empty() || self.house.headings(&path).any(|h| slug(h) == anchor));
            self.need(good, at, || format!("the link to `{target}` leads nowhere"));
        }
    }

    /// `docs/NAME.md, "Heading"`, and further headings after a comma or "and".
    fn citations(&mut self, text: &str) {
        for (at, _) in text.match_indices(".md") {
            let Some(mut rest) = text[at + 3..].trim_start_matches('`').strip_prefix(", \"") else {
                continue;
            };
            let name = text[..at + 3]
                .rsplit(|c| !is_of_path(c))
                .next()
                .unwrap_or_default();
            let sibling = beside(self.file, name);
            let path = if self.house.has(name) { name } else { &sibling };
            while let Some((heading, after)) = rest.split_once('"') {
                let known = self.house.headings(path).any(|h| h == heading)
                    || is_pattern(name) && !self.house.has(path);
                self.need(known, at, || {
                    format!("`{name}` has no section \"{heading}\"")
                });
                let next = after.strip_prefix(" and \"").or(after.strip_prefix(", \""));
                rest = next.unwrap_or_default();
            }
        }
    }

    /// Whole paths, in code or out of it.
    fn words(&mut self, text: &str) {
        let mut at = 0;
        for word in text.split_inclusive(|c| !is_of_path(c)) {
            let path = word
                .trim_end_matches(|c| !is_of_path(c))
                .trim_end_matches(['.', '-', '/']);
            let whole = path.split_once('/').is_some_and(|(top, _)| is_in(top, TOP));
            let good = !whole || is_pattern(word) || self.house.has(path);
            self.need(good, at, || format!("there is no `{path}`"));
            at += word.len();
        }
    }

    /// What stands between backticks.
    fn code(&mut self, at: usize, code: &str) {
        if code.contains(' ') || code.starts_with("--") {
            return self.commands(at, code);
        }
        let top = code.split('/').next().unwrap_or_default();
        let of_kind = [".rs", ".md"]
            .iter()
            .any(|kind| code.ends_with(kind) && code != *kind);
        // ARCHITECTURE.md names folders of the house only, others those of data sets too.
        let folder = code.ends_with('/') && self.file == "ARCHITECTURE.md";
        let of_crate = code.contains("/src") && self.house.has(&format!("crates/{top}"));
        if (of_kind || folder || of_crate) && !is_in(top, TOP) && code.chars().all(is_of_path) {
            let path = code.trim_end_matches('/');
            let good = is_pattern(path) || self.house.ends(path).next().is_some();
            self.need(good, at, || format!("no path ends in `{path}`"));
        }
    }

    fn commands(&mut self, at: usize, text: &str) {
        let text = text
            .split(" #")
            .next()
            .unwrap_or_default()
            .replace(", then ", "&&");
        for part in text.split(['&', ';', '|']) {
            let before = |w: &&str| {
                is_in(w, " time /usr/bin/time -v ") || (w.contains('=') && !w.starts_with('-'))
            };
            let words = part.split_whitespace().skip_while(before);
            let words: Vec<&str> = words.map(|w| w.trim_end_matches([',', '.', ')'])).collect();
            let [first, rest @ ..] = words.as_slice() else {
                continue;
            };
            let verb = format!("affetti {first}");
            let goes_on = |next: &&str| next.starts_with("--") || self.house.has_verbs(&verb);
            if first.split('/').next_back() == Some("affetti") {
                self.affetti(at, rest);
            } else if *first == "cargo" || *first == "--example" {
                self.cargo(at, &words);
            } else if *first == "python" || first.ends_with(".py") {
                let script = words.iter().find(|w| w.ends_with(".py")).unwrap_or(first);
                self.script(at, script, rest);
            } else if let Some(option) = first.split('=').next().filter(|w| w.starts_with("--")) {
                let known =
                    is_in(option, FOREIGN) || is_pattern(option) || self.house.any_option(option);
                self.need(known, at, || format!("nothing has an option {option}"));
            } else if self.house.verbs.contains_key(&verb) && rest.first().is_some_and(goes_on) {
                // A verb without the program's name.
                self.affetti(at, &words);
            }
        }
    }

    /// What follows the program's name.
    fn affetti(&mut self, at: usize, words: &[&str]) {
        let mut verb = "affetti".to_owned();
        for word in words {
            let deeper = format!("{verb} {word}");
            let option = word.split('=').next().filter(|w| w.starts_with("--"));
            if let Some(option) = option {
                let known = self
                    .house
                    .verbs
                    .get(&verb)
                    .is_some_and(|all| all.contains(option));
                self.need(known, at, || format!("`{verb}` has no option {option}"));
            } else if self.house.verbs.contains_key(&deeper) {
                verb = deeper;
            } else if self.house.has_verbs(&verb) {
                let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
                self.need(!is_word, at, || format!("there is no `{deeper}`"));
                return;
            }
        }
    }

    /// A missing script is told as a path.
    fn script(&mut self, at: usize, script: &str, words: &[&str]) {
        let text = self.house.texts.get(script).map_or("", String::as_str);
        for option in words
            .iter()
            .filter(|w| w.starts_with("--") && !text.is_empty())
        {
            let known = text.contains(&format!("\"{option}\""));
            self.need(known, at, || format!("`{script}` has no option {option}"));
        }
    }

    fn cargo(&mut self, at: usize, words: &[&str]) {
        if words.get(1) == Some(&"xtask") {
            for word in words[2..].iter().filter(|w| !is_pattern(w)) {
                let known = crate::USAGE
                    .split(['[', ']', ' '])
                    .any(|known| known == *word);
                self.need(known, at, || format!("`cargo xtask` has no {word}"));
            }
            return;
        }
        let (own, given) =
            words.split_at(words.iter().position(|w| *w == "--").unwrap_or(words.len()));
        let value = |name: &str| own.windows(2).find(|w| w[0] == name).map(|w| w[1]);
        let folder = value("-p").map(|name| (name, self.house.package(name)));
        if let Some((name, None)) = folder {
            self.need(false, at, || format!("there is no package {name}"));
        }
        let folder = folder.and_then(|(_, folder)| folder).unwrap_or_default();
        for (kind, place) in [
            ("--bench", "benches"),
            ("--test", "tests"),
            ("--example", "examples"),
        ] {
            let Some(name) = value(kind) else { continue };
            let file = format!("{place}/{name}.rs");
            let good =
                is_pattern(&file) || self.house.ends(&file).any(|path| path.starts_with(folder));
            self.need(good, at, || format!("there is no target `{file}`"));
        }
        if words.get(1) == Some(&"run") && value("-p").or(value("--example")).is_none() {
            self.affetti(at, given.get(1..).unwrap_or_default());
        }
    }
}

/// Where `target` lies that a file names from its own folder.
fn beside(file: &str, target: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !part.is_empty()) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Whether a list that spaces part has a word.
fn is_in(word: &str, list: &str) -> bool {
    list.contains(&format!(" {word} "))
}

fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

/// Two capitals in a row stand for what the reader fills in; `LICENSE` and the like are not checked.
fn is_pattern(word: &str) -> bool {
    let capitals = word
        .as_bytes()
        .windows(2)
        .any(|w| w.iter().all(u8::is_ascii_uppercase));
    capitals || word.contains(['*', '…', '<', '{', '$'])
}
