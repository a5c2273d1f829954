//! Readings as a table: one row per input, failed ones included.

use std::io::{self, Write};

use affetti::{
    Failure, Reading,
    emotion::{Emotion, Label, Sentiment},
    round4,
};

/// Columns before the emotions.
const FIRST: [&str; 3] = ["path", "width", "height"];
/// Columns after the polarity; the error comes last, after the intention's.
const LAST: [&str; 8] = [
    "valence",
    "valence_low",
    "valence_high",
    "arousal",
    "arousal_low",
    "arousal_high",
    "dominant",
    "entropy",
];
/// Columns of an intention; the last one has "contentment +0.21, sadness +0.08".
const INTENTION: [&str; 3] = ["match", "percentile", "instead"];

/// A CSV file in the making.
pub(super) struct Table<W: Write> {
    writer: csv::Writer<W>,
    columns: usize,
    intended: bool,
}

impl<W: Write> Table<W> {
    /// Writes the header.
    pub(super) fn new(out: W, intended: bool) -> io::Result<Self> {
        let mut header = FIRST.to_vec();
        header.extend(Emotion::ALL.iter().map(|emotion| emotion.name()));
        header.extend(Sentiment::ALL.iter().map(|sentiment| sentiment.name()));
        header.extend(LAST);
        if intended {
            header.extend(INTENTION);
        }
        header.push("error");
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(&header)?;
        Ok(Self {
            writer,
            columns: header.len(),
            intended,
        })
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
        if self.intended {
            record.extend(intention(reading));
        }
        record.push(String::new());
        Ok(self.writer.write_record(&record)?)
    }

    pub(super) fn failed(&mut self, failure: &Failure) -> io::Result<()> {
        let mut record = vec![String::new(); self.columns];
        record[0] = as_text(&failure.path);
        record[self.columns - 1] = as_text(&failure.fault.message);
        Ok(self.writer.write_record(&record)?)
    }

    pub(super) fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

fn intention(reading: &Reading) -> [String; 3] {
    let Some(held) = &reading.intention else {
        return Default::default();
    };
    let more = |(emotion, more): &(Emotion, f64)| format!("{} +{}", emotion.name(), round4(*more));
    let instead: Vec<String> = held.instead.iter().map(more).collect();
    [
        round4(held.matching).to_string(),
        round4(held.percentile).to_string(),
        instead.join(", "),
    ]
}

/// A spreadsheet would run a text that begins like a formula; the apostrophe keeps it a text. The
/// report's own export does the same.
fn as_text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::as_text;

    #[test]
    fn formulas_are_kept_from_running() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(as_text(text), format!("'{text}"));
        }
        for text in ["a=1.jpg", "'=1", "", "./-"] {
            assert_eq!(as_text(text), text);
        }
    }
}
