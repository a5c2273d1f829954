//! Who is at fault.

use std::fmt;

use serde::Serialize;

/// Who is at fault, for exit codes and the `kind` of JSON lines; the same type in every room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// What was given is bad: the bytes or the path of a picture, a column of a list.
    Input,
    /// It may be good but is larger than the caller allows.
    Limit,
    /// A format, variant or device that this program does not know.
    Unsupported,
    /// Weights do not fit their network or are damaged.
    Model,
    /// The operating system refused.
    Io,
    /// An argument or setting is out of range.
    Parameter,
}

impl ErrorKind {
    /// Lower-case name, as in JSON: `input`, `limit`, `unsupported`, `model`, `io` or `parameter`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Limit => "limit",
            Self::Unsupported => "unsupported",
            Self::Model => "model",
            Self::Io => "io",
            Self::Parameter => "parameter",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
