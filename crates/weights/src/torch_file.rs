//! Reads state dictionaries that PyTorch saved, in both of its formats:
//!
//! - before 1.6: a sequence of pickles (magic number, protocol, system, the dictionary, the list of
//!   storages) followed by raw storages;
//! - since then: a zip archive of stored entries, `NAME/data.pkl` with the dictionary and
//!   `NAME/data/KEY` with each storage (`stored_zip`);
//! - TorchScript: the same with a tree of modules in place of the dictionary, and with code, which is
//!   not read.
//!
//! A pickle can run any code when Python loads it. This reader runs none: it knows the few
//! instructions that tensors need (`pickle`) and refuses everything else. Sizes are
//! checked before anything is allocated.

use crate::error::NetError;
use crate::pickle::{Machine, Value};
use crate::stored_zip;
use crate::tensors::{Tensor, Tensors};
use half::f16;
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: &str = "PyTorch state dictionary";
const TENSOR: &str = "torch._utils._rebuild_tensor_v2";
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Reads every f32 (and, as f32, f16 and i64) tensor of `bytes`; `file` is its name for messages.
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
    parse(bytes, select)
        .map(|map| Tensors {
            file: file.to_owned(),
            note: String::new(),
            map,
        })
        .map_err(|why| NetError::Malformed {
            file: file.to_owned(),
            format: FORMAT,
            why,
        })
}

/// A tensor's view of a storage, as the dictionary describes it.
struct View {
    storage: String,
    kind: Kind,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    F16,
    F32,
    I64,
}

impl Kind {
    const fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::I64 => 8,
        }
    }
}

fn parse(
    bytes: &[u8],
    select: impl FnOnce(&mut Vec<String>),
) -> Result<BTreeMap<String, Tensor>, String> {
    let (views, storages) = if bytes.starts_with(b"PK") {
        archive(bytes)?
    } else {
        sequence(bytes)?
    };
    let mut names: Vec<String> = views.iter().map(|(name, _)| name.clone()).collect();
    select(&mut names);
    let names: BTreeSet<String> = names.into_iter().collect();
    // Halves double.
    let mut budget = bytes.len().saturating_mul(2);
    views
        .into_iter()
        .filter(|(name, _)| names.contains(name))
        .map(|(name, view)| {
            // Many views of one storage must not multiply its memory.
            budget = view
                .shape
                .iter()
                .try_fold(4_usize, |n, &size| n.checked_mul(size))
                .and_then(|size| budget.checked_sub(size))
                .ok_or_else(|| format!("{name}: the tensors are larger than the file"))?;
            let data = storages
                .get(&view.storage)
                .ok_or_else(|| format!("{name} has no storage"))?;
            let tensor = gather(&view, data).map_err(|why| format!("{name}: {why}"))?;
            Ok((name, tensor))
        })
        .collect()
}

type Parts<'a> = (Vec<(String, View)>, BTreeMap<String, &'a [u8]>);

/// The format since PyTorch 1.6.
fn archive(bytes: &[u8]) -> Result<Parts<'_>, String> {
    let entries = stored_zip::entries(bytes).map_err(|why| format!("zip archive: {why}"))?;
    let folder = entries.names().find_map(|name| {
        let folder = name.strip_suffix("/data.pkl")?;
        (!folder.contains('/')).then_some(folder)
    });
    let folder = folder.ok_or("the archive has no data.pkl")?;
    let pickle = entries.get(&format!("{folder}/data.pkl"))?;
    let pickle = pickle.ok_or("the archive has no data.pkl")?;
    let order = entries.get(&format!("{folder}/byteorder"))?;
    if order.is_some_and(|order| order != b"little") {
        return Err("its numbers are big-endian".into());
    }
    let views = views(Machine::new(pickle).load()?)?;
    let prefix = format!("{folder}/data/");
    let storages = entries.stored.iter().filter_map(|(name, data)| {
        let key = name.strip_prefix(&prefix)?;
        Some((key.to_owned(), *data))
    });
    Ok((views, storages.collect()))
}

/// The format before PyTorch 1.6.
fn sequence(bytes: &[u8]) -> Result<Parts<'_>, String> {
    let mut machine = Machine::new(bytes);
    match machine.load()? {
        Value::Long(magic) if magic == MAGIC => {}
        _ => return Err("the magic number is missing".into()),
    }
    machine.load()?;
    machine.load()?;
    let views = views(machine.load()?)?;
    let Value::List(keys) = machine.load()? else {
        return Err("the list of storages is missing".into());
    };
    let mut rest = machine.rest();
    let kinds: BTreeMap<&str, Kind> = views.iter().map(|(_, v)| (&*v.storage, v.kind)).collect();
    let mut storages: BTreeMap<String, &[u8]> = BTreeMap::new();
    for key in keys {
        let Value::Text(key) = key else {
            return Err("a storage key is no text".into());
        };
        let kind = *kinds.get(&*key).ok_or("a storage without a tensor")?;
        let (count, after) = rest.split_first_chunk::<8>().ok_or("cut short")?;
        let length = usize::try_from(u64::from_le_bytes(*count))
            .ok()
            .and_then(|n| n.checked_mul(kind.bytes()))
            .filter(|&n| n <= after.len())
            .ok_or_else(|| format!("storage {key} is cut short"))?;
        let (data, next) = after.split_at(length);
        storages.insert(key, data);
        rest = next;
    }
    Ok((views, storages))
}

fn views(dictionary: Value) -> Result<Vec<(String, View)>, String> {
    let entries = match dictionary {
        Value::Dict(entries) => entries,
        Value::Object(module) => {
            let mut found = Vec::new();
            attributes("", module, &mut found)?;
            return Ok(found);
        }
        _ => return Err("no dictionary of tensors".into()),
    };
    entries
        .into_iter()
        .map(|(name, value)| match (name, value) {
            (
                Value::Text(name),
                Value::Call {
                    function,
                    arguments,
                },
            ) if function == TENSOR => {
                let view = view(&arguments).ok_or_else(|| format!("{name} is no plain tensor"))?;
                Ok((name, view))
            }
            (Value::Text(name), _) => Err(format!("{name} is no plain tensor")),
            _ => Err("an entry without a name".into()),
        })
        .collect()
}

/// The tensors of a module and of the modules in it; other attributes are left out.
fn attributes(
    prefix: &str,
    module: Vec<(Value, Value)>,
    found: &mut Vec<(String, View)>,
) -> Result<(), String> {
    for (name, value) in module {
        let Value::Text(name) = name else {
            return Err("an attribute without a name".into());
        };
        let name = format!("{prefix}{name}");
        match value {
            Value::Object(inner) => attributes(&format!("{name}."), inner, found)?,
            Value::Call {
                function,
                arguments,
            } if function == TENSOR => {
                let view = view(&arguments).ok_or_else(|| format!("{name} is no plain tensor"))?;
                found.push((name, view));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Arguments: (persistent id, offset, shape, strides, …); the id is
/// ("storage", type, key, device, count, view).
fn view(arguments: &[Value]) -> Option<View> {
    let [Value::Persistent(id), offset, shape, strides, ..] = arguments else {
        return None;
    };
    let Value::Tuple(id) = &**id else { return None };
    let [Value::Text(tag), Value::Global(class), Value::Text(key), ..] = id.as_slice() else {
        return None;
    };
    let kind = match (tag.as_str(), class.as_str()) {
        ("storage", "torch.FloatStorage") => Kind::F32,
        ("storage", "torch.HalfStorage") => Kind::F16,
        ("storage", "torch.LongStorage") => Kind::I64,
        _ => return None,
    };
    Some(View {
        storage: key.clone(),
        kind,
        offset: offset.as_size()?,
        shape: shape.as_sizes()?,
        strides: strides.as_sizes()?,
    })
}

fn gather(view: &View, storage: &[u8]) -> Result<Tensor, String> {
    if view.shape.len() != view.strides.len() || view.shape.len() > 8 {
        return Err("shape and strides do not fit".into());
    }
    let count = view
        .shape
        .iter()
        .try_fold(1_usize, |n, &size| n.checked_mul(size))
        .filter(|&n| n <= storage.len() / view.kind.bytes() || n == 0)
        .ok_or("more elements than its storage has")?;
    let mut data = Vec::with_capacity(count);
    let mut index = vec![0_usize; view.shape.len()];
    for _ in 0..count {
        let at = index
            .iter()
            .zip(&view.strides)
            .try_fold(view.offset, |at, (&i, &stride)| {
                at.checked_add(i.checked_mul(stride)?)
            })
            .and_then(|at| at.checked_mul(view.kind.bytes()))
            .ok_or("an element outside its storage")?;
        data.push(element(storage, at, view.kind).ok_or("an element outside its storage")?);
        for (i, &size) in index.iter_mut().zip(&view.shape).rev() {
            *i += 1;
            if *i < size {
                break;
            }
            *i = 0;
        }
    }
    Ok(Tensor {
        shape: view.shape.clone(),
        data,
    })
}

fn element(storage: &[u8], at: usize, kind: Kind) -> Option<f32> {
    let bytes = storage.get(at..at.checked_add(kind.bytes())?)?;
    match kind {
        Kind::F16 => Some(f16::from_le_bytes(bytes.try_into().ok()?).to_f32()),
        Kind::F32 => Some(f32::from_le_bytes(bytes.try_into().ok()?)),
        Kind::I64 => Some(i64::from_le_bytes(bytes.try_into().ok()?) as f32),
    }
}
