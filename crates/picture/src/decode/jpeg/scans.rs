//! Scans of a JPEG to coefficients: Huffman coding, sequential and progressive, any components in
//! any scan. Source: ITU-T T.81, F.2 and G.2; the tables of files that have none, K.3.
//!
//! Nothing is guessed: a code that is none and data that ends before the last block are errors. Only
//! the very last unit of a scan may be short in a file that goes on: writers drop its last bits.

use super::{
    super::{damaged, truncated},
    codes::{Bits, Codes, Fault, Tables, ZIGZAG},
    header::{DHT, JpegHeader, SOS, Segments},
};
use crate::{error::PictureError, format::Format};

const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
/// More scans than any writer makes: each costs a walk over all blocks, whatever it holds.
const MAX_SCANS: usize = 200;

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
