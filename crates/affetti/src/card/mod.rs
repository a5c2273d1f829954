//! The terminal card: one picture in a few lines of text.
//!
//! The nine bars are drawn in 256-color codes, which every color terminal has had for long; the
//! palette is drawn in 24-bit color, where an approximation would be wrong, with its hex codes
//! beside it. Without color and Unicode everything is still said in figures.

mod regions;
mod sentence;

pub use regions::regions_card;
pub use sentence::sentence_card;

use crate::{
    entry::{EMOTIONS, ReportEntry, hex},
    intention,
    printable::{printable, printable_ascii},
    verdict::{ranked, unusual, verdict},
};

/// How a card is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardStyle {
    /// Use ANSI color codes.
    pub color: bool,
    /// Columns that a line may take. Less than 32 is drawn as 32.
    pub width: usize,
    /// Use block characters and names as they are; otherwise ASCII only.
    pub unicode: bool,
}

impl Default for CardStyle {
    /// Plain Unicode for a terminal of 80 columns.
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
            unicode: true,
        }
    }
}

/// "4.6  3.6 to 5.7" still fits beside a label.
const MIN_WIDTH: usize = 32;
/// Lines longer than this tear the figures from their names.
const MAX_WIDTH: usize = 100;
/// Columns of a name: indent, the longest emotion, a space.
const LABEL: usize = 17;
/// Columns of a share: "100 %" and a space.
const SHARE: usize = 6;
/// Columns of the ends of a share's interval, " 12 to 100", and the narrowest card that has them.
const ENDS: usize = 10;
const LEAST_ENDS: usize = 60;
/// Columns of the scale 1..7: at least one for each half point, at most seven for a whole one.
const NARROWEST_SCALE: usize = 13;
const WIDEST_SCALE: usize = 43;
/// Colors of the emotions in the 256-color table: the report's, as near as it gets on both dark
/// and light grounds.
const COLORS: [u8; 9] = [178, 38, 35, 166, 161, 100, 134, 68, 245];
/// Colors of positive, negative and other.
const POLARITY_COLORS: [u8; 3] = [37, 173, 245];

/// The card of one picture, several lines, each ending in a line feed.
///
/// ```
/// # fn demo(entry: &affetti::report::ReportEntry) {
/// use affetti::card::{CardStyle, card};
/// let style = CardStyle { color: true, width: 72, unicode: true };
/// print!("{}", card(entry, &style));
/// # }
/// ```
pub fn card(entry: &ReportEntry, style: &CardStyle) -> String {
    let width = style.width.clamp(MIN_WIDTH, MAX_WIDTH);
    let pen = Pen { width, ..*style };
    let mut lines = vec![title(entry, pen)];
    lines.extend(wrap(&verdict(entry), width));
    if let Some(more) = unusual(entry) {
        lines.extend(wrap(&more, width));
    }
    if let Some(held) = &entry.intention {
        lines.extend(wrap(&intention::sentence(held), width));
    }
    if let Some(said) = &entry.said {
        lines.extend(wrap(&quoted(&said.text, pen), width));
    }
    lines.push(String::new());
    lines.extend(bars(entry, pen));
    lines.push(String::new());
    lines.extend(polarity(entry, pen));
    lines.push(axis("valence", entry.valence, entry.valence_interval, pen));
    lines.push(axis("arousal", entry.arousal, entry.arousal_interval, pen));
    lines.extend(palette(entry, pen));
    lines
        .iter()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect()
}

/// A model's sentence, and that it is one.
fn quoted(text: &str, pen: Pen) -> String {
    let marks = if pen.unicode {
        ['\u{201c}', '\u{201d}']
    } else {
        ['"', '"']
    };
    format!("{}{text}{} (written by a model)", marks[0], marks[1])
}

/// The style with its width made safe.
type Pen = CardStyle;

fn title(entry: &ReportEntry, pen: Pen) -> String {
    let times = if pen.unicode { "×" } else { "x" };
    let size = format!("{} {times} {}", entry.width, entry.height);
    // The name keeps at least half of the line; a size that long would be nonsense anyway.
    let room = pen
        .width
        .saturating_sub(columns(&size) + 2)
        .max(pen.width / 2);
    let name = if pen.unicode {
        printable(&entry.path)
    } else {
        printable_ascii(&entry.path)
    };
    let name = shorten(&name, room, pen.unicode);
    let gap = pen.width.saturating_sub(columns(&name) + columns(&size));
    if gap < 2 {
        return bold(&name, pen);
    }
    format!("{}{}{}", bold(&name, pen), " ".repeat(gap), dim(&size, pen))
}

fn bars(entry: &ReportEntry, pen: Pen) -> Vec<String> {
    let ends = entry.share_intervals.filter(|_| pen.width >= LEAST_ENDS);
    let room = pen.width - LABEL - SHARE - ends.map_or(0, |_| ENDS);
    let order = ranked(entry);
    // The longest bar fills the room, but small shares alone must not look large.
    let full = entry.emotions[order[0]].max(0.4);
    order
        .iter()
        .map(|&i| {
            let share = entry.emotions[i];
            let bar = bar(share / full, room, pen.unicode);
            let drawn = paint(&bar, COLORS[i], pen);
            let start = format!("{}{:>5} {drawn}", label(EMOTIONS[i]), percent(share));
            let Some([low, high]) = ends.map(|ends| ends[i]) else {
                return start;
            };
            let gap = " ".repeat(room.saturating_sub(columns(&bar)));
            let whole = |x: f64| (x * 100.0).round();
            let ends = format!(" {:>2} to {:>2}", whole(low), whole(high));
            format!("{start}{gap}{}", dim(&ends, pen))
        })
        .collect()
}

fn polarity(entry: &ReportEntry, pen: Pen) -> Vec<String> {
    let [positive, negative, other] = entry.polarity;
    let words = [
        format!("positive {}", percent(positive)),
        format!("other {}", percent(other)),
        format!("negative {}", percent(negative)),
    ];
    let room = pen.width - LABEL;
    // A figure stays with its name and its sign.
    let tied = words.map(|word| word.replace(' ', "\u{a0}"));
    let figures = wrap(&tied.join(", "), room)
        .into_iter()
        .map(|line| line.replace('\u{a0}', " "));
    let fills = if pen.unicode {
        ['█', '·', '░']
    } else {
        ['+', '.', '-']
    };
    let cells = apportion([positive, other, negative], room);
    let strip: String = [0, 2, 1]
        .iter()
        .enumerate()
        .map(|(at, &color)| {
            let fill = if pen.color && pen.unicode {
                '█'
            } else {
                fills[at]
            };
            paint(
                &fill.to_string().repeat(cells[at]),
                POLARITY_COLORS[color],
                pen,
            )
        })
        .collect();
    let named = |(at, text): (usize, String)| label(if at == 0 { "polarity" } else { "" }) + &text;
    figures.chain([strip]).enumerate().map(named).collect()
}

/// A point with its interval on the scale 1..7; in narrow cards the figures alone.
fn axis(name: &str, value: f64, [low, high]: [f64; 2], pen: Pen) -> String {
    let figures = format!("{value:.1}");
    let interval = format!("  {low:.1} to {high:.1}");
    let start = format!("{}{}", label(name), bold(&figures, pen));
    // The scale stands between the two as " 1 scale 7".
    let taken = LABEL + columns(&figures) + columns(&interval) + 5;
    let room = pen.width.saturating_sub(taken).min(WIDEST_SCALE);
    if room < NARROWEST_SCALE {
        return start + &dim(&interval, pen);
    }
    let glyphs = if pen.unicode {
        ['·', '─', '├', '┤', '●']
    } else {
        ['.', '-', '[', ']', 'o']
    };
    let [ground, line, left, right, point] = glyphs;
    let cell = |x: f64| {
        let part = ((x - 1.0) / 6.0).clamp(0.0, 1.0);
        (part * (room - 1) as f64).round() as usize
    };
    let (low, high) = (cell(low), cell(high));
    let mut scale = vec![ground; room];
    scale[low..=high.max(low)].fill(line);
    scale[low] = left;
    scale[high] = right;
    scale[cell(value)] = point;
    let scale: String = scale.into_iter().collect();
    format!("{start} 1 {scale} 7{}", dim(&interval, pen))
}

fn palette(entry: &ReportEntry, pen: Pen) -> Vec<String> {
    let room = pen.width - LABEL;
    let block = if pen.unicode { "██" } else { "##" };
    let step = if pen.color { 3 + 7 + 2 } else { 7 + 2 };
    let per_line = ((room + 2) / step).max(1);
    let swatches: Vec<String> = entry
        .palette
        .iter()
        .take(5)
        .map(|&([r, g, b], _)| {
            let code = hex([r, g, b]);
            if pen.color {
                format!("\x1b[38;2;{r};{g};{b}m{block}\x1b[0m {code}")
            } else {
                code
            }
        })
        .collect();
    let named = |(at, line): (usize, &[String])| {
        label(if at == 0 { "palette" } else { "" }) + &line.join("  ")
    };
    swatches.chunks(per_line).enumerate().map(named).collect()
}

fn label(name: &str) -> String {
    format!("  {name:<width$}", width = LABEL - 2)
}

/// A share as a whole percentage. What is there but rounds to nothing is said to be so.
fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.005 {
        "<1 %".into()
    } else {
        format!("{:.0} %", share * 100.0)
    }
}

/// A bar that fills `part` of `room` columns, in eighths of a column where Unicode allows.
fn bar(part: f64, room: usize, unicode: bool) -> String {
    let part = part.clamp(0.0, 1.0);
    if !unicode {
        return "#".repeat((part * room as f64).round() as usize);
    }
    let eighths = (part * room as f64 * 8.0).round() as usize;
    let tip = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(tip);
    }
    bar
}

/// `room` cells shared out so that they sum to `room` exactly: the borders are rounded, not the
/// parts.
fn apportion(shares: [f64; 3], room: usize) -> [usize; 3] {
    let total: f64 = shares.iter().sum();
    let border = |x: f64| ((x / total * room as f64).round() as usize).min(room);
    let first = border(shares[0]);
    let second = border(shares[0] + shares[1]).max(first);
    [first, second - first, room - second]
}

fn paint(text: &str, color: u8, pen: Pen) -> String {
    if pen.color && !text.is_empty() {
        format!("\x1b[38;5;{color}m{text}\x1b[0m")
    } else {
        text.into()
    }
}

fn bold(text: &str, pen: Pen) -> String {
    if pen.color {
        format!("\x1b[1m{text}\x1b[0m")
    } else {
        text.into()
    }
}

fn dim(text: &str, pen: Pen) -> String {
    if pen.color {
        format!("\x1b[2m{text}\x1b[0m")
    } else {
        text.into()
    }
}

/// Columns that a terminal gives to `text`: none for combining marks, two for the wide characters
/// of East Asia and for pictographs. An approximation of Unicode's table, close enough to keep
/// lines from wrapping.
fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

fn column(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f
        | 0x483..=0x489
        | 0x591..=0x5bd
        | 0x610..=0x61a
        | 0x64b..=0x65f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xa960..=0xa97c
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// `text` within `room` columns, without its middle if need be: the end of a path says most.
fn shorten(text: &str, room: usize, unicode: bool) -> String {
    if columns(text) <= room {
        return text.into();
    }
    let gap = if unicode { "…" } else { "..." };
    let spare = room.saturating_sub(columns(gap));
    let head = take_columns(text.chars(), spare / 3);
    let tail: Vec<char> = take_columns(text.chars().rev(), spare - spare / 3);
    head.into_iter()
        .chain(gap.chars())
        .chain(tail.into_iter().rev())
        .collect()
}

fn take_columns(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|&c| {
            used += column(c);
            used <= room
        })
        .collect()
}

/// `text` in lines of at most `width` columns, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{CardStyle, apportion, bar, card, columns, shorten};
    use crate::entry::{
        ReportEntry,
        tests::{sample, unsure},
    };

    const PLAIN: CardStyle = CardStyle {
        color: false,
        width: 80,
        unicode: true,
    };

    #[test]
    fn the_card_of_a_made_up_painting() {
        let expected = "\
gallery/storm.jpg                                                     1200 × 900
Mostly awe, with more fear than usual; viewers would differ.

  awe             52 % █████████████████████████████████████████████████████████
  fear            19 % ████████████████████▉
  contentment     11 % ████████████
  excitement       5 % █████▌
  something else   5 % █████▌
  sadness          4 % ████▍
  amusement        2 % ██▎
  anger            1 % █▏
  disgust          1 % █▏

  polarity       positive 70 %, other 5 %, negative 25 %
                 ████████████████████████████████████████████···░░░░░░░░░░░░░░░░
  valence        4.6 1 ··················├──────●───────┤········· 7  3.6 to 5.7
  arousal        5.0 1 ······················├─────●─────┤········ 7  4.2 to 5.9
  palette        #1e2a4f  #6b7c93  #c9b98a  #3a2f2b  #f2eee3
";
        assert_eq!(card(&sample(), &PLAIN), expected);
    }

    #[test]
    fn how_unsure_the_shares_are_stands_behind_them_where_there_is_room() {
        let text = card(&unsure(0.4), &PLAIN);
        let line = |text: &str, word: &str| {
            let found = text
                .lines()
                .find(|line| line.trim_start().starts_with(word));
            found.unwrap().to_owned()
        };
        // .52: 42 to 62.5 %; .01: 0 to 11.5 %. The longest bar ends where the ends begin.
        let awe = format!("  awe             52 % {} 42 to 63", "█".repeat(47));
        assert_eq!(line(&text, "awe"), awe);
        assert!(line(&text, "anger").ends_with("  0 to 12"), "{text}");
        assert!(!text.contains("Unlike anything"), "{text}");
        let narrow = CardStyle { width: 59, ..PLAIN };
        let text = card(&unsure(0.4), &narrow);
        assert!(!line(&text, "awe").contains(" to "), "{text}");
        let text = card(&unsure(1.0), &PLAIN);
        assert!(text.contains("Unlike anything"), "{text}");
    }

    #[test]
    fn ascii_only_where_asked() {
        let style = CardStyle {
            unicode: false,
            width: 60,
            ..PLAIN
        };
        let entry = ReportEntry {
            path: "Dürer/Hase 漢.jpg".into(),
            ..sample()
        };
        let text = card(&entry, &style);
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with("D\\u{fc}rer/Hase \\u{6f22}.jpg"));
        assert!(text.contains("####"));
    }

    /// `text` without its color codes.
    fn bare(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + part.split_once('m').unwrap().1)
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let long = format!("{}/絵画/{}.jpg", "a".repeat(70), "ö".repeat(70));
        for path in ["a.jpg", &long, "\u{1b}[2J\u{202e}"] {
            let entry = ReportEntry {
                path: path.into(),
                width: u32::MAX,
                ..sample()
            };
            for width in 32..=100 {
                for (color, unicode) in [(false, false), (false, true), (true, false), (true, true)]
                {
                    let text = bare(&card(
                        &entry,
                        &CardStyle {
                            color,
                            width,
                            unicode,
                        },
                    ));
                    for line in text.lines() {
                        assert!(columns(line) <= width, "{width}: {line}");
                    }
                }
            }
        }
    }

    #[test]
    fn color_changes_nothing_but_the_palette_and_the_strip() {
        let colored = card(
            &sample(),
            &CardStyle {
                color: true,
                ..PLAIN
            },
        );
        assert!(colored.contains("\x1b[38;2;30;42;79m██\x1b[0m #1e2a4f"));
        assert!(colored.contains("\x1b[38;5;38m█"), "awe in its color");
        let plain = card(&sample(), &PLAIN);
        let same = |line: &&str| !line.contains('#') && !line.contains('░');
        for line in plain
            .lines()
            .filter(same)
            .filter(|line| !line.contains("██·"))
        {
            assert!(bare(&colored).lines().any(|other| other == line), "{line}");
        }
        assert!(!plain.contains('\x1b'));
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shorten("abcdefghijkl", 12, true), "abcdefghijkl");
        assert_eq!(shorten("abcdefghijklm", 10, true), "abc…hijklm");
        assert_eq!(shorten("漢字漢字漢字", 7, true), "漢…漢字");
    }

    #[test]
    fn bars_count_eighths() {
        assert_eq!(bar(0.5, 4, true), "██");
        assert_eq!(bar(0.5 + 3.0 / 32.0, 4, true), "██▍");
        assert_eq!(bar(0.0, 4, true), "");
        assert_eq!(bar(2.0, 4, true), "████");
        assert_eq!(bar(0.5, 4, false), "##");
    }

    #[test]
    fn the_strip_fills_its_room() {
        assert_eq!(apportion([0.5, 0.25, 0.25], 8), [4, 2, 2]);
        assert_eq!(apportion([1.0, 0.0, 0.0], 7), [7, 0, 0]);
        for room in 1..60 {
            assert_eq!(
                apportion([0.34, 0.33, 0.33], room).iter().sum::<usize>(),
                room
            );
        }
        assert_eq!(
            apportion([0.0; 3], 5).iter().sum::<usize>(),
            5,
            "no shares at all"
        );
    }
}
