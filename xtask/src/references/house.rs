//! What there is to name, and where it is named.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};

/// What is made and not checked in.
const MADE: [&str; 4] = ["target", "runs", "cache", "__pycache__"];

/// The repository and the program.
#[derive(Debug, Default)]
pub(crate) struct House {
    /// Texts of documents, scripts, manifests and sources by their path from the root.
    pub(super) texts: BTreeMap<String, String>,
    /// Files and folders from the root.
    pub(super) paths: BTreeSet<String>,
    /// Options of each verb: `affetti train feel` → `--data` and more.
    pub(super) verbs: BTreeMap<String, BTreeSet<String>>,
}

impl House {
    /// Walks the working tree; `completions` are those that the program prints for bash.
    ///
    /// # Errors
    /// What cannot be read, and completions of another form than expected.
    pub(crate) fn read(root: &Path, completions: &str) -> Result<Self> {
        let mut house = Self::default();
        house.walk(root, "")?;
        house.program(completions)?;
        Ok(house)
    }

    fn walk(&mut self, root: &Path, folder: &str) -> Result<()> {
        for entry in fs::read_dir(root.join(folder)).with_context(|| folder.to_owned())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if MADE.contains(&&*name) || (name.starts_with('.') && name != ".ci") {
                continue;
            }
            let path = format!("{folder}{name}");
            if entry.file_type()?.is_dir() {
                self.walk(root, &format!("{path}/"))?;
            } else if ["md", "rs", "toml", "py"]
                .iter()
                .any(|kind| path.ends_with(&format!(".{kind}")))
            {
                let text = fs::read_to_string(entry.path()).with_context(|| path.clone())?;
                self.texts.insert(path.clone(), text);
            }
            self.paths.insert(path);
        }
        Ok(())
    }

    /// Verbs and options, from lines `affetti__subcmd__train)` and `opts="…"`.
    pub(super) fn program(&mut self, completions: &str) -> Result<()> {
        let lines: Vec<&str> = completions.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            if let (Some(verb), Some(words)) =
                (pair[0].strip_suffix(')'), pair[1].strip_prefix("opts=\""))
            {
                let options = words
                    .split([' ', '"'])
                    .filter(|word| word.starts_with("--"));
                let verb = verb.replace("__subcmd__", " ");
                self.verbs
                    .insert(verb, options.map(str::to_owned).collect());
            }
        }
        ensure!(
            self.has_verbs("affetti"),
            "affetti completions bash: no verbs found; has its form changed?"
        );
        Ok(())
    }

    /// Whether this file or folder is there.
    pub(super) fn has(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path)
    }

    /// All paths that end so.
    pub(super) fn ends(&self, end: &str) -> impl Iterator<Item = &String> {
        let ends = move |path: &&String| {
            path.strip_suffix(end)
                .is_some_and(|start| start.is_empty() || start.ends_with('/'))
        };
        self.paths.iter().filter(ends)
    }

    /// The headings of a document; none where there is no such document.
    pub(super) fn headings(&self, path: &str) -> impl Iterator<Item = &str> {
        let text = self.texts.get(path).map_or("", String::as_str);
        let lines = text.split("```").step_by(2).flat_map(str::lines);
        lines
            .filter(|line| line.starts_with('#'))
            .map(|line| line.trim_matches(['#', ' ']))
    }

    /// Whether verbs follow this one.
    pub(super) fn has_verbs(&self, verb: &str) -> bool {
        let deeper = format!("{verb} ");
        self.verbs.keys().any(|known| known.starts_with(&deeper))
    }

    /// Whether any verb or any script has this option.
    pub(super) fn any_option(&self, option: &str) -> bool {
        let quoted = format!("\"{option}\"");
        let mut scripts = self.texts.iter().filter(|(file, _)| file.ends_with(".py"));
        self.verbs.values().any(|all| all.contains(option))
            || scripts.any(|(_, text)| text.contains(&quoted))
    }

    /// The folder of a package.
    pub(super) fn package(&self, name: &str) -> Option<&str> {
        let line = format!("name = \"{name}\"\n");
        let mut named = self.texts.iter().filter(|(_, text)| text.contains(&line));
        named.find_map(|(file, _)| file.strip_suffix("Cargo.toml"))
    }
}

/// Paragraphs, rows and commands of a file, as Markdown, with the number of their first line: of
/// sources the comments, of scripts, cards and configs all lines.
pub(super) fn blocks(file: &str, text: &str) -> Vec<(usize, String)> {
    let is_document = file.ends_with(".md")
        || file.ends_with(".py")
        || file.starts_with("models/")
        || file.starts_with("configs/");
    // Older versions name what was.
    let end = text
        .match_indices("\n## ")
        .nth(1)
        .map_or(text.len(), |(at, _)| at);
    let text = if file == "CHANGELOG.md" {
        &text[..end]
    } else {
        text
    };
    let mut blocks = Vec::new();
    let add = |blocks: &mut Vec<(usize, String)>, joins: bool, number, line: &str| match blocks
        .last_mut()
    {
        Some((_, block)) if joins => *block += &format!("\n{line}"),
        _ => blocks.push((number, line.to_owned())),
    };
    let (mut fence, mut joins) = (None, false);
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        let line = match line.strip_prefix("//") {
            Some(comment) => comment.trim_start_matches(['/', '!', ' ']).to_owned(),
            None if !is_document => String::new(),
            None => match line.strip_prefix("command = \"") {
                Some(command) => format!("`{}`", command.trim_end_matches('"')),
                None => line.to_owned(),
            },
        };
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_some() {
                None
            } else {
                Some(language.to_owned())
            };
            joins = false;
        } else if fence.is_none() {
            joins = joins && !line.is_empty() && !line.starts_with(['#', '|', '-']);
            add(&mut blocks, joins, number, &line);
            joins = true;
        } else if fence.as_deref() == Some("sh") {
            // A command is a block of its own, as code, with the lines that a backslash joins.
            let (start, end) = (if joins { "" } else { "`" }, line.strip_suffix('\\'));
            let line = end.map_or_else(
                || format!("{start}{line}`"),
                |line| format!("{start}{line}"),
            );
            add(&mut blocks, joins, number, &line);
            joins = end.is_some();
        }
    }
    blocks
}

/// The anchor of a heading, as GitHub makes it.
pub(super) fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
