//! Who is let in: the name by which the studio was called, where the request comes from, and the word.
//!
//! A page of somebody else that is open in the same browser must not be able to use a studio without a word. It
//! cannot change two things: the name under which it called (`Host`: a name of its own that leads here is none of
//! ours, while a figure cannot be made to lead elsewhere), and where it is itself (`Origin`, `Sec-Fetch-Site`).

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{self, HeaderName},
};

use affetti::ErrorKind;

use crate::problem::Problem;

/// The cookie that carries the word.
pub const COOKIE: &str = "affetti";

/// Who is let in.
#[derive(Debug, Clone)]
pub struct Door {
    tokens: Vec<String>,
    hosts: Vec<String>,
}

/// The rules that every answer carries: nothing from elsewhere, no frames, no guessing of types.
pub const RULES: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// For files that were made of what visitors brought: shown as pictures, they can do nothing.
pub const CAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

impl Door {
    /// `tokens` are the words, `hosts` are names beside localhost and figures.
    #[must_use]
    pub fn new(tokens: Vec<String>, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { tokens, hosts }
    }

    /// Whether a request may pass, and which word it has; the first where none is asked for.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<usize, Problem> {
        let host = self.host(headers)?;
        same_origin(method, headers, host)?;
        if self.tokens.is_empty() {
            return Ok(0);
        }
        self.known(headers).ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                ErrorKind::Parameter,
                "the word is missing: open the address that the studio told at its start, or send \
                 Authorization: Bearer WORD",
            )
        })
    }

    /// The name it was called by, if it is one of ours.
    ///
    /// # Errors
    /// None, several, or somebody else's.
    pub fn host<'a>(&self, headers: &'a HeaderMap) -> Result<&'a str, Problem> {
        let mut all = headers.get_all(header::HOST).iter();
        let host = match (all.next().map(HeaderValue::to_str), all.next()) {
            (Some(Ok(host)), None) => host,
            _ => {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    ErrorKind::Parameter,
                    "a request names its host once",
                ));
            }
        };
        let name = without_port(host).to_ascii_lowercase();
        let figures = name.trim_start_matches('[').trim_end_matches(']');
        let ours =
            name == "localhost" || figures.parse::<IpAddr>().is_ok() || self.hosts.contains(&name);
        if ours {
            return Ok(host);
        }
        Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            ErrorKind::Parameter,
            "the studio does not know itself by this name; `affetti serve --host NAME` tells it",
        ))
    }

    /// Which word is there.
    fn known(&self, headers: &HeaderMap) -> Option<usize> {
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookie = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        self.word(bearer.or(cookie)?)
    }

    /// Which of the words `word` is. Takes as long for a wrong one.
    #[must_use]
    pub fn word(&self, word: &str) -> Option<usize> {
        let is = |token: &String| {
            let (a, b) = (token.as_bytes(), word.as_bytes());
            let same = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
            a.len() == b.len() && same == 0
        };
        let all = self.tokens.iter().enumerate();
        all.fold(None, |found, (n, token)| match is(token) {
            true => Some(n),
            false => found,
        })
    }

    /// Whether a word is asked for.
    #[must_use]
    pub fn has_word(&self) -> bool {
        !self.tokens.is_empty()
    }
}

/// Refuses what a page of somebody else sends.
fn same_origin(method: &Method, headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let from = origin.to_str().unwrap_or_default();
        let place = from
            .strip_prefix("http://")
            .or_else(|| from.strip_prefix("https://"));
        if !place.is_some_and(|place| place.eq_ignore_ascii_case(host)) {
            return Err(Problem::refused(
                "a page from elsewhere may not use the studio",
            ));
        }
    }
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let elsewhere = !matches!(site, None | Some(b"same-origin" | b"none"));
    // A link from elsewhere may lead to a page; it may not do anything.
    let visits = *method == Method::GET
        && headers.get("sec-fetch-mode").map(HeaderValue::as_bytes) == Some(b"navigate");
    if elsewhere && !visits {
        return Err(Problem::refused(
            "a page from elsewhere may not use the studio",
        ));
    }
    Ok(())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) && !name.is_empty() => {
            // `::1` alone is no name with a port.
            if name.contains(':') && !name.ends_with(']') {
                host
            } else {
                name
            }
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::Door;
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = all.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    fn status(door: &Door, method: Method, all: &[(&'static str, &'static str)]) -> u16 {
        match door.check(&method, &headers(all)) {
            Ok(_) => 200,
            Err(problem) => problem.status.as_u16(),
        }
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_none_of_ours() {
        let door = Door::new(Vec::new(), &["studio.example.org".into()]);
        for (host, code) in [
            ("localhost:7878", 200),
            ("LOCALHOST", 200),
            ("127.0.0.1:7878", 200),
            ("192.168.1.7:7878", 200),
            ("[::1]:7878", 200),
            ("studio.example.org", 200),
            ("Studio.Example.org:443", 200),
            ("evil.example.org", 421),
            ("localhost.evil.org:7878", 421),
            ("127.0.0.1.evil.org", 421),
            ("studio.example.org.evil.org", 421),
            ("evil.org:localhost", 421),
            ("", 421),
            ("evil.org@localhost", 421),
        ] {
            assert_eq!(
                status(&door, Method::GET, &[("host", host)]),
                code,
                "{host}"
            );
        }
        assert_eq!(status(&door, Method::GET, &[]), 400);
        let twice = [("host", "localhost"), ("host", "evil.org")];
        assert_eq!(status(&door, Method::GET, &twice), 400);
    }

    #[test]
    fn pages_from_elsewhere_can_do_nothing() {
        let door = Door::new(Vec::new(), &[]);
        let here = ("host", "127.0.0.1:7878");
        for (name, value, method, code) in [
            ("origin", "http://127.0.0.1:7878", Method::POST, 200),
            ("origin", "http://127.0.0.1:7879", Method::POST, 403),
            ("origin", "https://evil.example.org", Method::POST, 403),
            ("origin", "null", Method::POST, 403),
            ("origin", "http://127.0.0.1:7878.evil.org", Method::GET, 403),
            ("sec-fetch-site", "same-origin", Method::POST, 200),
            ("sec-fetch-site", "none", Method::GET, 200),
            ("sec-fetch-site", "cross-site", Method::POST, 403),
            ("sec-fetch-site", "same-site", Method::GET, 403),
        ] {
            let code_found = status(&door, method, &[here, (name, value)]);
            assert_eq!(code_found, code, "{name}: {value}");
        }
        let link = [
            here,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        assert_eq!(status(&door, Method::GET, &link), 200);
        assert_eq!(status(&door, Method::POST, &link), 403);
    }

    #[test]
    fn the_word_is_asked_for() {
        let door = Door::new(vec!["sesame".into(), "mustard".into()], &[]);
        let here = ("host", "192.168.1.7:7878");
        for (name, value, code) in [
            ("authorization", "Bearer sesame", 200),
            ("authorization", "Bearer mustard", 200),
            ("authorization", "Bearer sesam", 401),
            ("authorization", "Bearer sesames", 401),
            ("authorization", "Basic sesame", 401),
            ("cookie", "a=b; affetti=sesame", 200),
            ("cookie", "affetti=", 401),
            ("cookie", "xaffetti=sesame", 401),
            ("x-nothing", "", 401),
        ] {
            assert_eq!(
                status(&door, Method::GET, &[here, (name, value)]),
                code,
                "{value}"
            );
        }
    }
}
