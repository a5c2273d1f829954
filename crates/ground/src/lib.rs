//! What every room stands on: who is at fault, files that are read within limits and written whole,
//! configs, series of random numbers from a seed. It knows no room and nothing of pictures.

pub mod config;
mod fault;
mod files;
mod random;
mod unfinished;

pub use fault::ErrorKind;
pub use files::{FileError, read_within, write_new, write_whole};
pub use random::{Normal, STEP, SplitMix64, finalize};
pub use unfinished::{follow_links, open_unfinished, unfinished_path};
