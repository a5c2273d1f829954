//! A small seeded random number generator.
//!
//! Own code instead of a crate, so that an interval printed today can be
//! reproduced after any dependency's update: xoshiro256** 1.0 seeded by
//! SplitMix64, as their authors recommend (Blackman and Vigna, ACM TOMS 47(4),
//! 2021). Not for secrets.

use affetti_ground::SplitMix64;

/// The state of xoshiro256**.
#[derive(Debug, Clone)]
pub(crate) struct Rng([u64; 4]);

impl Rng {
    /// The generator that belongs to a seed; every seed is good.
    pub(crate) fn seeded(seed: u64) -> Self {
        let mut series = SplitMix64::new(seed);
        Self([(); 4].map(|()| series.bits()))
    }

    fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number in `0..n` without bias, by multiplication and rejection
    /// (Lemire, ACM TOMACS 29(1), 2019); 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        loop {
            let wide = u128::from(self.next()) * u128::from(n);
            let low = wide as u64;
            // Only the first 2^64 mod n values of the low half are biased; the
            // costly remainder is taken only when it can matter.
            if low >= n || low >= n.wrapping_neg().checked_rem(n).unwrap_or(0) {
                return (wide >> 64) as usize;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xoshiro_steps_by_hand() {
        // State 1, 2, 3, 4. First: rotl(2·5, 7)·9 = 1280·9 = 11520. The step
        // turns s1 into 2^(3^1) = 0, so that the second output is 0.
        let mut rng = Rng([1, 2, 3, 4]);
        assert_eq!(rng.next(), 11_520);
        assert_eq!(rng.next(), 0);
    }

    #[test]
    fn seeding_agrees_with_the_peer() {
        // peers/emotion_metrics.py holds a second implementation, in Python.
        let text = include_str!("../tests/fixtures/emotion_metrics.json");
        let fixture: serde_json::Value = serde_json::from_str(text).expect("valid fixture");
        let peer = &fixture["xoshiro"];
        let mut rng = Rng::seeded(peer["seed"].as_u64().expect("a seed"));
        for output in peer["outputs"].as_array().expect("a list") {
            assert_eq!(output.as_str(), Some(rng.next().to_string().as_str()));
        }
    }

    #[test]
    fn every_index_is_drawn_about_equally_often() {
        let mut rng = Rng::seeded(7);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[rng.below(6)] += 1;
        }
        // Standard deviation of a count: sqrt(60000·1/6·5/6) = 91.
        assert!(
            counts.iter().all(|c| c.abs_diff(10_000) < 460),
            "{counts:?}"
        );
        assert_eq!(rng.below(1), 0);
        assert_eq!(rng.below(0), 0);
    }
}
