//! Reads state dictionaries that PyTorch saved, in both of its formats:
//!
//! - before 1.6: a sequence of pickles (magic number, protocol, system, the dictionary, the list of
//!   storages) followed by raw storages;
//! - since then: a zip archive of stored entries, `NAME/data.pkl` with the dictionary and
//!   `NAME/data/KEY` with each storage (`stored_zip`);
//! - a checkpoint: such a dictionary in another one (`state_dict`, `model`, `ema`, …), beside numbers,
//!   texts and the state of an optimizer, which are left out;
//! - TorchScript: the same with a tree of modules in place of the dictionary, and with code, which is
//!   not read.
//!
//! A pickle can run any code when Python loads it. This reader runs none: it knows the few
//! instructions that tensors need (`pickle`) and refuses everything else. Sizes are
//! checked before anything is allocated.

use crate::common;
use crate::error::NetError;
use crate::pickle::{Machine, Value};
use crate::stored_zip;
use crate::tensors::{Tensor, Tensors};
use half::{bf16, f16};
use std::collections::{BTreeMap, BTreeSet};

const FORMAT: &str = "PyTorch state dictionary";
const TENSOR: &str = "torch._utils._rebuild_tensor_v2";
/// A tensor that is trained: the tensor, and what training needs.
const PARAMETER: &str = "torch._utils._rebuild_parameter";
/// Where checkpoints keep the dictionary, first choice first.
const WRAPPERS: [&str; 12] = [
    "state_dict",
    "model_state_dict",
    "model",
    "module",
    "net",
    "network",
    "weights",
    "params",
    "ema",
    "ema_state_dict",
    "model_ema",
    "params_ema",
];
/// How deep they may be in each other.
const WRAPPED: usize = 4;
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Reads every tensor of `bytes`, as f32 whatever its numbers are; names are without what wrappers put in
/// front of all (`common`). `file` is its name for messages.
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
    Bf16,
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
}

impl Kind {
    const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }
}

fn parse(
    bytes: &[u8],
    select: impl FnOnce(&mut Vec<String>),
) -> Result<BTreeMap<String, Tensor>, String> {
    let (mut views, storages) = if bytes.starts_with(b"PK") {
        archive(bytes)?
    } else {
        sequence(bytes)?
    };
    let wrapped = common::prefix(views.iter().map(|(name, _)| name.as_str()));
    views.retain_mut(|(name, _)| {
        let inner = name.strip_prefix(&wrapped).map(str::to_owned);
        inner.map(|inner| *name = inner).is_some()
    });
    let mut names: Vec<String> = views.iter().map(|(name, _)| name.clone()).collect();
    select(&mut names);
    let names: BTreeSet<String> = names.into_iter().collect();
    // Halves double, and flags become four bytes.
    let mut budget = bytes.len().saturating_mul(4);
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
    let dictionary = machine.load()?;
    let views = views(dictionary)?;
    // Of all that were named, those of an optimizer's state too.
    let kinds: BTreeMap<String, Kind> = machine
        .ids
        .iter()
        .filter_map(storage)
        .map(|(key, kind)| (key.clone(), kind))
        .collect();
    let Value::List(keys) = machine.load()? else {
        return Err("the list of storages is missing".into());
    };
    let mut rest = machine.rest();
    let mut storages: BTreeMap<String, &[u8]> = BTreeMap::new();
    for key in keys {
        let Value::Text(key) = key else {
            return Err("a storage key is no text".into());
        };
        let kind = *kinds.get(&key).ok_or("a storage without a tensor")?;
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
        Value::Dict(entries) => unwrapped(entries),
        Value::Object(module) => {
            let mut found = Vec::new();
            attributes("", module, &mut found)?;
            return Ok(found);
        }
        _ => return Err("no dictionary of tensors".into()),
    };
    let mut found = Vec::new();
    for (name, value) in entries {
        let Value::Text(name) = name else {
            return Err("an entry without a name".into());
        };
        if let Some(view) = tensor(&name, &value)? {
            found.push((name, view));
        }
    }
    if found.is_empty() {
        return Err("no dictionary of tensors".into());
    }
    Ok(found)
}

/// The dictionary with tensors, in whatever it is wrapped; beside a wrapper there may be tensors, too.
fn unwrapped(mut entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    for _ in 0..WRAPPED {
        let wrapper = WRAPPERS.iter().find_map(|wrapper| {
            entries.iter().position(|(name, value)| {
                matches!(name, Value::Text(name) if name == wrapper) && has_tensors(value, WRAPPED)
            })
        });
        match wrapper.map(|at| entries.swap_remove(at).1) {
            Some(Value::Dict(inner)) => entries = inner,
            _ => break,
        }
    }
    entries
}

/// Whether a dictionary has tensors, or has dictionaries that have.
fn has_tensors(value: &Value, depth: usize) -> bool {
    let Value::Dict(entries) = value else {
        return false;
    };
    let inside = |value: &Value| is_tensor(value) || depth > 0 && has_tensors(value, depth - 1);
    entries.iter().any(|(_, value)| inside(value))
}

fn is_tensor(value: &Value) -> bool {
    matches!(value, Value::Call { function, .. } if function == TENSOR || function == PARAMETER)
}

/// The tensor that `value` is; `None` for what is none and no attempt at one.
fn tensor(name: &str, value: &Value) -> Result<Option<View>, String> {
    let no_plain = || format!("{name} is no plain tensor");
    match value {
        Value::Call {
            function,
            arguments,
        } if function == PARAMETER => match arguments.first() {
            Some(inner) if is_tensor(inner) => tensor(name, inner),
            _ => Err(no_plain()),
        },
        Value::Call {
            function,
            arguments,
        } if function == TENSOR => view(arguments).map(Some).ok_or_else(no_plain),
        // Of other kinds of tensors: sparse, quantized.
        Value::Call { function, .. } if function.starts_with("torch._utils.") => Err(no_plain()),
        _ => Ok(None),
    }
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
            value => found.extend(tensor(&name, &value)?.map(|view| (name, view))),
        }
    }
    Ok(())
}

/// Key and numbers of a storage, from its id ("storage", type, key, device, count, view).
fn storage(id: &Value) -> Option<(&String, Kind)> {
    let Value::Tuple(id) = id else { return None };
    let [Value::Text(tag), Value::Global(class), Value::Text(key), ..] = id.as_slice() else {
        return None;
    };
    let kind = match (tag.as_str(), class.as_str()) {
        ("storage", "torch.FloatStorage") => Kind::F32,
        ("storage", "torch.DoubleStorage") => Kind::F64,
        ("storage", "torch.HalfStorage") => Kind::F16,
        ("storage", "torch.BFloat16Storage") => Kind::Bf16,
        ("storage", "torch.LongStorage") => Kind::I64,
        ("storage", "torch.IntStorage") => Kind::I32,
        ("storage", "torch.ShortStorage") => Kind::I16,
        ("storage", "torch.CharStorage") => Kind::I8,
        ("storage", "torch.BoolStorage" | "torch.ByteStorage") => Kind::U8,
        _ => return None,
    };
    Some((key, kind))
}

/// Arguments: (id of the storage, offset, shape, strides, …).
fn view(arguments: &[Value]) -> Option<View> {
    let [Value::Persistent(id), offset, shape, strides, ..] = arguments else {
        return None;
    };
    let (storage, kind) = storage(id)?;
    Some(View {
        storage: storage.clone(),
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
        Kind::U8 => Some(f32::from(bytes[0])),
        Kind::I8 => Some(f32::from(bytes[0].cast_signed())),
        Kind::I16 => Some(f32::from(i16::from_le_bytes(bytes.try_into().ok()?))),
        Kind::Bf16 => Some(bf16::from_le_bytes(bytes.try_into().ok()?).to_f32()),
        Kind::F64 => Some(f64::from_le_bytes(bytes.try_into().ok()?) as f32),
        Kind::I32 => Some(i32::from_le_bytes(bytes.try_into().ok()?) as f32),
        Kind::F16 => Some(f16::from_le_bytes(bytes.try_into().ok()?).to_f32()),
        Kind::F32 => Some(f32::from_le_bytes(bytes.try_into().ok()?)),
        Kind::I64 => Some(i64::from_le_bytes(bytes.try_into().ok()?) as f32),
    }
}
