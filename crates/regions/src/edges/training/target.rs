//! Which pixels count in the loss, and how much.
//!
//! - **Computes** for each pixel, or cell of pixels, whether it is a boundary, and its weight.
//! - **Input** the annotators' bits; **output** labels of 0 or 1 and weights whose mean is 1.
//! - **Source** the objective of HED (Xie & Tu 2015) and RCF (Liu et al. 2017): boundaries are
//!   pixels that enough annotators marked, pixels that fewer marked do not count, and boundaries
//!   are weighted up because they are rare.
//! - **Deviation** the balance is a power of the published one: at 1 every faint texture becomes an
//!   edge, and lines become broad.

/// Labels and weights of one map, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) labels: Vec<f32>,
    pub(super) weights: Vec<f32>,
}

/// What a pixel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Nobody marked it.
    Nothing,
    /// Fewer than enough.
    Doubtful,
    /// Enough.
    Boundary,
}

/// The marks of `bits` where `consensus` of those who drew anything in the picture is enough.
pub(super) fn marks(bits: &[u8], annotators: usize, consensus: f64) -> Vec<Mark> {
    let enough = consensus * annotators as f64;
    let mark = |bits: &u8| match bits.count_ones() {
        0 => Mark::Nothing,
        n if f64::from(n) >= enough => Mark::Boundary,
        _ => Mark::Doubtful,
    };
    bits.iter().map(mark).collect()
}

/// The greatest mark of each cell of `cell` × `cell` pixels of a square map.
pub(super) fn coarser(marks: &[Mark], side: usize, cell: usize) -> Vec<Mark> {
    let cells = side / cell;
    let mut coarse = vec![Mark::Nothing; cells * cells];
    for (i, &mark) in marks.iter().enumerate() {
        let (x, y) = (i % side / cell, i / side / cell);
        let at = &mut coarse[y * cells + x];
        *at = mark.max(*at);
    }
    coarse
}

/// The pixels of each 2 × 2 cell together: `[side / 2, side / 2, 4]`.
pub(super) fn by_cells(marks: &[Mark], side: usize) -> Vec<Mark> {
    let mut cells = Vec::with_capacity(marks.len());
    for y in (0..side).step_by(2) {
        for x in (0..side).step_by(2) {
            let [top, bottom] = [y * side + x, (y + 1) * side + x];
            cells.extend([top, top + 1, bottom, bottom + 1].map(|i| marks[i]));
        }
    }
    cells
}

/// Labels and weights. With p boundaries and n others a boundary weighs (n / p)^`balance` times as
/// much as another pixel.
pub(super) fn target(marks: &[Mark], balance: f64) -> Target {
    let count = |wanted| marks.iter().filter(|&&mark| mark == wanted).count() as f64;
    let (boundaries, others) = (count(Mark::Boundary), count(Mark::Nothing));
    let ratio = if boundaries > 0.0 && others > 0.0 {
        (others / boundaries).powf(balance)
    } else {
        1.0
    };
    let unit = marks.len() as f64 / (boundaries * ratio + others).max(1.0);
    let pair = |mark: &Mark| match mark {
        Mark::Nothing => (0.0, unit as f32),
        Mark::Doubtful => (0.0, 0.0),
        Mark::Boundary => (1.0, (unit * ratio) as f32),
    };
    let (labels, weights) = marks.iter().map(pair).unzip();
    Target { labels, weights }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mark::{Boundary, Doubtful, Nothing};

    #[test]
    fn enough_annotators_by_hand() {
        // Three tenths of five is 1.5: two are enough.
        let marks = marks(&[0, 0b1, 0b11, 0b10110], 5, 0.3);
        assert_eq!(marks, [Nothing, Doubtful, Boundary, Boundary]);
    }

    #[test]
    fn weights_by_hand() {
        let row = [Nothing, Nothing, Nothing, Nothing, Doubtful, Boundary];
        // One boundary among four others: 4 times as heavy, units of 6 / (4 + 4).
        let full = target(&row, 1.0);
        assert_eq!(full.weights, [0.75, 0.75, 0.75, 0.75, 0.0, 3.0]);
        assert_eq!(full.labels, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        // Balance ½: twice as heavy, units of 6 / (2 + 4).
        assert_eq!(target(&row, 0.5).weights, [1.0, 1.0, 1.0, 1.0, 0.0, 2.0]);
        assert_eq!(target(&[Doubtful; 3], 1.0).weights, [0.0; 3]);
    }

    #[test]
    fn cells_by_hand() {
        let marks = [
            [Nothing, Doubtful, Boundary, Nothing],
            [Nothing, Nothing, Nothing, Doubtful],
            [Nothing; 4],
            [Boundary, Nothing, Nothing, Nothing],
        ]
        .concat();
        assert_eq!(
            coarser(&marks, 4, 2),
            [Doubtful, Boundary, Boundary, Nothing]
        );
        let cells = by_cells(&marks, 4);
        assert_eq!(cells[..4], [Nothing, Doubtful, Nothing, Nothing]);
        assert_eq!(cells[8..12], [Nothing, Nothing, Boundary, Nothing]);
    }
}
