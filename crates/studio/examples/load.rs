//! Load on an open studio, for docs/studio.md: how much it answers, what it says to a crowd, and what it keeps.
//!
//! ```sh
//! affetti serve --port 7878 & PID=$!
//! cargo run --release -p affetti-studio --example load -- 127.0.0.1:7878 $PID gallery/ throughput 30
//! cargo run --release -p affetti-studio --example load -- 127.0.0.1:7878 $PID gallery/ crowd 400
//! cargo run --release -p affetti-studio --example load -- 127.0.0.1:7878 $PID gallery/ mixed 20000
//! cargo run --release -p affetti-studio --example load -- 127.0.0.1:7878 $PID gallery/ cancel 5
//! ```
//!
//! The last one needs a studio with a collection (`affetti serve FOLDER`) that was not read yet.

#![allow(clippy::print_stdout, reason = "an example tells what it measures")]

use std::{
    collections::BTreeMap,
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Clients of the first measurement.
const CLIENTS: usize = 8;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let [address, pid, folder, what, count] = words.as_slice() else {
        panic!("ADDRESS PID FOLDER throughput|crowd|mixed|cancel COUNT");
    };
    let count: usize = count.parse().expect("a number");
    let pictures = pictures(folder);
    match what.as_str() {
        "throughput" => throughput(address, &pictures, count),
        "crowd" => crowd(address, pid, &pictures[0], count),
        "cancel" => cancel(address, &pictures[0], count),
        _ => mixed(address, pid, &pictures, count),
    }
}

fn pictures(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "jpg"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).expect("a file"))
        .collect()
}

/// What comes back; nothing where there was no answer, or none is waited for because the body was cut off.
fn sent(address: &str, line: &str, body: &[u8], announced: usize) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).ok()?;
    let _ = stream.set_read_timeout(Some(Duration::from_secs(120)));
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut all = Vec::new();
    if body.len() == announced {
        let _ = stream.read_to_end(&mut all);
    }
    Some(all)
}

/// The status of an answer; 0 where there was none, 1 where none was waited for.
fn post(address: &str, path: &str, body: &[u8], announced: usize) -> u16 {
    match sent(address, &format!("POST {path}"), body, announced) {
        Some(_) if body.len() < announced => 1,
        Some(all) => {
            let status = all.get(9..12).and_then(|text| str::from_utf8(text).ok());
            status.and_then(|text| text.parse().ok()).unwrap_or(0)
        }
        None => 0,
    }
}

/// The JSON of an answer.
fn asked(address: &str, method: &str, path: &str, body: &[u8]) -> Value {
    let all = sent(address, &format!("{method} {path}"), body, body.len()).expect("an open studio");
    let head = all.windows(4).position(|four| four == b"\r\n\r\n");
    serde_json::from_slice(&all[head.expect("a head") + 4..]).unwrap_or_default()
}

/// How long a job goes on after it was told to stop, for each kind of long work.
fn cancel(address: &str, picture: &[u8], count: usize) {
    let collections = asked(address, "GET", "/api/v1/collections", &[]);
    let id = collections["collections"][0]["id"].as_str().unwrap_or("");
    for (path, body) in [
        (
            "/api/v1/sketch?quality=best&strokes=64&wait=false".to_owned(),
            picture,
        ),
        (
            "/api/v1/paint?count=400&oil=true&size=2048".to_owned(),
            &[][..],
        ),
        (format!("/api/v1/index?collection={id}"), &[][..]),
    ] {
        let mut times = Vec::new();
        for _ in 0..count {
            let job = asked(address, "POST", &path, body);
            let job = format!("/api/v1/jobs/{}", job["id"].as_str().expect("a job"));
            let state = || asked(address, "GET", &job, &[])["state"].clone();
            while state() == "queued" {
                thread::sleep(Duration::from_millis(5));
            }
            thread::sleep(Duration::from_millis(400));
            let begun = Instant::now();
            asked(address, "DELETE", &job, &[]);
            while state() == "running" {
                thread::sleep(Duration::from_millis(2));
            }
            if state() == "cancelled" {
                times.push(begun.elapsed().as_secs_f64());
            }
        }
        times.sort_by(f64::total_cmp);
        println!("{path}: stopped after {times:.2?} s");
    }
}

/// Resident memory in MiB.
fn memory(pid: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kib.unwrap_or(0.0_f64) / 1024.0
}

fn throughput(address: &str, pictures: &[Vec<u8>], seconds: usize) {
    let done = AtomicUsize::new(0);
    let begun = Instant::now();
    let end = Duration::from_secs(seconds as u64);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let done = &done;
            scope.spawn(move || {
                for n in client.. {
                    if begun.elapsed() > end {
                        return;
                    }
                    let picture = &pictures[n % pictures.len()];
                    if post(address, "/api/v1/feel", picture, picture.len()) == 200 {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let rate = done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    println!("{rate:.2} pictures a second, {CLIENTS} clients");
}

fn crowd(address: &str, pid: &str, picture: &[u8], count: usize) {
    let told = Mutex::new(BTreeMap::<u16, usize>::new());
    let most = Mutex::new(0.0_f64);
    let left = AtomicUsize::new(count);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                let status = post(address, "/api/v1/feel", picture, picture.len());
                *told.lock().expect("no panic").entry(status).or_default() += 1;
                left.fetch_sub(1, Ordering::SeqCst);
            });
        }
        scope.spawn(|| {
            while left.load(Ordering::SeqCst) > 0 {
                let now = memory(pid);
                let mut most = most.lock().expect("no panic");
                *most = most.max(now);
                thread::sleep(Duration::from_millis(20));
            }
        });
    });
    println!(
        "{count} at once: {:?}, at most {:.0} MiB",
        told.into_inner().expect("no panic"),
        most.into_inner().expect("no panic")
    );
}

/// Small pictures, for many uploads in little time; bad ones; ones that break off.
fn mixed(address: &str, pid: &str, pictures: &[Vec<u8>], count: usize) {
    let small: Vec<Vec<u8>> = pictures
        .iter()
        .map(|bytes| {
            let picture = affetti_picture::decode(bytes, &Default::default()).expect("a picture");
            picture
                .fit_within(48, affetti_picture::Filter::Bicubic)
                .encode_jpeg(80)
        })
        .collect();
    let next = AtomicUsize::new(0);
    let told = Mutex::new(BTreeMap::<u16, usize>::new());
    let begun = Instant::now();
    let first = Mutex::new(0.0);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= count {
                        return;
                    }
                    if n == 1000 {
                        *first.lock().expect("no panic") = memory(pid);
                    }
                    let picture = &small[n % small.len()];
                    let status = match n % 10 {
                        0..=3 => post(address, "/api/v1/feel", picture, picture.len()),
                        4 => post(
                            address,
                            "/api/v1/files",
                            &pictures[n % pictures.len()],
                            pictures[n % pictures.len()].len(),
                        ),
                        5 => post(
                            address,
                            "/api/v1/feel",
                            &picture[..picture.len() / 2],
                            picture.len() / 2,
                        ),
                        6 => post(address, "/api/v1/feel", &vec![n as u8; 100_000], 100_000),
                        7 => post(address, "/api/v1/feel", &picture[..10], picture.len()),
                        8 => post(address, "/api/v1/feel", b"x", 1 << 40),
                        _ => post(address, "/api/v1/read", b"a calm sea", 10),
                    };
                    *told.lock().expect("no panic").entry(status).or_default() += 1;
                    if n.is_multiple_of(2000) {
                        println!(
                            "{n}: {:.0} MiB, {:.0} s",
                            memory(pid),
                            begun.elapsed().as_secs_f64()
                        );
                    }
                }
            });
        }
    });
    let (first, last) = (first.into_inner().expect("no panic"), memory(pid));
    println!(
        "{count} uploads: {:?}; {first:.0} MiB after 1,000, {last:.0} MiB at the end ({:+.1} %)",
        told.into_inner().expect("no panic"),
        100.0 * (last / first - 1.0)
    );
}
