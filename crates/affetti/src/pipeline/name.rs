//! What a picture is called: a text for people, and the exact bytes where no text can have them.

use std::{
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// The name of an input: the path as given or found. Reads as text, in which bytes that are not UTF-8
/// are U+FFFD; two files may look the same then, and [`exact`](Self::exact) tells them apart.
///
/// As JSON the keys `path` and, where the text is not exact, `path_bytes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureName {
    shown: String,
    /// Where `shown` is not exact.
    bytes: Option<Vec<u8>>,
}

impl PictureName {
    /// Of the bytes of a path as the system gives them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let shown = String::from_utf8_lossy(bytes).into_owned();
        let exact = shown.as_bytes() == bytes;
        Self {
            shown,
            bytes: (!exact).then(|| bytes.to_owned()),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The path, for opening the file.
    #[must_use]
    pub fn to_path(&self) -> PathBuf {
        match &self.bytes {
            #[cfg(unix)]
            Some(bytes) => {
                use std::os::unix::ffi::OsStrExt;
                std::ffi::OsStr::from_bytes(bytes).into()
            }
            _ => (&self.shown).into(),
        }
    }

    /// The bytes, [`percent_encoded`], where the text is not exact.
    /// `urllib.parse.unquote_to_bytes` of Python and its like give the bytes back.
    #[must_use]
    pub fn exact(&self) -> Option<String> {
        self.bytes.as_deref().map(percent_encoded)
    }
}

/// Bytes with all but letters, digits and `-._~/` as `%XX` (RFC 3986).
#[must_use]
pub fn percent_encoded(bytes: &[u8]) -> String {
    let escaped = |byte: &u8| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(escaped).collect()
}

impl From<&Path> for PictureName {
    fn from(path: &Path) -> Self {
        Self::from_bytes(path.as_os_str().as_encoded_bytes())
    }
}

impl From<&str> for PictureName {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for PictureName {
    fn from(shown: String) -> Self {
        Self { shown, bytes: None }
    }
}

impl Deref for PictureName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.shown
    }
}

impl fmt::Display for PictureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl PartialEq<str> for PictureName {
    fn eq(&self, text: &str) -> bool {
        self.shown == text
    }
}

impl PartialEq<&str> for PictureName {
    fn eq(&self, text: &&str) -> bool {
        self.shown == *text
    }
}

impl Serialize for PictureName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let exact = self.exact();
        let keys = 1 + usize::from(exact.is_some());
        let mut name = serializer.serialize_struct("PictureName", keys)?;
        name.serialize_field("path", &self.shown)?;
        if let Some(exact) = &exact {
            name.serialize_field("path_bytes", exact)?;
        }
        name.end()
    }
}

#[cfg(test)]
mod tests {
    use super::PictureName;

    #[test]
    fn names_that_look_the_same_are_told_apart() {
        let [a, b] = [b"x/\xff.jpg", b"x/\xfe.jpg"].map(|bytes| PictureName::from_bytes(bytes));
        assert_eq!(
            (a.as_str(), b.as_str()),
            ("x/\u{fffd}.jpg", "x/\u{fffd}.jpg")
        );
        assert_ne!(a, b);
        assert_eq!(a.exact().as_deref(), Some("x/%FF.jpg"));
        let text = serde_json::to_string(&a).unwrap();
        assert_eq!(
            text,
            "{\"path\":\"x/\u{fffd}.jpg\",\"path_bytes\":\"x/%FF.jpg\"}"
        );
        // One that really has U+FFFD is another one.
        let c = PictureName::from("x/\u{fffd}.jpg");
        assert_ne!(a, c);
        assert_eq!(c.exact(), None);
        assert_eq!(
            serde_json::to_string(&c).unwrap(),
            "{\"path\":\"x/\u{fffd}.jpg\"}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_path_is_the_one_that_was_given() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};
        for bytes in [&b"a%\xff b.jpg"[..], "ü.jpg".as_bytes()] {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(PictureName::from(path).to_path(), path);
        }
    }
}
