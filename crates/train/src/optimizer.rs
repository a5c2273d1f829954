//! AdamW and gradient descent with momentum on the values of a module.
//!
//! - **Computes** one step along the gradients: θ ← θ − η(m̂ / (√v̂ + ε) + λθ) for Adam with
//!   decoupled decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), θ ← θ − η(μu + g + λθ) with
//!   u ← μu + g for momentum as PyTorch has it, decay decoupled.
//! - **Deviations** values with fewer than two axes (biases, γ, β) do not decay.
//!
//! The state is kept by the names of the values, so that it can be stored and read again.

use crate::parameters::{Path, floats};
use crate::settings::{Kind, Optimizer};
use affetti_weights::tensors::{Tensor as Values, Tensors};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use std::collections::BTreeMap;

const EPSILON: f64 = 1e-8;

/// An optimiser and its state.
#[derive(Clone, Debug)]
pub struct State {
    settings: Optimizer,
    steps: u64,
    first: BTreeMap<String, Vec<f32>>,
    second: BTreeMap<String, Vec<f32>>,
}

/// Gradients that are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

struct Norm<'a> {
    gradients: &'a Gradients,
    squares: f64,
}

impl ModuleVisitor for Norm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !param.is_require_grad() {
            return;
        }
        if let Some(gradient) = param.val().grad(self.gradients) {
            let square = |x: f32| f64::from(x) * f64::from(x);
            self.squares += floats(gradient).into_iter().map(square).sum::<f64>();
        }
    }
}

struct Step<'a> {
    path: Path,
    state: &'a mut State,
    gradients: &'a mut Gradients,
    rate: f64,
    /// All gradients are multiplied by this.
    shrink: f64,
    share: &'a dyn Fn(&str) -> f64,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            return param;
        }
        let name = self.path.name();
        let rate = self.rate * (self.share)(&name);
        param.map(|tensor| {
            let Some(gradient) = tensor.grad_remove(self.gradients) else {
                return tensor;
            };
            let device = tensor.device();
            let shape = tensor.dims();
            let mut values = floats(tensor);
            let mut gradient = floats(gradient);
            for g in &mut gradient {
                *g *= self.shrink as f32;
            }
            let decay = if D >= 2 {
                self.state.settings.decay
            } else {
                0.0
            };
            self.state
                .move_values(&name, &mut values, &gradient, rate, decay);
            Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
        })
    }
}

impl State {
    /// Before the first step.
    #[must_use]
    pub fn new(settings: Optimizer) -> Self {
        Self {
            settings,
            steps: 0,
            first: BTreeMap::new(),
            second: BTreeMap::new(),
        }
    }

    /// One step of `module` along `gradients` at `rate`; `share(name)` multiplies the rate of a
    /// value.
    ///
    /// # Errors
    /// [`NotFinite`] where the norm of all gradients is no number; the module is then lost, as its
    /// next values would have been.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        mut gradients: Gradients,
        rate: f64,
        share: &dyn Fn(&str) -> f64,
    ) -> Result<M, NotFinite> {
        let mut norm = Norm {
            gradients: &gradients,
            squares: 0.0,
        };
        module.visit(&mut norm);
        let norm = norm.squares.sqrt();
        if !norm.is_finite() {
            return Err(NotFinite);
        }
        let clip = self.settings.clip;
        let shrink = if clip > 0.0 && norm > clip {
            clip / norm
        } else {
            1.0
        };
        self.steps += 1;
        Ok(module.map(&mut Step {
            path: Path::default(),
            state: self,
            gradients: &mut gradients,
            rate,
            shrink,
            share,
        }))
    }

    fn move_values(
        &mut self,
        name: &str,
        values: &mut [f32],
        gradient: &[f32],
        rate: f64,
        decay: f64,
    ) {
        let Optimizer {
            kind, beta1, beta2, ..
        } = self.settings;
        let empty = || vec![0.0_f32; values.len()];
        let first = self.first.entry(name.to_owned()).or_insert_with(empty);
        let keep = (1.0 - rate * decay) as f32;
        let (b1, b2) = (beta1 as f32, beta2 as f32);
        match kind {
            Kind::Momentum => {
                for ((value, g), u) in values.iter_mut().zip(gradient).zip(first) {
                    *u = b1 * *u + g;
                    *value = *value * keep - rate as f32 * *u;
                }
            }
            Kind::Adam => {
                let second = self.second.entry(name.to_owned()).or_insert_with(empty);
                let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
                let unbias = |beta: f64| 1.0 / (1.0 - beta.powi(steps));
                let rate = (rate * unbias(beta1)) as f32;
                let (unbias, epsilon) = (unbias(beta2) as f32, EPSILON as f32);
                let moments = first.iter_mut().zip(second);
                for ((value, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
                    *m = b1 * *m + (1.0 - b1) * g;
                    *v = b2 * *v + (1.0 - b2) * g * g;
                    *value = *value * keep - rate * *m / ((*v * unbias).sqrt() + epsilon);
                }
            }
        }
    }

    /// Steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The state as tensors `first.NAME`, `second.NAME`.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        let named = |kind: &str, map: &BTreeMap<String, Vec<f32>>| {
            let entry = |(name, data): (&String, &Vec<f32>)| {
                let shape = vec![data.len()];
                let data = data.clone();
                (format!("{kind}.{name}"), Values { shape, data })
            };
            map.iter().map(entry).collect::<Vec<_>>()
        };
        let mut tensors = Tensors::default();
        tensors.map.extend(named("first", &self.first));
        tensors.map.extend(named("second", &self.second));
        tensors
    }

    /// The state that [`Self::to_tensors`] gave after `steps` steps.
    #[must_use]
    pub fn from_tensors(settings: Optimizer, steps: u64, mut tensors: Tensors) -> Self {
        let mut taken = |prefix: &str| {
            let all = tensors.split_off(prefix).map.into_iter();
            all.map(|(name, values)| (name, values.data)).collect()
        };
        Self {
            settings,
            steps,
            first: taken("first."),
            second: taken("second."),
        }
    }
}
