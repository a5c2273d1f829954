//! What the verbs answer, with its JSON.

mod hit;
mod read;
mod reading;
pub(crate) mod regions;
mod sketched;

pub use hit::hit_json;
pub use read::ReadSentence;
pub use reading::{Reading, Trace};
pub use regions::{Parts, RegionsReading};
pub use sketched::Sketched;
