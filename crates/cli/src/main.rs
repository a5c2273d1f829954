//! The command `affetti`: arguments → settings → facade → text.
//!
//! Every verb has one file and returns an [`Exit`]; this file alone prints errors and picks the
//! exit code. Standard output carries data only, standard error the rest.

mod args;
mod beside;
mod data;
mod destination;
mod device;
mod eval;
mod feel;
mod find;
mod inputs;
mod interrupt;
mod label;
mod mirror;
mod models;
mod out_file;
mod output;
mod own;
mod paint;
mod progress;
mod read;
mod regions;
mod say;
mod saying;
mod serve;
mod settings;
mod shell;
mod sketch;
mod table;
mod terminal;
mod train;

use std::{panic, process::ExitCode, thread};

use clap::Parser;

use args::{Args, Verb};
use settings::Settings;

/// How a verb ended, as the contract counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// All done.
    Done,
    /// Some inputs failed; each was named, the others are done.
    SomeFailed,
    /// No input succeeded.
    NoneSucceeded,
    /// A signal ended the work early; what there was is kept.
    Stopped,
}

impl Exit {
    /// From how many inputs succeeded and failed.
    fn of(good: usize, bad: usize) -> Self {
        match (good, bad) {
            (_, 0) => Self::Done,
            (0, _) => Self::NoneSucceeded,
            _ => Self::SomeFailed,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeFailed => 1,
            Self::NoneSucceeded => 2,
            Self::Stopped => 130,
        }
    }
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and version come this way too. Where they cannot be printed, nobody reads them.
        Err(error) => {
            if error.use_stderr() {
                // It quotes what was given, and that comes from anywhere.
                error.render().to_string().lines().for_each(output::say);
            } else {
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let settings = Settings::new(&args.global);
    affetti::nets::device::limit_threads(settings.threads);
    quiet_workers(settings.verbose);
    interrupt::watch();
    if settings.seed.is_some() && !takes_seed(&args.verb) {
        settings.summary(
            "--seed changes nothing here: it is for `affetti train`, `sketch`, `say` and `paint`",
        );
    }
    match run(args.verb, &settings) {
        Ok(exit) => ExitCode::from(exit.code()),
        // Whoever closed the pipe has read enough.
        Err(error) if error.is::<output::Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&whole(&error));
            ExitCode::from(2)
        }
    }
}

fn takes_seed(verb: &Verb) -> bool {
    let speaker = matches!(verb, Verb::Eval(args::EvalVerb::Speaker { .. }));
    speaker
        || matches!(
            verb,
            Verb::Train(_) | Verb::Sketch(_) | Verb::Say(_) | Verb::Paint(_)
        )
}

fn run(verb: Verb, settings: &Settings) -> anyhow::Result<Exit> {
    // Verbs with inputs ask again, for these.
    out_file::spare(settings.out.as_deref(), &[])?;
    match verb {
        Verb::Feel(args) => feel::run(&args, settings),
        Verb::Regions(args) => regions::run(&args, settings),
        Verb::Find(args) => find::run(&args, settings),
        Verb::Read(args) => read::run(&args, settings),
        Verb::Say(args) => saying::run(&args, settings),
        Verb::Sketch(args) => sketch::run(&args, settings),
        Verb::Paint(args) => paint::run(&args, settings),
        Verb::Label(args) => label::run(&args, settings),
        Verb::Serve(args) => serve::run(&args, settings),
        Verb::Data(verb) => data::run(verb, settings),
        Verb::Models(verb) => models::run(verb, settings),
        Verb::Train(verb) => train::train(verb, settings),
        Verb::Eval(verb) => eval::eval(verb, settings),
        Verb::Completions { shell } => shell::completions(shell, settings),
        Verb::Man => shell::man(settings),
    }
}

/// The error and its causes in one line. Some errors of the rooms quote their cause, some do not:
/// what was said already is not said again.
fn whole(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// A panic while one picture is worked on is caught and told as that picture's failure: a second
/// message helps only those who look for the bug.
fn quiet_workers(verbose: bool) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if verbose || thread::current().name() != Some(affetti::pipeline::WORKER_THREAD) {
            usual(info);
        }
    }));
}
