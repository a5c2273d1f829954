//! The first room of Affetti: bytes become an upright sRGB [`Picture`], within limits.
//!
//! What happens here, in the order of the pipeline:
//!
//! | step | where |
//! |---|---|
//! | recognise the format from the first bytes | [`Format`] |
//! | check size, pixels, sides and memory before decoding | [`Limits`] |
//! | decode JPEG, PNG, WebP, GIF, BMP or TIFF to 8 bits, convert to sRGB, blend alpha, turn upright | [`decode`], [`read`] |
//! | resize, crop, flip, encode | methods of [`Picture`] |
//! | color spaces | [`color`] |
//! | numbers about colors for people | [`measures`] |
//! | numbers about colors and composition for a predictor | [`color_features`] |
//!
//! Bytes are hostile until decoded: no function here panics on them, and the memory taken is
//! bounded by [`Limits`].
//!
//! # Example
//! ```
//! use affetti_picture::{DecodeOptions, Filter, Picture, decode, measures};
//!
//! // A photo would come from `read(path, &options)`; here one is made and encoded.
//! let file = Picture::new(2, 1, vec![255, 120, 0, 255, 140, 20])?.encode_png();
//! let picture = decode(&file, &DecodeOptions::default())?;
//! assert_eq!((picture.width(), picture.height()), (2, 1));
//! assert!(measures(&picture).warmth > 0.5);
//! assert_eq!(picture.resize(224, 224, Filter::Bicubic).pixels().len(), 224 * 224 * 3);
//! # Ok::<(), affetti_picture::PictureError>(())
//! ```
//!
//! # What it does not do
//! HEIC, AVIF, JPEG XL, SVG and PDF are recognised and refused by name. Of an animation, the first
//! frame is read. ICC profiles are honoured; the gAMA, cHRM and cICP chunks of PNG and the profile
//! of a BMP or GIF are not. What each format can hold and is refused by name stands in
//! `docs/decoding.md`.

pub mod color;

mod decode;
mod encode;
mod error;
mod features;
mod format;
mod geometry;
mod limits;
mod measures;
mod palette;
mod picture;
mod resize;
mod xdog;

pub use decode::{another_follows, decode, dimensions, read};
pub use error::{ErrorKind, PictureError};
pub use features::{COLOR_FEATURES_LEN, FeatureGroup, color_feature_groups, color_features};
pub use format::{EXTENSIONS, Format, has_picture_extension};
pub use limits::{DecodeOptions, Limits};
pub use measures::{Measures, measures};
pub use palette::Swatch;
pub use picture::{MAX_SIDE, Picture};
pub use resize::Filter;
pub use xdog::xdog;
