//! `affetti serve`: the studio.

use std::{
    env,
    io::{self, IsTerminal},
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    num::NonZeroU32,
    process::{Command, Stdio},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use affetti::{Cancel, Models, Sources, Weights, weights::registry::cache_folder};
use affetti_studio::{Log, Logged, serve};
use anyhow::{Result, anyhow, bail};
use qrcode::{QrCode, render::unicode::Dense1x2};
use serde_json::json;

use crate::{Exit, args::ServeArgs, device, interrupt, output, settings::Settings};

/// Bytes of a word that is made up.
const WORD: usize = 12;
/// Stands for one.
const RANDOM: &str = "random";

pub(crate) fn run(args: &ServeArgs, settings: &Settings) -> Result<Exit> {
    let mut asked = args.tokens.clone();
    if asked.is_empty() {
        let outside = env::var("AFFETTI_TOKEN").unwrap_or_default();
        let words = outside.split(',').filter(|word| !word.is_empty());
        asked.extend(words.map(str::to_owned));
    }
    let made_up: Vec<bool> = asked.iter().map(|word| word == RANDOM).collect();
    let tokens: Vec<String> = asked.into_iter().map(word).collect::<Result<_>>()?;
    let words = tokens.clone();
    let wanted = affetti_studio::Settings {
        address: SocketAddr::new(args.address, args.port),
        tokens,
        quota: args.quota.and_then(NonZeroU32::new),
        hosts: args.hosts.clone(),
        collections: args.folders.clone(),
        exports: args.export.clone(),
        ..affetti_studio::Settings::new(
            args.data
                .clone()
                .unwrap_or_else(|| cache_folder().join("studio")),
        )
    };
    let generator = args.generator.clone().map_or(Weights::Own, Weights::File);
    let sources = Sources {
        generator,
        ..Sources::default()
    };
    let models = Models::of(sources, device::device(settings), settings.threads);
    let end = Cancel::default();
    interrupt::gently(
        &end,
        "closing the studio; jobs that wait go on at the next start",
    );
    let mut told = Ok(());
    serve(
        wanted,
        models,
        log(settings.verbose),
        |address| {
            // A word that the user knows belongs in no log.
            let all = words.iter().zip(&made_up);
            let shown = all.filter(|(_, made_up)| **made_up || io::stdout().is_terminal());
            let shown: Vec<&str> = shown.map(|(word, _)| word.as_str()).collect();
            let first = words.first().map(String::as_str);
            told = opened(address, &shown, (args.open, first), settings);
        },
        &end,
    )?;
    told?;
    Ok(Exit::Done)
}

/// A word as it was given, or one that is made up.
fn word(given: String) -> Result<String> {
    match given.as_str() {
        RANDOM => affetti_studio::random(WORD).map_err(|error| anyhow!(error)),
        word if word.is_empty() || !word.bytes().all(is_plain) => {
            bail!("--token and AFFETTI_TOKEN take letters, figures, - and _")
        }
        _ => Ok(given),
    }
}

fn is_plain(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'-' || c == b'_'
}

/// Lines of JSON for who asked for more.
fn log(wanted: bool) -> Log {
    Arc::new(move |logged: &Logged<'_>| {
        if !wanted {
            return;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let time = since.map_or(0.0, |since| since.as_secs_f64());
        let line = json!({
            "time": (time * 1e3).round() / 1e3,
            "method": logged.method,
            "route": logged.route,
            "status": logged.status,
            "ms": (logged.time.as_secs_f64() * 1e4).round() / 10.0,
        });
        output::say(&line.to_string());
    })
}

/// Tells where the studio is.
fn opened(
    address: SocketAddr,
    shown: &[&str],
    (open, token): (bool, Option<&str>),
    settings: &Settings,
) -> Result<()> {
    let with = |ip: IpAddr, word: Option<&str>| {
        let address = SocketAddr::new(ip, address.port());
        match word {
            Some(word) => format!("http://{address}/enter?token={word}"),
            None => format!("http://{address}/"),
        }
    };
    let place = |ip: IpAddr| with(ip, shown.first().copied());
    let own = match address.ip() {
        ip if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        ip => ip,
    };
    let here = place(own);
    if settings.json {
        output::print(&format!("{}\n", json!({ "address": here })))?;
    } else {
        output::print(&format!("{here}\n"))?;
    }
    for word in shown.iter().skip(1) {
        settings.summary(&format!("by another word: {}", with(own, Some(word))));
    }
    if !address.ip().is_loopback() {
        let there = match address.ip() {
            ip if ip.is_unspecified() => own_address().map(place),
            ip => Some(place(ip)),
        };
        if let Some(there) = there.filter(|_| !settings.quiet) {
            settings.summary(&format!("on other machines of this network: {there}"));
            let drawn = QrCode::new(&there).map(|code| {
                let image = code.render::<Dense1x2>();
                image.build()
            });
            drawn
                .iter()
                .flat_map(|code| code.lines())
                .for_each(output::say);
        }
    }
    settings.summary("the studio is open; Ctrl-C closes it");
    if open && let Err(error) = browse(&with(own, token)) {
        settings.summary(&format!(
            "no browser could be opened ({error}); open the address by hand"
        ));
    }
    Ok(())
}

/// The address by which others reach this machine. Nothing is sent: only the way there is asked for.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address for examples, which nobody has.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

/// Shows an address in the browser of the system.
fn browse(address: &str) -> std::io::Result<()> {
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(target_os = "windows") {
        Command::new("explorer")
    } else {
        Command::new("xdg-open")
    };
    command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}
