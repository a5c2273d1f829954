//! The trained predictor's numbers, and the file that they travel in.

use super::basis::{Basis, seen_columns};
use super::settings::{Block, FeatureSettings, PerHead};
use super::stored::{backbone_precision, precision, put, put_rows, wide};
use crate::error::FeelError;
use crate::heads::kernel::Kernel;
use crate::heads::linear::{Linear, Matrix};
use affetti_nets::efficientnet_lite::Weights;
use affetti_weights::NetError;
use affetti_weights::store;
use affetti_weights::tensors::{Taker, Tensor, Tensors};
use std::ops::Range;

/// Everything that a prediction needs.
#[derive(Clone, Debug)]
pub struct Model {
    /// What is measured.
    pub settings: FeatureSettings,
    /// One per backbone.
    pub backbones: Vec<Weights>,
    /// From raw features to the principal components that each head sees.
    pub bases: PerHead<Basis>,
    /// From its components to the nine logits.
    pub emotions: Linear,
    /// From its components to valence and arousal.
    pub affect: Kernel,
    /// Half-widths of the intervals of valence and arousal.
    pub half_width: [f64; 2],
}

/// The bases' names in the file.
const EMOTIONS_BASIS: &str = "emotions.basis";
const AFFECT_BASIS: &str = "affect.basis";

impl Model {
    /// The weight file.
    ///
    /// # Errors
    /// [`FeelError::Net`] where shapes do not fit: a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FeelError> {
        let mut tensors = Tensors {
            note: serde_json::to_string(&self.settings).unwrap_or_default(),
            ..Tensors::default()
        };
        for (settings, weights) in self.settings.backbones.iter().zip(&self.backbones) {
            for (name, tensor) in weights.to_folded().map {
                tensors
                    .map
                    .insert(format!("{}.{name}", settings.name), tensor);
            }
        }
        self.bases.emotions.put(&mut tensors, EMOTIONS_BASIS);
        self.bases.affect.put(&mut tensors, AFFECT_BASIS);
        put_rows(&mut tensors, "emotions.weight", &self.emotions.weights);
        put(
            &mut tensors,
            "emotions.bias",
            vec![self.emotions.bias.len()],
            &self.emotions.bias,
        );
        let support = Tensor {
            shape: vec![self.affect.support.rows(), self.affect.support.columns],
            data: self.affect.support.data.clone(),
        };
        tensors.map.insert("affect.support".into(), support);
        put_rows(&mut tensors, "affect.dual", &self.affect.dual);
        let trend: Vec<Vec<f64>> = self.affect.trend.iter().map(|t| t.to_vec()).collect();
        put_rows(&mut tensors, "affect.trend", &trend);
        put(&mut tensors, "affect.width", vec![1], &[self.affect.width]);
        put(&mut tensors, "affect.half_width", vec![2], &self.half_width);
        let backbones: Vec<_> = self
            .settings
            .backbones
            .iter()
            .map(|b| (format!("{}.", b.name), b.precision))
            .collect();
        Ok(store::to_bytes(&tensors, |name| {
            let backbone = backbones
                .iter()
                .find(|(prefix, _)| name.starts_with(prefix));
            backbone.map_or_else(|| precision(name), |(_, p)| backbone_precision(*p)(name))
        })?)
    }

    /// Reads what [`Model::to_bytes`] wrote; `file` is its name for messages.
    ///
    /// # Errors
    /// [`FeelError::Net`] naming what is missing, extra or misshapen.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, FeelError> {
        let mut tensors = store::from_bytes(bytes, file)?;
        let malformed = |why: &str| NetError::Malformed {
            file: file.to_owned(),
            format: "predictor",
            why: why.to_owned(),
        };
        let settings: FeatureSettings = serde_json::from_str(&tensors.note)
            .map_err(|e| malformed(&format!("its settings do not parse: {e}")))?;
        let mut backbones = Vec::new();
        for backbone in &settings.backbones {
            let variant = backbone
                .variant()
                .map_err(|what| malformed(&format!("its settings do not parse: {what}")))?;
            if !backbone.side_is_possible() {
                return Err(
                    malformed(&format!("{} at a side that cannot be", backbone.name)).into(),
                );
            }
            let part = tensors.split_off(&format!("{}.", backbone.name));
            backbones.push(Weights::from_folded(variant, part)?);
        }
        let blocks = settings.blocks(backbones.iter().map(Weights::variant));
        let heads = Heads::take(tensors, &blocks, malformed)?;
        if !(1..=16).contains(&settings.views.len()) {
            return Err(malformed("no views, or too many").into());
        }
        Ok(Self {
            settings,
            backbones,
            bases: heads.bases,
            emotions: heads.emotions,
            affect: heads.affect,
            half_width: heads.half_width,
        })
    }
}

/// What lies above the backbones.
struct Heads {
    bases: PerHead<Basis>,
    emotions: Linear,
    affect: Kernel,
    half_width: [f64; 2],
}

impl Heads {
    /// Takes all of `tensors`. Their own sizes are held against each other and against `blocks`
    /// first: a file must not choose how much is allocated for what it lacks.
    fn take(
        tensors: Tensors,
        blocks: &[Block],
        malformed: impl Fn(&str) -> NetError,
    ) -> Result<Self, FeelError> {
        let shape = |name: &str| {
            let shape = tensors.map.get(name).map(|t| t.shape.as_slice());
            shape.and_then(|shape| <[usize; 2]>::try_from(shape).ok())
        };
        let components = |basis: &str, seen: &[Range<usize>]| {
            let name = format!("{basis}.directions");
            let width: usize = seen.iter().map(ExactSizeIterator::len).sum();
            shape(&name)
                .filter(|&[components, columns]| components > 0 && width > 0 && columns == width)
                .map(|[components, _]| components)
                .ok_or_else(|| malformed(&format!("{name} does not fit the settings")))
        };
        let seen = seen_columns(blocks, |block| block.share.emotions);
        let known = components(EMOTIONS_BASIS, &seen)?;
        let seen_by_affect = seen_columns(blocks, |block| block.share.affect);
        let felt = components(AFFECT_BASIS, &seen_by_affect)?;
        let rows = shape("affect.support")
            .filter(|&[rows, columns]| rows > 0 && columns == felt)
            .map(|[rows, _]| rows)
            .ok_or_else(|| malformed("affect.support does not fit its basis"))?;
        let mut taker = tensors.take_for("predictor");
        let bases = PerHead {
            emotions: Basis::take(&mut taker, EMOTIONS_BASIS, seen, known),
            affect: Basis::take(&mut taker, AFFECT_BASIS, seen_by_affect, felt),
        };
        let flat = taker.take("emotions.weight", &[9, known]);
        let emotions = Linear {
            weights: flat.chunks_exact(known).map(wide).collect(),
            bias: wide(&taker.take("emotions.bias", &[9])),
        };
        let affect = take_kernel(&mut taker, [rows, felt]);
        let half = taker.take("affect.half_width", &[2]);
        taker.finish()?;
        if !(half.iter().all(|h| *h >= 0.0) && affect.width > 0.0) {
            return Err(malformed("half-widths or a kernel width that cannot be").into());
        }
        Ok(Self {
            bases,
            emotions,
            affect,
            half_width: [f64::from(half[0]), f64::from(half[1])],
        })
    }
}

fn take_kernel(taker: &mut Taker, [rows, components]: [usize; 2]) -> Kernel {
    let support = Matrix {
        columns: components,
        data: taker.take("affect.support", &[rows, components]),
    };
    let dual = taker.take("affect.dual", &[2, rows]);
    let flat = taker.take("affect.trend", &[2, 2]);
    let (trend, _) = flat.as_chunks::<2>();
    Kernel {
        support,
        dual: dual.chunks_exact(rows).map(wide).collect(),
        trend: trend.iter().map(|t| t.map(f64::from)).collect(),
        width: f64::from(taker.take("affect.width", &[1])[0]),
    }
}
