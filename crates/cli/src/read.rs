//! `affetti read`: the emotion of sentences.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    path::Path,
};

use affetti::{
    ModelId, ReadSentence,
    card::sentence_card,
    emotion::{Emotion, Label},
    printable, round4,
    words::{
        WordsError,
        read::{Felt, Reader},
    },
};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::{
    Exit,
    args::{ReadArgs, ReaderArg},
    beside,
    destination::{Destination, Writes},
    out_file::{put, spare},
    output::{self, line},
    settings::Settings,
    table::{as_text, counted},
    terminal::card_style,
};

/// Sentences that are read together: enough for all cores, little enough to come out soon.
const TOGETHER: usize = 2048;
/// Longest line of standard input in bytes; what is behind is left out.
const LONGEST_LINE: u64 = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Cards,
    Lines,
    Table,
}

const WRITES: Writes<Form> = Writes {
    files: &[
        ("jsonl", Form::Lines),
        ("json", Form::Lines),
        ("csv", Form::Table),
        ("txt", Form::Cards),
    ],
    plain: Form::Cards,
    folder: false,
};

pub(crate) fn run(args: &ReadArgs, settings: &Settings) -> Result<Exit> {
    let tables = args
        .texts
        .iter()
        .map(Path::new)
        .filter(|_| args.csv.is_some());
    let inputs: Vec<&Path> = args.weights.as_deref().into_iter().chain(tables).collect();
    spare(settings.out.as_deref(), &inputs)?;
    let form = match WRITES.destination(settings.out.as_deref())? {
        Destination::File(_, form) => form,
        _ if settings.json => Form::Lines,
        _ if args.csv.is_some() => Form::Table,
        _ => Form::Cards,
    };
    let (reader, model) = reader(args)?;
    let mut run = Run {
        reader,
        model,
        explain: args.explain,
        form,
        settings,
        kept: String::new(),
        head: Vec::new(),
        good: 0,
        bad: 0,
    };
    match &args.csv {
        Some(column) => run.table(args, column)?,
        None => run.texts(args)?,
    }
    let exit = Exit::of(run.good, run.bad);
    match &settings.out {
        // What was there is worth more than a table of nothing.
        Some(out) if exit == Exit::NoneSucceeded => {
            output::complain(&format!(
                "nothing could be read; {} was not written",
                out.display()
            ));
        }
        Some(out) => put(out, run.kept.as_bytes())?,
        None => (),
    }
    if run.good + run.bad > 1 {
        let failed = if run.bad > 0 {
            format!(", {} not", run.bad)
        } else {
            String::new()
        };
        settings.summary(&format!("{} read{failed}", counted(run.good, "sentence")));
    }
    Ok(exit)
}

/// The reader that was asked for.
fn reader(args: &ReadArgs) -> Result<(Reader, ModelId)> {
    const BEST: &str = "reader-2";
    let from_file = |path: &Path| -> Result<(Reader, ModelId)> {
        let bytes = affetti::weights::store::read_file(path)?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        named(&bytes, &path.display().to_string(), name)
    };
    if let Some(path) = &args.weights {
        return from_file(path);
    }
    match args.model {
        ReaderArg::Fast => {
            let card = affetti::weights::registry::card(affetti::words::read::EMBEDDED)?;
            let bytes = affetti::weights::registry::weights(&card)?;
            named(&bytes, &card.file, card.name.clone())
        }
        ReaderArg::Best => {
            let card = affetti::weights::registry::card(BEST)?;
            let bytes = beside::weights(&card, "--model best")?;
            named(&bytes, &card.file, card.name.clone())
        }
    }
}

fn named(bytes: &[u8], file: &str, name: String) -> Result<(Reader, ModelId)> {
    let sha256 = affetti::weights::store::sha256(bytes);
    Ok((Reader::from_bytes(bytes, file)?, ModelId { name, sha256 }))
}

struct Run<'a> {
    reader: Reader,
    model: ModelId,
    explain: bool,
    form: Form,
    settings: &'a Settings,
    /// What goes to a file when all is done.
    kept: String,
    /// Of the table that is read.
    head: Vec<String>,
    good: usize,
    bad: usize,
}

impl Run<'_> {
    /// The sentences of the command line, and the lines of standard input for "-".
    fn texts(&mut self, args: &ReadArgs) -> Result<()> {
        if self.form == Form::Table {
            self.write(&(header().join(",") + "\n"))?;
        }
        for text in &args.texts {
            if text == "-" {
                self.lines()?;
            } else {
                if Path::new(text).is_file() {
                    let name = printable(&text.to_string_lossy());
                    self.settings.summary(&format!(
                        "{name} is read as a sentence; `affetti read - < {name}` reads its lines, --csv COLUMN a table"
                    ));
                }
                self.some(vec![text.to_string_lossy().into_owned()], None)?;
            }
        }
        Ok(())
    }

    fn lines(&mut self) -> Result<()> {
        let input = io::stdin();
        if input.is_terminal() {
            self.settings
                .summary("reading sentences, one per line; end with Ctrl-D");
        }
        let mut input = input.lock();
        let mut number = 0;
        loop {
            let mut texts = Vec::new();
            while texts.len() < TOGETHER {
                let Some(text) = next_line(&mut input)? else {
                    break;
                };
                number += 1;
                // A blank line is no sentence.
                texts.push((number, text));
                if io::stdin().is_terminal() {
                    break;
                }
            }
            if texts.is_empty() {
                return Ok(());
            }
            texts.retain(|(_, text)| !text.trim().is_empty());
            let (numbers, texts) = texts.into_iter().unzip();
            self.some(texts, Some(numbers))?;
        }
    }

    /// Reads `texts`; `lines` are the numbers of their lines.
    fn some(&mut self, texts: Vec<String>, lines: Option<Vec<usize>>) -> Result<()> {
        let found = self.reader.read(&texts);
        for (n, (text, felt)) in texts.into_iter().zip(found).enumerate() {
            let read = felt.and_then(|felt| self.explained(text.clone(), felt));
            let told = match read {
                Ok(read) => {
                    self.good += 1;
                    self.shown(&read)?
                }
                Err(error) => {
                    self.bad += 1;
                    self.failed(&text, lines.as_ref().map(|lines| lines[n]), &error)?
                }
            };
            self.write(&told)?;
        }
        Ok(())
    }

    /// With the words that carry it, where they are asked for.
    fn explained(&self, text: String, felt: Felt) -> Result<ReadSentence, WordsError> {
        let mut words = None;
        if self.explain {
            let found = self.reader.explain(&text, felt.emotions.dominant())?;
            let owned = found
                .into_iter()
                .map(|(word, weight)| (word.to_owned(), weight));
            words = Some(owned.collect());
        }
        Ok(ReadSentence {
            words,
            text,
            felt,
            model: self.model.clone(),
        })
    }

    fn shown(&self, read: &ReadSentence) -> Result<String> {
        Ok(match self.form {
            Form::Lines => line(read)?,
            Form::Table => crate::table::csv(&[[vec![read.text.clone()], cells(read)].concat()])?,
            Form::Cards => sentence_card(read, &card_style()) + "\n",
        })
    }

    /// Tells why a sentence could not be read; in JSON on its own line.
    fn failed(&self, text: &str, number: Option<usize>, error: &WordsError) -> Result<String> {
        let place = match number {
            Some(number) => format!("line {number}"),
            None => format!(
                "{:?}",
                printable(&text.chars().take(40).collect::<String>())
            ),
        };
        output::complain(&format!("{place}: {error}"));
        if self.form != Form::Lines {
            return Ok(String::new());
        }
        line(&json!({
            "text": text,
            "error": {"kind": error.kind().name(), "message": error.to_string()},
        }))
    }

    fn write(&mut self, text: &str) -> Result<()> {
        if self.settings.out.is_some() {
            self.kept.push_str(text);
            return Ok(());
        }
        output::print(text)
    }

    /// Tables, with what each row's sentence feels behind its own columns.
    fn table(&mut self, args: &ReadArgs, column: &str) -> Result<()> {
        for (n, path) in args.texts.iter().enumerate() {
            let path = Path::new(path);
            let input: Box<dyn Read> = if path.as_os_str() == "-" {
                Box::new(io::stdin())
            } else {
                let file = File::open(path).with_context(|| path.display().to_string())?;
                Box::new(BufReader::new(file))
            };
            self.rows(input, path, column, n == 0)?;
        }
        Ok(())
    }

    fn rows(&mut self, input: Box<dyn Read>, path: &Path, column: &str, first: bool) -> Result<()> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let head: Vec<String> = decoded(&rows.byte_headers()?.clone());
        let Some(place) = head
            .iter()
            .position(|name| name.trim_start_matches('\u{feff}') == column)
        else {
            bail!(
                "{}: no column {column:?}; the header has {}",
                path.display(),
                head.join(", ")
            );
        };
        if !first && self.form == Form::Table && head != self.head {
            bail!(
                "{}: its header is not that of the first table",
                path.display()
            );
        }
        self.head.clone_from(&head);
        if first && self.form == Form::Table {
            let all: Vec<String> = head
                .iter()
                .cloned()
                .chain(header()[1..].iter().map(|s| (*s).to_owned()))
                .collect();
            self.write(&crate::table::csv(&[all])?)?;
        }
        let mut batch = Vec::new();
        for row in rows.into_byte_records() {
            let row = row.with_context(|| path.display().to_string())?;
            let mut cells = decoded(&row);
            // Shares stand behind the last column of the header, whatever a row lacks.
            cells.resize(self.head.len(), String::new());
            batch.push((row.position().map_or(0, csv::Position::line), cells));
            if batch.len() == TOGETHER {
                self.batch(std::mem::take(&mut batch), place)?;
            }
        }
        self.batch(batch, place)
    }

    fn batch(&mut self, rows: Vec<(u64, Vec<String>)>, place: usize) -> Result<()> {
        if self.form != Form::Table {
            let lines = rows
                .iter()
                .map(|(line, _)| usize::try_from(*line).unwrap_or(0))
                .collect();
            let texts = rows
                .into_iter()
                .map(|(_, mut row)| row.swap_remove(place))
                .collect();
            return self.some(texts, Some(lines));
        }
        let texts: Vec<&str> = rows
            .iter()
            .map(|(_, row)| row.get(place).map_or("", String::as_str))
            .collect();
        let found = self.reader.read(&texts);
        for ((number, row), felt) in rows.iter().zip(found) {
            let mut cells: Vec<String> = row.clone();
            match felt {
                Ok(felt) => {
                    self.good += 1;
                    cells.extend(self::cells(&ReadSentence {
                        text: String::new(),
                        felt,
                        words: None,
                        model: self.model.clone(),
                    }));
                }
                Err(error) => {
                    self.bad += 1;
                    output::complain(&format!("line {number}: {error}"));
                    cells.extend(header()[1..].iter().map(|_| String::new()));
                }
            }
            self.write(&crate::table::csv(&[cells])?)?;
        }
        Ok(())
    }
}

/// Columns of a table.
fn header() -> Vec<&'static str> {
    let emotions = Emotion::ALL.iter().map(|emotion| emotion.name());
    let all = ["text"].into_iter().chain(emotions);
    all.chain(["dominant", "positive", "negative", "other"])
        .collect()
}

/// What stands in them behind the text.
fn cells(read: &ReadSentence) -> Vec<String> {
    let figure = |x: &f64| round4(*x).to_string();
    let mut cells: Vec<String> = read.felt.emotions.as_slice().iter().map(figure).collect();
    cells.push(as_text(read.dominant().name()));
    cells.extend(read.polarity().as_slice().iter().map(figure));
    cells
}

fn decoded(row: &csv::ByteRecord) -> Vec<String> {
    row.iter()
        .map(|cell| String::from_utf8_lossy(cell).into_owned())
        .collect()
}

/// The next line without its end, as text; none at the end of the input.
fn next_line(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = input.take(LONGEST_LINE).read_until(b'\n', &mut bytes);
    if read.context("cannot read standard input")? == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && bytes.len() as u64 == LONGEST_LINE {
        skip_line(input)?;
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Leaves the rest of a line that is too long.
fn skip_line(input: &mut impl BufRead) -> Result<()> {
    loop {
        let mut part = Vec::new();
        let read = input.take(LONGEST_LINE).read_until(b'\n', &mut part);
        if read.context("cannot read standard input")? == 0 || part.last() == Some(&b'\n') {
            return Ok(());
        }
    }
}
