//! EfficientNet-Lite: the mobile image backbone behind the predictor.
//!
//! - **Computes** a descriptor of a picture: 1280 pooled features, then mean and standard deviation
//!   over the picture of every channel at the end of each of the seven stages (texture, colour and
//!   mood sit in the early ones); and the 1000 ImageNet logits where the classifier is loaded.
//! - **Input** an upright sRGB picture resized to the variant's resolution (Lite0 224, Lite2 260);
//!   values are (v − 127) / 128.
//! - **Output** pooled features in 0..6 (global mean of ReLU6 activations); stage means and logits
//!   unbounded, deviations ≥ 0.
//! - **Source** Tan & Le, "EfficientNet" (2019) with TensorFlow's Lite variants: no squeeze and
//!   excitation, ReLU6, stem and head not widened. TensorFlow SAME padding, batch norm ε 10⁻³.
//! - **Deviations** none in exact arithmetic: batch norm is folded into the convolutions.
//! - **Weights** `efficientnet-lite0-57934424.pth`, `efficientnet-lite2-9656183e.pth`
//!   (Apache-2.0), or the folded, quantised copies that this project embeds.

mod cells;
#[cfg(feature = "train")]
pub mod layers;
mod regions;
#[cfg(feature = "burn")]
pub mod tensors;

pub use cells::{Cells, CellsOf};
use cells::{for_each_pixel, moments};
pub use regions::{Maps, UnitBox};

use affetti_kernels::{
    Activation, Border, Conv, Convolution, Depthwise, Isa, Map, MapShape, Padding, align_channels,
};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;
use serde::{Deserialize, Serialize};

/// Length of the pooled features.
pub const FEATURES: usize = 1280;
/// ImageNet classes.
pub const CLASSES: usize = 1000;
const BATCH_NORM_EPSILON: f64 = 1e-3;
/// (repeats, kernel, stride, expansion, outputs) of the seven stages of Lite0.
const STAGES: [(usize, usize, usize, usize, usize); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];
const STEM: usize = 32;

/// A published size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Variant {
    /// 224 px, 4.7 M parameters.
    #[serde(rename = "efficientnet-lite0")]
    Lite0,
    /// 260 px, 6.1 M parameters.
    #[serde(rename = "efficientnet-lite2")]
    Lite2,
}

impl Variant {
    /// The name on cards and in configs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lite0 => "efficientnet-lite0",
            Self::Lite2 => "efficientnet-lite2",
        }
    }

    /// The variant called `name`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Lite0, Self::Lite2]
            .into_iter()
            .find(|v| v.name() == name)
    }

    /// Side of the square input in pixels.
    #[must_use]
    pub const fn resolution(self) -> usize {
        match self {
            Self::Lite0 => 224,
            Self::Lite2 => 260,
        }
    }

    /// Length of the descriptor.
    #[must_use]
    pub fn descriptor_len(self) -> usize {
        let stages: usize = STAGES
            .iter()
            .map(|&(.., outputs)| self.widen(outputs))
            .sum();
        FEATURES + 2 * stages
    }

    /// Number of stages.
    pub const STAGES: usize = STAGES.len();

    /// How many blocks the first `stages` stages have; all of them from [`Variant::STAGES`] on.
    #[must_use]
    pub fn blocks_of(self, stages: usize) -> usize {
        let blocks = self.blocks();
        let mut ends = blocks.iter().enumerate().filter(|(_, b)| b.ends_stage);
        match stages {
            0 => 0,
            _ => ends.nth(stages - 1).map_or(blocks.len(), |(n, _)| n + 1),
        }
    }

    /// Channels at the end of a stage, 0 to 6.
    #[must_use]
    pub fn stage_channels(self, stage: usize) -> usize {
        self.widen(STAGES[stage].4)
    }

    pub(crate) fn blocks(self) -> Vec<BlockSpec> {
        let mut blocks = Vec::new();
        let mut inputs = STEM;
        for (stage, &(repeats, kernel, stride, expand, outputs)) in STAGES.iter().enumerate() {
            let outputs = self.widen(outputs);
            let last = stage + 1 == STAGES.len();
            let repeats = if stage == 0 || last {
                repeats
            } else {
                self.deepen(repeats)
            };
            for repeat in 0..repeats {
                blocks.push(BlockSpec {
                    inputs,
                    expanded: inputs * expand,
                    outputs,
                    kernel,
                    stride: if repeat == 0 { stride } else { 1 },
                    ends_stage: repeat + 1 == repeats,
                });
                inputs = outputs;
            }
        }
        blocks
    }

    /// All layers with their names in files of ours.
    pub(crate) fn layers(self) -> Vec<(String, Convolution)> {
        let blocks = self.blocks();
        let mut all = trunk(&blocks);
        all.push(("head".to_owned(), head(&blocks)));
        all
    }

    /// Channel count of a wider variant: a multiple of eight, never more than 10 % below.
    fn widen(self, channels: usize) -> usize {
        let wanted = match self {
            Self::Lite0 => return channels,
            Self::Lite2 => channels as f64 * 1.1,
        };
        let rounded = ((wanted + 4.0) as usize / 8 * 8).max(8);
        if (rounded as f64) < 0.9 * wanted {
            rounded + 8
        } else {
            rounded
        }
    }

    fn deepen(self, repeats: usize) -> usize {
        match self {
            Self::Lite0 => repeats,
            Self::Lite2 => (repeats as f64 * 1.2).ceil() as usize,
        }
    }
}

/// An inverted residual block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockSpec {
    inputs: usize,
    expanded: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    pub(crate) ends_stage: bool,
}

/// The first layer.
pub(crate) const STEM_LAYER: Convolution = Convolution::new(3, STEM, 3)
    .stride(2)
    .border(Border::Same)
    .act(Activation::Relu6);

/// The last layer, behind the last of `blocks`.
fn head(blocks: &[BlockSpec]) -> Convolution {
    let inputs = blocks.last().map_or(STEM, |block| block.outputs);
    Convolution::new(inputs, FEATURES, 1).act(Activation::Relu6)
}

impl BlockSpec {
    /// None where there is nothing to widen.
    pub(crate) fn expand(&self) -> Option<Convolution> {
        let layer = Convolution::new(self.inputs, self.expanded, 1).act(Activation::Relu6);
        (self.expanded != self.inputs).then_some(layer)
    }

    pub(crate) fn depthwise(&self) -> Convolution {
        Convolution::depthwise(self.expanded, self.kernel)
            .stride(self.stride)
            .border(Border::Same)
            .act(Activation::Relu6)
    }

    pub(crate) fn project(&self) -> Convolution {
        Convolution::new(self.expanded, self.outputs, 1)
    }

    /// Whether what comes in is added to what goes out.
    pub(crate) fn skips(&self) -> bool {
        self.stride == 1 && self.inputs == self.outputs
    }

    /// The border that the depthwise layer wants.
    pub(crate) fn padding(&self, height: usize, width: usize) -> Padding {
        self.depthwise().at(height, width).padding
    }
}

/// The stem and the layers of `blocks`, with their names in files of ours.
pub(crate) fn trunk(blocks: &[BlockSpec]) -> Vec<(String, Convolution)> {
    let mut all = vec![("stem".to_owned(), STEM_LAYER)];
    for (n, block) in blocks.iter().enumerate() {
        let name = |part: &str| format!("blocks.{n}.{part}");
        all.extend(block.expand().map(|layer| (name("expand"), layer)));
        all.push((name("depthwise"), block.depthwise()));
        all.push((name("project"), block.project()));
    }
    all
}

/// All folded weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(crate) variant: Variant,
    /// As [`Variant::layers`].
    pub(crate) layers: Vec<Folded>,
    pub(crate) classifier: Option<Folded>,
}

impl Weights {
    /// The size.
    #[must_use]
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Folds the published PyTorch tensors. The classifier is kept where `classifier` is true.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(
        variant: Variant,
        tensors: Tensors,
        classifier: bool,
    ) -> Result<Self, NetError> {
        let mut taker = tensors.take_for(variant.name());
        taker.ignore(|name| name.ends_with(".num_batches_tracked"));
        let layers = variant.layers().into_iter().map(|(name, layer)| {
            let (conv, norm) = published(&name);
            let (shape, epsilon) = (layer.weight_shape(), BATCH_NORM_EPSILON);
            let tensors = taker.normed((&conv, &norm), shape, layer.outputs, epsilon);
            tensors.folded()
        });
        let layers = layers.collect();
        let classes = taker.folded("_fc", &[CLASSES, FEATURES]);
        taker.finish()?;
        Ok(Self {
            variant,
            layers,
            classifier: classifier.then_some(classes),
        })
    }

    /// The tensors that [`Weights::from_folded`] reads.
    #[must_use]
    pub fn to_folded(&self) -> Tensors {
        let mut tensors = Tensors::default();
        for ((name, layer), folded) in self.variant.layers().iter().zip(&self.layers) {
            folded.put(&mut tensors, name, &layer.weight_shape());
        }
        if let Some(classifier) = &self.classifier {
            classifier.put(&mut tensors, "classifier", &[CLASSES, FEATURES]);
        }
        tensors
    }

    /// Reads what [`Weights::to_folded`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_folded(variant: Variant, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for(variant.name());
        let layers = variant.layers().into_iter();
        let layers = layers.map(|(name, layer)| taker.folded(&name, &layer.weight_shape()));
        let layers = layers.collect();
        let classifier = taker
            .has("classifier.weight")
            .then(|| taker.folded("classifier", &[CLASSES, FEATURES]));
        taker.finish()?;
        Ok(Self {
            variant,
            layers,
            classifier,
        })
    }
}

/// The published names of a convolution and its norm.
fn published(name: &str) -> (String, String) {
    let Some((block, part)) = name.rsplit_once('.') else {
        let norm = if name == "stem" { "_bn0" } else { "_bn1" };
        return (format!("_conv_{name}"), norm.to_owned());
    };
    let norm = match part {
        "expand" => "_bn0",
        "depthwise" => "_bn1",
        _ => "_bn2",
    };
    (format!("_{block}._{part}_conv"), format!("_{block}.{norm}"))
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct EfficientNetLite {
    variant: Variant,
    stem: Conv,
    blocks: Vec<Block>,
    head: Conv,
    classifier: Option<Conv>,
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    spec: BlockSpec,
    expand: Option<Conv>,
    depthwise: Depthwise,
    project: Conv,
}

/// Which map a pass shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Stage,
    Head,
}

/// The buffers of one forward pass, reused from picture to picture.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(crate) input: Map,
    pub(crate) current: Map,
    expanded: Map,
    filtered: Map,
    pub(crate) next: Map,
}

impl EfficientNetLite {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        Self::with_isa(weights, Isa::detect())
    }

    /// Packs `weights` for `isa`.
    #[must_use]
    pub fn with_isa(weights: &Weights, isa: Isa) -> Self {
        let (blocks, mut layers) = (weights.variant.blocks(), weights.layers.iter());
        let classes = Convolution::new(FEATURES, CLASSES, 1);
        Self {
            variant: weights.variant,
            stem: pack(STEM_LAYER, next(&mut layers), isa),
            blocks: blocks
                .iter()
                .map(|spec| Block::new(*spec, &mut layers, isa))
                .collect(),
            head: pack(head(&blocks), next(&mut layers), isa),
            classifier: weights
                .classifier
                .as_ref()
                .map(|folded| pack(classes, folded, isa)),
        }
    }

    /// The size.
    #[must_use]
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// The descriptor of `picture` ([`Variant::descriptor_len`] values, the [`FEATURES`] pooled
    /// ones first). The picture is usually resized to [`Variant::resolution`] squared before; any
    /// size of at least one pixel works.
    #[must_use]
    pub fn describe(&self, picture: &Picture, work: &mut Workspace, threads: usize) -> Vec<f32> {
        let mut descriptor = vec![0.0; FEATURES];
        self.forward(picture, work, threads, |part, map| {
            let (mean, deviation) = moments(map);
            match part {
                Part::Stage => {
                    descriptor.extend(mean);
                    descriptor.extend(deviation);
                }
                Part::Head => descriptor[..FEATURES].copy_from_slice(&mean),
            }
        });
        descriptor
    }

    /// The map at the end of stage `stages` (1 to [`Variant::STAGES`]; more are the last) with its
    /// height, width and channels: what [`crate::efficientnet_lite::layers::LiteTop`] goes on from.
    #[must_use]
    pub fn stage_map(
        &self,
        picture: &Picture,
        stages: usize,
        work: &mut Workspace,
        threads: usize,
    ) -> ([usize; 3], Vec<f32>) {
        let last = self.variant.blocks_of(stages.max(1));
        self.run_blocks(picture, last, work, threads, |_, _| ());
        let shape = work.current.shape();
        let mut values = Vec::with_capacity(shape.height * shape.width * shape.channels);
        for_each_pixel(&work.current, |pixel| values.extend_from_slice(pixel));
        ([shape.height, shape.width, shape.channels], values)
    }

    /// Stem and the first `last` blocks; `visit` sees the map at the end of every stage. The last
    /// one is left in `work.current`.
    fn run_blocks(
        &self,
        picture: &Picture,
        last: usize,
        work: &mut Workspace,
        threads: usize,
        mut visit: impl FnMut(Part, &Map),
    ) {
        self.load(picture, &mut work.input);
        stem(&self.stem, self.blocks.first(), work, threads);
        for (n, block) in self.blocks.iter().enumerate().take(last) {
            block.run(work, self.blocks.get(n + 1), threads);
            std::mem::swap(&mut work.current, &mut work.next);
            if block.spec.ends_stage {
                visit(Part::Stage, &work.current);
            }
        }
    }

    /// One pass over `picture`; `visit` sees the map at the end of every stage, then the head's.
    fn forward(
        &self,
        picture: &Picture,
        work: &mut Workspace,
        threads: usize,
        mut visit: impl FnMut(Part, &Map),
    ) {
        self.run_blocks(picture, self.blocks.len(), work, threads, &mut visit);
        work.next.reshape(self.head.output(&work.current.shape()));
        self.head.run(&work.current, None, &mut work.next, threads);
        visit(Part::Head, &work.next);
    }

    /// The [`CLASSES`] ImageNet logits for a descriptor; none without a classifier.
    #[must_use]
    pub fn logits(&self, descriptor: &[f32]) -> Option<Vec<f32>> {
        let classifier = self.classifier.as_ref()?;
        let (mut input, mut output) = (Map::default(), Map::default());
        input
            .reshape(MapShape::new(1, 1, FEATURES))
            .copy_from_slice(&descriptor[..FEATURES]);
        output.reshape(MapShape::new(1, 1, CLASSES));
        classifier.run(&input, None, &mut output, 1);
        Some(output.pixel(0, 0).to_vec())
    }

    fn load(&self, picture: &Picture, input: &mut Map) {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let border = STEM_LAYER.at(height, width).padding;
        let shape = MapShape::picture(height, width, 3).padded(border);
        let data = input.reshape(shape);
        for (y, line) in picture.pixels().chunks_exact(3 * width).enumerate() {
            let start = shape.offset(y, 0);
            let out = data[start..start + 4 * width].chunks_exact_mut(4);
            for (out, pixel) in out.zip(line.chunks_exact(3)) {
                for (out, &value) in out.iter_mut().zip(pixel) {
                    *out = (f32::from(value) - 127.0) / 128.0;
                }
                out[3] = 0.0;
            }
        }
    }
}

/// The weights of the next layer.
pub(crate) fn next<'a>(layers: &mut std::slice::Iter<'a, Folded>) -> &'a Folded {
    layers.next().expect("weights have every layer")
}

/// Packs a dense convolution; one of three inputs is taken to read a picture.
pub(crate) fn pack(layer: Convolution, folded: &Folded, isa: Isa) -> Conv {
    let pixel = if layer.inputs == 3 {
        4
    } else {
        align_channels(layer.inputs)
    };
    Conv::new(layer, pixel, &folded.weight, &folded.bias, isa)
}

/// Runs the first layer to `work.current`, with the border that the `first` block wants.
pub(crate) fn stem(stem: &Conv, first: Option<&Block>, work: &mut Workspace, threads: usize) {
    let to = stem.output(&work.input.shape());
    let border = first.map(|block| block.spec.padding(to.height, to.width));
    work.current.reshape(to.padded(border.unwrap_or_default()));
    stem.run(&work.input, None, &mut work.current, threads);
}

impl Block {
    pub(crate) fn new(
        spec: BlockSpec,
        layers: &mut std::slice::Iter<'_, Folded>,
        isa: Isa,
    ) -> Self {
        let expand = spec.expand();
        let expand = expand.map(|layer| pack(layer, next(layers), isa));
        let Folded { weight, bias } = next(layers);
        Self {
            spec,
            expand,
            depthwise: Depthwise::new(spec.depthwise(), weight, bias, isa),
            project: pack(spec.project(), next(layers), isa),
        }
    }

    /// `work.current` → `work.next`. A map gets the border that its depthwise reader needs when it
    /// is written; only a block without expansion reads `current` by a depthwise convolution.
    pub(crate) fn run(&self, work: &mut Workspace, following: Option<&Self>, threads: usize) {
        let source = if let Some(expand) = &self.expand {
            let to = expand.output(&work.current.shape());
            let border = self.spec.padding(to.height, to.width);
            work.expanded.reshape(to.padded(border));
            expand.run(&work.current, None, &mut work.expanded, threads);
            &work.expanded
        } else {
            &work.current
        };
        work.filtered
            .reshape(self.depthwise.output(&source.shape()));
        self.depthwise.run(source, &mut work.filtered, threads);
        let to = self.project.output(&work.filtered.shape());
        let border = following
            .filter(|next| next.expand.is_none())
            .map(|next| next.spec.padding(to.height, to.width));
        work.next.reshape(to.padded(border.unwrap_or_default()));
        let residual = self.spec.skips().then_some(&work.current);
        self.project
            .run(&work.filtered, residual, &mut work.next, threads);
    }
}
