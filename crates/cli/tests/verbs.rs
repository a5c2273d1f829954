//! The verbs beside `feel`: help, models, data, shells; and wrong usage.

mod common;

use std::fs;

use common::{folder, jpeg, names, run, run_in, write};

#[test]
fn help_names_every_verb_and_nothing_else() {
    let help = run(["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    let commands = help
        .out
        .split_once("Commands:\n")
        .unwrap()
        .1
        .split_once("\n\n")
        .unwrap()
        .0;
    let verbs: Vec<&str> = commands
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(
        verbs,
        [
            "feel",
            "regions",
            "find",
            "read",
            "say",
            "sketch",
            "paint",
            "label",
            "serve",
            "data",
            "models",
            "train",
            "eval",
            "completions",
            "man",
            "help"
        ]
    );
    let options = help
        .out
        .split_once("Options:\n")
        .unwrap()
        .1
        .split_once("Examples:")
        .unwrap()
        .0;
    let options: Vec<&str> = options
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .collect();
    assert_eq!(
        options,
        [
            "--help",
            "--version",
            "--threads",
            "--seed",
            "--device",
            "--json",
            "--out",
            "--quiet",
            "--verbose",
        ]
    );
    assert!(help.out.contains("Exit codes: 0 all done"));
    assert!(
        run(["feel", "--help"])
            .out
            .contains("affetti feel gallery/ --out report.html")
    );
}

#[test]
fn wrong_usage_is_exit_2() {
    for arguments in [
        &[][..],
        &["feel"],
        &["taste", "x"],
        &["feel", "x", "--threads", "0"],
        &["feel", "x", "--device", "abacus"],
        &["data", "stats"],
        &["data", "stats", "table"],
        &["data", "check", "oasis", "nowhere", "--pictures", "x"],
        &["models", "show", "nobody"],
        &["models", "import", "nowhere.pth"],
        &["train", "feel", "nowhere.toml"],
        &["eval", "feel", "nowhere.toml", "--out", "x.pdf"],
        &["train", "edges", "nowhere.toml"],
        &["eval", "edges", "--data", "nowhere"],
        &["eval", "edges", "--detector", "eyes"],
    ] {
        let run = run(arguments);
        assert_eq!(
            (run.code, run.out.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            run.err
        );
        assert!(!run.err.is_empty());
    }
    let told = run(["eval", "feel", "nowhere.toml"]).err;
    assert_eq!(
        told,
        "affetti: cannot read nowhere.toml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_seed_where_nothing_is_random_is_told() {
    let run = run(["models", "list", "--seed", "7"]);
    assert_eq!((run.code, run.err.lines().count()), (0, 1));
    assert!(run.err.starts_with("--seed changes nothing"), "{}", run.err);
}

#[test]
fn a_config_that_is_no_toml_is_one_line() {
    let root = folder();
    write(root.path(), "c.toml", b"name = \"x\"\nsecret\n");
    let told = run_in(root.path(), &["train", "feel", "c.toml"]);
    assert_eq!((told.code, told.err.lines().count()), (2, 1));
    assert!(
        told.err.starts_with("affetti: c.toml: ") && told.err.contains("line 2, column"),
        "{}",
        told.err
    );
    assert!(!told.err.contains("secret"), "{}", told.err);
}

#[test]
fn the_data_have_no_hidden_place() {
    let root = folder();
    fs::create_dir_all(root.path().join("shared/data")).unwrap();
    fs::create_dir_all(root.path().join("here")).unwrap();
    let told = run_in(&root.path().join("here"), &["data", "stats", "oasis"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("AFFETTI_DATA"), "{}", told.err);
    for verb in ["train", "eval"] {
        assert!(!run([verb, "feel", "--help"]).out.contains("shared"));
    }
}

#[test]
fn wrong_usage_cannot_steer_the_terminal() {
    let told = run(["feel", "x", "--\u{1b}[31m"]);
    assert_eq!(told.code, 2);
    assert!(!told.err.contains('\u{1b}'), "{:?}", told.err);
    assert!(told.err.contains("\\u{1b}[31m"), "{:?}", told.err);
}

#[test]
fn models_are_listed_shown_and_verified() {
    let list = run(["models", "list"]);
    assert_eq!(list.code, 0);
    assert!(
        list.out.starts_with("name ")
            && list.out.contains("\nfeel-4 ")
            && list.out.contains(" feel-4.safetensors "),
        "{}",
        list.out
    );
    let lines = run(["models", "list", "--json"]).json();
    let ours = lines.iter().find(|line| line["name"] == "feel-4").unwrap();
    assert_eq!(
        (&ours["kind"], &ours["embedded"]),
        (&"feel".into(), &true.into())
    );
    assert!(
        ours["bytes"].as_u64().unwrap() <= 16 << 20,
        "the embedded model stays small"
    );

    let card = &run(["models", "show", "feel-4", "--json"]).json()[0];
    assert_eq!(
        (&card["name"], &card["sha256"]),
        (&"feel-4".into(), &ours["sha256"])
    );
    assert!(run(["models", "show", "feel-4"]).out.contains("caution"));
    let unknown = run(["models", "show", "nobody"]).err;
    assert!(
        unknown.contains("known: ") && unknown.contains("feel-4"),
        "{unknown}"
    );

    let verified = run(["models", "verify", "feel-4"]);
    assert_eq!(
        (verified.code, verified.out.trim_end()),
        (0, "feel-4  good")
    );
    // An empty cache: what was never imported is no fault, unless it was asked for.
    let root = folder();
    let with_cache = |arguments: &[&str]| {
        let output = common::affetti()
            .env("AFFETTI_CACHE", root.path())
            .args(arguments)
            .output()
            .unwrap();
        common::Run::from(output)
    };
    assert_eq!(with_cache(&["models", "verify"]).code, 0);
    let asked = with_cache(&["models", "verify", "efficientnet-lite0", "--json"]);
    assert_eq!((asked.code, &asked.json()[0]["state"]), (2, &"bad".into()));
    let foreign = write(root.path(), "x.pth", b"not weights");
    let imported = with_cache(&["models", "import", foreign.to_str().unwrap()]);
    assert_eq!((imported.code, imported.err.lines().count()), (2, 1));
    assert!(
        imported
            .err
            .contains("x.pth: not a file that this build knows"),
        "{}",
        imported.err
    );
}

#[test]
fn a_build_without_vulkan_says_so_and_goes_on() {
    let root = folder();
    write(root.path(), "a.jpg", &jpeg(1));
    let run = run_in(
        root.path(),
        &["feel", "a.jpg", "--device", "vulkan", "--json"],
    );
    assert_eq!((run.code, run.json().len()), (0, 1));
    // With the feature and a driver there is nothing to tell.
    assert!(
        run.err.is_empty() || run.err.ends_with("using the CPU\n"),
        "{}",
        run.err
    );
    assert!(run.err.lines().count() <= 1, "{}", run.err);
}

#[test]
fn a_folder_is_counted_and_checked() {
    let root = folder();
    let at = root.path();
    write(at, "p/a.jpg", &jpeg(1));
    write(at, "p/sub/b.jpg", &jpeg(2));
    let stats = run_in(at, &["data", "stats", "folder", "p", "--json"]);
    assert_eq!(stats.code, 0);
    assert_eq!(stats.json()[0]["stats"]["pictures"], 2);
    assert!(
        run_in(at, &["data", "stats", "folder", "p"])
            .out
            .contains("by folder     (none) 1, sub 1")
    );

    let clean = run_in(at, &["data", "check", "folder", "p"]);
    assert_eq!(clean.code, 0);
    assert!(
        clean
            .out
            .contains("2 pictures, 2 good, 0 unreadable, 0 missing"),
        "{}",
        clean.out
    );
    #[cfg(unix)]
    {
        let link = at.join("p/again");
        std::os::unix::fs::symlink(".", &link).unwrap();
        for verb in ["check", "stats"] {
            let clean = run_in(at, &["data", verb, "folder", "p"]);
            assert_eq!((clean.code, clean.err.as_str()), (0, ""), "{verb}");
        }
        fs::remove_file(&link).unwrap();
    }
    write(at, "p/bad.png", b"");
    let broken = run_in(at, &["data", "check", "folder", "p"]);
    assert_eq!(broken.code, 1);
    assert!(
        broken
            .out
            .contains("unreadable: p/bad.png: the file is empty"),
        "{}",
        broken.out
    );
    let json = run_in(at, &["data", "check", "folder", "p", "--out", "check.json"]);
    assert_eq!((json.code, json.out.as_str()), (1, ""));
    let line: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("check.json")).unwrap()).unwrap();
    assert_eq!(
        (&line["clean"], &line["report"]["good"]),
        (&false.into(), &2.into())
    );

    write(at, "q/bad.png", b"");
    let hopeless = run_in(at, &["data", "check", "folder", "q"]);
    assert_eq!((hopeless.code, hopeless.out.as_str()), (2, ""));
    assert_eq!(hopeless.err.lines().count(), 1, "{}", hopeless.err);
    assert_eq!(run_in(at, &["data", "stats", "folder", "nowhere"]).code, 2);
}

#[test]
fn artemis_is_shown_beside_the_published_figures() {
    let root = folder();
    let at = root.path();
    let rows = "art_style,painting,emotion,utterance,repetition\n\
                Baroque,a_b,awe,it is vast,2\n\
                Baroque,a_b,fear,dark like night,2\n\
                Baroque,a_c,joyful,no such word,1\n";
    write(at, "artemis.csv", rows.as_bytes());
    let run = run_in(at, &["data", "stats", "artemis", "."]);
    assert_eq!(run.code, 1, "a bad row was left out");
    assert!(
        run.err.starts_with("affetti: ./artemis.csv:4: "),
        "{}",
        run.err
    );
    let line = run
        .out
        .lines()
        .find(|line| line.starts_with("annotations "))
        .unwrap();
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        ["annotations", "2", "454684"]
    );
    let json = &run_in(at, &["data", "stats", "artemis", "artemis.csv", "--json"]).json()[0];
    assert_eq!(
        (&json["set"], &json["stats"]["artworks"]["ours"]),
        (&"artemis".into(), &1.into())
    );
    assert_eq!(json["rows"]["bad"], 1);
    let check = run_in(at, &["data", "check", "artemis", "."]);
    assert_eq!(check.code, 2);
    assert!(check.err.contains("--pictures"), "{}", check.err);
    write(at, "wikiart/Baroque/a_b.jpg", &jpeg(1));
    let check = run_in(
        at,
        &["data", "check", "artemis", ".", "--pictures", "wikiart"],
    );
    assert!(check.out.contains("1 picture, 1 good"), "{}", check.out);
    assert_eq!(check.code, 1, "the bad row again");
}

#[test]
fn shells_and_manuals() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            run(["completions", shell]).out.contains("affetti"),
            "{shell}"
        );
    }
    assert!(run(["man"]).out.contains(".TH affetti"));
    let root = folder();
    for folder in [".", "new/man"] {
        assert_eq!(run_in(root.path(), &["man", "--out", folder]).code, 0);
        let pages = names(&root.path().join(folder));
        for page in ["affetti.1", "affetti-feel.1", "affetti-data-check.1"] {
            assert!(pages.contains(&page.to_owned()), "{pages:?}");
        }
    }
    assert_eq!(run_in(root.path(), &["man", "--out", "a.1"]).code, 0);
    assert!(root.path().join("a.1").is_file());
}
