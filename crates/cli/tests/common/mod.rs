//! Runs the built binary, and makes pictures, good and bad.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use affetti_picture::Picture;
use serde_json::Value;

/// The binary, untouched by the settings of whoever runs the tests.
pub(crate) fn affetti() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_affetti"));
    for name in ["AFFETTI_DATA", "NO_COLOR", "COLUMNS"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The lines of standard output as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        self.out.lines().map(parse).collect()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs to the end.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    affetti().args(arguments).output().unwrap().into()
}

/// Runs in `folder`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    affetti()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
        .into()
}

/// Runs with bytes on standard input.
pub(crate) fn run_with(input: &[u8], arguments: &[&str]) -> Run {
    let mut child = affetti()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that has had enough may close its end.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

/// A folder that is removed in the end.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A smooth picture whose colors depend on `tint`.
pub(crate) fn picture(width: u32, height: u32, tint: u8) -> Picture {
    let shade = |at: u32, of: u32| (at * 255 / of.max(1)) as u8;
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        [shade(x, width), shade(y, height), tint]
    };
    let pixels = (0..width * height).flat_map(pixel).collect();
    Picture::new(width, height, pixels).unwrap()
}

/// Writes a file below `folder`, its own folders included.
pub(crate) fn write(folder: &Path, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// A small good JPEG.
pub(crate) fn jpeg(tint: u8) -> Vec<u8> {
    picture(64, 48, tint).encode_jpeg(85)
}

/// A folder with a folder `p` of so many pictures.
pub(crate) fn pictures(count: u8) -> tempfile::TempDir {
    let root = folder();
    for i in 0..count {
        write(root.path(), format!("p/{i:02}.jpg"), &jpeg(i * 40));
    }
    root
}

/// A CMYK JPEG from the picture room's fixtures.
pub(crate) fn cmyk() -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../picture/tests/fixtures");
    fs::read(fixtures.join("cmyk.jpg")).unwrap()
}

/// A PNG of 69 bytes that claims 60,000 x 60,000 pixels.
pub(crate) fn bomb() -> Vec<u8> {
    let mut png = picture(1, 1, 0).encode_png();
    let side = 60_000_u32.to_be_bytes();
    // After the signature (8 bytes), the length (4) and "IHDR" (4).
    png[16..20].copy_from_slice(&side);
    png[20..24].copy_from_slice(&side);
    let check = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&check);
    png
}

/// The checksum of PNG chunks, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| {
        if crc & 1 == 1 {
            crc >> 1 ^ 0xEDB8_8320
        } else {
            crc >> 1
        }
    };
    let byte = |crc: u32, &b: &u8| (0..8).fold(crc ^ u32::from(b), step);
    !bytes.iter().fold(!0, byte)
}

/// Names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Whether permissions bind this process; root may do everything.
#[cfg(unix)]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
pub(crate) fn permissions_bind(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let locked = write(folder, "locked-probe", b"x");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
    let binds = File::open(&locked).is_err();
    fs::remove_file(&locked).unwrap();
    if !binds {
        println!("skipped: this user may read everything");
    }
    binds
}
