//! An index of felt pictures: one file that says of each what it evokes and where it lies among
//! the others, to find pictures by feeling.
//!
//! - **Layout**, little-endian, version 2: a header of 128 bytes ([`format`]), then one section
//!   per kind of number, each with one record per picture: the nine shares (`u16`, ten-thousandths,
//!   as JSON shows them); valence and arousal (`u16`, ten-thousandths above 1); the leading
//!   components (a scale, `f32`, and one `i8` each, component = code · scale); the remaining
//!   components (`i8`); length and time of the file; where its name ends; then all names, as bytes; then
//!   a CRC-32 of every 4,096 bytes of these, and one of the header and of all those.
//!   Sections, so that a question reads only the numbers that it asks about.
//! - **Names** are ways from the folder of the index ([`Home`]).
//! - **Order** by name, each name once: the same pictures give the same bytes, however the index
//!   came to be.
//! - **Reading** is by seeking and reading, not by mapping the file into memory: a map needs unsafe
//!   code, and a file that is cut while it is mapped ends the process.
//! - **Hostile files**: counts and lengths are checked against the length of the file before
//!   anything is allocated; what is read is held against its checksum, a file of at most 16 MiB as a
//!   whole when it is opened.
//! - **A run that does not come to its end** leaves what it has in a [`Journal`].

mod build;
mod entry;
mod find;
mod format;
mod home;
mod journal;
mod near;
mod nearest;
mod rank;
mod read;
mod sums;

pub use build::IndexBuilder;
pub use entry::{Entry, Stamp};
pub use find::{Hit, Query};
pub use home::Home;
pub use journal::Journal;
pub use rank::Described;
pub use read::Index;

#[cfg(test)]
mod tests;
