//! Bad configs and foreign checkpoints of every training: one line that names file, key and what is
//! allowed, exit code 2, and nothing written.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use std::{fs, path::Path};

use common::{Run, affetti, folder};

/// Verb, config, and options beside `--data` and `--run`.
const TRAININGS: [(&str, &str, &[&str]); 13] = [
    ("feel", "feel-3", &["--models", "models"]),
    ("edges", "edges-1", &["--models", "models"]),
    ("mask", "mask-1", &["--models", "models", "--maps", "maps"]),
    ("encoder", "encoder-1", &["--models", "models"]),
    ("art", "art-1", &["--models", "models"]),
    ("affect", "affect-1", &["--models", "models"]),
    ("reader", "reader-2", &["--models", "models"]),
    ("reader", "reader-lstm", &["--models", "models"]),
    ("space", "space-1", &["--models", "models"]),
    ("speaker", "speaker-1", &["--models", "models"]),
    ("attend", "attend-emotion", &["--models", "models"]),
    ("recipe", "artemis-resnet34", &[]),
    ("recipe", "wikiart-vgg16", &[]),
];

/// Runs a training in `root` on the text of a config.
fn train(root: &Path, verb: &str, text: &str, options: &[&str]) -> Run {
    fs::write(root.join("c.toml"), text).unwrap();
    let mut command = affetti();
    command.args(["train", verb, "c.toml", "--data", "data"]);
    if verb != "feel" {
        command.args(["--run", "run"]);
    }
    let output = command.args(options).current_dir(root).output().unwrap();
    output.into()
}

fn config(name: &str) -> String {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    fs::read_to_string(configs.join(format!("{name}.toml"))).unwrap()
}

/// `root` with the folders that a training looks for.
fn place() -> tempfile::TempDir {
    let root = folder();
    fs::create_dir_all(root.path().join("data/bsds500")).unwrap();
    fs::create_dir_all(root.path().join("maps")).unwrap();
    root
}

/// The line of `text` that says `key`, said otherwise.
fn said(text: &str, key: &str, line: &str) -> String {
    let old = text.lines().find(|l| l.starts_with(&format!("{key} = ")));
    text.replacen(old.unwrap(), line, 1)
}

/// The others say that this build trains no networks.
const KNOWN: usize = if cfg!(feature = "train") {
    TRAININGS.len()
} else {
    1
};

/// Wrong configs, and what is said of them.
type Cases = Vec<(String, &'static str)>;

fn of_the_predictor(good: &str) -> Cases {
    let bite = good.replacen("precision = \"byte\"", "precision = \"bite\"", 1);
    vec![
        (
            bite,
            "c.toml: features.backbones.precision: full, half or byte",
        ),
        (said(good, "folds", "folds = 1"), "c.toml: folds: 2 to 100"),
    ]
}

fn of_a_network(good: &str) -> Cases {
    let lines = good.lines().filter(|l| !l.starts_with("precision = "));
    let imprecise: String = lines.map(|l| l.to_owned() + "\n").collect();
    vec![
        (
            said(&imprecise, "seed", "seed = 1\nprecision = \"haf\""),
            "c.toml: precision: full, half or byte, not \"haf\"; the nearest is half",
        ),
        (said(good, "start", "start = \"../x\""), "c.toml: start: "),
        (
            said(good, "epochs", "epochs = 0"),
            "c.toml: training.epochs: at least 1",
        ),
        (said(good, "batch", "batch = 0"), "c.toml: training.batch: "),
        (
            said(good, "batch", "batch = 2.5"),
            "c.toml: training.batch: a whole number from 0 on, not floating point 2.5",
        ),
        (
            said(good, "batch", "batch = 8\nbach = 8"),
            "c.toml: training.bach: no such key; the nearest known one is batch",
        ),
        (
            said(good, "rate", "rate = inf"),
            "c.toml: training.optimizer.rate: above 0",
        ),
        (
            said(good, "kind", "kind = \"adma\""),
            "c.toml: training.optimizer.kind: adam or momentum, not \"adma\"; the nearest is adam",
        ),
        (
            said(good, "seed", "seed = 1\nprecison = \"half\""),
            "c.toml: precison: no such key; the nearest known one is precision",
        ),
    ]
}

#[test]
fn mistakes_in_configs_are_one_line_and_nothing_is_written() {
    for (verb, name, options) in &TRAININGS[..KNOWN] {
        let good = config(name);
        let mut cases = vec![
            (
                said(&good, "seed", "sead = 1"),
                "c.toml: sead: no such key; the nearest known one is seed",
            ),
            (said(&good, "seed", ""), "c.toml: seed: missing"),
            (
                said(&good, "seed", "seed = 1\nsead = 1"),
                "c.toml: sead: no such key; the nearest known one is seed",
            ),
            (
                said(&good, "seed", "seed = \"one\""),
                "c.toml: seed: a whole number from 0 on, not string \"one\"",
            ),
            (
                said(&good, "seed", "seed = -1"),
                "c.toml: seed: a whole number from 0 on, not integer -1",
            ),
            (
                said(&good, "name", "name = \"../models/x\""),
                "c.toml: name: letters, digits, - and _ only",
            ),
            (
                said(&good, "name", "name = \"\""),
                "c.toml: name: letters, digits, - and _ only",
            ),
            (
                good.clone() + "\n= 3\n",
                "c.toml: TOML parse error at line ",
            ),
        ];
        cases.extend(match *verb {
            "feel" => of_the_predictor(&good),
            _ => of_a_network(&good),
        });
        // Of `affect` it may be a file of our own.
        if !["feel", "affect"].contains(verb) {
            let text = said(&good, "start", "start = \"efficientnet-lite9\"");
            cases.push((text, "c.toml: start: "));
        }
        if *verb == "recipe" {
            let filter = said(&good, "filter", "filter = \"lanczos\"");
            cases.push((filter, "c.toml: filter: "));
            let network = said(&good, "network", "network = \"resnet-35\"");
            cases.push((network, "c.toml: network: "));
        }
        for (text, told) in cases {
            let root = place();
            let run = train(root.path(), verb, &text, options);
            let about = format!("{verb} {name}: {}", run.err);
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{about}");
            assert_eq!(run.err.lines().count(), 1, "{about}");
            assert!(run.err.contains(told), "{about} instead of {told}");
            for made in ["run", "models"] {
                assert!(!root.path().join(made).exists(), "{about}");
            }
        }
    }
}

#[cfg(feature = "train")]
mod checkpoints {
    use super::{TRAININGS, config, fs, place, train};
    use affetti::{
        feel::{affect::AffectRecipe, art::ArtRecipe, recipes::PublishedRecipe},
        regions::edges::training::EdgeRecipe,
        sketch::{encoder::training::EncoderRecipe, mask::training::MaskRecipe},
        train::{
            Config, Optimizers, Recipe,
            checkpoint::{Checkpoint, History, Origin},
        },
        weights::tensors::{Tensor, Tensors},
        words::{
            read::training::ReaderRecipe,
            say::training::{SpeakerRecipe, attend::AttendRecipe},
            space::training::SpaceRecipe,
        },
    };
    use std::path::Path;

    /// What writes a checkpoint; options and config of the command that is to go on from it; what is
    /// said.
    type Case<'a> = (&'a dyn Fn(&Path), &'a [&'a str], &'a str, &'a str);

    /// A checkpoint of the config `text`, as its recipe would write it.
    fn write<R: Recipe>(run: &Path, text: &str) {
        let config = Config::<R>::parse("c.toml".as_ref(), text, |_| ()).unwrap();
        write_as(run, &config.origin().unwrap(), &config);
    }

    fn write_as<R: Recipe>(run: &Path, origin: &Origin, config: &Config<R>) {
        let mut values = Tensors::default();
        let tensor = Tensor {
            shape: vec![1],
            data: vec![0.5],
        };
        values.map.insert("weight".into(), tensor);
        let checkpoint = Checkpoint {
            values,
            average: None,
            steps: 1,
            optimizers: Optimizers::new(&config.common.training),
            history: History::default(),
        };
        let path = run.join("checkpoint/last.safetensors");
        checkpoint.write(&path, origin).unwrap();
    }

    #[test]
    fn those_of_another_recipe_or_seed_are_refused_and_nothing_is_written() {
        for (verb, name, options) in &TRAININGS[1..] {
            let text = config(name);
            let foreign = |run: &Path| match *verb {
                "art" => write::<EdgeRecipe>(run, &config("edges-1")),
                _ => write::<ArtRecipe>(run, &config("art-1")),
            };
            let own = |run: &Path| match *verb {
                "edges" => write::<EdgeRecipe>(run, &text),
                "mask" => write::<MaskRecipe>(run, &text),
                "encoder" => write::<EncoderRecipe>(run, &text),
                "art" => write::<ArtRecipe>(run, &text),
                "affect" => write::<AffectRecipe>(run, &text),
                "reader" => write::<ReaderRecipe>(run, &text),
                "space" => write::<SpaceRecipe>(run, &text),
                "speaker" => write::<SpeakerRecipe>(run, &text),
                "attend" => write::<AttendRecipe>(run, &text),
                _ => write::<PublishedRecipe>(run, &text),
            };
            let other = if *verb == "art" { "edges" } else { "art" };
            let recipe = format!("with recipe {other}, not {verb}:");
            let rate = super::said(&text, "rate", "rate = 0.7");
            let cases: [Case<'_>; 3] = [
                (&foreign, &[], &text, &recipe),
                (&own, &["--seed", "9999"], &text, ", not 9999:"),
                (&own, &[], &rate, "training.optimizer.rate = "),
            ];
            for (checkpoint, more, text, told) in cases {
                let root = place();
                let run = root.path().join("run");
                checkpoint(&run);
                let before = fs::read(run.join("checkpoint/last.safetensors")).unwrap();
                let options = [*options, more, &["--resume"]].concat();
                let ended = train(root.path(), verb, text, &options);
                let about = format!("{verb} {name}: {}", ended.err);
                assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{about}");
                assert_eq!(ended.err.lines().count(), 1, "{about}");
                assert!(ended.err.contains(told), "{about} instead of {told}");
                let after = fs::read(run.join("checkpoint/last.safetensors")).unwrap();
                assert!(before == after);
                assert_eq!(fs::read_dir(&run).unwrap().count(), 1, "{about}");
                assert!(!root.path().join("models").exists(), "{about}");
            }
        }
    }
}
