//! Downloads against a loopback server that misbehaves.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_ground::ErrorKind;
use affetti_nets::pull::download;
use affetti_weights::{NetError, store};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, thread};

/// How the server answers.
#[derive(Clone, Copy, Debug, Default)]
struct Manners {
    status: u16,
    /// Whether it knows ranges.
    ranges: bool,
    /// Closes every connection after so many bytes.
    cut: Option<usize>,
    /// Says nothing of the length.
    silent: bool,
}

const GOOD: Manners = Manners {
    status: 200,
    ranges: true,
    cut: None,
    silent: false,
};

struct Server {
    url: String,
    /// First byte that each connection asked for.
    asked: Arc<Mutex<Vec<usize>>>,
}

fn serve(file: Vec<u8>, manners: Manners) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/RN50.pt", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that went away is no news.
            let _ = answer(stream.unwrap(), &file, manners, &seen);
        }
    });
    Server { url, asked }
}

fn answer(
    mut stream: TcpStream,
    file: &[u8],
    manners: Manners,
    seen: &Mutex<Vec<usize>>,
) -> std::io::Result<()> {
    let mut from = 0;
    let lines = BufReader::new(stream.try_clone()?).lines();
    for line in lines {
        let line = line?.to_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    seen.lock().unwrap().push(from);
    let whole = file.len();
    if manners.status != 200 {
        let text = format!(
            "HTTP/1.1 {} No\r\nContent-Length: 0\r\n\r\n",
            manners.status
        );
        return stream.write_all(text.as_bytes());
    }
    let head = if manners.ranges && from >= whole {
        format!("HTTP/1.1 416 Range\r\nContent-Range: bytes */{whole}\r\nContent-Length: 0\r\n\r\n")
    } else if manners.ranges && from > 0 {
        let (last, left) = (whole - 1, whole - from);
        format!(
            "HTTP/1.1 206 Part\r\nContent-Range: bytes {from}-{last}/{whole}\r\n\
             Content-Length: {left}\r\n\r\n"
        )
    } else {
        from = 0;
        if manners.silent {
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned()
        } else {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {whole}\r\n\r\n")
        }
    };
    stream.write_all(head.as_bytes())?;
    let rest = &file[from.min(whole)..];
    stream.write_all(&rest[..manners.cut.unwrap_or(rest.len()).min(rest.len())])
}

fn file() -> Vec<u8> {
    (0..300_000_u32)
        .flat_map(|i| i.wrapping_mul(i).to_le_bytes())
        .collect()
}

fn get(server: &Server, bytes: &[u8], part: &Path) -> Result<(), NetError> {
    download(&server.url, &store::sha256(bytes), part, &mut |_, _| {
        ControlFlow::Continue(())
    })
}

fn asked(server: &Server) -> Vec<usize> {
    server.asked.lock().unwrap().clone()
}

#[test]
fn a_file_comes_whole_with_progress() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    for silent in [false, true] {
        let server = serve(file.clone(), Manners { silent, ..GOOD });
        let part = root.path().join(format!("new/folder/{silent}.part"));
        let (mut last, mut total) = (0, None);
        let mut watch = |done, of| {
            assert!(done >= last);
            (last, total) = (done, of);
            ControlFlow::Continue(())
        };
        download(&server.url, &store::sha256(&file), &part, &mut watch).unwrap();
        assert_eq!(fs::read(&part).unwrap(), file);
        let whole = file.len() as u64;
        assert_eq!((last, total), (whole, (!silent).then_some(whole)));
        // Once more: it is there already, and the server says so.
        get(&server, &file, &part).unwrap();
        assert_eq!(asked(&server), [0, file.len()]);
    }
}

#[test]
fn another_file_is_told_and_removed() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    let part = root.path().join("x.part");
    let server = serve(file.clone(), GOOD);
    let error = get(&server, b"expected", &part).unwrap_err();
    assert!(matches!(error, NetError::Hash { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(error.to_string().contains(&store::sha256(b"expected")));
    assert!(!part.exists());
    // What lies there from another time does not spoil the file.
    fs::write(&part, b"some other beginning").unwrap();
    get(&server, &file, &part).unwrap();
    assert_eq!(fs::read(&part).unwrap(), file);
    // Nor what is longer than the file.
    fs::write(&part, vec![0; file.len() + 9]).unwrap();
    get(&server, &file, &part).unwrap();
    assert_eq!(fs::read(&part).unwrap(), file);
}

#[test]
fn a_cut_connection_is_taken_up_where_it_ended() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    let part = root.path().join("x.part");
    let cut = Some(400_000);
    let server = serve(file.clone(), Manners { cut, ..GOOD });
    get(&server, &file, &part).unwrap();
    assert_eq!(fs::read(&part).unwrap(), file);
    assert_eq!(asked(&server), [0, 400_000, 800_000]);
    // A server that gives a little only: what came stays for the next run.
    fs::remove_file(&part).unwrap();
    let cut = Some(100_000);
    let server = serve(file.clone(), Manners { cut, ..GOOD });
    let error = get(&server, &file, &part).unwrap_err();
    assert!(error.to_string().contains("go on from there"), "{error}");
    assert_eq!(fs::read(&part).unwrap(), file[..500_000]);
    get(&serve(file.clone(), GOOD), &file, &part).unwrap();
    assert_eq!(fs::read(&part).unwrap(), file);
}

#[test]
fn a_server_without_ranges_sends_everything_again() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    let part = root.path().join("x.part");
    fs::write(&part, &file[..1000]).unwrap();
    let manners = Manners {
        ranges: false,
        ..GOOD
    };
    let server = serve(file.clone(), manners);
    get(&server, &file, &part).unwrap();
    assert_eq!(asked(&server), [1000]);
    assert_eq!(fs::read(&part).unwrap(), file);
    // Cut again and again it never gets further: an error, not an endless loop.
    fs::remove_file(&part).unwrap();
    let cut = Some(5000);
    let error = get(
        &serve(file.clone(), Manners { cut, ..manners }),
        &file,
        &part,
    );
    assert!(matches!(error, Err(NetError::Download { .. })), "{error:?}");
}

#[test]
fn refusals_and_absent_servers_are_told() {
    let root = tempfile::tempdir().unwrap();
    let part = root.path().join("x.part");
    for status in [404, 403, 500] {
        let server = serve(file(), Manners { status, ..GOOD });
        let error = get(&server, b"", &part).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}/x", listener.local_addr().unwrap());
    drop(listener);
    for url in [gone.as_str(), "no address", "ftp://127.0.0.1/x"] {
        let watch = &mut |_: u64, _: Option<u64>| ControlFlow::Continue(());
        let error = download(url, "", &part, watch).unwrap_err();
        assert!(matches!(error, NetError::Download { .. }), "{error}");
        assert_eq!(error.to_string().lines().count(), 1);
    }
    assert!(!part.exists());
}

#[test]
fn a_stop_keeps_what_came() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    let part = root.path().join("x.part");
    let server = serve(file.clone(), GOOD);
    let mut stop = |done, _| {
        if done > 500_000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let error = download(&server.url, &store::sha256(&file), &part, &mut stop).unwrap_err();
    assert!(error.to_string().contains("stopped after"), "{error}");
    let kept = fs::metadata(&part).unwrap().len() as usize;
    assert!(kept > 500_000 && kept < file.len());
    get(&server, &file, &part).unwrap();
    assert_eq!(asked(&server), [0, kept]);
    assert_eq!(fs::read(&part).unwrap(), file);
}

/// The device that is always full stands in for the disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_nothing_stays() {
    let (root, file) = (tempfile::tempdir().unwrap(), file());
    let part = root.path().join("x.part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let error = get(&serve(file.clone(), GOOD), &file, &part).unwrap_err();
    let NetError::Io { action, source, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*action, "write");
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(part.symlink_metadata().is_err());
    // A place where no folder can be.
    fs::write(root.path().join("file"), b"x").unwrap();
    let error = get(
        &serve(file.clone(), GOOD),
        &file,
        &root.path().join("file/x.part"),
    );
    assert!(matches!(error, Err(NetError::Io { .. })), "{error:?}");
}
