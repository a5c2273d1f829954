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
    if bytes.starts_with(b"PK") || bytes.first() == Some(&0x80) {
        torch_file::read_selected(bytes, file, select)
    } else {
        store::from_bytes_unwrapped(bytes, file, select)
    }
}
