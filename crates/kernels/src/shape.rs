//! Shapes of the training kernels: batches of channels-last pictures without border or alignment.
//!
//! - **Computes** sizes only; nothing here touches data.
//! - **Input, output** counts of pictures, rows, columns and channels.
//! - **Source** the usual convolution arithmetic (Dumoulin & Visin 2016, relations 1 to 14).
//! - **Deviations** a shape that does not fit is `None` instead of a panic.

use super::map::Padding;

/// A batch `[batch, height, width, channels]` of channels-last pictures, every axis dense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Pictures.
    pub batch: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Batch {
    /// From `[batch, height, width, channels]`.
    #[must_use]
    pub const fn new([batch, height, width, channels]: [usize; 4]) -> Self {
        Self {
            batch,
            height,
            width,
            channels,
        }
    }

    /// As `[batch, height, width, channels]`.
    #[must_use]
    pub const fn dims(&self) -> [usize; 4] {
        [self.batch, self.height, self.width, self.channels]
    }

    /// Floats of all pictures.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.batch * self.picture()
    }

    /// True where there is no float.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Floats of one picture.
    #[must_use]
    pub const fn picture(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Pixels of all pictures.
    #[must_use]
    pub const fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// The same batch with other channels.
    #[must_use]
    pub const fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }
}

/// Geometry of a dense or depthwise convolution (and of the transposed one that is its adjoint).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Channels on the wide-map side: inputs of a convolution, outputs of a transposed one.
    pub inputs: usize,
    /// Channels on the other side.
    pub outputs: usize,
    /// Kernel height and width.
    pub kernel: usize,
    /// Step between outputs, both axes.
    pub stride: usize,
    /// Zero border of the wide map.
    pub padding: Padding,
}

impl Geometry {
    /// Weights of a dense layer: `outputs · inputs · kernel²`.
    #[must_use]
    pub const fn weights(&self) -> usize {
        self.outputs * self.inputs * self.kernel * self.kernel
    }

    /// Shape of the convolution's output; none where the kernel does not fit, the channels differ,
    /// or kernel or stride is zero.
    #[must_use]
    pub fn output(&self, input: Batch) -> Option<Batch> {
        let p = self.padding;
        let along = |size: usize, before: usize, after: usize| {
            let room = (before + size + after).checked_sub(self.kernel)?;
            Some(room.checked_div(self.stride)? + 1)
        };
        (input.channels == self.inputs && self.kernel > 0).then_some(())?;
        Some(Batch {
            batch: input.batch,
            height: along(input.height, p.top, p.bottom)?,
            width: along(input.width, p.left, p.right)?,
            channels: self.outputs,
        })
    }

    /// Shape of the transposed convolution's output: the smallest map that this convolution turns
    /// into `input`'s size; none where the padding is larger than that map.
    #[must_use]
    pub fn transposed_output(&self, input: Batch) -> Option<Batch> {
        let p = self.padding;
        let along = |size: usize, border: usize| {
            (size.checked_sub(1)? * self.stride + self.kernel).checked_sub(border)
        };
        (input.channels == self.outputs && self.kernel > 0 && self.stride > 0).then_some(())?;
        Some(Batch {
            batch: input.batch,
            height: along(input.height, p.top + p.bottom)?,
            width: along(input.width, p.left + p.right)?,
            channels: self.inputs,
        })
    }
}

/// The taps that reach one residue class of input positions along one axis; see
/// [`super::conv_grad`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    /// The input positions are `stride · t + residue`.
    pub(super) residue: usize,
    /// How many of them there are.
    pub(super) count: usize,
    /// Kernel positions `first_tap + stride · j`, j < `taps`.
    pub(super) first_tap: usize,
    /// May be zero: then these inputs influence nothing.
    pub(super) taps: usize,
    /// Position of the output gradient that meets the *last* tap at t = 0.
    pub(super) start: isize,
}

impl Phase {
    /// The phases of an axis of `size` positions with `before` zeros in front.
    pub(super) fn all(
        size: usize,
        before: usize,
        kernel: usize,
        stride: usize,
    ) -> impl Iterator<Item = Self> {
        (0..stride.min(size)).map(move |residue| {
            // input = stride·output + tap − before, so tap ≡ residue + before (mod stride) and
            // output = t + quotient − j for tap = first_tap + stride·j.
            let first_tap = (residue + before) % stride;
            let quotient = (residue + before) / stride;
            let taps = kernel.saturating_sub(first_tap).div_ceil(stride);
            Self {
                residue,
                count: (size - residue).div_ceil(stride),
                first_tap,
                taps,
                start: quotient as isize - taps as isize + 1,
            }
        })
    }
}
