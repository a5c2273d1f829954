//! Scans of a JPEG to coefficients: Huffman coding, sequential and progressive, any components in
//! any scan. Source: ITU-T T.81, F.2 and G.2; the tables of files that have none, K.3.
//!
//! Nothing is guessed: a code that is none and data that ends before the last block are errors. Only
//! the very last unit of a scan may be short in a file that goes on: writers drop its last bits.

use super::{
    super::{damaged, truncated},
    header::{DHT, JpegHeader, SOS, Segments},
};
use crate::{error::PictureError, format::Format};

const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
/// More scans than any writer makes: each costs a walk over all blocks, whatever it holds.
const MAX_SCANS: usize = 200;

/// Place of the coefficients in a block, in the order of the file. T.81, figure A.6.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// All coefficients of a picture.
pub(super) struct Coefficients {
    pub(super) sides: [usize; 2],
    /// The finest sampling.
    pub(super) sampling: [usize; 2],
    pub(super) components: Vec<Blocks>,
}

/// The coefficients of one component.
pub(super) struct Blocks {
    id: u8,
    table: usize,
    pub(super) sampling: [usize; 2],
    /// Samples that belong to the picture, horizontally and vertically.
    pub(super) sides: [usize; 2],
    /// Blocks in a row, and rows of them, with those that fill the last unit.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Row by row, in natural order.
    pub(super) blocks: Vec<[i16; 64]>,
    /// Steps of the coefficients, in natural order; none before the first scan.
    pub(super) steps: Option<[u16; 64]>,
}

/// What may fail in a scan.
enum Fault {
    /// The data ends.
    Short,
    /// It makes no sense.
    Nonsense(&'static str),
}

/// Reads all scans, or one `only`, by its number from 1: enough to know whether it is whole.
pub(super) fn read(
    bytes: &[u8],
    header: &JpegHeader,
    only: Option<usize>,
) -> Result<Coefficients, PictureError> {
    let mut picture = empty(header);
    let mut tables = Tables::default();
    let mut segments = Segments { bytes, at: 2 };
    let mut scans = 0;
    let nonsense = |reason| damaged(Format::Jpeg, reason);
    while let Some((marker, data)) = segments.next_header() {
        match marker {
            DHT => tables
                .read_codes(data)
                .ok_or_else(|| nonsense("a table of codes makes no sense"))?,
            DQT => tables
                .read_steps(data)
                .ok_or_else(|| nonsense("a table of steps makes no sense"))?,
            DRI => {
                let interval = data.first_chunk().map(|b| u16::from_be_bytes(*b));
                tables.interval = interval.unwrap_or(0).into();
            }
            SOS => {
                scans += 1;
                if scans > MAX_SCANS {
                    return Err(nonsense("it has too many scans"));
                }
                let scan = Scan::parse(data, header, &mut picture, &tables);
                let scan = scan.ok_or_else(|| nonsense("a scan header makes no sense"))?;
                let mut bits = Bits::new(bytes, segments.at);
                if only.is_some_and(|only| only != scans) {
                    segments.at = bits.marker_place();
                    continue;
                }
                scan.read(&mut picture, &tables, &mut bits)
                    .map_err(|fault| match fault {
                        Fault::Short => truncated(Format::Jpeg, bytes),
                        Fault::Nonsense(reason) => nonsense(reason),
                    })?;
                segments.at = bits.marker_place();
            }
            _ => {}
        }
    }
    let missing = picture
        .components
        .iter()
        .any(|component| component.steps.is_none());
    if missing || !header.is_complete() {
        return Err(truncated(Format::Jpeg, bytes));
    }
    Ok(picture)
}

/// Blocks of zeros for all components.
fn empty(header: &JpegHeader) -> Coefficients {
    let alone = header.channels() == 1;
    let sampling = if alone {
        [1; 2]
    } else {
        header.largest_sampling()
    };
    let sides = header.sides().map(|side| side as usize);
    let units: [usize; 2] = std::array::from_fn(|i| sides[i].div_ceil(8 * sampling[i]));
    let blocks = header.components().iter().map(|component| {
        let own = if alone { [1; 2] } else { component.sampling };
        let [columns, rows] = std::array::from_fn(|i| units[i] * own[i]);
        Blocks {
            id: component.id,
            table: component.table.into(),
            sampling: own,
            sides: std::array::from_fn(|i| (sides[i] * own[i]).div_ceil(sampling[i])),
            columns,
            rows,
            blocks: vec![[0; 64]; columns * rows],
            steps: None,
        }
    });
    Coefficients {
        sides,
        sampling,
        components: blocks.collect(),
    }
}

/// The tables that are in force.
struct Tables {
    dc: [Codes; 4],
    ac: [Codes; 4],
    steps: [Option<[u16; 64]>; 4],
    /// Units between restarts; 0 for none.
    interval: usize,
}

impl Default for Tables {
    /// Those of T.81, K.3, which Motion JPEG leaves out: 0 for luminance, 1 for chrominance.
    fn default() -> Self {
        let pair = |tables: [(&[u8; 16], &[u8]); 2]| {
            [0, 1, 0, 1].map(|i: usize| Codes::new(tables[i].0, tables[i].1).unwrap_or_default())
        };
        Self {
            dc: pair(standard::DC),
            ac: pair(standard::AC),
            steps: [None; 4],
            interval: 0,
        }
    }
}

impl Tables {
    fn read_codes(&mut self, mut data: &[u8]) -> Option<()> {
        while let Some((&which, rest)) = data.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (values, rest) = rest.split_at_checked(total)?;
            let tables = if which >> 4 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            *tables.get_mut(usize::from(which & 15))? = Codes::new(counts, values)?;
            data = rest;
        }
        Some(())
    }

    fn read_steps(&mut self, mut data: &[u8]) -> Option<()> {
        while let Some((&which, rest)) = data.split_first() {
            let wide = which >> 4 != 0;
            let (values, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut steps = [0; 64];
            for (i, &place) in ZIGZAG.iter().enumerate() {
                steps[usize::from(place)] = if wide {
                    u16::from_be_bytes([values[2 * i], values[2 * i + 1]])
                } else {
                    values[i].into()
                };
            }
            *self.steps.get_mut(usize::from(which & 15))? = Some(steps);
            data = rest;
        }
        Some(())
    }
}

/// A table of Huffman codes.
#[derive(Clone, Default)]
struct Codes {
    /// Of the next eight bits: length and value, or length 0 where the code is longer.
    short: Vec<(u8, u8)>,
    /// Per length, one more than the last code, and what leads from a code to its value.
    end: [u32; 17],
    shift: [i32; 17],
    values: Vec<u8>,
}

impl Codes {
    /// T.81, C.2. None where there are more codes than bits.
    fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut codes = Self {
            short: vec![(0, 0); 256],
            values: values.to_vec(),
            ..Self::default()
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, &count) in (1..=16).zip(counts) {
            codes.shift[length] = index as i32 - code as i32;
            for &value in values.get(index..index + usize::from(count))? {
                if length <= 8 {
                    let first = (code as usize) << (8 - length);
                    let places = codes.short.get_mut(first..first + (1 << (8 - length)))?;
                    places.fill((length as u8, value));
                }
                code += 1;
            }
            index += usize::from(count);
            codes.end[length] = code;
            if code > 1 << length {
                return None;
            }
            code <<= 1;
        }
        Some(codes)
    }

    fn next(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let next = bits.peek();
        if let Some(&(length @ 1.., value)) = self.short.get((next >> 8) as usize) {
            bits.skip(length.into())?;
            return Ok(value);
        }
        for length in 9..=16 {
            let code = next >> (16 - length);
            if code < self.end[length] {
                bits.skip(length as u32)?;
                let index = code as i32 + self.shift[length];
                let value = usize::try_from(index).ok().and_then(|i| self.values.get(i));
                return value.copied().ok_or(Fault::Nonsense("a code is none"));
            }
        }
        // Behind the end come zeros, or ones that fill a byte, which are no code.
        Err(if bits.left < 16 {
            Fault::Short
        } else {
            Fault::Nonsense("a code is none")
        })
    }
}

/// Bits of entropy-coded data, up to the next marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    buffer: u64,
    /// Bits of the buffer that are there, at its lower end.
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            left: 0,
        }
    }

    fn fill(&mut self) {
        while self.left <= 48 {
            let byte = match self.bytes.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some([0xFF, ..]) | Some([]) | None => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.left += 8;
        }
    }

    /// The next 16 bits, zeros behind the end.
    fn peek(&mut self) -> u32 {
        if self.left < 16 {
            self.fill();
        }
        let bits = if self.left >= 16 {
            self.buffer >> (self.left - 16)
        } else {
            self.buffer << (16 - self.left)
        };
        bits as u32 & 0xFFFF
    }

    fn skip(&mut self, count: u32) -> Result<(), Fault> {
        self.left = self.left.checked_sub(count).ok_or(Fault::Short)?;
        Ok(())
    }

    /// The next bits, at most 16, as a number.
    fn take(&mut self, count: u32) -> Result<i32, Fault> {
        let bits = self.peek() >> (16 - count);
        self.skip(count)?;
        Ok(bits as i32)
    }

    /// T.81, F.2.2.1: a number of so many bits; those that begin with 0 are negative.
    fn signed(&mut self, count: u32) -> Result<i32, Fault> {
        let value = self.take(count)?;
        let negative = count > 0 && value < 1 << (count - 1);
        Ok(if negative {
            value - (1 << count) + 1
        } else {
            value
        })
    }

    /// Moves behind the next restart marker; whatever stands before it is skipped.
    fn restart(&mut self) -> Result<(), Fault> {
        self.at = self.marker_place();
        self.left = 0;
        match self.bytes.get(self.at..self.at + 2) {
            Some([0xFF, 0xD0..=0xD7]) => {
                self.at += 2;
                Ok(())
            }
            _ => Err(Fault::Short),
        }
    }

    /// Where the next marker is, or the end of the file.
    fn marker_place(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF);
        let found = rest.windows(2).position(is_marker);
        found.map_or(self.bytes.len(), |found| self.at + found)
    }
}

/// What a scan holds.
struct Scan {
    /// Number of each component, and of its tables.
    parts: Vec<(usize, usize, usize)>,
    first: usize,
    last: usize,
    /// Whether bits are added to coefficients that are known.
    refines: bool,
    low: u32,
    progressive: bool,
}

impl Scan {
    /// Reads the header, and notes the steps that are in force for components that come first.
    fn parse(
        data: &[u8],
        header: &JpegHeader,
        picture: &mut Coefficients,
        tables: &Tables,
    ) -> Option<Self> {
        let (&count, rest) = data.split_first()?;
        let (names, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let progressive = header.is_progressive();
        let &[first, last, bits, ..] = rest else {
            return None;
        };
        let [first, last] = if progressive { [first, last] } else { [0, 63] }.map(usize::from);
        let (high, low) = if progressive {
            (bits >> 4, bits & 15)
        } else {
            (0, 0)
        };
        let mut parts = Vec::new();
        for name in names.as_chunks::<2>().0 {
            let at = picture.components.iter().position(|c| c.id == name[0])?;
            let component = &mut picture.components[at];
            if component.steps.is_none() {
                component.steps = Some((*tables.steps.get(component.table)?)?);
            }
            parts.push((at, usize::from(name[1] >> 4), usize::from(name[1] & 15)));
        }
        let valid = first <= last
            && last < 64
            && low < 14
            && parts.iter().all(|part| part.1 < 4 && part.2 < 4)
            && !parts.is_empty()
            // Of a progressive picture, the mean of a block comes apart from the rest.
            && (!progressive || (first == 0) == (last == 0))
            && (first == 0 || parts.len() == 1);
        valid.then_some(Self {
            parts,
            first,
            last,
            refines: high != 0,
            low: low.into(),
            progressive,
        })
    }

    fn read(
        &self,
        picture: &mut Coefficients,
        tables: &Tables,
        bits: &mut Bits<'_>,
    ) -> Result<(), Fault> {
        let alone = self.parts.len() == 1;
        let [across, down] = if alone {
            let component = &picture.components[self.parts[0].0];
            component.sides.map(|side| side.div_ceil(8))
        } else {
            std::array::from_fn(|i| picture.sides[i].div_ceil(8 * picture.sampling[i]))
        };
        let mut state = State::default();
        let units = across * down;
        for unit in 0..units {
            if tables.interval != 0 && unit != 0 && unit % tables.interval == 0 {
                bits.restart()?;
                state = State::default();
            }
            let place = [unit % across, unit / across];
            match self.read_unit(picture, tables, bits, &mut state, place, alone) {
                // Behind a marker, the last bits of the last unit may lack; but of progressive
                // pictures scans may lack behind it, so that nothing is forgiven.
                Err(Fault::Short)
                    if unit + 1 == units && bits.at < bits.bytes.len() && !self.progressive => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// The blocks of one unit: one block where a component is alone in its scan.
    fn read_unit(
        &self,
        picture: &mut Coefficients,
        tables: &Tables,
        bits: &mut Bits<'_>,
        state: &mut State,
        place: [usize; 2],
        alone: bool,
    ) -> Result<(), Fault> {
        for &(at, dc, ac) in &self.parts {
            let component = &mut picture.components[at];
            let [h, v] = if alone { [1; 2] } else { component.sampling };
            for y in 0..v {
                for x in 0..h {
                    let index = (place[1] * v + y) * component.columns + place[0] * h + x;
                    let block = &mut component.blocks[index];
                    let (dc, ac) = (&tables.dc[dc], &tables.ac[ac]);
                    let mean = &mut state.means[at];
                    match (self.progressive, self.first, self.refines) {
                        (false, ..) => sequential(bits, dc, ac, mean, block)?,
                        (true, 0, false) => {
                            *mean = mean.wrapping_add(difference(bits, dc)?);
                            block[0] = (*mean << self.low) as i16;
                        }
                        (true, 0, true) => block[0] |= (bits.take(1)? << self.low) as i16,
                        (true, _, false) => self.first_pass(bits, ac, &mut state.empty, block)?,
                        (true, _, true) => self.refine(bits, ac, &mut state.empty, block)?,
                    }
                }
            }
        }
        Ok(())
    }

    /// T.81, G.1.2.2: coefficients of a block for the first time.
    fn first_pass(
        &self,
        bits: &mut Bits<'_>,
        ac: &Codes,
        empty: &mut u32,
        block: &mut [i16; 64],
    ) -> Result<(), Fault> {
        if *empty > 0 {
            *empty -= 1;
            return Ok(());
        }
        let mut at = self.first;
        while at <= self.last {
            let code = ac.next(bits)?;
            let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
            if size == 0 && run < 15 {
                // This block and so many more have nothing further.
                *empty = (1 << run) - 1 + bits.take(run as u32)?.cast_unsigned();
                return Ok(());
            }
            at += run;
            if size > 0 {
                let place = ZIGZAG.get(at).ok_or(BEYOND)?;
                block[usize::from(*place)] = (bits.signed(size)? << self.low) as i16;
            }
            at += 1;
        }
        Ok(())
    }

    /// T.81, G.1.2.3: one more bit for the coefficients of a block.
    fn refine(
        &self,
        bits: &mut Bits<'_>,
        ac: &Codes,
        empty: &mut u32,
        block: &mut [i16; 64],
    ) -> Result<(), Fault> {
        let bit = 1_i16 << self.low;
        let mut at = self.first;
        while *empty == 0 && at <= self.last {
            let code = ac.next(bits)?;
            let (mut run, size) = (code >> 4, code & 15);
            let mut value = 0;
            if size > 0 {
                value = if bits.take(1)? == 1 { bit } else { -bit };
            } else if run < 15 {
                *empty = (1 << run) + bits.take(run.into())?.cast_unsigned();
                break;
            }
            while at <= self.last {
                let coefficient = &mut block[usize::from(ZIGZAG[at])];
                at += 1;
                if *coefficient != 0 {
                    correct(bits, coefficient, bit)?;
                } else if run == 0 {
                    *coefficient = value;
                    break;
                } else {
                    run -= 1;
                }
            }
        }
        if *empty > 0 {
            *empty -= 1;
            for place in &ZIGZAG[at..=self.last] {
                let coefficient = &mut block[usize::from(*place)];
                if *coefficient != 0 {
                    correct(bits, coefficient, bit)?;
                }
            }
        }
        Ok(())
    }
}

const BEYOND: Fault = Fault::Nonsense("a block has too many coefficients");

/// What goes on from block to block until the next restart.
#[derive(Default)]
struct State {
    /// Of each component, the mean of its last block.
    means: [i32; 4],
    /// Blocks that have nothing further.
    empty: u32,
}

/// Gives a coefficient that is not 0 its next bit.
fn correct(bits: &mut Bits<'_>, coefficient: &mut i16, bit: i16) -> Result<(), Fault> {
    if bits.take(1)? == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
    }
    Ok(())
}

/// What the mean of a block adds to the one before.
fn difference(bits: &mut Bits<'_>, dc: &Codes) -> Result<i32, Fault> {
    let size = dc.next(bits)?;
    if size > 15 {
        return Err(Fault::Nonsense("a difference is too large"));
    }
    bits.signed(size.into())
}

/// T.81, F.2.2: a whole block.
fn sequential(
    bits: &mut Bits<'_>,
    dc: &Codes,
    ac: &Codes,
    mean: &mut i32,
    block: &mut [i16; 64],
) -> Result<(), Fault> {
    *mean = mean.wrapping_add(difference(bits, dc)?);
    block[0] = *mean as i16;
    let mut at = 1;
    while at < 64 {
        let code = ac.next(bits)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        if size == 0 && run < 15 {
            break;
        }
        at += run;
        if size > 0 {
            let place = ZIGZAG.get(at).ok_or(BEYOND)?;
            block[usize::from(*place)] = bits.signed(size)? as i16;
        }
        at += 1;
    }
    Ok(())
}

/// Tables of T.81, K.3: codes per length, and values.
mod standard {
    pub(super) const DC: [(&[u8; 16], &[u8]); 2] = [
        (&[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &MEANS),
        (&[0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &MEANS),
    ];
    const MEANS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    pub(super) const AC: [(&[u8; 16], &[u8]); 2] = [
        (
            &[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
            &LUMINANCE,
        ),
        (
            &[0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
            &CHROMINANCE,
        ),
    ];
    const LUMINANCE: [u8; 162] = [
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
        0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52,
        0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25,
        0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
        0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64,
        0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
        0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
        0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6,
        0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3,
        0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8,
        0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    ];
    const CHROMINANCE: [u8; 162] = [
        0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
        0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33,
        0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18,
        0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44,
        0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63,
        0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
        0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
        0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4,
        0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,
        0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7,
        0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    ];
}
