//! A transformer that reads: BERT's encoder.
//!
//! - **Computes** a vector for each piece of a text: words and places, layer norm, then blocks of
//!   attention and MLP, each added to what came in and normalised after that.
//! - **Input** ids of pieces ([`crate::text::wordpiece`]), texts of one length. **Output** `[texts,
//!   pieces, width]`, unbounded.
//! - **Source** Devlin et al., "BERT" (2019); Wang et al., "MiniLM" (2020) for the sizes.
//! - **Deviations** texts of one batch have one length instead of padding and a mask: no number is
//!   computed for nothing. The second kind of segment, which single sentences have not, is left out.
//! - **Weights** MiniLM-L6, imported; trained on for sentences about pictures by this project.

use affetti_kernels::attention::Attention;
use affetti_kernels::gelu::gelu;
use affetti_kernels::layer_norm::layer_norm;
use affetti_kernels::{Batch, Epilogue, ForwardWeights, Geometry, Isa, Padding};
use affetti_weights::NetError;
use affetti_weights::tensors::{Taker, Tensor, Tensors};
use serde::{Deserialize, Serialize};

/// BERT's ε.
pub(crate) const EPSILON: f32 = 1e-12;

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Pieces that are known.
    pub pieces: usize,
    /// Pieces of the longest text.
    pub places: usize,
    /// Floats of a piece.
    pub width: usize,
    /// Divides the width.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Floats inside of an MLP.
    pub wide: usize,
}

impl Shape {
    /// Numbers of its matrices, at least: a file with fewer is none of such a network, and is refused before
    /// memory is taken for what it lacks.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.width * (self.pieces + self.places + self.layers * (4 * self.width + 2 * self.wide))
    }

    /// MiniLM with six layers, 23 M parameters.
    pub const MINILM: Self = Self {
        pieces: 30_522,
        places: 512,
        width: 384,
        heads: 12,
        layers: 6,
        wide: 1536,
    };

    /// Whether a network of these sizes can be built, and is none that a hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        let within = |size: usize, most: usize| (1..=most).contains(&size);
        within(self.pieces, 1 << 17)
            && within(self.places, 4096)
            && within(self.width, 2048)
            && within(self.heads, 64)
            && within(self.layers, 48)
            && within(self.wide, 8192)
            && self.width.is_multiple_of(self.heads)
    }

    /// Every tensor of our files and its shape.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let Self { width, wide, .. } = *self;
        let mut all = vec![
            ("words".to_owned(), vec![self.pieces, width]),
            ("places".to_owned(), vec![self.places, width]),
        ];
        let norm = |name: String, all: &mut Vec<_>| {
            all.push((format!("{name}.gamma"), vec![width]));
            all.push((format!("{name}.beta"), vec![width]));
        };
        norm("norm".to_owned(), &mut all);
        for n in 0..self.layers {
            for (part, outputs, inputs) in [
                ("project", 3 * width, width),
                ("merge", width, width),
                ("widen", wide, width),
                ("narrow", width, wide),
            ] {
                all.push((format!("blocks.{n}.{part}.weight"), vec![outputs, inputs]));
                all.push((format!("blocks.{n}.{part}.beta"), vec![outputs]));
            }
            norm(format!("blocks.{n}.attended"), &mut all);
            norm(format!("blocks.{n}.thought"), &mut all);
        }
        all
    }
}

/// Our tensors from BERT's by their published names; the first segment is in the places.
///
/// # Errors
/// [`NetError::Mismatch`] with every missing, extra or misshapen tensor.
pub fn from_published(shape: Shape, tensors: Tensors) -> Result<Tensors, NetError> {
    let Shape { width, wide, .. } = shape;
    let mut taker = tensors.take_for("BERT's encoder");
    taker.ignore(|name| name.ends_with("position_ids") || name.starts_with("pooler."));
    let mut ours = Tensors::default();
    let mut put = |name: String, shape: &[usize], data: Vec<f32>| {
        let shape = shape.to_vec();
        ours.map.insert(name, Tensor { shape, data });
    };
    let words = [shape.pieces, width];
    put(
        "words".into(),
        &words,
        taker.take("embeddings.word_embeddings.weight", &words),
    );
    let places = [shape.places, width];
    let mut at = taker.take("embeddings.position_embeddings.weight", &places);
    let segments = taker.take("embeddings.token_type_embeddings.weight", &[2, width]);
    for row in at.chunks_exact_mut(width) {
        row.iter_mut().zip(&segments).for_each(|(x, s)| *x += s);
    }
    put("places".into(), &places, at);
    let norm =
        |to: String, from: String, taker: &mut Taker, put: &mut dyn FnMut(_, &[usize], _)| {
            for (ours, theirs) in [("gamma", "weight"), ("beta", "bias")] {
                let values = taker.take(&format!("{from}.LayerNorm.{theirs}"), &[width]);
                put(format!("{to}.{ours}"), &[width], values);
            }
        };
    norm("norm".into(), "embeddings".into(), &mut taker, &mut put);
    for n in 0..shape.layers {
        let from = |part: &str| format!("encoder.layer.{n}.{part}");
        let parts = ["query", "key", "value"].map(|part| from(&format!("attention.self.{part}")));
        let mut join = |kind: &str, sizes: &[usize]| -> Vec<f32> {
            let all = parts
                .iter()
                .map(|part| taker.take(&format!("{part}.{kind}"), sizes));
            all.collect::<Vec<_>>().concat()
        };
        let (weight, bias) = (join("weight", &[width, width]), join("bias", &[width]));
        put(
            format!("blocks.{n}.project.weight"),
            &[3 * width, width],
            weight,
        );
        put(format!("blocks.{n}.project.beta"), &[3 * width], bias);
        for (ours, theirs, outputs, inputs) in [
            ("merge", "attention.output.dense", width, width),
            ("widen", "intermediate.dense", wide, width),
            ("narrow", "output.dense", width, wide),
        ] {
            let weight = taker.take(&from(&format!("{theirs}.weight")), &[outputs, inputs]);
            let bias = taker.take(&from(&format!("{theirs}.bias")), &[outputs]);
            put(
                format!("blocks.{n}.{ours}.weight"),
                &[outputs, inputs],
                weight,
            );
            put(format!("blocks.{n}.{ours}.beta"), &[outputs], bias);
        }
        norm(
            format!("blocks.{n}.attended"),
            from("attention.output"),
            &mut taker,
            &mut put,
        );
        norm(
            format!("blocks.{n}.thought"),
            from("output"),
            &mut taker,
            &mut put,
        );
    }
    taker.finish()?;
    Ok(ours)
}

/// A linear layer, packed.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    weights: ForwardWeights,
    bias: Vec<f32>,
    inputs: usize,
    pub(crate) outputs: usize,
}

impl Dense {
    /// `weight` is `[outputs, inputs]`.
    pub(crate) fn new(weight: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        let outputs = weight.len() / inputs.max(1);
        let geometry = Geometry {
            inputs,
            outputs,
            kernel: 1,
            stride: 1,
            padding: Padding::default(),
        };
        Self {
            weights: ForwardWeights::new(geometry, weight, Isa::detect()),
            bias,
            inputs,
            outputs,
        }
    }

    pub(crate) fn take(taker: &mut Taker, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = taker.take(&format!("{name}.weight"), &[outputs, inputs]);
        let bias = taker.take(&format!("{name}.beta"), &[outputs]);
        Self::new(&weight, bias, inputs)
    }

    /// `x · wᵀ + bias + residual` of rows.
    pub(crate) fn run(&self, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let rows = x.len() / self.inputs;
        let mut out = vec![0.0; rows * self.outputs];
        let epilogue = Epilogue {
            bias: &self.bias,
            residual,
            ..Epilogue::default()
        };
        let shape = Batch::new([1, 1, rows, self.inputs]);
        self.weights.run(shape, x, epilogue, &mut out);
        out
    }
}

#[derive(Clone, Debug)]
struct Norm([Vec<f32>; 2]);

impl Norm {
    fn take(taker: &mut Taker, name: &str, width: usize) -> Self {
        Self(["gamma", "beta"].map(|part| taker.take(&format!("{name}.{part}"), &[width])))
    }

    fn run(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        layer_norm(x, (&self.0[0], &self.0[1]), EPSILON, &mut out);
        out
    }
}

#[derive(Clone, Debug)]
struct Block {
    project: Dense,
    merge: Dense,
    attended: Norm,
    widen: Dense,
    narrow: Dense,
    thought: Norm,
}

/// The network for inference.
#[derive(Clone, Debug)]
pub struct Transformer {
    shape: Shape,
    words: Vec<f32>,
    places: Vec<f32>,
    norm: Norm,
    blocks: Vec<Block>,
}

impl Transformer {
    /// From our tensors; others are left in `taker`.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub(crate) fn take(shape: Shape, taker: &mut Taker) -> Result<Self, &'static str> {
        if !shape.sound() {
            return Err("its sizes are not those of a network");
        }
        let Shape { width, wide, .. } = shape;
        let block = |n: usize, taker: &mut Taker| {
            let name = |part: &str| format!("blocks.{n}.{part}");
            Block {
                project: Dense::take(taker, &name("project"), width, 3 * width),
                merge: Dense::take(taker, &name("merge"), width, width),
                attended: Norm::take(taker, &name("attended"), width),
                widen: Dense::take(taker, &name("widen"), width, wide),
                narrow: Dense::take(taker, &name("narrow"), wide, width),
                thought: Norm::take(taker, &name("thought"), width),
            }
        };
        Ok(Self {
            shape,
            words: taker.take("words", &[shape.pieces, width]),
            places: taker.take("places", &[shape.places, width]),
            norm: Norm::take(taker, "norm", width),
            blocks: (0..shape.layers).map(|n| block(n, taker)).collect(),
        })
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Vectors of all pieces, `[texts, pieces, width]`, of texts of one length, which is at most that
    /// of the places.
    ///
    /// # Panics
    /// Where texts differ in length, are too long or hold unknown ids: a bug of the caller.
    #[must_use]
    pub fn run(&self, texts: &[&[u32]]) -> Vec<f32> {
        let Shape { width, heads, .. } = self.shape;
        let tokens = texts.first().map_or(0, |text| text.len());
        assert!(tokens <= self.shape.places, "too long");
        let mut x = Vec::with_capacity(texts.len() * tokens * width);
        for text in texts {
            assert_eq!(text.len(), tokens, "texts of one length");
            for (id, place) in text.iter().zip(self.places.chunks_exact(width)) {
                let word = &self.words[*id as usize * width..][..width];
                x.extend(word.iter().zip(place).map(|(w, p)| w + p));
            }
        }
        let mut x = self.norm.run(&x);
        let sizes = Attention {
            batch: texts.len(),
            tokens,
            width,
            heads,
            causal: false,
        };
        for block in &self.blocks {
            let mut seen = vec![0.0; x.len()];
            let _weights = sizes.forward(&block.project.run(&x, None), &mut seen);
            x = block.attended.run(&block.merge.run(&seen, Some(&x)));
            let wide = block.widen.run(&x, None);
            let mut open = vec![0.0; wide.len()];
            gelu(&wide, &mut open);
            x = block.thought.run(&block.narrow.run(&open, Some(&x)));
        }
        x
    }
}

/// Mean over the pieces of each text, `[texts, width]`.
#[must_use]
pub fn mean(pieces: &[f32], tokens: usize, width: usize) -> Vec<f32> {
    let text = |rows: &[f32]| {
        let mut sum = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            sum.iter_mut().zip(row).for_each(|(s, x)| *s += x);
        }
        sum.iter_mut().for_each(|s| *s /= tokens as f32);
        sum
    };
    pieces
        .chunks_exact((tokens * width).max(1))
        .flat_map(text)
        .collect()
}
