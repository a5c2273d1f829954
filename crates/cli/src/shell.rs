//! `affetti completions` and `affetti man`.

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{Exit, args::Args, output, settings::Settings};

pub(crate) fn completions(shell: Shell, settings: &Settings) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "affetti", &mut text);
    output::emit(settings, &String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

pub(crate) fn man(settings: &Settings) -> Result<Exit> {
    if let Some(folder) = settings.out.as_deref().filter(|path| path.is_dir()) {
        clap_mangen::generate_to(Args::command(), folder)
            .with_context(|| output::cannot_write(folder))?;
        return Ok(Exit::Done);
    }
    let mut text = Vec::new();
    Man::new(Args::command()).render(&mut text)?;
    output::emit(settings, &String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}
