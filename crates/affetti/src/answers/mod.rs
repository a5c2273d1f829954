//! What the verbs answer, with its JSON.

mod hit;
pub(crate) mod painted;
mod read;
mod reading;
pub(crate) mod regions;
mod said;
mod sidecar;
mod sketched;

pub use hit::{Measured, hit_json};
pub use painted::{Asked, Painted};
pub use read::ReadSentence;
pub use reading::{Reading, Trace};
pub use regions::{Parts, RegionsReading};
pub use said::SaidPicture;
pub use sidecar::sidecar;
pub use sketched::Sketched;
