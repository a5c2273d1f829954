//! GIF: the blocks up to the first frame are walked here, and its codes are unpacked by `weezl`.
//! Source: Graphics Interchange Format 89a, CompuServe 1990.
//!
//! The picture is the whole screen with the first frame on it; what the frame leaves uncovered, and
//! its transparent pixels, show the background that was asked for. Where writers got the screen
//! wrong, the frame counts, as in browsers: a screen grows to hold a frame that reaches over its
//! edge, and a frame that lies outside of it altogether (of 0 x 0, always) is the picture.

use image::metadata::Orientation;
use weezl::{BitOrder, decode::Decoder};

use super::{Header, damaged, truncated};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// Signature, version and logical screen.
const PREFIX: usize = 13;

/// The screen and the first frame.
struct Frame<'a> {
    /// Sides of the picture.
    sides: [u32; 2],
    /// Where the frame is, left and top, and its sides.
    place: [u32; 2],
    size: [u32; 2],
    interlaced: bool,
    /// Red, green and blue of each color.
    colors: &'a [u8],
    transparent: Option<u8>,
    code_size: u8,
    /// Where the sub-blocks of codes begin.
    data: usize,
}

/// Walks to the first frame.
fn parse(bytes: &[u8]) -> Result<Frame<'_>, PictureError> {
    let cut = || truncated(Format::Gif, bytes);
    let screen = bytes.get(6..PREFIX).ok_or_else(cut)?;
    let mut at = PREFIX + table_bytes(screen[4]);
    let mut colors = bytes.get(PREFIX..at).ok_or_else(cut)?;
    let mut transparent = None;
    loop {
        match bytes.get(at).ok_or_else(cut)? {
            // A graphic control: four bytes, of which the last is the transparent color.
            0x21 => {
                if let Some(&[0xF9, 4, flags, _, _, index]) = bytes.get(at + 1..at + 7) {
                    transparent = (flags & 1 == 1).then_some(index);
                }
                at = skip_blocks(bytes, at + 2).ok_or_else(cut)?;
            }
            0x2C => break,
            0x3B => return Err(damaged(Format::Gif, "it has no picture in it")),
            // Some writers end a block twice.
            0 => at += 1,
            _ => return Err(damaged(Format::Gif, "an unknown block")),
        }
    }
    let frame = bytes.get(at + 1..at + 10).ok_or_else(cut)?;
    at += 10;
    if frame[8] & 0x80 != 0 {
        let end = at + table_bytes(frame[8]);
        colors = bytes.get(at..end).ok_or_else(cut)?;
        at = end;
    }
    let code_size = *bytes.get(at).ok_or_else(cut)?;
    let size = [side(frame, 4), side(frame, 6)];
    let (sides, place) = canvas(
        [side(screen, 0), side(screen, 2)],
        [side(frame, 0), side(frame, 2)],
        size,
    );
    if sides.contains(&0) || size.contains(&0) {
        return Err(damaged(Format::Gif, "a side is 0"));
    }
    Ok(Frame {
        sides,
        place,
        size,
        interlaced: frame[8] & 0x40 != 0,
        colors,
        transparent,
        code_size,
        data: at + 1,
    })
}

fn side(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

/// Sides of the picture, and where the frame is on it.
fn canvas(screen: [u32; 2], place: [u32; 2], size: [u32; 2]) -> ([u32; 2], [u32; 2]) {
    if place[0] >= screen[0] || place[1] >= screen[1] {
        return (size, [0; 2]);
    }
    let grown = std::array::from_fn(|i| screen[i].max(place[i] + size[i]));
    (grown, place)
}

/// Bytes of the color table that these flags announce.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Moves behind sub-blocks and the empty one that ends them; none where they go on beyond the end.
fn skip_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Reads the size of the picture.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let frame = parse(bytes)?;
    let indices = f64::from(frame.size[0]) * f64::from(frame.size[1]);
    Ok(Header {
        width: frame.sides[0],
        height: frame.sides[1],
        orientation: Orientation::NoTransforms,
        profile: None,
        // Beside the result, the indices of the frame.
        bytes_per_pixel: 3.0 + indices / f64::from(frame.sides[0]) / f64::from(frame.sides[1]),
        complete: skip_blocks(bytes, frame.data).is_some(),
    })
}

/// Decodes the first frame to RGB.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    let frame = parse(bytes)?;
    let Some(indices) = indices(bytes, &frame)? else {
        return Err(if header.complete {
            damaged(Format::Gif, "its frame has fewer pixels than it says")
        } else {
            truncated(Format::Gif, bytes)
        });
    };
    if frame.colors.is_empty() {
        return Err(damaged(Format::Gif, "it has no colors"));
    }
    let [width, height] = frame.size.map(|side| side as usize);
    let mut rgb = options
        .background
        .repeat(header.width as usize * header.height as usize);
    let mut visible = false;
    for (row, indices) in rows(height, frame.interlaced).zip(indices.chunks_exact(width)) {
        let start =
            (frame.place[1] as usize + row) * header.width as usize + frame.place[0] as usize;
        let line = rgb[start * 3..][..width * 3].as_chunks_mut::<3>().0;
        for (pixel, &index) in line.iter_mut().zip(indices) {
            if frame.transparent != Some(index) {
                visible = true;
                // Colors that the table lacks are black, as in other programs.
                let color = frame.colors.as_chunks::<3>().0.get(usize::from(index));
                *pixel = color.copied().unwrap_or_default();
            }
        }
    }
    if visible {
        Ok(rgb)
    } else {
        Err(PictureError::Invisible {
            format: Format::Gif,
        })
    }
}

/// The order in which the rows of a frame come.
fn rows(height: usize, interlaced: bool) -> impl Iterator<Item = usize> {
    let passes: &[(usize, usize)] = if interlaced {
        &[(0, 8), (4, 8), (2, 4), (1, 2)]
    } else {
        &[(0, 1)]
    };
    passes
        .iter()
        .flat_map(move |&(first, step)| (first..height).step_by(step))
}

/// The color numbers of the frame in the order of the file; none where there are too few.
fn indices(bytes: &[u8], frame: &Frame<'_>) -> Result<Option<Vec<u8>>, PictureError> {
    if !(1..=8).contains(&frame.code_size) {
        return Err(damaged(Format::Gif, "its codes have an unknown size"));
    }
    let mut decoder = Decoder::new(BitOrder::Lsb, frame.code_size);
    let mut indices = vec![0; frame.size[0] as usize * frame.size[1] as usize];
    let (mut at, mut done) = (frame.data, 0);
    while done < indices.len() {
        let length = bytes.get(at).copied().map_or(0, usize::from);
        if length == 0 {
            return Ok(None);
        }
        let end = (at + 1 + length).min(bytes.len());
        let mut block = &bytes[at + 1..end];
        at = end;
        while done < indices.len() {
            let result = decoder.decode_bytes(block, &mut indices[done..]);
            block = &block[result.consumed_in..];
            done += result.consumed_out;
            match result.status {
                Ok(weezl::LzwStatus::Ok) => {}
                Ok(weezl::LzwStatus::NoProgress) => break,
                Ok(weezl::LzwStatus::Done) => return Ok((done == indices.len()).then_some(indices)),
                Err(error) => return Err(damaged(Format::Gif, error)),
            }
        }
    }
    Ok(Some(indices))
}
