//! Readings as a table: one row per input, failed ones included.

use std::io::{self, Read, Write};

use super::rows::Row;
use crate::table::as_text;
use affetti::{Failure, Reading, emotion::Label, intention::instead_figures, report, round4};

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// How a table begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether the columns of an intention are there.
    pub(super) intended: bool,
    /// Whether there are sentences.
    pub(super) said: bool,
    /// Whether a byte order mark says that the text is UTF-8; some spreadsheets need it.
    pub(super) mark: bool,
}

impl Header {
    fn columns(self) -> Vec<&'static str> {
        report::columns(self.intended, self.said)
    }

    /// The first line.
    pub(super) fn bytes(self) -> io::Result<Vec<u8>> {
        let line = line(&self.columns())?;
        let mark = if self.mark { MARK } else { &[] };
        Ok([mark, &line].concat())
    }
}

/// Rows of pictures in the making; the header is written already.
pub(super) struct Table<W: Write> {
    out: W,
    columns: usize,
    header: Header,
}

/// The rows of a table whose header begins at `start`, to the first one that is none; see
/// [`rows`](super::rows).
pub(super) fn rows(from: &mut impl Read, header: Header, start: u64) -> io::Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(from);
    let columns = header.columns().len();
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) if record.len() == columns => {}
            Err(error) if error.is_io_error() => return Err(error.into()),
            _ => return Ok(rows),
        }
        let (name, width, error) = (&record[0], &record[1], &record[columns - 1]);
        rows.push(Row {
            name: name.to_owned(),
            end: start + reader.position().byte(),
            again: !error.is_empty() || width.is_empty() || name.contains('\u{fffd}'),
        });
    }
}

impl<W: Write> Table<W> {
    /// Rows below `header`.
    pub(super) fn new(out: W, header: Header) -> Self {
        Self {
            out,
            columns: header.columns().len(),
            header,
        }
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> io::Result<()> {
        let prediction = &reading.prediction;
        let polarity = reading.polarity();
        let [valence_low, valence_high] = prediction.interval.valence;
        let [arousal_low, arousal_high] = prediction.interval.arousal;
        let shares = prediction
            .emotions
            .as_slice()
            .iter()
            .chain(polarity.as_slice());
        let affect = [
            prediction.valence,
            valence_low,
            valence_high,
            prediction.arousal,
            arousal_low,
            arousal_high,
        ];
        let mut record = vec![
            as_text(&reading.path),
            reading.width.to_string(),
            reading.height.to_string(),
        ];
        record.extend(
            shares
                .chain(&affect)
                .map(|&figure| round4(figure).to_string()),
        );
        record.push(reading.dominant().name().to_owned());
        record.push(round4(reading.entropy()).to_string());
        if self.header.intended {
            record.extend(intention(reading));
        }
        if self.header.said {
            record.push(
                reading
                    .said
                    .as_ref()
                    .map(|said| as_text(&said.text))
                    .unwrap_or_default(),
            );
        }
        record.push(String::new());
        self.out.write_all(&line(&record)?)
    }

    pub(super) fn failed(&mut self, failure: &Failure) -> io::Result<()> {
        let mut record = vec![String::new(); self.columns];
        record[0] = as_text(&failure.path);
        record[self.columns - 1] = as_text(&failure.fault.message);
        self.out.write_all(&line(&record)?)
    }

    /// Where rows go.
    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    pub(super) fn finish(self) -> W {
        self.out
    }
}

/// One row, at once: what is kept of a run is kept row by row.
fn line<T: AsRef<[u8]>>(cells: &[T]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn intention(reading: &Reading) -> [String; 3] {
    let Some(held) = &reading.intention else {
        return Default::default();
    };
    let instead = held.instead.iter();
    let instead: Vec<(usize, f64)> = instead.map(|(e, more)| (e.index(), *more)).collect();
    [
        round4(held.matching).to_string(),
        round4(held.percentile).to_string(),
        instead_figures(&instead),
    ]
}
