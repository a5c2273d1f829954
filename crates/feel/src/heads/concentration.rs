//! How unsure nine shares are.
//!
//! - **Computes** the concentration α(x) of a Dirichlet distribution around predicted shares p, such
//!   that votes of few viewers look as if drawn from shares that are drawn from it; and from it the
//!   80 % interval of each share: quantiles of Beta(αp, α(1 − p)).
//! - **Source** Minka, "Estimating a Dirichlet distribution" (2000): the Dirichlet-multinomial
//!   likelihood, in which the noise of the votes themselves is accounted for.
//! - **Deviation** ln α is a line in the entropy of p.

use super::lbfgs;
use statrs::distribution::{Beta, ContinuousCDF};
use statrs::function::gamma::{digamma, ln_gamma};

/// α stays between these: below, shares are all or nothing; above, hundreds of viewers would agree.
const RANGE: [f64; 2] = [0.5, 500.0];

/// ln α = `line[0]` + `line[1]` · entropy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concentration {
    /// Intercept and slope.
    pub line: [f64; 2],
}

/// Entropy in nats.
fn entropy(shares: &[f64]) -> f64 {
    shares
        .iter()
        .filter(|p| **p > 0.0)
        .map(|p| -p * p.ln())
        .sum()
}

/// Predicted shares with the votes that were given.
pub(crate) type Voted<'a> = (&'a [f64], Vec<f64>);

impl Concentration {
    /// The likeliest for predictions out of fold and their votes; none without any.
    pub(crate) fn fit(voted: &[Voted<'_>]) -> Option<Self> {
        if voted.is_empty() {
            return None;
        }
        // In a centred variable, where both numbers are of a size.
        let entropies: Vec<f64> = voted.iter().map(|(shares, _)| entropy(shares)).collect();
        let middle = entropies.iter().sum::<f64>() / voted.len() as f64;
        let n = voted.len() as f64;
        let loss = |at: &[f64], gradient: &mut [f64]| {
            let mut value = 0.005 * at[1] * at[1];
            gradient.copy_from_slice(&[0.0, 0.01 * at[1]]);
            for ((shares, votes), entropy) in voted.iter().zip(&entropies) {
                let off = entropy - middle;
                let alpha = (at[0] + at[1] * off).exp().clamp(RANGE[0], RANGE[1]);
                let (cost, slope) = cost(alpha, shares, votes);
                value += cost / n;
                gradient[0] += slope * alpha / n;
                gradient[1] += slope * alpha * off / n;
            }
            value
        };
        let settings = lbfgs::Settings {
            iterations: 200,
            tolerance: 1e-12,
        };
        let found = lbfgs::minimize(loss, vec![10.0_f64.ln(), 0.0], settings);
        found.iter().all(|v| v.is_finite()).then(|| Self {
            line: [found[0] - found[1] * middle, found[1]],
        })
    }

    /// α for these shares.
    #[must_use]
    pub fn of(&self, shares: &[f64]) -> f64 {
        let log = self.line[0] + self.line[1] * entropy(shares);
        log.exp().clamp(RANGE[0], RANGE[1])
    }

    /// The 80 % interval of each share.
    #[must_use]
    pub fn intervals(&self, shares: &[f64]) -> Vec<[f64; 2]> {
        let alpha = self.of(shares);
        shares.iter().map(|&p| interval(alpha, p)).collect()
    }
}

/// −ln likelihood of `votes`, up to what α does not change, and its slope in α.
fn cost(alpha: f64, shares: &[f64], votes: &[f64]) -> (f64, f64) {
    let all: f64 = votes.iter().sum();
    let mut value = ln_gamma(all + alpha) - ln_gamma(alpha);
    let mut slope = digamma(all + alpha) - digamma(alpha);
    for (&p, &count) in shares.iter().zip(votes) {
        let own = (alpha * p).max(1e-9);
        if count > 0.0 {
            value -= ln_gamma(count + own) - ln_gamma(own);
            slope -= p * (digamma(count + own) - digamma(own));
        }
    }
    (value, slope)
}

fn interval(alpha: f64, share: f64) -> [f64; 2] {
    let part = (alpha * share).max(1e-6);
    let rest = (alpha * (1.0 - share)).max(1e-6);
    match Beta::new(part, rest) {
        Ok(beta) => [0.1, 0.9].map(|q| beta.inverse_cdf(q).clamp(0.0, 1.0)),
        Err(_) => [share; 2],
    }
}

/// How much of what `count` of `votes` says lies between the 10th and 90th percentile of what α and
/// `share` predict of so many votes: 0.8 on average where the prediction is right. Votes are whole, so
/// that a count covers a piece of the percentiles rather than a point.
pub(crate) fn covered(alpha: f64, share: f64, count: f64, votes: f64) -> f64 {
    let (count, votes) = (count.round() as usize, votes.round() as usize);
    let (a, b) = ((alpha * share).max(1e-9), (alpha * (1.0 - share)).max(1e-9));
    let log_choose = |k: usize| {
        ln_gamma(votes as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((votes - k) as f64 + 1.0)
    };
    let log_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let chance = |k: usize| {
        let posterior = log_beta(k as f64 + a, (votes - k) as f64 + b);
        (log_choose(k) + posterior - log_beta(a, b)).exp()
    };
    let below: f64 = (0..count.min(votes)).map(chance).sum();
    let own = chance(count.min(votes)).max(1e-300);
    let inside = (below + own).min(0.9) - below.max(0.1);
    (inside / own).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_by_hand_and_its_slope() {
        // One vote of share p has chance p, whatever α: Γ(1 + α) / Γ(α) = α, Γ(1 + αp) / Γ(αp) = αp.
        let (value, slope) = cost(3.0, &[0.25, 0.75], &[1.0, 0.0]);
        assert!((value + 0.25_f64.ln()).abs() < 1e-9, "{value}");
        assert!(slope.abs() < 1e-9);
        // Two alike: p (αp + 1) / (α + 1).
        let (value, slope) = cost(3.0, &[0.25, 0.75], &[2.0, 0.0]);
        assert!(
            (value + (0.25 * 1.75 / 4.0_f64).ln()).abs() < 1e-9,
            "{value}"
        );
        let near = |alpha: f64| cost(alpha, &[0.25, 0.75], &[2.0, 0.0]).0;
        assert!((slope - (near(3.001) - near(2.999)) / 0.002).abs() < 1e-6);
    }

    /// Votes of viewers whose shares are drawn around `p` with concentration `alpha`.
    fn votes(p: &[f64], alpha: f64, n: usize, random: &mut fastrand::Rng) -> Vec<f64> {
        // Pólya's urn draws from the Dirichlet-multinomial.
        let mut counts = vec![0.0; p.len()];
        for drawn in 0..n {
            let mut left = random.f64() * (alpha + drawn as f64);
            let weights: Vec<f64> = p.iter().zip(&counts).map(|(p, c)| alpha * p + c).collect();
            let place = weights.iter().position(|w| {
                left -= w;
                left < 0.0
            });
            counts[place.unwrap_or(p.len() - 1)] += 1.0;
        }
        counts
    }

    #[test]
    fn a_known_concentration_is_found_and_covers() {
        let p = [0.5, 0.3, 0.2];
        let mut random = fastrand::Rng::with_seed(3);
        let drawn: Vec<Vec<f64>> = (0..4000).map(|_| votes(&p, 6.0, 8, &mut random)).collect();
        let voted: Vec<Voted<'_>> = drawn.iter().map(|v| (&p[..], v.clone())).collect();
        let found = Concentration::fit(&voted).expect("votes");
        let alpha = found.of(&p);
        assert!((5.2..7.0).contains(&alpha), "{alpha}");
        let covers = drawn
            .iter()
            .map(|v| covered(6.0, 0.3, v[1], 8.0))
            .sum::<f64>()
            / 4000.0;
        assert!((0.78..0.82).contains(&covers), "{covers}");
        // Too sure a prediction covers less.
        let sure = drawn
            .iter()
            .map(|v| covered(60.0, 0.3, v[1], 8.0))
            .sum::<f64>()
            / 4000.0;
        assert!(sure < 0.7, "{sure}");
    }

    #[test]
    fn quantiles_by_hand() {
        // Beta(1, 1) is even; Beta(2, 1) has the distribution x².
        let [low, high] = interval(2.0, 0.5);
        assert!((low - 0.1).abs() < 1e-6 && (high - 0.9).abs() < 1e-6);
        let [low, high] = interval(3.0, 2.0 / 3.0);
        assert!((low - 0.1_f64.sqrt()).abs() < 1e-6 && (high - 0.9_f64.sqrt()).abs() < 1e-6);
        assert_eq!(Concentration::fit(&[]), None);
    }
}
