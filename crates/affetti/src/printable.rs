//! Text from elsewhere, made safe to show: file names, captions, messages that quote them.

use std::ops::RangeInclusive;

/// Characters that show nothing, or turn the direction of writing. `page.js` has the same list.
const UNSEEN: [RangeInclusive<char>; 9] = [
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
];

/// `text` on one line, with everything escaped that could move a terminal's cursor, color its
/// screen, turn the direction of writing, or hide.
///
/// ```
/// assert_eq!(affetti::printable("a\nb\u{202e}é"), "a\\nb\\u{202e}é");
/// ```
#[must_use]
pub fn printable(text: &str) -> String {
    escaped(text, |_| false)
}

/// As [`printable`], with nothing left but ASCII.
pub(crate) fn printable_ascii(text: &str) -> String {
    escaped(text, |c| !c.is_ascii())
}

fn escaped(text: &str, also: impl Fn(char) -> bool) -> String {
    let unseen = |c: char| UNSEEN.iter().any(|range| range.contains(&c));
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || unseen(c) || also(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{UNSEEN, printable, printable_ascii};

    #[test]
    fn names_cannot_steer_the_terminal() {
        let text = printable("a\x1b[31m\r\n\u{9b}b\u{202e}\u{200b}c\u{e0041}");
        let expected = "a\\u{1b}[31m\\r\\n\\u{9b}b\\u{202e}\\u{200b}c\\u{e0041}";
        assert_eq!(text, expected);
        assert_eq!(printable("Dürer 漢字"), "Dürer 漢字");
        assert_eq!(printable_ascii("Dü"), "D\\u{fc}");
    }

    #[test]
    fn the_page_hides_nothing_either() {
        let mut class = String::from(r"[\p{Cc}");
        for range in &UNSEEN {
            let unit = |c: char| match u32::from(c) {
                code @ 0..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\u{{{code:x}}}"),
            };
            class.push_str(&unit(*range.start()));
            if range.start() != range.end() {
                class.push_str(&format!("-{}", unit(*range.end())));
            }
        }
        let line = format!("const UNSEEN = /{class}]/gu;");
        let page = include_str!("report/page.js");
        assert!(page.contains(&line), "page.js should have: {line}");
    }
}
