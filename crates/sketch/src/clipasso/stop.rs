//! When enough has been done.
//!
//! - **Computes** from losses, each of a look at the drawing, whether it is the best so far, and
//!   whether to stop: at the second loss within 10⁻⁵ of the best one since that was found.
//! - **Source** Vinker et al. (2022), the published program's rule: the two need not follow each
//!   other.
//! - **Deviations** none.

/// Losses this near are the same.
const NEAR: f64 = 1e-5;

/// What a loss means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The best so far.
    Better,
    /// Nothing new.
    Same,
    /// Stop.
    Enough,
}

#[derive(Debug, Clone)]
pub(super) struct Stop {
    best: f64,
    near: bool,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            best: f64::INFINITY,
            near: false,
        }
    }
}

impl Stop {
    pub(super) fn see(&mut self, loss: f64) -> Verdict {
        let off = loss - self.best;
        if off.abs() <= NEAR {
            if self.near {
                return Verdict::Enough;
            }
            self.near = true;
            return Verdict::Same;
        }
        if off < 0.0 {
            *self = Self {
                best: loss,
                near: false,
            };
            return Verdict::Better;
        }
        Verdict::Same
    }

    /// Infinite before the first look.
    pub(super) fn best(&self) -> f64 {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::{Stop, Verdict::*, *};

    fn verdicts(losses: &[f64]) -> Vec<Verdict> {
        let mut stop = Stop::default();
        losses.iter().map(|&loss| stop.see(loss)).collect()
    }

    #[test]
    fn flat_losses_end_at_the_third() {
        assert_eq!(verdicts(&[0.5, 0.5, 0.5]), [Better, Same, Enough]);
    }

    #[test]
    fn near_losses_need_not_follow_each_other() {
        let losses = [0.5, 0.500_005, 0.7, 0.6, 0.499_995];
        assert_eq!(verdicts(&losses), [Better, Same, Same, Same, Enough]);
    }

    #[test]
    fn a_better_one_clears_what_was_near() {
        let losses = [0.5, 0.5, 0.4, 0.4, 0.400_001];
        assert_eq!(verdicts(&losses), [Better, Same, Better, Same, Enough]);
    }

    #[test]
    fn better_by_less_than_the_bar_is_not_better() {
        let mut stop = Stop::default();
        stop.see(0.5);
        assert_eq!(stop.see(0.499_995), Same);
        assert_eq!(stop.best(), 0.5);
        assert_eq!(stop.see(f64::NAN), Same);
    }
}
