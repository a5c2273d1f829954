//! The filter between a file and the CSV parser.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

/// Why the filter stopped the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trip {
    /// The current record has gone past its limit.
    TooLong,
    /// The file begins with a UTF-16 byte-order mark.
    Utf16,
}

/// What the filter and the owner of the parser share: the parser hides its
/// reader while it runs, and an I/O error would not say which limit was hit.
#[derive(Debug)]
pub(crate) struct Watch {
    limit: usize,
    since: Cell<usize>,
    trip: Cell<Option<Trip>>,
}

impl Watch {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            since: Cell::new(0),
            trip: Cell::new(None),
        }
    }

    /// A record has ended: the count of its bytes begins again.
    pub(crate) fn restart(&self) {
        self.since.set(0);
    }

    pub(crate) fn trip(&self) -> Option<Trip> {
        self.trip.get()
    }

    fn stop(&self, trip: Trip) -> io::Error {
        self.trip.set(Some(trip));
        io::Error::new(io::ErrorKind::InvalidData, "stopped by a limit")
    }
}

/// Turns CR and CR LF into LF and stops at the byte limit of a record.
///
/// The parser understands lone CRs too, but counts lines by LF only, so that
/// in an old Macintosh file every bad row would be "line 1".
#[derive(Debug)]
pub(crate) struct Guard<R> {
    inner: R,
    watch: Rc<Watch>,
    after_cr: bool,
    /// The first bytes of the file, until two of them have been seen.
    opening: Option<Option<u8>>,
}

impl<R> Guard<R> {
    pub(crate) fn new(inner: R, watch: Rc<Watch>) -> Self {
        Self {
            inner,
            watch,
            after_cr: false,
            opening: Some(None),
        }
    }

    /// Whether these bytes reveal a UTF-16 mark at the start of the file.
    fn is_utf16(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            match self.opening {
                None => return false,
                Some(None) => self.opening = Some(Some(byte)),
                Some(Some(first)) => {
                    self.opening = None;
                    return matches!((first, byte), (0xFF, 0xFE) | (0xFE, 0xFF));
                }
            }
        }
        false
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.inner.read(buffer)?;
            if got == 0 {
                return Ok(0);
            }
            if self.opening.is_some() && self.is_utf16(&buffer[..got]) {
                return Err(self.watch.stop(Trip::Utf16));
            }
            let since = self.watch.since.get().saturating_add(got);
            self.watch.since.set(since);
            if since > self.watch.limit.saturating_add(buffer.len()) {
                return Err(self.watch.stop(Trip::TooLong));
            }
            let mut kept = 0;
            for at in 0..got {
                let byte = buffer[at];
                let second_half = byte == b'\n' && self.after_cr;
                self.after_cr = byte == b'\r';
                if !second_half {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            // A buffer of nothing but the LF of a split CR LF is not the end.
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}
