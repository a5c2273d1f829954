use std::{cell::RefCell, path::Path, rc::Rc};

use super::*;
use crate::ErrorKind;

/// Reads column `b` of a text, and the lines on which rows began.
fn column_b(text: &[u8], limits: &Limits) -> Result<(Loaded<String>, Vec<u64>), DataError> {
    let sheet = Sheet::new(text, Path::new("t.csv"), limits)?;
    let b = sheet.column("b")?;
    let lines = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&lines);
    let loaded = sheet.load(|row| {
        seen.borrow_mut().push(row.line());
        Ok(Some(row.filled(&b)?))
    })?;
    let lines = lines.borrow().clone();
    Ok((loaded, lines))
}

fn values(text: &[u8]) -> Vec<String> {
    column_b(text, &Limits::default()).unwrap().0.rows
}

#[test]
fn every_line_end_and_a_byte_order_mark() {
    for text in [
        "a,b\n1,x\n2,y\n",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\r1,x\r2,y",
        "\u{FEFF}b,a\nx,1\ny,2",
        "\u{FEFF}\"b\",a\r\nx,1\r\ny,2",
        "A , B \n1, x \n2,y",
        "'a','b'\n1,x\n2,y,",
    ] {
        let (loaded, lines) = column_b(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(loaded.rows, ["x", "y"], "{text:?}");
        assert_eq!(lines, [2, 3], "{text:?}");
    }
}

#[test]
fn lines_are_counted_through_blank_lines_and_quoted_newlines() {
    let text = "a,b\r\n\r\n1,\"x\r\ny\"\r\n2,z\r\n\r\n\r\n3,w\r\n4,v";
    let (loaded, lines) = column_b(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(loaded.rows, ["x\ny", "z", "w", "v"]);
    assert_eq!(lines, [3, 5, 8, 9]);
}

#[test]
fn a_split_line_end_at_a_buffer_edge_is_one_line_end() {
    // One byte per read: every CR LF is split.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }
    let text = Drip(b"a,b\r\n1,x\r\n\r\n2,y\r\n");
    let sheet = Sheet::new(text, Path::new("t.csv"), &Limits::default()).unwrap();
    let b = sheet.column("b").unwrap();
    let loaded = sheet.load(|row| row.filled(&b).map(Some)).unwrap();
    assert_eq!(loaded.rows, ["x", "y"]);
}

#[test]
fn commas_too_many_are_found_unless_they_are_trailing() {
    let text = b"a,b\n1,,x\n2,y,,\n3\n4,z\n";
    let (loaded, _) = column_b(text, &Limits::default()).unwrap();
    assert_eq!(loaded.rows, ["y", "z"]);
    let report = &loaded.report;
    assert_eq!((report.rows, report.bad), (4, 2));
    let width = |found| RowFault::Width { expected: 2, found };
    assert_eq!(report.named[0].line, 2);
    assert_eq!(report.named[0].fault, width(3));
    assert_eq!(report.named[1].line, 4);
    assert_eq!(report.named[1].fault, width(1));
}

#[test]
fn bytes_that_are_not_utf8_are_kept_and_counted() {
    // 0xE9 is é in Latin-1; the unused column does not count.
    let text = b"a,b\n1,caf\xE9\n\xE9,y\n";
    let (loaded, _) = column_b(text, &Limits::default()).unwrap();
    assert_eq!(loaded.rows, ["caf\u{FFFD}", "y"]);
    assert_eq!(loaded.report.lossy, 1);
}

#[test]
fn utf16_is_refused_by_name() {
    let mut text = vec![0xFF, 0xFE];
    text.extend("a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes));
    let error = column_b(&text, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("UTF-16"), "{error}");
}

#[test]
fn an_unclosed_quote_stops_at_the_limit() {
    let mut text = b"a,b\n1,x\n2,\"".to_vec();
    text.extend(vec![b'z'; 200_000]);
    let limits = Limits {
        max_record: 10_000,
        ..Limits::default()
    };
    let error = column_b(&text, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(matches!(error, DataError::RecordTooLong { line: 3, .. }));
    // The same bytes in short rows are no trouble.
    let rows = "1,zz\n".repeat(40_000);
    let (loaded, _) = column_b(format!("a,b\n{rows}").as_bytes(), &limits).unwrap();
    assert_eq!(loaded.rows.len(), 40_000);
}

#[test]
fn limits_on_rows_and_fields() {
    let limits = Limits {
        max_rows: 2,
        ..Limits::default()
    };
    let error = column_b(b"a,b\n1,x\n2,y\n3,z\n", &limits).unwrap_err();
    assert!(matches!(error, DataError::TooManyRows { limit: 2, .. }));
    let limits = Limits {
        max_field: 3,
        max_named: 1,
        ..Limits::default()
    };
    let (loaded, _) = column_b(b"a,b\nlooong,x\n2,wxyz\n3,wxyz\n", &limits).unwrap();
    assert_eq!(loaded.rows, ["x"]);
    assert_eq!((loaded.report.bad, loaded.report.named.len()), (2, 1));
    let limits = Limits {
        max_rows: 0,
        ..Limits::default()
    };
    let error = column_b(b"a,b\n", &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Parameter);
}

#[test]
fn empty_files_missing_and_repeated_columns() {
    let limits = Limits::default();
    for text in ["", "\n\n", "a,b\n", "\u{FEFF}"] {
        let error = column_b(text.as_bytes(), &limits).unwrap_err();
        assert!(
            matches!(
                error,
                DataError::Empty { .. } | DataError::MissingColumn { .. }
            ),
            "{text:?}: {error}"
        );
    }
    let error = column_b(b"a,c\n1,2\n", &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv: no column \"b\"; the header has a,c"
    );
    let error = column_b(b"b,B\n1,2\n", &limits).unwrap_err();
    assert!(matches!(error, DataError::RepeatedColumn { .. }));
}

#[test]
fn a_file_of_bad_rows_is_an_error_that_shows_one() {
    let error = column_b(b"a,b\n1,\n2,  \n", &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(
        error.to_string(),
        "t.csv: all 2 rows are bad; line 2: b is empty"
    );
}

#[test]
fn quotes_that_csv_writers_use() {
    assert_eq!(
        values(b"a,b\n1,\"he said \"\"no\"\", twice\"\n2,it's\n"),
        ["he said \"no\", twice", "it's"]
    );
}

#[test]
fn arbitrary_bytes_never_panic() {
    // A fixed pseudo-random walk (xorshift) over bytes that matter to CSV.
    let alphabet = b"ab,\"\r\n\xEF\xBB\xBF\xFF'1 ";
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..2_000 {
        let mut text = Vec::new();
        for _ in 0..40 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        // Whatever it is, reading it ends.
        let _outcome = column_b(&text, &Limits::default());
        let with_header = [b"a,b\n".as_slice(), &text].concat();
        let _outcome = column_b(&with_header, &Limits::default());
    }
}

#[test]
fn messages_are_short_and_serialise_as_text() {
    let fault = RowFault::UnknownName {
        column: "emotion".into(),
        value: shorten(&"ä".repeat(100), 40),
        expected: "emotion",
    };
    let json = serde_json::to_string(&BadRow { line: 7, fault }).unwrap();
    assert!(
        json.starts_with(r#"{"line":7,"fault":"emotion is "#),
        "{json}"
    );
    assert_eq!(json.matches('ä').count(), 40);
}
