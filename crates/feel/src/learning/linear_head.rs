//! A linear head that somebody fitted on CLIP's features, as a predictor.
//!
//! - **Computes** the weight file of a predictor whose nine logits are the head's.
//! - **Input** tensors of which one is `[9, width of the tower]`, its rows in the order of ArtEmis, and
//!   at most one is `[9]`; names do not matter. The head has to want embeddings of length 1.
//! - **Deviation** a head says nothing of valence and arousal: valence is the line in
//!   P(positive) − P(negative) of the embedded predictor, and the intervals are the whole scale.

use crate::error::FeelError;
use crate::heads::kernel::Kernel;
use crate::heads::linear::{Linear, Matrix, Standardizer};
use crate::heads::spread::Spread;
use crate::predicting::basis::Basis;
use crate::predicting::frozen::{Frozen, Network};
use crate::predicting::model::Model;
use crate::predicting::predictor::{Predictor, SCALE};
use crate::predicting::settings::{BackboneSettings, FeatureSettings, PerHead};
use crate::predicting::view::View;
use affetti_emotion::{Emotion, Label};
use affetti_nets::device::Device;
use affetti_picture::Filter;
use affetti_weights::published;
use affetti_weights::store::Precision;
use affetti_weights::tensors::Tensors;

/// The weight file of the head in `bytes` on the imported tower called `tower`; `file` is its name for
/// messages.
///
/// # Errors
/// [`FeelError::Net`] for a file that cannot be read and a tower that is not here,
/// [`FeelError::Unfit`] for a file of another shape.
pub fn linear_head(bytes: &[u8], file: &str, tower: &str) -> Result<Vec<u8>, FeelError> {
    let Some(Network::Clip(shape)) = Network::parse(tower) else {
        return Err(FeelError::Unfit {
            what: format!("{tower} is no tower of CLIP"),
        });
    };
    let width = shape.outputs();
    // Before the tower, which takes seconds.
    let emotions = head(published::read(bytes, file)?, file, tower, width)?;
    let embedded = Predictor::embedded(&Device::Cpu)?;
    let basis = identity(width);
    let unknown = Spread::constant(SCALE[1] - SCALE[0]);
    let model = Model {
        settings: settings(tower, width),
        backbones: vec![Frozen::brought(tower, shape)?],
        bases: PerHead {
            emotions: basis.clone(),
            affect: basis,
        },
        emotions,
        affect: Kernel {
            support: Matrix {
                columns: width,
                data: vec![0.0; width],
            },
            dual: vec![vec![0.0]; 2],
            trend: embedded.weights().affect.trend.clone(),
            width: 1.0,
            kin: None,
        },
        sure: None,
        spread: [unknown.clone(), unknown],
        novelty: None,
    };
    model.to_bytes()
}

/// The one matrix and the one vector that can be the head.
fn head(tensors: Tensors, file: &str, tower: &str, width: usize) -> Result<Linear, FeelError> {
    let classes = Emotion::ALL.len();
    let of = |shape: &[usize]| {
        let fitting = tensors.map.values().filter(|t| t.shape == shape);
        fitting.map(|t| t.data.clone()).collect::<Vec<_>>()
    };
    let (weights, biases) = (of(&[classes, width]), of(&[classes]));
    let ([weight], [] | [_]) = (weights.as_slice(), biases.as_slice()) else {
        let shapes: Vec<String> = tensors
            .map
            .values()
            .map(|t| format!("{:?}", t.shape))
            .collect();
        return Err(FeelError::Unfit {
            what: format!(
                "{file}: a linear head on {tower} is one tensor [{classes}, {width}], and perhaps one \
                 [{classes}]; this file has {}",
                shapes.join(", ")
            ),
        });
    };
    let wide = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    Ok(Linear {
        weights: weight.chunks_exact(width).map(wide).collect(),
        bias: biases
            .first()
            .map_or_else(|| vec![0.0; classes], |bias| wide(bias)),
    })
}

fn identity(width: usize) -> Basis {
    let row = |n: usize| (0..width).map(|j| f64::from(u8::from(j == n))).collect();
    Basis {
        columns: std::iter::once(0..width).collect(),
        standard: Standardizer {
            mean: vec![0.0; width],
            factor: vec![1.0; width],
        },
        directions: (0..width).map(row).collect(),
    }
}

fn settings(tower: &str, width: usize) -> FeatureSettings {
    let all = PerHead {
        emotions: 1.0,
        affect: 1.0,
    };
    FeatureSettings {
        backbones: vec![BackboneSettings {
            name: tower.to_owned(),
            network: None,
            precision: Precision::Half,
            pooled: all,
            stages: PerHead::default(),
            folds: false,
            twins: super::folds::FOLDS,
            side: None,
        }],
        views: vec![View::Full],
        filter: Filter::Bicubic,
        color: PerHead::default(),
        components: PerHead {
            emotions: width,
            affect: width,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_weights::store;
    use affetti_weights::tensors::Tensor;

    fn file(shapes: &[(&str, &[usize])]) -> Tensors {
        let mut tensors = Tensors::default();
        for (name, shape) in shapes {
            let count: usize = shape.iter().product();
            let tensor = Tensor {
                shape: shape.to_vec(),
                data: (0..count).map(|n| n as f32).collect(),
            };
            tensors.map.insert((*name).to_owned(), tensor);
        }
        tensors
    }

    #[test]
    fn a_head_is_known_by_its_shape() {
        let all: [(&str, &[usize]); 3] =
            [("fc.weight", &[9, 4]), ("fc.bias", &[9]), ("scale", &[1])];
        let found = head(file(&all), "head.pt", "a tower", 4).expect("fits");
        assert_eq!(found.weights[2], [8.0, 9.0, 10.0, 11.0]);
        assert_eq!(found.bias[8], 8.0);
        // Without biases they are 0; what could be two heads is refused, and so is another length.
        let bare = head(file(&[("w", &[9, 4])]), "head.pt", "a tower", 4).expect("fits");
        assert_eq!(bare.bias, [0.0; 9]);
        for wrong in [
            &[("a", &[9, 4][..]), ("b", &[9, 4])][..],
            &[("a", &[9, 5])],
            &[("a", &[9, 4]), ("b", &[9]), ("c", &[9])],
        ] {
            let told = head(file(wrong), "head.pt", "a tower", 4)
                .expect_err("unfit")
                .to_string();
            assert!(
                told.starts_with("head.pt: a linear head on a tower is one tensor [9, 4]"),
                "{told}"
            );
        }
    }

    #[test]
    fn the_basis_changes_nothing() {
        let features = [0.5, -2.0, 3.0];
        let seen: Vec<f64> = identity(3).project(&features).collect();
        assert_eq!(seen, [0.5, -2.0, 3.0]);
    }

    #[test]
    fn a_tower_that_is_not_here_is_told() {
        let bytes =
            store::to_bytes(&file(&[("w", &[9, 512])]), |_| Precision::Full).expect("stored");
        let told =
            linear_head(&bytes, "head.safetensors", "efficientnet-lite0").expect_err("no tower");
        assert!(told.to_string().contains("no tower of CLIP"));
    }
}
