//! Strips and tiles of a TIFF to samples of eight bits, pixel by pixel.
//!
//! Codings: none, LZW, Deflate, PackBits, fax of group 4, JPEG. A piece is unpacked to the rows that
//! it must have, never to more, whatever its data says.

use std::io::Read;

use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::{
    super::{convert::level16, damaged, ifd::Directory, jpeg, truncated, unsupported},
    Colors, Layout, tag,
};
use crate::{error::PictureError, format::Format};

/// Codes of the tag Compression.
pub(super) const JPEG: u64 = 7;
const NONE: u64 = 1;
const FAX4: u64 = 4;
const LZW: u64 = 5;
const DEFLATE: [u64; 2] = [8, 32_946];
const PACK_BITS: u64 = 32_773;

/// Refuses codings by name, and combinations that the codings cannot have.
pub(super) fn check(layout: &Layout<'_>) -> Result<(), PictureError> {
    let name = match layout.compression {
        NONE | LZW | 8 | 32_946 | PACK_BITS => None,
        FAX4 if layout.bits == 1 && layout.beside() == 1 => None,
        JPEG if layout.bits == 8 => None,
        JPEG => Some(format!("JPEG coding of {} bits", layout.bits)),
        2 | 3 => Some("fax coding of group 3".to_owned()),
        FAX4 => Some("fax coding of more than one bit".to_owned()),
        6 => Some("JPEG coding of the old kind".to_owned()),
        33_003 | 33_005 | 34_712 => Some("JPEG 2000 coding".to_owned()),
        34_661 => Some("JBIG coding".to_owned()),
        34_887 => Some("LERC coding".to_owned()),
        34_925 => Some("LZMA coding".to_owned()),
        50_000 | 34_926 => Some("Zstandard coding".to_owned()),
        50_001 | 34_927 => Some("WebP coding".to_owned()),
        50_002 | 52_546 => Some("JPEG XL coding".to_owned()),
        other => Some(format!("the unknown coding {other}")),
    };
    let sampled = layout.shares_chrominance()
        && (layout.bits != 8
            || layout.channels != 3
            || layout.differences
            || layout
                .sampling
                .iter()
                .any(|side| !matches!(side, 1 | 2 | 4)));
    let name = name.or(sampled.then(|| "chrominance of a rare kind".to_owned()));
    let ycc = layout.colors == Colors::Ycc && layout.bits != 8;
    let name = name.or(ycc.then(|| format!("YCbCr of {} bits", layout.bits)));
    name.map_or(Ok(()), |name| Err(unsupported(Format::Tiff, name)))
}

/// How many pieces lie beside and below each other.
fn grid(layout: &Layout<'_>) -> [usize; 2] {
    [
        layout.width.div_ceil(layout.piece[0]),
        layout.height.div_ceil(layout.piece[1]),
    ]
}

/// Bytes of the unpacked piece, of which there are so many rows.
fn unpacked(layout: &Layout<'_>, rows: usize) -> usize {
    if !layout.shares_chrominance() {
        return layout.row().saturating_mul(rows);
    }
    let [h, v] = layout.sampling;
    let units = layout.piece[0].div_ceil(h).saturating_mul(rows.div_ceil(v));
    units.saturating_mul(h * v + 2)
}

/// Offset and length of each piece; none where the file does not say.
pub(super) fn places(
    directory: &Directory<'_>,
    layout: &Layout<'_>,
    tiled: bool,
) -> Option<Vec<(u64, u64)>> {
    let (offsets, counts) = if tiled {
        (tag::TILE_OFFSETS, tag::TILE_COUNTS)
    } else {
        (tag::STRIP_OFFSETS, tag::STRIP_COUNTS)
    };
    // Some writers call their tiles strips.
    let offsets = directory
        .numbers(offsets)
        .or_else(|| directory.numbers(tag::STRIP_OFFSETS))?;
    let counts = directory
        .numbers(counts)
        .or_else(|| directory.numbers(tag::STRIP_COUNTS));
    let counts = counts.unwrap_or_default();
    let [across, down] = grid(layout);
    let planes = if layout.planar { layout.channels } else { 1 };
    let pieces = across.checked_mul(down)?.checked_mul(planes)?;
    if offsets.len() < pieces {
        return None;
    }
    let mut sorted = offsets.clone();
    sorted.sort_unstable();
    let place = |(i, &at): (usize, &u64)| {
        let rows = rows(layout, i / across % down, tiled);
        let count = counts.get(i).copied().unwrap_or(0);
        if layout.compression == NONE {
            // What is stored as it is has a length of its own, whatever is announced.
            return (at, unpacked(layout, rows) as u64);
        }
        // A length that lacks: up to the next piece, or to the end.
        let next = sorted.get(sorted.partition_point(|&other| other <= at));
        let next = next.copied().unwrap_or(layout.bytes.len() as u64);
        (
            at,
            if count == 0 {
                next.saturating_sub(at)
            } else {
                count
            },
        )
    };
    Some(offsets.iter().take(pieces).enumerate().map(place).collect())
}

/// Rows that a piece stores: the last strip has only what remains, tiles are always whole.
fn rows(layout: &Layout<'_>, down: usize, tiled: bool) -> usize {
    if tiled {
        layout.piece[1]
    } else {
        layout.piece[1].min(layout.height - down * layout.piece[1])
    }
}

/// All samples, pixel by pixel, as levels of eight bits; of palettes the indices.
pub(super) fn samples(layout: &Layout<'_>) -> Result<Vec<u8>, PictureError> {
    let announced = layout
        .places
        .iter()
        .fold(0_u64, |sum, place| sum.saturating_add(place.1));
    // Pieces may be the same bytes, as blank tiles are, but not so often that time runs away.
    if announced > 16 * layout.bytes.len() as u64 + (64 << 20) {
        return Err(damaged(Format::Tiff, "its strips or tiles overlap"));
    }
    let mut samples = vec![0; layout.width * layout.height * layout.channels];
    let [across, down] = grid(layout);
    for (i, &(at, count)) in layout.places.iter().enumerate() {
        let left = i % across * layout.piece[0];
        let top = i / across % down * layout.piece[1];
        let plane = i / across / down;
        let (Ok(at), Ok(count)) = (usize::try_from(at), usize::try_from(count)) else {
            return Err(truncated(Format::Tiff, layout.bytes));
        };
        let packed = layout.bytes.get(at..at.saturating_add(count));
        let packed = packed.ok_or_else(|| truncated(Format::Tiff, layout.bytes))?;
        let height = layout.piece[1].min(layout.height - top);
        let piece = piece(layout, packed, height)?;
        let width = layout.piece[0].min(layout.width - left);
        for (y, row) in piece
            .chunks_exact(layout.piece[0] * layout.beside())
            .enumerate()
        {
            let start = ((top + y) * layout.width + left) * layout.channels;
            let target = &mut samples[start..][..width * layout.channels];
            if layout.planar {
                let places = target.iter_mut().skip(plane).step_by(layout.channels);
                places.zip(row).for_each(|(place, &sample)| *place = sample);
            } else {
                target.copy_from_slice(&row[..width * layout.channels]);
            }
        }
    }
    Ok(samples)
}

/// The samples of a piece, of which `rows` are wanted: whole rows of the piece's width.
fn piece(layout: &Layout<'_>, packed: &[u8], rows: usize) -> Result<Vec<u8>, PictureError> {
    if layout.compression == JPEG {
        return jpeg_piece(layout, packed, rows);
    }
    let turned;
    let packed = if layout.reversed {
        turned = packed
            .iter()
            .map(|byte| byte.reverse_bits())
            .collect::<Vec<u8>>();
        &turned
    } else {
        packed
    };
    let mut bytes = vec![0; unpacked(layout, rows)];
    let filled = unpack(layout, packed, &mut bytes)?;
    if filled < bytes.len() {
        return Err(damaged(Format::Tiff, "it has fewer samples than pixels"));
    }
    if layout.shares_chrominance() {
        return Ok(spread_chrominance(layout, &bytes, rows));
    }
    let mut samples = Vec::with_capacity(layout.piece[0] * layout.beside() * rows);
    for row in bytes.chunks_exact_mut(layout.row()) {
        if layout.differences {
            sum(layout, row);
        }
        levels(layout, row, &mut samples);
    }
    Ok(samples)
}

/// Unpacks as much as `out` takes; how much that was.
fn unpack(layout: &Layout<'_>, packed: &[u8], out: &mut [u8]) -> Result<usize, PictureError> {
    let broken = |error: &dyn ToString| damaged(Format::Tiff, error.to_string());
    match layout.compression {
        LZW if matches!(packed, [0, odd, ..] if odd & 1 == 1) => {
            Err(unsupported(Format::Tiff, "LZW coding of the old kind"))
        }
        LZW => {
            let mut decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
            let (mut packed, mut filled) = (packed, 0);
            while filled < out.len() {
                let result = decoder.decode_bytes(packed, &mut out[filled..]);
                packed = &packed[result.consumed_in..];
                filled += result.consumed_out;
                match result.status {
                    Ok(LzwStatus::Ok) => {}
                    Ok(LzwStatus::NoProgress | LzwStatus::Done) => break,
                    Err(error) => return Err(broken(&error)),
                }
            }
            Ok(filled)
        }
        code if DEFLATE.contains(&code) => {
            let mut reader = flate2::read::ZlibDecoder::new(packed);
            let mut filled = 0;
            while filled < out.len() {
                match reader.read(&mut out[filled..]) {
                    Ok(0) => break,
                    Ok(count) => filled += count,
                    Err(error) => return Err(broken(&error)),
                }
            }
            Ok(filled)
        }
        PACK_BITS => Ok(pack_bits(packed, out)),
        FAX4 => Ok(fax(layout, packed, out)),
        _ => {
            let count = packed.len().min(out.len());
            out[..count].copy_from_slice(&packed[..count]);
            Ok(count)
        }
    }
}

/// TIFF 6.0, section 9: a count of bytes to copy, or of how often the next one is repeated.
fn pack_bits(mut packed: &[u8], out: &mut [u8]) -> usize {
    let mut filled = 0;
    while let Some((&count, rest)) = packed.split_first() {
        let room = &mut out[filled..];
        packed = rest;
        if count < 128 {
            let count = (usize::from(count) + 1).min(packed.len());
            let copied = count.min(room.len());
            room[..copied].copy_from_slice(&packed[..copied]);
            packed = &packed[count..];
            filled += copied;
        } else if count > 128 {
            let Some((&byte, rest)) = packed.split_first() else {
                break;
            };
            packed = rest;
            let repeated = (257 - usize::from(count)).min(room.len());
            room[..repeated].fill(byte);
            filled += repeated;
        }
        if filled == out.len() {
            break;
        }
    }
    filled
}

/// ITU-T T.6: rows of runs of white and black, each coded by the one above. White is 0.
fn fax(layout: &Layout<'_>, packed: &[u8], out: &mut [u8]) -> usize {
    let Ok(width) = u16::try_from(layout.piece[0]) else {
        return 0;
    };
    let bytes = packed
        .iter()
        .copied()
        .map(Ok::<u8, std::convert::Infallible>);
    let Ok(mut decoder) = fax::decoder::Group4Decoder::new(bytes, width);
    let mut filled = 0;
    for row in out.chunks_exact_mut(layout.row()) {
        match decoder.advance() {
            Ok(fax::decoder::DecodeStatus::Incomplete) => {}
            _ => break,
        }
        for (x, color) in fax::decoder::pels(decoder.transition(), width).enumerate() {
            row[x / 8] |= u8::from(color == fax::Color::Black) << (7 - x % 8);
        }
        filled += row.len();
    }
    filled
}

/// Undoes differences to the pixel before.
fn sum(layout: &Layout<'_>, row: &mut [u8]) {
    let channels = layout.beside();
    if layout.bits == 8 {
        for i in channels..row.len() {
            row[i] = row[i].wrapping_add(row[i - channels]);
        }
        return;
    }
    let words = row.as_chunks_mut::<2>().0;
    for i in channels..words.len() {
        let sum = word(layout, words[i]).wrapping_add(word(layout, words[i - channels]));
        words[i] = if layout.little {
            sum.to_le_bytes()
        } else {
            sum.to_be_bytes()
        };
    }
}

fn word(layout: &Layout<'_>, bytes: [u8; 2]) -> u16 {
    if layout.little {
        u16::from_le_bytes(bytes)
    } else {
        u16::from_be_bytes(bytes)
    }
}

/// The samples of a row as the nearest of 256 levels; of palettes the indices.
fn levels(layout: &Layout<'_>, row: &[u8], out: &mut Vec<u8>) {
    match layout.bits {
        8 => out.extend_from_slice(row),
        16 => {
            let words = row.as_chunks::<2>().0.iter();
            out.extend(words.map(|bytes| level16(word(layout, *bytes))));
        }
        bits => {
            let most = (1_u32 << bits) - 1;
            let whole = layout.colors == Colors::Palette;
            out.extend((0..layout.piece[0] * layout.beside()).map(|i| {
                let at = i * bits;
                let byte = |at: usize| u32::from(row.get(at).copied().unwrap_or(0));
                // A sample lies in at most three bytes, the upper bits first.
                let window = byte(at / 8) << 16 | byte(at / 8 + 1) << 8 | byte(at / 8 + 2);
                let value = window >> (24 - bits - at % 8) & most;
                if whole {
                    value as u8
                } else {
                    ((value * 255 + most / 2) / most) as u8
                }
            }));
        }
    }
}

/// A JPEG of a piece, with the segments that all share; its samples as they are coded.
fn jpeg_piece(layout: &Layout<'_>, packed: &[u8], rows: usize) -> Result<Vec<u8>, PictureError> {
    let tables = layout.tables;
    let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
    let joined;
    let file = if tables.len() > 2 && packed.len() > 2 {
        joined = [tables, &packed[2..]].concat();
        &joined
    } else {
        packed
    };
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    // The JPEG of the last strip may have the rows of a whole one; some writers fill up the units.
    let most = layout.piece.map(|sides| side(sides.saturating_add(32)));
    let ([width, height], channels, samples) =
        jpeg::raw_samples(file, most).map_err(|error| inside(error, layout))?;
    let [width, height] = [width as usize, height as usize];
    let wanted = layout.piece[0] * layout.beside();
    let needed = layout.piece[0].min(layout.width);
    if channels != layout.beside() || width < needed || height < rows {
        return Err(damaged(
            Format::Tiff,
            "a JPEG inside of it has another size",
        ));
    }
    let mut out = vec![0; wanted * rows];
    for (out, row) in out
        .chunks_exact_mut(wanted)
        .zip(samples.chunks_exact(width * channels))
    {
        let count = wanted.min(row.len());
        out[..count].copy_from_slice(&row[..count]);
    }
    Ok(out)
}

/// An error of a JPEG inside as one of the whole file.
fn inside(error: PictureError, layout: &Layout<'_>) -> PictureError {
    match error {
        PictureError::UnsupportedFeature { feature, .. } => {
            unsupported(Format::Tiff, format!("a JPEG inside of it with {feature}"))
        }
        PictureError::Truncated { .. } => damaged(Format::Tiff, "a JPEG inside of it ends early"),
        PictureError::Damaged { reason, .. } => {
            damaged(Format::Tiff, format!("the JPEG inside: {reason}"))
        }
        _ => truncated(Format::Tiff, layout.bytes),
    }
}

/// TIFF 6.0, section 21: units of luminance for some pixels, and the chrominance that they share.
fn spread_chrominance(layout: &Layout<'_>, bytes: &[u8], rows: usize) -> Vec<u8> {
    let [h, v] = layout.sampling;
    let width = layout.piece[0];
    let mut samples = vec![0; width * rows * 3];
    let across = width.div_ceil(h);
    for (i, unit) in bytes.chunks_exact(h * v + 2).enumerate() {
        let (left, top) = (i % across * h, i / across * v);
        for y in top..(top + v).min(rows) {
            for x in left..(left + h).min(width) {
                let luminance = unit[(y - top) * h + x - left];
                samples[(y * width + x) * 3..][..3].copy_from_slice(&[
                    luminance,
                    unit[h * v],
                    unit[h * v + 1],
                ]);
            }
        }
    }
    samples
}
