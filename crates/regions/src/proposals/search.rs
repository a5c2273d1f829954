//! From windows to boxes: which windows have a score, and where their sides are best.
//!
//! - **Computes** for each window with a score the refined box; or only for the best of them.
//! - **Input** the windows of a picture. **Output** boxes with scores, in the order of their windows;
//!   several windows may end in one box.
//! - **Source** `docs/facts.md`, "EdgeBoxes: windows", "EdgeBoxes: score" and
//!   "EdgeBoxes: refinement".
//! - **Deviation** none where all windows are refined. With fewer, those that score best before the
//!   refinement; equal scores go to the one that could have scored more, then to the earlier window.
//!
//! Windows are shared out to the threads of rayon's pool in parts of a fixed size, and what is found
//! in one part does not depend on another: the result is the same for any number of threads.

use rayon::prelude::*;

use super::{
    params::Params,
    refine::refine,
    score::{Scorer, Scratch, Window},
    windows::{translation, windows},
};

/// At a least score of 0, a window without contours is still no proposal.
const ANY: f32 = f32::MIN_POSITIVE;

/// Windows that one thread takes at a time.
const PART: usize = 512;

/// The least score of a box that counts.
pub(crate) fn needed(params: &Params) -> f32 {
    params.min_score.max(ANY)
}

/// The boxes of a picture, unordered and with doubles.
pub(crate) fn search(
    scorer: &Scorer,
    (width, height): (usize, usize),
    params: &Params,
) -> Vec<(Window, f32)> {
    let needed = needed(params);
    let promising: Vec<(Window, f32)> = windows(width, height, params)
        .map(|window| scorer.cut(window))
        .map(|window| (window, scorer.most(window)))
        .filter(|&(_, most)| most >= needed)
        .collect();
    let move_by = translation(params);
    let refined = |scratch: &mut Scratch, (window, score): (Window, f32)| {
        (score > 0.0).then(|| refine(scorer, scratch, window, score, move_by))
    };
    if promising.len() <= params.refined {
        return in_parts(scorer, &promising, |scratch, &(window, _)| {
            let score = scorer.score(scratch, window, needed);
            refined(scratch, (window, score))
        });
    }
    let best = best(scorer, promising, params);
    in_parts(scorer, &best, |scratch, &scored| refined(scratch, scored))
}

/// The `params.refined` windows of the best scores.
///
/// Windows are asked in the order of what they can score at most, in steps. After each step, the
/// least of the best so far is what the next ones have to reach; once they cannot, the search ends.
fn best(scorer: &Scorer, mut promising: Vec<(Window, f32)>, params: &Params) -> Vec<(Window, f32)> {
    // Stable: the earlier window first.
    promising.par_sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut needed = needed(params);
    let mut found: Vec<(usize, (Window, f32))> = Vec::new();
    let step = params.refined.max(PART);
    for (n, part) in promising.chunks(step).enumerate() {
        if part[0].1 < needed {
            break;
        }
        let numbered: Vec<(usize, Window)> = part
            .iter()
            .enumerate()
            .map(|(i, p)| (n * step + i, p.0))
            .collect();
        found.extend(in_parts(scorer, &numbered, |scratch, &(number, window)| {
            let score = scorer.score(scratch, window, needed);
            (score > 0.0).then_some((number, (window, score)))
        }));
        if found.len() > params.refined {
            found.sort_unstable_by(|a, b| b.1.1.total_cmp(&a.1.1).then(a.0.cmp(&b.0)));
            found.truncate(params.refined);
            // As good as the last one is not enough: those come later.
            needed = found.last().map_or(needed, |f| f.1.1);
        }
    }
    found.into_iter().map(|(_, scored)| scored).collect()
}

/// What `work` finds on each item, in their order.
fn in_parts<T: Sync, R: Send>(
    scorer: &Scorer,
    items: &[T],
    work: impl Fn(&mut Scratch, &T) -> Option<R> + Sync,
) -> Vec<R> {
    let parts: Vec<Vec<R>> = items
        .par_chunks(PART)
        .map_init(
            || scorer.scratch(),
            |scratch, part| part.iter().filter_map(|item| work(scratch, item)).collect(),
        )
        .collect();
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::super::groups::Groups;
    use super::*;
    use crate::edges;
    use affetti_picture::Picture;
    use affetti_testkit::noise;

    #[test]
    fn the_best_are_those_of_all_windows() {
        let (width, height) = (120, 90);
        let picture = Picture::new(width, height, noise(width, height, 5)).expect("a picture");
        let edges = edges::of_picture(&picture);
        let all = Params::default();
        let groups = Groups::find(&edges.strength, &edges.orientation, &all);
        let scorer = Scorer::new(&edges.strength, groups, &all);
        let size = (width as usize, height as usize);
        let needed = needed(&all);
        let promising: Vec<(Window, f32)> = windows(size.0, size.1, &all)
            .map(|window| scorer.cut(window))
            .map(|window| (window, scorer.most(window)))
            .filter(|&(_, most)| most >= needed)
            .collect();
        let mut scratch = scorer.scratch();
        let score = |&(window, most): &(Window, f32)| {
            let score = scorer.score(&mut scratch, window, needed);
            (score > 0.0).then_some((window, most, score))
        };
        let mut scored: Vec<(Window, f32, f32)> = promising.iter().filter_map(score).collect();
        // Stable: of equals the earlier window.
        scored.sort_by(|a, b| b.2.total_cmp(&a.2).then(b.1.total_cmp(&a.1)));
        assert!(scored.len() > 700, "{}", scored.len());
        for refined in [1, 100, 600] {
            let params = Params { refined, ..all };
            let mut found = best(&scorer, promising.clone(), &params);
            found.sort_by(|a, b| b.1.total_cmp(&a.1));
            let scores: Vec<f32> = found.iter().map(|f| f.1).collect();
            let expected: Vec<f32> = scored[..refined].iter().map(|s| s.2).collect();
            assert_eq!(scores, expected, "{refined}");
            // Above the last score, which several may share, the windows are the same ones too.
            let last = scores[refined - 1];
            let key = |w: Window| [w.x, w.y, w.w, w.h];
            let above = |list: Vec<(Window, f32)>| {
                let above = list.into_iter().filter(|(_, score)| *score > last);
                let mut keys: Vec<[i32; 4]> = above.map(|(window, _)| key(window)).collect();
                keys.sort_unstable();
                keys
            };
            let brute = scored.iter().map(|s| (s.0, s.2)).collect();
            assert_eq!(above(found), above(brute), "{refined}");
        }
    }
}
