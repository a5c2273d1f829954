//! Our own weight files: safetensors whose large tensors are stored in half precision or eight
//! bits and come back as f32.
//!
//! An eight-bit tensor `x` has one scale per output channel (first axis) beside it in `x.scale`:
//! value = stored · scale. Bytes depend only on the tensors, never on a map's order.

use crate::common;
use crate::error::NetError;
use crate::tensors::{Tensor, Tensors};
use half::f16;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

const FORMAT: &str = "safetensors";
const NOTE: &str = "affetti";
/// Larger files are refused unread: twice the largest network that this project knows.
pub const MAX_BYTES: u64 = 1 << 30;

/// How tensors are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As they are.
    Full,
    /// 16 bits.
    Half,
    /// Eight bits for tensors of two and more axes, 32 bits for the others.
    Byte,
}

impl Precision {
    /// The precision called `full`, `half` or `byte`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "full" => Some(Self::Full),
            "half" => Some(Self::Half),
            "byte" => Some(Self::Byte),
            _ => None,
        }
    }
}

/// The file's bytes for `tensors`, each stored as `precision(name)` says, with [`Tensors::note`].
///
/// # Errors
/// [`NetError::Malformed`] where a shape does not fit its data.
pub fn to_bytes(
    tensors: &Tensors,
    precision: impl Fn(&str) -> Precision,
) -> Result<Vec<u8>, NetError> {
    let malformed = |why: String| NetError::Malformed {
        file: tensors.file.clone(),
        format: FORMAT,
        why,
    };
    let mut stored: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, tensor) in &tensors.map {
        let precision = precision(name);
        // Rounding would turn damage into numbers that look sound.
        let largest = if precision == Precision::Half {
            f16::MAX.to_f32()
        } else {
            f32::MAX
        };
        if !tensor.data.iter().all(|x| x.abs() <= largest) {
            return Err(malformed(format!(
                "{name} has values that cannot be stored"
            )));
        }
        match precision {
            Precision::Half => {
                let data = tensor
                    .data
                    .iter()
                    .flat_map(|&x| f16::from_f32(x).to_le_bytes());
                stored.insert(
                    name.clone(),
                    (Dtype::F16, tensor.shape.clone(), data.collect()),
                );
            }
            Precision::Byte if tensor.shape.len() >= 2 && tensor.shape[0] > 0 => {
                let (values, scales) = quantize(tensor);
                let scale = (Dtype::F32, vec![tensor.shape[0]], floats(&scales));
                stored.insert(format!("{name}.scale"), scale);
                stored.insert(name.clone(), (Dtype::I8, tensor.shape.clone(), values));
            }
            Precision::Full | Precision::Byte => {
                let data = floats(&tensor.data);
                stored.insert(name.clone(), (Dtype::F32, tensor.shape.clone(), data));
            }
        }
    }
    let views = stored
        .iter()
        .map(|(name, (dtype, shape, data))| {
            let view = TensorView::new(*dtype, shape.clone(), data);
            view.map(|view| (name, view))
                .map_err(|e| malformed(e.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    // One entry only: the order of several would change from run to run.
    let note = (!tensors.note.is_empty())
        .then(|| HashMap::from([(NOTE.to_owned(), tensors.note.clone())]));
    safetensors::serialize(views, note).map_err(|e| malformed(e.to_string()))
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// Symmetric rounding of each output channel to −127..127.
fn quantize(tensor: &Tensor) -> (Vec<u8>, Vec<f32>) {
    let per_output = (tensor.data.len() / tensor.shape[0]).max(1);
    let mut values = Vec::with_capacity(tensor.data.len());
    let mut scales = Vec::with_capacity(tensor.shape[0]);
    for filter in tensor.data.chunks(per_output) {
        let largest = filter.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        scales.push(scale);
        values.extend(
            filter
                .iter()
                .map(|x| ((x / scale).round() as i8).cast_unsigned()),
        );
    }
    (values, scales)
}

/// Reads a file of ours, or any safetensors file of floats and long integers.
///
/// # Errors
/// [`NetError::Malformed`] with the first thing that is wrong.
pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Tensors, NetError> {
    from_bytes_selected(bytes, file, |_| {})
}

/// [`from_bytes`] of the tensors whose names `select` leaves in the list; the others may be of any
/// type.
///
/// # Errors
/// As [`from_bytes`].
pub fn from_bytes_selected(
    bytes: &[u8],
    file: &str,
    select: impl FnOnce(&mut Vec<String>),
) -> Result<Tensors, NetError> {
    from_bytes_behind("", bytes, file, select)
}

/// [`from_bytes_selected`] with names without what wrappers put in front of all.
pub(crate) fn from_bytes_unwrapped(
    bytes: &[u8],
    file: &str,
    select: impl FnOnce(&mut Vec<String>),
) -> Result<Tensors, NetError> {
    // What cannot be read is told below.
    let names = SafeTensors::read_metadata(bytes).map(|(_, about)| about.offset_keys());
    let names = names.unwrap_or_default();
    let prefix = common::prefix(names.iter().map(String::as_str));
    from_bytes_behind(&prefix, bytes, file, select)
}

/// The tensors whose names begin with `prefix`, under names without it.
fn from_bytes_behind(
    prefix: &str,
    bytes: &[u8],
    file: &str,
    select: impl FnOnce(&mut Vec<String>),
) -> Result<Tensors, NetError> {
    let malformed = |why: String| NetError::Malformed {
        file: file.to_owned(),
        format: FORMAT,
        why,
    };
    let parsed = SafeTensors::deserialize(bytes).map_err(|e| malformed(e.to_string()))?;
    let names = parsed.names().into_iter();
    let names = names.filter_map(|name| name.strip_prefix(prefix));
    let mut names: Vec<String> = names.map(Into::into).collect();
    select(&mut names);
    let names: BTreeSet<String> = names.into_iter().collect();
    // Millions of numbers: a part of every start.
    let views: Vec<_> = parsed
        .iter()
        .filter(|(name, _)| name.strip_prefix(prefix).is_some_and(|n| names.contains(n)))
        .collect();
    let read = |(name, view): &(&str, TensorView<'_>)| -> Result<(String, Tensor), NetError> {
        let data = match view.dtype() {
            Dtype::F32 => read_floats(view.data()),
            Dtype::F16 => halves(view.data()).map(f16::to_f32).collect(),
            Dtype::BF16 => bfloats(view.data()),
            Dtype::F64 => wide(view.data(), |b| f64::from_le_bytes(b) as f32),
            Dtype::I64 => wide(view.data(), |b| i64::from_le_bytes(b) as f32),
            Dtype::I8 => {
                let scale = parsed
                    .tensor(&format!("{name}.scale"))
                    .map_err(|_| malformed(format!("{name} has no scales")))?;
                dequantize(view, &scale).map_err(|why| malformed(format!("{name}: {why}")))?
            }
            other => return Err(malformed(format!("{name} is stored as {other:?}"))),
        };
        let shape = view.shape().to_vec();
        Ok((name[prefix.len()..].to_owned(), Tensor { shape, data }))
    };
    let mut map = views
        .par_iter()
        .map(read)
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    let eight_bit: Vec<String> = parsed
        .iter()
        .filter(|(_, view)| view.dtype() == Dtype::I8)
        .filter_map(|(name, _)| Some(format!("{}.scale", name.strip_prefix(prefix)?)))
        .collect();
    for scale in eight_bit {
        map.remove(&scale);
    }
    let header = SafeTensors::read_metadata(bytes).map_err(|e| malformed(e.to_string()))?;
    let note = header
        .1
        .metadata()
        .as_ref()
        .and_then(|m| m.get(NOTE).cloned());
    Ok(Tensors {
        file: file.to_owned(),
        note: note.unwrap_or_default(),
        map,
    })
}

fn read_floats(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn wide(bytes: &[u8], number: impl Fn([u8; 8]) -> f32) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().map(|b| number(*b)).collect()
}

fn halves(bytes: &[u8]) -> impl Iterator<Item = f16> {
    let (words, _) = bytes.as_chunks::<2>();
    words.iter().map(|b| f16::from_le_bytes(*b))
}

fn bfloats(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<2>();
    let widen = |b: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16);
    words.iter().map(widen).collect()
}

fn dequantize(view: &TensorView<'_>, scale: &TensorView<'_>) -> Result<Vec<f32>, &'static str> {
    let outputs = view.shape().first().copied().unwrap_or(0);
    if scale.dtype() != Dtype::F32 || scale.shape() != [outputs] || outputs == 0 {
        return Err("scales do not fit");
    }
    let per_output = (view.data().len() / outputs).max(1);
    let scales = read_floats(scale.data());
    let filters = view.data().chunks(per_output).zip(scales);
    let mut values = Vec::with_capacity(view.data().len());
    for (filter, scale) in filters {
        values.extend(filter.iter().map(|&b| f32::from(b.cast_signed()) * scale));
    }
    Ok(values)
}

/// Reads the file at `path`, at most [`MAX_BYTES`].
///
/// # Errors
/// [`NetError::Io`], [`NetError::TooLarge`], and [`NetError::Malformed`] for what was never downloaded: a
/// pointer, a web page, nothing.
pub fn read_file(path: &Path) -> Result<Vec<u8>, NetError> {
    let bytes = affetti_ground::read_within(path, MAX_BYTES)?;
    match common::no_weights(&bytes) {
        Some(why) => Err(NetError::Malformed {
            file: path.display().to_string(),
            format: "weight",
            why: why.to_owned(),
        }),
        None => Ok(bytes),
    }
}

/// Lower-case hexadecimal SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
