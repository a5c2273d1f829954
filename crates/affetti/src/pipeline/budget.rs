//! A bound on the decoded pixels that are alive at once.
//!
//! Every core decodes its own picture; with many cores and very large pictures that alone would
//! fill the memory. A picture larger than the whole budget passes when it is alone.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes of decoded pixels that may be in use.
#[derive(Debug)]
pub struct Budget {
    used: Mutex<u64>,
    freed: Condvar,
    limit: u64,
}

/// Some bytes of a budget, given back when dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    /// At most `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self {
            used: Mutex::new(0),
            freed: Condvar::new(),
            limit,
        }
    }

    /// Waits until `bytes` are free. Who holds a permit must not ask for another one.
    #[must_use]
    pub fn take(&self, bytes: u64) -> Permit<'_> {
        let full = |used: &mut u64| *used > 0 && used.saturating_add(bytes) > self.limit;
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .freed
            .wait_while(used, full)
            .unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(bytes);
        Permit {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut used = self
            .budget
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        thread,
    };

    #[test]
    fn the_limit_holds_and_giants_pass_alone() {
        let budget = Budget::new(10);
        let alive = AtomicU64::new(0);
        thread::scope(|scope| {
            for worker in 0..6_u64 {
                let (budget, alive) = (&budget, &alive);
                scope.spawn(move || {
                    for round in 0..200_u64 {
                        let bytes = [1, 3, 4, 25][((worker + round) % 4) as usize];
                        let _permit = budget.take(bytes);
                        let now = alive.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 10 || now == 25, "{now}");
                        alive.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(*budget.used.lock().unwrap(), 0);
    }
}
