//! An index of felt pictures: one file that says of each what it evokes and where it lies among
//! the others, to find pictures by feeling.
//!
//! - **Layout**, little-endian, version 1: a header of 128 bytes ([`format`]), then one section
//!   per kind of number, each with one record per picture: the nine shares (`u16`, ten-thousandths,
//!   as JSON shows them); valence and arousal (`u16`, ten-thousandths above 1); the leading
//!   components (a scale, `f32`, and one `i8` each, component = code · scale); the remaining
//!   components (`i8`); length and time of the file; where its path ends; then all paths, UTF-8.
//!   Sections, so that a question reads only the numbers that it asks about.
//! - **Order** by path, each path once: the same pictures give the same bytes, however the index
//!   came to be.
//! - **Reading** is by seeking and reading, not by mapping the file into memory: a map needs unsafe
//!   code, and a file that is cut while it is mapped ends the process.
//! - **Hostile files**: counts and lengths are checked against the length of the file before
//!   anything is allocated; impossible numbers are clamped, and impossible rows never found.

mod build;
mod entry;
mod find;
mod format;
mod near;
mod nearest;
mod read;

pub use build::IndexBuilder;
pub use entry::{Entry, Stamp};
pub use find::{Hit, Query};
pub use read::Index;

#[cfg(test)]
mod tests;
