//! The card of one sentence.

use super::{
    COLORS, CardStyle, LABEL, MAX_WIDTH, MIN_WIDTH, SHARE, bar, bold, columns, dim, label, paint,
    percent, wrap,
};
use crate::answers::ReadSentence;
use crate::printable::{printable, printable_ascii};
use affetti_emotion::{Emotion, Label};

/// Bars that are drawn: the largest shares.
const BARS: usize = 5;
/// A word without which the share falls by a tenth carries something.
const CARRIES: f64 = 0.1;
/// Most words that are named.
const NAMED: usize = 6;

/// The card of a sentence, several lines, each ending in a line feed.
#[must_use]
pub fn sentence_card(read: &ReadSentence, style: &CardStyle) -> String {
    let width = style.width.clamp(MIN_WIDTH, MAX_WIDTH);
    let pen = CardStyle { width, ..*style };
    let mut lines = text(read, pen);
    lines.extend(
        wrap(&carried(read, pen), width)
            .into_iter()
            .filter(|line| !line.is_empty()),
    );
    if read.felt.is_foreign() {
        let told = "most of its words are unknown; the reader learned from English sentences";
        lines.extend(wrap(told, width));
    }
    if read.felt.cut {
        let told = format!(
            "only its beginning was read, {} pieces of words",
            affetti_words::read::LONGEST
        );
        lines.extend(wrap(&told, width));
    }
    lines.extend(bars(read, pen));
    lines
        .iter()
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect()
}

fn shown(text: &str, pen: CardStyle) -> String {
    if pen.unicode {
        printable(text)
    } else {
        printable_ascii(text)
    }
}

/// The sentence, its words in the color of the emotion that they carry.
fn text(read: &ReadSentence, pen: CardStyle) -> Vec<String> {
    let color = COLORS[read.dominant().index()];
    let Some(words) = read.words.as_ref().filter(|_| pen.color) else {
        return wrap(&shown(&read.text, pen), pen.width)
            .iter()
            .map(|line| bold(line, pen))
            .collect();
    };
    let mut lines = vec![String::new()];
    let mut filled = 0;
    for (word, weight) in words {
        let word = shown(word, pen);
        let room = columns(&word);
        if filled > 0 && filled + 1 + room > pen.width {
            lines.push(String::new());
            filled = 0;
        }
        if filled > 0 {
            filled += 1;
            lines.last_mut().expect("one line at least").push(' ');
        }
        filled += room;
        let drawn = match *weight {
            w if w >= CARRIES => bold(&paint(&word, color, pen), pen),
            w if w <= -CARRIES => dim(&word, pen),
            _ => word,
        };
        lines
            .last_mut()
            .expect("one line at least")
            .push_str(&drawn);
    }
    lines
}

/// Which words carry the answer.
fn carried(read: &ReadSentence, pen: CardStyle) -> String {
    let Some(words) = &read.words else {
        return String::new();
    };
    let mut heavy: Vec<&(String, f64)> = words.iter().filter(|(_, w)| *w >= CARRIES).collect();
    heavy.sort_by(|a, b| b.1.total_cmp(&a.1));
    let name = read.dominant().name();
    if heavy.is_empty() {
        return format!("no single word carries {name}");
    }
    let named = heavy.iter().take(NAMED).map(|(word, weight)| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let word = if bare.is_empty() { word } else { bare };
        format!("{} ({:.1}\u{d7})", shown(word, pen), weight.exp())
    });
    let named: Vec<String> = named.collect();
    let times = if pen.unicode { "\u{d7}" } else { "x" };
    format!("{name} is carried by {}", named.join(", ")).replace('\u{d7}', times)
}

fn bars(read: &ReadSentence, pen: CardStyle) -> Vec<String> {
    let shares = &read.felt.emotions;
    let mut order: Vec<Emotion> = Emotion::ALL.to_vec();
    order.sort_by(|a, b| shares.get(*b).total_cmp(&shares.get(*a)));
    let room = pen.width - LABEL - SHARE;
    let full = shares.get(order[0]).max(0.4);
    let line = |emotion: &Emotion| {
        let share = shares.get(*emotion);
        let bar = bar(share / full, room, pen.unicode);
        let drawn = paint(&bar, COLORS[emotion.index()], pen);
        format!("{}{:>5} {drawn}", label(emotion.name()), percent(share))
    };
    order.iter().take(BARS).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelId;
    use affetti_emotion::Distribution;
    use affetti_words::read::Felt;

    fn read() -> ReadSentence {
        let shares = [0.0, 0.05, 0.1, 0.0, 0.0, 0.0, 0.15, 0.6, 0.1];
        ReadSentence {
            text: "a lonely sea at night".into(),
            felt: Felt {
                emotions: Distribution::from_probabilities(&shares).expect("sums to one"),
                read: 5,
                known: 5,
                cut: false,
            },
            words: Some(vec![
                ("a".into(), 0.0),
                ("lonely".into(), 2.0_f64.ln()),
                ("sea".into(), -0.2),
                ("at".into(), 0.01),
                ("night".into(), 0.1),
            ]),
            model: ModelId {
                name: "reader".into(),
                sha256: String::new(),
            },
        }
    }

    #[test]
    fn the_words_that_carry_it_are_named_heaviest_first() {
        let card = sentence_card(&read(), &CardStyle::default());
        let lines: Vec<&str> = card.lines().collect();
        assert_eq!(lines[0], "a lonely sea at night");
        assert_eq!(
            lines[1],
            "sadness is carried by lonely (2.0\u{d7}), night (1.1\u{d7})"
        );
        assert!(
            lines[2].starts_with("  sadness         60 % \u{2588}"),
            "{}",
            lines[2]
        );
        assert_eq!(lines.len(), 7);
        let style = CardStyle {
            color: true,
            ..CardStyle::default()
        };
        // Blue of sadness, bold; what speaks against it is dim.
        let first = sentence_card(&read(), &style);
        let first = first.lines().next().expect("a line").to_owned();
        assert!(
            first.contains("\x1b[38;5;68mlonely") && first.contains("\x1b[2msea"),
            "{first:?}"
        );
    }

    #[test]
    fn foreign_and_long_texts_are_told() {
        let mut read = read();
        read.felt.known = 1;
        read.felt.cut = true;
        let card = sentence_card(&read, &CardStyle::default());
        assert!(card.contains("most of its words are unknown"), "{card}");
        assert!(
            card.contains("only its beginning was read, 256 pieces of words"),
            "{card}"
        );
    }
}
