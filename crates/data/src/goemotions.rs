//! GoEmotions: comments of a forum with 28 emotions.
//!
//! - Layout: files `train.tsv`, `dev.tsv`, `test.tsv`: text, numbers of its emotions joined by commas,
//!   id; separated by tabs, without header or quotes. `emotions.txt` names the numbers.
//! - Output: [`Comment`]s in the order of the file.
//! - Source: Demszky et al., *GoEmotions: A Dataset of Fine-Grained Emotions*, ACL 2020.
//! - Data: Apache-2.0.

use crate::{DataError, Limits, Loaded, ReadReport};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Emotions of the set, neutral included.
pub const EMOTIONS: usize = 28;

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its text, not empty.
    pub text: String,
    /// The emotions that its readers found, at least one, ascending, below [`EMOTIONS`].
    pub emotions: Vec<usize>,
}

/// Reads one of the files. Lines that are no comments are counted as bad.
///
/// # Errors
/// [`DataError::Io`], [`DataError::Empty`] where there is no good line, [`DataError::TooManyRows`].
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Comment>, DataError> {
    let path = path.to_owned();
    let io = |source| DataError::Io {
        path: path.clone(),
        source,
    };
    let mut file = BufReader::new(File::open(&path).map_err(io)?);
    let mut report = ReadReport::default();
    let mut rows = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let longest = limits.max_record as u64;
        let length = file
            .by_ref()
            .take(longest)
            .read_until(b'\n', &mut line)
            .map_err(io)?;
        if length == 0 {
            break;
        }
        report.rows += 1;
        if report.rows > limits.max_rows {
            let limit = limits.max_rows;
            return Err(DataError::TooManyRows { path, limit });
        }
        match comment(&String::from_utf8_lossy(&line), limits) {
            Some(comment) => rows.push(comment),
            None => report.bad += 1,
        }
    }
    if rows.is_empty() {
        return Err(DataError::Empty { path });
    }
    Ok(Loaded { rows, report })
}

fn comment(line: &str, limits: &Limits) -> Option<Comment> {
    let mut fields = line.trim_end_matches(['\r', '\n']).split('\t');
    let text = fields.next()?.trim();
    let numbers = fields
        .next()?
        .split(',')
        .map(|n| n.parse().ok().filter(|n| *n < EMOTIONS));
    let mut emotions: Vec<usize> = numbers.collect::<Option<_>>()?;
    emotions.sort_unstable();
    emotions.dedup();
    let good = !text.is_empty() && text.len() <= limits.max_field;
    good.then(|| Comment {
        text: text.to_owned(),
        emotions,
    })
}

#[cfg(test)]
mod tests {
    use super::{Comment, read};
    use crate::{Limits, testing};

    #[test]
    fn bad_lines_are_counted() {
        let folder = testing::folder();
        let lines = "so calm\t4,0\tid1\r\nno label\n\t3\tid2\nodd\t28\tid3\nsaid \"why\t2\tid4\n";
        let path = testing::write(folder.path(), "dev.tsv", lines);
        let set = read(&path, &Limits::default()).unwrap();
        let comment = |text: &str, emotions: &[usize]| Comment {
            text: text.to_owned(),
            emotions: emotions.to_vec(),
        };
        assert_eq!(
            set.rows,
            [comment("so calm", &[0, 4]), comment("said \"why", &[2])]
        );
        assert_eq!((set.report.rows, set.report.bad), (5, 3));
        assert!(read(&folder.path().join("test.tsv"), &Limits::default()).is_err());
    }
}
