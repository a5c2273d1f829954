//! The frozen networks of a predictor: EfficientNet-Lite, whose weights are in its file, and CLIP's image
//! towers, which the user imported and the file only names.

use crate::error::FeelError;
use affetti_nets::clip::Shape;
use affetti_nets::clip::tower::ImageTower;
use affetti_nets::clip::weights::Tower;
use affetti_nets::efficientnet_lite::{FEATURES, Variant, Weights};
use affetti_weights::registry;
use affetti_weights::store::sha256;
use affetti_weights::tensors::Tensors;
use std::sync::Arc;

/// Which network a backbone is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Network {
    /// Ours, or as published.
    Lite(Variant),
    /// CLIP's.
    Clip(Shape),
}

impl Network {
    /// The published network called `name`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let lite = Variant::parse(name).map(Self::Lite);
        lite.or_else(|| Shape::of_model(name).map(Self::Clip))
    }

    /// Features of its end, then those of its stages.
    pub(crate) fn widths(self) -> [usize; 2] {
        match self {
            Self::Lite(variant) => [FEATURES, variant.descriptor_len() - FEATURES],
            Self::Clip(shape) => [shape.outputs(), 0],
        }
    }

    /// All of them.
    pub(crate) fn len(self) -> usize {
        self.widths().iter().sum()
    }

    /// Pixels of the square that it was made for.
    pub(crate) fn side(self) -> u32 {
        let side = match self {
            Self::Lite(variant) => variant.resolution(),
            Self::Clip(shape) => shape.side(),
        };
        u32::try_from(side).unwrap_or(u32::MAX)
    }
}

/// A network with its weights.
#[derive(Clone, Debug)]
pub enum Frozen {
    /// The weights travel in the predictor's file.
    Lite(Weights),
    /// The weights stay where they were imported to.
    Clip(Arc<Brought>),
}

/// A tower that the user brought.
#[derive(Debug)]
pub struct Brought {
    /// Packed for this machine.
    pub tower: ImageTower,
    /// SHA-256 of the imported file.
    pub sha256: String,
}

impl Frozen {
    /// Which network it is.
    #[must_use]
    pub fn network(&self) -> Network {
        match self {
            Self::Lite(weights) => Network::Lite(weights.variant()),
            Self::Clip(brought) => Network::Clip(brought.tower.shape()),
        }
    }

    /// The tower that was imported as `name`.
    ///
    /// # Errors
    /// [`FeelError::Net`] where it was not, saying how it is; and for a file that is none.
    pub(crate) fn brought(name: &str, shape: Shape) -> Result<Self, FeelError> {
        let card = registry::card(name)?;
        let bytes = registry::weights(&card)?;
        let tower = Tower::read(&bytes, &card.file, Some(shape))?;
        Ok(Self::Clip(Arc::new(Brought {
            tower: ImageTower::new(tower)?,
            sha256: sha256(&bytes),
        })))
    }

    /// The tensors that travel in the predictor's file: none of a tower.
    pub(crate) fn tensors(&self) -> Tensors {
        match self {
            Self::Lite(weights) => weights.to_folded(),
            Self::Clip(_) => Tensors::default(),
        }
    }

    /// The weights of EfficientNet-Lite; none of a tower.
    #[must_use]
    pub fn lite(&self) -> Option<&Weights> {
        match self {
            Self::Lite(weights) => Some(weights),
            Self::Clip(_) => None,
        }
    }
}

/// Names of CLIP's towers that a backbone can be.
pub(crate) const TOWERS: [&str; 3] = ["clip-vit-b-32", "clip-rn50", "clip-rn101"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predicting::extractor::{Extractor, Scratch};
    use crate::predicting::regions::RegionWay;
    use crate::predicting::settings::{BackboneSettings, FeatureSettings, PerHead};
    use crate::predicting::view::View;
    use affetti_nets::clip::{resnet, vit};
    use affetti_nets::device::Device;
    use affetti_picture::{Filter, Picture};
    use affetti_testkit::{Values, assert_all_close, pixels};
    use affetti_weights::store::Precision;
    use affetti_weights::tensors::Tensor;

    const SIDE: usize = 64;

    /// A small tower whose weights are a series of numbers.
    fn small(shape: Shape) -> ImageTower {
        let mut values = Values::new(5);
        let fill = |(name, sizes): (String, Vec<usize>)| {
            let count: usize = sizes.iter().product();
            let scale = (3.0 / (count / sizes[0].max(1)).max(1) as f32).sqrt();
            let middle = if name.ends_with("running_var") {
                4.0
            } else {
                0.0
            };
            let numbers = values.many(count);
            let data = numbers.iter().map(|v| middle + scale * v).collect();
            (name, Tensor { shape: sizes, data })
        };
        let tensors = Tensors {
            map: shape.tensors().into_iter().map(fill).collect(),
            ..Tensors::default()
        };
        let gate = vit::Gate::Quick;
        ImageTower::new(Tower {
            shape,
            gate,
            tensors,
        })
        .expect("all tensors")
    }

    fn settings() -> FeatureSettings {
        let one = PerHead {
            emotions: 1.0,
            affect: 1.0,
        };
        FeatureSettings {
            backbones: vec![BackboneSettings {
                name: "clip-vit-b-32".into(),
                network: None,
                precision: Precision::Half,
                pooled: one,
                stages: PerHead::default(),
                folds: false,
                twins: 5,
                side: None,
            }],
            views: vec![View::Full, View::Flip],
            filter: Filter::Bicubic,
            color: PerHead::default(),
            components: PerHead {
                emotions: 2,
                affect: 2,
            },
        }
    }

    #[test]
    fn towers_describe_pictures_and_regions_that_are_cut_out() {
        let shapes = [
            Shape::Vit(vit::Shape {
                side: SIDE,
                patch: 16,
                width: 64,
                heads: 1,
                layers: 1,
                outputs: 6,
            }),
            Shape::ResNet(resnet::Shape {
                side: SIDE,
                width: 8,
                blocks: [1, 1, 1, 1],
                heads: 4,
                outputs: 6,
            }),
        ];
        for shape in shapes {
            let tower = small(shape);
            let embed = |picture: &Picture| tower.embed(picture);
            let colors = pixels(96, 80, |x, y| [(2 * x) as u8, (3 * y) as u8, (x * y) as u8]);
            let picture = Picture::new(96, 80, colors).expect("sizes fit");
            let whole = picture.resize(SIDE as u32, SIDE as u32, Filter::Bicubic);
            let (first, second) = (embed(&whole), embed(&whole.flip_horizontal()));
            let length: f32 = first.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-5 && first != second);
            let brought = Brought {
                tower: small(shape),
                sha256: "ab".into(),
            };
            let frozen = [Frozen::Clip(Arc::new(brought))];
            let extractor = Extractor::new(&settings(), &frozen, &Device::Cpu).expect("views");
            let mut scratch = Scratch::default();
            let found = extractor
                .features(&picture, &mut scratch, 1)
                .expect("described");
            let mean: Vec<f32> = first
                .iter()
                .zip(&second)
                .map(|(a, b)| f32::midpoint(*a, *b))
                .collect();
            assert_all_close(&found, &mean, 1e-6);
            // There are no maps to pool from: both ways cut the region out.
            let region = [10, 20, 40, 30];
            let cut = picture.resize_region(region, SIDE as u32, SIDE as u32, Filter::Bicubic);
            let expected = embed(&cut.expect("inside"));
            for way in [RegionWay::Crop, RegionWay::FAST] {
                let rows = extractor.region_features(&picture, &[region], way, &mut scratch, 1);
                assert_all_close(&rows.expect("described")[0], &expected, 1e-6);
            }
        }
    }

    #[test]
    fn towers_are_known_by_the_names_of_their_cards() {
        for name in TOWERS {
            assert!(
                matches!(Network::parse(name), Some(Network::Clip(_))),
                "{name}"
            );
            registry::card(name).expect("a card");
        }
        let vit = Network::parse("clip-vit-b-32").expect("known");
        assert_eq!((vit.widths(), vit.side()), ([512, 0], 224));
        assert_eq!(Network::parse("clip-rn50").map(Network::len), Some(1024));
        let lite = Network::parse("efficientnet-lite2").expect("known");
        assert_eq!((lite.widths()[0], lite.side()), (1280, 260));
        assert_eq!(Network::parse("clip"), None);
    }
}
