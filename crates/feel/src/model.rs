//! The trained predictor's numbers, and the file that they travel in.

use crate::error::FeelError;
use crate::features::FeatureSettings;
use crate::kernel::Kernel;
use crate::linear::{Linear, Matrix, Standardizer};
use affetti_nets::NetError;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_nets::store::{self, Precision};
use affetti_nets::tensors::{Taker, Tensor, Tensors};

/// Everything that a prediction needs.
#[derive(Clone, Debug)]
pub struct Model {
    /// What is measured.
    pub settings: FeatureSettings,
    /// One per backbone.
    pub backbones: Vec<Weights>,
    /// From raw features to principal components.
    pub basis: Basis,
    /// From components to the nine logits.
    pub emotions: Linear,
    /// From components to valence and arousal.
    pub affect: Kernel,
    /// Half-widths of the intervals of valence and arousal.
    pub half_width: [f64; 2],
}

/// Features that [`Basis::under`] sums at a time.
const PIECE: usize = 256;

/// Standardisation and projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    /// Shift and scale of the raw features.
    pub standard: Standardizer,
    /// `[component][feature]`
    pub directions: Vec<Vec<f64>>,
}

impl Basis {
    /// The map from raw features to components.
    #[must_use]
    pub fn linear(&self) -> Linear {
        let plain = Linear {
            weights: self.directions.clone(),
            bias: vec![0.0; self.directions.len()],
        };
        plain.fold(&self.standard)
    }

    /// `head`, which wants components, for raw features: in one step, and without a copy of the
    /// directions.
    #[must_use]
    pub fn under(&self, head: &Linear) -> Linear {
        let columns = self.standard.mean.len();
        let mut plain = Linear {
            weights: vec![vec![0.0; columns]; head.weights.len()],
            bias: head.bias.clone(),
        };
        // Piece by piece, so that the sums of all outputs stay in the cache while every direction is
        // read once.
        for start in (0..columns).step_by(PIECE) {
            let piece = start..(start + PIECE).min(columns);
            for (component, direction) in self.directions.iter().enumerate() {
                let direction = &direction[piece.clone()];
                for (sums, row) in plain.weights.iter_mut().zip(&head.weights) {
                    let factor = row[component];
                    let sums = sums[piece.clone()].iter_mut();
                    sums.zip(direction).for_each(|(s, d)| *s += factor * d);
                }
            }
        }
        plain.fold(&self.standard)
    }

    /// The components of one row of raw features, without a second copy of the directions as
    /// [`Basis::linear`] makes it.
    #[must_use]
    pub fn project(&self, features: &[f32]) -> Vec<f64> {
        let Standardizer { mean, factor } = &self.standard;
        let scaled = features.iter().zip(mean).zip(factor);
        let row: Vec<f64> = scaled.map(|((&x, m), f)| (f64::from(x) - m) * f).collect();
        let along = |d: &Vec<f64>| d.iter().zip(&row).map(|(d, x)| d * x).sum();
        self.directions.iter().map(along).collect()
    }

    /// What a reader of the stored basis will see: whatever is fitted on top is fitted on that.
    ///
    /// # Errors
    /// [`FeelError::Net`] where the shapes do not fit: a bug.
    pub fn rounded(&self) -> Result<Self, FeelError> {
        let mut tensors = Tensors::default();
        self.put(&mut tensors);
        let bytes = store::to_bytes(&tensors, precision)?;
        let mut taker = store::from_bytes(&bytes, "basis")?.take_for("basis");
        let shape = (self.directions.len(), self.standard.mean.len());
        let basis = Self::take(&mut taker, shape);
        taker.finish()?;
        Ok(basis)
    }

    fn put(&self, tensors: &mut Tensors) {
        put(
            tensors,
            "basis.mean",
            vec![self.standard.mean.len()],
            &self.standard.mean,
        );
        let factor = &self.standard.factor;
        put(tensors, "basis.factor", vec![factor.len()], factor);
        put_rows(tensors, "basis.directions", &self.directions);
    }

    fn take(taker: &mut Taker, (components, features): (usize, usize)) -> Self {
        let flat = taker.take("basis.directions", &[components, features]);
        Self {
            standard: Standardizer {
                mean: wide(&taker.take("basis.mean", &[features])),
                factor: wide(&taker.take("basis.factor", &[features])),
            },
            directions: flat.chunks_exact(features.max(1)).map(wide).collect(),
        }
    }
}

/// How each tensor of the file is stored: the large ones small, the decisive ones whole.
fn precision(name: &str) -> Precision {
    match name {
        "basis.directions" => Precision::Byte,
        "affect.support" => Precision::Half,
        _ => Precision::Full,
    }
}

/// The backbone's weights as they are after a round trip through `precision`.
///
/// # Errors
/// [`FeelError::Net`].
pub(crate) fn round_backbone(
    variant: Variant,
    weights: &Weights,
    precision: Precision,
) -> Result<Weights, FeelError> {
    let stored = store::to_bytes(&weights.to_folded(), backbone_precision(precision))?;
    Ok(Weights::from_folded(
        variant,
        store::from_bytes(&stored, variant.name())?,
    )?)
}

/// Biases are few and shift whole channels: they stay whole.
fn backbone_precision(precision: Precision) -> impl Fn(&str) -> Precision {
    move |name| {
        if name.ends_with(".weight") {
            precision
        } else {
            Precision::Full
        }
    }
}

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
        self.basis.put(&mut tensors);
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
        let backbones: Vec<(String, Precision)> = self
            .settings
            .backbones
            .iter()
            .map(|b| {
                let precision = Precision::parse(&b.precision).unwrap_or(Precision::Full);
                (format!("{}.", b.name), precision)
            })
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
                .ok_or_else(|| malformed(&format!("unknown backbone {}", backbone.name)))?;
            let part = tensors.split_off(&format!("{}.", backbone.name));
            backbones.push(Weights::from_folded(variant, part)?);
        }
        let shape = |name: &str| tensors.map.get(name).map(|t| t.shape.clone());
        let (Some([components, features]), Some([rows, _])) = (
            shape("basis.directions")
                .as_deref()
                .and_then(|s| <[usize; 2]>::try_from(s).ok()),
            shape("affect.support")
                .as_deref()
                .and_then(|s| <[usize; 2]>::try_from(s).ok()),
        ) else {
            return Err(malformed("basis.directions or affect.support is missing").into());
        };
        if features == 0 || components == 0 || rows == 0 || backbones.is_empty() {
            return Err(malformed("an empty head or no backbone").into());
        }
        let mut taker = tensors.take_for("predictor");
        let basis = Basis::take(&mut taker, (components, features));
        let flat = taker.take("emotions.weight", &[9, components]);
        let emotions = Linear {
            weights: flat.chunks_exact(components.max(1)).map(wide).collect(),
            bias: wide(&taker.take("emotions.bias", &[9])),
        };
        let support = Matrix {
            columns: components,
            data: taker.take("affect.support", &[rows, components]),
        };
        let dual = taker.take("affect.dual", &[2, rows]);
        let flat = taker.take("affect.trend", &[2, 2]);
        let (trend, _) = flat.as_chunks::<2>();
        let affect = Kernel {
            support,
            dual: dual.chunks_exact(rows.max(1)).map(wide).collect(),
            trend: trend.iter().map(|t| t.map(f64::from)).collect(),
            width: f64::from(taker.take("affect.width", &[1])[0]),
        };
        let half = taker.take("affect.half_width", &[2]);
        taker.finish()?;
        if !(half.iter().all(|h| *h >= 0.0) && affect.width > 0.0 && settings.views.len() <= 16) {
            return Err(malformed("half-widths, kernel width or views that cannot be").into());
        }
        Ok(Self {
            settings,
            backbones,
            basis,
            emotions,
            affect,
            half_width: [f64::from(half[0]), f64::from(half[1])],
        })
    }
}

fn put(tensors: &mut Tensors, name: &str, shape: Vec<usize>, values: &[f64]) {
    let data = values.iter().map(|&v| v as f32).collect();
    tensors.map.insert(name.to_owned(), Tensor { shape, data });
}

fn put_rows(tensors: &mut Tensors, name: &str, rows: &[Vec<f64>]) {
    let flat: Vec<f64> = rows.iter().flatten().copied().collect();
    let columns = rows.first().map_or(0, Vec::len);
    put(tensors, name, vec![rows.len(), columns], &flat);
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
