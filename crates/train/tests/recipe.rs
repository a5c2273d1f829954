//! From a config to what is published, by a tiny recipe: what is checked, saved, refused, and when
//! files appear.

mod common;

use affetti_train::card::Parts;
use affetti_train::{
    ErrorKind, Figures, Opened, Outcome, Places, Recipe, Stored, TrainError, Trained, train, values,
};
use affetti_weights::registry::InputContract;
use affetti_weights::store;
use affetti_weights::tensors::Tensors;
use common::{Example, Line, Lines, Quiet, files, until};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiny {
    crop: usize,
    /// Whether measuring fails.
    #[serde(default)]
    broken: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Start {
    Zeros,
    Ones,
}

struct Found(Vec<f32>);

impl Figures for Found {
    fn table(&self) -> String {
        format!("{:?}\n", self.0)
    }

    fn csv(&self) -> String {
        self.table()
    }

    fn json(&self) -> String {
        self.table()
    }
}

type Config = affetti_train::Config<Tiny>;

impl Recipe for Tiny {
    const KIND: &'static str = "tiny";
    const ASSUMED: &'static [(&'static str, &'static str)] = &[("precision", "half")];
    type Start = Start;
    type Task = Lines;
    type Figures = Found;
    type Error = TrainError;

    fn check(config: &Config) -> Result<(), String> {
        match config.own.crop {
            1..=9 => Ok(()),
            _ => Err("crop: 1 to 9".to_owned()),
        }
    }

    fn open(_: &Config, _: &Places<'_>) -> Result<Opened<Self>, TrainError> {
        Ok((Lines::new(None), Lines::begin()))
    }

    fn weights(_: &Config, _: &Lines, model: &Line) -> Result<Option<Tensors>, TrainError> {
        Ok(Some(values(model)))
    }

    fn measure(
        config: &Config,
        _: &Places<'_>,
        _: &Lines,
        _: &Outcome<Line>,
        stored: &Stored,
    ) -> Result<Found, TrainError> {
        if config.own.broken {
            return Err(TrainError::task(ErrorKind::Input, "no data to measure on"));
        }
        let read = store::from_bytes(&stored.bytes, &stored.file)?;
        Ok(Found(read.map["weight"].data.clone()))
    }

    fn card(_: &Config, _: &Lines, _: &Found) -> Result<Option<Parts>, TrainError> {
        Ok(Some(Parts {
            kind: "tiny",
            embedded: false,
            input: InputContract {
                resolution: vec![],
                channels: "none".into(),
                mean: 0.0,
                scale: 1.0,
                filter: "none".into(),
                views: vec![],
            },
            starts: vec![],
            data: "numbers".into(),
            options: " --more MORE",
            metrics: vec![],
            cautions: &["none"],
        }))
    }
}

const TEXT: &str = r#"
name = "tiny-1"
summary = "Lines"
seed = 3
start = "zeros"
crop = 4

[training]
epochs = 3
batch = 16
average = 0.9

[training.optimizer]
kind = "adam"
rate = 0.1

[training.schedule]
kind = "cosine"
warmup = 1
floor = 0.1
"#;

fn parse(text: &str, seed: Option<u64>) -> Result<Config, String> {
    let config = Config::parse("tiny.toml".as_ref(), text, |config| {
        config.common.seed = seed.unwrap_or(config.common.seed);
    });
    config.map_err(|error| error.to_string())
}

fn go(
    config: &Config,
    folder: &Path,
    resume: bool,
    watch: &mut Quiet,
) -> Result<Option<Trained<Found>>, TrainError> {
    let places = Places {
        data: folder,
        models: &folder.join("models"),
        run: &folder.join("run"),
        resume,
        stage: &|_, _, _| (),
    };
    train(config, &places, watch)
}

#[test]
fn weights_figures_and_card_are_published() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = parse(TEXT, None).expect("good");
    let trained = go(&config, folder.path(), false, &mut Quiet::default());
    let trained = trained.expect("trains").expect("to the end");
    let (weights, sha256) = trained.weights.expect("weights");
    assert_eq!(weights, folder.path().join("models/tiny-1.safetensors"));
    let bytes = std::fs::read(&weights).expect("written");
    assert_eq!(store::sha256(&bytes), sha256);
    // As read back, which is in half precision.
    let rounded = |v: f32| v.to_bits() & 0x1fff == 0;
    assert!(trained.figures.0.iter().all(|v| rounded(*v)));
    assert!(trained.figures.0.iter().any(|v| *v != 0.0));
    let card = std::fs::read_to_string(trained.card.expect("a card")).expect("written");
    for part in [
        "summary = \"Lines\"",
        &sha256,
        "affetti train tiny configs/tiny.toml --data DATA --more MORE",
        "seed = 3",
    ] {
        assert!(card.contains(part), "{part} in {card}");
    }
}

#[test]
fn the_config_is_saved_as_it_took_effect_and_gives_the_same_again() {
    let [one, two] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
    let config = parse(TEXT, Some(77)).expect("good");
    go(&config, one.path(), false, &mut Quiet::default()).expect("trains");
    let saved = std::fs::read_to_string(one.path().join("run/config.toml")).expect("saved");
    assert!(saved.contains("seed = 77"), "{saved}");
    assert!(saved.contains("precision = \"half\""), "{saved}");
    let again = Config::parse("tiny.toml".as_ref(), &saved, |_| ()).expect("good");
    assert_eq!(again.common, config.common);
    go(&again, two.path(), false, &mut Quiet::default()).expect("trains");
    assert!(files(one.path()) == files(two.path()));
}

#[test]
fn a_stopped_or_failed_training_publishes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().join("models");
    std::fs::create_dir(&models).expect("writable");
    let old = models.join("tiny-1.safetensors");
    std::fs::write(&old, b"old").expect("writable");
    let before = files(&models);
    let config = parse(TEXT, None).expect("good");
    for steps in [0, 1, 5, 11] {
        let stopped = go(&config, folder.path(), false, &mut until(steps)).expect("stops");
        assert!(stopped.is_none());
        assert!(files(&models) == before, "after {steps} steps");
    }
    let broken = parse(&TEXT.replace("crop = 4", "crop = 4\nbroken = true"), None).expect("good");
    let error = go(&broken, folder.path(), false, &mut Quiet::default());
    assert!(
        error
            .map(|_| ())
            .expect_err("fails")
            .to_string()
            .contains("no data")
    );
    assert!(files(&models) == before);
    // To the end, it is replaced.
    go(&config, folder.path(), false, &mut Quiet::default()).expect("trains");
    assert_ne!(std::fs::read(&old).expect("there"), b"old");
}

#[test]
fn a_checkpoint_of_another_training_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = parse(TEXT, None).expect("good");
    go(&config, folder.path(), false, &mut until(5)).expect("stops");
    let before = files(folder.path());
    for (other, told) in [
        (parse(TEXT, Some(4)), "seed = 3, not 4"),
        (
            parse(&TEXT.replace("crop = 4", "crop = 5"), None),
            "crop = 4, not 5",
        ),
        (
            parse(&TEXT.replace("\"zeros\"", "\"ones\""), None),
            "start = \"zeros\", not \"ones\"",
        ),
        (
            parse(&TEXT.replace("tiny-1", "tiny-2"), None),
            "name = \"tiny-1\", not \"tiny-2\"",
        ),
    ] {
        let error = go(
            &other.expect("good"),
            folder.path(),
            true,
            &mut Quiet::default(),
        );
        let error = error.map(|_| ()).expect_err(told).to_string();
        assert!(
            error.contains(told) && error.lines().count() == 1,
            "{error}"
        );
        assert!(files(folder.path()) == before, "{told}");
    }
    // What is published and how long it takes may change.
    let longer = TEXT
        .replace("epochs = 3", "epochs = 4")
        .replace("Lines", "More lines")
        .replace("crop = 4", "crop = 4\nprecision = \"full\"");
    let longer = parse(&longer, None).expect("good");
    let trained = go(&longer, folder.path(), true, &mut Quiet::default()).expect("resumes");
    assert_eq!(trained.expect("to the end").history.epochs, 4);
}

#[test]
fn mistakes_are_named() {
    for (from, to, told) in [
        ("crop = 4", "crop = 0", "crop: 1 to 9"),
        (
            "crop = 4",
            "crop = 4\nstrat = 1",
            "strat: no such key; the nearest known one is start",
        ),
        (
            "crop = 4",
            "crops = 4",
            "crops: no such key; the nearest known one is crop",
        ),
        ("seed = 3", "", "seed: missing"),
        (
            "\"tiny-1\"",
            "\"../x\"",
            "name: letters, digits, - and _ only",
        ),
        (
            "\"zeros\"",
            "\"zero\"",
            "start: zeros or ones, not \"zero\"; the nearest is zeros",
        ),
        (
            "seed = 3",
            "seed = 3\nprecision = \"halve\"",
            "precision: full, half or byte, not \"halve\"; the nearest is half",
        ),
        ("epochs = 3", "epochs = 0", "training.epochs: at least 1"),
        ("batch = 16", "batch = 0", "training.batch: at least 1"),
        (
            "average = 0.9",
            "average = 1.0",
            "training.average: from 0 to below 1",
        ),
        (
            "rate = 0.1",
            "rate = nan",
            "training.optimizer.rate: above 0",
        ),
        (
            "rate = 0.1",
            "rate = 0.1\ndecay = -1",
            "training.optimizer.decay: 0 or more",
        ),
        (
            "rate = 0.1",
            "rate = 0.1\nclip = inf",
            "training.optimizer.clip: 0 or more",
        ),
        (
            "rate = 0.1",
            "rate = 0.1\nbeta1 = 1.0",
            "training.optimizer.beta1: from 0 to below 1",
        ),
        (
            "rate = 0.1",
            "rate = 0.1\nbeta2 = -0.5",
            "training.optimizer.beta2: from 0 to below 1",
        ),
        (
            "rate = 0.1",
            "rate = \"x\"",
            "training.optimizer.rate: a number, not string \"x\"",
        ),
        (
            "rate = 0.1",
            "rate = 0.1\nbeta = 0.1",
            "training.optimizer.beta: no such key; the nearest known one is beta1",
        ),
        (
            "\"adam\"",
            "\"adm\"",
            "training.optimizer.kind: adam or momentum, not \"adm\"; the nearest is adam",
        ),
        (
            "warmup = 1",
            "warmup = 9",
            "training.schedule.warmup: 0 to the number of epochs",
        ),
        (
            "warmup = 1",
            "warmup = true",
            "training.schedule.warmup: a number, not boolean true",
        ),
        (
            "warmup = 1",
            "warmpu = 1",
            "training.schedule.warmpu: no such key; the nearest known one is warmup",
        ),
        (
            "floor = 0.1",
            "floor = 2",
            "training.schedule.floor: 0 to 1",
        ),
        (
            "kind = \"cosine\"\nwarmup = 1\nfloor = 0.1",
            "kind = \"steps\"\nat = [2, 1]\nfactor = 0.5",
            "training.schedule.at: increasing epochs",
        ),
        (
            "kind = \"cosine\"\nwarmup = 1\nfloor = 0.1",
            "kind = \"steps\"\nat = [1, 2]\nfactor = 0",
            "training.schedule.factor: above 0, at most 1",
        ),
        (
            "warmup = 1",
            "factor = 1",
            "training.schedule: kind = constant alone, steps with at and factor, or cosine with \
             warmup and floor",
        ),
        (
            "[training.schedule]",
            "[training.optimizers.critic]\nkind = \"adam\"\nrate = 1\n[training.schedule]",
            "training.optimizers.critic: no such key; one optimizer moves all of this network",
        ),
    ] {
        let text = TEXT.replace(from, to);
        assert_ne!(text, TEXT);
        assert_eq!(
            parse(&text, None).expect_err(to),
            format!("tiny.toml: {told}")
        );
    }
    let told = parse(TEXT, Some(u64::MAX)).expect_err("too large");
    assert!(
        told.starts_with("the options of the command line: seed: 0 to 9223372036854775807"),
        "{told}"
    );
}
