//! Reads the f32 arrays of HDF5 files, as far as Keras writes them.
//!
//! - **Computes** names (the groups on the way, joined by `/`) and contiguous little-endian f32
//!   arrays of a file with superblock version 0 or 1, version 1 object headers and symbol tables:
//!   what the library writes unless it is asked for more.
//! - **Input** the file's bytes; **output** [`Tensors`].
//! - **Source** The HDF Group, "HDF5 File Format Specification", version 3.
//! - **Deviations** chunks, filters, other types and newer layouts are refused by name; attributes
//!   are skipped. A crate for all of HDF5 would bind a C library or be far larger than this.
//!
//! The bytes are hostile: every offset is checked, and depth and number of objects are bounded.

use crate::error::NetError;
use crate::tensors::{Tensor, Tensors};
use std::collections::BTreeMap;

const FORMAT: &str = "HDF5";
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Groups inside of groups; Keras nests six deep.
const MAX_DEPTH: usize = 32;
/// Headers, nodes and blocks that are visited at most: loops in a file end here.
const MAX_VISITS: usize = 100_000;
/// Axes of an array, as the format has it.
const MAX_RANK: usize = 32;
const UNDEFINED: u64 = u64::MAX;

type Fault = String;

/// All arrays of the file.
///
/// # Errors
/// [`NetError::Malformed`] with the first thing that is wrong or not read here.
pub fn read(bytes: &[u8], file: &str) -> Result<Tensors, NetError> {
    let mut reader = Reader {
        bytes,
        visits: 0,
        floats: 0,
        map: BTreeMap::new(),
    };
    reader.root().map_err(|why| NetError::Malformed {
        file: file.to_owned(),
        format: FORMAT,
        why,
    })?;
    Ok(Tensors {
        file: file.to_owned(),
        note: String::new(),
        map: reader.map,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    visits: usize,
    floats: usize,
    map: BTreeMap<String, Tensor>,
}

/// One message of an object header.
struct Message<'a> {
    kind: u64,
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    fn at(&self, offset: u64, length: u64) -> Result<&'a [u8], Fault> {
        let end = offset.checked_add(length);
        let range = usize::try_from(offset)
            .ok()
            .zip(end.and_then(|end| usize::try_from(end).ok()));
        range
            .and_then(|(start, end)| self.bytes.get(start..end))
            .ok_or_else(|| format!("{length} bytes at {offset} are not in the file"))
    }

    fn visit(&mut self) -> Result<(), Fault> {
        self.visits += 1;
        if self.visits > MAX_VISITS {
            return Err("too many objects".to_owned());
        }
        Ok(())
    }

    fn root(&mut self) -> Result<(), Fault> {
        let head = self.at(0, 16)?;
        if &head[..8] != SIGNATURE {
            return Err("the signature is missing".to_owned());
        }
        let entry = match head[8] {
            0 => 56,
            1 => 60,
            other => return Err(format!("superblock version {other} is not read")),
        };
        if head[13..15] != [8, 8] {
            return Err("offsets and lengths of eight bytes are read only".to_owned());
        }
        if number(self.at(entry - 32, 8)?) != 0 {
            return Err("a file that begins elsewhere is not read".to_owned());
        }
        let header = number(self.at(entry + 8, 8)?);
        self.object(header, "", 0)
    }

    /// A group or an array; other objects are skipped.
    fn object(&mut self, header: u64, name: &str, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(format!("{name:.80}: more than {MAX_DEPTH} groups deep"));
        }
        let messages = self.messages(header)?;
        let find = |kind| messages.iter().find(|m| m.kind == kind).map(|m| m.data);
        if let Some(table) = find(0x11) {
            let tree = number(part(table, 0, 8)?);
            let heap = number(part(table, 8, 8)?);
            return self.group(tree, heap, name, depth);
        }
        if let (Some(space), Some(kind), Some(layout)) = (find(0x01), find(0x03), find(0x08)) {
            let array = self
                .array(space, kind, layout)
                .map_err(|why| format!("{name:.80}: {why}"))?;
            // Many names for one array would multiply the file in memory.
            self.floats += array.data.len();
            if self.floats > self.bytes.len() / 4 {
                return Err("more numbers than the file has room for".to_owned());
            }
            self.map.insert(name.to_owned(), array);
        }
        Ok(())
    }

    fn messages(&mut self, header: u64) -> Result<Vec<Message<'a>>, Fault> {
        self.visit()?;
        let prefix = self.at(header, 16)?;
        if prefix[0] != 1 {
            return Err(format!("object header version {} is not read", prefix[0]));
        }
        let start = header.checked_add(16).ok_or("an offset too large")?;
        let mut blocks = vec![(start, number(&prefix[8..12]))];
        let mut messages = Vec::new();
        while let Some((start, length)) = blocks.pop() {
            self.visit()?;
            let mut block = self.at(start, length)?;
            while block.len() >= 8 {
                let (kind, size) = (number(&block[..2]), number(&block[2..4]) as usize);
                let data = part(block, 8, size)?;
                self.visit()?;
                if kind == 0x10 {
                    blocks.push((number(part(data, 0, 8)?), number(part(data, 8, 8)?)));
                } else {
                    messages.push(Message { kind, data });
                }
                block = &block[8 + size..];
            }
        }
        Ok(messages)
    }

    fn group(&mut self, tree: u64, heap: u64, name: &str, depth: usize) -> Result<(), Fault> {
        let head = self.at(heap, 32)?;
        if &head[..4] != b"HEAP" {
            return Err("a group without its names".to_owned());
        }
        let names = self.at(number(&head[24..32]), number(&head[8..16]))?;
        let mut nodes = vec![tree];
        while let Some(node) = nodes.pop() {
            self.visit()?;
            let head = self.at(node, 8)?;
            let count = number(&head[6..8]);
            match &head[..4] {
                // Keys and children alternate, and a key comes first.
                b"TREE" => {
                    let children = self.at(node.saturating_add(24), 8 + 16 * count)?;
                    let child = |i: usize| number(&children[8 + 16 * i..][..8]);
                    nodes.extend((0..count as usize).map(child));
                }
                b"SNOD" => {
                    for entry in self
                        .at(node.saturating_add(8), 40 * count)?
                        .chunks_exact(40)
                    {
                        let link = text(names, number(&entry[..8]))?;
                        let path = if name.is_empty() {
                            link.to_owned()
                        } else {
                            format!("{name}/{link}")
                        };
                        self.object(number(&entry[8..16]), &path, depth + 1)?;
                    }
                }
                _ => return Err(format!("{name:.80}: not a node of a group")),
            }
        }
        Ok(())
    }

    fn array(&self, space: &[u8], kind: &[u8], layout: &[u8]) -> Result<Tensor, Fault> {
        let version = part(space, 0, 2)?;
        let rank = usize::from(version[1]);
        let start = match version[0] {
            1 => 8,
            2 => 4,
            other => return Err(format!("dataspace version {other} is not read")),
        };
        if rank > MAX_RANK {
            return Err(format!("{rank} axes"));
        }
        let sizes = part(space, start, 8 * rank)?;
        let shape: Vec<usize> = sizes
            .chunks_exact(8)
            .map(|size| usize::try_from(number(size)).unwrap_or(usize::MAX))
            .collect();
        // Class 1 of any version, little-endian, four bytes: 32 bits, exponent of 8 at 23 with
        // bias 127.
        let float = part(kind, 0, 20)?;
        let single = [0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];
        if float[0] & 15 != 1 || float[1] & 1 != 0 || float[8..] != single {
            return Err("not 32-bit little-endian floats".to_owned());
        }
        let head = part(layout, 0, 2)?;
        if !matches!(head, [3 | 4, 1]) {
            return Err("not stored in one piece (chunked or compressed)".to_owned());
        }
        let (address, length) = (number(part(layout, 2, 8)?), number(part(layout, 10, 8)?));
        let count = shape.iter().try_fold(4_usize, |n, &s| n.checked_mul(s));
        if address == UNDEFINED || count.map(|count| count as u64) != Some(length) {
            return Err(format!("{length} bytes for the shape {shape:?}"));
        }
        let (words, _) = self.at(address, length)?.as_chunks::<4>();
        let data = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        Ok(Tensor { shape, data })
    }
}

/// Up to eight bytes as a number, the lowest first.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn part(bytes: &[u8], start: usize, length: usize) -> Result<&[u8], Fault> {
    let end = start.checked_add(length);
    end.and_then(|end| bytes.get(start..end))
        .ok_or_else(|| "a message is cut".to_owned())
}

/// The name that begins at `offset` of a group's names.
fn text(names: &[u8], offset: u64) -> Result<&str, Fault> {
    let start = usize::try_from(offset).ok();
    let rest = start.and_then(|start| names.get(start..));
    let name = rest.and_then(|rest| rest.split(|&byte| byte == 0).next());
    name.and_then(|name| std::str::from_utf8(name).ok())
        .filter(|name| !name.is_empty() && name.len() <= 255)
        .ok_or_else(|| "a name is damaged".to_owned())
}
