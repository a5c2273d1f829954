//! One sentence in plain English about what a picture tends to evoke, shared by the report and
//! the terminal card.
//!
//! The sentence has up to three parts: which feeling leads and which go with it; how far the
//! viewers would agree; and, where it applies, that the model itself is unsure. It says "viewers
//! would", never "you".

use crate::entry::{EMOTIONS, ReportEntry};

/// Index of "something else", the only emotion that is no name of a feeling.
const ELSE: usize = 8;

/// Share of each emotion among all answers to paintings, in the order of [`EMOTIONS`]: what a
/// share is compared with before it is called unusual. Counted over the 36,274 rows of
/// `artemis.csv` (6,300 paintings of the ArtEmis release) and rounded to a hundredth, anger to half
/// a hundredth.
const USUAL: [f64; 9] = [0.10, 0.16, 0.27, 0.08, 0.015, 0.05, 0.09, 0.11, 0.12];

/// A feeling with this share or more is worth a word.
const SOME: f64 = 0.12;
/// The least share that can be called more than usual: below it, the ratio to the usual share is
/// noise.
const UNUSUAL_SHARE: f64 = 0.07;
/// How many times its usual share a feeling must have to be more than usual.
const UNUSUAL_RATIO: f64 = 1.8;
/// From this rank among paintings on, an emotion stands out.
const UNUSUAL_RANK: f64 = 95.0;
/// More than these would be no news.
const UNUSUAL_NAMED: usize = 3;
/// Two shares count as equal if the smaller is at least this part of the larger.
const EQUAL: f64 = 0.85;
/// An 80 % interval wider than this, more than half of the scale 1..7, says little.
const UNSURE_WIDTH: f64 = 3.2;

/// The sentence, for example "Mostly awe, with more fear than usual; viewers would differ."
///
/// ```
/// # fn demo(entry: &affetti::report::ReportEntry) {
/// println!("{}", affetti::verdict::verdict(entry));
/// # }
/// ```
pub fn verdict(entry: &ReportEntry) -> String {
    let feelings = feelings(entry);
    let agreement = agreement(entry);
    let model = if is_new(entry) {
        ". Unlike anything that the model has learned from: take it with caution"
    } else if is_unsure(entry) {
        "; the model itself is unsure"
    } else {
        ""
    };
    format!("{feelings}; {agreement}{model}.")
}

/// What stands out against paintings: "More anger than in 97 of 100 paintings, more disgust than in 95."
/// None where nothing does, or where it is not known.
pub fn unusual(entry: &ReportEntry) -> Option<String> {
    let ranks = entry.ranks?;
    let mut high: Vec<usize> = (0..9)
        .filter(|&i| i != ELSE && ranks[i] >= UNUSUAL_RANK)
        .collect();
    high.sort_by(|&a, &b| ranks[b].total_cmp(&ranks[a]));
    high.truncate(UNUSUAL_NAMED);
    // 99.8 of 100 is not all of them.
    let rank = |i: usize| (ranks[i].floor() as usize).min(99);
    let part = |(at, &i): (usize, &usize)| match at {
        0 => format!("More {} than in {} of 100 paintings", noun(i), rank(i)),
        _ => format!("more {} than in {}", noun(i), rank(i)),
    };
    let parts: Vec<String> = high.iter().enumerate().map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", ") + ".")
}

/// The emotions by share, largest first. Of equal ones the dominant comes first, then the order
/// of [`EMOTIONS`].
pub(crate) fn ranked(entry: &ReportEntry) -> [usize; 9] {
    let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    let share = |i: usize| entry.emotions[i];
    order.sort_by(|&a, &b| {
        let dominant_first = (b == entry.dominant).cmp(&(a == entry.dominant));
        share(b).total_cmp(&share(a)).then(dominant_first)
    });
    order
}

fn feelings(entry: &ReportEntry) -> String {
    let order = ranked(entry);
    let [first, second, third, ..] = order;
    let share = |i: usize| entry.emotions[i];
    let close = |a: usize, b: usize| share(b) >= EQUAL * share(a);

    // How the leading feelings are introduced, and how many of them the introduction names.
    let (lead, named) = if share(first) < 0.18 {
        (
            format!(
                "No one feeling leads: {} and {} come first",
                noun(first),
                noun(second)
            ),
            2,
        )
    } else if close(first, third) {
        let list = [first, second, third].map(noun);
        (
            format!(
                "{}, {} and {} side by side",
                capital(list[0]),
                list[1],
                list[2]
            ),
            3,
        )
    } else if close(first, second) && opposite(first, second) {
        (
            format!("Torn between {} and {}", noun(first), noun(second)),
            2,
        )
    } else if close(first, second) {
        let first = capital(noun(first));
        (
            format!("{first} and {} in about equal parts", noun(second)),
            2,
        )
    } else {
        (leader(first, share(first)), 1)
    };

    let rest = &order[named..];
    let ratio = |i: usize| share(i) / USUAL[i];
    let unusual = rest
        .iter()
        .copied()
        .filter(|&i| i != ELSE && share(i) >= UNUSUAL_SHARE && ratio(i) >= UNUSUAL_RATIO)
        .max_by(|&a, &b| ratio(a).total_cmp(&ratio(b)));
    let some: Vec<usize> = rest
        .iter()
        .copied()
        .filter(|&i| Some(i) != unusual && share(i) >= SOME)
        .collect();
    match (some.as_slice(), unusual) {
        ([], None) => lead,
        ([], Some(much)) => format!("{lead}, with more {} than usual", noun(much)),
        ([a], None) => format!("{lead}, some {}", noun(*a)),
        ([a, ..], Some(much)) if share(*a) > share(much) => {
            format!(
                "{lead}, with some {} and more {} than usual",
                noun(*a),
                noun(much)
            )
        }
        ([a, ..], Some(much)) => {
            format!(
                "{lead}, with more {} than usual and some {}",
                noun(much),
                noun(*a)
            )
        }
        ([a, b, ..], None) => format!("{lead}, with some {} and {}", noun(*a), noun(*b)),
    }
}

/// One feeling ahead of all others.
fn leader(emotion: usize, share: f64) -> String {
    let name = noun(emotion);
    match (emotion, share) {
        (ELSE, 0.5..) => "Mostly none of the eight named feelings".into(),
        (ELSE, _) => "Often none of the eight named feelings".into(),
        (_, 0.75..) => format!("Almost only {name}"),
        (_, 0.5..) => format!("Mostly {name}"),
        (_, 0.35..) => format!("Mainly {name}"),
        _ => format!("{} leads", capital(name)),
    }
}

/// How far the viewers would agree. Entropies are in nats; that of all answers to all paintings
/// together is 2.0, so that a picture near it divides its viewers like art as such.
fn agreement(entry: &ReportEntry) -> String {
    let [positive, negative, _] = entry.polarity;
    if positive >= 0.35 && negative >= 0.35 {
        return "viewers would be divided between pleasant and unpleasant feelings".into();
    }
    let degree = match entry.entropy {
        ..0.9 => return "viewers would largely agree".into(),
        ..1.45 => return "viewers would agree in the main".into(),
        ..1.75 => "viewers would differ",
        ..2.0 => "viewers would disagree",
        _ => "viewers would disagree widely",
    };
    // Disagreement among pleasant feelings is another thing than disagreement about pleasure.
    if positive >= 0.75 {
        format!("{degree}, though mostly among pleasant feelings")
    } else if negative >= 0.75 {
        format!("{degree}, though mostly among unpleasant feelings")
    } else {
        degree.into()
    }
}

/// From 1 on: one or two of fifty pictures of known kinds.
fn is_new(entry: &ReportEntry) -> bool {
    entry.novelty.is_some_and(|novelty| novelty >= 1.0)
}

fn is_unsure(entry: &ReportEntry) -> bool {
    [entry.valence_interval, entry.arousal_interval]
        .iter()
        .any(|[low, high]| high - low > UNSURE_WIDTH)
}

fn noun(emotion: usize) -> &'static str {
    if emotion == ELSE {
        "other feelings"
    } else {
        EMOTIONS[emotion]
    }
}

/// Whether one of the two is positive and the other negative.
fn opposite(a: usize, b: usize) -> bool {
    a != ELSE && b != ELSE && (a < 4) != (b < 4)
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{USUAL, verdict};
    use crate::entry::{ReportEntry, tests::sample};

    /// An entry with these shares; polarity, entropy and dominant follow from them.
    fn with(emotions: [f64; 9]) -> ReportEntry {
        assert!(
            (emotions.iter().sum::<f64>() - 1.0).abs() < 1e-9,
            "{emotions:?}"
        );
        let sum = |shares: &[f64]| shares.iter().sum::<f64>();
        let top = (0..9)
            .rev()
            .max_by(|&a, &b| emotions[a].total_cmp(&emotions[b]));
        ReportEntry {
            emotions,
            polarity: [sum(&emotions[..4]), sum(&emotions[4..8]), emotions[8]],
            entropy: -emotions
                .iter()
                .filter(|&&p| p > 0.0)
                .map(|p| p * p.ln())
                .sum::<f64>(),
            dominant: top.unwrap(),
            ..sample()
        }
    }

    #[test]
    fn sentences() {
        for (emotions, expected) in [
            (
                [0.02, 0.90, 0.04, 0.02, 0.00, 0.00, 0.01, 0.01, 0.00],
                "Almost only awe; viewers would largely agree.",
            ),
            (
                [0.02, 0.52, 0.11, 0.05, 0.01, 0.01, 0.19, 0.04, 0.05],
                "Mostly awe, with more fear than usual; viewers would differ.",
            ),
            (
                [0.05, 0.13, 0.60, 0.05, 0.01, 0.02, 0.03, 0.06, 0.05],
                "Mostly contentment, some awe; viewers would agree in the main.",
            ),
            (
                [0.14, 0.15, 0.42, 0.08, 0.01, 0.03, 0.04, 0.05, 0.08],
                "Mainly contentment, with some awe and amusement; \
                 viewers would disagree, though mostly among pleasant feelings.",
            ),
            (
                [0.06, 0.13, 0.28, 0.05, 0.02, 0.05, 0.11, 0.20, 0.10],
                "Contentment leads, with more sadness than usual and some awe; \
                 viewers would be divided between pleasant and unpleasant feelings.",
            ),
            (
                [0.04, 0.26, 0.10, 0.05, 0.03, 0.04, 0.25, 0.13, 0.10],
                "Torn between awe and fear, some sadness; \
                 viewers would be divided between pleasant and unpleasant feelings.",
            ),
            (
                [0.07, 0.30, 0.31, 0.09, 0.01, 0.02, 0.05, 0.07, 0.08],
                "Contentment and awe in about equal parts; \
                 viewers would disagree, though mostly among pleasant feelings.",
            ),
            (
                [0.02, 0.03, 0.03, 0.02, 0.08, 0.24, 0.26, 0.25, 0.07],
                "Fear, sadness and disgust side by side, with more anger than usual; \
                 viewers would disagree, though mostly among unpleasant feelings.",
            ),
            (
                [0.12, 0.14, 0.15, 0.11, 0.05, 0.09, 0.10, 0.11, 0.13],
                "No one feeling leads: contentment and awe come first, with some other feelings and \
                 amusement; \
                 viewers would be divided between pleasant and unpleasant feelings.",
            ),
            (
                [0.10, 0.06, 0.10, 0.04, 0.02, 0.02, 0.03, 0.03, 0.60],
                "Mostly none of the eight named feelings; viewers would agree in the main.",
            ),
        ] {
            assert_eq!(verdict(&with(emotions)), expected);
        }
    }

    #[test]
    fn wide_intervals_are_confessed() {
        let entry = ReportEntry {
            valence_interval: [2.4, 5.8],
            ..sample()
        };
        assert!(verdict(&entry).ends_with("; the model itself is unsure."));
        assert!(!verdict(&sample()).contains("unsure"));
    }

    #[test]
    fn a_picture_of_another_kind_is_told() {
        for (novelty, told) in [(0.99, false), (1.0, true), (7.0, true)] {
            let entry = ReportEntry {
                novelty: Some(novelty),
                ..sample()
            };
            assert_eq!(verdict(&entry).contains("Unlike anything"), told);
        }
    }

    #[test]
    fn nothing_about_usual_shares_is_unusual() {
        let total: f64 = USUAL.iter().sum();
        let text = verdict(&with(USUAL.map(|p| p / total)));
        assert!(!text.contains("than usual"), "{text}");
    }

    #[test]
    fn any_figures_give_one_sentence() {
        for emotions in [[0.0; 9], [1.0 / 9.0; 9], [f64::NAN; 9]] {
            let text = verdict(&ReportEntry {
                emotions,
                entropy: f64::NAN,
                ..sample()
            });
            assert!(text.ends_with('.') && !text.contains("NaN"), "{text}");
        }
    }
}
