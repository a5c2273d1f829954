//! Linear maps to embeddings, and the weight file.

use affetti_nets::efficientnet_lite::{FEATURES, Variant, Weights};
use affetti_weights::{NetError, tensors::Tensors};
use serde::{Deserialize, Serialize};

use super::{GRID, STAGE};

/// Largest number of values of an embedding's meaning, and of one cell of its layout.
pub(crate) const MAX_DIMENSION: usize = 1024;

/// A linear map `[outputs, inputs]` of one or more parts, each with a bias of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection {
    pub(crate) inputs: usize,
    pub(crate) weight: Vec<f32>,
    /// `[parts, outputs]`
    pub(crate) bias: Vec<f32>,
}

impl Projection {
    /// The images of the parts of `x`, `[parts, inputs]`, together made one long; all zero where
    /// they have no length.
    ///
    /// # Panics
    /// Where `x` has other parts: a bug of the caller.
    pub(crate) fn unit(&self, x: &[f32]) -> Vec<f32> {
        let outputs = self.weight.len() / self.inputs;
        assert_eq!(
            x.len() * outputs,
            self.bias.len() * self.inputs,
            "values of all parts"
        );
        let parts = x
            .chunks_exact(self.inputs)
            .zip(self.bias.chunks_exact(outputs));
        let image = |(part, bias): (&[f32], &[f32])| -> Vec<f32> {
            let rows = self.weight.chunks_exact(self.inputs).zip(bias);
            rows.map(|(row, b)| b + row.iter().zip(part).map(|(w, x)| w * x).sum::<f32>())
                .collect()
        };
        let mut y: Vec<f32> = parts.flat_map(image).collect();
        let length = y.iter().map(|v| v * v).sum::<f32>().sqrt();
        let good = length > 0.0 && length.is_finite();
        y.iter_mut()
            .for_each(|v| *v = if good { *v / length } else { 0.0 });
        y
    }
}

/// To both parts of an embedding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    /// From pooled features.
    pub(crate) meaning: Projection,
    /// From cells.
    pub(crate) layout: Projection,
}

/// Of lines, and of photographs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Maps {
    pub(crate) line: Pair,
    pub(crate) photo: Pair,
}

/// All weights of an encoder.
#[derive(Clone, Debug)]
pub(crate) struct EncoderWeights {
    pub(crate) trunk: Weights,
    pub(crate) about: About,
    pub(crate) maps: Maps,
}

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The network that reads lines.
    pub(crate) trunk: String,
    /// The network that reads photographs.
    pub(crate) teacher: String,
    /// Values of a meaning.
    pub(crate) dimension: usize,
    /// Values of each cell of a layout.
    pub(crate) cell: usize,
}

impl EncoderWeights {
    /// The tensors that [`EncoderWeights::from_tensors`] reads.
    #[cfg(feature = "train")]
    pub(crate) fn to_tensors(&self) -> Tensors {
        let mut tensors = Tensors {
            note: serde_json::to_string(&self.about).unwrap_or_default(),
            ..Tensors::default()
        };
        let trunk = self.trunk.to_folded().map.into_iter();
        tensors
            .map
            .extend(trunk.map(|(name, tensor)| (format!("trunk.{name}"), tensor)));
        let Maps { line, photo } = &self.maps;
        for (name, p) in [
            ("line.meaning", &line.meaning),
            ("line.layout", &line.layout),
            ("photo.meaning", &photo.meaning),
            ("photo.layout", &photo.layout),
        ] {
            let mut put = |part: &str, shape: Vec<usize>, data: &[f32]| {
                let data = data.to_vec();
                let name = format!("{name}.{part}");
                let tensor = affetti_weights::tensors::Tensor { shape, data };
                tensors.map.insert(name, tensor);
            };
            put(
                "weight",
                vec![p.weight.len() / p.inputs, p.inputs],
                &p.weight,
            );
            put("bias", vec![p.bias.len()], &p.bias);
        }
        tensors
    }

    pub(crate) fn from_tensors(mut tensors: Tensors) -> Result<Self, NetError> {
        let wrong = |why: &str| NetError::Malformed {
            file: tensors.file.clone(),
            format: "encoder",
            why: why.to_owned(),
        };
        let about: About =
            serde_json::from_str(&tensors.note).map_err(|_| wrong("its note names no networks"))?;
        let variant =
            Variant::parse(&about.trunk).ok_or_else(|| wrong("its trunk is not known"))?;
        let teacher =
            Variant::parse(&about.teacher).ok_or_else(|| wrong("its teacher is not known"))?;
        let sizes = [about.dimension, about.cell];
        if sizes.iter().any(|size| !(1..=MAX_DIMENSION).contains(size)) {
            return Err(wrong("its dimensions are not 1 to 1024"));
        }
        let trunk = Weights::from_folded(variant, tensors.split_off("trunk."))?;
        let mut taker = tensors.take_for("the encoder");
        let mut get = |name: &str, [outputs, inputs, parts]: [usize; 3]| Projection {
            inputs,
            weight: taker.take(&format!("{name}.weight"), &[outputs, inputs]),
            bias: taker.take(&format!("{name}.bias"), &[parts * outputs]),
        };
        let mut pair = |name: &str, channels: usize| Pair {
            meaning: get(&format!("{name}.meaning"), [about.dimension, FEATURES, 1]),
            layout: get(
                &format!("{name}.layout"),
                [about.cell, channels, GRID * GRID],
            ),
        };
        let line = pair("line", FEATURES);
        let photo = pair("photo", teacher.stage_channels(STAGE));
        taker.finish()?;
        Ok(Self {
            trunk,
            about,
            maps: Maps { line, photo },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_a_map_and_have_their_own_bias() {
        let map = Projection {
            inputs: 2,
            weight: vec![1.0, 0.0, 0.0, 1.0],
            bias: vec![0.0, 0.0, -2.0, 0.0],
        };
        // (1, 1), and (4, 1) − (2, 0).
        let length = 7.0_f32.sqrt();
        let found = map.unit(&[1.0, 1.0, 4.0, 1.0]);
        for (found, expected) in found.iter().zip([1.0, 1.0, 2.0, 1.0]) {
            assert!((found - expected / length).abs() < 1e-6);
        }
        assert_eq!(map.unit(&[0.0, 0.0, 2.0, 0.0]), [0.0; 4]);
    }
}
