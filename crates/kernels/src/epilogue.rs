//! What follows a layer's sum: bias, residual, activation.
//!
//! - **Computes** act(sum + bias + residual) or act(sum + bias) + residual.
//! - **Source** ours. Register tiles add, and hold sums between two bounds, before they store them;
//!   what they cannot do is done in a second pass over the output.

use super::activation::Activation;
use super::norm::rectify_values;

/// Which comes first, the residual or the activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// act(sum + bias + residual), as in residual networks.
    #[default]
    ResidualFirst,
    /// act(sum + bias) + residual.
    ResidualLast,
}

/// What follows a layer's sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// One per output channel, or empty.
    pub bias: &'a [f32],
    /// Of the output's shape.
    pub residual: Option<&'a [f32]>,
    /// See [`Activation`].
    pub activation: Activation,
    /// See [`Order`].
    pub order: Order,
}

impl Epilogue<'_> {
    /// `tiles` writes `out` with as much of this as it can; the rest follows. `adds`: whether it
    /// can add a residual.
    pub(crate) fn run(self, adds: bool, out: &mut [f32], tiles: impl FnOnce(Self, &mut [f32])) {
        let leaky = self.activation.range().is_none();
        if !leaky && (adds || self.residual.is_none()) {
            return tiles(self, out);
        }
        let first = self.order == Order::ResidualFirst;
        let now = Epilogue {
            residual: self.residual.filter(|_| adds && first),
            activation: Activation::Identity,
            ..self
        };
        tiles(now, out);
        let late = self.residual.filter(|_| now.residual.is_none());
        rectify_values(self.activation, late.filter(|_| first), out);
        if let (Some(_), false) = (late, first) {
            rectify_values(Activation::Identity, late, out);
        }
    }

    /// The bounds of the register tiles.
    pub(crate) fn range(&self) -> (f32, f32) {
        let range = self.activation.range();
        range.expect("Epilogue::run has taken the leaky rectifier out")
    }

    /// Whether the register tiles add the residual before they clamp.
    pub(crate) fn residual_first(&self) -> bool {
        self.order == Order::ResidualFirst
    }

    /// One output from its sum with bias and its residual.
    pub(crate) fn value(&self, sum: f32, residual: f32) -> f32 {
        if self.residual_first() {
            self.activation.value(sum + residual)
        } else {
            self.activation.value(sum) + residual
        }
    }
}
