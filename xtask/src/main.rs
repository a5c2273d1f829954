//! Local checks and generated documents, as `cargo xtask TASK`.
//!
//! | task | does |
//! |---|---|
//! | `check` | format, lints, builds by features, tests, documentation, the README, references; stops at the first failure |
//! | `readme` | writes the README's table of commands from `affetti --help` |
//! | `readme --check` | fails where that table is out of date, and writes nothing |
//! | `run-readme` | runs the README's marked commands |
//! | `references` | fails where documents or comments name what is not there |

mod readme;
mod references;
mod sandbox;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail};

/// The README's test command. It has a step of its own, so that `run-readme` leaves it out.
const TEST: &str = "cargo test --workspace --features train";
/// What `check` has cargo do, cheap steps first. Builds by features are only looked at: what they
/// compute is tested with the README's features.
const STEPS: [&str; 7] = [
    "cargo fmt --check",
    "cargo clippy --workspace --all-targets --features train -- -D warnings",
    "cargo check --workspace --no-default-features",
    // The command `affetti` would overwrite the pages of the library `affetti`: libraries only.
    "cargo doc --workspace --features train --no-deps --lib",
    "cargo check -p affetti-nets --features burn",
    "cargo check --workspace --features vulkan",
    TEST,
];
const USAGE: &str = "usage: cargo xtask check | readme [--check] | run-readme | references";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["check"] => check(),
        ["readme"] => commands_table(false),
        ["readme", "--check"] => commands_table(true),
        ["run-readme"] => run_readme(),
        ["references"] => references(),
        ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(())
        }
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// All checks, of `.ci/run` too.
fn check() -> Result<()> {
    let start = Instant::now();
    for step in STEPS {
        cargo(step)?;
    }
    run_readme()?;
    commands_table(true)?;
    references()?;
    say(&format!(
        "xtask: all checks passed in {:.0?}",
        start.elapsed()
    ));
    Ok(())
}

/// Runs a command of cargo in the workspace root.
fn cargo(step: &str) -> Result<()> {
    say(&format!("== {step}"));
    let start = Instant::now();
    let mut command = cargo_command();
    command.args(step.split_whitespace().skip(1));
    // Only here: tests in documentation may warn.
    if step.starts_with("cargo doc ") {
        command.env("RUSTDOCFLAGS", "-D warnings");
    }
    let status = command.status().context("cargo cannot be started")?;
    if !status.success() {
        bail!("{step}: {status}");
    }
    say(&format!("== done in {:.0?}", start.elapsed()));
    Ok(())
}

fn cargo_command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What the program says to `arguments`.
fn affetti(arguments: &[&str]) -> Result<String> {
    // The README's commands are built with this profile anyway.
    let output = cargo_command()
        .args(["run", "--release", "--quiet", "--"])
        .args(arguments)
        .output()
        .context("cargo cannot be started")?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("affetti {}: {}\n{told}", arguments.join(" "), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Tells what documents and comments name that is not there.
fn references() -> Result<()> {
    let house = references::House::read(&root(), &affetti(&["completions", "bash"])?)?;
    let missing = references::missing(&house);
    if !missing.is_empty() {
        missing.iter().for_each(|line| say(line));
        bail!("{} references lead nowhere", missing.len());
    }
    say("== references: all lead somewhere");
    Ok(())
}

/// Writes the README's table of commands, or only compares it.
fn commands_table(only_check: bool) -> Result<()> {
    let table = readme::command_table(&affetti(&["--help"])?)?;
    let text = readme_text()?;
    let wanted = readme::with_table(&text, &table)?;
    if wanted == text {
        say("== README.md: the table of commands is up to date");
    } else if only_check {
        bail!("README.md: the table of commands is out of date; run `cargo xtask readme`");
    } else {
        fs::write(root().join("README.md"), wanted).context("README.md")?;
        say("== README.md: table of commands written");
    }
    Ok(())
}

/// Runs the README's marked commands, each in a shell of its own, until one fails.
fn run_readme() -> Result<()> {
    let commands = readme::marked_commands(&readme_text()?)?;
    if !commands.iter().any(|command| command == TEST) {
        bail!("README.md: no marked command is `{TEST}`, which the checks run as its test command");
    }
    let folder = sandbox::prepare(&root())?;
    for command in commands.iter().filter(|command| *command != TEST) {
        say(&format!("== README: {command}"));
        let start = Instant::now();
        let status = Command::new("sh")
            .args(["-euc", command])
            .current_dir(&folder)
            .status()
            .context("sh cannot be started")?;
        if !status.success() {
            bail!("README.md: `{command}`: {status}");
        }
        say(&format!("== done in {:.0?}", start.elapsed()));
    }
    Ok(())
}

fn readme_text() -> Result<String> {
    fs::read_to_string(root().join("README.md")).context("README.md")
}

/// The workspace root: the folder above this crate.
fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_owned)
}

#[expect(clippy::print_stderr, reason = "a check tells what it does")]
fn say(line: &str) {
    eprintln!("{line}");
}
