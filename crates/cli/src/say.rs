//! Lines on standard error.

use std::io::{self, Write};

use affetti::printable;

/// A line on standard error. If that fails there is nobody left to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(line));
}

/// An error or the failure of one input.
pub(crate) fn complain(line: &str) {
    say(&format!("affetti: {line}"));
}
