//! Weight files: safetensors, the predictor, the reference table, PyTorch's pickles, NumPy arrays,
//! HDF5, ONNX, readers, speakers, spaces of words, generators. The first byte chooses the format.

use affetti_feel::{Model, Reference};
use affetti_nets::u2net;
use affetti_paint::Generator;
use affetti_regions::npy;
use affetti_weights::{hdf5, published, store};
use affetti_words::{read::Reader, say::speaker::Speaker, space::Space};

/// One run.
pub fn run(bytes: &[u8]) {
    let Some((choice, file)) = bytes.split_first() else {
        return;
    };
    match choice % 11 {
        0 => {
            if let Ok(tensors) = store::from_bytes(file, "fuzz") {
                // What was read can be written, or is refused for values that cannot be stored.
                let _ = store::to_bytes(&tensors, |_| store::Precision::Full);
            }
        }
        1 => drop(Model::from_bytes(file, "fuzz")),
        2 => drop(Reference::from_bytes(file, "fuzz")),
        3 => drop(published::read(file, "fuzz")),
        4 => drop(npy::from_bytes(file)),
        5 => drop(hdf5::read(file, "fuzz")),
        6 => drop(u2net::Weights::from_onnx(file, "fuzz")),
        7 => {
            if let Ok(reader) = Reader::from_bytes(file, "fuzz") {
                drop(reader.read(&["a calm sea", "??"]));
            }
        }
        8 => {
            if let Ok(space) = Space::from_bytes(file, "fuzz") {
                drop(space.text("a calm sea"));
            }
        }
        9 => drop(Speaker::from_bytes(file, "fuzz")),
        _ => drop(Generator::from_bytes(file, "fuzz")),
    }
}
