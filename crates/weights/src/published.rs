//! Weights as people have them: PyTorch's files or safetensors, told apart by their content.

use crate::error::NetError;
use crate::tensors::Tensors;
use crate::{store, torch_file};

/// All tensors of `bytes`, as f32, under names without wrappers' prefixes; `file` is its name for messages.
///
/// # Errors
/// [`NetError::Malformed`] with the first thing that is wrong.
pub fn read(bytes: &[u8], file: &str) -> Result<Tensors, NetError> {
    read_selected(bytes, file, |_| {})
}

/// [`read`] of the tensors whose names `select` leaves in the list.
///
/// # Errors
/// As [`read`].
pub fn read_selected(
    bytes: &[u8],
    file: &str,
    select: impl FnOnce(&mut Vec<String>),
) -> Result<Tensors, NetError> {
    let torch = bytes.starts_with(b"PK") || bytes.first() == Some(&0x80);
    if torch && !is_safetensors(bytes) {
        torch_file::read_selected(bytes, file, select)
    } else {
        store::from_bytes_unwrapped(bytes, file, select)
    }
}

/// Whether a length and JSON of that length begin the file: its first byte may be any.
fn is_safetensors(bytes: &[u8]) -> bool {
    bytes
        .split_first_chunk::<8>()
        .is_some_and(|(length, rest)| {
            rest.first() == Some(&b'{') && u64::from_le_bytes(*length) <= rest.len() as u64
        })
}
