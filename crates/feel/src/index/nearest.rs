//! The cheapest rows of many.

use std::collections::BinaryHeap;

/// A cost and its row; ordered by cost, then by row.
#[derive(Clone, Copy, Debug)]
struct Cost(f64, u64);

impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Cost {}

/// The `top` cheapest rows so far, the dearest of them on top.
pub(super) struct Nearest {
    top: usize,
    heap: BinaryHeap<Cost>,
    worst: f64,
}

impl Nearest {
    pub(super) fn new(top: usize) -> Self {
        Self {
            top,
            heap: BinaryHeap::with_capacity(top + 1),
            worst: f64::INFINITY,
        }
    }

    /// The cost that a further row must not exceed.
    pub(super) fn worst(&self) -> f64 {
        self.worst
    }

    /// Rows come in ascending order, so that of equal costs the earlier stays.
    pub(super) fn push(&mut self, cost: f64, row: u64) {
        if !cost.is_finite() || (self.heap.len() >= self.top && cost >= self.worst) {
            return;
        }
        self.heap.push(Cost(cost, row));
        if self.heap.len() > self.top {
            self.heap.pop();
        }
        if self.heap.len() == self.top {
            self.worst = self.heap.peek().map_or(f64::INFINITY, |cost| cost.0);
        }
    }
    /// Costs and their rows, in no order.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (f64, u64)> {
        self.heap.into_iter().map(|Cost(cost, row)| (cost, row))
    }
}
