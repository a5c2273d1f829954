//! Labels as a table, a Parquet file, or lines.

use std::sync::Arc;

use affetti::{
    emotion::{Emotion, Label as _},
    round4,
};
use anyhow::Result;
use parquet::{
    basic::{ConvertedType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use super::{Form, Label, word};

/// One column of all labels.
enum Column {
    Texts(Vec<Option<String>>),
    Numbers(Vec<Option<f64>>),
}

/// The columns with their names, in their order.
fn columns(labels: &[Label]) -> Vec<(String, Column)> {
    let texts =
        |of: &dyn Fn(&Label) -> Option<String>| Column::Texts(labels.iter().map(of).collect());
    let numbers = |of: &dyn Fn(&Label) -> Option<f64>| {
        Column::Numbers(labels.iter().map(|label| of(label).map(round4)).collect())
    };
    let mut all = vec![
        ("file".to_owned(), texts(&|label| Some(label.file.clone()))),
        (
            "sentiment".to_owned(),
            texts(&|label| Some(word(label.sentiment).to_owned())),
        ),
        (
            "source".to_owned(),
            texts(&|label| Some(if label.voted { "votes" } else { "model" }.to_owned())),
        ),
    ];
    for emotion in Emotion::ALL {
        let column = numbers(&|label| Some(label.emotions.get(*emotion)));
        all.push((emotion.name().to_owned(), column));
    }
    for (n, end) in ["", "_low", "_high"].into_iter().enumerate() {
        all.push((
            format!("valence{end}"),
            numbers(&|label| Some(label.valence[n])),
        ));
    }
    for (n, end) in ["", "_low", "_high"].into_iter().enumerate() {
        all.push((
            format!("arousal{end}"),
            numbers(&|label| Some(label.arousal[n])),
        ));
    }
    all.push(("novelty".to_owned(), numbers(&|label| label.novelty)));
    all.push(("genre".to_owned(), texts(&|label| label.what.genre.clone())));
    all.push(("style".to_owned(), texts(&|label| label.what.style.clone())));
    all
}

/// A whole file.
pub(super) fn bytes(labels: &[Label], form: Form) -> Result<Vec<u8>> {
    let columns = columns(labels);
    match form {
        Form::Csv => table(labels.len(), &columns),
        Form::Lines => lines(labels.len(), &columns),
        Form::Parquet => parquet(&columns),
    }
}

fn table(rows: usize, columns: &[(String, Column)]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    for n in 0..rows {
        let cell = |(_, column): &(String, Column)| match column {
            Column::Texts(all) => all[n].clone().unwrap_or_default(),
            Column::Numbers(all) => all[n].map_or_else(String::new, |x| x.to_string()),
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    Ok(writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?)
}

fn lines(rows: usize, columns: &[(String, Column)]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for n in 0..rows {
        let mut line = serde_json::Map::new();
        for (name, column) in columns {
            let value = match column {
                Column::Texts(all) => all[n].clone().into(),
                Column::Numbers(all) => all[n].into(),
            };
            line.insert(name.clone(), value);
        }
        serde_json::to_writer(&mut all, &line)?;
        all.push(b'\n');
    }
    Ok(all)
}

fn parquet(columns: &[(String, Column)]) -> Result<Vec<u8>> {
    let field = |(name, column): &(String, Column)| {
        let (physical, converted) = match column {
            Column::Texts(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
            Column::Numbers(_) => (Physical::DOUBLE, ConvertedType::NONE),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("labels")
        .with_fields(fields)
        .build()?;
    let properties = Arc::new(WriterProperties::default());
    let mut file = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut file, Arc::new(schema), properties)?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns {
        let Some(mut place) = group.next_column()? else {
            break;
        };
        match column {
            Column::Texts(all) => {
                let levels: Vec<i16> = all.iter().map(|x| i16::from(x.is_some())).collect();
                let values: Vec<ByteArray> = all
                    .iter()
                    .flatten()
                    .map(|text| text.as_str().into())
                    .collect();
                place
                    .typed::<ByteArrayType>()
                    .write_batch(&values, Some(&levels), None)?;
            }
            Column::Numbers(all) => {
                let levels: Vec<i16> = all.iter().map(|x| i16::from(x.is_some())).collect();
                let values: Vec<f64> = all.iter().flatten().copied().collect();
                place
                    .typed::<DoubleType>()
                    .write_batch(&values, Some(&levels), None)?;
            }
        }
        place.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use crate::label::{Form, Label, known::What};
    use affetti::emotion::{Distribution, Emotion, Sentiment};
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };

    fn labels() -> Vec<Label> {
        let label = |file: &str, genre: Option<&str>| Label {
            file: file.to_owned(),
            sentiment: Sentiment::Other,
            voted: genre.is_some(),
            emotions: Distribution::one_hot(Emotion::Awe),
            valence: [5.0, 4.0, 6.0],
            arousal: [3.0, 2.0, 4.0],
            novelty: None,
            what: What {
                genre: genre.map(str::to_owned),
                ..What::default()
            },
        };
        vec![label("a, b.png", Some("landscape")), label("c.png", None)]
    }

    #[test]
    fn a_parquet_file_is_read_again() {
        let file = bytes(&labels(), Form::Parquet).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows: Vec<_> = reader
            .get_row_iter(None)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get_string(0).unwrap(), "a, b.png");
        assert_eq!(rows[0].get_string(1).unwrap(), "neutral");
        // Awe is the second of the nine behind three texts.
        assert!((rows[1].get_double(4).unwrap() - 1.0).abs() < 1e-12);
        assert!(rows[1].get_string(19).is_err(), "an empty genre");
        assert_eq!(rows[0].get_string(19).unwrap(), "landscape");
    }

    #[test]
    fn a_table_quotes_and_leaves_empty() {
        let text = String::from_utf8(bytes(&labels(), Form::Csv).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("file,sentiment,source,amusement,awe,"));
        assert!(
            lines[1].starts_with("\"a, b.png\",neutral,votes,0,1,"),
            "{}",
            lines[1]
        );
        assert!(lines[2].ends_with(",,,"), "{}", lines[2]);
        let text = String::from_utf8(bytes(&labels(), Form::Lines).unwrap()).unwrap();
        assert!(
            text.lines()
                .nth(1)
                .unwrap()
                .ends_with("\"genre\":null,\"style\":null}")
        );
    }
}
