//! Long short-term memory over sequences, forward and backward.
//!
//! - **Computes** for every step i, f, o = σ(·) and g = tanh(·) of `gates + h · wᵀ`, then
//!   c = f · c + i · g and h = o · tanh(c), from h = c = 0; and the gradients of gates and w.
//! - **Input** `gates` `[steps, batch, 4 · width]` in PyTorch's order i, f, g, o, which hold x · wᵀ and
//!   all biases; `weight` `[4 · width, width]`. **Output** h `[steps, batch, width]`, −1..1.
//! - **Source** Hochreiter & Schmidhuber (1997) with Gers's forget gate (2000), as PyTorch's `LSTM`.
//! - **Deviations** none. Sequences of one batch have one length.

use super::conv_grad::{BackwardWeights, ForwardWeights};
use super::epilogue::Epilogue;
use super::isa::Isa;
use super::lanes::exp;
use super::map::Padding;
use super::outer::conv_weight_gradient;
use super::shape::{Batch, Geometry};
use rayon::prelude::*;

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// Steps of every sequence.
    pub steps: usize,
    /// Sequences.
    pub batch: usize,
    /// Floats of a state.
    pub width: usize,
}

/// What [`Lstm::backward`] needs of [`Lstm::forward`].
#[derive(Clone, Debug, Default)]
pub struct LstmSaved {
    /// After their activations, `[steps, batch, 4 · width]`.
    gates: Vec<f32>,
    /// `[steps, batch, width]`
    cells: Vec<f32>,
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// The recurrent weights, packed for [`Lstm::forward`].
#[derive(Clone, Debug)]
pub struct LstmWeights(ForwardWeights);

fn geometry(width: usize) -> Geometry {
    Geometry {
        inputs: width,
        outputs: 4 * width,
        kernel: 1,
        stride: 1,
        padding: Padding::default(),
    }
}

impl LstmWeights {
    /// Of `[4 · width, width]`.
    ///
    /// # Panics
    /// Where the length does not fit: a bug of the caller.
    #[must_use]
    pub fn new(weight: &[f32], width: usize) -> Self {
        Self(ForwardWeights::new(geometry(width), weight, Isa::detect()))
    }
}

impl Lstm {
    fn row(&self) -> Batch {
        Batch::new([1, 1, self.batch, self.width])
    }

    fn check(&self, gates: usize, out: usize) {
        assert_eq!(gates, self.steps * self.batch * 4 * self.width, "gates");
        assert_eq!(out, self.steps * self.batch * self.width, "states");
    }

    /// The states into `out`.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    #[must_use]
    pub fn forward(
        &self,
        mut gates: Vec<f32>,
        weights: &LstmWeights,
        out: &mut [f32],
    ) -> LstmSaved {
        self.check(gates.len(), out.len());
        let (width, size) = (self.width, self.batch * self.width);
        let mut cells = vec![0.0; out.len()];
        let isa = Isa::detect();
        let mut sum = vec![0.0; 4 * size];
        for step in 0..self.steps {
            let now = &mut gates[step * 4 * size..][..4 * size];
            if step > 0 {
                let epilogue = Epilogue {
                    residual: Some(now),
                    ..Epilogue::default()
                };
                let before = &out[(step - 1) * size..][..size];
                weights.0.run(self.row(), before, epilogue, &mut sum);
                now.copy_from_slice(&sum);
            }
            let (past, rest) = cells.split_at_mut(step * size);
            let past = &past[past.len() - if step > 0 { size } else { 0 }..];
            let rows = now
                .par_chunks_mut(4 * width)
                .zip(rest[..size].par_chunks_mut(width));
            let rows = rows.zip(out[step * size..][..size].par_chunks_mut(width));
            rows.enumerate()
                .with_min_len(16)
                .for_each(|(n, ((gates, cell), state))| {
                    if let Some(past) = past.get(n * width..(n + 1) * width) {
                        cell.copy_from_slice(past);
                    }
                    isa.run(|| advance(gates, cell, state));
                });
        }
        LstmSaved { gates, cells }
    }

    /// The gradients of `gates`, which the saved ones become, and of the weight, from that of the
    /// states; `states` are those of the forward pass.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    #[must_use]
    pub fn backward(
        &self,
        saved: LstmSaved,
        weight: &[f32],
        states: &[f32],
        gradient: &[f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let LstmSaved { mut gates, cells } = saved;
        self.check(gates.len(), gradient.len());
        let (width, size) = (self.width, self.batch * self.width);
        let isa = Isa::detect();
        let back = BackwardWeights::new(geometry(width), weight, isa);
        // Of the state and of the cell, from the step behind.
        let (mut state, mut cell) = (vec![0.0_f32; size], vec![0.0_f32; size]);
        for step in (0..self.steps).rev() {
            let zeros = vec![0.0; if step == 0 { size } else { 0 }];
            let past = match step {
                0 => &zeros[..],
                _ => &cells[(step - 1) * size..][..size],
            };
            let given = &gradient[step * size..][..size];
            let now = &cells[step * size..][..size];
            let gates = &mut gates[step * 4 * size..][..4 * size];
            gates
                .par_chunks_mut(4 * width)
                .zip(cell.par_chunks_mut(width))
                .zip(state.par_chunks(width))
                .zip(given.par_chunks(width))
                .zip(now.par_chunks(width).zip(past.par_chunks(width)))
                .with_min_len(16)
                .for_each(|((((gates, cell), state), given), (now, past))| {
                    isa.run(|| retreat(gates, cell, [state, given, now, past]));
                });
            if step > 0 {
                back.run(self.row(), gates, Epilogue::default(), &mut state);
            }
        }
        let behind = self.steps.saturating_sub(1) * self.batch;
        if behind == 0 {
            return (gates, vec![0.0; weight.len()]);
        }
        let shape = Batch::new([1, 1, behind, width]);
        let later = &gates[4 * size..];
        let by_weight = conv_weight_gradient(
            geometry(width),
            shape,
            &states[..behind * width],
            later,
            isa,
        );
        (gates, by_weight)
    }
}

/// One step of one sequence: `gates` become activated, `cell` and `state` those of this step.
#[inline(always)]
fn advance(gates: &mut [f32], cell: &mut [f32], state: &mut [f32]) {
    let width = state.len();
    let (i, rest) = gates.split_at_mut(width);
    let (f, rest) = rest.split_at_mut(width);
    let (g, o) = rest.split_at_mut(width);
    for n in 0..width {
        i[n] = sigmoid(i[n]);
        f[n] = sigmoid(f[n]);
        g[n] = tanh(g[n]);
        o[n] = sigmoid(o[n]);
        cell[n] = f[n] * cell[n] + i[n] * g[n];
        state[n] = o[n] * tanh(cell[n]);
    }
}

/// The way back through one step of one sequence: activated `gates` become their gradients before
/// activation, `cell` becomes the gradient of the cell before.
#[inline(always)]
fn retreat(gates: &mut [f32], cell: &mut [f32], [state, given, now, past]: [&[f32]; 4]) {
    let width = cell.len();
    let (i, rest) = gates.split_at_mut(width);
    let (f, rest) = rest.split_at_mut(width);
    let (g, o) = rest.split_at_mut(width);
    for n in 0..width {
        let open = tanh(now[n]);
        let by_state = state[n] + given[n];
        let by_cell = cell[n] + by_state * o[n] * (1.0 - open * open);
        cell[n] = by_cell * f[n];
        let (was_i, was_g) = (i[n], g[n]);
        i[n] = by_cell * was_g * was_i * (1.0 - was_i);
        g[n] = by_cell * was_i * (1.0 - was_g * was_g);
        f[n] = by_cell * past[n] * f[n] * (1.0 - f[n]);
        o[n] = by_state * open * o[n] * (1.0 - o[n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One state, two steps, by hand: gates of zero are i = f = o = ½ and g = 0; then g = tanh(1).
    #[test]
    fn two_steps_by_hand() {
        let lstm = Lstm {
            steps: 2,
            batch: 1,
            width: 1,
        };
        let weights = LstmWeights::new(&[0.0, 0.0, 0.0, 1.0], 1);
        let mut states = [0.0; 2];
        let gates = vec![0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let _saved = lstm.forward(gates, &weights, &mut states);
        let first = 0.5 * 1.0_f64.tanh();
        let h = 0.5 * first.tanh();
        // The output gate of the second step hears the first state.
        let second = (0.5 * first).tanh() / (1.0 + (-h).exp());
        for (found, expected) in states.iter().zip([h, second]) {
            assert!(
                (f64::from(*found) - expected).abs() < 1e-6,
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn gradients_are_finite_differences() {
        let lstm = Lstm {
            steps: 4,
            batch: 3,
            width: 5,
        };
        let number = |n: usize| ((n * 37 % 101) as f32 / 50.0 - 1.0) * 0.8;
        let gates: Vec<f32> = (0..4 * 3 * 20).map(number).collect();
        let weight: Vec<f32> = (0..100).map(|n| number(n + 7)).collect();
        let weights_of_loss: Vec<f32> = (0..60).map(|n| number(n + 3)).collect();
        let run = |gates: &[f32], weight: &[f32]| {
            let mut states = vec![0.0; 60];
            let packed = LstmWeights::new(weight, 5);
            let saved = lstm.forward(gates.to_vec(), &packed, &mut states);
            (saved, states)
        };
        let loss = |gates: &[f32], weight: &[f32]| -> f64 {
            let (_, states) = run(gates, weight);
            let terms = states.iter().zip(&weights_of_loss);
            terms.map(|(s, w)| f64::from(s * w)).sum()
        };
        let (saved, states) = run(&gates, &weight);
        let (by_gates, by_weight) = lstm.backward(saved, &weight, &states, &weights_of_loss);
        let step = 1e-2;
        for n in (0..gates.len()).step_by(7) {
            let moved = |by: f32| {
                let mut gates = gates.clone();
                gates[n] += by;
                loss(&gates, &weight)
            };
            let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            assert!(
                (slope - f64::from(by_gates[n])).abs() < 2e-4,
                "gate {n}: {slope} {}",
                by_gates[n]
            );
        }
        for n in 0..weight.len() {
            let moved = |by: f32| {
                let mut weight = weight.clone();
                weight[n] += by;
                loss(&gates, &weight)
            };
            let slope = (moved(step) - moved(-step)) / f64::from(2.0 * step);
            assert!(
                (slope - f64::from(by_weight[n])).abs() < 5e-4,
                "weight {n}: {slope} {}",
                by_weight[n]
            );
        }
    }
}
