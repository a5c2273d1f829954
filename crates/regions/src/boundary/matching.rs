//! One-to-one matching of boundary pixels.
//!
//! - **Computes** a matching of the most pairs of a found and a true pixel at most a distance apart,
//!   each pixel in one pair at most.
//! - **Source** J. Hopcroft and R. Karp, "An n^(5/2) algorithm for maximum matchings in bipartite
//!   graphs", SIAM J. Comput. 2(4), 1973.
//! - **Deviation** the benchmark's authors solve an assignment problem in which leaving a pixel
//!   alone costs far more than any distance: it has as many pairs. Which pixels are paired may
//!   differ where several matchings are as large.

use std::collections::VecDeque;

const NONE: u32 = u32::MAX;

/// Which pixels have a partner; both masks are `[height, width]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matched {
    /// The found pixels with a partner, as places in the mask, rising.
    pub(crate) found: Vec<u32>,
    /// How many pairs there are.
    pub(crate) pairs: usize,
}

/// Matches the pixels of two masks of one size; `reach` in pixels, inclusive.
pub(crate) fn match_pixels(found: &[bool], truth: &[bool], width: usize, reach: f64) -> Matched {
    let mut number = vec![NONE; truth.len()];
    let mut true_count = 0;
    for (at, _) in truth.iter().enumerate().filter(|(_, t)| **t) {
        number[at] = true_count;
        true_count += 1;
    }
    let places: Vec<u32> = (0..found.len() as u32)
        .filter(|&at| found[at as usize])
        .collect();
    let height = truth.len() / width;
    let offsets = offsets(reach);
    let mut graph = Graph {
        starts: vec![0],
        neighbors: Vec::new(),
        partner: vec![NONE; places.len()],
        partner_of_true: vec![NONE; true_count as usize],
    };
    for &at in &places {
        let (x, y) = ((at as usize % width) as i64, (at as usize / width) as i64);
        for &(dx, dy) in &offsets {
            let (u, v) = (x + dx, y + dy);
            if (0..width as i64).contains(&u) && (0..height as i64).contains(&v) {
                let other = number[v as usize * width + u as usize];
                if other != NONE {
                    graph.neighbors.push(other);
                }
            }
        }
        graph.starts.push(graph.neighbors.len());
    }
    graph.greedy();
    while graph.augment() {}
    let found: Vec<u32> = places
        .iter()
        .zip(&graph.partner)
        .filter(|&(_, &p)| p != NONE)
        .map(|(&at, _)| at)
        .collect();
    let pairs = found.len();
    Matched { found, pairs }
}

/// Steps within reach, the nearest first.
fn offsets(reach: f64) -> Vec<(i64, i64)> {
    let r = reach.floor() as i64;
    let mut all: Vec<(i64, i64)> = (-r..=r)
        .flat_map(|dy| (-r..=r).map(move |dx| (dx, dy)))
        .filter(|(dx, dy)| (dx * dx + dy * dy) as f64 <= reach * reach)
        .collect();
    all.sort_by_key(|(dx, dy)| dx * dx + dy * dy);
    all
}

struct Graph {
    /// Where the neighbours of each found pixel begin; one more entry than pixels.
    starts: Vec<usize>,
    /// True pixels in reach, the nearest first.
    neighbors: Vec<u32>,
    partner: Vec<u32>,
    partner_of_true: Vec<u32>,
}

impl Graph {
    /// The nearest free one for each: most pairs of a good edge map, so that few are left to
    /// improve.
    fn greedy(&mut self) {
        for one in 0..self.partner.len() {
            let range = self.starts[one]..self.starts[one + 1];
            let mut options = self.neighbors[range].iter();
            if let Some(&other) = options.find(|&&o| self.partner_of_true[o as usize] == NONE) {
                self.pair(one, other);
            }
        }
    }

    fn pair(&mut self, one: usize, other: u32) {
        self.partner[one] = other;
        self.partner_of_true[other as usize] = one as u32;
    }

    /// One phase: disjoint shortest paths that each add a pair; whether there was any.
    fn augment(&mut self) -> bool {
        let mut layer = vec![NONE; self.partner.len()];
        let mut queue = VecDeque::new();
        for (one, &partner) in self.partner.iter().enumerate() {
            if partner == NONE {
                layer[one] = 0;
                queue.push_back(one);
            }
        }
        let mut open_end = false;
        while let Some(one) = queue.pop_front() {
            for &other in &self.neighbors[self.starts[one]..self.starts[one + 1]] {
                let next = self.partner_of_true[other as usize];
                if next == NONE {
                    open_end = true;
                } else if layer[next as usize] == NONE {
                    layer[next as usize] = layer[one] + 1;
                    queue.push_back(next as usize);
                }
            }
        }
        if !open_end {
            return false;
        }
        let mut tried = self.starts.clone();
        let mut grew = false;
        for one in 0..self.partner.len() {
            if self.partner[one] == NONE {
                grew |= self.extend(one, &layer, &mut tried);
            }
        }
        grew
    }

    /// Depth first along rising layers, without recursion: chains are as long as contours.
    fn extend(&mut self, start: usize, layer: &[u32], tried: &mut [usize]) -> bool {
        let mut path: Vec<(usize, u32)> = Vec::new();
        let mut one = start;
        loop {
            if tried[one] == self.starts[one + 1] {
                let Some((back, _)) = path.pop() else {
                    return false;
                };
                one = back;
                continue;
            }
            let other = self.neighbors[tried[one]];
            tried[one] += 1;
            let next = self.partner_of_true[other as usize];
            if next == NONE {
                path.push((one, other));
                for &(one, other) in path.iter().rev() {
                    self.pair(one, other);
                }
                return true;
            }
            if layer[next as usize] == layer[one] + 1 {
                path.push((one, other));
                one = next as usize;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Augmenting one pixel at a time by recursion: slow and plain.
    fn plain(found: &[bool], truth: &[bool], width: usize, reach: f64) -> usize {
        fn find(one: usize, near: &[Vec<usize>], seen: &mut [bool], of: &mut [usize]) -> bool {
            near[one].iter().any(|&t| {
                if std::mem::replace(&mut seen[t], true) {
                    return false;
                }
                let free = of[t] == usize::MAX || find(of[t], near, seen, of);
                if free {
                    of[t] = one;
                }
                free
            })
        }
        let near = |one: usize| -> Vec<usize> {
            let gap = |a: usize, b: usize| (a as f64 - b as f64).powi(2);
            (0..truth.len())
                .filter(|&t| {
                    let square = gap(one % width, t % width) + gap(one / width, t / width);
                    found[one] && truth[t] && square <= reach * reach
                })
                .collect()
        };
        let near: Vec<_> = (0..found.len()).map(near).collect();
        let mut of = vec![usize::MAX; truth.len()];
        (0..found.len())
            .filter(|&one| find(one, &near, &mut vec![false; truth.len()], &mut of))
            .count()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn as_many_pairs_as_plain_augmentation(
            found in prop::collection::vec(any::<bool>(), 70),
            truth in prop::collection::vec(prop::bool::weighted(0.3), 70),
            reach in 0.0_f64..3.0,
        ) {
            let matched = match_pixels(&found, &truth, 10, reach);
            prop_assert_eq!(matched.pairs, plain(&found, &truth, 10, reach));
            prop_assert!(matched.found.iter().all(|&at| found[at as usize]));
        }
    }
}
