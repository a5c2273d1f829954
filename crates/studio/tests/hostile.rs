//! Requests that must not get in, and those that must not hurt.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use common::{Open, painting};
use std::{
    io::{Read, Write},
    net::TcpStream,
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// One step up, in twelve ways of writing it.
const UP: [&str; 12] = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e%252f",
    "..%c0%af",
    "..%ef%bc%8f",
    "....//",
    "%2e%2e%00/",
    "..;/",
];

#[test]
fn no_way_leads_out() {
    let studio = Open::plain();
    std::fs::write(studio.data.path().join("secret.txt"), "the secret").unwrap();
    let mut tried = 0;
    for up in UP {
        for start in ["/", "/assets/", "/api/v1/files/", "/api/v1/jobs/"] {
            for times in [1, 2, 6] {
                for end in ["studio.db", "secret.txt", "etc/passwd"] {
                    let answer = studio.get(&format!("{start}{}{end}", up.repeat(times)));
                    assert!(
                        (400..500).contains(&answer.status),
                        "{start}{up}: {}",
                        answer.status
                    );
                    let body = String::from_utf8_lossy(&answer.body);
                    assert!(
                        !body.contains("the secret")
                            && !body.contains("root:")
                            && !body.contains("SQLite format")
                    );
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 432);
}

#[test]
fn who_comes_from_elsewhere_stays_outside() {
    let studio = Open::plain();
    let word = Open::new(|settings| settings.tokens = vec!["sesame".into()]);
    let picture = painting("self-portrait");
    for (name, value) in [
        ("Host", "evil.example.org"),
        ("Host", "localhost.evil.example.org"),
        ("Host", ""),
        ("Origin", "https://evil.example.org"),
        ("Origin", "http://localhost:1"),
        ("Origin", "null"),
        ("Origin", "file://"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        for (method, path) in [
            ("POST", "/api/v1/feel"),
            ("GET", "/api/v1/jobs"),
            ("GET", "/"),
            ("DELETE", "/api/v1/jobs/x"),
        ] {
            let answer = studio.ask(method, path, &[(name, value)], &picture);
            assert!(
                [400, 403, 421].contains(&answer.status),
                "{name}: {value}, {method} {path}: {}",
                answer.status
            );
        }
    }
    for (name, value) in [
        ("X-Nothing", ""),
        ("Authorization", "Bearer wrong"),
        ("Authorization", "sesame"),
        ("Cookie", "affetti=wrong"),
        ("Cookie", "affetti=sesame2"),
    ] {
        for path in [
            "/",
            "/assets/studio.js",
            "/api/v1/jobs",
            "/metrics",
            "/api/v1/files/x",
        ] {
            let answer = word.ask("GET", path, &[(name, value)], &[]);
            assert_eq!(answer.status, 401, "{name}: {value}, {path}");
        }
    }
    assert_eq!(word.get("/enter?token=wrong").status, 403);
    let entered = word.get("/enter?token=sesame");
    assert_eq!(
        (entered.status, entered.header("location")),
        (303, Some("/"))
    );
    let cookie = entered.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert_eq!(
        word.ask("GET", "/", &[("Cookie", "affetti=sesame")], &[])
            .status,
        200
    );
    let bearer = [("Authorization", "Bearer sesame")];
    assert_eq!(
        word.ask("POST", "/api/v1/feel", &bearer, &picture).status,
        200
    );
    assert_eq!(word.get("/healthz").status, 200);
}

#[test]
fn what_is_too_much_is_refused() {
    let studio = Open::new(|settings| {
        settings.bounds.picture.max_bytes = 1 << 20;
        settings.bounds.picture.max_pixels = 1_000_000;
    });
    // Announced, and not.
    let announced = format!(
        "POST /api/v1/feel HTTP/1.1\r\nHost: {}\r\nContent-Length: 99999999999\r\n\r\n",
        studio.address
    );
    assert_eq!(studio.raw(announced.as_bytes()).unwrap().status, 413);
    let mut chunked = format!(
        "POST /api/v1/feel HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        studio.address
    )
    .into_bytes();
    for _ in 0..40 {
        chunked.extend(b"10000\r\n");
        chunked.extend(vec![7; 0x10000]);
        chunked.extend(b"\r\n");
    }
    assert_eq!(studio.raw(&chunked).unwrap().status, 413);
    // A small file of many pixels.
    let wide = affetti_picture::Picture::new(2000, 1000, vec![9; 6_000_000])
        .unwrap()
        .encode_png();
    assert!(wide.len() < 1 << 20);
    assert_eq!(studio.post("/api/v1/feel", &wide).status, 413);
    // A long address, a long head, many heads, a head that is none.
    assert!(studio.get(&format!("/{}", "a".repeat(200_000))).status >= 400);
    let long = "a".repeat(200_000);
    assert!(studio.ask("GET", "/", &[("X-Long", &long)], &[]).status >= 400);
    let many: Vec<(String, String)> = (0..3000)
        .map(|n| (format!("X-{n}"), "1".to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert!(studio.ask("GET", "/", &many, &[]).status >= 400);
    for nonsense in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ] {
        let answer = studio.raw(nonsense);
        assert!(answer.is_none_or(|answer| answer.status >= 400));
    }
    // Two lengths, which proxies and servers may understand differently.
    let twice = format!(
        "POST /api/v1/read HTTP/1.1\r\nHost: {}\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
        studio.address
    );
    assert!(
        studio
            .raw(twice.as_bytes())
            .is_none_or(|answer| answer.status >= 400)
    );
    let both = format!(
        "POST /api/v1/feel HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
        studio.address
    );
    assert!(
        studio
            .raw(both.as_bytes())
            .is_none_or(|answer| answer.status >= 400)
    );
    assert_eq!(studio.get("/healthz").status, 200);
}

#[test]
fn who_is_slow_is_given_up() {
    let studio = Open::new(|settings| settings.bounds.idle = Duration::from_millis(300));
    let begun = Instant::now();
    let mut stream = TcpStream::connect(studio.address).unwrap();
    write!(
        stream,
        "POST /api/v1/feel HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\nabc",
        studio.address
    )
    .unwrap();
    let mut all = Vec::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let _ = stream.read_to_end(&mut all);
    assert!(
        String::from_utf8_lossy(&all).starts_with("HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&all)
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    // Cut off in the middle: nobody is told, and nothing stays.
    for _ in 0..30 {
        let mut stream = TcpStream::connect(studio.address).unwrap();
        write!(
            stream,
            "POST /api/v1/feel HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\nabc",
            studio.address
        )
        .unwrap();
        drop(stream);
    }
    assert_eq!(studio.get("/healthz").status, 200);
}

#[test]
fn each_word_has_a_quota_of_its_own() {
    let studio = Open::new(|settings| {
        settings.tokens = vec!["sesame".into(), "mustard".into()];
        settings.quota = NonZeroU32::new(2);
    });
    let read = |word: &str| {
        let word = format!("Bearer {word}");
        studio.ask(
            "POST",
            "/api/v1/read",
            &[("Authorization", &word)],
            b"a calm sea",
        )
    };
    // The reader is loaded before time counts.
    assert_eq!(read("mustard").status, 200);
    assert_eq!([(); 2].map(|()| read("sesame").status), [200, 200]);
    let refused = read("sesame");
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    // Looking costs nothing, and others have their own.
    let looked = studio.ask(
        "GET",
        "/api/v1/jobs",
        &[("Authorization", "Bearer sesame")],
        &[],
    );
    assert_eq!(looked.status, 200);
    assert_eq!(read("mustard").status, 200);
    assert_eq!(read("pepper").status, 401);
}

#[test]
fn who_takes_nothing_of_an_answer_is_given_up() {
    const LARGE: usize = 40 << 20;
    let studio = Open::new(|settings| {
        settings.bounds.idle = Duration::from_secs(4);
        settings.bounds.upload_bytes = 60 << 20;
    });
    let kept = studio.post("/api/v1/files", &vec![7; LARGE]).json();
    let url = kept["url"].as_str().unwrap();
    let mut stream = TcpStream::connect(studio.address).unwrap();
    write!(
        stream,
        "GET {url} HTTP/1.1\r\nHost: {}\r\n\r\n",
        studio.address
    )
    .unwrap();
    // Until it has begun; then nothing more is read.
    stream.read_exact(&mut [0; 9]).unwrap();
    assert_eq!(studio.get(url).status, 429, "the first one holds the room");
    let begun = Instant::now();
    while studio.get(url).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_visitors_bring_is_never_a_page() {
    let studio = Open::plain();
    let page = b"<html><script>alert(1)</script></html>";
    let drawn = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for bytes in [&page[..], drawn] {
        let kept = studio.post("/api/v1/files", bytes).json();
        let file = studio.get(kept["url"].as_str().unwrap());
        assert_eq!(
            file.header("content-type"),
            Some("application/octet-stream")
        );
        assert_eq!(file.header("content-disposition"), Some("attachment"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        assert!(
            file.header("content-security-policy")
                .unwrap()
                .contains("sandbox")
        );
        // Nor is it a picture.
        assert!(studio.post("/api/v1/feel", bytes).status >= 400);
    }
    // A name is a text and never part of a header or a path.
    let name = "a%0d%0aX-Evil:%201%3Cscript%3E";
    let felt = studio.post(
        &format!("/api/v1/feel?name={name}"),
        &painting("self-portrait"),
    );
    assert_eq!(felt.header("x-evil"), None);
    assert_eq!(felt.header("content-type"), Some("application/json"));
    assert_eq!(felt.json()["path"], "a\r\nX-Evil: 1<script>");
    for (path, header, told) in [
        ("/", "content-security-policy", "default-src 'none'"),
        ("/", "x-frame-options", "DENY"),
        ("/healthz", "x-content-type-options", "nosniff"),
        ("/nothing", "referrer-policy", "no-referrer"),
    ] {
        assert!(
            studio.get(path).header(header).unwrap().contains(told),
            "{path}"
        );
    }
}

#[test]
fn many_at_once_are_answered_or_told_to_come_back() {
    let studio = Open::new(|settings| settings.bounds.waiting = 4);
    let picture = painting("whalers");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| studio.post("/api/v1/feel", &picture).status))
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(
        statuses.iter().all(|status| [200, 429].contains(status)),
        "{statuses:?}"
    );
    assert!(
        statuses.contains(&200) && statuses.contains(&429),
        "{statuses:?}"
    );
}
