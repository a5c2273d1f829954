//! Tables of a JPEG, and its bits: Huffman codes, steps of coefficients, and the tables of files that
//! have none. Source: ITU-T T.81, B.2.4, C, F.2.2 and K.3.

/// Place of the coefficients in a block, in the order of the file. T.81, figure A.6.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// What may fail in a scan.
pub(super) enum Fault {
    /// The data ends.
    Short,
    /// It makes no sense.
    Nonsense(&'static str),
}

/// The tables that are in force.
pub(super) struct Tables {
    pub(super) dc: [Codes; 4],
    pub(super) ac: [Codes; 4],
    pub(super) steps: [Option<[u16; 64]>; 4],
    /// Units between restarts; 0 for none.
    pub(super) interval: usize,
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
    pub(super) fn read_codes(&mut self, mut data: &[u8]) -> Option<()> {
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

    pub(super) fn read_steps(&mut self, mut data: &[u8]) -> Option<()> {
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
pub(super) struct Codes {
    /// Of the next eight bits: length and value, or length 0 where the code is longer.
    short: Vec<(u8, u8)>,
    /// Per length, one more than the last code, and what leads from a code to its value.
    end: [u32; 17],
    shift: [i32; 17],
    values: Vec<u8>,
}

impl Codes {
    /// T.81, C.2. None where there are more codes than bits.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
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

    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
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
pub(super) struct Bits<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    buffer: u64,
    /// Bits of the buffer that are there, at its lower end.
    left: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            left: 0,
        }
    }

    pub(super) fn fill(&mut self) {
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
    pub(super) fn peek(&mut self) -> u32 {
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

    pub(super) fn skip(&mut self, count: u32) -> Result<(), Fault> {
        self.left = self.left.checked_sub(count).ok_or(Fault::Short)?;
        Ok(())
    }

    /// The next bits, at most 16, as a number.
    pub(super) fn take(&mut self, count: u32) -> Result<i32, Fault> {
        let bits = self.peek() >> (16 - count);
        self.skip(count)?;
        Ok(bits as i32)
    }

    /// T.81, F.2.2.1: a number of so many bits; those that begin with 0 are negative.
    pub(super) fn signed(&mut self, count: u32) -> Result<i32, Fault> {
        let value = self.take(count)?;
        let negative = count > 0 && value < 1 << (count - 1);
        Ok(if negative {
            value - (1 << count) + 1
        } else {
            value
        })
    }

    /// Moves behind the next restart marker; whatever stands before it is skipped.
    pub(super) fn restart(&mut self) -> Result<(), Fault> {
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
    pub(super) fn marker_place(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF);
        let found = rest.windows(2).position(is_marker);
        found.map_or(self.bytes.len(), |found| self.at + found)
    }
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
