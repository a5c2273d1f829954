//! Which groups a side of a box crosses and what these reach, without walking its pixels.
//!
//! For each row and column: the groups along it, each run of one group once, and for each place the
//! run it belongs to or, between runs, the next one. A side then costs its runs and not its length.
//! The neighbours of the groups are listed in the same order, for each of the two sides of a box
//! that may lie on the line only those that stand on the inner side of it: what a side reaches is
//! one piece of that list.

use super::{
    affinity::{Affinities, Neighbor},
    groups::{Groups, NONE},
};

/// What a side of a box crosses.
pub(crate) struct Side<'a> {
    /// Groups in order; one may come twice, where it bends.
    pub(crate) groups: &'a [u32],
    /// Their neighbours that do not stand beyond the side, in the same order.
    pub(crate) neighbors: &'a [Neighbor],
}

/// Neighbours of all runs.
#[derive(Default)]
struct Reach {
    /// Where those of each run begin; one more entry than runs.
    starts: Vec<u32>,
    neighbors: Vec<Neighbor>,
}

/// Runs along all lines of one direction.
struct Direction {
    /// Groups in order along the lines, lines one after the other.
    runs: Vec<u32>,
    /// For each place of each line, twice the first run that ends at or after it, plus 1 if that
    /// run holds the place. One array, because a side asks for both at its end.
    first: Vec<u32>,
    /// Places of a line.
    length: usize,
    /// Where the line is the first of two sides, and where it is the last.
    reach: [Reach; 2],
}

impl Direction {
    fn of(lines: usize, length: usize, group: impl Fn(usize, usize) -> u32) -> Self {
        let mut runs = Vec::new();
        let mut first = Vec::with_capacity(lines * length);
        for line in 0..lines {
            let mut before = NONE;
            for place in 0..length {
                let here = group(line, place);
                if here != before && before != NONE {
                    runs.push(before);
                }
                first.push(2 * runs.len() as u32 + u32::from(here != NONE));
                before = here;
            }
            if before != NONE {
                runs.push(before);
            }
        }
        Self {
            runs,
            first,
            length,
            reach: Default::default(),
        }
    }

    /// Lists the neighbours of the runs; `across` is the line that a neighbour stands on.
    fn reaching(mut self, affinities: &Affinities, across: impl Fn(&Neighbor) -> u16) -> Self {
        for line in 0..self.first.len() / self.length {
            let number = line as u16;
            let runs = self.range(line as i32, 0, self.length as i32 - 1);
            for &group in &self.runs[runs] {
                for (last, reach) in self.reach.iter_mut().enumerate() {
                    reach.starts.push(reach.neighbors.len() as u32);
                    let inner = |n: &&Neighbor| {
                        if last == 0 {
                            across(n) >= number
                        } else {
                            across(n) <= number
                        }
                    };
                    reach
                        .neighbors
                        .extend(affinities.neighbors(group).iter().filter(inner));
                }
            }
        }
        for reach in &mut self.reach {
            reach.starts.push(reach.neighbors.len() as u32);
        }
        self
    }

    /// Runs on the places `from..=to` of a line.
    #[inline]
    fn range(&self, line: i32, from: i32, to: i32) -> std::ops::Range<usize> {
        let at = line as usize * self.length;
        let begin = self.first[at + from as usize] / 2;
        let end = self.first[at + to as usize];
        begin as usize..(end / 2 + end % 2) as usize
    }

    #[inline]
    fn side(&self, last: usize, line: i32, from: i32, to: i32) -> Side<'_> {
        let range = self.range(line, from, to);
        let reach = &self.reach[last];
        let [begin, end] = [range.start, range.end].map(|run| reach.starts[run] as usize);
        Side {
            groups: &self.runs[range],
            neighbors: &reach.neighbors[begin..end],
        }
    }
}

/// Runs along rows and along columns.
pub(crate) struct Lines {
    rows: Direction,
    columns: Direction,
}

impl Lines {
    pub(crate) fn of(groups: &Groups, affinities: &Affinities) -> Self {
        let (width, height) = (groups.width, groups.height);
        let rows = Direction::of(height, width, |y, x| groups.of_pixel[y * width + x]);
        let columns = Direction::of(width, height, |x, y| groups.of_pixel[y * width + x]);
        Self {
            rows: rows.reaching(affinities, |n| n.y),
            columns: columns.reaching(affinities, |n| n.x),
        }
    }

    /// The sides of a box of columns `left..=right` and rows `top..=bottom`: upper, lower, left and
    /// right.
    #[inline]
    pub(crate) fn sides(&self, left: i32, top: i32, right: i32, bottom: i32) -> [Side<'_>; 4] {
        [
            self.rows.side(0, top, left, right),
            self.rows.side(1, bottom, left, right),
            self.columns.side(0, left, top, bottom),
            self.columns.side(1, right, top, bottom),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_between_two_places() {
        let line = [NONE, 4, 4, 7, NONE, NONE, 4, NONE];
        let direction = Direction::of(2, 8, |l, p| if l == 0 { line[p] } else { NONE });
        let crossed = |from, to| direction.runs[direction.range(0, from, to)].to_vec();
        assert_eq!(crossed(0, 7), [4, 7, 4]);
        assert_eq!(crossed(0, 0), [0_u32; 0]);
        assert_eq!(crossed(2, 3), [4, 7]);
        assert_eq!(crossed(3, 5), [7]);
        assert_eq!(crossed(4, 5), [0_u32; 0]);
        assert_eq!(crossed(4, 6), [4]);
        assert!(direction.range(1, 0, 7).is_empty());
    }
}
