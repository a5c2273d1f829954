//! One sentence about how far a picture meets an intention, shared by the report and the terminal
//! card.

use crate::entry::{EMOTIONS, IntentionEntry};

/// The sentence, for example "Nearer to the intention than most (awe 60 %, fear 40 %): nearer to it than
/// 83 of 100 paintings, and part of the way there (match 0.48 of 1). Instead, more than intended:
/// contentment by 21 points." Two things are told apart: the place among paintings, of which most may
/// be far away, and how near that is.
#[must_use]
pub fn sentence(intention: &IntentionEntry) -> String {
    let place = match intention.percentile {
        90.0.. => "Among the nearest to the intention",
        70.0.. => "Nearer to the intention than most",
        30.0.. => "About as near to the intention as others",
        10.0.. => "Farther from the intention than most",
        _ => "Among the farthest from the intention",
    };
    let near = match intention.matching {
        0.85.. => "and it meets it",
        0.65.. => "and close to it",
        0.45.. => "and part of the way there",
        _ if intention.percentile >= 70.0 => "but still far from it",
        _ => "and far from it",
    };
    format!(
        "{place} ({}): nearer to it than {:.0} of 100 paintings, {near} (match {:.2} of 1). {}{}",
        target(&intention.target),
        intention.percentile,
        intention.matching,
        instead(&intention.instead),
        away(&intention.away)
    )
}

/// The regions that pull away, as numbered on card and page.
fn away(away: &[(usize, usize)]) -> String {
    let named = |(number, emotion): &(usize, usize)| {
        format!("region {number} (towards {})", EMOTIONS[*emotion])
    };
    let parts: Vec<String> = away.iter().map(named).collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => format!(" Away from it pulls {one}."),
        [first @ .., last] => format!(" Away from it pull {} and {last}.", first.join(", ")),
    }
}

/// What is intended, largest share first: `awe 60 %, fear 40 %`, or `awe` alone.
#[must_use]
pub fn target(shares: &[f64; 9]) -> String {
    let mut named: Vec<usize> = (0..9).filter(|&i| shares[i] > 0.0).collect();
    named.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    if let [only] = named.as_slice() {
        return EMOTIONS[*only].to_owned();
    }
    let parts: Vec<String> = named
        .iter()
        .map(|&i| format!("{} {:.0} %", EMOTIONS[i], shares[i] * 100.0))
        .collect();
    parts.join(", ")
}

/// "contentment +0.21, sadness +0.08", as tables have it.
#[must_use]
pub fn instead_figures(instead: &[(usize, f64)]) -> String {
    let more = |&(emotion, more): &(usize, f64)| {
        format!("{} +{}", EMOTIONS[emotion], crate::shares::round4(more))
    };
    instead.iter().map(more).collect::<Vec<_>>().join(", ")
}

fn instead(instead: &[(usize, f64)]) -> String {
    let points = |&(emotion, more): &(usize, f64)| {
        let points = (more * 100.0).round();
        format!("{} by {points} points", EMOTIONS[emotion])
    };
    let parts: Vec<String> = instead.iter().map(points).collect();
    match parts.as_slice() {
        [] => "Nothing takes its place.".to_owned(),
        [one] => format!("Instead, more than intended: {one}."),
        [first @ .., last] => {
            format!(
                "Instead, more than intended: {} and {last}.",
                first.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{sentence, target};
    use crate::entry::IntentionEntry;

    fn entry(percentile: f64, instead: &[(usize, f64)]) -> IntentionEntry {
        let mut target = [0.0; 9];
        (target[1], target[6]) = (0.6, 0.4);
        IntentionEntry {
            target,
            matching: 0.481,
            percentile,
            instead: instead.to_vec(),
            away: Vec::new(),
        }
    }

    #[test]
    fn sentences() {
        assert_eq!(
            sentence(&entry(83.4, &[(2, 0.212)])),
            "Nearer to the intention than most (awe 60 %, fear 40 %): nearer to it than 83 of 100 \
             paintings, and part of the way there (match 0.48 of 1). Instead, more than intended: \
             contentment by 21 points."
        );
        let far = sentence(&entry(3.0, &[(2, 0.3), (7, 0.1), (8, 0.05)]));
        assert!(far.starts_with("Among the farthest from"), "{far}");
        // First among paintings is not near.
        let first = sentence(&IntentionEntry {
            matching: 0.39,
            ..entry(97.0, &[])
        });
        assert!(
            first.contains("but still far from it (match 0.39 of 1)"),
            "{first}"
        );
        assert!(
            far.ends_with(
                "contentment by 30 points, sadness by 10 points and something else by 5 points."
            ),
            "{far}"
        );
        assert!(sentence(&entry(99.0, &[])).ends_with("Nothing takes its place."));
        let mut pulled = entry(99.0, &[]);
        pulled.away = vec![(2, 2), (5, 7)];
        assert!(sentence(&pulled).ends_with(
            " Away from it pull region 2 (towards contentment) and region 5 (towards sadness)."
        ));
        let mut awe = [0.0; 9];
        awe[1] = 1.0;
        assert_eq!(target(&awe), "awe");
    }
}
