//! What follows a layer's sum, value by value.

/// An elementwise function. All map zero to zero, and their derivative can be told from their value;
/// at the kinks it is 0 (for the leaky one its slope), as in PyTorch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// x
    #[default]
    Identity,
    /// max(x, 0)
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// x where positive, `slope · x` elsewhere.
    Leaky(f32),
}

impl Activation {
    /// The value. A NaN stays one.
    #[inline(always)]
    #[must_use]
    pub fn value(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Relu => positive(x),
            Self::Relu6 => {
                let x = positive(x);
                if x > 6.0 { 6.0 } else { x }
            }
            Self::Leaky(slope) => x * if x < 0.0 { slope } else { 1.0 },
        }
    }

    /// The bounds that a register tile keeps its sums between; none where that is not enough.
    pub(crate) const fn range(self) -> Option<(f32, f32)> {
        match self {
            Self::Identity => Some((f32::NEG_INFINITY, f32::INFINITY)),
            Self::Relu => Some((0.0, f32::INFINITY)),
            Self::Relu6 => Some((0.0, 6.0)),
            Self::Leaky(_) => None,
        }
    }
}

/// max(x, 0), a NaN staying one.
#[inline(always)]
fn positive(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}
