//! The trained predictor's numbers, and the file that they travel in.

use super::basis::{Basis, seen_columns};
use super::frozen::{Brought, Frozen, Network};
use super::novelty::Novelty;
use super::settings::{Block, FeatureSettings, PerHead};
use super::stored::{backbone_precision, precision, put, put_rows, wide};
use crate::error::FeelError;
use crate::heads::concentration::Concentration;
use crate::heads::kernel::Kernel;
use crate::heads::kin::Kin;
use crate::heads::linear::{Linear, Matrix};
use crate::heads::spread::{SIGNS, Spread};
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
    pub backbones: Vec<Frozen>,
    /// From raw features to the principal components that each head sees.
    pub bases: PerHead<Basis>,
    /// From its components to the nine logits.
    pub emotions: Linear,
    /// From its components to valence and arousal.
    pub affect: Kernel,
    /// How unsure the shares are; unknown in models before `feel-4`.
    pub sure: Option<Concentration>,
    /// How wide the intervals of valence and arousal are.
    pub spread: [Spread; 2],
    /// What is usual among pictures; unknown in models before `feel-4`.
    pub novelty: Option<Novelty>,
}

/// The bases' names in the file.
const EMOTIONS_BASIS: &str = "emotions.basis";
const AFFECT_BASIS: &str = "affect.basis";
const CONCENTRATION: &str = "emotions.concentration";
const SPREAD: &str = "affect.spread";
const KIN: &str = "affect.kin";
/// Intercept, least share, rows.
const KIN_REST: &str = "affect.kin.rest";
const NOVELTY_BASIS: &str = "novelty.basis";
const VARIANCE: &str = "novelty.variance";
const LIMITS: &str = "novelty.limits";

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
            if let Frozen::Clip(brought) = weights {
                let print = print_of(&brought.sha256);
                put(
                    &mut tensors,
                    &print_name(&settings.name),
                    vec![print.len()],
                    &print,
                );
            }
            for (name, tensor) in weights.tensors().map {
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
        if let Some(kin) = &self.affect.kin {
            let rest = [kin.bias, kin.least, kin.rows as f64];
            put(&mut tensors, KIN, vec![kin.weights.len()], &kin.weights);
            put(&mut tensors, KIN_REST, vec![rest.len()], &rest);
        }
        if let Some(sure) = &self.sure {
            put(&mut tensors, CONCENTRATION, vec![2], &sure.line);
        }
        if let Some(novelty) = &self.novelty {
            novelty.basis.put(&mut tensors, NOVELTY_BASIS);
            let columns = vec![novelty.variance.len()];
            put(&mut tensors, VARIANCE, columns, &novelty.variance);
            put(&mut tensors, LIMITS, vec![2], &novelty.limits);
        }
        let row = |spread: &Spread| [&[spread.factor][..], &spread.line].concat();
        let rows: Vec<Vec<f64>> = self.spread.iter().map(row).collect();
        put_rows(&mut tensors, SPREAD, &rows);
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
            let kind = backbone
                .kind()
                .map_err(|what| malformed(&format!("its settings do not parse: {what}")))?;
            if !backbone.side_is_possible() {
                return Err(
                    malformed(&format!("{} at a side that cannot be", backbone.name)).into(),
                );
            }
            let part = tensors.split_off(&format!("{}.", backbone.name));
            backbones.push(match kind {
                Network::Lite(variant) => Frozen::Lite(Weights::from_folded(variant, part)?),
                Network::Clip(shape) => {
                    let mut taker = part.take_for("predictor");
                    let print = wide(&taker.take(PRINT, &[PRINT_LENGTH]));
                    taker.finish()?;
                    the_same_tower(
                        Frozen::brought(&backbone.name, shape)?,
                        &print,
                        &backbone.name,
                    )?
                }
            });
        }
        let blocks = settings.blocks(backbones.iter().map(Frozen::network));
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
            sure: heads.sure,
            spread: heads.spread,
            novelty: heads.novelty,
        })
    }
}

/// Of a tower that the file only names: what it was, so that no other is taken for it.
const PRINT: &str = "sha256";
const PRINT_LENGTH: usize = 16;

fn print_name(backbone: &str) -> String {
    format!("{backbone}.{PRINT}")
}

/// The first bytes of a SHA-256.
fn print_of(sha256: &str) -> Vec<f64> {
    let byte = |n: usize| {
        sha256
            .get(2 * n..2 * n + 2)
            .and_then(|s| u8::from_str_radix(s, 16).ok())
    };
    (0..PRINT_LENGTH)
        .map(|n| byte(n).map_or(0.0, f64::from))
        .collect()
}

fn the_same_tower(found: Frozen, print: &[f64], name: &str) -> Result<Frozen, FeelError> {
    let same = |brought: &Brought| print_of(&brought.sha256) == print;
    match &found {
        Frozen::Clip(brought) if !same(brought) => Err(FeelError::Unfit {
            what: format!(
                "the heads were fitted on another {name} than the one that is imported here; fit them \
                 again by `affetti train feel`, or import that one"
            ),
        }),
        _ => Ok(found),
    }
}

/// What lies above the backbones.
struct Heads {
    bases: PerHead<Basis>,
    emotions: Linear,
    affect: Kernel,
    sure: Option<Concentration>,
    spread: [Spread; 2],
    novelty: Option<Novelty>,
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
        let telling: Vec<Range<usize>> = blocks
            .iter()
            .filter(|block| block.tells_kind)
            .map(|block| block.columns.clone())
            .collect();
        let has = |name: &str| tensors.map.contains_key(name);
        let usual = has(LIMITS)
            .then(|| components(NOVELTY_BASIS, &telling))
            .transpose()?;
        let rows = shape("affect.support")
            .filter(|&[rows, columns]| rows > 0 && columns == felt)
            .map(|[rows, _]| rows)
            .ok_or_else(|| malformed("affect.support does not fit its basis"))?;
        let [knows_shares, knows_spread] = [CONCENTRATION, SPREAD].map(has);
        let knows_kin = has(KIN);
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
        let mut affect = take_kernel(&mut taker, [rows, felt]);
        affect.kin = knows_kin.then(|| take_kin(&mut taker, felt));
        let sure = knows_shares.then(|| wide(&taker.take(CONCENTRATION, &[2])));
        let spread = take_spread(&mut taker, knows_spread);
        let novelty = usual.map(|components| {
            let limits = taker.take(LIMITS, &[2]);
            Novelty {
                basis: Basis::take(&mut taker, NOVELTY_BASIS, telling, components),
                variance: wide(&taker.take(VARIANCE, &[components])),
                limits: [0, 1].map(|n| f64::from(limits[n])),
            }
        });
        taker.finish()?;
        let usual = novelty
            .iter()
            .flat_map(|n| n.variance.iter().chain(&n.limits));
        if !usual.clone().all(|v| *v > 0.0 && v.is_finite()) {
            return Err(malformed("variances or limits that cannot be").into());
        }
        let possible = |kin: &Kin| {
            let finite = kin.weights.iter().chain([&kin.bias]).all(|v| v.is_finite());
            finite && (0.0..=1.0).contains(&kin.least) && kin.rows <= rows
        };
        if !affect.kin.as_ref().is_none_or(possible) {
            return Err(malformed("a kind of pictures that cannot be").into());
        }
        let good = |s: &Spread| s.factor >= 0.0 && s.line.iter().all(|v| v.is_finite());
        let sure_is_good = sure.iter().flatten().all(|v| v.is_finite());
        if !(spread.iter().all(good) && sure_is_good && affect.width > 0.0) {
            return Err(malformed("half-widths or a kernel width that cannot be").into());
        }
        Ok(Self {
            bases,
            emotions,
            affect,
            sure: sure.map(|line| Concentration {
                line: [line[0], line[1]],
            }),
            spread,
            novelty,
        })
    }
}

/// Widths that know the picture, or one for all of a model before `feel-4`.
fn take_spread(taker: &mut Taker, knows: bool) -> [Spread; 2] {
    if !knows {
        let half = taker.take("affect.half_width", &[2]);
        return [0, 1].map(|n| Spread::constant(f64::from(half[n])));
    }
    let columns = 2 + SIGNS;
    let flat = wide(&taker.take(SPREAD, &[2, columns]));
    [0, 1].map(|n| {
        let row = &flat[n * columns..(n + 1) * columns];
        Spread {
            factor: row[0],
            line: std::array::from_fn(|j| row[1 + j]),
        }
    })
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
        kin: None,
    }
}

fn take_kin(taker: &mut Taker, components: usize) -> Kin {
    let weights = wide(&taker.take(KIN, &[components]));
    let rest = taker.take(KIN_REST, &[3]);
    Kin {
        weights,
        bias: f64::from(rest[0]),
        least: f64::from(rest[1]),
        rows: rest[2] as usize,
    }
}
