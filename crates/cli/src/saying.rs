//! `affetti say`: pictures in, sentences out.

use std::{ops::ControlFlow, path::Path};

use affetti::{
    Control, Expressed, Inputs, Outcome, PictureName, SaidPicture, SayingOptions,
    emotion::{Emotion, Label},
    emotion_named, printable, say,
    words::say::speaker::SayOptions,
};
use anyhow::{Error, Result, bail};

use crate::{
    Exit,
    args::SayArgs,
    destination::{Destination, Writes},
    device,
    inputs::{inputs, paths},
    out_file::{put, spare},
    output,
    progress::Progress,
    settings::Settings,
    table::counted,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Cards,
    Lines,
}

const WRITES: Writes<Form> = Writes {
    files: &[
        ("jsonl", Form::Lines),
        ("json", Form::Lines),
        ("txt", Form::Cards),
    ],
    plain: Form::Lines,
    folder: false,
};

pub(crate) fn run(args: &SayArgs, settings: &Settings) -> Result<Exit> {
    let inputs = inputs(&args.inputs)?;
    let read: Vec<&Path> = paths(&inputs).collect();
    spare(settings.out.as_deref(), &read)?;
    let form = match WRITES.destination(settings.out.as_deref())? {
        Destination::File(_, form) => form,
        _ if settings.json => Form::Lines,
        _ => Form::Cards,
    };
    if !(0.05..=3.0).contains(&args.temperature) {
        bail!(
            "--temperature is {}, it has to be 0.05 to 3",
            args.temperature
        );
    }
    let options = SayingOptions {
        expressed: match args.emotion.as_deref() {
            None => Expressed::Dominant,
            Some("all") => Expressed::All,
            Some(name) => Expressed::Given(emotion_named(name)?),
        },
        saying: SayOptions {
            count: args.number,
            candidates: args
                .candidates
                .unwrap_or(SayOptions::default().candidates.max(4 * args.number))
                .max(args.number),
            temperature: args.temperature,
            seed: settings.seed.unwrap_or(0),
            ..SayOptions::default()
        },
        ..SayingOptions::default()
    };
    let models = device::models(None, settings);
    models.speech()?;
    let bar = Progress::new("pictures", !settings.quiet && settings.out.is_some());
    let control = Control {
        progress: &bar,
        ..Control::default()
    };
    let mut run = Run {
        settings,
        form,
        bar: &bar,
        kept: String::new(),
        good: 0,
        bad: 0,
        error: None,
    };
    say(
        &models,
        Inputs::new(inputs),
        &options,
        &control,
        |outcome| run.take(&outcome),
    )?;
    bar.finish();
    if let Some(error) = run.error {
        return Err(error);
    }
    let exit = Exit::of(run.good, run.bad);
    if let Some(out) = settings
        .out
        .as_deref()
        .filter(|_| exit != Exit::NoneSucceeded)
    {
        put(out, run.kept.as_bytes())?;
        let pictures = counted(run.good, "picture");
        settings.summary(&format!(
            "{pictures} spoken about \u{2192} {}",
            out.display()
        ));
    }
    Ok(exit)
}

struct Run<'a> {
    settings: &'a Settings,
    form: Form,
    bar: &'a Progress,
    /// What goes to a file when all is done.
    kept: String,
    good: usize,
    bad: usize,
    error: Option<Error>,
}

impl Run<'_> {
    fn take(&mut self, outcome: &Outcome<SaidPicture>) -> ControlFlow<()> {
        let told = match outcome {
            Outcome::Note(note) => {
                if self.settings.verbose {
                    self.bar.say(note);
                }
                return ControlFlow::Continue(());
            }
            Outcome::Failed(failure) => {
                self.bad += 1;
                self.bar.complain(&failure.to_string());
                match self.form {
                    Form::Lines => output::line(failure),
                    Form::Cards => Ok(String::new()),
                }
            }
            Outcome::Done(said) => {
                self.good += 1;
                match self.form {
                    Form::Lines => said.lines().map_err(Error::from),
                    Form::Cards => Ok(card(said)),
                }
            }
        };
        let written = told.and_then(|told| {
            if self.settings.out.is_some() {
                self.kept.push_str(&told);
                return Ok(());
            }
            output::print(&told)
        });
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// What is said of a picture, in a few lines.
fn card(said: &SaidPicture) -> String {
    let path: &PictureName = &said.path;
    let mut text = format!("{}  (a model wrote this)\n", printable(path));
    let longest = Emotion::ALL
        .iter()
        .map(|emotion| emotion.name().len())
        .max()
        .unwrap_or(0);
    for sentence in &said.sentences {
        let emotion = sentence.emotion.map_or("", Emotion::name);
        text += &format!("  {emotion:<longest$}  {}\n", sentence.text);
    }
    let tags: Vec<&str> = said.tags.iter().map(|tag| tag.word.as_str()).collect();
    text + &format!("  {:<longest$}  {}\n\n", "it shows", tags.join(", "))
}
