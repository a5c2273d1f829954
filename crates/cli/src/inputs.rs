//! The pictures that a verb is given.

use std::{ffi::OsString, path::Path};

use affetti::Input;
use anyhow::{Result, bail};

/// Inputs from arguments.
pub(crate) fn inputs(arguments: &[OsString]) -> Result<Vec<Input>> {
    let inputs: Vec<Input> = arguments.iter().map(|a| a.as_os_str().into()).collect();
    if inputs.iter().filter(|i| **i == Input::Stdin).count() > 1 {
        bail!("standard input (-) can be read once only");
    }
    Ok(inputs)
}

/// Whether they may be several pictures.
pub(crate) fn is_many(inputs: &[Input]) -> bool {
    let is_folder = |input: &Input| matches!(input, Input::Path(path) if path.is_dir());
    inputs.len() > 1 || inputs.iter().any(is_folder)
}

/// Those that are files or folders.
pub(crate) fn paths(inputs: &[Input]) -> impl Iterator<Item = &Path> {
    inputs.iter().filter_map(|input| match input {
        Input::Path(path) => Some(path.as_path()),
        Input::Stdin | Input::Bytes { .. } => None,
    })
}
