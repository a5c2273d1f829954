//! Any source of edge strength under one name.

use affetti_picture::Picture;
use serde::{Deserialize, Serialize};

use super::{EdgeNetwork, Edges, HedNetwork, gradient, of_strength};
use crate::{Map, RegionsError};

/// The strength of a network that is never stretched to 1: what it gives on a plane is no edge.
const FAINTEST_TOP: f32 = 0.25;

/// Which source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// [`gradient`].
    #[default]
    Gradient,
    /// [`EdgeNetwork`].
    Net,
    /// [`HedNetwork`].
    Hed,
}

impl Kind {
    /// What regions are found on: people's boundaries rather than every contrast (see
    /// `docs/regions.md`), where the program has the weights.
    #[must_use]
    pub const fn usual() -> Self {
        if cfg!(feature = "weights") {
            Self::Net
        } else {
            Self::Gradient
        }
    }

    /// The name on the command line and in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Net => "net",
            Self::Hed => "hed",
        }
    }
}

/// A source of edge strength, ready to use.
#[derive(Debug)]
pub enum Detector {
    /// No network.
    Gradient,
    /// Ours.
    Net(EdgeNetwork),
    /// The published one.
    Hed(HedNetwork),
}

impl Detector {
    /// The detector of a kind with its usual weights; `threads` for each picture.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn load(kind: Kind, threads: usize) -> Result<Self, RegionsError> {
        Ok(match kind {
            Kind::Gradient => Self::Gradient,
            Kind::Net => Self::Net(EdgeNetwork::embedded(threads)?),
            Kind::Hed => Self::Hed(HedNetwork::imported()?),
        })
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Gradient => Kind::Gradient,
            Self::Net(_) => Kind::Net,
            Self::Hed(_) => Kind::Hed,
        }
    }

    /// Edge strength of a picture, `[height, width]` in 0..=1, thick.
    #[must_use]
    pub fn strength(&self, picture: &Picture) -> Map {
        match self {
            Self::Gradient => gradient::gradient(picture),
            Self::Net(network) => network.strength(picture),
            Self::Hed(network) => network.strength(picture),
        }
    }

    /// Thin edges with their orientation, for proposals: a network's strengths are chances, of which
    /// few come near to 1, and are stretched so that the settings of EdgeBoxes keep their meaning.
    #[must_use]
    pub fn edges_for_proposals(&self, picture: &Picture) -> Edges {
        let strength = self.strength(picture);
        let top = match self {
            // Stretched already.
            Self::Gradient => 1.0,
            Self::Net(_) | Self::Hed(_) => {
                gradient::percentile(strength.values(), gradient::PERCENTILE).max(FAINTEST_TOP)
            }
        };
        of_strength(&strength.map(|v| (v / top).min(1.0)))
    }

    /// Thin edges with their orientation.
    #[must_use]
    pub fn edges(&self, picture: &Picture) -> Edges {
        of_strength(&self.strength(picture))
    }
}
