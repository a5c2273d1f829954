//! Either of CLIP's image towers, as features of pictures.
//!
//! - **Computes** the embedding of a picture, of length 1.
//! - **Input** a picture of [`Shape::side`](super::Shape::side) squared; **output**
//!   [`Shape::outputs`](super::Shape::outputs) floats.
//! - **Source** Radford et al. (2021), section 2.3: embeddings are compared by their cosine, so that their
//!   length says nothing.
//! - **Deviation** none.

use super::resnet::{ClipResNet, Maps};
use super::vit::ClipVit;
use super::weights::Tower;
use super::{DEVIATION, MEAN, Shape};
use affetti_picture::Picture;
use affetti_weights::NetError;

/// A tower, packed for this machine.
#[derive(Clone, Debug)]
pub enum ImageTower {
    /// A ResNet.
    ResNet(Box<ClipResNet>),
    /// A vision transformer.
    Vit(Box<ClipVit>),
}

impl ImageTower {
    /// Packs the tower of a file.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] for tensors that do not fit.
    pub fn new(tower: Tower) -> Result<Self, NetError> {
        Ok(match tower.shape {
            Shape::ResNet(_) => Self::ResNet(Box::new(tower.into_resnet()?)),
            Shape::Vit(_) => Self::Vit(Box::new(tower.into_vit()?)),
        })
    }

    /// Its sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::ResNet(network) => Shape::ResNet(network.shape()),
            Self::Vit(network) => Shape::Vit(network.shape()),
        }
    }

    /// The embedding, of length 1. Runs in the caller's rayon pool.
    ///
    /// # Panics
    /// Where `picture` is of another size.
    #[must_use]
    pub fn embed(&self, picture: &Picture) -> Vec<f32> {
        let side = self.shape().side() as u32;
        assert_eq!([picture.width(), picture.height()], [side; 2], "picture");
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let normal = |c: usize, v: u8| (f32::from(v) / 255.0 - MEAN[c]) / DEVIATION[c];
        let one = |pixel: &[u8; 3]| [0, 1, 2].map(|c| normal(c, pixel[c]));
        let colors: Vec<[f32; 3]> = pixels.iter().map(one).collect();
        let mut embedding = match self {
            Self::ResNet(network) => {
                let mut maps = Maps::default();
                network.forward(1, colors.as_flattened(), &mut maps);
                maps.embedding().to_vec()
            }
            Self::Vit(network) => network.look(1, colors.as_flattened()).embedding,
        };
        let square: f64 = embedding.iter().map(|v| f64::from(*v).powi(2)).sum();
        let length = square.sqrt().max(f64::from(f32::MIN_POSITIVE)) as f32;
        embedding.iter_mut().for_each(|v| *v /= length);
        embedding
    }
}
