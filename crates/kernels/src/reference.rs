//! The plain convolution: seven loops, no tricks. The fast kernels are tested against it.

use super::activation::Activation;
use super::map::Padding;

/// A channels-first tensor of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Plain {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `[channel, row, column]`
    pub data: Vec<f32>,
}

impl Plain {
    fn at(&self, channel: usize, row: isize, column: isize) -> f32 {
        let inside = |i: isize, size: usize| usize::try_from(i).ok().filter(|&i| i < size);
        match (inside(row, self.height), inside(column, self.width)) {
            (Some(y), Some(x)) => self.data[(channel * self.height + y) * self.width + x],
            _ => 0.0,
        }
    }
}

/// Grouped convolution of `input` with `weight` `[outputs, inputs / groups, kernel, kernel]`,
/// `bias` `[outputs]`, zero padding and an activation.
#[must_use]
pub fn convolve(
    input: &Plain,
    weight: &[f32],
    bias: &[f32],
    (kernel, stride, groups): (usize, usize, usize),
    padding: Padding,
    activation: Activation,
) -> Plain {
    let outputs = bias.len();
    let (per_group, out_per_group) = (input.channels / groups, outputs / groups);
    let height = (padding.top + input.height + padding.bottom - kernel) / stride + 1;
    let width = (padding.left + input.width + padding.right - kernel) / stride + 1;
    let mut data = Vec::with_capacity(outputs * height * width);
    for output in 0..outputs {
        let group = output / out_per_group;
        for row in 0..height {
            for column in 0..width {
                let mut sum = f64::from(bias[output]);
                for i in 0..per_group {
                    for y in 0..kernel {
                        for x in 0..kernel {
                            let at = |base: usize, tap: usize, border: usize| {
                                (base * stride + tap) as isize - border as isize
                            };
                            let value = input.at(
                                group * per_group + i,
                                at(row, y, padding.top),
                                at(column, x, padding.left),
                            );
                            let w = weight[((output * per_group + i) * kernel + y) * kernel + x];
                            sum += f64::from(value) * f64::from(w);
                        }
                    }
                }
                data.push(activation.value(sum as f32));
            }
        }
    }
    Plain {
        channels: outputs,
        height,
        width,
        data,
    }
}
