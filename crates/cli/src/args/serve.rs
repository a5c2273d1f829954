//! The arguments of `affetti serve`.

use std::{net::IpAddr, path::PathBuf};

use clap::{ValueHint, builder::RangedU64ValueParser};

/// Open the studio: everything in the browser, and an HTTP interface for programs
///
/// Serves a page on this machine alone, unless --address says otherwise; then a word is asked for. Nothing is
/// fetched from anywhere. Jobs and their results are kept in --data and survive the end of the program. The
/// addresses that programs use are described at /api/v1/openapi.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  affetti serve --open
  affetti serve photos/ paintings/
  affetti serve photos/ --export sorted/
  affetti serve --address 0.0.0.0 --token random
  curl --data-binary @photo.jpg 'http://127.0.0.1:7878/api/v1/feel?regions=true'

With -v every request is a line of JSON on standard error; it names no picture and no visitor.")]
pub(crate) struct ServeArgs {
    /// Folders of pictures that may be searched in the studio
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,
    /// Where to listen; 0 takes any port that is free
    #[arg(long, value_name = "PORT", default_value_t = 7878)]
    pub(crate) port: u16,
    /// The address to listen on: that of this machine alone, or one that others reach (0.0.0.0: all)
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) address: IpAddr,
    /// A word that visitors have to know, or several of which they know one; random makes one up and tells it
    /// [default: $AFFETTI_TOKEN, with commas, else none on this machine alone]
    #[arg(long = "token", value_name = "WORD")]
    pub(crate) tokens: Vec<String>,
    /// Orders a minute that each word may give [default: any number]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(1..=100_000))]
    pub(crate) quota: Option<u32>,
    /// A name by which a proxy in front calls the studio
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    /// Where jobs and results are kept [default: the folder "studio" in the cache]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// Where copies of pictures of these folders go, sorted by feeling, and XMP sidecars; without it none are made
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) export: Option<PathBuf>,
    /// Show the page in the browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Let this generator paint, in place of the one inside
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) generator: Option<PathBuf>,
}
