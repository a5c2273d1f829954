//! What `affetti feel` writes where everything is good.

mod common;

use std::fs;

use common::{names, pictures, run_in, write};

const KEYS: [&str; 13] = [
    "path", "width", "height", "emotions", "polarity", "valence", "arousal", "interval", "novelty",
    "dominant", "entropy", "model", "ranks",
];
const EMOTIONS: [&str; 9] = [
    "amusement",
    "awe",
    "contentment",
    "excitement",
    "anger",
    "disgust",
    "fear",
    "sadness",
    "something else",
];

#[test]
fn json_lines_follow_the_contract_in_the_order_of_the_inputs() {
    let root = pictures(6);
    let arguments = ["feel", "p/05.jpg", "p", "--json", "--threads"];
    let many = run_in(root.path(), &[&arguments[..], &["4"]].concat());
    assert_eq!((many.code, many.err.as_str()), (0, ""));
    let lines = many.json();
    let paths: Vec<&str> = lines
        .iter()
        .map(|line| line["path"].as_str().unwrap())
        .collect();
    let expected = ["05", "00", "01", "02", "03", "04", "05"].map(|n| format!("p/{n}.jpg"));
    assert_eq!(paths, expected);
    for line in &lines {
        let keys = |value: &serde_json::Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(line), KEYS);
        assert_eq!(keys(&line["emotions"]), EMOTIONS);
        assert_eq!(keys(&line["polarity"]), ["positive", "negative", "other"]);
        assert_eq!(keys(&line["interval"]), ["valence", "arousal", "emotions"]);
        assert_eq!(keys(&line["interval"]["emotions"]), EMOTIONS);
        assert_eq!(keys(&line["model"]), ["name", "sha256"]);
        assert_eq!(keys(&line["ranks"]), EMOTIONS);
        let ranks = line["ranks"].as_object().unwrap();
        assert!(
            ranks
                .values()
                .all(|rank| (0.0..=100.0).contains(&rank.as_f64().unwrap()))
        );
        assert_eq!(
            (line["width"].as_u64(), line["height"].as_u64()),
            (Some(64), Some(48))
        );
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let sum = |of: &str| {
            line[of]
                .as_object()
                .unwrap()
                .values()
                .map(number)
                .sum::<f64>()
        };
        // Nine values, each rounded by at most half of 1e-4.
        assert!((sum("emotions") - 1.0).abs() < 4.6e-4 && (sum("polarity") - 1.0).abs() < 1.6e-4);
        for scale in ["valence", "arousal"] {
            let [low, high] = [0, 1].map(|end| number(&line["interval"][scale][end]));
            let value = number(&line[scale]);
            assert!(1.0 <= low && low <= value && value <= high && high <= 7.0);
            assert!(
                ((value * 1e4).round() / 1e4 - value).abs() < 1e-12,
                "four decimals"
            );
        }
        let dominant = line["dominant"].as_str().unwrap();
        let most = EMOTIONS
            .map(|name| number(&line["emotions"][name]))
            .into_iter()
            .fold(0.0, f64::max);
        assert_eq!(number(&line["emotions"][dominant]), most);
    }
    let one = run_in(root.path(), &[&arguments[..], &["1"]].concat());
    assert_eq!(one.out, many.out, "threads change nothing");
}

#[test]
fn a_table_and_lines_by_extension() {
    let root = pictures(2);
    write(root.path(), "p/bad, \"too\".jpg", b"x");
    let run = run_in(root.path(), &["feel", "p", "--out", "p/table.csv"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    let text = fs::read_to_string(root.path().join("p/table.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "path,width,height,amusement,awe,contentment,excitement,anger,disgust,fear,sadness,something else,\
         positive,negative,other,valence,valence_low,valence_high,arousal,arousal_low,arousal_high,dominant,\
         entropy,error"
    );
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("p/00.jpg,64,48,0.") && lines[1].ends_with(','));
    assert_eq!(lines[1].split(',').count(), 24);
    assert!(
        lines[3].starts_with("\"p/bad, \"\"too\"\".jpg\",,,"),
        "{}",
        lines[3]
    );
    assert!(lines[3].contains("not a picture"), "{}", lines[3]);

    // The same folder again, output included: the table is no input. `--json` fills both.
    let again = run_in(
        root.path(),
        &["feel", "p", "--out", "p/lines.json", "--json", "--quiet"],
    );
    assert_eq!((again.code, again.json().len()), (1, 3));
    assert_eq!(
        fs::read_to_string(root.path().join("p/lines.json")).unwrap(),
        again.out
    );
    assert_eq!(again.err.lines().count(), 1, "{}", again.err);
    assert_eq!(names(&root.path().join("p")).len(), 5);
}

#[test]
fn standard_output_has_names_and_spreadsheets_their_mark() {
    let root = pictures(1);
    let at = root.path();
    let plain = run_in(at, &["feel", "p", "--json"]);
    for out in ["-", "/dev/stdout"] {
        let run = run_in(at, &["feel", "p", "--json", "--out", out]);
        assert_eq!((run.code, run.out), (0, plain.out.clone()), "{out}");
    }
    assert_eq!(names(at), ["p"]);
    let run = run_in(at, &["feel", "p", "--bom", "--out", "t.csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let table = fs::read(at.join("t.csv")).unwrap();
    assert!(table.starts_with(b"\xef\xbb\xbfpath,width"));
}

#[test]
fn the_report_is_whole_and_has_captions() {
    let root = pictures(2);
    write(
        root.path(),
        "p/credits.csv",
        "file,title,artist,date\n01.jpg,Dusk,Ada,1850\n".as_bytes(),
    );
    let run = run_in(root.path(), &["feel", "p", "--out", "report.html"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    assert!(
        run.err.starts_with("2 pictures felt in ") && run.err.ends_with(" s → report.html\n"),
        "{}",
        run.err
    );
    let page = fs::read_to_string(root.path().join("report.html")).unwrap();
    assert!(page.trim_end().ends_with("</html>"));
    let open = "<script type=\"application/json\" class=\"e\">";
    let entries: Vec<serde_json::Value> = page
        .split(open)
        .skip(1)
        .map(|rest| serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap())
        .collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1]["caption"], "Dusk, Ada, 1850");
    assert!(entries[0]["caption"].is_null());
    // A JPEG in base64 begins so.
    assert!(
        entries
            .iter()
            .all(|e| e["thumbnail"].as_str().unwrap().starts_with("/9j/"))
    );
    assert_eq!(names(root.path()), ["p", "report.html"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| {
            fs::metadata(root.path().join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(
            mode("report.html"),
            mode("p/00.jpg"),
            "readable like any other file"
        );
    }
}

#[test]
fn cards_are_plain_where_there_is_no_terminal() {
    let root = pictures(2);
    let run = run_in(root.path(), &["feel", "p"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(
        run.out.starts_with("p/00.jpg ") && run.out.contains("\n\np/01.jpg "),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("valence") && !run.out.contains('\x1b'),
        "{}",
        run.out
    );
    assert!(run.out.lines().all(|line| line.chars().count() <= 80));
}
