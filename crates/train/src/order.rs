//! Which example comes when, from seed and epoch alone.

use affetti_ground::{STEP, finalize};

/// A number that looks random and depends on all of `parts` (SplitMix64's finalizer, chained).
#[must_use]
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(STEP, |state, part| {
        let z = state ^ part.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        finalize(z).wrapping_add(STEP)
    })
}

/// The numbers 0..`count` in the order of this epoch (Fisher & Yates).
#[must_use]
pub fn shuffled(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        let random = mix(&[seed, epoch as u64, i as u64]);
        // The high bits of a product: no modulo bias worth the name at these sizes.
        let j = ((u128::from(random) * (i as u128 + 1)) >> 64) as usize;
        order.swap(i, j);
    }
    order
}

/// The examples of batch `step` of this epoch. The last batch of an epoch may be smaller.
#[must_use]
pub fn batch(seed: u64, epoch: usize, count: usize, size: usize, step: usize) -> Vec<usize> {
    let order = shuffled(seed, epoch, count);
    order.into_iter().skip(step * size).take(size).collect()
}

/// Weights per class that give every class the same sum over `counts`, with mean 1 over the
/// examples; a class without examples weighs 0.
#[must_use]
pub fn balanced(counts: &[usize]) -> Vec<f64> {
    let all: usize = counts.iter().sum();
    let present = counts.iter().filter(|&&count| count > 0).count();
    let weight = |&count: &usize| {
        if count == 0 {
            0.0
        } else {
            all as f64 / (present as f64 * count as f64)
        }
    };
    counts.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::{balanced, batch, shuffled};

    #[test]
    fn every_example_once_an_epoch() {
        let mut seen: Vec<usize> = (0..3).flat_map(|step| batch(7, 2, 10, 4, step)).collect();
        assert_eq!(batch(7, 2, 10, 4, 2).len(), 2);
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn seed_and_epoch_decide() {
        assert_eq!(shuffled(1, 0, 50), shuffled(1, 0, 50));
        assert_ne!(shuffled(1, 0, 50), shuffled(1, 1, 50));
        assert_ne!(shuffled(1, 0, 50), shuffled(2, 0, 50));
        assert!(shuffled(1, 0, 0).is_empty());
    }

    #[test]
    fn orders_are_even() {
        // Each of five examples is first in about a fifth of 5,000 epochs; the deviation of such
        // a count is 28.
        let mut first = [0_i32; 5];
        (0..5000).for_each(|epoch| first[shuffled(3, epoch, 5)[0]] += 1);
        assert!(first.iter().all(|n| (n - 1000).abs() < 120), "{first:?}");
    }

    #[test]
    fn balance_by_hand() {
        // 8 examples in two classes: each class gets 4.
        assert_eq!(balanced(&[2, 0, 6]), [2.0, 0.0, 8.0 / 12.0]);
    }
}
