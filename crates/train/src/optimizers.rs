//! The optimisers of a training by the names of the parts that they move.

use crate::error::TrainError;
use crate::optimizer::State;
use crate::parameters::floats;
use crate::settings::Settings;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::Tensor;
use std::collections::BTreeMap;

/// One optimiser for each part of a network that moves by itself; made when it is first needed.
#[derive(Clone, Debug)]
pub struct Optimizers {
    settings: Settings,
    states: BTreeMap<String, State>,
    epoch: usize,
    step: usize,
    /// Of the base rates, now.
    share: f64,
}

impl Optimizers {
    /// Before the first step.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            states: BTreeMap::new(),
            epoch: 0,
            step: 0,
            share: 0.0,
        }
    }

    /// From now on it is step `step` of `steps` of this epoch; both count from 0.
    pub(crate) fn begin(&mut self, epoch: usize, step: usize, steps: usize) {
        (self.epoch, self.step) = (epoch, step);
        let at = epoch as f64 + step as f64 / steps as f64;
        self.share = self.settings.schedule.share(at, self.settings.epochs);
    }

    /// The epoch, from 0.
    #[must_use]
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// The step in this epoch, from 0.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step
    }

    /// Moves `module`, the part called `part`, down the gradient of `loss` `[1]`; the rate of its value
    /// `name` is multiplied with `rate(name)`. Gives the loss, too. Other parts that the loss depends
    /// on stay.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] where loss or gradient are no numbers.
    pub fn follow<M: Module>(
        &mut self,
        part: &str,
        module: M,
        loss: Tensor<1>,
        rate: &dyn Fn(&str) -> f64,
    ) -> Result<(M, f64), TrainError> {
        debug_assert!(
            !part.contains('.'),
            "{part}: names of tensors begin with the part and a dot"
        );
        let (epoch, step) = (self.epoch + 1, self.step + 1);
        let diverged = |what: &str| TrainError::Diverged {
            epoch,
            step,
            what: match part {
                WHOLE => what.to_owned(),
                _ => format!("{what} of {part}"),
            },
        };
        let value = floats(loss.clone())
            .first()
            .copied()
            .map_or(f64::NAN, f64::from);
        if !value.is_finite() {
            return Err(diverged("the loss"));
        }
        let settings = self.settings.optimizer_of(part);
        let state = self.states.entry(part.to_owned());
        let state = state.or_insert_with(|| State::new(settings));
        let module = state
            .step(module, loss.backward(), settings.rate * self.share, rate)
            .map_err(|_| diverged("a gradient"))?;
        Ok((module, value))
    }

    /// Steps of each optimiser, and their states as tensors `PART.first.NAME`, `PART.second.NAME`.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, u64, Tensors)> {
        self.states
            .iter()
            .map(|(name, state)| (name.as_str(), state.steps(), state.to_tensors()))
    }

    /// Takes in the state of `part` after `steps` steps.
    pub(crate) fn restore(&mut self, part: &str, steps: u64, tensors: Tensors) {
        let state = State::from_tensors(self.settings.optimizer_of(part), steps, tensors);
        self.states.insert(part.to_owned(), state);
    }
}

/// The part that is all of a network.
pub(crate) const WHOLE: &str = "model";
