//! CLIP's image towers, without burn: the ResNets with input gradients, the vision transformer with
//! what its class token attends to.
//!
//! | what | where |
//! |---|---|
//! | RN50, RN101 and their gradients | [`resnet`], [`resnet::ClipResNet`] |
//! | the pooling at their end | `attention_pool` |
//! | ViT-B/32 | [`vit`] |
//! | either as features of pictures | [`tower::ImageTower`] |
//! | names of published files, converted files in the cache | [`names`], [`weights`] |
//!
//! Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision"
//! (2021). Nothing of this project ships CLIP's weights; `affetti models pull` fetches them.

mod attention_pool;
pub mod names;
pub mod resnet;
pub mod tower;
pub mod vit;
pub mod weights;

/// Mean of red, green and blue (0..=1) that CLIP's pictures are less by.
pub const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// Deviation that they are over.
pub const DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// A network of this folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A ResNet.
    ResNet(resnet::Shape),
    /// A vision transformer.
    Vit(vit::Shape),
}

impl Shape {
    /// The shape that the model called `name` must have.
    #[must_use]
    pub fn of_model(name: &str) -> Option<Self> {
        match name {
            "clip-rn50" => Some(Self::ResNet(resnet::Shape::RN50)),
            "clip-rn101" => Some(Self::ResNet(resnet::Shape::RN101)),
            "clip-vit-b-32" => Some(Self::Vit(vit::Shape::B32)),
            _ => None,
        }
    }

    /// Every tensor by OpenAI's name without `visual.`, and its shape.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::ResNet(shape) => shape.tensors(),
            Self::Vit(shape) => shape.tensors(),
        }
    }

    /// Pixels of the square picture.
    #[must_use]
    pub const fn side(&self) -> usize {
        match self {
            Self::ResNet(shape) => shape.side,
            Self::Vit(shape) => shape.side,
        }
    }

    /// Floats of the embedding.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        match self {
            Self::ResNet(shape) => shape.outputs,
            Self::Vit(shape) => shape.outputs,
        }
    }

    /// What it is, for messages.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ResNet(_) => "CLIP's ResNet",
            Self::Vit(_) => "CLIP's vision transformer",
        }
    }
}
