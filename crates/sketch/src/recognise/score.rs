//! How kinds of lines do: ranks of the own photograph, and the choice among classes.

use affetti_emotion::Bootstrap;
use serde::Serialize;

use crate::encoder::{Embedding, cosine};

/// A share of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// 0..=1.
    pub value: f64,
    /// 95 % bootstrap interval over pictures.
    pub interval: [f64; 2],
}

/// How one kind of lines does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which lines.
    pub lines: String,
    /// Own photograph first among all that are ranked; nothing where the photograph itself is looked at.
    pub first: Option<Share>,
    /// Median of its rank, from 1.
    pub median_rank: Option<f64>,
    /// Right class.
    pub choice: Option<Share>,
    /// Right class where "none of them" may be chosen too.
    pub choice_or_none: Option<Share>,
}

/// What is known of a subject.
pub(super) struct Seen {
    pub(super) class: Option<usize>,
    pub(super) photograph: bool,
    pub(super) photo: Embedding,
    /// As the rows of lines.
    pub(super) lines: Vec<Embedding>,
}

/// One row of the table.
pub(super) fn row(
    lines: String,
    seen: &[Seen],
    of: &dyn Fn(&Seen) -> Embedding,
    ranked: Option<&[usize]>,
    classes: &[usize],
    seed: u64,
) -> Row {
    let ranks: Option<Vec<usize>> = ranked.map(|ranked| {
        let rank = |&n: &usize| {
            let line = of(&seen[n]);
            let own = line.likeness(&seen[n].photo);
            let others = ranked.iter().filter(|&&m| m != n);
            1 + others
                .filter(|&&m| line.likeness(&seen[m].photo) >= own)
                .count()
        };
        ranked.iter().map(rank).collect()
    });
    let first: Option<Vec<bool>> = ranks.as_ref().map(|r| r.iter().map(|r| *r == 1).collect());
    let mut sorted = ranks.unwrap_or_default();
    sorted.sort_unstable();
    let median = |sorted: &[usize]| {
        let (low, high) = ((sorted.len() - 1) / 2, sorted.len() / 2);
        (sorted[low] + sorted[high]) as f64 / 2.0
    };
    let choice = |or_none: bool| {
        let right: Vec<bool> = (0..seen.len())
            .filter_map(|n| right(seen, n, &of(&seen[n]).meaning, classes, or_none))
            .collect();
        (classes.len() >= 2).then(|| share(&right, seed))?
    };
    Row {
        lines,
        first: first.and_then(|first| share(&first, seed)),
        median_rank: (!sorted.is_empty()).then(|| median(&sorted)),
        choice: choice(false),
        choice_or_none: choice(true),
    }
}

/// Whether lines of a member of a class are nearest to their class, the member itself left out of
/// its mean; nothing for other pictures.
fn right(seen: &[Seen], n: usize, line: &[f32], classes: &[usize], or_none: bool) -> Option<bool> {
    let own = seen[n].class.filter(|class| classes.contains(class))?;
    let to = |class: Option<usize>| {
        let members = seen.iter().enumerate().filter(|&(m, s)| {
            let same = match class {
                Some(_) => s.class == class,
                // Of no class that may be chosen.
                None => s.class.is_none_or(|c| !classes.contains(&c)),
            };
            same && m != n
        });
        let mut sum = vec![0.0_f32; line.len()];
        for (_, s) in members {
            for (a, b) in sum.iter_mut().zip(&s.photo.meaning) {
                *a += b;
            }
        }
        let length = cosine(&sum, &sum).sqrt().max(1e-12);
        cosine(&sum, line) / length
    };
    let mine = to(Some(own));
    let others = classes.iter().filter(|&&class| class != own);
    let mut best = others
        .map(|&class| to(Some(class)))
        .fold(f32::MIN, f32::max);
    if or_none {
        best = best.max(to(None));
    }
    Some(mine > best)
}

fn share(good: &[bool], seed: u64) -> Option<Share> {
    let mean = |draw: &[usize]| {
        let count = draw.iter().filter(|&&i| good[i]).count();
        Some(count as f64 / draw.len() as f64)
    };
    let bootstrap = Bootstrap::seeded(seed).check().ok()?;
    let estimate = bootstrap.estimate(good.len(), mean).ok()?;
    Some(Share {
        value: estimate.value,
        interval: [estimate.interval.low, estimate.interval.high],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(meaning: [f32; 2]) -> Embedding {
        Embedding {
            meaning: meaning.to_vec(),
            layout: vec![1.0],
        }
    }

    fn seen(class: Option<usize>, photo: [f32; 2]) -> Seen {
        Seen {
            class,
            photograph: true,
            photo: shown(photo),
            lines: Vec::new(),
        }
    }

    #[test]
    fn the_own_picture_is_left_out_of_its_class() {
        let all = [
            seen(Some(0), [1.0, 0.0]),
            seen(Some(0), [0.0, 1.0]),
            seen(Some(1), [0.6, 0.8]),
            seen(None, [-1.0, 0.0]),
        ];
        // Lines like the first: with itself its class would be at (1, 1); without it at (0, 1),
        // farther than the other class.
        assert_eq!(right(&all, 0, &[1.0, 0.0], &[0, 1], false), Some(false));
        assert_eq!(right(&all, 0, &[0.0, 1.0], &[0, 1], false), Some(true));
        // No member of the other class is left to compare the third with.
        assert_eq!(right(&all, 3, &[1.0, 0.0], &[0, 1], false), None);
        // Nearer to what is of no class.
        assert_eq!(right(&all, 1, &[-1.0, 0.1], &[0, 1], true), Some(false));
    }

    #[test]
    fn ranks_by_hand() {
        let all = [
            seen(None, [1.0, 0.0]),
            seen(None, [0.8, 0.6]),
            seen(None, [0.0, 1.0]),
        ];
        let same = |s: &'_ Seen| s.photo.clone();
        let found = row("x".into(), &all, &same, Some(&[0, 1, 2]), &[], 0);
        assert_eq!(found.first.map(|s| s.value), Some(1.0));
        assert_eq!((found.median_rank, found.choice), (Some(1.0), None));
        let all_right = |_: &'_ Seen| shown([1.0, 0.0]);
        let found = row("x".into(), &all, &all_right, Some(&[0, 1, 2]), &[], 0);
        // Ranks 1, 2 and 3.
        assert!((found.first.expect("ranked").value - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.median_rank, Some(2.0));
    }
}
