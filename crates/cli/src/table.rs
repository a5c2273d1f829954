//! Tables for people, and for spreadsheets.

use anyhow::Result;

/// Which side the cells of a column stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Lines with aligned columns, two spaces apart. Rows may be shorter than `sides`.
pub(crate) fn table(sides: &[Side], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(sides).zip(&widths);
        let line: Vec<String> = cells
            .map(|((cell, side), &width)| match side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// One row.
pub(crate) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// "1 picture", "2 pictures".
pub(crate) fn counted(count: usize, unit: &str) -> String {
    let more = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{more}")
}

/// A share of 1 as percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A spreadsheet would run a text that begins like a formula; the apostrophe keeps it a text. The
/// report's own export does the same.
pub(crate) fn as_text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Comma-separated values of rows of texts, the first of which is the header.
pub(crate) fn csv(rows: &[Vec<String>]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| as_text(cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::{Side, as_text, csv, row, table};

    #[test]
    fn columns_line_up() {
        let rows = [row(["name", "n"]), row(["é", "10"]), row(["alone"])];
        assert_eq!(
            table(&[Side::Left, Side::Right], &rows),
            "name    n\né      10\nalone\n"
        );
    }

    #[test]
    fn commas_and_quotes_stay_in_their_cells() {
        let rows = [row(["a", "b"]), row(["1,2", "say \"x\""])];
        assert_eq!(csv(&rows).unwrap(), "a,b\n\"1,2\",\"say \"\"x\"\"\"\n");
    }

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
