//! Dense convolution of any kernel size and stride, 1×1 and fully connected included.
#![expect(
    unsafe_code,
    reason = "tiles write disjoint parts of one map through a raw pointer"
)]

use super::convolution::{Convolution, Kind};
use super::epilogue::Epilogue;
use super::isa::Isa;
use super::map::{Map, MapShape, Padding, align_channels};
use super::micro::Tile;
use rayon::prelude::*;

/// A convolution with its weights packed for one instruction set.
#[derive(Clone, Debug)]
pub struct Conv {
    shape: Convolution,
    /// Floats between neighbouring input pixels, fixed when packing.
    input_stride: usize,
    isa: Isa,
    /// `[panel][kernel row][kernel column · input][panel width]`
    packed: Vec<f32>,
    /// Aligned to the panel width, zero beyond the outputs.
    bias: Vec<f32>,
}

impl Conv {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]` and `bias` `[outputs]` for inputs whose
    /// pixels are `input_stride` floats apart ([`MapShape::pixel_stride`]). The border is that of
    /// the maps, whatever `shape` says.
    ///
    /// # Panics
    /// Where lengths do not match the shape, and for other kinds than dense ones and the leaky
    /// rectifier: a bug of the caller.
    #[must_use]
    pub fn new(
        shape: Convolution,
        input_stride: usize,
        weight: &[f32],
        bias: &[f32],
        isa: Isa,
    ) -> Self {
        let Convolution {
            inputs,
            outputs,
            kernel,
            ..
        } = shape;
        assert_eq!(shape.kind, Kind::Dense, "kind");
        assert!(shape.activation.range().is_some(), "two bounds");
        assert!(
            Isa::available().contains(&isa),
            "this machine lacks {isa:?}"
        );
        assert!(
            kernel >= 1 && shape.stride >= 1,
            "an empty kernel or no step"
        );
        assert_eq!(weight.len(), outputs * inputs * kernel * kernel, "weight");
        assert_eq!(bias.len(), outputs, "bias");
        assert!(inputs <= input_stride, "input stride");
        let panel = isa.panel();
        let panels = align_channels(outputs).div_ceil(panel);
        let row = row_depth(kernel, inputs, input_stride);
        let mut packed = vec![0.0; panels * kernel * row * panel];
        for output in 0..outputs {
            let base = (output / panel) * kernel * row * panel + output % panel;
            for input in 0..inputs {
                for y in 0..kernel {
                    for x in 0..kernel {
                        let from = ((output * inputs + input) * kernel + y) * kernel + x;
                        let depth = y * row + x * input_stride + input;
                        packed[base + depth * panel] = weight[from];
                    }
                }
            }
        }
        let mut padded = vec![0.0; panels * panel];
        padded[..outputs].copy_from_slice(bias);
        Self {
            shape,
            input_stride,
            isa,
            packed,
            bias: padded,
        }
    }

    /// The output for a map of `input`'s shape, border included; it has none itself.
    ///
    /// # Panics
    /// Where the kernel is larger than the map with its border.
    #[must_use]
    pub fn output(&self, input: &MapShape) -> MapShape {
        input.convolved(&self.shape)
    }

    /// Convolves `input` (its border is the padding) into `output`, which has been given its shape
    /// by [`Map::reshape`]; `residual` is of the output's size. `threads` > 1 splits the work over
    /// rayon's pool.
    ///
    /// # Panics
    /// Where shapes do not fit: a bug of the caller.
    pub fn run(&self, input: &Map, residual: Option<&Map>, output: &mut Map, threads: usize) {
        let (from, to) = (input.shape(), output.shape());
        assert_eq!(from.channels, self.shape.inputs, "input channels");
        assert_eq!(from.pixel_stride(), self.input_stride, "input stride");
        assert_eq!(to.padded(Padding::all(0)), self.output(&from), "output");
        let rest = residual.map(|map| (map.data(), map.shape()));
        if let Some((_, shape)) = &rest {
            assert_eq!(
                (shape.height, shape.width, shape.pixel_stride()),
                (to.height, to.width, to.pixel_stride()),
                "residual"
            );
        }
        let job = Job {
            conv: self,
            lines: Lines::plan(self, &from, &to, rest.as_ref().map(|(_, s)| s)),
            input: input.data(),
            epilogue: self.shape.epilogue(&self.bias, rest.map(|(data, _)| data)),
        };
        let out = OutputPointer(output.reshape(to).as_mut_ptr());
        let parts = job.split(threads);
        if let [part] = parts.as_slice() {
            // SAFETY: `out` is a live map of shape `to` and this is the only part.
            unsafe { job.run(*part, &out) };
        } else {
            // SAFETY: as above, and the parts cover disjoint lines or disjoint panels.
            parts
                .into_par_iter()
                .for_each(|part| unsafe { job.run(part, &out) });
        }
    }
}

/// Depth of one kernel row: contiguous inputs from its first to its last used float.
const fn row_depth(kernel: usize, inputs: usize, input_stride: usize) -> usize {
    (kernel - 1) * input_stride + inputs
}

/// The output as lines of pixels: image rows, or the whole map as one line where nothing separates
/// rows in memory, so that small maps still fill the register tile.
#[derive(Clone, Copy)]
struct Lines {
    count: usize,
    length: usize,
    input_start: usize,
    input_line: usize,
    input_step: usize,
    tap_step: usize,
    output_start: usize,
    output_line: usize,
    output_step: usize,
    residual_start: usize,
    residual_line: usize,
}

impl Lines {
    fn plan(conv: &Conv, from: &MapShape, to: &MapShape, residual: Option<&MapShape>) -> Self {
        let Convolution { kernel, stride, .. } = conv.shape;
        let rest = residual.unwrap_or(to);
        let solid = |shape: &MapShape| shape.row_stride() == shape.width * shape.pixel_stride();
        let whole = kernel == 1 && stride == 1 && solid(from) && solid(to) && solid(rest);
        let (count, length) = if whole {
            (1, to.height * to.width)
        } else {
            (to.height, to.width)
        };
        Self {
            count,
            length,
            input_start: 0,
            input_line: stride * from.row_stride(),
            input_step: stride * from.pixel_stride(),
            tap_step: from.row_stride(),
            output_start: to.offset(0, 0),
            output_line: to.row_stride(),
            output_step: to.pixel_stride(),
            residual_start: rest.offset(0, 0),
            residual_line: rest.row_stride(),
        }
    }
}

struct Job<'a> {
    conv: &'a Conv,
    lines: Lines,
    input: &'a [f32],
    /// Its bias is a whole number of panels.
    epilogue: Epilogue<'a>,
}

/// Blocks of one job: a range of lines (or of pixels of the only line) × a range of panels.
#[derive(Clone, Copy)]
struct Part {
    lines: (usize, usize),
    pixels: (usize, usize),
    panels: (usize, usize),
}

struct OutputPointer(*mut f32);
// SAFETY: parts write disjoint elements, see `Conv::run`.
unsafe impl Sync for OutputPointer {}

/// Floats of input that stay in the second-level cache while all panels pass over them.
const INPUT_BLOCK: usize = 48 * 1024;

impl Job<'_> {
    fn panels(&self) -> usize {
        self.conv.bias.len() / self.conv.isa.panel()
    }

    fn whole(&self) -> Part {
        Part {
            lines: (0, self.lines.count),
            pixels: (0, self.lines.length),
            panels: (0, self.panels()),
        }
    }

    /// Splits along lines where there are plenty, along panels or the only line's pixels else.
    fn split(&self, threads: usize) -> Vec<Part> {
        let whole = self.whole();
        let multiplications = self.lines.count * self.lines.length * self.conv.packed.len();
        // Below this the wake-up of another thread costs more than it saves.
        if threads <= 1 || multiplications < 400_000 {
            return vec![whole];
        }
        let cut = |(from, to): (usize, usize), parts: usize| {
            let length = to - from;
            (0..parts)
                .map(move |i| (from + length * i / parts, from + length * (i + 1) / parts))
                .filter(|(a, b)| a < b)
        };
        if self.lines.count >= 8 * threads {
            cut(whole.lines, threads)
                .map(|lines| Part { lines, ..whole })
                .collect()
        } else if self.panels() >= 4 * threads {
            cut(whole.panels, threads)
                .map(|panels| Part { panels, ..whole })
                .collect()
        } else if self.lines.count == 1 {
            cut(whole.pixels, threads)
                .map(|pixels| Part { pixels, ..whole })
                .collect()
        } else {
            cut(whole.lines, threads)
                .map(|lines| Part { lines, ..whole })
                .collect()
        }
    }

    /// # Safety
    /// `output` points at a live map of the shape that the lines were planned for, and no other
    /// part writes the same lines, pixels and panels.
    unsafe fn run(&self, part: Part, output: &OutputPointer) {
        let lines = &self.lines;
        let depth = self.conv.shape.kernel * lines.input_step.max(self.conv.shape.inputs);
        let block = (INPUT_BLOCK / depth.max(1)).max(self.conv.isa.tile_rows());
        let lines_at_once = (block / lines.length.max(1)).max(1);
        let (mut first, last) = part.lines;
        while first < last {
            let next = (first + lines_at_once).min(last);
            let (mut start, end) = part.pixels;
            while start < end {
                let stop = (start + block).min(end);
                for panel in part.panels.0..part.panels.1 {
                    for line in first..next {
                        // SAFETY: the caller's promise.
                        unsafe { self.line(line, (start, stop), panel, output) };
                    }
                }
                start = stop;
            }
            first = next;
        }
    }

    /// One panel over pixels of one line, in tiles of nearly equal size.
    ///
    /// # Safety
    /// As for [`Job::run`].
    #[inline]
    unsafe fn line(
        &self,
        line: usize,
        (start, stop): (usize, usize),
        panel: usize,
        output: &OutputPointer,
    ) {
        let (conv, lines, epilogue) = (self.conv, &self.lines, &self.epilogue);
        let isa = conv.isa;
        let Convolution { inputs, kernel, .. } = conv.shape;
        let depth = row_depth(kernel, inputs, conv.input_stride);
        let channel = panel * isa.panel();
        let (low, high) = epilogue.range();
        let aligned = align_channels(conv.shape.outputs);
        let length = stop - start;
        let tiles = length.div_ceil(isa.tile_rows());
        for tile in 0..tiles {
            let first = start + length * tile / tiles;
            let pixels = start + length * (tile + 1) / tiles - first;
            let read = lines.input_start + line * lines.input_line + first * lines.input_step;
            let write = lines.output_start + line * lines.output_line + first * lines.output_step;
            let rest = lines.residual_start + line * lines.residual_line;
            let end =
                read + (pixels - 1) * lines.input_step + (kernel - 1) * lines.tap_step + depth;
            assert!(end <= self.input.len(), "a tile reads inside the input");
            // SAFETY: `read` to `end` is inside the input: pixel x of line y reads the kernel's
            // rows from (y·stride, x·stride) of the bordered map, and `output` allows just as
            // many pixels as fit; the packed panel holds kernel·depth·panel floats and the bias a
            // panel; `channel + vectors·lanes` ≤ the aligned channels, which is the pixel stride of
            // output and residual.
            unsafe {
                Tile {
                    input: self.input.as_ptr().add(read),
                    input_step: lines.input_step,
                    taps: kernel,
                    tap_step: lines.tap_step,
                    depth,
                    weights: conv.packed.as_ptr().add(channel * kernel * depth),
                    bias: epilogue.bias.as_ptr().add(channel),
                    output: output.0.add(write + channel),
                    output_step: lines.output_step,
                    residual: epilogue.residual.map_or(std::ptr::null(), |data| {
                        data.as_ptr()
                            .add(rest + first * lines.output_step + channel)
                    }),
                    residual_step: lines.output_step,
                    low,
                    high,
                    vectors: ((aligned - channel) / isa.lanes()).min(2),
                    columns: (aligned - channel).min(isa.panel()),
                    residual_first: epilogue.residual_first(),
                }
                .run(isa, pixels);
            }
        }
    }
}
