//! A picture becomes a drawing of a few strokes.
//!
//! | step | where |
//! |---|---|
//! | strokes and drawings | [`Stroke`], [`Drawing`], [`Cubic`] |
//! | picture → its object | [`mask`] |
//! | picture → edges → weighted points | [`edges`], [`Scene`] |
//! | points → traced strokes → refined strokes | [`Scene::draw`], [`Scene::sweep`] |
//! | lines → what they show | [`encoder`]; whether drawings still show it: [`recognise`](mod@recognise) |
//! | drawings to files, and back from SVG | [`export`], [`read_svg`] |
//! | drawings to pixels, exactly | [`exact`] |
//! | drawings to pixels and gradients back | [`soft`] |
//! | strokes by what networks see in them | [`clipasso`] |

mod adam;
pub mod clipasso;
#[cfg(feature = "train")]
mod config;
mod cubic;
pub mod edges;
pub mod encoder;
mod error;
pub mod exact;
pub mod export;
mod field;
mod fit;
mod geometry;
mod ink;
mod learned;
pub mod mask;
mod meaning;
mod opacity;
mod order;
mod points;
pub mod recognise;
mod refine;
mod saliency;
mod scene;
mod settings;
pub mod soft;
mod stroke;
mod svg_read;
mod trace;
mod weld;

pub use clipasso::{Clipasso, ClipassoSettings, Photo, Quirks};
pub use cubic::{Cubic, Point, bernstein};
pub use edges::EdgeMap;
pub use error::{ErrorKind, SketchError};
pub use learned::{EMBEDDED as EDGES, LearnedEdges};
pub use opacity::{is_bright, opacity};
pub use scene::{Detector, EdgeSource, Moment, SIDE, Scene, Sketch};
pub use settings::{Quality, Settings};
pub use stroke::{Drawing, MAX_STROKES, Stroke};
pub use svg_read::{MAX_BYTES as MAX_SVG_BYTES, read_svg};
