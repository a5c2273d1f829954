//! The edge network: how likely people see a boundary at each pixel.
//!
//! - **Computes** the trunk of EfficientNet-Lite0 up to stride 16, and from its maps at strides 16,
//!   8, 4 and 2 a narrow decoder from coarse to fine; the last layer writes the four pixels of each
//!   2 × 2 cell, so that nothing wide runs at full size.
//! - **Input** an upright sRGB picture of any size, (v − 127) / 128, mirrored at the lower and right
//!   side to multiples of 16.
//! - **Output** `[height, width]`, 0..1.
//! - **Source** ours. The trunk is that of Tan & Le (2019); decoders that add coarse maps to finer
//!   ones: Lin et al., "Feature Pyramid Networks" (2017); four pixels per cell: Shi et al.,
//!   "Real-Time Single Image and Video Super-Resolution" (2016).
//! - **Deviations** none from the training network (`edge_layers`) beyond rounding.
//! - **Weights** `edges-1` of this project.
//! - **Memory** about 250 bytes a pixel.

#[cfg(feature = "train")]
pub mod layers;

use crate::efficientnet_lite::{
    Block, BlockSpec, FoldedBlock, Variant, Workspace as TrunkWorkspace, pack,
};
use affetti_kernels::upsample::upsample_map;
use affetti_kernels::{Activation, Conv, Isa, Map, MapShape, Padding};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Tensor, Tensors};

/// Sides are padded to multiples of this.
pub const CELL: usize = 16;
/// Blocks of the trunk: the stages up to stride 16.
pub(crate) const BLOCKS: usize = 11;
/// The blocks whose outputs the decoder reads: strides 2, 4, 8 and 16.
pub(crate) const TAPS: [usize; 4] = [0, 2, 4, BLOCKS - 1];
const STEM: usize = 32;

/// One convolution of the decoder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// A rectifier follows.
    pub(crate) rectified: bool,
}

const fn part(
    name: &'static str,
    [inputs, outputs]: [usize; 2],
    kernel: usize,
    rectified: bool,
) -> Part {
    Part {
        name,
        inputs,
        outputs,
        kernel,
        stride: 1,
        rectified,
    }
}

pub(crate) const COARSE: usize = 0;
pub(crate) const CONTEXT: usize = 1;
/// (what the trunk adds, what follows the sum) at strides 8 and 4.
pub(crate) const STEPS: [(usize, usize); 2] = [(2, 3), (4, 5)];
pub(crate) const LATERAL: usize = 6;
pub(crate) const DETAIL: usize = 7;
pub(crate) const REFINE: usize = 8;
pub(crate) const HEAD: usize = 9;

/// The decoder. Widths are multiples of 16 because the kernels work in sixteens.
pub(crate) const PARTS: [Part; 10] = [
    part("coarse", [112, 48], 1, true),
    part("context", [48, 48], 3, true),
    part("lateral8", [40, 48], 1, false),
    part("refine8", [48, 32], 3, true),
    part("lateral4", [24, 32], 1, false),
    part("refine4", [32, 32], 3, true),
    part("lateral2", [16, 32], 1, false),
    // Straight from the picture: the trunk's stride 2 map has lost where in its cell a line is.
    Part {
        stride: 2,
        ..part("detail", [3, 32], 3, true)
    },
    part("refine2", [32, 16], 3, true),
    part("head", [16, 4], 3, false),
];

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(crate) stem: Folded,
    pub(crate) blocks: Vec<FoldedBlock>,
    /// As [`PARTS`].
    pub(crate) parts: Vec<Folded>,
}

fn blocks() -> Vec<BlockSpec> {
    let mut blocks = Variant::Lite0.blocks();
    blocks.truncate(BLOCKS);
    blocks
}

impl Weights {
    /// Reads what [`Weights::to_tensors`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_tensors(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("the edge network");
        let mut get = |name: &str, shape: [usize; 4]| Folded {
            weight: taker.take(&format!("{name}.weight"), &shape),
            bias: taker.take(&format!("{name}.bias"), &shape[..1]),
        };
        let stem = get("stem", [STEM, 3, 3, 3]);
        let blocks = blocks().into_iter().enumerate().map(|(n, s)| {
            let name = |part: &str| format!("blocks.{n}.{part}");
            let expand = (s.expanded != s.inputs)
                .then(|| get(&name("expand"), [s.expanded, s.inputs, 1, 1]));
            let depthwise = get(&name("depthwise"), [s.expanded, 1, s.kernel, s.kernel]);
            let project = get(&name("project"), [s.outputs, s.expanded, 1, 1]);
            (expand, depthwise, project)
        });
        let blocks = blocks.collect();
        let parts = PARTS
            .iter()
            .map(|p| get(p.name, [p.outputs, p.inputs, p.kernel, p.kernel]));
        let parts = parts.collect();
        taker.finish()?;
        Ok(Self {
            stem,
            blocks,
            parts,
        })
    }

    /// The tensors that [`Weights::from_tensors`] reads.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        let mut tensors = Tensors::default();
        let mut put = |name: &str, folded: &Folded, [inputs, height, width]: [usize; 3]| {
            let outputs = folded.bias.len();
            let mut insert = |part: &str, shape, data: &[f32]| {
                let data = data.to_vec();
                let name = format!("{name}.{part}");
                tensors.map.insert(name, Tensor { shape, data });
            };
            let shape = vec![outputs, inputs, height, width];
            insert("weight", shape, &folded.weight);
            insert("bias", vec![outputs], &folded.bias);
        };
        put("stem", &self.stem, [3, 3, 3]);
        for (n, (s, (expand, depthwise, project))) in blocks().iter().zip(&self.blocks).enumerate()
        {
            let name = |part: &str| format!("blocks.{n}.{part}");
            if let Some(expand) = expand {
                put(&name("expand"), expand, [s.inputs, 1, 1]);
            }
            put(&name("depthwise"), depthwise, [1, s.kernel, s.kernel]);
            put(&name("project"), project, [s.expanded, 1, 1]);
        }
        for (p, folded) in PARTS.iter().zip(&self.parts) {
            put(p.name, folded, [p.inputs, p.kernel, p.kernel]);
        }
        tensors
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct EdgeNet {
    stem: Conv,
    blocks: Vec<Block>,
    parts: Vec<Conv>,
}

/// The buffers of one forward pass, reused from picture to picture.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    trunk: TrunkWorkspace,
    taps: [Map; TAPS.len()],
    enlarged: Map,
    sum: Map,
    current: Map,
}

impl EdgeNet {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        Self::with_isa(weights, Isa::detect())
    }

    /// Packs `weights` for `isa`.
    #[must_use]
    pub fn with_isa(weights: &Weights, isa: Isa) -> Self {
        let trunk = blocks().into_iter().zip(&weights.blocks);
        let parts = PARTS.iter().zip(&weights.parts).map(|(p, folded)| {
            let activation = if p.rectified {
                Activation::Relu
            } else {
                Activation::Identity
            };
            pack(folded, p.kernel, p.stride, activation, isa)
        });
        Self {
            stem: pack(&weights.stem, 3, 2, Activation::Relu6, isa),
            blocks: trunk
                .map(|(spec, folded)| Block::new(spec, folded, isa))
                .collect(),
            parts: parts.collect(),
        }
    }

    /// The chance of a boundary at each pixel, `[height, width]` in 0..=1.
    #[must_use]
    pub fn edges(&self, picture: &Picture, work: &mut Workspace, threads: usize) -> Vec<f32> {
        load(picture, &mut work.trunk.input);
        self.encode(work, threads);
        self.decode(work, threads);
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut strength = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let cell = work.current.pixel(y / 2, x / 2);
                strength.push(1.0 / (1.0 + (-cell[2 * (y % 2) + x % 2]).exp()));
            }
        }
        strength
    }

    /// The trunk; leaves its maps in `work.taps`.
    fn encode(&self, work: &mut Workspace, threads: usize) {
        let trunk = &mut work.trunk;
        let (height, width) = self.stem.output_size(&trunk.input.shape());
        let first = self.blocks.first();
        let border = first.map_or(Padding::default(), |b| b.spec.padding(height, width));
        trunk
            .current
            .reshape(MapShape::new(height, width, STEM).padded(border));
        self.stem
            .run(&trunk.input, None, &mut trunk.current, threads);
        for (n, block) in self.blocks.iter().enumerate() {
            block.run(trunk, self.blocks.get(n + 1), threads);
            std::mem::swap(&mut trunk.current, &mut trunk.next);
            if let Some(tap) = TAPS.iter().position(|&tap| tap == n) {
                let from = &trunk.current;
                let to = work.taps[tap].reshape(from.shape());
                to.copy_from_slice(from.data());
            }
        }
    }

    /// From `work.taps` to four logits a cell in `work.current`.
    fn decode(&self, work: &mut Workspace, threads: usize) {
        let Workspace {
            trunk,
            taps: [taps2, taps4, taps8, taps16],
            enlarged,
            sum,
            current,
        } = work;
        let run = |part: usize, input: &Map, rest: Option<&Map>, to: &mut Map, border: usize| {
            let conv = &self.parts[part];
            let (height, width) = conv.output_size(&input.shape());
            let shape = MapShape::new(height, width, conv.shape().outputs);
            to.reshape(shape.padded(Padding::all(border)));
            conv.run(input, rest, to, threads);
        };
        let enlarge = |from: &Map, to: &mut Map| {
            let shape = from.shape();
            let size = MapShape::new(2 * shape.height, 2 * shape.width, shape.channels);
            to.reshape(size);
            upsample_map(from, to, threads);
        };
        run(COARSE, taps16, None, sum, 1);
        run(CONTEXT, sum, None, current, 0);
        for ((lateral, refine), tap) in STEPS.into_iter().zip([taps8, taps4]) {
            enlarge(current, enlarged);
            run(lateral, tap, Some(enlarged), sum, 1);
            run(refine, sum, None, current, 0);
        }
        enlarge(current, enlarged);
        run(LATERAL, taps2, Some(enlarged), current, 0);
        run(DETAIL, &trunk.input, Some(current), sum, 1);
        run(REFINE, sum, None, enlarged, 1);
        run(HEAD, enlarged, None, current, 0);
    }
}

/// Writes the padded picture, four floats a pixel, with the border that both readers need.
fn load(picture: &Picture, input: &mut Map) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (rows, columns) = (height.next_multiple_of(CELL), width.next_multiple_of(CELL));
    let border = Padding::same(rows, columns, 3, 2);
    let shape = MapShape::picture(rows, columns, 3).padded(border);
    let data = input.reshape(shape);
    for row in 0..rows {
        let line = &picture.pixels()[3 * width * mirror(row, height)..][..3 * width];
        let out = &mut data[shape.offset(row, 0)..][..4 * columns];
        for (column, out) in out.chunks_exact_mut(4).enumerate() {
            let pixel = &line[3 * mirror(column, width)..][..3];
            for (out, &value) in out.iter_mut().zip(pixel) {
                *out = (f32::from(value) - 127.0) / 128.0;
            }
            out[3] = 0.0;
        }
    }
}

/// The place inside of `0..length` that `place` mirrors; any distance is good, because a picture
/// may be smaller than its padding.
fn mirror(place: usize, length: usize) -> usize {
    let place = place % (2 * length);
    place.min(2 * length - 1 - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrored_places() {
        let places: Vec<usize> = (0..8).map(|place| mirror(place, 3)).collect();
        assert_eq!(places, [0, 1, 2, 2, 1, 0, 0, 1]);
        assert_eq!(mirror(15, 1), 0);
    }

    #[test]
    fn weights_are_small() {
        // Half precision has to stay below 2 MB.
        let trunk: usize = blocks()
            .iter()
            .map(|s| {
                let expand = if s.expanded == s.inputs { 0 } else { s.inputs };
                s.expanded * (expand + s.kernel * s.kernel + s.outputs)
            })
            .sum();
        let decoder = PARTS
            .iter()
            .map(|p| p.inputs * p.outputs * p.kernel * p.kernel);
        let all = trunk + decoder.sum::<usize>();
        assert!(2 * all < 1_600_000, "{all}");
    }
}
