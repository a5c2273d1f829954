//! How the studio is opened.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use affetti::picture::Limits;

/// How the studio is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens. Default 127.0.0.1:7878.
    pub address: SocketAddr,
    /// Words of which visitors have to know one; none is for this machine alone.
    pub tokens: Vec<String>,
    /// Orders a minute that each word may give; none is any number.
    pub quota: Option<NonZeroU32>,
    /// Names by which a proxy in front calls it, beside addresses in figures and localhost.
    pub hosts: Vec<String>,
    /// Where jobs and results are kept.
    pub data: PathBuf,
    /// Folders of pictures that may be searched.
    pub collections: Vec<PathBuf>,
    /// Where copies of pictures of collections go; without it there are none.
    pub exports: Option<PathBuf>,
    /// Bounds on what visitors may ask.
    pub bounds: Bounds,
}

/// Bounds on what visitors may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of a picture: bytes, pixels, memory. By default 64 MiB and 60 million pixels.
    pub picture: Limits,
    /// Decoded pixels that may be alive at once, in bytes.
    pub pixel_bytes: u64,
    /// Bytes of uploads that may be in memory at once.
    pub upload_bytes: u64,
    /// Works that may wait for an answer at once.
    pub waiting: usize,
    /// Jobs that may wait.
    pub jobs: usize,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// What pictures and results may take on disk, in bytes; the oldest go first.
    pub disk: u64,
    /// An upload or an answer that stands still for so long is given up.
    pub idle: Duration,
    /// A request that is not there after so long is given up.
    pub whole: Duration,
    /// Pictures of one job of `paint`.
    pub painted: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            picture: Limits {
                max_bytes: 64 << 20,
                max_pixels: 60_000_000,
                ..Limits::default()
            },
            pixel_bytes: 256 << 20,
            upload_bytes: 160 << 20,
            waiting: 64,
            jobs: 1000,
            connections: 512,
            disk: 2 << 30,
            idle: Duration::from_secs(15),
            whole: Duration::from_secs(120),
            painted: 400,
        }
    }
}

impl Settings {
    /// On this machine alone, with jobs in `data`.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7878),
            tokens: Vec::new(),
            quota: None,
            hosts: Vec::new(),
            data,
            collections: Vec::new(),
            exports: None,
            bounds: Bounds::default(),
        }
    }
}
