//! How many orders each word may give: a bucket that fills evenly.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::problem::Problem;

/// One bucket for each word.
#[derive(Debug)]
pub struct Quotas {
    /// Orders a minute; none is any number.
    a_minute: Option<NonZeroU32>,
    buckets: Mutex<Vec<Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Quotas {
    /// For so many words; full at first.
    #[must_use]
    pub fn new(words: usize, a_minute: Option<NonZeroU32>) -> Self {
        let bucket = Bucket {
            left: a_minute.map_or(0.0, |n| f64::from(n.get())),
            at: Instant::now(),
        };
        Self {
            a_minute,
            buckets: Mutex::new(vec![bucket; words]),
        }
    }

    /// Takes one order of the word of that place.
    ///
    /// # Errors
    /// None is left; when there will be one.
    pub fn take(&self, word: usize) -> Result<(), Problem> {
        self.take_at(word, Instant::now())
    }

    fn take_at(&self, word: usize, now: Instant) -> Result<(), Problem> {
        let Some(a_minute) = self.a_minute else {
            return Ok(());
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = buckets.get_mut(word) else {
            return Ok(());
        };
        let most = f64::from(a_minute.get());
        let a_second = most / 60.0;
        let since = now.saturating_duration_since(bucket.at);
        let left = (bucket.left + a_second * since.as_secs_f64()).min(most);
        bucket.at = now;
        if left < 1.0 {
            bucket.left = left;
            let wait = Duration::from_secs_f64((1.0 - left) / a_second);
            let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(60);
            let told = format!("this word may give {a_minute} orders a minute");
            return Err(Problem::busy(told, seconds));
        }
        bucket.left = left - 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Quotas;
    use std::{
        num::NonZeroU32,
        time::{Duration, Instant},
    };

    #[test]
    fn each_word_has_its_own() {
        let quotas = Quotas::new(2, NonZeroU32::new(3));
        let start = Instant::now();
        let take = |word, seconds| quotas.take_at(word, start + Duration::from_secs(seconds));
        for _ in 0..3 {
            take(0, 1).unwrap();
        }
        let refused = take(0, 1).unwrap_err();
        assert_eq!(
            (refused.status.as_u16(), refused.retry),
            (429, Some(21)),
            "one in twenty seconds"
        );
        take(1, 1).unwrap();
        // It fills again, and not over its brim.
        take(0, 22).unwrap();
        assert!(take(0, 22).is_err());
        for _ in 0..3 {
            take(0, 10_000).unwrap();
        }
        assert!(take(0, 10_000).is_err());
        let free = Quotas::new(1, None);
        assert!((0..1000).all(|_| free.take(0).is_ok()));
    }
}
