//! Each kind of reference that leads somewhere, and each that does not.

use super::{House, beside, house::slug, missing};

const PROGRAM: &str = "
        affetti)
            opts=\"-v --json --help feel train help\"
        affetti__subcmd__feel)
            opts=\"--json --out --help\"
        affetti__subcmd__train)
            opts=\"--json --help art help\"
        affetti__subcmd__train__subcmd__art)
            opts=\"--json --data --help\"
";

/// A small house with one more document.
fn house(file: &str, text: &str) -> House {
    let mut house = House::default();
    let manifest = "[package]\nname = \"affetti-nets\"\n";
    for (file, text) in [
        ("crates/nets/Cargo.toml", manifest),
        ("crates/nets/src/kernels/conv.rs", ""),
        ("crates/nets/benches/layers.rs", ""),
        ("peers/speed.py", "add_argument(\"--rounds\")"),
        (
            "docs/facts.md",
            "# Facts\n\n```sh\n# no heading\n```\n\n## Boxes: score\n\n## Boxes: windows\n",
        ),
        (file, text),
    ] {
        house.texts.insert(file.into(), text.into());
        for (at, _) in file.match_indices('/') {
            house.paths.insert(file[..at].into());
        }
        house.paths.insert(file.into());
    }
    house.program(PROGRAM).unwrap();
    house
}

/// What is missing of a document, without its name.
fn told(file: &str, text: &str) -> Vec<String> {
    let found = missing(&house(file, text));
    let own = |line: String| line.strip_prefix(&format!("{file}:")).map(str::to_owned);
    found
        .into_iter()
        .map(|line| own(line.clone()).unwrap_or(line))
        .collect()
}

#[test]
fn what_is_there_is_found() {
    let text = "# A\n[facts](facts.md#boxes-score), [a](#a), [web](https://x.org/docs/no.md), `a](b)`.\n\
        `crates/nets/src/kernels/conv.rs`, `kernels/conv.rs`, `nets/src/kernels/`, (docs/facts.md).\n\
        `docs/facts.md`, \"Boxes: score\" and \"Boxes: windows\"; facts.md, \"Facts\".\n\n\
        `affetti feel DIR --out x.html | jq .`, `time target/release/affetti train\nart configs/NAME.toml --data=DATA`,\n\
        `train art`, `feel --json`, `--out FILE`, `--rounds 3`, `affetti VERB …`.\n\n\
        ```sh\ncargo run --release --features burn -- train \\\n  art C --data D  # affetti old\n\
        A=1 cargo bench -p affetti-nets --bench layers -- x\ncargo xtask readme --check\n\
        python peers/speed.py --rounds 3\n```\n\n```json\n`docs/no.md`\n```\n";
    assert_eq!(told("docs/a.md", text), [""; 0]);
}

#[test]
fn what_is_not_there_is_told_with_its_line() {
    for (text, expected) in [
        (
            "a\n\n[x](old.md)\n",
            "3: the link to `old.md` leads nowhere",
        ),
        (
            "[x](facts.md#boxes)",
            "1: the link to `facts.md#boxes` leads nowhere",
        ),
        ("a\nb docs/old.md.", "2: there is no `docs/old.md`"),
        ("`kernels/old.rs`", "1: no path ends in `kernels/old.rs`"),
        ("`onv.rs`", "1: no path ends in `onv.rs`"),
        (
            "`docs/facts.md`,\n\"Boxes: no\"",
            "1: `docs/facts.md` has no section \"Boxes: no\"",
        ),
        (
            "facts.md, \"Facts\" and \"no\"",
            "1: `facts.md` has no section \"no\"",
        ),
        (
            "facts.md, \"no heading\"",
            "1: `facts.md` has no section \"no heading\"",
        ),
        ("a\n`affetti fly x`", "2: there is no `affetti fly`"),
        ("`train mask`", "1: there is no `affetti train mask`"),
        (
            "`affetti feel --data D`",
            "1: `affetti feel` has no option --data",
        ),
        ("`feel --fly`", "1: `affetti feel` has no option --fly"),
        ("`--fly 1`", "1: nothing has an option --fly"),
        (
            "```sh\nx\ncargo run -- fly\n```",
            "3: there is no `affetti fly`",
        ),
        ("```sh\ncargo xtask fly\n```", "2: `cargo xtask` has no fly"),
        ("`cargo test -p nets`", "1: there is no package nets"),
        (
            "`cargo bench --bench fly`",
            "1: there is no target `benches/fly.rs`",
        ),
        (
            "`python peers/speed.py --fly`",
            "1: `peers/speed.py` has no option --fly",
        ),
    ] {
        assert_eq!(told("docs/a.md", text), [expected], "{text}");
    }
}

#[test]
fn each_kind_of_file_is_read_in_its_way() {
    let rust =
        "//! See docs/old.md\nlet x = \"docs/no.md\";\n/// `docs/facts.md`,\n/// \"Boxes: no\"\n";
    let expected = [
        "1: there is no `docs/old.md`",
        "3: `docs/facts.md` has no section \"Boxes: no\"",
    ];
    assert_eq!(told("crates/nets/src/lib.rs", rust), expected);
    let card = "command = \"pip install x, then affetti fly y\"\n";
    assert_eq!(
        told("models/a.toml", card),
        ["1: there is no `affetti fly`"]
    );
    assert_eq!(
        told("peers/a.py", "# docs/old.md\n"),
        ["1: there is no `docs/old.md`"]
    );
    // Of what is dated, links only; of changes, the newest version.
    let dated = "docs/old.md [x](../no.md)";
    assert_eq!(
        told("benchmarks/2026-1.md", dated),
        ["1: the link to `../no.md` leads nowhere"]
    );
    let changes = "# C\n\n## [New]\n\ndocs/old.md\n\n## [1]\n\ndocs/older.md\n";
    assert_eq!(
        told("CHANGELOG.md", changes),
        ["5: there is no `docs/old.md`"]
    );
}

#[test]
fn a_program_of_another_form_is_told() {
    assert!(House::default().program("complete -c affetti").is_err());
}

#[test]
fn places_and_anchors() {
    assert_eq!(beside("docs/a.md", "../x/y.md"), "x/y.md");
    assert_eq!(beside("README.md", "docs/"), "docs");
    assert_eq!(slug("EdgeBoxes: `x` and É"), "edgeboxes-x-and-é");
}
