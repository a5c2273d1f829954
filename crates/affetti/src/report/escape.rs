//! Everything that keeps foreign text from becoming part of the page: HTML text, JSON inside a
//! `<script>` element, and a template that is read once.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// `text` for use in HTML, between tags or inside a quoted attribute.
pub(crate) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in HTML text, not even as a reference.
            c if c.is_control() && !matches!(c, '\n' | '\t') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// Writes `value` as compact JSON on one line that may stand inside a `<script>` element.
///
/// An HTML parser looks for `</script` and `<!--` and knows nothing of JSON strings. Inside JSON
/// those characters occur in strings only, where `\u003c` means the same, so that writing them
/// this way changes nothing for a reader of JSON and leaves nothing for a reader of HTML.
pub(super) fn json_in_script<T: Serialize>(out: impl Write, value: &T) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, InScript))?;
    Ok(())
}

struct InScript;

impl Formatter for InScript {
    // serde_json has already taken out quotes, backslashes and control characters.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let special = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = fragment;
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                write!(out, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// Replaces every `{{name}}` of `template` that `values` knows.
///
/// The template is read once from left to right, so that a value which itself holds `{{name}}`
/// stays as it is.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let (before, tail) = rest.split_at(open);
        page.push_str(before);
        let known = tail[2..].split_once("}}").and_then(|(name, after)| {
            let value = values.iter().find(|(key, _)| *key == name)?.1;
            Some((value, after))
        });
        match known {
            Some((value, after)) => {
                page.push_str(value);
                rest = after;
            }
            None => {
                page.push_str("{{");
                rest = &tail[2..];
            }
        }
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::{fill, html, json_in_script};

    fn json(text: &str) -> String {
        let mut out = Vec::new();
        json_in_script(&mut out, &text).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn html_leaves_no_markup() {
        assert_eq!(
            html("<a b=\"c\" d='e'>&"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"
        );
        assert_eq!(html("a\0b\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn json_cannot_close_its_script_element() {
        assert_eq!(json("</script><!--"), r#""\u003c/script\u003e\u003c!--""#);
        assert_eq!(json("\u{2028}\u{2029}&"), r#""\u2028\u2029\u0026""#);
        assert_eq!(json("a\"b\\c\n\0"), r#""a\"b\\c\n\u0000""#);
    }

    #[test]
    fn json_still_means_the_same() {
        let text = "</script>\u{2028} <!-- ]]> \"quoted\" \\ \u{7f} \u{202e} 漢字 \u{1f5bc}";
        let back: String = serde_json::from_str(&json(text)).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn a_template_is_read_once() {
        let page = fill("{{a}}-{{b}}-{{c}}-{{", &[("a", "{{b}}"), ("b", "B")]);
        assert_eq!(page, "{{b}}-B-{{c}}-{{");
    }
}
