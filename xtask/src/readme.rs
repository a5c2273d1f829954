//! What is read from and written into the README; no I/O.

use anyhow::{Context, Result, bail};

/// Stands on the line before a fenced `sh` block whose commands are run.
const RUN: &str = "<!-- run -->";
/// Stands on the lines before and after the table of commands; the second one may have a slash.
const TABLE: [&str; 2] = ["<!-- commands -->", "<!-- /commands -->"];
const FENCE: &str = "```";

/// Every command of the marked blocks, in order. A backslash at the end joins lines; empty lines
/// and comments are left out.
///
/// # Errors
/// A mark without a `sh` block after it, a block without an end, or no command at all.
pub(crate) fn marked_commands(text: &str) -> Result<Vec<String>> {
    let mut commands = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if line.trim() != RUN {
            continue;
        }
        let at = || format!("README.md, line {number}");
        let (fence, _) = lines.next().with_context(at)?;
        if fence.trim() != "```sh" {
            bail!("{}: no ```sh block follows", at());
        }
        let mut command = String::new();
        loop {
            let (line, _) = lines.next().with_context(at)?;
            if line.trim() == FENCE {
                break;
            }
            let line = line.trim();
            if let Some(start) = line.strip_suffix('\\') {
                command += start;
            } else if !line.is_empty() && !line.starts_with('#') {
                commands.push(std::mem::take(&mut command) + line);
            }
        }
        if !command.is_empty() {
            bail!("{}: the block ends inside of a command", at());
        }
    }
    if commands.is_empty() {
        bail!("README.md: no command is marked with {RUN}");
    }
    Ok(commands)
}

/// The section `Commands:` of a help text as a Markdown table, without `help` itself.
///
/// # Errors
/// A help text without commands.
pub(crate) fn command_table(help: &str) -> Result<String> {
    let section = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let mut rows: Vec<(String, String)> = Vec::new();
    for line in section.take_while(|line| !line.trim().is_empty()) {
        // Names are indented by two; what is indented more goes on with the text above.
        if line.starts_with("   ") {
            if let Some((_, what)) = rows.last_mut() {
                *what = format!("{what} {}", line.trim()).trim().to_owned();
            }
        } else {
            let line = line.trim();
            let (name, what) = line.split_once(' ').unwrap_or((line, ""));
            rows.push((name.to_owned(), what.trim().to_owned()));
        }
    }
    rows.retain(|(name, _)| name != "help");
    if rows.is_empty() {
        bail!("affetti --help names no commands");
    }
    let rows = rows
        .iter()
        .map(|(name, what)| format!("| `affetti {name}` | {} |\n", what.replace('|', "\\|")));
    Ok(format!(
        "| command | does |\n|---|---|\n{}",
        rows.collect::<String>()
    ))
}

/// `text` with `table` between its marks.
///
/// # Errors
/// Other than two marks.
pub(crate) fn with_table(text: &str, table: &str) -> Result<String> {
    let is_mark = |line: &str| TABLE.contains(&line.trim());
    let marks: Vec<usize> = (0..)
        .zip(text.lines())
        .filter_map(|(i, line)| is_mark(line).then_some(i))
        .collect();
    let &[first, second] = marks.as_slice() else {
        bail!(
            "README.md: {} and {} must stand once each, on their own lines",
            TABLE[0],
            TABLE[1]
        );
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let before = lines[..=first].concat();
    Ok(before + "\n" + table + "\n" + &lines[second..].concat())
}

#[cfg(test)]
mod tests {
    use super::{command_table, marked_commands, with_table};

    #[test]
    fn only_marked_blocks_are_run() {
        let text = "```sh\nnot this\n```\n\n<!-- run -->\n```sh\n# a comment\none --flag\n\n\
                    two \\\n  and more\n```\n<!-- run -->\n```sh\nthree\n```\n";
        assert_eq!(
            marked_commands(text).unwrap(),
            ["one --flag", "two and more", "three"]
        );
    }

    #[test]
    fn broken_marks_are_told() {
        for text in [
            "",
            "<!-- run -->\n",
            "<!-- run -->\ntext\n",
            "<!-- run -->\n```sh\nendless\n",
            "<!-- run -->\n```sh\nhalf \\\n```\n",
        ] {
            assert!(marked_commands(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn help_becomes_a_table() {
        let help = "Feels.\n\nCommands:\n  feel    Say what pictures make\n          people feel\n  \
                    pipe    a|b\n  long-name\n          Below\n  help    Print this\n\nOptions:\n  -v\n";
        let table = "| command | does |\n|---|---|\n\
                     | `affetti feel` | Say what pictures make people feel |\n\
                     | `affetti pipe` | a\\|b |\n| `affetti long-name` | Below |\n";
        assert_eq!(command_table(help).unwrap(), table);
        assert!(command_table("Options:\n").is_err());
    }

    #[test]
    fn the_table_goes_between_its_marks() {
        let text = "a\n<!-- commands -->\nold\n<!-- /commands -->\nb\n";
        let new = with_table(text, "T\n").unwrap();
        assert_eq!(new, "a\n<!-- commands -->\n\nT\n\n<!-- /commands -->\nb\n");
        assert_eq!(with_table(&new, "T\n").unwrap(), new, "twice is once");
        assert!(with_table("a\n", "T\n").is_err());
    }
}
