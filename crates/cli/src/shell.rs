//! `affetti completions` and `affetti man`.

use std::{fs, path::Path};

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{
    Exit,
    args::Args,
    destination::{Destination, Writes},
    out_file::{cannot_write, put},
    output,
    settings::Settings,
};

/// Into any file: shells want names without an extension.
pub(crate) fn completions(shell: Shell, settings: &Settings) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "affetti", &mut text);
    output::emit(settings, &String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

const PAGES: Writes<()> = Writes {
    files: &[("1", ()), ("roff", ()), ("txt", ())],
    plain: (),
    folder: true,
};

/// One page on standard output or in a file, or a page per verb in a folder.
pub(crate) fn man(settings: &Settings) -> Result<Exit> {
    if let Destination::Folder(folder) = PAGES.destination(settings.out.as_deref())? {
        fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        let mut command = Args::command().disable_help_subcommand(true);
        // Gives the commands below their full names.
        command.build();
        pages(&command, &folder)?;
        return Ok(Exit::Done);
    }
    let mut text = Vec::new();
    Man::new(Args::command()).render(&mut text)?;
    output::emit(settings, &String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// The pages of a command and of all below it.
fn pages(command: &Command, folder: &Path) -> Result<()> {
    let page = Man::new(command.clone());
    let path = folder.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)?;
    put(&path, &text)?;
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .try_for_each(|below| pages(below, folder))
}
