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
    Block, BlockSpec, STEM_LAYER, Variant, Workspace as TrunkWorkspace, next, pack, stem, trunk,
};
use crate::layer_list::{self, Layers};
use affetti_kernels::upsample::upsample_map;
use affetti_kernels::{Activation, Border, Conv, Convolution, Isa, Map, MapShape, Order, Padding};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;

/// Sides are padded to multiples of this.
pub const CELL: usize = 16;
/// Blocks of the trunk: the stages up to stride 16.
pub(crate) const BLOCKS: usize = 11;
/// The blocks whose outputs the decoder reads: strides 2, 4, 8 and 16.
pub(crate) const TAPS: [usize; 4] = [0, 2, 4, BLOCKS - 1];

pub(crate) const COARSE: usize = 0;
pub(crate) const CONTEXT: usize = 1;
/// (what the trunk adds, what follows the sum) at strides 8 and 4.
pub(crate) const STEPS: [(usize, usize); 2] = [(2, 3), (4, 5)];
pub(crate) const LATERAL: usize = 6;
pub(crate) const DETAIL: usize = 7;
pub(crate) const REFINE: usize = 8;
pub(crate) const HEAD: usize = 9;

/// The decoder with its names. Widths are multiples of 16 because the kernels work in sixteens.
pub(crate) const PARTS: [(&str, Convolution); 10] = [
    ("coarse", layer(112, 48, 1).act(Activation::Relu)),
    ("context", layer(48, 48, 3).act(Activation::Relu)),
    ("lateral8", layer(40, 48, 1)),
    ("refine8", layer(48, 32, 3).act(Activation::Relu)),
    ("lateral4", layer(24, 32, 1)),
    ("refine4", layer(32, 32, 3).act(Activation::Relu)),
    ("lateral2", layer(16, 32, 1)),
    ("detail", DETAIL_LAYER),
    ("refine2", layer(32, 16, 3).act(Activation::Relu)),
    ("head", layer(16, 4, 3)),
];

/// Straight from the picture: the trunk's stride 2 map has lost where in its cell a line is.
const DETAIL_LAYER: Convolution = layer(3, 32, 3)
    .stride(2)
    .act(Activation::Relu)
    .order(Order::ResidualLast);

pub(crate) const fn layer(inputs: usize, outputs: usize, kernel: usize) -> Convolution {
    Convolution::new(inputs, outputs, kernel).border(Border::Same)
}

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    /// As [`layers`].
    pub(crate) layers: Vec<Folded>,
}

fn blocks() -> Vec<BlockSpec> {
    let mut blocks = Variant::Lite0.blocks();
    blocks.truncate(BLOCKS);
    blocks
}

/// All layers with their names: those of the trunk, then [`PARTS`].
fn layers() -> Layers {
    let mut layers = trunk(&blocks());
    layers.extend(PARTS.map(|(name, layer)| (name.to_owned(), layer)));
    layers
}

impl Weights {
    /// Reads what [`Weights::to_tensors`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_tensors(tensors: Tensors) -> Result<Self, NetError> {
        let layers = layer_list::read(tensors, "the edge network", &layers())?;
        Ok(Self { layers })
    }

    /// The tensors that [`Weights::from_tensors`] reads.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        layer_list::write(&layers(), &self.layers)
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
        let mut layers = weights.layers.iter();
        let stem = pack(STEM_LAYER, next(&mut layers), isa);
        let blocks = blocks().into_iter();
        let blocks = blocks.map(|spec| Block::new(spec, &mut layers, isa));
        Self {
            stem,
            blocks: blocks.collect(),
            parts: PARTS
                .iter()
                .map(|(_, layer)| pack(*layer, next(&mut layers), isa))
                .collect(),
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
        stem(&self.stem, self.blocks.first(), trunk, threads);
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
            to.reshape(conv.output(&input.shape()).padded(Padding::all(border)));
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
    let border = STEM_LAYER.at(rows, columns).padding;
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
        let weights =
            |(_, layer): &(String, Convolution)| layer.weight_shape().iter().product::<usize>();
        let all: usize = layers().iter().map(weights).sum();
        assert!(2 * all < 1_600_000, "{all}");
    }
}
