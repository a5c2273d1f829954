//! Writing: standard output that may be closed, files that are whole or not there, messages.

use std::{
    fmt, fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::settings::Settings;

/// The reader of standard output has gone. Not a failure: it has seen enough.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for Closed {}

/// Writes to standard output at once, so that a reader sees every line when it is ready.
///
/// # Errors
/// [`Closed`], or what the system says.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => bail!(Closed),
        other => other.context("cannot write to standard output"),
    }
}

/// The whole result of a verb, to `--out` or to standard output.
pub(crate) fn emit(settings: &Settings, text: &str) -> Result<()> {
    let Some(path) = &settings.out else {
        return print(text);
    };
    let mut file = OutFile::create(path)?;
    file.write_all(text.as_bytes())
        .with_context(|| cannot_write(path))?;
    file.commit()
}

/// A line on standard error. If that fails there is nobody left to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", one_line(line));
}

/// An error or the failure of one input.
pub(crate) fn complain(line: &str) {
    say(&format!("affetti: {line}"));
}

/// The text with everything escaped that could break the line or steer a terminal: names come
/// from anywhere.
pub(crate) fn one_line(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if steers(c) => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}

/// Extension in lower case, empty if there is none.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

/// What precedes the system's reason.
pub(crate) fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// A file that takes its name only when it is whole; dropped before, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct OutFile {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl OutFile {
    /// Begins a file that is to be `path`, in the same folder: a rename across disks is a copy,
    /// and a copy can stop half way.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        if path.is_dir() {
            bail!("{} is a folder; give the name of a file", path.display());
        }
        let parent = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = parent.unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        // The dot keeps a run over this folder from finding it.
        builder.prefix(".affetti-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // A result is no secret: the process's umask decides who may read it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder
            .tempfile_in(folder)
            .map_err(|error| error_below(&error, path))?;
        Ok(Self {
            file: BufWriter::new(file),
            path: path.to_owned(),
        })
    }

    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<()> {
        let Self { file, path } = self;
        let file = file
            .into_inner()
            .map_err(|error| error.into_error())
            .with_context(|| cannot_write(&path))?;
        let renamed = file.persist(&path).map_err(|error| error.error);
        renamed.map(drop).with_context(|| cannot_write(&path))
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The reason without the name of the temporary file, which says nothing to the user.
fn error_below(error: &io::Error, path: &Path) -> anyhow::Error {
    let missing = path.parent().is_some_and(|folder| {
        !folder.as_os_str().is_empty()
            && matches!(fs::metadata(folder), Err(e) if e.kind() == io::ErrorKind::NotFound)
    });
    let reason = if missing {
        "its folder does not exist".to_owned()
    } else {
        match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code).to_string(),
            None => error.kind().to_string(),
        }
    };
    anyhow::anyhow!("{}: {reason}", cannot_write(path))
}

#[cfg(test)]
mod tests {
    use super::{OutFile, extension, one_line};
    use std::{fs, io::Write, path::Path};

    #[test]
    fn lines_stay_lines() {
        assert_eq!(
            one_line("a\nb\x1b[31m\u{202e}é"),
            "a\\nb\\u{1b}[31m\\u{202e}é"
        );
        assert_eq!(extension(Path::new("a/B.HTML")), "html");
        assert_eq!(extension(Path::new("a/.html")), "");
    }

    #[test]
    fn files_are_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let count = || fs::read_dir(folder.path()).unwrap().count();
        let mut file = OutFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(count(), 0);
        let mut file = OutFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        file.commit().unwrap();
        assert_eq!(
            (fs::read(&path).unwrap().as_slice(), count()),
            (&b"whole"[..], 1)
        );
        assert!(OutFile::create(folder.path()).is_err());
        let error = OutFile::create(&folder.path().join("no/x.csv")).unwrap_err();
        assert!(
            error.to_string().ends_with("its folder does not exist"),
            "{error}"
        );
    }
}
