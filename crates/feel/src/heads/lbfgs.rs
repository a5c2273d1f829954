//! Limited-memory BFGS: minimises a smooth function with a few past gradients.
//!
//! - **Source** Nocedal & Wright, "Numerical Optimization", algorithms 7.4 and 7.5; the line search
//!   halves the step until the Armijo condition holds, which suffices for the convex objectives
//!   here.
//! - **Deterministic**: no randomness, one thread.

/// Stopping rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// At most this many steps.
    pub iterations: usize,
    /// Ends once a step improves the value by less than this share of it.
    pub tolerance: f64,
}

const MEMORY: usize = 10;
const ARMIJO: f64 = 1e-4;

/// Minimises `objective`, which returns its value and writes its gradient, from `start`.
/// Returns the best point found; a start whose value is not finite is returned as it is.
pub(crate) fn minimize(
    mut objective: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: Vec<f64>,
    settings: Settings,
) -> Vec<f64> {
    let mut x = start;
    let mut gradient = vec![0.0; x.len()];
    let mut value = objective(&x, &mut gradient);
    let mut past: Vec<Pair> = Vec::new();
    for _ in 0..settings.iterations {
        let direction = direction(&gradient, &past);
        let slope = dot(&direction, &gradient);
        if !value.is_finite() || slope >= 0.0 || slope.is_nan() {
            break;
        }
        // The first step knows no curvature: start it at unit length.
        let mut step = if past.is_empty() {
            1.0 / dot(&gradient, &gradient).sqrt().max(1e-12)
        } else {
            1.0
        };
        let mut next_gradient = vec![0.0; x.len()];
        let mut accepted = None;
        for _ in 0..40 {
            let next: Vec<f64> = x
                .iter()
                .zip(&direction)
                .map(|(x, d)| x + step * d)
                .collect();
            let next_value = objective(&next, &mut next_gradient);
            if next_value <= value + ARMIJO * step * slope {
                accepted = Some((next, next_value));
                break;
            }
            step *= 0.5;
        }
        let Some((next, next_value)) = accepted else {
            break;
        };
        remember(&mut past, Pair::new(&x, &next, &gradient, &next_gradient));
        let gain = value - next_value;
        (x, value, gradient) = (next, next_value, next_gradient);
        if gain <= settings.tolerance * value.abs().max(1e-12) {
            break;
        }
    }
    x
}

/// One step and the change of the gradient along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    curvature: f64,
}

impl Pair {
    fn new(x: &[f64], next: &[f64], gradient: &[f64], next_gradient: &[f64]) -> Self {
        let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
        let (step, change) = (minus(next, x), minus(next_gradient, gradient));
        let curvature = dot(&step, &change);
        Self {
            step,
            change,
            curvature,
        }
    }
}

fn remember(past: &mut Vec<Pair>, pair: Pair) {
    // Without positive curvature the update would not stay positive definite.
    if pair.curvature <= 1e-12 * dot(&pair.change, &pair.change) {
        return;
    }
    if past.len() == MEMORY {
        past.remove(0);
    }
    past.push(pair);
}

/// The two-loop recursion: −H·gradient.
fn direction(gradient: &[f64], past: &[Pair]) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut shares = Vec::with_capacity(past.len());
    for pair in past.iter().rev() {
        let share = dot(&pair.step, &q) / pair.curvature;
        add(&mut q, &pair.change, -share);
        shares.push(share);
    }
    if let Some(last) = past.last() {
        let scale = last.curvature / dot(&last.change, &last.change);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for (pair, share) in past.iter().zip(shares.into_iter().rev()) {
        let back = dot(&pair.change, &q) / pair.curvature;
        add(&mut q, &pair.step, share - back);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], from: &[f64], times: f64) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t += times * f);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_rosenbrocks_valley() {
        // Global minimum 0 at (1, 1): Rosenbrock 1960.
        let rosenbrock = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let settings = Settings {
            iterations: 500,
            tolerance: 0.0,
        };
        let x = minimize(rosenbrock, vec![-1.2, 1.0], settings);
        assert!(
            (x[0] - 1.0).abs() < 1e-5 && (x[1] - 1.0).abs() < 1e-5,
            "{x:?}"
        );
    }

    #[test]
    fn a_start_without_a_finite_value_is_returned() {
        let settings = Settings {
            iterations: 5,
            tolerance: 0.0,
        };
        let x = minimize(|_, _| f64::NAN, vec![3.0], settings);
        assert_eq!(x, [3.0]);
    }
}
