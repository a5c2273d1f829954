//! What the written page must hold, whatever the pictures are called.

use std::io::{self, Write};

use serde_json::Value;

use super::{
    EMOTIONS, IntentionEntry, ReportEntry, ReportHeat, ReportMeta, ReportRegion, ReportWriter,
};
use crate::entry::tests::{sample, unsure};

fn meta() -> ReportMeta {
    ReportMeta {
        title: "A gallery".into(),
        model: "feel".into(),
        model_sha256: "ab".repeat(32),
        version: "0.1.0".into(),
        intended: false,
        said: false,
    }
}

fn page(meta: &ReportMeta, entries: &[ReportEntry], failures: &[(&str, &str)]) -> String {
    let mut report = ReportWriter::new(Vec::new(), meta).unwrap();
    for entry in entries {
        report.push(entry).unwrap();
    }
    for (path, message) in failures {
        report.push_failure(path, message);
    }
    String::from_utf8(report.finish().unwrap()).unwrap()
}

#[test]
fn regions_travel_with_their_picture() {
    let entry = ReportEntry {
        regions: vec![ReportRegion {
            place: [0.25, 0.5, 0.125, 0.25],
            emotion: 6,
            score: 0.5,
            text: "fear 60 %".into(),
        }],
        heat: Some(ReportHeat {
            columns: 2,
            values: vec![0, 255],
            emotion: 1,
        }),
        ..sample()
    };
    let row = &data(&page(&meta(), &[entry.clone(), sample()], &[]), "e")[0];
    assert_eq!(row["regions"][0]["box"][2], 0.125);
    assert_eq!(row["heat"]["values"][1], 255);
    let plain = &data(&page(&meta(), &[sample()], &[]), "e")[0];
    assert!(plain.get("regions").is_none() && plain.get("heat").is_none());
    let mut bad = entry;
    bad.regions[0].emotion = 9;
    let mut report = ReportWriter::new(Vec::new(), &meta()).unwrap();
    assert!(report.push(&bad).is_err());
}

#[test]
fn the_page_has_a_cell_for_every_column() {
    let polarity = ["positive", "negative", "other"];
    for column in super::columns(true, true) {
        if EMOTIONS.contains(&column) || polarity.contains(&column) {
            continue;
        }
        let cell = [format!("{column}: p => "), format!("{column}: () => ")];
        assert!(
            cell.iter().any(|cell| super::SCRIPT.contains(cell)),
            "{column}"
        );
    }
    let plain = super::columns(false, false);
    let whole = super::columns(true, true);
    assert_eq!(whole.len(), plain.len() + 4);
    assert!(whole.starts_with(&plain[..plain.len() - 1]) && whole.ends_with(&["error"]));
}

/// The contents of the data elements of one class.
fn data(page: &str, class: &str) -> Vec<Value> {
    let open = format!("<script type=\"application/json\" class=\"{class}\">");
    page.split(&open)
        .skip(1)
        .map(|rest| serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap())
        .collect()
}

const HOSTILE: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "</ScRiPt ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]>--!><!--",
    "a\u{2028}b\u{2029}c",
    "\"'\\`${alert(1)}",
    "{{script}}{{entries}}{{title}}",
    "\0\u{1b}[31m\r\n\t\u{7f}\u{9b}",
    "\u{202e}gpj.exe&lt;b&gt;\u{feff}",
];

#[test]
fn hostile_names_stay_data() {
    let quiet = page(&meta(), &[sample(), sample()], &[("a", "b")]);
    let count = |page: &str, what: &str| page.to_lowercase().matches(what).count();
    for name in HOSTILE {
        let entry = ReportEntry {
            path: name.into(),
            caption: Some(name.into()),
            ..sample()
        };
        let title = ReportMeta {
            title: name.into(),
            model: name.into(),
            ..meta()
        };
        let loud = page(&title, &[entry, sample()], &[(name, name)]);
        for tag in [
            "<script",
            "</script",
            "<!--",
            "<img",
            "\"use strict\"",
            "</html>",
        ] {
            assert_eq!(count(&loud, tag), count(&quiet, tag), "{tag} from {name:?}");
        }
        assert_eq!(data(&loud, "e")[0]["path"], name);
        assert_eq!(data(&loud, "e")[0]["caption"], name);
        assert_eq!(data(&loud, "f")[0]["message"], name);
    }
}

#[test]
fn every_picture_is_one_line_of_json() {
    let pages = page(
        &meta(),
        &[
            sample(),
            ReportEntry {
                caption: None,
                ..sample()
            },
        ],
        &[],
    );
    let rows = data(&pages, "e");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["thumbnail"], "Zm9vYmFy");
    assert_eq!(rows[0]["palette"][0][0], "#1e2a4f");
    assert_eq!(
        rows[0]["emotions"].as_array().unwrap().len(),
        EMOTIONS.len()
    );
    assert_eq!(rows[0]["verdict"], crate::verdict::verdict(&sample()));
    assert!(rows[1].get("caption").is_none());
    let lines = pages
        .lines()
        .filter(|line| line.contains("class=\"e\""))
        .count();
    assert_eq!(lines, 2);
}

#[test]
fn how_unsure_a_picture_is_travels_with_it() {
    let page = page(&meta(), &[unsure(1.2), sample()], &[]);
    let rows = data(&page, "e");
    assert_eq!(
        rows[0]["share_intervals"][1],
        serde_json::json!([0.42, 0.625])
    );
    assert!(
        rows[0]["verdict"]
            .as_str()
            .unwrap()
            .contains("Unlike anything")
    );
    assert!(rows[1].get("share_intervals").is_none());
}

#[test]
fn an_intention_is_told_in_words() {
    let held = IntentionEntry {
        target: [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        matching: 0.412_34,
        percentile: 91.0,
        instead: vec![(6, 0.19)],
        away: vec![(2, 7)],
    };
    let entry = ReportEntry {
        intention: Some(held.clone()),
        ..sample()
    };
    let rows = data(&page(&meta(), &[entry, sample()], &[]), "e");
    assert_eq!(rows[0]["intention"]["match"], 0.4123);
    assert_eq!(
        rows[0]["intention"]["text"],
        crate::intention::sentence(&held)
    );
    assert!(rows[1].get("intention").is_none());
    for bad in [
        IntentionEntry {
            percentile: f64::NAN,
            ..held.clone()
        },
        IntentionEntry {
            instead: vec![(9, 0.1)],
            ..held
        },
    ] {
        let mut report = ReportWriter::new(Vec::new(), &meta()).unwrap();
        let entry = ReportEntry {
            intention: Some(bad),
            ..sample()
        };
        assert!(report.push(&entry).is_err());
    }
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let page = page(&meta(), &[sample()], &[]);
    for way in [
        "http://",
        "https://",
        "src=\"//",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
    ] {
        assert!(!page.contains(way), "{way}");
    }
    assert!(page.contains("default-src 'none'"));
    // The program itself must not end or hide its own element.
    for program in [super::SCRIPT, super::MAP] {
        assert!(!program.contains("</script") && !program.contains("<!--"));
    }
}

#[test]
fn the_template_is_filled_and_whole() {
    let page = page(&meta(), &[sample()], &[]);
    assert!(page.starts_with("<!doctype html>"));
    assert!(page.trim_end().ends_with("</html>"));
    assert!(!page.contains("{{"));
    for name in EMOTIONS {
        assert!(page.contains(name), "the page's program must know {name}");
    }
}

#[test]
fn an_empty_collection_says_so() {
    let empty = page(&meta(), &[], &[("broken.jpg", "the file ends too early")]);
    assert!(empty.contains("No picture could be read"));
    assert!(empty.trim_end().ends_with("</html>"));
    assert_eq!(data(&empty, "f").len(), 1);
    assert!(!page(&meta(), &[sample()], &[]).contains("No picture could be read"));
}

#[test]
fn figures_that_are_no_numbers_are_refused_before_anything_is_written() {
    let mut report = ReportWriter::new(Vec::new(), &meta()).unwrap();
    let bad = [
        ReportEntry {
            valence: f64::NAN,
            ..sample()
        },
        ReportEntry {
            contrast: f32::INFINITY,
            ..sample()
        },
        ReportEntry {
            dominant: 9,
            ..sample()
        },
    ];
    for entry in bad {
        assert_eq!(
            report.push(&entry).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
    report.push(&sample()).unwrap();
    let page = String::from_utf8(report.finish().unwrap()).unwrap();
    assert_eq!(data(&page, "e").len(), 1);
}

/// A disk that is full after so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_while_noting_a_failure_is_told_later() {
    let head = ReportWriter::new(Vec::new(), &meta()).unwrap().out.len();
    let mut report = ReportWriter::new(Full(head + 10), &meta()).unwrap();
    report.push_failure("a", "b");
    assert_eq!(
        report.push(&sample()).unwrap_err().kind(),
        io::ErrorKind::StorageFull
    );
}
