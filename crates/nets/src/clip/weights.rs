//! CLIP's image towers from files: any published one, or what an import left in the cache.
//!
//! - **Computes** shape, tensors and gate of the tower in a file; and a file of ours that loses
//!   nothing: 16 bits where they hold a tensor exactly (OpenAI's are so published), else 32.
//! - **Input** PyTorch's and TorchScript's files and safetensors ([`affetti_weights::published`]).
//! - **Source, deviations** see [`super::names`].

use super::Shape;
use super::names::{Names, collect, shape_of};
use super::resnet::ClipResNet;
use super::vit::{ClipVit, Gate};
use affetti_weights::NetError;
use affetti_weights::published;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};
use half::f16;

/// What the note of a converted file says where the gate is not OpenAI's.
const EXACT: &str = "gate=exact";

/// The image tower of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tower {
    /// Its sizes.
    pub shape: Shape,
    /// The gate of a transformer.
    pub gate: Gate,
    /// OpenAI's names without `visual.`.
    pub tensors: Tensors,
}

impl Tower {
    /// Reads the tower of `bytes`; `file` is its name for messages. With `wanted` the tower has to be
    /// of that shape, else the shape is the file's.
    ///
    /// # Errors
    /// [`NetError::Malformed`], and [`NetError::Mismatch`] listing every missing, extra or misshapen
    /// tensor.
    pub fn read(bytes: &[u8], file: &str, wanted: Option<Shape>) -> Result<Self, NetError> {
        // Text towers are twice as large and not needed.
        let tensors = published::read_selected(bytes, file, Names::keep_images)?;
        let shape = wanted.or_else(|| shape_of(&tensors));
        let shape = shape.ok_or_else(|| NetError::Malformed {
            file: file.to_owned(),
            format: "CLIP",
            why: "it holds no image tower by the names of OpenAI, OpenCLIP, Hugging Face or timm"
                .into(),
        })?;
        let tensors = collect(&shape, tensors)?;
        let gate = if tensors.note == EXACT {
            Gate::Exact
        } else {
            Gate::Quick
        };
        Ok(Self {
            shape,
            gate,
            tensors,
        })
    }

    /// As a file of ours.
    ///
    /// # Errors
    /// [`NetError::Malformed`] for what is no number.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NetError> {
        let note = match self.gate {
            Gate::Quick => String::new(),
            Gate::Exact => EXACT.to_owned(),
        };
        let tensors = Tensors {
            note,
            ..self.tensors.clone()
        };
        store::to_bytes(&tensors, |name| match tensors.map.get(name) {
            Some(tensor) if fits_half(tensor) => Precision::Half,
            _ => Precision::Full,
        })
    }

    /// The ResNet in it.
    ///
    /// # Errors
    /// [`NetError::Malformed`] where it is something else.
    pub fn into_resnet(self) -> Result<ClipResNet, NetError> {
        match self.shape {
            Shape::ResNet(shape) => ClipResNet::new(shape, self.tensors),
            Shape::Vit(_) => Err(self.another("it is a vision transformer; a ResNet is needed")),
        }
    }

    /// The vision transformer in it.
    ///
    /// # Errors
    /// [`NetError::Malformed`] where it is something else.
    pub fn into_vit(self) -> Result<ClipVit, NetError> {
        match self.shape {
            Shape::Vit(shape) => ClipVit::new(shape, self.gate, self.tensors),
            Shape::ResNet(_) => Err(self.another("it is a ResNet; a vision transformer is needed")),
        }
    }

    fn another(&self, why: &str) -> NetError {
        NetError::Malformed {
            file: self.tensors.file.clone(),
            format: "CLIP",
            why: why.to_owned(),
        }
    }
}

fn fits_half(tensor: &Tensor) -> bool {
    let same = |v: &f32| f16::from_f32(*v).to_f32() == *v;
    tensor.data.iter().all(same)
}
