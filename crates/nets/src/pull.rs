//! Published weights over the network: download, check, import.
//!
//! - **Computes** the file of a card in the cache, converted; nothing else is kept.
//! - **Input** a card with an address, or another address of the same file: its SHA-256 is the card's
//!   in any case.
//! - **Output** as [`crate::import::import`].
//! - **Source** RFC 9110: a download that was cut goes on where it ended (`Range`); a server that
//!   does not know ranges sends everything again.
//! - **Deviations** none.
//!
//! What has come so far lies beside the cache's models as `NAME-HASH.part`. It stays when a
//! connection is cut or the work is stopped, so that the next run goes on; it is removed after a
//! wrong hash and where the disk refuses, so that nothing half-written fills it.

use crate::import::{Imported, import_known};
use affetti_weights::NetError;
use affetti_weights::registry::{Card, cached_file};
use affetti_weights::store::MAX_BYTES;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind as IoKind, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes between two looks at the progress.
const PIECE: usize = 64 * 1024;
/// A server that is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a cut connection is taken up again before giving up; each only if bytes came.
const ATTEMPTS: usize = 5;

/// Told bytes so far and in all, if the server says; may stop the work.
pub type Watch<'a> = dyn FnMut(u64, Option<u64>) -> ControlFlow<()> + 'a;

/// How an attempt ended.
enum End {
    /// All bytes are there.
    Whole,
    /// The connection was cut, with why.
    Cut(String),
}

/// Downloads the published file of `card` from `url`, checks and converts it.
///
/// # Errors
/// Those of [`download`] and of an import.
pub fn pull(card: &Card, url: &str, watch: &mut Watch<'_>) -> Result<Imported, NetError> {
    let part = part_file(card);
    download(url, &card.sha256, &part, watch)?;
    let imported = import_known(&part, card);
    remove(&part);
    imported
}

/// Downloads the file at `url` to `part`, going on from what is there, and checks its SHA-256.
///
/// # Errors
/// [`NetError::Download`] for anything that the server or the way to it does, [`NetError::Hash`] for
/// another file, [`NetError::TooLarge`], and [`NetError::Io`] where the disk refuses.
pub fn download(
    url: &str,
    sha256: &str,
    part: &Path,
    watch: &mut Watch<'_>,
) -> Result<(), NetError> {
    let folder = part.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| io("create", folder, source))?;
    // What lies here may be of another time; only the hash at the end tells whether it is good.
    let resumed = length(part) > 0;
    let mut found = fetch(url, part, watch)?;
    if found != sha256 && resumed {
        // The old beginning may be what is wrong.
        remove(part);
        found = fetch(url, part, watch)?;
    }
    if found == sha256 {
        return Ok(());
    }
    remove(part);
    Err(NetError::Hash {
        file: url.to_owned(),
        found,
        expected: sha256.to_owned(),
    })
}

/// Where what has come so far of the file of `card` lies.
#[must_use]
pub(crate) fn part_file(card: &Card) -> PathBuf {
    cached_file(card).with_extension("part")
}

/// Downloads to `part` and returns the hash of the whole file.
fn fetch(url: &str, part: &Path, watch: &mut Watch<'_>) -> Result<String, NetError> {
    let mut attempt = 0;
    loop {
        let before = length(part);
        let mut hash = Sha256::new();
        match once(url, part, &mut hash, watch) {
            Ok(End::Whole) => {
                let digest = hash.finalize();
                return Ok(digest.iter().map(|b| format!("{b:02x}")).collect());
            }
            Ok(End::Cut(why)) => {
                attempt += 1;
                let now = length(part);
                if attempt < ATTEMPTS && now > before {
                    continue;
                }
                return Err(failed(
                    url,
                    &format!("{why} after {now} bytes; run it again to go on from there"),
                ));
            }
            Err(error) => {
                if matches!(error, NetError::Io { .. }) {
                    remove(part);
                }
                return Err(error);
            }
        }
    }
}

/// One connection.
fn once(url: &str, part: &Path, hash: &mut Sha256, watch: &mut Watch<'_>) -> Result<End, NetError> {
    let have = length(part);
    let (mut response, have) = match ask(url, have)? {
        // What lies here is as long as the file, or longer.
        response if response.status() == 416 => {
            if total_of(&response) == Some(have) {
                rehash(part, have, hash)?;
                return Ok(End::Whole);
            }
            remove(part);
            (ask(url, 0)?, 0)
        }
        response if response.status() == 206 && starts_at(&response) == Some(have) => {
            (response, have)
        }
        response => (response, 0),
    };
    let status = response.status().as_u16();
    if status != 200 && status != 206 {
        let hint = match status {
            404 | 410 => "; --url takes another address of the same file",
            _ => "",
        };
        return Err(failed(url, &format!("the server answers {status}{hint}")));
    }
    let rest = response.body().content_length();
    let whole = rest.map(|rest| have + rest);
    let limit = |found| NetError::TooLarge {
        file: url.to_owned(),
        what: "its size in bytes",
        found,
        limit: MAX_BYTES,
    };
    if let Some(found) = whole.filter(|&whole| whole > MAX_BYTES) {
        return Err(limit(found));
    }
    let mut file = open(part, have, hash)?;
    let mut done = have;
    let mut from = response.body_mut().as_reader();
    let mut piece = vec![0; PIECE];
    loop {
        if watch(done, whole).is_break() {
            let why = format!("stopped after {done} bytes; run it again to go on from there");
            return Err(failed(url, &why));
        }
        let count = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == IoKind::Interrupted => continue,
            Err(error) => return Ok(End::Cut(format!("the connection ended ({error})"))),
        };
        done += count as u64;
        if done > MAX_BYTES {
            drop(file);
            remove(part);
            return Err(limit(done));
        }
        hash.update(&piece[..count]);
        file.write_all(&piece[..count])
            .map_err(|source| io("write", part, source))?;
    }
    // Not only the kernel's promise: a full disk may tell on closing.
    file.sync_all()
        .or_else(|error| unsupported(&error).then_some(()).ok_or(error))
        .map_err(|source| io("write", part, source))?;
    match whole {
        Some(whole) if done < whole => Ok(End::Cut("the connection ended".into())),
        _ => Ok(End::Whole),
    }
}

/// Devices and some network file systems do not know `fsync`.
fn unsupported(error: &std::io::Error) -> bool {
    matches!(error.kind(), IoKind::InvalidInput | IoKind::Unsupported)
}

type Response = ureq::http::Response<ureq::Body>;

fn ask(url: &str, have: u64) -> Result<Response, NetError> {
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("affetti/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(SILENCE))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .build(),
    );
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    request
        .call()
        .map_err(|error| failed(url, &error.to_string()))
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// `bytes 100-199/200` → 100.
fn starts_at(response: &Response) -> Option<u64> {
    let range = header(response, "content-range")?.strip_prefix("bytes ")?;
    range.split('-').next()?.parse().ok()
}

/// `bytes */200` → 200.
fn total_of(response: &Response) -> Option<u64> {
    header(response, "content-range")?
        .split_once('/')?
        .1
        .parse()
        .ok()
}

/// `part` open for what follows its first `have` bytes, which go into `hash`.
fn open(part: &Path, have: u64, hash: &mut Sha256) -> Result<File, NetError> {
    if have > 0 {
        rehash(part, have, hash)?;
        return OpenOptions::new()
            .append(true)
            .open(part)
            .map_err(|source| io("write", part, source));
    }
    File::create(part).map_err(|source| io("create", part, source))
}

fn rehash(part: &Path, have: u64, hash: &mut Sha256) -> Result<(), NetError> {
    let file = File::open(part).map_err(|source| io("read", part, source))?;
    let mut from = file.take(have);
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => hash.update(&piece[..count]),
            Err(source) => return Err(io("read", part, source)),
        }
    }
}

fn length(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |about| about.len())
}

/// What cannot be removed is overwritten by the next run.
fn remove(part: &Path) {
    let _ = fs::remove_file(part);
}

fn failed(url: &str, why: &str) -> NetError {
    NetError::Download {
        url: url.to_owned(),
        why: why.to_owned(),
    }
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> NetError {
    NetError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
