//! Packing for the weight gradient: strips of channels, pixel after pixel.
//!
//! - **Computes** copies: the output gradient in strips, and the input with its border, in panels of
//!   channels or whole.
//! - **Input** channels-last maps, a block of output pixels; **output** buffers and the runs of
//!   pixels in them.
//! - **Source** ours. A panel of input channels is copied once for all taps of the kernel: each tap
//!   reads the same pixels from another start. Reads go along memory, many strips at a time.
//! - **Deviations** what follows the last channel of a strip is some other float; such sums are
//!   never read.

use super::isa::Isa;
use super::outer_tile::Runs;
use super::shape::{Batch, Geometry};
use super::window::{self, Rectangle};

/// The layer as its gradient sees it.
pub(super) struct Source<'a> {
    pub(super) isa: Isa,
    pub(super) g: Geometry,
    /// Input pixels between those that matter: the stride of a 1×1 layer, whose geometry then has
    /// none.
    pub(super) sample: usize,
    pub(super) shape: Batch,
    pub(super) to: Batch,
    pub(super) input: &'a [f32],
    pub(super) gradient: &'a [f32],
}

/// Output pixels: some rows of the batch × some columns of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) lines: (usize, usize),
    pub(super) columns: (usize, usize),
}

impl Block {
    fn wide(&self) -> usize {
        self.columns.1 - self.columns.0
    }

    fn depth(&self) -> usize {
        (self.lines.1 - self.lines.0) * self.wide()
    }
}

/// The lines of a block that belong to one picture.
struct Segment {
    picture: usize,
    /// Output row of the first.
    y: usize,
    count: usize,
}

impl Source<'_> {
    fn segments(&self, block: Block) -> impl Iterator<Item = Segment> {
        let height = self.to.height;
        let mut line = block.lines.0;
        std::iter::from_fn(move || {
            let (picture, y) = (line / height, line % height);
            let count = block.lines.1.saturating_sub(line).min(height - y);
            line += count;
            (count > 0).then_some(Segment { picture, y, count })
        })
    }

    /// Rows of the window of some output lines.
    fn tall(&self, lines: usize) -> usize {
        (lines - 1) * self.g.stride + self.g.kernel
    }

    /// Columns of a block's window.
    fn across(&self, block: Block) -> usize {
        (block.wide() - 1) * self.g.stride + self.g.kernel
    }

    /// Floats between the pixels of a window whose own pixels are `pixel` floats apart. Where a
    /// picture has one output only, the steps go from picture to picture.
    fn step(&self, block: Block, pixel: usize) -> usize {
        if self.to.height * self.to.width == 1 {
            self.g.kernel * self.across(block) * pixel
        } else {
            self.g.stride * pixel
        }
    }

    /// Floats from one kernel row to the next in a window.
    pub(super) fn row(&self, block: Block, pixel: usize) -> usize {
        self.across(block) * pixel
    }

    /// Packs strips of `width` channels of the output gradient from channel `first` on,
    /// `[strip][pixel][width]`; gives the floats from strip to strip.
    pub(super) fn pack_gradient(
        &self,
        block: Block,
        (first, strips, width): (usize, usize, usize),
        out: &mut Vec<f32>,
    ) -> usize {
        self.isa.run(|| match width {
            17.. => self.strips::<32>(block, (first, strips, width), out),
            9..=16 => self.strips::<16>(block, (first, strips, width), out),
            _ => self.strips::<8>(block, (first, strips, width), out),
        })
    }

    /// `COPY` ≥ width floats at a time; what is too many is written over by the next pixel.
    #[inline(always)]
    fn strips<const COPY: usize>(
        &self,
        block: Block,
        (first, strips, width): (usize, usize, usize),
        out: &mut Vec<f32>,
    ) -> usize {
        // Pixels at a time: a strip's part of them is written in one go.
        const PIXELS: usize = 8;
        let channels = self.to.channels;
        let (depth, wide) = (block.depth(), block.wide());
        let stride = depth * width + COPY - width;
        let out = window::grow(out, strips * stride);
        for from in (0..depth).step_by(PIXELS) {
            let starts: [usize; PIXELS] = std::array::from_fn(|n| {
                let line = block.lines.0 + (from + n) / wide;
                let x = block.columns.0 + (from + n) % wide;
                (line * self.to.width + x) * channels
            });
            let starts = &starts[..PIXELS.min(depth - from)];
            for strip in 0..strips {
                let out = &mut out[strip * stride..][..stride];
                let channel = first + strip * width;
                for (n, start) in starts.iter().enumerate() {
                    let out = &mut out[(from + n) * width..];
                    let from = &self.gradient[start + channel..];
                    match (out.first_chunk_mut::<COPY>(), from.first_chunk::<COPY>()) {
                        (Some(out), Some(from)) => *out = *from,
                        _ => {
                            let count = width.min(channels - channel);
                            out[..count].copy_from_slice(&from[..count]);
                        }
                    }
                }
            }
        }
        stride
    }

    /// Packs panels `from..to` of the input with its border, `[panel][window pixel][panel width]`,
    /// and lists the pixels; gives the floats from panel to panel.
    pub(super) fn pack_window(
        &self,
        block: Block,
        panels: (usize, usize),
        (rows, runs): (usize, &mut Runs),
        out: &mut Vec<f32>,
    ) -> usize {
        let width = self.isa.panel();
        runs.clear(rows, self.step(block, width));
        let across = self.across(block);
        let (mut row, mut position) = (0, 0);
        for segment in self.segments(block) {
            for line in 0..segment.count {
                let right = (row + line * self.g.stride) * across * width;
                runs.push(position * rows, right, block.wide());
                position += block.wide();
            }
            row += self.tall(segment.count);
        }
        let stride = row * across * width;
        let out = window::grow(out, stride * (panels.1 - panels.0));
        self.isa.run(|| match width {
            32 => self.panels::<32>(block, panels, stride, out),
            _ => self.panels::<16>(block, panels, stride, out),
        });
        stride
    }

    #[inline(always)]
    fn panels<const WIDTH: usize>(
        &self,
        block: Block,
        panels: (usize, usize),
        stride: usize,
        out: &mut [f32],
    ) {
        let (g, channels, sample) = (self.g, self.shape.channels, self.sample);
        let across = self.across(block);
        let left = (block.columns.0 * g.stride * sample) as isize - g.padding.left as isize;
        // Columns of the window before, and before the end of, the picture.
        let reach = |x: isize| usize::try_from(x).unwrap_or(0).div_ceil(sample).min(across);
        let before = reach(-left);
        let end = reach(self.shape.width as isize - left).max(before);
        let mut at = 0;
        for segment in self.segments(block) {
            let top = (segment.y * g.stride * sample) as isize - g.padding.top as isize;
            for y in 0..self.tall(segment.count) {
                let y = usize::try_from(top + (y * sample) as isize).ok();
                let inside = match y.filter(|y| *y < self.shape.height) {
                    Some(y) => {
                        let line = (segment.picture * self.shape.height + y) * self.shape.width;
                        for x in before..end {
                            // Not negative: `before` columns are.
                            let x_at = (left + (x * sample) as isize) as usize;
                            let pixel = &self.input[(line + x_at) * channels..];
                            for panel in panels.0..panels.1 {
                                let to = (panel - panels.0) * stride + (at + x) * WIDTH;
                                let from = &pixel[panel * WIDTH..];
                                let out = &mut out[to..to + WIDTH];
                                match (out.first_chunk_mut::<WIDTH>(), from.first_chunk::<WIDTH>())
                                {
                                    (Some(out), Some(from)) => *out = *from,
                                    _ => {
                                        let count = WIDTH.min(channels - panel * WIDTH);
                                        out[..count].copy_from_slice(&from[..count]);
                                    }
                                }
                            }
                        }
                        before..end
                    }
                    None => 0..0,
                };
                for panel in out.chunks_exact_mut(stride).take(panels.1 - panels.0) {
                    panel[at * WIDTH..(at + inside.start) * WIDTH].fill(0.0);
                    panel[(at + inside.end) * WIDTH..(at + across) * WIDTH].fill(0.0);
                }
                at += across;
            }
        }
    }

    /// Copies the input with its border, all channels, and lists the pixels; behind the last pixel
    /// a tile's rows may reach over the end.
    pub(super) fn copy_window(&self, block: Block, runs: &mut Runs, out: &mut Vec<f32>) {
        let (g, channels) = (self.g, self.shape.channels);
        let width = self.isa.panel();
        runs.clear(self.step(block, channels), width);
        let across = self.across(block);
        let (mut used, mut position) = (0, 0);
        for segment in self.segments(block) {
            let area = Rectangle {
                top: (segment.y * g.stride) as isize - g.padding.top as isize,
                left: (block.columns.0 * g.stride) as isize - g.padding.left as isize,
                rows: self.tall(segment.count),
                columns: across,
            };
            let length = area.rows * across * channels;
            let out = window::grow(out, used + length + self.isa.tile_rows());
            window::copy(
                self.input,
                self.shape,
                segment.picture,
                area,
                &mut out[used..used + length],
            );
            for line in 0..segment.count {
                let left = used + line * g.stride * across * channels;
                runs.push(left, position * width, block.wide());
                position += block.wide();
            }
            used += length;
        }
    }
}
