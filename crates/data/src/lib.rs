//! The data sets that Affetti learns from and is measured on: one module per
//! layout, and what they share.
//!
//! | module | layout |
//! |---|---|
//! | [`artemis`] | ArtEmis utterances in the official columns, and their splits |
//! | [`paintings`] | the labelled paintings, joined with ArtEmis's votes |
//! | [`oasis`] | photographs with valence and arousal |
//! | [`artgan`] | ArtGAN's style, genre and artist lists |
//! | [`abstract_art`] | abstract paintings with votes |
//! | [`bsds`] | photographs with the boundaries that people drew |
//! | [`captions`] | what people or models wrote about pictures |
//! | [`goemotions`] | comments with 28 emotions |
//! | [`wikiart_emotions`] | WikiArt-Emotions and the two merges of its labels |
//! | [`affective`] | IAPSa, ArtPhoto, Twitter I and II, EmotionROI, FI, Flickr, folder per class, tar |
//! | [`folder`] | any folder of pictures |
//! | [`table`] | any CSV file with a column of paths |
//!
//! [`splits`] decides what may be learnt from, [`stats`] prints what a set
//! holds beside what its authors published, [`check`] opens every picture.
//!
//! # Conventions
//! - Files are read within [`Limits`]. A bad row is left out, counted and named
//!   by line in [`ReadReport`]; a file without a good row is an error.
//! - Valence and arousal are on 1..7; sets on another scale say so and convert.
//! - A set's own `split` and `group` columns win; [`Split::of`] serves the others.
//! - Nothing is written, and pictures are opened by [`check`] and [`bsds`] only.
//!
//! # What it does not do
//! It downloads nothing (the sets have terms that their users must accept),
//! and it reads CSV only, not pickles or spreadsheets. The museum's `met.csv`
//! has a column `file` and so is a [`table`].

pub mod abstract_art;
pub mod affective;
pub mod artemis;
pub mod artgan;
pub mod bsds;
pub mod captions;
pub mod check;
pub mod folder;
pub mod goemotions;
pub mod labelled;
pub mod oasis;
pub mod paintings;
pub mod splits;
pub mod stats;
pub mod table;
pub mod wikiart_emotions;

mod error;
mod lossy;
mod sheet;
#[cfg(test)]
mod testing;

pub use error::{DataError, ErrorKind};
pub use sheet::{BadRow, Limits, Loaded, ReadReport, RowFault};
pub use splits::Split;
