//! A studio on a free port, and a client that says exactly what it is told.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

pub(crate) mod browser;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use affetti::{Cancel, Models, Sources, Weights, nets::device::Device};
use affetti_studio::{Settings, serve};
use serde_json::Value;
use tempfile::TempDir;

/// An open studio; it closes when this is dropped.
pub(crate) struct Open {
    pub(crate) address: SocketAddr,
    pub(crate) data: Arc<TempDir>,
    end: Cancel,
    thread: Option<JoinHandle<()>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// The tiny painter of the command line's tests.
fn painter() -> Weights {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../cli/tests/fixtures/painter-tiny.safetensors"
    );
    Weights::File(file.into())
}

impl Open {
    pub(crate) fn new(change: impl FnOnce(&mut Settings)) -> Self {
        Self::in_folder(Arc::new(tempfile::tempdir().unwrap()), change)
    }

    pub(crate) fn in_folder(data: Arc<TempDir>, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(data.path().to_owned());
        settings.address.set_port(0);
        change(&mut settings);
        let end = Cancel::default();
        let (tell, told) = mpsc::channel();
        let closing = end.clone();
        let thread = thread::spawn(move || {
            let sources = Sources {
                generator: painter(),
                ..Sources::default()
            };
            let models = Models::of(sources, Device::Cpu, 2);
            let opened = |address| tell.send(address).unwrap();
            serve(settings, models, Arc::new(|_| {}), opened, &closing).unwrap();
        });
        Self {
            address: told.recv_timeout(Duration::from_secs(30)).unwrap(),
            data,
            end,
            thread: Some(thread),
        }
    }

    pub(crate) fn plain() -> Self {
        Self::new(|_| {})
    }

    /// Sends bytes as they are, and reads until the other side closes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // The other side may have heard enough.
        let _ = stream.write_all(bytes);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = all.split_off(end + 4);
        let body = match head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked")
        {
            true => unchunked(&body),
            false => body,
        };
        Some(Answer { status, head, body })
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !more
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            head += &format!("Host: {}\r\n", self.address);
        }
        if !body.is_empty() || method == "POST" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        for (name, value) in more {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        self.raw(&[head.as_bytes(), body].concat())
            .unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], &[])
    }

    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.ask("POST", path, &[], body)
    }

    /// The job once it is in one of `states`.
    pub(crate) fn wait_for(&self, id: &str, states: &[&str]) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.get(&format!("/api/v1/jobs/{id}")).json();
            if states.contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            // A studio that fell makes its test fail.
            let fell = thread.join().is_err();
            assert!(!fell || thread::panicking(), "the studio fell");
        }
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        all.extend(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
    all
}

/// A painting of the gallery.
pub(crate) fn painting(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../../gallery/{name}.jpg",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}
