//! Series of numbers from a seed.
//!
//! - **Computes** SplitMix64, and normally distributed values from it.
//! - **Source** Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014);
//!   Box & Muller (1958).
//! - **Deviations** none. Own code instead of a crate, so that what a seed gave stays so after any
//!   update of a dependency. Not for secrets.

/// Step of the state: 2⁶⁴ over the golden ratio, made odd.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the bits of `z` well; every number comes from exactly one other.
#[must_use]
pub const fn finalize(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An endless series of 64 bits each.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The series of `seed`; every seed is good.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        finalize(self.0)
    }

    /// The next number in 0..1, of 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next number in 0..1, of 24 random bits, as many as an `f32` holds.
    pub fn unit_f32(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Brings `all` into another order, each as likely (Fisher & Yates); takes a number for each but the first.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for n in (1..all.len()).rev() {
            all.swap(n, (self.unit() * (n + 1) as f64) as usize);
        }
    }
}

/// A series of normally distributed values.
#[derive(Clone, Debug)]
pub struct Normal(SplitMix64);

impl Normal {
    /// The series of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// `count` values of deviation `deviation`.
    pub fn many(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        let mut value = || {
            let radius = (-2.0 * (1.0 - self.0.unit()).ln()).sqrt();
            (deviation * radius * (std::f64::consts::TAU * self.0.unit()).cos()) as f32
        };
        (0..count).map(|_| value()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Normal, SplitMix64};

    #[test]
    fn a_shuffle_keeps_all_and_moves_some() {
        let mut all: Vec<u32> = (0..50).collect();
        SplitMix64::new(3).shuffle(&mut all);
        assert!(all.windows(2).any(|pair| pair[0] > pair[1]));
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<u32>>());
        SplitMix64::new(3).shuffle::<u32>(&mut []);
    }

    #[test]
    fn the_published_series() {
        // First outputs for the seed 1234567 of Vigna's splitmix64.c, as listed in Rosetta Code's
        // "Pseudo-random numbers/Splitmix64".
        let mut series = SplitMix64::new(1_234_567);
        assert_eq!(series.bits(), 6_457_827_717_110_365_317);
        assert_eq!(series.bits(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn moments_of_the_normal_series() {
        let values = Normal::new(3).many(20_000, 2.0);
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / 2e4;
        let square = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 2e4;
        // Deviations of the estimates: 2/√20000 = .014 and 4·√2/√20000 = .04.
        assert!(mean.abs() < 0.06, "{mean}");
        assert!((square - 4.0).abs() < 0.16, "{square}");
    }
}
