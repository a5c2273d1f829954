//! Base64 with the standard alphabet and padding (RFC 4648, section 4).
//!
//! Encoding only, for the thumbnails inside the report. Twenty lines are less to carry than a
//! dependency, and decoding is the browser's work.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` as base64 text: 4 characters for every 3 bytes begun.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            // n bytes fill n + 1 characters; what remains is padding.
            if place <= group.len() {
                let sextet = (word >> (18 - 6 * place)) & 0x3f;
                text.push(char::from(ALPHABET[sextet as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn agrees_with_the_vectors_of_rfc_4648_section_10() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn reaches_both_ends_of_the_alphabet() {
        // By hand: 24 one bits are four times 63, 24 zero bits four times 0, and
        // 111110 111111 111110 111111 alternates 62 and 63.
        assert_eq!(encode(&[0xff; 3]), "////");
        assert_eq!(encode(&[0; 3]), "AAAA");
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "+/+/");
    }
}
