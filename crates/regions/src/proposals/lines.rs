//! Which groups a side of a box crosses, without walking its pixels.
//!
//! For each row and column: the groups along it, each run of one group once, and for each place the
//! run it belongs to or, between runs, the next one. A side then costs its runs and not its length.

use super::groups::{Groups, NONE};

/// Runs along all lines of one direction.
struct Direction {
    /// Groups in order along the lines, lines one after the other.
    runs: Vec<u32>,
    /// For each place of each line, twice the first run that ends at or after it, plus 1 if that
    /// run holds the place. One array, because a side asks for both at its end.
    first: Vec<u32>,
    /// Places of a line.
    length: usize,
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
        }
    }

    /// Groups on the places `from..=to` of a line.
    #[inline]
    fn crossed(&self, line: i32, from: i32, to: i32) -> &[u32] {
        let at = line as usize * self.length;
        let begin = self.first[at + from as usize] / 2;
        let end = self.first[at + to as usize];
        &self.runs[begin as usize..(end / 2 + end % 2) as usize]
    }
}

/// Runs along rows and along columns.
pub(crate) struct Lines {
    rows: Direction,
    columns: Direction,
}

impl Lines {
    pub(crate) fn of(groups: &Groups) -> Self {
        let (width, height) = (groups.width, groups.height);
        Self {
            rows: Direction::of(height, width, |y, x| groups.of_pixel[y * width + x]),
            columns: Direction::of(width, height, |x, y| groups.of_pixel[y * width + x]),
        }
    }

    /// Groups on row `y`, columns `from..=to`; a group may come twice, where it bends.
    #[inline]
    pub(crate) fn row(&self, y: i32, from: i32, to: i32) -> &[u32] {
        self.rows.crossed(y, from, to)
    }

    /// Groups on column `x`, rows `from..=to`.
    #[inline]
    pub(crate) fn column(&self, x: i32, from: i32, to: i32) -> &[u32] {
        self.columns.crossed(x, from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_between_two_places() {
        let line = [NONE, 4, 4, 7, NONE, NONE, 4, NONE];
        let direction = Direction::of(2, 8, |l, p| if l == 0 { line[p] } else { NONE });
        let crossed = |from, to| direction.crossed(0, from, to).to_vec();
        assert_eq!(crossed(0, 7), [4, 7, 4]);
        assert_eq!(crossed(0, 0), [0_u32; 0]);
        assert_eq!(crossed(2, 3), [4, 7]);
        assert_eq!(crossed(3, 5), [7]);
        assert_eq!(crossed(4, 5), [0_u32; 0]);
        assert_eq!(crossed(4, 6), [4]);
        assert!(direction.crossed(1, 0, 7).is_empty());
    }
}
